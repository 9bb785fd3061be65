/** Operations without a browser: what runs and what is kept as one list, the words of steps, the pause of writes, the report. */
import type { Operation, OperationStep } from '@pgherd/operations';
import type { OperationView, SessionView } from '../../../shared/live/topics.ts';

export interface Entry {
  readonly operation: Operation;
  readonly proxy: string;
  readonly by: string;
  readonly reason: string;
}

export interface Report {
  readonly proxy: string;
  readonly by: string;
  readonly reason: string;
  readonly operation: unknown;
}

/** Whether a change of the primary has to wait for a session: a statement outside a transaction block is waited for, too. */
export const mustEnd = ({
  state,
  transactionStartedAt,
}: Pick<SessionView, 'state' | 'transactionStartedAt'>): boolean => state === 'active' || transactionStartedAt !== null;

/** The person behind a token, where one is told. */
export const whoOf = ({ by }: Operation): string => by.user.replace(/^[^:]+: /, '');

/** Newest first. What a proxy tells now counts more than what was kept; who and why stand in what was kept. */
export function entriesOf(live: readonly OperationView[], kept: readonly Report[]): readonly Entry[] {
  const all = new Map<string, Entry>();
  for (const { proxy, by, reason, operation } of kept) {
    const known = operation as Operation;
    all.set(known.id, { operation: known, proxy, by: by === '' ? whoOf(known) : by, reason });
  }
  for (const { proxy, reason, ...operation } of live) {
    const before = all.get(operation.id);
    all.set(operation.id, {
      ...{ operation, proxy, by: before?.by ?? whoOf(operation) },
      reason: reason === '' ? (before?.reason ?? '') : reason,
    });
  }
  return [...all.values()].sort((a, b) => (a.operation.startedAt > b.operation.startedAt ? -1 : 1));
}

export const FILTERS = ['all', 'switchover', 'failover', 'recover', 'other', 'failed'] as const;
export type Filter = (typeof FILTERS)[number];
export const filterOf = (text: string | null): Filter => FILTERS.find((filter) => filter === text) ?? 'all';

export function fits({ operation, by, reason }: Entry, filter: Filter, text: string): boolean {
  const { act, state, error } = operation;
  if (filter === 'failed' && state !== 'failed') return false;
  if (filter === 'other' && ['switchover', 'failover', 'recover'].includes(act)) return false;
  if (['switchover', 'failover', 'recover'].includes(filter) && act !== filter) return false;
  const wanted = text.trim().toLowerCase();
  return wanted === '' || `${by}\n${reason}\n${error ?? ''}`.toLowerCase().includes(wanted);
}

const STEPS = {
  open: /^open connections to node (\d+)$/,
  checkpoint: /^checkpoint$/,
  hold: /^hold transactions$/,
  drain: /^drain$/,
  epoch: /^close the epoch$/,
  stopNode: /^stop node (\d+)$/,
  replay: /^node (\d+) replays to the end$/,
  promote: /^promote node (\d+)$/,
  prove: /^prove a write$/,
  release: /^release clients$/,
  returns: /^node (\d+) returns as a standby$/,
  giveBack: /^give the herd back$/,
  failover: /^failover$/,
  attach: /^attach$/,
  detach: /^detach$/,
  relabel: /^relabel$/,
  leave: /^wait for clients to leave$/,
  stopServer: /^stop the server$/,
  rewind: /^rewind$/,
  copy: /^copy$/,
  startStandby: /^start as a standby$/,
  streaming: /^streaming$/,
  startAgain: /^start the server again$/,
  stage1: /^1st stage$/,
  stage2: /^2nd stage$/,
  startServer: /^start the server$/,
  accepting: /^accepting connections$/,
} as const;
export type StepKey = keyof typeof STEPS;

/** What an engine calls a step, as a key of our words; null: it is shown as it came. */
export function stepOf(name: string): { readonly key: StepKey; readonly node: string } | null {
  for (const [key, pattern] of Object.entries(STEPS) as [StepKey, RegExp][]) {
    const found = pattern.exec(name);
    if (found !== null) return { key, node: found[1] ?? '' };
  }
  return null;
}

