/** The whole API: one file for each procedure. Who may call it is in `access.ts`. */
import type { Operations } from '@pgherd/operations';
import { sparing } from '../feeds/coalesced.ts';
import { engineFeeds } from '../feeds/engine-feeds.ts';
import { begin } from './acts/begin.ts';
import { cancel } from './acts/cancel.ts';
import { cancelStatement } from './acts/cancel-statement.ts';
import { endSession } from './acts/end-session.ts';
import { ended } from './acts/ended.ts';
import { invalidateCache } from './acts/invalidate-cache.ts';
import { probeRoute } from './acts/probe-route.ts';
import { rehearse } from './acts/rehearse.ts';
import { reload } from './acts/reload.ts';
import { rotateLog } from './acts/rotate-log.ts';
import { stop } from './acts/stop.ts';
import { type Room, router } from './base.ts';
import { applyVersion } from './configuration/apply-version.ts';
import { check } from './configuration/check.ts';
import { files } from './configuration/files.ts';
import { running } from './configuration/running.ts';
import { state } from './configuration/state.ts';
import { table } from './configuration/table.ts';
import { compareRoutes } from './queries/compare-routes.ts';
import { events } from './queries/events.ts';
import { explainRoute } from './queries/explain-route.ts';
import { logs } from './queries/logs.ts';
import { nodes } from './queries/nodes.ts';
import { operations as operationsQuery } from './queries/operations.ts';
import { plan } from './queries/plan.ts';
import { problems } from './queries/problems.ts';
import { sessionActivity } from './queries/session-activity.ts';
import { sessions } from './queries/sessions.ts';
import { show } from './queries/show.ts';
import { status } from './queries/status.ts';
import { configuration as watchConfiguration } from './watches/configuration.ts';
import { events as watchEvents } from './watches/events.ts';
import { logs as watchLogs } from './watches/logs.ts';
import { metrics as watchMetrics } from './watches/metrics.ts';
import { nodes as watchNodes } from './watches/nodes.ts';
import { operations as watchOperations } from './watches/operations.ts';
import { pools as watchPools } from './watches/pools.ts';
import { problems as watchProblems } from './watches/problems.ts';
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
    configuration: router({
      table: table(room),
      files: files(room),
      running: running(room),
      state: state(room),
      check: check(room),
      applyVersion: applyVersion(room),
    }),
    problems: problems(room),
    logs: logs(room),
    sessionActivity: sessionActivity(room),
    explainRoute: explainRoute(room),
    compareRoutes: compareRoutes(room),
    probeRoute: probeRoute(room),
    cancelStatement: cancelStatement(room),
    endSession: endSession(room),
    rehearse: rehearse(room),
    begin: begin(room),
    cancel: cancel(room),
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
      configuration: watchConfiguration(room),
      problems: watchProblems(room),
      logs: watchLogs(room),
    }),
  });
}

export type ControlRouter = ReturnType<typeof createRouter>;
