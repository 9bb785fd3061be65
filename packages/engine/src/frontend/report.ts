/** Answers of the engine's own, and their messages. All columns are texts. */
import {
  type ErrorFields,
  encodeCommandComplete,
  encodeDataRow,
  encodeErrorResponse,
  encodeRowDescription,
} from '@pgherd/wire';

export type OwnAnswer =
  | { readonly kind: 'error'; readonly error: ErrorFields }
  /** @param notice a NoticeResponse message that goes first */
  | { readonly kind: 'done'; readonly tag: string; readonly notice: Buffer | null }
  | {
      readonly kind: 'rows';
      readonly columns: readonly string[];
      readonly rows: readonly (readonly (string | null)[])[];
    };

export function failed(sqlstate: string, message: string): OwnAnswer {
  return { kind: 'error', error: { severity: 'ERROR', sqlstate, message } };
}

export function done(tag: string, notice: Buffer | null = null): OwnAnswer {
  return { kind: 'done', tag, notice };
}

export function rowsAnswer(columns: readonly string[], rows: readonly (readonly (string | null)[])[]): OwnAnswer {
  return { kind: 'rows', columns, rows };
}

/** @param formats as in Bind: none, one for all, or one each; a text's binary form is the text */
export function encodeColumns(columns: readonly string[], formats: readonly number[] = []): Buffer {
  return encodeRowDescription(
    columns.map((name, index) => ({ name, format: (formats.length > 1 ? formats[index] : formats[0]) ?? 0 })),
  );
}

/** The answer to a Query, without ReadyForQuery. */
export function encodeAnswer(answer: OwnAnswer): Buffer {
  switch (answer.kind) {
    case 'error':
      return encodeErrorResponse(answer.error);
    case 'done': {
      const complete = encodeCommandComplete(answer.tag);
      return answer.notice === null ? complete : Buffer.concat([answer.notice, complete]);
    }
    case 'rows':
      return Buffer.concat([
        encodeColumns(answer.columns),
        ...answer.rows.map((row) => encodeDataRow(row)),
        encodeCommandComplete(`SELECT ${answer.rows.length}`),
      ]);
  }
}
