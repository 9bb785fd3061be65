/** One finding about a configuration. `error` refuses the whole text, the others do not. */
export interface ConfigIssue {
  readonly severity: 'error' | 'warning' | 'info';
  readonly file: string;
  /** From 1; 0 where no single line is to blame. */
  readonly line: number;
  readonly parameter?: string;
  /** The value as given; never that of a secret. */
  readonly given?: string;
  /** What would be accepted, in words. */
  readonly allowed?: string;
  readonly message: string;
}

const SHOWN_MAX = 80;

/** `pgpool.conf:12: port = "70000" is outside the allowed range (allowed: 1024 to 65535)` */
export function formatIssue(issue: ConfigIssue): string {
  const place = issue.line > 0 ? `${issue.file}:${issue.line}: ` : issue.file === '' ? '' : `${issue.file}: `;
  const subject = issue.parameter === undefined ? '' : `${issue.parameter} `;
  const given = issue.given === undefined ? '' : `= "${shorten(issue.given)}" `;
  const allowed = issue.allowed === undefined ? '' : ` (allowed: ${issue.allowed})`;
  return `${place}${subject}${given}${issue.message}${allowed}`;
}

const shorten = (text: string): string => (text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text);