/** The steps that an act will go through, with the nodes they are about. */
export function stepsAhead(
  act: 'switchover' | 'failover' | 'recover',
  to: number,
  old: number | null,
): readonly { readonly key: StepKey; readonly node: string }[] {
  const at = (key: StepKey, node: number | null = null) => ({ key, node: node === null ? '' : String(node) });
  if (act === 'failover') return [at('failover')];
  if (act === 'recover') {
    return [at('stopServer'), at('rewind'), at('startStandby'), at('streaming'), at('attach')];
  }
  return [
    ...[at('open', to), at('checkpoint'), at('hold'), at('drain'), at('epoch'), at('stopNode', old)],
    ...[at('replay', to), at('promote', to), at('prove'), at('release'), at('returns', old)],
  ];
}

export const tookMs = ({ startedAt, endedAt }: Pick<OperationStep, 'startedAt' | 'endedAt'>): number | null =>
  endedAt === null ? null : Math.max(0, Date.parse(endedAt) - Date.parse(startedAt));

/** How long each step took in the last run of the act that went well. */
export function estimatesOf(entries: readonly Entry[], act: Operation['act']): ReadonlyMap<StepKey, number> {
  const last = entries.find(({ operation }) => operation.act === act && operation.state === 'done');
  const estimates = new Map<StepKey, number>();
  for (const step of last?.operation.steps ?? []) {
    const known = stepOf(step.name);
    const took = tookMs(step);
    if (known !== null && took !== null) estimates.set(known.key, took);
  }
  return estimates;
}

/**
 * When clients' writes waited: from the hold to the release of a switchover (or to where the herd was given back), the whole
 * of a failover. Null: this act pauses nobody, or has not come to it.
 */
export function writePause({ act, steps, startedAt, endedAt, state }: Operation): {
  readonly fromMs: number;
  readonly toMs: number | null;
} | null {
  if (act === 'failover') {
    return { fromMs: Date.parse(startedAt), toMs: endedAt === null ? null : Date.parse(endedAt) };
  }
  if (act !== 'switchover') return null;
  const find = (key: StepKey): OperationStep | undefined => steps.find(({ name }) => stepOf(name)?.key === key);
  const hold = find('hold');
  if (hold === undefined) return null;
  const end = find('release') ?? find('giveBack');
  const until = end === undefined ? (state === 'running' ? null : endedAt) : (end.endedAt ?? null);
  return { fromMs: Date.parse(hold.startedAt), toMs: until === null ? null : Date.parse(until) };
}

/** The measured pauses of the last runs, newest first, ms. */
export function lastPauses(entries: readonly Entry[], act: Operation['act'], most = 3): readonly number[] {
  return entries
    .filter(({ operation }) => operation.act === act && operation.state === 'done')
    .flatMap(({ operation }) => {
      const pause = writePause(operation);
      return pause === null || pause.toMs === null ? [] : [pause.toMs - pause.fromMs];
    })
    .slice(0, most);
}

interface ReportWords {
  readonly title: string;
  /** Label and value. */
  readonly facts: readonly (readonly [string, string])[];
  readonly stepsTitle: string;
  readonly steps: readonly { readonly state: OperationStep['state']; readonly text: string; readonly took: string }[];
  readonly outputTitle: string;
  readonly output: readonly string[];
}

/** What can be pasted into a ticket. */
export function reportMarkdown({ title, facts, stepsTitle, steps, outputTitle, output }: ReportWords): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  const mark = { running: '[ ]', done: '[x]', failed: '[!]', skipped: '[-]' } as const;
  return [
    ...[`# ${title}`, '', '| | |', '|---|---|', ...facts.map(([label, value]) => `| ${label} | ${cell(value)} |`)],
    ...[
      '',
      `## ${stepsTitle}`,
      '',
      ...steps.map(({ state, text, took }) => `- ${mark[state]} ${text}${took === '' ? '' : ` (${took})`}`),
    ],
    ...(output.length === 0 ? [] : ['', `## ${outputTitle}`, '', '```', ...output, '```']),
    '',
  ].join('\n');
}
