/** The whole API: one file for each procedure. Who may call it is in `access.ts`. */
import type { Operations } from '@pgherd/operations';
import { sparing } from '../feeds/coalesced.ts';
import { engineFeeds } from '../feeds/engine-feeds.ts';
import { begin } from './acts/begin.ts';
import { ended } from './acts/ended.ts';
import { invalidateCache } from './acts/invalidate-cache.ts';
import { rehearse } from './acts/rehearse.ts';
import { reload } from './acts/reload.ts';
import { rotateLog } from './acts/rotate-log.ts';
import { stop } from './acts/stop.ts';
import { type Room, router } from './base.ts';
import { configuration } from './queries/configuration.ts';
import { events } from './queries/events.ts';
import { explainRoute } from './queries/explain-route.ts';
import { nodes } from './queries/nodes.ts';
import { operations as operationsQuery } from './queries/operations.ts';
import { plan } from './queries/plan.ts';
import { sessions } from './queries/sessions.ts';
import { show } from './queries/show.ts';
import { status } from './queries/status.ts';
import { events as watchEvents } from './watches/events.ts';
import { metrics as watchMetrics } from './watches/metrics.ts';
import { nodes as watchNodes } from './watches/nodes.ts';
import { operations as watchOperations } from './watches/operations.ts';
import { pools as watchPools } from './watches/pools.ts';
import { sessions as watchSessions } from './watches/sessions.ts';

export function createRouter(engine: Operations) {
  const operations = sparing(engine);
  const room: Room = { operations, feeds: engineFeeds(operations) };
  return router({
    status: status(room),
    nodes: nodes(room),
    plan: plan(room),
    events: events(room),
    operations: operationsQuery(room),
    sessions: sessions(room),
    show: show(room),
    configuration: configuration(room),
    explainRoute: explainRoute(room),
    rehearse: rehearse(room),
    begin: begin(room),
    ended: ended(room),
    reload: reload(room),
    stop: stop(room),
    rotateLog: rotateLog(room),
    invalidateCache: invalidateCache(room),
    watch: router({
      nodes: watchNodes(room),
      pools: watchPools(room),
      sessions: watchSessions(room),
      metrics: watchMetrics(room),
      events: watchEvents(room),
      operations: watchOperations(room),
    }),
  });
}

export type ControlRouter = ReturnType<typeof createRouter>;
