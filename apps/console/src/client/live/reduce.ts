/** A delta on top of what is there, topic by topic. Pure. */
import type {
  EventView,
  LogNews,
  MetricsPoint,
  OperationView,
  SessionView,
  Topic,
  TopicData,
} from '../../shared/live/topics.ts';

const POINTS = 900;
const EVENTS = 500;
const LINES = 2_000;

export function reduce<T extends Topic>(
  topic: T,
  before: TopicData[T]['snapshot'] | null,
  kind: 'snapshot' | 'delta',
  data: TopicData[T]['snapshot'] | TopicData[T]['delta'],
): TopicData[T]['snapshot'] {
  if (kind === 'snapshot' || before === null) return data as TopicData[T]['snapshot'];
  const apply: {
    readonly [K in Topic]: (a: TopicData[K]['snapshot'], d: TopicData[K]['delta']) => TopicData[K]['snapshot'];
  } = {
    status: (_, next) => next,
    config: (_, next) => next,
    metrics: (points, point) => added<MetricsPoint>(points, [point], POINTS),
    events: (events, more) =>
      added<EventView>(
        events,
        more.filter(({ key }) => !events.some((event) => event.key === key)),
        EVENTS,
      ),
    operations: (all, operation) => replaced<OperationView>(all, operation),
    sessions: (all, { changed, gone }) => merged(all, changed, new Set(gone)),
    logs: (news, more): LogNews => ({ lines: added(news.lines, more.lines, LINES), dropped: more.dropped }),
  };
  return apply[topic](before, data as TopicData[T]['delta']);
}

const added = <V>(list: readonly V[], more: readonly V[], max: number): readonly V[] => [...list, ...more].slice(-max);

function replaced<V extends { readonly id: string; readonly proxy: string }>(list: readonly V[], one: V): readonly V[] {
  const at = list.findIndex(({ id, proxy }) => id === one.id && proxy === one.proxy);
  return at < 0 ? [...list, one] : list.with(at, one);
}

function merged(
  list: readonly SessionView[],
  changed: readonly SessionView[],
  gone: ReadonlySet<string>,
): readonly SessionView[] {
  const news = new Map(changed.map((session) => [session.key, session]));
  const kept = list.flatMap((session) => {
    if (gone.has(session.key)) return [];
    const next = news.get(session.key);
    news.delete(session.key);
    return [next ?? session];
  });
  return [...kept, ...news.values()];
}
