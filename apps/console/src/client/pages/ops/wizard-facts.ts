'use client';
/** What a wizard decides by: each node as a candidate, each check with its value, by live facts, the plan and a rehearsal. */
import type { Plan, Rehearsal, Wish } from '@pgherd/operations';
import { useTranslations } from 'next-intl';
import { useMemo } from 'react';
import type { ClusterStatus, MetricsPoint, NodeView, SessionView } from '../../../shared/live/topics.ts';
import { api } from '../../live/api.ts';
import { useTopic } from '../../live/live.tsx';
import { type Asked, useAsk } from '../../live/use-ask.ts';
import type { Candidate, CandidateCheck, CheckResult } from '../../ui/candidate-table.tsx';
import { useFormat } from '../../ui/use-format.ts';
import { useNow } from '../../ui/use-now.ts';
import { mustEnd } from './ops-model.ts';

export type Kind = 'switchover' | 'failover' | 'recover';

/** As the engine refuses it (LAG_MAX_BYTES of its wishes). */
export const LAG_MAX_BYTES = 16 * 1024 * 1024;
const LAG_WARN_MS = 1_000;
const LONG_MS = 5 * 60_000;
const ASK_EVERY_MS = 3_000;
const TREND_POINTS = 60;

export interface Outcome {
  readonly result: CheckResult;
  readonly value: string;
  /** Lag of the last minute, for a drawn trend. */
  readonly trend?: readonly (number | null)[];
}

export interface Check extends Omit<CandidateCheck, 'outcomes'> {
  readonly outcomes: Readonly<Record<string, Outcome>>;
}

export interface WizardFacts {
  readonly status: ClusterStatus | null;
  readonly nodes: readonly NodeView[];
  readonly candidates: readonly Candidate[];
  readonly checks: readonly Check[];
  readonly rehearsals: Asked<readonly (readonly [number, Rehearsal | string])[]>;
  readonly plan: Plan | null;
  /** The oldest fact, ms since 1970. */
  readonly atMs: number | null;
  /** Sessions that a change of the primary waits for, or cuts. */
  readonly openTransactions: number;
}

export const wishOf = (kind: Kind, to: number, acceptLoss = false): Wish =>
  kind === 'recover'
    ? { act: 'recover', node: to }
    : kind === 'failover'
      ? { act: 'failover', to, acceptLoss }
      : { act: 'switchover', to, gracefully: false };

export function useWizardFacts(cluster: string, kind: Kind): WizardFacts {
  const { data: status, sourceAt } = useTopic(cluster, 'status');
  const { data: metrics } = useTopic(cluster, 'metrics');
  const { data: sessions } = useTopic(cluster, 'sessions');
  const nodes = useMemo(
    () => status?.nodes.filter(({ id, status: state }) => id !== status.primary && state !== 'unused') ?? [],
    [status],
  );
  const ids = nodes.map(({ id }) => id);
  const rehearsals = useAsk(
    `rehearse ${cluster} ${kind} ${ids.join()}`,
    () =>
      Promise.all(
        ids.map((id) =>
          api.herd.rehearse.query({ cluster, wish: wishOf(kind, id) }).then(
            (rehearsal) => [id, rehearsal] as const,
            // A refusal is an answer, too: it rules the node out.
            (error: Error) => [id, error.message] as const,
          ),
        ),
      ),
    { everyMs: ASK_EVERY_MS, enabled: ids.length > 0 },
  );
  const plans = useAsk(`plan ${cluster}`, () => api.herd.plan.query({ cluster }), {
    everyMs: ASK_EVERY_MS,
    enabled: kind !== 'recover',
  });
  const primary = status?.primary ?? null;
  const plan =
    plans.data?.find(({ node }) => node === primary) ??
    plans.data?.find(({ outcome }) => outcome === 'failover') ??
    null;
  const { candidates, checks } = useCandidates(kind, {
    status,
    nodes,
    metrics,
    sessions,
    plan,
    rehearsals: rehearsals.data,
  });
  const times = [sourceAt, rehearsals.at].filter((at) => at !== null);
  return {
    ...{ status, nodes, candidates, checks, rehearsals, plan },
    atMs: status?.stale === true || times.length === 0 ? (sourceAt ?? null) : Math.min(...times),
    openTransactions: sessions?.filter(mustEnd).length ?? 0,
  };
}

interface Ground {
  readonly status: ClusterStatus | null;
  readonly nodes: readonly NodeView[];
  readonly metrics: readonly MetricsPoint[] | null;
  readonly sessions: readonly SessionView[] | null;
  readonly plan: Plan | null;
  readonly rehearsals: readonly (readonly [number, Rehearsal | string])[] | null;
}

