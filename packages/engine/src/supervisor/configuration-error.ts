/** The configuration cannot be used: one line each, with file, line and allowed values. */
export class ConfigurationError extends Error {
  readonly code = 'CONFIGURATION';
  readonly issues: readonly string[];
  constructor(issues: readonly string[]) {
    super(issues.join('\n'));
    this.issues = issues;
  }
}
