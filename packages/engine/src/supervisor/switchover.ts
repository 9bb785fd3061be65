/**
 * A planned change of the primary: hold new transactions, drain, close the epoch, stop the old primary, let the candidate
 * replay its last checkpoint, promote it, prove a write, release. The promotion is the point of no return: before it every
 * trouble gives the herd back to the old primary, after it the act goes forward.
 */
import { ActionError, ensureSlot, formatLsn, type HostAgent, type ProbeTarget, withOps } from '@pgherd/cluster';
import type { ActReport } from './acts.ts';

export interface SwitchoverPorts {
  readonly old: number;
  readonly to: number;
  agent(node: number): HostAgent | null;
  target(node: number): ProbeTarget;
  /** Workers open connections to the candidate ahead of the moment when all sessions need one. @returns how many */
  warm(node: number, limitMs: number): Promise<number>;
  /** They are not needed. */
  cool(): void;
  /** Resolves when no session waits for a connection to the primary any more, or the time is over. */
  housed(limitMs: number): Promise<void>;
  /** The new primary's writes wait for standbys: those have to follow at once. */
  synchronous(node: number): boolean;
  /** Other standbys are re-pointed after this. */
  followAfter(housed: Promise<void>): void;
  /** Transactions are held from now on; null releases. */
  hold(reason: string | null, untilMs: number): void;
  /** Transactions that are still open at the primary. */
  open(): number;
  /** Ends the sessions that still have one. */
  cut(reason: string): void;
  /** Closes the epoch; resolves when no worker has a link to the old primary. */
  fence(): Promise<void>;
  /** The promotion is ordered next: kept over a restart. */
  orders(): void;
  promote(node: number): Promise<void>;
  proveWrite(node: number): Promise<void>;
  look(node: number): Promise<void>;
  /** The old primary runs again, or could not be started: until then nobody holds it against it that it does not answer. */
  returned(node: number): void;
  /** A fresh look; null = it did not answer. */
  inRecovery(node: number): Promise<boolean | null>;
  /** The promotion is in doubt: the herd goes on as in a failover. */
  lost(): void;
  /** The node is the primary of the closed epoch; clients are released. */
  switched(to: number): void;
}

/** Opening connections ahead of the switchover takes so long at most. */
const WARM_MS = 3_000;
/** Standbys are led to the new primary when its sessions are back, or after this. */
const HOUSED_MS = 1_000;
/** For the old primary's sessions to end their transactions. */
const DRAIN_MS = 5_000;
const STOP_MS = 10_000;
const REPLAY_MS = 5_000;
const LAST_LOOK_MS = 1_000;
const START_MS = 30_000;
/** How long held clients wait at most. */
const HOLD_MS = 30_000;
const POLL_MS = 20;

/** @throws Error with the reason; the old primary serves again then, unless the promotion had begun */
export async function switchover(ports: SwitchoverPorts, report: ActReport): Promise<void> {
  const { old, to } = ports;
  const agent = ports.agent(old);
  if (agent === null) throw new Error(`nothing can stop node ${old}`);
  report.step(`open connections to node ${to}`);
  const warm = await ports.warm(to, WARM_MS);
  report.detail(`${warm} stand ready`);
  report.step('checkpoint', `node ${old} writes out what it has in memory`);
  await checkpoint(ports.target(old)).catch((error: Error) => report.detail(`left out: ${error.message}`));
  report.step('hold transactions');
  ports.hold(`node ${to} is about to become the primary`, Date.now() + HOLD_MS);
  let stopped = false;
  try {
    report.step('drain');
    await drain(ports, report);
    report.step('close the epoch');
    await ports.fence();
    report.step(`stop node ${old}`);
    stopped = true;
    await agent.stop('fast', STOP_MS);
    report.step(`node ${to} replays to the end`);
    await untilReplayed(ports, agent);
  } catch (error) {
    await giveBack(ports, report, (error as Error).message, stopped);
    throw error;
  }
  // The point of no return.
  report.step(`promote node ${to}`);
  const { housed } = await forward(ports, report);
  report.step(`node ${old} returns as a standby`);
  try {
    const target = ports.target(to);
    const slot = await agent.becomeStandby({ host: target.host, port: target.port });
    if (slot !== null) await ensureSlot(target, slot);
    await housed;
    await agent.start(START_MS);
    await ports.look(old);
  } finally {
    ports.returned(old);
  }
}