function useCandidates(kind: Kind, ground: Ground) {
  const t = useTranslations('ops');
  const format = useFormat();
  const now = useNow();
  const { status, nodes, metrics, sessions, plan, rehearsals } = ground;
  const primary = status?.primary ?? null;
  const trend = metrics?.slice(-TREND_POINTS) ?? [];
  const seen = (key: Parameters<typeof seenOf>[1], values: Record<string, string | number> = {}): string =>
    seenOf(t, key, values);
  const rows: Check[] = [];
  const row = (
    group: 'reach' | 'able' | 'cluster',
    id: string,
    name: string,
    limit: string | undefined,
    judge: (node: NodeView) => Outcome | null,
  ): void => {
    const outcomes = Object.fromEntries(
      nodes.flatMap((node) => {
        const outcome = judge(node);
        return outcome === null ? [] : [[String(node.id), outcome] as const];
      }),
    );
    const { [group]: word } = { reach: t('group.reach'), able: t('group.able'), cluster: t('group.cluster') };
    if (Object.keys(outcomes).length > 0) {
      rows.push({ id, group: word, name, outcomes, ...(limit === undefined ? {} : { limit }) });
    }
  };
  const pass = (value: string): Outcome => ({ result: 'pass', value });
  const warn = (value: string): Outcome => ({ result: 'warn', value });
  const fail = (value: string): Outcome => ({ result: 'fail', value });

  if (kind !== 'recover') {
    row('reach', 'answers', t('check.answers'), t('check.answersLimit'), ({ pgStatus, healthCheck }) => {
      if (pgStatus !== 'up') return fail(pgStatus === 'down' ? seen('down') : seen('unknown'));
      const ms = healthCheck.durationAverageMs;
      return pass(ms > 0 ? seen('up', { ms: format.duration(ms) }) : seen('upBare'));
    });
    row('reach', 'recovery', t('check.recovery'), t('check.recoveryLimit'), ({ pgRole, timeline }) => {
      if (pgRole === 'primary') return fail(seen('primary'));
      if (pgRole === 'unknown') return warn(seen('unknown'));
      return pass(timeline === null ? seen('yes') : seen('timeline', { timeline }));
    });
    const lagLimit = t('check.lagLimit', { bytes: format.bytes(LAG_MAX_BYTES) });
    row('reach', 'lag', t('check.lag'), kind === 'switchover' ? lagLimit : undefined, ({ id, lagMs, lagBytes }) => {
      const values = trend.map((point) => point.lagMs[id] ?? null);
      const drawn = values.some((value) => value !== null) ? { trend: values } : {};
      if (lagBytes === null) return { ...(kind === 'switchover' ? fail : warn)(seen('unknown')), ...drawn };
      const value =
        lagMs === null
          ? format.bytes(lagBytes)
          : seen('lag', { time: format.duration(lagMs), bytes: format.bytes(lagBytes) });
      if (kind === 'switchover' && lagBytes > LAG_MAX_BYTES) return { ...fail(value), ...drawn };
      return { ...((lagMs ?? 0) > LAG_WARN_MS ? warn(value) : pass(value)), ...drawn };
    });
    row('reach', 'sync', t('check.sync'), t('check.syncLimit'), (node) => {
      const told = plan?.candidates.find((candidate) => candidate.node === node.id)?.syncState ?? '';
      const state = told === '' ? node.replicationSyncState : told;
      if (state === 'sync') return pass(seen('sync'));
      if (state === 'quorum') return pass(seen('quorum'));
      if (kind === 'switchover') return pass(seen('asyncFine'));
      return state === '' ? warn(seen('unknown')) : warn(seen('async'));
    });
    row('reach', 'received', t('check.received'), undefined, ({ receivedLsn }) =>
      receivedLsn === null ? null : pass(receivedLsn),
    );
    row('able', 'attached', t('check.attached'), t('check.attachedLimit'), ({ attached }) =>
      attached ? pass(seen('yes')) : fail(seen('detachedOnPurpose')),
    );
  }
  // What the engine looks at before it begins; what stands above in figures is not said twice.
  const told = KNOWN_ABOVE[kind];
  const names = new Set(
    rehearsals?.flatMap(([, found]) => (typeof found === 'string' ? [] : found.checks.map(({ name }) => name))),
  );
  for (const name of names) {
    if (told.has(name)) continue;
    const word = CHECK_WORD[name];
    row('able', `engine ${name}`, word === undefined ? name : t(`check.${word}`), undefined, ({ id }) => {
      const found = rehearsals?.find(([node]) => node === id)?.[1];
      const check = typeof found === 'string' ? undefined : found?.checks.find((one) => one.name === name);
      return check === undefined ? null : (check.ok ? pass : fail)(foundOf(t, check.detail));
    });
  }
  row('cluster', 'other', t('check.other'), t('check.otherLimit'), () =>
    (status?.running.length ?? 0) > 0 ? fail(seen('running')) : pass(seen('none')),
  );
  if (kind !== 'recover' && primary !== null && sessions !== null) {
    const began = sessions
      .flatMap(({ transactionStartedAt: at }) => (at === null ? [] : [Date.parse(at)]))
      .filter((at) => now !== null && now - at > LONG_MS);
    const oldest = began.length === 0 || now === null ? null : format.wholeDuration(now - Math.min(...began));
    row('cluster', 'long', t('check.long', { node: primary }), t('check.longLimit'), () =>
      oldest === null ? pass(seen('none')) : warn(seen('long', { count: began.length, age: oldest })),
    );
  }

  const candidates = nodes.map((node): Candidate => {
    const found = rehearsals?.find(([id]) => id === node.id)?.[1];
    const why = ruledOut(kind, node, found, rows, t, format.bytes);
    const { id, hostname, port } = node;
    return { id: String(id), name: t('node', { id }), host: `${hostname}:${port}`, ruledOut: why };
  });
  return { candidates, checks: rows };
}

