/** An operator's wishes: looked at first, then carried out as an act whose steps are told. */
import { type HostAgent, type ProbeTarget, rankCandidates } from '@pgherd/cluster';
import type { Settings } from '@pgherd/config';
import { type Author, type Check, type Operation, RefusedError, type Rehearsal, type Wish } from '@pgherd/operations';
import type { ActReport, Acts } from './acts.ts';
import { byOf } from './hands.ts';
import { failoverBy, herdSettings } from './herd-settings.ts';
import type { HerdWatch } from './herd-watch.ts';
import { recover } from './recovery.ts';
import { switchover } from './switchover.ts';

export interface WishPorts {
  readonly watch: HerdWatch;
  readonly acts: Acts;
  settings(): Settings;
  agent(node: number): HostAgent | null;
  target(node: number): ProbeTarget;
  recoveryTarget(node: number): ProbeTarget;
  promote(node: number): Promise<void>;
  proveWrite(node: number): Promise<void>;
  setSyncNames(node: number, names: string): Promise<void>;
  /** Null: new clients are served again. */
  hold(kind: 'clients' | 'transactions', reason: string | null, untilMs: number): void;
  /** Open transactions at the primary while they are held. */
  open(): number;
  cut(reason: string): void;
  /** What a switchover asks of the workers: see SwitchoverPorts. */
  warm(node: number, limitMs: number): Promise<number>;
  cool(): void;
  housed(limitMs: number): Promise<void>;
  followAfter(housed: Promise<void>): void;
  /** Sessions that are there now; clients that wait to become one do not count. */
  clients(): Promise<number>;
  /** A change of what is believed; resolves false when `limitMs` went by first. */
  until(condition: () => boolean, limitMs: number): Promise<boolean>;
  log(
    kind:
      | 'switchoverStarted'
      | 'switchoverDone'
      | 'switchoverFailed'
      | 'recoveryStarted'
      | 'recoveryDone'
      | 'recoveryFailed',
    node: number,
    by: Author,
    message: string,
  ): void;
}

const FAILOVER_LIMIT_MS = 60_000;
const ATTACH_LIMIT_MS = 5_000;
const CLIENTS_LOOK_MS = 100;
const LAG_MAX_BYTES = 16 * 1024 * 1024;

/** @throws RefusedError for what could never be */
export function rehearse(wish: Wish, ports: WishPorts): Rehearsal {
  refuseNonsense(wish, ports);
  const checks = checksFor(wish, ports);
  return {
    possible: checks.every((check) => check.ok),
    node: nodeOf(wish, ports),
    effect: effectOf(wish, ports),
    checks,
  };
}

/** @throws RefusedError */
export function begin(wish: Wish, by: Author, ports: WishPorts): Operation {
  const node = nodeOf(wish, ports);
  refuseNonsense(wish, ports);
  const failed = checksFor(wish, ports).filter((check) => !check.ok);
  if (failed.length > 0) {
    throw new RefusedError('NOT_POSSIBLE', failed.map((check) => check.detail).join('; '), failed);
  }
  return ports.acts.begin(wish, by, node, (report) => carryOut(wish, by, node, ports, report));
}

function nodeOf(wish: Wish, ports: WishPorts): number | null {
  if (wish.act === 'switchover' || wish.act === 'failover') return wish.to ?? bestCandidate(ports);
  return wish.node;
}

function bestCandidate({ watch, settings }: WishPorts): number | null {
  const { believed } = watch;
  const last = believed.lastPrimary;
  const ranking = rankCandidates(believed, herdSettings(settings()), last, 0);
  return ranking.nodes.find((node) => node.eligible)?.node ?? null;
}

function refuseNonsense(wish: Wish, { watch, settings }: WishPorts): void {
  const asked = 'node' in wish ? wish.node : wish.to;
  const node = asked === null ? undefined : watch.nodes.get(asked);
  if (asked !== null && node === undefined) throw new RefusedError('NO_SUCH_NODE', `node id ${asked} is not valid`);
  if (
    wish.act !== 'attach' &&
    wish.act !== 'detach' &&
    settings().backend_clustering_mode !== 'streaming_replication'
  ) {
    throw new RefusedError(
      'WRONG_MODE',
      `there is no ${wish.act} in backend_clustering_mode ${settings().backend_clustering_mode}`,
    );
  }
  if (wish.act === 'attach' && node?.attached === true)
    throw new RefusedError('NOTHING_TO_DO', `node ${asked} is attached already`);
  if (wish.act === 'detach' && node?.attached === false)
    throw new RefusedError('NOTHING_TO_DO', `node ${asked} is detached already`);
  if ((wish.act === 'relabel' || wish.act === 'switchover') && asked !== null && watch.primary === asked) {
    throw new RefusedError('NOTHING_TO_DO', `node ${asked} is the primary already`);
  }
  if (watch.believed.act !== null && wish.act !== 'failover') throw new RefusedError('BUSY', 'failover is in progress');
}

