/** log_connections and log_disconnections: one line when a client arrives, one when it is gone. */
import { lookupService } from 'node:dns/promises';
import type { LogContext, Logger } from './logger.ts';

export interface ConnectionSettings {
  readonly log_connections: boolean;
  readonly log_disconnections: boolean;
  readonly log_hostname: boolean;
}

interface Arrival {
  readonly startedMs: number;
  /** `host=… port=…`, or for a Unix socket `host=[local]`; a promise while a name is looked up. */
  readonly where: string | Promise<string>;
}

export class ConnectionLog {
  private readonly log: Logger;
  private readonly arrivals = new Map<number, Arrival>();
  private count = 0;

  constructor(log: Logger) {
    this.log = log;
  }

  /** @param peer asked for its address only when a setting wants it, and then at once: it is gone with the socket */
  received(id: number, peer: { unix: boolean; address: string; port: number }, settings: ConnectionSettings): void {
    this.count++;
    this.log.write('debug5', `connection_count_up: number of connected children: ${this.count}`);
    if (!settings.log_connections && !settings.log_disconnections) return;
    const where = peer.unix ? 'host=[local]' : place(peer.address, peer.port, settings.log_hostname);
    if (settings.log_disconnections) this.arrivals.set(id, { startedMs: performance.now(), where });
    if (!settings.log_connections) return;
    whenKnown(where, (text) =>
      this.log.write('log', 'new connection received', { detail: `connecting ${text}`, client: true }),
    );
  }

  /** @param who null: it never said */
  ended(id: number, who: { user: string; database: string } | null, context: LogContext | null): void {
    this.log.write('debug5', `connection_count_down: number of connected children: ${--this.count}`, { context });
    const arrival = this.arrivals.get(id);
    if (arrival === undefined) return;
    this.arrivals.delete(id);
    const time = clock(performance.now() - arrival.startedMs);
    const names = `user=${who?.user ?? '[unknown]'} database=${who?.database ?? '[unknown]'}`;
    whenKnown(arrival.where, (text) =>
      this.log.write('log', `frontend disconnection: session time: ${time} ${names} ${text}`, {
        context,
        client: true,
      }),
    );
  }
}

function place(address: string, port: number, byName: boolean): string | Promise<string> {
  const plain = `host=${address} port=${port}`;
  if (!byName) return plain;
  return lookupService(address, port).then(
    ({ hostname }) => `host=${hostname} port=${port}`,
    () => plain,
  );
}

function whenKnown(where: string | Promise<string>, write: (text: string) => void): void {
  if (typeof where === 'string') write(where);
  else void where.then(write);
}

/** `H:MM:SS.mmm` */
export function clock(ms: number): string {
  const whole = Math.floor(ms / 1000);
  const two = (n: number): string => String(n).padStart(2, '0');
  const part = String(Math.floor(ms % 1000)).padStart(3, '0');
  return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}.${part}`;
}