const KNOWN_ABOVE: Readonly<Record<Kind, ReadonlySet<string>>> = {
  switchover: new Set(['primary', 'candidate', 'standby', 'lag']),
  failover: new Set(['candidate']),
  recover: new Set(),
};
const CHECK_WORD: Readonly<Record<string, 'stop' | 'promotes' | 'primary' | 'notPrimary' | 'detached' | 'means'>> = {
  'can be stopped': 'stop',
  'somebody promotes': 'promotes',
  primary: 'primary',
  'not the primary': 'notPrimary',
  detached: 'detached',
  means: 'means',
};

type Translate = ReturnType<typeof useTranslations<'ops'>>;
const seenOf = (
  t: Translate,
  key:
    | 'up'
    | 'upBare'
    | 'down'
    | 'yes'
    | 'timeline'
    | 'primary'
    | 'unknown'
    | 'lag'
    | 'sync'
    | 'quorum'
    | 'async'
    | 'asyncFine'
    | 'none'
    | 'running'
    | 'long'
    | 'detachedOnPurpose',
  values: Record<string, string | number>,
): string => t(`check.seen.${key}`, values as never);

/** What the engine found, in the reader's words where they are known. */
function foundOf(t: Translate, detail: string): string {
  const node = /^node (\d+) is copied from$/.exec(detail)?.[1];
  if (node !== undefined) return t('node', { id: node });
  if (/^(an agent runs beside it|the agent of node \d+ can stop it)$/.test(detail)) return t('check.seen.agent');
  const who = /^(\S+) (?:promotes|copies it)$/.exec(detail)?.[1];
  if (who !== undefined) return who;
  if (/^(nothing can |there is no primary)/.test(detail)) return t('check.seen.none');
  if (/ is (not the primary|detached)$/.test(detail)) return t('check.seen.yes');
  if (/ is alive$/.test(detail)) return t('check.seen.alive');
  if (/ does not answer$/.test(detail)) return t('check.seen.down');
  return detail;
}

/** One sentence's end: why a node cannot be chosen. The first thing that stands against it. */
function ruledOut(
  kind: Kind,
  node: NodeView,
  found: Rehearsal | string | undefined,
  rows: readonly Check[],
  t: Translate,
  bytes: (value: number) => string,
): string | null {
  const failed = rows.find((row) => row.outcomes[node.id]?.result === 'fail')?.id;
  if (failed === 'other') return t('check.out.busy');
  if (kind !== 'recover') {
    if (node.replaced) return t('check.out.replaced');
    if (failed === 'answers') return t('check.out.down');
    if (failed === 'recovery') return t('check.out.primary');
    if (failed === 'attached') return t('check.out.detached');
    if (failed === 'lag') {
      return node.lagBytes === null ? t('check.out.lagUnknown') : t('check.out.lag', { bytes: bytes(node.lagBytes) });
    }
  }
  if (typeof found === 'string') return found;
  const check = found?.checks.find(({ ok }) => !ok);
  if (check === undefined) return null;
  const words: Readonly<Record<string, string>> = {
    'can be stopped': t('check.out.stop'),
    'somebody promotes': t('check.out.promotes'),
    detached: t('check.out.attached'),
    means: t('check.out.means'),
    primary: t('check.out.noPrimary'),
  };
  return words[check.name] ?? check.detail;
}
