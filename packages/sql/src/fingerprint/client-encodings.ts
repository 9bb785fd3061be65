/** Encodings in which the second byte of a character may look like ASCII: a quote or backslash seen there is none. */
const UNSAFE: ReadonlySet<string> = new Set([
  ...['big5', 'win950', 'windows950'],
  ...['gbk', 'win936', 'windows936'],
  'gb18030',
  'johab',
  ...['sjis', 'shiftjis', 'mskanji', 'win932', 'windows932'],
  'shiftjis2004',
  ...['uhc', 'win949', 'windows949'],
]);

/** The names and aliases PostgreSQL knows for all others, as `cleaned` leaves them. */
const SAFE: ReadonlySet<string> = new Set([
  ...['utf8', 'unicode', 'sqlascii', 'muleinternal'],
  ...['euccn', 'eucjis2004', 'eucjp', 'euckr', 'euctw'],
  ...['abc', 'alt', 'koi8', 'koi8r', 'koi8u', 'tcvn', 'tcvn5712', 'vscii', 'win', 'win1258', 'windows1258'],
  ...['latin1', 'latin2', 'latin3', 'latin4', 'latin5', 'latin6', 'latin7', 'latin8', 'latin9', 'latin10'],
  ...['iso88591', 'iso88592', 'iso88593', 'iso88594', 'iso88595', 'iso88596', 'iso88597', 'iso88598', 'iso88599'],
  ...['iso885910', 'iso885913', 'iso885914', 'iso885915', 'iso885916'],
  ...['win866', 'win874', 'win1250', 'win1251', 'win1252', 'win1253', 'win1254', 'win1255', 'win1256', 'win1257'],
  ...['windows866', 'windows874', 'windows1250', 'windows1251', 'windows1252', 'windows1253', 'windows1254'],
  ...['windows1255', 'windows1256', 'windows1257'],
]);

/** May statements in this client_encoding be read byte by byte as ASCII? A name that PostgreSQL does not know is not safe. */
export function isSafeClientEncoding(name: string): boolean {
  // It is asked for each statement, and nearly always for the same name.
  if (name === lastName) return lastSafe;
  const cleanedName = cleaned(name);
  lastSafe = SAFE.has(cleanedName) && !UNSAFE.has(cleanedName);
  lastName = name;
  return lastSafe;
}

let lastName = 'UTF8';
let lastSafe = true;

/** Is this one of the encodings that are known to be unsafe, under any of its names? */
export function isUnsafeClientEncoding(name: string): boolean {
  return UNSAFE.has(cleaned(name));
}

/** As PostgreSQL compares encoding names: letters and digits only, case folded. */
function cleaned(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}
