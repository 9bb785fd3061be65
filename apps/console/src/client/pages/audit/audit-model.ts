/** The filter of the audit log as it stands in an address, and an entry's details as words. Without a browser. */
export const RESULTS = ['all', 'done', 'refused', 'failed'] as const;
export type Result = (typeof RESULTS)[number];

export interface AuditFilter {
  readonly of?: string;
  readonly actor?: string;
  readonly action?: string;
  readonly text?: string;
  readonly result?: 'done' | 'refused' | 'failed';
  readonly from?: string;
  readonly to?: string;
}

/** A day as `2026-11-20` is the whole day in UTC; what is no date counts for nothing. */
function instantOf(text: string | null, addDays: number): string | undefined {
  if (text === null || !/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined;
  const at = Date.parse(`${text}T00:00:00Z`);
  return Number.isNaN(at) ? undefined : new Date(at + addDays * 86_400_000).toISOString();
}

export function filterOf(query: URLSearchParams, cluster: string): AuditFilter {
  const take = (name: string): string | undefined => query.get(name)?.trim() || undefined;
  const result = RESULTS.find((one) => one === query.get('result'));
  const found = {
    of: query.get('scope') === 'all' ? undefined : cluster,
    actor: take('who'),
    action: take('act'),
    text: take('q'),
    result: result === 'all' ? undefined : result,
    from: instantOf(query.get('from'), 0),
    to: instantOf(query.get('to'), 1),
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

const asText = (value: unknown): string =>
  typeof value === 'string' ? value : value === null ? 'null' : JSON.stringify(value);

/** What stands in the table: name and value, the reason first, empty ones left out. */
export function detailsOf(details: unknown): readonly (readonly [string, string])[] {
  if (typeof details !== 'object' || details === null) return details == null ? [] : [['', asText(details)]];
  const entries = Object.entries(details as Record<string, unknown>)
    .filter(([, value]) => value !== null && value !== '' && value !== undefined)
    .flatMap(([name, value]): (readonly [string, string])[] =>
      typeof value === 'object' && !Array.isArray(value)
        ? Object.entries(value as Record<string, unknown>).map(([inner, one]) => [inner, asText(one)])
        : [[name, asText(value)]],
    );
  const first = ['reason', 'why'];
  return entries.sort(([a], [b]) => Number(first.includes(b)) - Number(first.includes(a)));
}
