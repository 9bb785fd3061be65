/**
 * Errors ('E') and notices ('N'). Body: (Byte1 field, text z) repeated, ended by a zero byte: S severity, C SQLSTATE,
 * M message, D detail, H hint, F file, L line. After ERROR the connection can be used, after FATAL it is closed.
 */
import { encodeFrame } from './frame.ts';

export type Severity = 'DEBUG' | 'LOG' | 'INFO' | 'NOTICE' | 'WARNING' | 'ERROR' | 'FATAL';

export interface Notice {
  readonly severity: string;
  readonly message: string;
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
}

/** PCP has no other. */
const SQLSTATE = 'XX000';

const PLACE = ['Fpcp', 'L0'] as const;

function encode(type: 'E' | 'N', { severity, message, detail, hint }: Notice): Buffer {
  const fields = [`S${severity}`, `C${SQLSTATE}`, `M${message}`];
  if (detail !== undefined) fields.push(`D${detail}`);
  if (hint !== undefined) fields.push(`H${hint}`);
  const texts = [...fields, ...PLACE].map((field) => `${field.replaceAll('\0', '')}\0`);
  return encodeFrame(type, Buffer.from(`${texts.join('')}\0`, 'utf8'));
}

export const encodeError = (notice: Notice): Buffer => encode('E', notice);
export const encodeNotice = (notice: Notice): Buffer => encode('N', notice);

/** Fields may be missing, doubled (the first counts), unknown or cut off. */
export function decodeNotice(body: Buffer): Notice {
  const fields = new Map<string, string>();
  let at = 0;
  while (at < body.length && body[at] !== 0) {
    const field = body.toString('latin1', at, at + 1);
    const zero = body.indexOf(0, at + 1);
    const end = zero === -1 ? body.length : zero;
    if (!fields.has(field)) fields.set(field, body.toString('utf8', at + 1, end));
    at = end + 1;
  }
  return {
    severity: fields.get('S') ?? 'ERROR',
    message: fields.get('M') ?? 'the server gave no reason',
    ...(fields.has('D') ? { detail: fields.get('D') } : {}),
    ...(fields.has('H') ? { hint: fields.get('H') } : {}),
  };
}

/** As the original tools print it. */
export function formatNotice({ severity, message, detail, hint }: Notice): string {
  const lines = [`${severity}:  ${message}`];
  if (detail !== undefined) lines.push(`DETAIL:  ${detail}`);
  if (hint !== undefined) lines.push(`HINT:  ${hint}`);
  return `${lines.join('\n')}\n`;
}
