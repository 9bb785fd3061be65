import type { ParseResult } from 'libpg-query';
import type { ParsedStatement } from './outcome.ts';

/** The statements of a tree as JSON; `textBytes` ends the last one. */
export function statementsOf(json: string, textBytes: number): ParsedStatement[] {
  const { stmts = [] } = JSON.parse(json) as ParseResult;
  const statements: ParsedStatement[] = [];
  for (const { stmt, stmt_location: startByte = 0, stmt_len: length } of stmts) {
    if (stmt === undefined) continue;
    statements.push({ tree: stmt, startByte, endByte: length === undefined ? textBytes : startByte + length });
  }
  return statements;
}
