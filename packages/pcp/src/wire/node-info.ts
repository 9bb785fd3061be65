/**
 * NodeInfo ('i'): the word, then 13 texts z: hostname, port, status, quarantine, pg_status, weight, role, pg_role,
 * standby_delay_by_time, standby_delay, replication_state, replication_sync_state, status_changed_time. Up to Pgpool-II
 * 4.3 there were 12: no standby_delay_by_time.
 */
import { encodeTexts } from './texts.ts';

export const NODE_STATUS: readonly string[] = ['unused', 'waiting', 'up', 'down'];
export const NODE_ROLE: readonly string[] = ['main', 'replica', 'primary', 'standby'];

/** The share of reads travels as a part of this. */
const WEIGHT_WHOLE = 2_147_483_647;
const FIELDS = 13;

export interface NodeInfo {
  readonly hostname: string;
  readonly port: string;
  /** Index into NODE_STATUS. */
  readonly status: number;
  readonly quarantine: boolean;
  readonly pgStatus: string;
  /** 0 to 1 */
  readonly weight: number;
  /** Index into NODE_ROLE. */
  readonly role: number;
  readonly pgRole: string;
  readonly delayByTime: boolean;
  /** Bytes, or microseconds. */
  readonly delay: number;
  readonly replicationState: string;
  readonly replicationSyncState: string;
  /** Seconds since 1970. */
  readonly statusChangedAt: number;
}

export function encodeNodeInfo(node: NodeInfo): Buffer {
  return encodeTexts(
    'NodeInfo',
    node.hostname,
    node.port,
    String(node.status),
    node.quarantine ? '1' : '0',
    node.pgStatus,
    (node.weight * WEIGHT_WHOLE).toFixed(6),
    String(node.role),
    node.pgRole,
    node.delayByTime ? '1' : '0',
    String(node.delay),
    node.replicationState,
    node.replicationSyncState,
    String(node.statusChangedAt),
  );
}

/** @param fields what follows the word; null when there are too few */
export function decodeNodeInfo(fields: readonly string[]): NodeInfo | null {
  if (fields.length < FIELDS - 1) return null;
  const whole = fields.length >= FIELDS ? fields : [...fields.slice(0, 8), '0', ...fields.slice(8)];
  const text = (at: number): string => whole[at] ?? '';
  return {
    hostname: text(0),
    port: text(1),
    status: Number(text(2)),
    quarantine: text(3) === '1',
    pgStatus: text(4),
    weight: Number(text(5)) / WEIGHT_WHOLE,
    role: Number(text(6)),
    pgRole: text(7),
    delayByTime: text(8) === '1',
    delay: Number(text(9)),
    replicationState: text(10),
    replicationSyncState: text(11),
    statusChangedAt: Number(text(12)),
  };
}
