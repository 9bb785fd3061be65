/** Cancel requests: whose they are, and on to the server that works for that session. */
import { timingSafeEqual } from 'node:crypto';
import { sendCancel } from '../backend/send-cancel.ts';
import type { Session } from '../frontend/session.ts';
import type { WorkerContext } from './worker-context.ts';

/** Wrong cancel keys from one address before it has to wait for a new minute. */
const WRONG_CANCELS_PER_MINUTE = 20;

export class Cancels {
  private readonly context: WorkerContext;
  /** Sessions of this worker by the PID that their cancel requests name. Two nodes may have the same one. */
  private readonly sessionsOf: (pid: number) => readonly Session[];
  private readonly wrongCancels = new Map<string, number>();
  private wrongCancelsMinute = 0;

  constructor(context: WorkerContext, sessionsOf: (pid: number) => readonly Session[]) {
    this.context = context;
    this.sessionsOf = sessionsOf;
  }

  /** Here, or in another worker. */
  async cancel(pid: number, secret: Buffer, address: string): Promise<void> {
    this.context.counters.cancels++;
    if (this.context.settings.log_client_messages) {
      this.context.log.write('log', 'Cancel message from frontend.', { detail: `process id: ${pid}` });
    }
    if (await this.cancelHere(pid, secret)) return;
    if (this.tooManyWrong(address)) return;
    const found = await this.context.ask<boolean>((request) => ({
      t: 'cancel',
      request,
      pid,
      secret: secret.toString('hex'),
    }));
    if (found !== true) {
      this.context.counters.wrongCancels++;
      this.wrongCancels.set(address, (this.wrongCancels.get(address) ?? 0) + 1);
    }
  }

  private tooManyWrong(address: string): boolean {
    const minute = Math.floor(performance.now() / 60_000);
    if (minute !== this.wrongCancelsMinute) {
      this.wrongCancelsMinute = minute;
      this.wrongCancels.clear();
    }
    return (this.wrongCancels.get(address) ?? 0) >= WRONG_CANCELS_PER_MINUTE;
  }

  /** Passes a cancel request on to the server of the session it names. @returns false if that session is not here */
  async cancelHere(pid: number, secret: Buffer): Promise<boolean> {
    const session = this.sessionsOf(pid).find(({ client }: Session) => sameSecret(client.secret, secret));
    if (session === undefined) return false;
    await this.cancelSession(session);
    return true;
  }

  /** @returns `idle` when it ran nothing, or nothing that can be cancelled */
  async cancelSession(session: Session): Promise<'done' | 'idle'> {
    if (session.router?.cancelWaiting() === true) return 'done';
    // What has been asked and is still on its way to a server is meant too.
    while (session.starting && !session.home.replies.running) await session.whenStarted();
    if (!session.running) return 'idle'; // too late: nothing runs that could be meant
    const link = session.working;
    if (link.secret === '') return 'idle'; // its server never said how to cancel
    const node = this.context.cluster.nodes.find((candidate) => candidate.id === link.nodeId);
    if (node === undefined) return 'idle';
    link.cancelsInFlight++;
    this.context.log.write('log', 'forwarding cancel request to backend', {
      detail: `canceling backend pid:${link.pid}`,
    });
    try {
      // One that may still arrive would hit whoever uses the connection next.
      if (!(await sendCancel(node, link, link.tls ? this.context.backendTls : null))) link.spoil();
    } finally {
      link.cancelsInFlight--;
      if (link.cancelsInFlight === 0) {
        const done = link.onCancelsDone;
        link.onCancelsDone = null;
        done?.();
      }
    }
    return 'done';
  }
}

/** Takes as long for a wrong key as for the right one. */
function sameSecret(ours: string, given: Buffer): boolean {
  return ours.length === given.length && timingSafeEqual(Buffer.from(ours, 'latin1'), given);
}
