/** What is shown of other users' work to those who are not trusted with it. */
import type { LogLine, SessionFacts, Shown } from '@pgherd/operations';

const HIDDEN = new Set(['client_host', 'client_port', 'statement']);

export function concealedSession(session: SessionFacts): SessionFacts {
  return { ...session, host: '', port: '', statement: '' };
}

export function concealedRows({ columns, rows }: Shown): Shown {
  if (!columns.some((name) => HIDDEN.has(name))) return { columns, rows };
  return { columns, rows: rows.map((row) => row.map((cell, i) => (HIDDEN.has(columns[i] ?? '') ? '' : cell))) };
}

export function concealedLine(line: LogLine): LogLine {
  return line.client ? { ...line, text: '', detail: null, hint: null } : line;
}
