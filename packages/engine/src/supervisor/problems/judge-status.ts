/** What is wrong by what the engine knows at any moment. Pure: no look at a server is taken. */
import type { EngineStatus, NodeStatus } from '@pgherd/operations';
import type { FoundProblem } from './book.ts';

export interface Circumstances {
  /** Beyond it a standby gets no reads; 0: no limit. The time counts where both are set. */
  readonly lagBytesMax: number;
  readonly lagMsMax: number;
  /** Parameters whose new values wait for a restart. */
  readonly restartPending: readonly string[];
  /** The files are not what runs; null: they cannot be read. */
  readonly filesDiffer: boolean | null;
}

const FULL = 0.9;

export function judgeStatus(status: EngineStatus, circumstances: Circumstances): FoundProblem[] {
  return [
    ...herdProblems(status),
    ...status.nodes.flatMap((node) => nodeProblems(node, status, circumstances)),
    ...clientProblems(status),
    ...configurationProblems(circumstances),
  ];
}

/** Of a problem of no node. */
function found(
  code: string,
  severity: FoundProblem['severity'],
  sentence: string,
  remedy: string,
  more: Partial<FoundProblem> = {},
): FoundProblem {
  return { code, severity, node: null, sentence, cause: null, remedy, wish: null, ...more };
}

function herdProblems({ primary, notReady, nodes }: EngineStatus): FoundProblem[] {
  if (primary === null) {
    const standby = nodes.find(
      ({ pgRole, pgStatus, replaced }) => pgRole === 'standby' && pgStatus === 'up' && !replaced,
    );
    return [
      found(
        'no-primary',
        'error',
        'There is no primary: nobody can write.',
        'Start the primary, or promote a standby.',
        {
          cause: notReady.join('; ') || null,
          wish: standby === undefined ? null : { act: 'failover', to: null, acceptLoss: false },
        },
      ),
    ];
  }
  if (notReady.length === 0) return [];
  return [
    found('not-serving', 'error', 'Clients cannot be served.', 'See what is said of the nodes, and the log.', {
      cause: notReady.join('; '),
    }),
  ];
}

function nodeProblems(node: NodeStatus, { primary }: EngineStatus, limits: Circumstances): FoundProblem[] {
  const { id, attached, replaced, reason, pgRole, pgStatus, status } = node;
  const name = `Node ${id} (${node.hostname}:${node.port})`;
  const of = (
    code: string,
    severity: FoundProblem['severity'],
    sentence: string,
    remedy: string,
    more: Partial<FoundProblem> = {},
  ): FoundProblem => found(code, severity, sentence, remedy, { node: id, cause: reason, ...more });
  if (pgRole === 'primary' && primary !== null && id !== primary) {
    return [
      of(
        'false-primary',
        'error',
        `${name} takes writes although node ${primary} is the primary.`,
        'Make it a standby again.',
        {
          wish: { act: 'recover', node: id },
        },
      ),
    ];
  }
  if (replaced) {
    return [
      of(
        'node-replaced',
        'error',
        `${name} was the primary, and another node took its place.`,
        'Make it a standby of the primary; do not start it as it is.',
        {
          wish: { act: 'recover', node: id },
        },
      ),
    ];
  }
  if (status === 'quarantine') {
    return [
      of('node-quarantined', 'error', `${name} is in quarantine.`, 'Attach it when its reason is gone.', {
        wish: { act: 'attach', node: id },
      }),
    ];
  }
  if (!attached && pgStatus === 'up') {
    return [
      of('node-left-out', 'warning', `${name} is left out, but its server answers.`, 'Use it again.', {
        wish: { act: 'attach', node: id },
      }),
    ];
  }
  if (status === 'down') {
    return [of('node-down', 'error', `${name} is down.`, 'Start PostgreSQL there, or mend the way to it.')];
  }
  if (id === primary && pgRole === 'standby') {
    return [
      of(
        'primary-in-recovery',
        'error',
        `${name} is taken for the primary, but is in recovery.`,
        'See the events for who promoted whom.',
      ),
    ];
  }
  return lagProblems(node, name, limits);
}

function lagProblems({ id, role, lagBytes, lagMs }: NodeStatus, name: string, limits: Circumstances): FoundProblem[] {
  if (role === 'primary') return [];
  const byTime = limits.lagMsMax > 0;
  const [lag, max, unit] = byTime ? [lagMs, limits.lagMsMax, 'ms'] : [lagBytes, limits.lagBytesMax, 'bytes'];
  if (lag === null || max === 0 || lag <= max) return [];
  const setting = byTime ? 'delay_threshold_by_time' : 'delay_threshold';
  return [
    found(
      'lag-over-limit',
      'warning',
      `${name} is ${Math.round(lag)} ${unit} behind: it gets no reads.`,
      'Look at its load, its network and its conflicts with queries.',
      {
        node: id,
        cause: `${setting} is ${max} ${unit}`,
      },
    ),
  ];
}

function clientProblems({ clients, clientsMax, clientsWaiting }: EngineStatus): FoundProblem[] {
  const cause = `${clients} of ${clientsMax} places for clients are taken`;
  const remedy = 'Raise num_init_children (and the servers’ max_connections), or have clients leave sooner.';
  if (clientsWaiting > 0) {
    return [found('clients-wait', 'error', `${clientsWaiting} clients wait for a place.`, remedy, { cause })];
  }
  if (clientsMax === 0 || clients / clientsMax <= FULL) return [];
  return [
    found('places-nearly-taken', 'warning', 'More than nine of ten places for clients are taken.', remedy, { cause }),
  ];
}

function configurationProblems({ restartPending, filesDiffer }: Circumstances): FoundProblem[] {
  const problems: FoundProblem[] = [];
  if (filesDiffer === true) {
    problems.push(
      found(
        'configuration-drift',
        'warning',
        'The configuration files are not what runs.',
        'Reload, or take the change back.',
        {
          cause: 'They were changed after the last reload.',
        },
      ),
    );
  }
  if (filesDiffer === null) {
    problems.push(
      found(
        'configuration-unreadable',
        'warning',
        'The configuration files cannot be read.',
        'A restart would fail: see their mode and owner.',
      ),
    );
  }
  if (restartPending.length > 0) {
    problems.push(
      found(
        'restart-pending',
        'warning',
        `${restartPending.length} new values wait for a restart.`,
        'Restart the proxy when that suits.',
        {
          cause: restartPending.join(', '),
        },
      ),
    );
  }
  return problems;
}

/** Codes that these judgements may have. */
export const statusProblemCodes = [
  'no-primary',
  'not-serving',
  'false-primary',
  'node-replaced',
  'node-quarantined',
  'node-left-out',
  'node-down',
  'primary-in-recovery',
  'lag-over-limit',
  'clients-wait',
  'places-nearly-taken',
  'configuration-drift',
  'configuration-unreadable',
  'restart-pending',
] as const;
