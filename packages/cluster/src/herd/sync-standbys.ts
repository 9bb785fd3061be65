/** synchronous_standby_names: which standbys together are sure to have every acknowledged commit. Pure. */

export interface SyncRule {
  readonly method: 'first' | 'any';
  readonly count: number;
  /** Lower case; `*` stands for every standby. */
  readonly names: readonly string[];
}

/** `FIRST 1 (a, b)`, `ANY 2 (*)`, `a, b`, `2 (a, b)`. @returns null when there is no synchronous replication */
export function parseSyncStandbyNames(text: string): SyncRule | null {
  const trimmed = text.trim();
  if (trimmed === '') return null;
  const form = /^(?:(first|any)\s+)?(\d+)\s*\((.*)\)$/is.exec(trimmed);
  const names = split(form === null ? trimmed : (form[3] ?? ''));
  if (names.length === 0) return null;
  return {
    method: form?.[1]?.toLowerCase() === 'any' ? 'any' : 'first',
    count: form === null ? 1 : Number(form[2]),
    names,
  };
}

/**
 * Of how many of the listed standbys must be heard, so that one of them has every acknowledged commit?
 * With `ANY k (n names)` a commit waits for some k of n: any n - k + 1 of them include one that has it. With `FIRST k` each
 * of the k that were synchronous has it; where none of them answers, a later one of the list may have taken their place, so
 * that the same count is asked as with ANY.
 * @param listed how many standbys the names match
 */
export function answersNeeded(rule: SyncRule, listed: number): number {
  return Math.max(1, listed - rule.count + 1);
}

export function isListed(rule: SyncRule, applicationName: string): boolean {
  return rule.names.includes('*') || rule.names.includes(applicationName.toLowerCase());
}

/** The rule with a lower count; 0 asks for nobody. */
export function formatSyncRule({ method, names }: SyncRule, count: number): string {
  if (count === 0) return '';
  const quoted = names.map((name) => (name === '*' ? '*' : `"${name.replaceAll('"', '""')}"`));
  return `${method.toUpperCase()} ${count} (${quoted.join(', ')})`;
}

function split(list: string): string[] {
  const names: string[] = [];
  for (const match of list.matchAll(/"((?:[^"]|"")*)"|([^\s,"]+)/g)) {
    const quoted = match[1];
    names.push((quoted === undefined ? (match[2] ?? '') : quoted.replaceAll('""', '"')).toLowerCase());
  }
  return names;
}
