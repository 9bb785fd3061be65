import type { Notice } from '../wire/notice.ts';

/** A request that is not fulfilled, in the words of the protocol. FATAL also ends the connection. */
export class PcpRefusal extends Error implements Notice {
  readonly code = 'PCP_REFUSED';
  readonly severity: 'ERROR' | 'FATAL';
  readonly detail: string | undefined;
  readonly hint: string | undefined;
  constructor(severity: 'ERROR' | 'FATAL', message: string, detail?: string, hint?: string) {
    super(message);
    this.severity = severity;
    this.detail = detail;
    this.hint = hint;
  }
}

export const error = (message: string, detail?: string): PcpRefusal => new PcpRefusal('ERROR', message, detail);
export const fatal = (message: string, detail?: string): PcpRefusal => new PcpRefusal('FATAL', message, detail);