/** The candidate takes no writes, whatever was tried: the old primary serves on. */
async function giveBack(ports: SwitchoverPorts, report: ActReport, why: string, stopped: boolean): Promise<void> {
  report.step('give the herd back', why);
  ports.cool();
  try {
    const agent = ports.agent(ports.old);
    if (stopped && agent !== null) {
      await agent.stop('fast', START_MS).catch(() => {}); // it may be on its way down
      await agent.start(START_MS);
    }
    await ports.look(ports.old);
  } finally {
    ports.switched(ports.old);
    ports.hold(null, 0);
  }
}

/** How long a promotion is tried, or waited for. */
const PROMOTE_MS = 60_000;
const PROMOTE_PAUSE_MS = 500;

/**
 * The server refused (no right to, say) and is a standby still: then nothing was promoted. In any other doubt there is only
 * forward, since a promotion that was ordered may be under way.
 */
async function forward(ports: SwitchoverPorts, report: ActReport): Promise<{ readonly housed: Promise<void> }> {
  const { to } = ports;
  const deadline = performance.now() + PROMOTE_MS;
  ports.orders();
  for (;;) {
    const error = await ports.promote(to).then(
      () => null,
      (reason: Error) => reason,
    );
    if (error === null) break;
    const standby = await ports.inRecovery(to);
    if (standby === false) break;
    if (standby === true && error instanceof ActionError && error.refused) {
      await giveBack(ports, report, error.message, true);
      throw error;
    }
    if (performance.now() > deadline) {
      ports.lost();
      ports.hold(null, 0);
      throw error;
    }
    report.detail(`once more: ${error.message}`);
    await new Promise((resolve) => setTimeout(resolve, PROMOTE_PAUSE_MS));
  }
  await ports.look(to);
  const prove = async (): Promise<void> => {
    report.step('prove a write');
    await ports.proveWrite(to).catch((error: Error) => report.detail(`not acknowledged yet: ${error.message}`));
  };
  // Where writes wait for standbys none is acknowledged before they follow, which they do once clients are released.
  const synchronous = ports.synchronous(to);
  if (!synchronous) await prove();
  report.step('release clients');
  const { promise: housed, resolve } = Promise.withResolvers<void>();
  if (synchronous) resolve();
  ports.followAfter(housed);
  ports.switched(to);
  ports.hold(null, 0);
  if (synchronous) await prove();
  else void ports.housed(HOUSED_MS).finally(resolve);
  return { housed };
}

async function drain(ports: SwitchoverPorts, report: ActReport): Promise<void> {
  const deadline = performance.now() + DRAIN_MS;
  while (ports.open() > 0) {
    if (performance.now() > deadline) {
      report.detail(`${ports.open()} transactions did not end within ${DRAIN_MS / 1000} s and are ended`);
      ports.cut('the primary changes, and this transaction did not end in time');
      return;
    }
    await pause();
  }
}

async function untilReplayed(ports: SwitchoverPorts, agent: HostAgent): Promise<void> {
  const { checkpoint: end, state } = await agent.control();
  if (state !== '' && state !== 'shut down') throw new Error(`node ${ports.old} is "${state}" after its stop`);
  if (end === null) return;
  const limitMs = REPLAY_MS + LAST_LOOK_MS;
  await withOps({ ...ports.target(ports.to), timeoutMs: limitMs }, async (client) => {
    const deadline = performance.now() + REPLAY_MS;
    for (;;) {
      const answer = await client.query<{ behind: boolean }>(
        'SELECT pg_catalog.pg_last_wal_replay_lsn() <= $1::pg_catalog.pg_lsn AS behind',
        [formatLsn(end)],
      );
      if (answer.rows[0]?.behind === false) return;
      if (performance.now() > deadline)
        throw new Error(`node ${ports.to} has not replayed up to ${formatLsn(end)} in time`);
      await pause();
    }
  });
}

function checkpoint(target: ProbeTarget): Promise<void> {
  return withOps({ ...target, timeoutMs: STOP_MS }, async (client) => {
    await client.query('CHECKPOINT');
  });
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, POLL_MS));
