/** What a byte may begin, by the rules of PostgreSQL's scanner. Bytes from 0x80 are letters there, in every server encoding. */
export const OTHER = 0;
export const BLANK = 1;
export const LETTER = 2;
export const DIGIT = 3;
export const QUOTE = 4;
export const DOUBLE_QUOTE = 5;
export const DOLLAR = 6;
export const OPERATOR = 7;
export const OPEN = 8;
export const CLOSE = 9;
export const COMMA = 10;
export const SEMICOLON = 11;
export const DOT = 12;

export const BYTE_CLASS = new Uint8Array(256);
/** 1 where a byte may continue an unquoted identifier. */
export const CONTINUES_WORD = new Uint8Array(256);
/** A-Z to a-z; every other byte to itself. */
export const FOLDED = new Uint8Array(256);

function mark(bytes: string, byteClass: number): void {
  for (let i = 0; i < bytes.length; i++) BYTE_CLASS[bytes.charCodeAt(i)] = byteClass;
}

mark(' \t\n\r\f\v', BLANK);
mark('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_', LETTER);
mark('0123456789', DIGIT);
mark("'", QUOTE);
mark('"', DOUBLE_QUOTE);
mark('$', DOLLAR);
mark('~!@#^&|`?+-*/%<>=', OPERATOR);
mark('([', OPEN);
mark(')]', CLOSE);
mark(',', COMMA);
mark(';', SEMICOLON);
mark('.', DOT);
BYTE_CLASS.fill(LETTER, 0x80);

for (let byte = 0; byte < 256; byte++) {
  const byteClass = BYTE_CLASS[byte];
  CONTINUES_WORD[byte] = byteClass === LETTER || byteClass === DIGIT || byteClass === DOLLAR ? 1 : 0;
  FOLDED[byte] = byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
}
