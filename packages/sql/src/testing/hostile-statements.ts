/** Statements made to break a parser: each shape grows deep, wide or long with `n`. */
export const HOSTILE_SHAPES: Readonly<Record<string, (n: number) => string>> = {
  sum: (n) => `SELECT ${Array(n).fill('1').join('+')}`,
  signs: (n) => `SELECT ${'- '.repeat(n)}1`,
  signRun: (n) => `SELECT ${'+'.repeat(n)}1`,
  not: (n) => `SELECT ${'NOT '.repeat(n)}a`,
  and: (n) => `SELECT ${Array(n).fill('a').join(' AND ')}`,
  andOr: (n) => `SELECT ${Array(n).fill('a').join(' AND b OR ')}`,
  casts: (n) => `SELECT a${'::int'.repeat(n)}`,
  collations: (n) => `SELECT a${' COLLATE x'.repeat(n)}`,
  atLocal: (n) => `SELECT a${' AT LOCAL'.repeat(n)}`,
  isNull: (n) => `SELECT a${' IS NULL'.repeat(n)}`,
  prefixOperators: (n) => `SELECT ${'@ '.repeat(n)}a`,
  powers: (n) => `SELECT a${'^a'.repeat(n)}`,
  json: (n) => `SELECT a${"->'b'".repeat(n)}`,
  parentheses: (n) => `SELECT ${'('.repeat(n)}1${')'.repeat(n)}`,
  openParentheses: (n) => `SELECT ${'('.repeat(n)}`,
  calls: (n) => `SELECT ${'f('.repeat(n)}1${')'.repeat(n)}`,
  arrays: (n) => `SELECT ARRAY${'['.repeat(n)}1${']'.repeat(n)}`,
  caseThen: (n) => `SELECT ${'CASE WHEN a THEN '.repeat(n)}1${' END'.repeat(n)}`,
  caseElse: (n) => `SELECT ${'CASE WHEN a THEN 1 ELSE '.repeat(n)}1${' END'.repeat(n)}`,
  subselects: (n) => `SELECT ${'(SELECT '.repeat(n)}1${')'.repeat(n)}`,
  fromSubselects: (n) => `SELECT 1 FROM ${'(SELECT 1 FROM '.repeat(n)}a${') x'.repeat(n)}`,
  with: (n) => `${'WITH a AS ('.repeat(n)}SELECT 1${') SELECT 1'.repeat(n)}`,
  joins: (n) => `SELECT 1 FROM a${' CROSS JOIN b'.repeat(n)}`,
  joinsOn: (n) => `SELECT 1 FROM a${' JOIN b'.repeat(n)}${' ON c'.repeat(n)}`,
  unions: (n) => `SELECT 1${' UNION SELECT 1'.repeat(n)}`,
  targets: (n) => `SELECT ${Array(n).fill('a').join(',')}`,
  statements: (n) => 'SELECT 1;'.repeat(n),
  inList: (n) => `SELECT 1 WHERE a IN (${Array(n).fill('1').join(',')})`,
  inColumns: (n) => `SELECT 1 WHERE a IN (${Array(n).fill('b').join(',')})`,
  inChain: (n) => `SELECT a${' IN (1,2)'.repeat(n)}`,
  rows: (n) => `INSERT INTO t VALUES ${Array(n).fill("(1,'x',$1)").join(',')}`,
  dots: (n) => `SELECT a${'.b'.repeat(n)}`,
  subscripts: (n) => `SELECT a${'[1]'.repeat(n)}`,
  longName: (n) => `SELECT ${'a'.repeat(n)}`,
  longLiteral: (n) => `SELECT '${'é'.repeat(n)}'`,
  flatComments: (n) => `SELECT ${'/**/'.repeat(n)} 1`,
  unicodeLiterals: (n) => `SELECT ${"U&'a',".repeat(n)} 1`,
  comments: (n) => `SELECT ${'/*'.repeat(n)}${'*/'.repeat(n)} 1`,
};

const NAMES = Object.keys(HOSTILE_SHAPES);

/** A small generator of pseudorandom numbers in [0, 1): the same seed gives the same run. */
export function random(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** The largest n for which `fits` accepts the shape; 1 if none. */
export function largest(shape: (n: number) => string, fits: (sql: string) => boolean): number {
  let low = 1;
  let high = 300_000;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (fits(shape(middle))) low = middle;
    else high = middle;
  }
  return low;
}

/** Any shape, or a mix of two, at any size from harmless to absurd. */
export function hostileStatement(next: () => number): string {
  const shape = HOSTILE_SHAPES[NAMES[Math.floor(next() * NAMES.length)]!]!;
  const n = Math.ceil(10 ** (1 + next() * 3.5));
  if (next() < 0.6) return shape(n);
  const other = HOSTILE_SHAPES[NAMES[Math.floor(next() * NAMES.length)]!]!(Math.ceil(10 ** (1 + next() * 2)));
  return next() < 0.5 ? `${shape(n)}; ${other}` : shape(Math.min(n, 400)).replace('1', () => `(${other})`);
}
