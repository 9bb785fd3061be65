/** TLS settings that cannot be used. The message names the parameter, the file and the reason, never a secret. */
export class TlsConfigurationError extends Error {
  override readonly name = 'TlsConfigurationError';
  readonly code = 'TLS_CONFIGURATION';
  readonly parameter: string;
  readonly file: string | null;

  constructor(parameter: string, file: string | null, reason: string, cause?: unknown) {
    super(file === null ? `${parameter}: ${reason}` : `${parameter} "${file}": ${reason}`, { cause });
    this.parameter = parameter;
    this.file = file;
  }
}

/** OpenSSL's words without its numbers: `error:0480006C:PEM routines::no start line` becomes `no start line`. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { reason } = error as { reason?: unknown };
  if (typeof reason === 'string' && reason !== '') return reason;
  return error.message.replace(/^error:[0-9A-Fa-f]+:[^:]*:[^:]*:/, '');
}
