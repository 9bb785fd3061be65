/**
 * The extended protocol for what the engine answers itself: the statements and portals of one session that never reach
 * its server. A batch may have both kinds of statements. Then the engine waits until the server has answered all that
 * came before (Barrier), and an error of ours makes the server's part of the batch fail too.
 */
import {
  decodeBind,
  decodeExecute,
  encodeBindComplete,
  encodeCloseComplete,
  encodeCommandComplete,
  encodeDataRow,
  encodeErrorResponse,
  encodeNoData,
  encodeParameterDescription,
  encodeParseComplete,
  encodePortalSuspended,
  Frontend,
} from '@pgherd/wire';
import type { Barrier } from './barrier.ts';
import type { OwnCommand } from './intercept.ts';
import { encodeAnswer, encodeColumns, type OwnAnswer } from './report.ts';

export interface OwnPortal {
  readonly what: OwnCommand;
  readonly formats: readonly number[];
  /** Set by the first Execute. */
  answer: OwnAnswer | null;
  /** Rows that the client has got. */
  rowsSent: number;
}

/** What a message comes to: an answer at once, an error at once, or a portal to be executed. */
export type OwnOutcome =
  | { readonly kind: 'say'; readonly bytes: Buffer }
  | { readonly kind: 'fail'; readonly bytes: Buffer }
  | { readonly kind: 'execute'; readonly portal: OwnPortal; readonly rowsMax: number };

const KIND_STATEMENT = 0x53;

export class OwnStatements {
  private readonly statements = new Map<string, OwnCommand>();
  private readonly portals = new Map<string, OwnPortal>();
  /** Messages of the present batch were ours. */
  inBatch = false;
  /** One of them failed: nothing is heard before Sync. */
  skipping = false;
  /** The server has answered all that it was asked in the present batch. */
  settled = false;
  /** Set while answers to the engine's own messages are awaited. */
  barrier: Barrier | null = null;

  get empty(): boolean {
    return this.statements.size === 0 && this.portals.size === 0 && this.barrier === null;
  }

  /** Is this Parse, Bind, Describe, Execute or Close message about a statement or portal of ours? */
  concerns(buffer: Buffer, pos: number, size: number): boolean {
    const end = pos + size;
    const start = pos + 5;
    switch (buffer[pos]) {
      case Frontend.BIND: {
        const portalEnd = buffer.indexOf(0, start);
        return portalEnd >= 0 && portalEnd < end && this.statements.has(name(buffer, portalEnd + 1, end));
      }
      case Frontend.EXECUTE:
        return this.portals.size > 0 && this.portals.has(name(buffer, start, end));
      case Frontend.DESCRIBE:
      case Frontend.CLOSE: {
        const map = buffer[start] === KIND_STATEMENT ? this.statements : this.portals;
        return map.size > 0 && map.has(name(buffer, start + 1, end));
      }
      default:
        return false;
    }
  }

  /** A message for the server: a name that it gives a new meaning is no longer ours. */
  passed(buffer: Buffer, pos: number, size: number): void {
    if (buffer[pos] === Frontend.PARSE) this.statements.delete(name(buffer, pos + 5, pos + size));
    else if (buffer[pos] === Frontend.BIND) this.portals.delete(name(buffer, pos + 5, pos + size));
    this.settled = false;
  }

  /** A simple query ends the unnamed statement and the unnamed portal. */
  passedQuery(): void {
    this.statements.delete('');
    this.portals.delete('');
  }

  /**
   * @param parsed the command of a Parse message
   * @param columnsOf the columns of its rows; none = it has no rows
   */
  take(
    buffer: Buffer,
    pos: number,
    size: number,
    parsed: OwnCommand | null,
    columnsOf: (what: OwnCommand) => readonly string[],
  ): OwnOutcome {
    this.inBatch = true;
    const end = pos + size;
    const start = pos + 5;
    switch (buffer[pos]) {
      case Frontend.PARSE:
        this.statements.set(name(buffer, start, end), parsed as OwnCommand);
        return say(encodeParseComplete());
      case Frontend.BIND:
        return this.bind(buffer.subarray(start, end));
      case Frontend.DESCRIBE: {
        const called = name(buffer, start + 1, end);
        if (buffer[start] === KIND_STATEMENT) {
          const rows = describe(columnsOf(this.statements.get(called) as OwnCommand), []);
          return say(Buffer.concat([encodeParameterDescription([]), rows]));
        }
        const portal = this.portals.get(called) as OwnPortal;
        return say(describe(columnsOf(portal.what), portal.formats));
      }
      case Frontend.EXECUTE: {
        const { portal, rowsMax } = decodeExecute(buffer.subarray(start, end));
        return { kind: 'execute', portal: this.portals.get(portal) as OwnPortal, rowsMax };
      }
      default:
        (buffer[start] === KIND_STATEMENT ? this.statements : this.portals).delete(name(buffer, start + 1, end));
        return say(encodeCloseComplete());
    }
  }

  private bind(body: Buffer): OwnOutcome {
    const { portal, statement, values, resultFormats } = decodeBind(body);
    if (values.length > 0) {
      const supplied = `bind message supplies ${values.length} parameters`;
      const message = `${supplied}, but prepared statement "${statement}" requires 0`;
      return { kind: 'fail', bytes: encodeErrorResponse({ severity: 'ERROR', sqlstate: '08P01', message }) };
    }
    const what = this.statements.get(statement) as OwnCommand;
    this.portals.set(portal, { what, formats: resultFormats, answer: null, rowsSent: 0 });
    return say(encodeBindComplete());
  }

  /** @param idle no transaction is open: portals do not outlive the batch */
  endBatch(idle: boolean): void {
    this.inBatch = false;
    this.skipping = false;
    this.settled = false;
    if (idle) this.portals.clear();
  }
}

/** The answer to an Execute of a portal whose answer is known. */
export function encodeExecuted(portal: OwnPortal, rowsMax: number): Buffer {
  const answer = portal.answer as OwnAnswer;
  if (answer.kind !== 'rows') return encodeAnswer(answer);
  const from = portal.rowsSent;
  const to = rowsMax > 0 ? Math.min(from + rowsMax, answer.rows.length) : answer.rows.length;
  portal.rowsSent = to;
  const all = rowsMax === 0 || to - from < rowsMax;
  return Buffer.concat([
    ...answer.rows.slice(from, to).map((row) => encodeDataRow(row)),
    all ? encodeCommandComplete(`SELECT ${to - from}`) : encodePortalSuspended(),
  ]);
}

const say = (bytes: Buffer): OwnOutcome => ({ kind: 'say', bytes });

function describe(columns: readonly string[], formats: readonly number[]): Buffer {
  return columns.length === 0 ? encodeNoData() : encodeColumns(columns, formats);
}

function name(buffer: Buffer, start: number, end: number): string {
  const stop = buffer.indexOf(0, start);
  return buffer.toString('utf8', start, stop < 0 || stop > end ? end : stop);
}
