/**
 * SHOW pool_processes and SHOW pool_pools. Pgpool-II has one process for each client that there may be; here a client
 * slot stands for one: a row for each client, and one for each free slot up to num_init_children. What a free slot shows
 * of connections are those that wait in its worker's pools.
 */
import type { ClientSlot, HerdReport, LinkFacts, WorkerSlots } from '../ipc.ts';
import { localTime } from '../log/logger.ts';
import { SHOW_COLUMNS } from '../show-columns.ts';

export interface AnsweredWorker {
  readonly pid: number;
  readonly answer: WorkerSlots;
}

/** One row-like process. */
interface Slot {
  readonly pid: number;
  readonly worker: WorkerSlots;
  readonly status: string;
  readonly client: ClientSlot | null;
  /** Connections to servers, of the client or (for a free slot) of the pool: one for each node at most. */
  readonly links: readonly LinkFacts[];
}

export function processesReport(workers: readonly AnsweredWorker[], slotsMax: number): HerdReport {
  const rows = slotsOf(workers, slotsMax).map(({ pid, worker, status, client, links }) => {
    const [link] = links;
    return [
      String(pid),
      time(worker.startedAtMs),
      String(worker.clients),
      client?.database ?? link?.database ?? '',
      client?.user ?? link?.user ?? '',
      link === undefined ? '' : time(link.openedAtMs),
      String(link?.uses ?? 0),
      status,
    ];
  });
  return { columns: SHOW_COLUMNS.pool_processes, rows };
}

export function poolsReport(
  workers: readonly AnsweredWorker[],
  slotsMax: number,
  nodes: readonly number[],
): HerdReport {
  const rows = slotsOf(workers, slotsMax).flatMap((slot) => nodes.map((node) => poolRow(slot, node)));
  return { columns: SHOW_COLUMNS.pool_pools, rows };
}

function poolRow({ pid, worker, status, client, links }: Slot, node: number): string[] {
  const link = links.find((one) => one.node === node);
  return [
    String(pid),
    time(worker.startedAtMs),
    String(worker.clients),
    '0',
    String(node),
    link?.database ?? '',
    link?.user ?? '',
    link === undefined ? '' : time(link.openedAtMs),
    client === null ? '' : time(client.connectedAtMs),
    '',
    client === null ? '0' : idleDuration(client),
    String(client === null ? 0 : client.protocol >>> 16),
    String(client === null ? 0 : client.protocol & 0xffff),
    String(link?.uses ?? 0),
    String(link?.pid ?? 0),
    client !== null && link !== undefined ? '1' : '0',
    status,
    client?.readNode === node ? '1' : '0',
    client?.host ?? '',
    client?.port ?? '',
    client?.sentTo.includes(node) === true ? client.statement : '',
  ];
}

/** Seconds, and with client_idle_limit what is left of it. */
function idleDuration({ idleMs, idleLimit }: ClientSlot): string {
  const seconds = Math.floor(idleMs / 1000);
  if (idleLimit === 0) return String(seconds);
  const left = Math.max(0, idleLimit - seconds);
  return `${seconds} (${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')} before client disconnected)`;
}

function slotsOf(workers: readonly AnsweredWorker[], slotsMax: number): Slot[] {
  const slots = workers.map(({ pid, answer }) => ({ pid, answer, rows: busySlots(pid, answer) }));
  const pools = new Map(workers.map(({ pid, answer }) => [pid, byNode(answer.idle)]));
  let free = slotsMax - slots.reduce((sum, { rows }) => sum + rows.length, 0);
  for (; free > 0 && slots.length > 0; free--) {
    const { pid, answer, rows } = slots.reduce((least, other) =>
      other.rows.length < least.rows.length ? other : least,
    );
    const links = [...(pools.get(pid)?.values() ?? [])].flatMap((pool) => pool.splice(0, 1));
    rows.push({ pid, worker: answer, status: 'Wait for connection', client: null, links });
  }
  return slots.flatMap(({ rows }) => rows);
}

function busySlots(pid: number, worker: WorkerSlots): Slot[] {
  const connecting = { pid, worker, status: 'Connecting', client: null, links: [] };
  return [
    ...worker.sessions.map((client) => ({ pid, worker, status: client.status, client, links: client.links })),
    ...Array.from({ length: worker.connecting }, () => connecting),
  ];
}

function byNode(links: readonly LinkFacts[]): Map<number, LinkFacts[]> {
  const nodes = new Map<number, LinkFacts[]>();
  for (const link of links) {
    const pool = nodes.get(link.node);
    if (pool === undefined) nodes.set(link.node, [link]);
    else pool.push(link);
  }
  return nodes;
}

const time = (ms: number): string => localTime(new Date(ms));
