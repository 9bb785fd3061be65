import { encodeCommandComplete, encodeDataRow, encodeRowDescription } from '@pgherd/wire';
import type { HerdReport } from '../ipc.ts';

/** The rows of one of the proxy's own SHOW commands, all of type text, without ReadyForQuery. */
export function encodeReport(report: HerdReport): Buffer {
  return Buffer.concat([
    encodeRowDescription(report.columns.map((name) => ({ name }))),
    ...report.rows.map((row) => encodeDataRow(row)),
    encodeCommandComplete(`SELECT ${report.rows.length}`),
  ]);
}