function checksFor(wish: Wish, ports: WishPorts): Check[] {
  const { watch } = ports;
  const check = (name: string, ok: boolean, detail: string, remedy: string): Check => ({
    name,
    ok,
    detail,
    remedy: ok ? null : remedy,
  });
  switch (wish.act) {
    case 'attach':
      return attachChecks(wish.node, ports, check);
    case 'detach':
    case 'relabel':
      return [];
    case 'failover': {
      const to = nodeOf(wish, ports);
      return [
        check(
          'candidate',
          to !== null,
          to === null ? 'no standby can be promoted' : `node ${to} would be the next primary`,
          'attach a standby that streams',
        ),
        actsCheck(ports, check),
      ];
    }
    case 'recover': {
      const node = watch.nodes.get(wish.node);
      const { primary } = watch;
      return [
        check(
          'primary',
          primary !== null,
          primary === null ? 'there is no primary to copy from' : `node ${primary} is copied from`,
          'wait until there is a primary',
        ),
        check(
          'not the primary',
          wish.node !== primary,
          wish.node === primary ? 'the primary cannot be recovered' : `node ${wish.node} is not the primary`,
          'choose another node',
        ),
        check(
          'detached',
          wish.node === primary || node?.attached === false || node?.reachable === false,
          node?.attached === false
            ? `node ${wish.node} is detached`
            : node?.reachable === false
              ? `node ${wish.node} does not answer`
              : `node ${wish.node} is alive`,
          'detach it first',
        ),
        check(
          'means',
          ports.agent(wish.node) !== null || ports.settings().recovery_1st_stage_command !== '',
          ports.agent(wish.node) !== null
            ? 'an agent runs beside it'
            : ports.settings().recovery_1st_stage_command === ''
              ? 'nothing can copy it'
              : 'recovery_1st_stage_command copies it',
          'run "pgherd agent" beside it, or set recovery_1st_stage_command',
        ),
      ];
    }
    case 'switchover':
      return switchoverChecks(nodeOf(wish, ports), ports, check);
  }
}

/** A server that writes by itself, or was left behind on a timeline, would answer with other data than the herd's. */
function attachChecks(
  id: number,
  { watch }: WishPorts,
  check: (name: string, ok: boolean, detail: string, remedy: string) => Check,
): Check[] {
  const node = watch.nodes.get(id);
  const { primary, believed } = watch;
  const known = primary !== null && primary !== id && node !== undefined && node.inRecovery !== null;
  const writes = known && node.inRecovery === false;
  const remedy = `make it a standby of the primary: pgherd recover ${id}`;
  const mutual = (node?.answer?.subscriptions ?? 0) > 0;
  return [
    check(
      'is a standby',
      !writes || mutual,
      writes
        ? `node ${id} takes writes itself, on timeline ${node.answer?.timeline ?? '?'} while the herd is on ${believed.timeline ?? '?'}`
        : `node ${id} does not take writes`,
      remedy,
    ),
  ];
}

/** Somebody has to promote: a user at the servers, or failover_command. */
function actsCheck(
  { settings }: WishPorts,
  check: (name: string, ok: boolean, detail: string, remedy: string) => Check,
): Check {
  const { failover_user: own, recovery_user: recovery } = settings();
  const byCommand = failoverBy(settings()) === 'command';
  return check(
    'somebody promotes',
    byCommand || own !== '' || recovery !== '',
    byCommand
      ? 'failover_command promotes'
      : own !== ''
        ? `${own} promotes`
        : recovery !== ''
          ? `${recovery} promotes`
          : 'failover_user and recovery_user are empty',
    'set failover_user',
  );
}

