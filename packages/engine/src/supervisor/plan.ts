/** What happens if a node dies now, by what is believed and was last measured. Pure. */
import { formatLsn, type HerdState, type Ranking, rankCandidates } from '@pgherd/cluster';
import type { HealthCheckSettings, Settings } from '@pgherd/config';
import type { Candidate, Check, Plan } from '@pgherd/operations';
import { canAsk, failoverBy, herdSettings } from './herd-settings.ts';

/** What a session's trouble takes to be confirmed, and what fencing, promoting and proving take on an idle machine. */
const CONFIRM_MS = 700;
const PROMOTE_MS = 600;

/** @param clockOffset from the clock of `state` to milliseconds since 1970 */
export function plans(state: HerdState, settings: Settings, clockOffset: number): Plan[] {
  return settings.backends.map((backend) =>
    backend.id === state.primary
      ? ofPrimary(state, settings, backend.id, clockOffset)
      : ofStandby(state, settings, backend.id),
  );
}

function ofStandby(state: HerdState, settings: Settings, node: number): Plan {
  const attached = state.nodes.get(node)?.attached === true;
  const others = [...state.nodes.values()].some((other) => other.attached && other.id !== node);
  return {
    node,
    outcome: !attached ? 'nothing' : others ? 'readsMove' : 'standsStill',
    summary: !attached
      ? `node ${node} is not used now`
      : others
        ? `reads of node ${node} move to the other nodes; writers notice nothing`
        : `node ${node} is the only one: clients are refused until it is back`,
    candidate: null,
    candidates: [],
    lostBytes: { atLeast: 0, none: true, asOf: null },
    preconditions: [],
    estimateMs: { detect: CONFIRM_MS, promote: 0, total: CONFIRM_MS },
    failoverBy: failoverBy(settings),
  };
}

function ofPrimary(state: HerdState, settings: Settings, node: number, clockOffset: number): Plan {
  const herd = herdSettings(settings);
  const by = herd.failoverBy;
  const last = state.lastPrimary;
  const ranking = rankCandidates(state, herd, last, 0);
  const best = ranking.nodes.find((candidate) => candidate.eligible);
  const preconditions = preconditionsOf(state, settings, ranking);
  const detect = CONFIRM_MS + detectByCheck(settings.healthChecks.find((check) => check.nodeId === node));
  const promotes = by === 'builtin' && best !== undefined;
  return {
    node,
    outcome: promotes ? 'failover' : by === 'command' ? 'failover' : 'waitForPrimary',
    summary: promotes
      ? `node ${best.node} is promoted in about ${((CONFIRM_MS + PROMOTE_MS) / 1000).toFixed(1)} s once a session notices`
      : by === 'builtin'
        ? 'nobody can be promoted: writes wait until the primary is back or a standby returns'
        : by === 'command'
          ? 'failover_command is run, and the node that it makes the primary is taken'
          : 'nobody is promoted by pgherd (failover_by = external): the node that somebody else promotes is taken',
    candidate: best?.node ?? null,
    candidates: ranking.nodes.map(
      (candidate): Candidate => ({
        node: candidate.node,
        eligible: candidate.eligible,
        reasons: [...candidate.reasons],
        timeline: candidate.timeline,
        receivedLsn: candidate.received === null ? null : formatLsn(candidate.received),
        replayLsn: candidate.replayed === null ? null : formatLsn(candidate.replayed),
        behindBytes: candidate.behind === null ? null : Number(candidate.behind),
        syncState: candidate.syncState,
      }),
    ),
    lostBytes: {
      atLeast: best?.behind == null ? null : Number(best.behind),
      none: ranking.syncProved === true,
      asOf: last === null ? null : new Date(clockOffset + last.seenAt).toISOString(),
    },
    preconditions,
    estimateMs: { detect, promote: promotes ? PROMOTE_MS : 0, total: detect + (promotes ? PROMOTE_MS : 0) },
    failoverBy: by,
  };
}

/** Without sessions that notice, the health check finds a dead server: its period and retries. */
function detectByCheck(check: HealthCheckSettings | undefined): number {
  if (check === undefined || check.periodSeconds === 0) return 0;
  return (check.periodSeconds + check.maxRetries * check.retryDelaySeconds) * 1000;
}

function preconditionsOf(state: HerdState, settings: Settings, ranking: Ranking): Check[] {
  const check = (name: string, ok: boolean, detail: string, remedy: string): Check => ({
    name,
    ok,
    detail,
    remedy: ok ? null : remedy,
  });
  const builtin = failoverBy(settings) === 'builtin';
  const acts = settings.failover_user !== '' || settings.recovery_user !== '';
  const strangers = [...state.nodes.values()].filter(
    (node) =>
      state.systemIdentifier !== null &&
      node.answer?.systemIdentifier != null &&
      node.answer.systemIdentifier !== state.systemIdentifier,
  );
  return [
    check(
      'roles are known',
      canAsk(settings),
      canAsk(settings) ? 'sr_check_user asks the servers' : 'sr_check_user is empty',
      'set sr_check_user to a role with pg_monitor',
    ),
    check(
      'a candidate',
      ranking.nodes.some((node) => node.eligible),
      ranking.nodes.map((node) => `node ${node.node}: ${node.reasons.join(', ')}`).join('; ') || 'there is no standby',
      'attach a standby that streams',
    ),
    check(
      'one herd',
      strangers.length === 0,
      strangers.length === 0
        ? 'all nodes have the same system identifier'
        : `node ${strangers[0]?.id} is a server of another herd`,
      'copy that node anew from the primary',
    ),
    ...(builtin
      ? [
          check(
            'a user that acts',
            acts,
            acts ? 'failover_user or recovery_user signs in' : 'failover_user and recovery_user are empty',
            'set failover_user',
          ),
        ]
      : []),
  ];
}
