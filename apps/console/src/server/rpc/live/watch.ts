/**
 * One topic of one cluster: a snapshot, then deltas. The same over WebSocket and server-sent events. Permission is asked again
 * when somebody's access changes, and every half minute.
 */

import { subscriptionSchema } from '../../../shared/live/subscription.ts';
import {
  type LiveMessage,
  type OperationView,
  type SessionView,
  type Topic,
  type TopicData,
  topics,
} from '../../../shared/live/topics.ts';
import type { Permission } from '../../../shared/permissions.ts';
import { typed } from '../../../shared/typed.ts';
import { message, snapshotOf, type Watched } from '../../hub/hub.ts';
import { may } from '../../people/caller.ts';
import { refuse } from '../../refusal.ts';
import { procedure } from '../base.ts';
import type { CallContext } from '../context.ts';

const NEEDS: Readonly<Record<Topic, Permission>> = {
  status: 'view',
  metrics: 'view',
  events: 'view',
  operations: 'view',
  sessions: 'view',
  config: 'view',
  logs: 'view.logs',
};
const RECHECK_MS = 30_000;
const SLOW_MS = 10_000;
/** What waits for a slow reader; beyond that a snapshot takes its place. */
const WAITING_MAX = 200;

/** Subscriptions that one sign-in or token has open at once: each costs a timer and a look into the database now and then. */
export const OPEN_MAX = 400;
const open = new Map<string, number>();

function neededFor(raw: unknown): Permission | null {
  const topic = (raw as { topic?: unknown } | null | undefined)?.topic;
  return topics.find((one) => one === topic) === undefined ? null : NEEDS[topic as Topic];
}

export const watch = procedure
  .meta({
    need: 'view',
    doc: 'One topic of a cluster, live: a snapshot, then deltas, numbered. A gap in the numbers: subscribe anew. `logs` needs view.logs.',
    alsoNeeds: neededFor,
  })
  .input(subscriptionSchema)
  .subscription(async function* ({ ctx, input, signal }): AsyncGenerator<LiveMessage<unknown>> {
    const { topic } = input;
    const who = ctx.person.credentialId;
    const others = open.get(who) ?? 0;
    if (others >= OPEN_MAX)
      throw refuse('TOO_MANY_REQUESTS', 'TOO_MANY_SUBSCRIPTIONS', `At most ${OPEN_MAX} subscriptions at once.`);
    open.set(who, others + 1);
    try {
      for (;;) {
        const watched = ctx.console.hub.of(ctx.cluster.id);
        if (watched === null) throw refuse('NOT_FOUND', 'NO_CLUSTER', 'There is no such cluster any more.');
        const again = yield* follow(ctx, watched, topic, input.slow, ctx.cluster.id, signal);
        if (!again) return;
      }
    } finally {
      const left = (open.get(who) ?? 1) - 1;
      if (left === 0) open.delete(who);
      else open.set(who, left);
    }
  });

/** @returns true when it has to begin anew: the cluster's proxies changed */
async function* follow(
  ctx: CallContext,
  watched: Watched,
  topic: Topic,
  slow: boolean,
  clusterId: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<LiveMessage<unknown>, boolean> {
  let waiting: TopicData[Topic]['delta'][] = [];
  let overrun = false;
  let anew = false;
  let recheck = true;
  let wake = (): void => {};
  const nudge = (): void => wake();
  const ends = [
    watched.look(topic),
    watched.listen((news) => {
      if (news.topic !== topic) return;
      if (topic === 'status') waiting = [news.data];
      else if (waiting.length >= WAITING_MAX) overrun = true;
      else waiting.push(news.data);
      nudge();
    }),
    ctx.console.access.watch(() => {
      recheck = true;
      nudge();
    }),
    ctx.console.hub.onChange(() => {
      anew = ctx.console.hub.of(clusterId) !== watched;
      if (anew) nudge();
    }),
  ];
  const timer = setInterval(() => {
    recheck = true;
    nudge();
  }, RECHECK_MS);
  signal?.addEventListener('abort', nudge);
  let seq = 0;
  let sql = false;
  let logs = false;
  const show = (data: unknown): unknown => shown(topic, data, sql, logs);
  try {
    for (;;) {
      if (signal?.aborted === true) return false;
      if (anew) return true;
      if (recheck) {
        recheck = false;
        const caller = await ctx.caller();
        if (caller === null || !may(caller, NEEDS[topic], clusterId)) {
          throw refuse('FORBIDDEN', 'PERMISSION', `This needs the permission ${NEEDS[topic]}.`, {
            permission: NEEDS[topic],
          });
        }
        const mayNow: boolean = may(caller, 'view.sql', clusterId);
        const logsNow: boolean = may(caller, 'view.logs', clusterId);
        if (seq > 0 && (mayNow !== sql || logsNow !== logs)) overrun = true;
        sql = mayNow;
        logs = logsNow;
      }
      if (seq === 0 || overrun) {
        overrun = false;
        waiting = [];
        seq = 1;
        yield message(watched, topic, seq, 'snapshot', show(snapshotOf(watched, topic)));
      }
      const batch = waiting;
      waiting = [];
      for (const data of batch) yield message(watched, topic, ++seq, 'delta', show(data));
      if (slow && batch.length > 0) await pause(SLOW_MS, signal);
      if (waiting.length > 0 || overrun || recheck || anew) continue;
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (waiting.length > 0 || overrun || recheck || anew || signal?.aborted === true) resolve();
      });
    }
  } finally {
    clearInterval(timer);
    signal?.removeEventListener('abort', nudge);
    for (const end of ends) end();
  }
}

/** Without what takes a permission beyond view: statements of sessions, output of commands. */
export function shown(topic: Topic, data: unknown, sql: boolean, logs: boolean): unknown {
  if (topic === 'sessions') return withoutStatements(data, sql);
  if (logs || (topic !== 'operations' && topic !== 'status')) return data;
  const silent = (operation: OperationView): OperationView => ({ ...operation, output: [] });
  if (topic === 'status') {
    const status = data as TopicData['status']['snapshot'];
    return { ...status, running: status.running.map(silent) };
  }
  return Array.isArray(data) ? (data as OperationView[]).map(silent) : silent(data as OperationView);
}

function withoutStatements(data: unknown, sql: boolean): unknown {
  if (sql) return data;
  const hide = (session: SessionView): SessionView => ({ ...session, statement: '', host: '', port: '' });
  if (Array.isArray(data)) return (data as SessionView[]).map(hide);
  const delta = data as { readonly changed: readonly SessionView[] };
  return { ...delta, changed: delta.changed.map(hide) };
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}

/** The same once, for pages that poll where neither WebSocket nor server-sent events get through. */
export const snapshot = procedure
  .meta({ need: 'view', doc: 'A topic of a cluster as it is now.', alsoNeeds: neededFor })
  .input(subscriptionSchema)
  .output(typed<LiveMessage<unknown>>())
  .query(async ({ ctx, input }) => {
    const watched = ctx.console.hub.of(ctx.cluster.id);
    if (watched === null) throw refuse('NOT_FOUND', 'NO_CLUSTER', 'There is no such cluster any more.');
    const data = snapshotOf(watched, input.topic);
    const [sql, logs] = (['view.sql', 'view.logs'] as const).map((one) => may(ctx.person, one, ctx.cluster.id));
    return message(watched, input.topic, 1, 'snapshot', shown(input.topic, data, sql === true, logs === true));
  });