function switchoverChecks(
  to: number | null,
  ports: WishPorts,
  check: (name: string, ok: boolean, detail: string, remedy: string) => Check,
): Check[] {
  const { watch } = ports;
  const { primary } = watch;
  const node = to === null ? undefined : watch.nodes.get(to);
  const checks = [
    check(
      'primary',
      primary !== null,
      primary === null ? 'there is no primary' : `node ${primary} is the primary`,
      'use failover instead',
    ),
    check(
      'candidate',
      node !== undefined,
      node === undefined ? 'no standby can be promoted' : `node ${node.id} would be the next primary`,
      'attach a standby that streams',
    ),
  ];
  if (primary === null || node === undefined) return checks;
  const streams = node.attached && node.inRecovery === true && node.reachable === true;
  const lag = node.lagBytes;
  return [
    ...checks,
    check(
      'standby',
      streams,
      streams
        ? `node ${node.id} is an attached standby that answers`
        : `node ${node.id} is not an attached standby that answers`,
      'attach or recover it',
    ),
    check(
      'lag',
      lag !== null && lag <= LAG_MAX_BYTES,
      lag === null ? `the lag of node ${node.id} is not known` : `node ${node.id} is ${lag} bytes behind`,
      'wait until it has caught up',
    ),
    check(
      'can be stopped',
      ports.agent(primary) !== null,
      ports.agent(primary) !== null
        ? `the agent of node ${primary} can stop it`
        : `nothing can stop node ${primary}, the present primary`,
      'run "pgherd agent" beside it',
    ),
    actsCheck(ports, check),
  ];
}

function effectOf(wish: Wish, ports: WishPorts): string {
  const to = nodeOf(wish, ports);
  switch (wish.act) {
    case 'attach': {
      const silent = silence(wish.node, ports);
      return `node ${wish.node} is used again${silent === null ? '' : `, but ${silent}`}`;
    }
    case 'detach':
      return ports.watch.primary === wish.node
        ? `node ${wish.node}, the primary, is left out and replaced as failover_by says; sessions with an open transaction end`
        : `node ${wish.node} is left out; reads move to other nodes`;
    case 'relabel':
      return `node ${wish.node} is taken for the primary, and the other nodes for down; nothing is done to any server`;
    case 'switchover':
      return `node ${to ?? '?'} becomes the primary; clients wait for about a second, transactions that last longer than 5 s end`;
    case 'failover':
      return `the primary is given up at once and node ${to ?? '?'} promoted; commits that node ${to ?? '?'} has not received are lost`;
    case 'recover':
      return `the data directory of node ${wish.node} is made anew from the primary; clients go on`;
  }
}

async function carryOut(
  wish: Wish,
  by: Author,
  node: number | null,
  ports: WishPorts,
  report: ActReport,
): Promise<void> {
  const { watch } = ports;
  const author = byOf(by);
  switch (wish.act) {
    case 'attach': {
      report.step('attach');
      const silent = silence(wish.node, ports);
      const reason = `attached by an operator${silent === null ? '' : `, although ${silent}`}`;
      watch.dispatch({ t: 'attach', node: wish.node, by: author, reason });
      if (silent !== null) report.detail(`node ${wish.node} is attached, but ${silent}`);
      await ports.until(() => watch.nodes.get(wish.node)?.reachable !== null, ATTACH_LIMIT_MS);
      return;
    }
    case 'detach':
      await afterClients(wish.gracefully, ports, report, async () => {
        report.step('detach');
        const replaces = watch.primary === wish.node;
        watch.dispatch({
          t: 'detach',
          node: wish.node,
          by: author,
          reason: 'detached by an operator',
          byOperator: true,
        });
        if (replaces) await failoverEnds(ports, report);
      });
      return;
    case 'relabel':
      await afterClients(wish.gracefully, ports, report, async () => {
        report.step('relabel');
        watch.dispatch({ t: 'relabel', node: wish.node, by: author });
      });
      return;
    case 'failover':
      report.step('failover');
      watch.dispatch({ t: 'failover', to: wish.to, acceptLoss: wish.acceptLoss, by: author });
      await failoverEnds(ports, report);
      return;
    case 'switchover':
      await afterClients(wish.gracefully, ports, report, () => switchTo(node as number, by, ports, report));
      return;
    case 'recover':
      await recoverNode(wish.node, by, ports, report);
  }
}

/** It may be attached all the same, as in Pgpool-II; what comes of that is said. Null: it answers. */
function silence(id: number, { watch, settings }: WishPorts): string | null {
  const failing = watch.believed.nodes.get(id)?.failing ?? null;
  if (failing === null) return null;
  const check = settings().healthChecks.find(({ nodeId }) => nodeId === id);
  const next =
    (check?.periodSeconds ?? 0) > 0
      ? 'the next health check detaches it again'
      : 'the first session that needs it has it detached again';
  return `it does not answer (${failing.last.reason}): ${next}`;
}

/** `gracefully`: new clients wait until those that are there have left. */
async function afterClients(
  gracefully: boolean,
  ports: WishPorts,
  report: ActReport,
  act: () => Promise<void>,
): Promise<void> {
  if (!gracefully) return act();
  const limitMs = ports.settings().recovery_timeout * 1000;
  report.step('wait for clients to leave');
  ports.hold('clients', 'clients are being waited for', Date.now() + limitMs);
  try {
    const deadline = performance.now() + limitMs;
    for (let there = await ports.clients(); there > 0; there = await ports.clients()) {
      if (performance.now() > deadline) throw new Error(`${there} clients did not leave within ${limitMs / 1000} s`);
      await new Promise((resolve) => setTimeout(resolve, CLIENTS_LOOK_MS));
    }
    if (ports.watch.believed.act !== null) throw new Error('a failover has begun meanwhile');
    await act();
  } finally {
    ports.hold('clients', null, 0);
  }
}

async function failoverEnds({ watch, until }: WishPorts, report: ActReport): Promise<void> {
  const over = (): boolean =>
    watch.believed.act === null || watch.believed.act.phase === 'blocked' || watch.believed.act.phase === 'following';
  await until(over, FAILOVER_LIMIT_MS);
  const { primary } = watch;
  if (primary === null) throw new Error(`there is no primary: ${watch.whyNoPrimary.join('; ')}`);
  const { act } = watch.believed;
  if (act !== null && act.phase !== 'following') throw new Error(`the failover has not ended: it is ${act.phase}`);
  report.detail(`node ${primary} is the primary`);
}

async function switchTo(to: number, by: Author, ports: WishPorts, report: ActReport): Promise<void> {
  const { watch } = ports;
  const old = watch.primary;
  if (old === null) throw new Error('there is no primary');
  ports.log('switchoverStarted', to, by, `node ${to} is to become the primary in place of node ${old}`);
  watch.dispatch({ t: 'switching', to, by: byOf(by) });
  if (watch.believed.act?.phase !== 'switching' || old === to) throw new Error('a failover has begun meanwhile');
  try {
    await switchover(
      {
        old,
        to,
        agent: ports.agent,
        target: ports.target,
        warm: ports.warm,
        cool: ports.cool,
        housed: ports.housed,
        synchronous: (node) => (watch.nodes.get(node)?.answer?.syncStandbyNames ?? '') !== '',
        followAfter: ports.followAfter,
        hold: (reason, untilMs) => ports.hold('transactions', reason, untilMs),
        open: ports.open,
        cut: ports.cut,
        fence: async () => {
          const epoch = watch.epoch + 1;
          const closed = watch.fenced(epoch);
          watch.dispatch({ t: 'switchFence' });
          if (watch.epoch !== epoch) throw new Error('the epoch could not be closed');
          await closed;
        },
        orders: () => watch.dispatch({ t: 'switchOrders' }),
        promote: ports.promote,
        proveWrite: ports.proveWrite,
        look: (node) => watch.looks.now(node),
        returned: (node) => watch.dispatch({ t: 'returned', node }),
        switched: (node) => watch.dispatch({ t: 'switched', to: node }),
        lost: () => watch.dispatch({ t: 'switchLost', ordered: to }),
        inRecovery: async (node) => {
          await watch.looks.now(node);
          return watch.nodes.get(node)?.inRecovery ?? null;
        },
      },
      report,
    );
    ports.log('switchoverDone', to, by, `node ${to} is the primary in place of node ${old}`);
  } catch (error) {
    if (watch.believed.act?.phase === 'switching') watch.dispatch({ t: 'switched', to: watch.primary ?? old });
    ports.log('switchoverFailed', to, by, (error as Error).message);
    throw error;
  }
}

async function recoverNode(node: number, by: Author, ports: WishPorts, report: ActReport): Promise<void> {
  const { watch } = ports;
  const { primary } = watch;
  if (primary === null) throw new Error('there is no primary');
  const attached = watch.nodes.get(node)?.attached === true;
  if (attached) {
    watch.dispatch({ t: 'detach', node, by: byOf(by), reason: 'it is recovered', byOperator: true });
  }
  ports.log('recoveryStarted', node, by, `node ${node} is made anew from node ${primary}`);
  try {
    await recover(
      {
        node,
        primary,
        settings: ports.settings,
        agent: ports.agent,
        target: ports.target,
        recoveryTarget: ports.recoveryTarget,
        relaxed: (id) => watch.believed.relaxed.get(id) ?? null,
        setSyncNames: ports.setSyncNames,
        attach: async (id) => {
          watch.dispatch({ t: 'attach', node: id, by: byOf(by), reason: 'recovered' });
          await watch.looks.now(id);
        },
      },
      report,
    );
    ports.log('recoveryDone', node, by, `node ${node} streams from node ${primary} and is attached`);
  } catch (error) {
    if (attached && report.signal.aborted) {
      watch.dispatch({ t: 'attach', node, by: byOf(by), reason: 'its recovery was called off' });
    }
    const { message } = report.signal.aborted ? (report.signal.reason as Error) : (error as Error);
    ports.log('recoveryFailed', node, by, message);
    throw error;
  }
}
