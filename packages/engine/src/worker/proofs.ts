/**
 * What a server has to show before it is used as the primary: that it is the one which the herd's snapshot means. After a
 * promotion the old primary says of itself the same as the new one, and may come back at an address where somebody else
 * is expected; its timeline gives it away.
 *
 * Asked once for as long as a connection that has shown it stays open: while that one lives, its server does, and no other
 * can listen at its address. So a burst of new connections costs one question, and a pool that is never empty none.
 */
import { encodeQuery } from '@pgherd/wire';
import type { Link } from '../backend/link.ts';
import { type Answer, ask } from '../frontend/engine-query.ts';
import type { ClusterSnapshot } from '../ipc.ts';
import { REPLICATION_KEY } from '../pool/link-key.ts';

const RECOVERY = 'SELECT pg_catalog.pg_is_in_recovery()::pg_catalog.text';
const TIMELINE = `${RECOVERY}, CASE WHEN NOT pg_catalog.pg_is_in_recovery() THEN
 pg_catalog.substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 1, 8) END`;
const ALL = `${TIMELINE}, (SELECT c.system_identifier::pg_catalog.text FROM pg_catalog.pg_control_system() c)`;
/** On a replication connection that is not to a database nothing else can be asked. */
const IDENTIFY = 'IDENTIFY_SYSTEM';
const NOT_ALLOWED = '42501';
const ANSWER_LIMIT_MS = 3_000;

export type Expected = Pick<ClusterSnapshot, 'timeline' | 'systemIdentifier'>;

/** What a server said of itself; undefined = it was not allowed to say. */
export interface Shown {
  readonly inRecovery: boolean | undefined;
  readonly timeline: number | undefined;
  readonly systemIdentifier: string | undefined;
}

/** Why this is not the server that is meant, or null when nothing speaks against it. */
export function objection(shown: Shown, expected: Expected): string | null {
  if (shown.inRecovery === true) return 'it is in recovery';
  const { systemIdentifier, timeline } = expected;
  if (
    systemIdentifier !== null &&
    shown.systemIdentifier !== undefined &&
    shown.systemIdentifier !== systemIdentifier
  ) {
    return `it belongs to another system (${shown.systemIdentifier} instead of ${systemIdentifier})`;
  }
  if (timeline !== null && shown.timeline !== undefined && shown.timeline !== timeline) {
    return `it is on timeline ${shown.timeline} instead of ${timeline}`;
  }
  return null;
}

interface Proof {
  /** What was asked for, and in which term of the node. */
  readonly of: string;
  /** Has shown it. */
  link: Link | null;
  /** Is being asked. */
  pending: Promise<string | null> | null;
}

export class Proofs {
  private readonly known = new Map<number, Proof>();

  /** @returns why the link's server is not the primary that is meant; null = it is, or nothing was recorded of it */
  async prove(link: Link, expected: Expected): Promise<string | null> {
    if (expected.timeline === null && expected.systemIdentifier === null) return null;
    const of = `${link.epoch} ${expected.timeline} ${expected.systemIdentifier}`;
    let proof = this.known.get(link.nodeId);
    if (proof?.of !== of) {
      proof = { of, link: null, pending: null };
      this.known.set(link.nodeId, proof);
    }
    if (proof.link?.closed === false) return null;
    // Whoever failed before says nothing of this one: it is asked itself.
    if (proof.pending !== null && (await proof.pending) === null) return null;
    const own = this.question(link, expected);
    proof.pending = own;
    const found = await own;
    if (proof.pending === own) proof.pending = null;
    if (found === null) proof.link = link;
    return found;
  }

  /**
   * Asks this connection itself, whatever others have shown: it was opened before its server became the primary. Its answer
   * brings the server's parameters up to date as well.
   */
  async question(link: Link, expected: Expected): Promise<string | null> {
    if (link.key === REPLICATION_KEY) {
      const answer = await within(link, IDENTIFY);
      if (answer === null) return 'it did not say in time which system it is';
      const [system, timeline] = answer.rows[0] ?? [];
      if (answer.error !== null || !system || !timeline) return 'it did not say which system it is';
      return objection({ inRecovery: undefined, timeline: Number(timeline), systemIdentifier: system }, expected);
    }
    for (const sql of [ALL, TIMELINE, RECOVERY]) {
      const answer = await within(link, sql);
      if (answer === null) return 'it did not say in time what it is';
      if (answer.error?.sqlstate === NOT_ALLOWED && sql !== RECOVERY) continue;
      if (answer.error !== null) return `it did not say what it is: ${answer.error.message}`;
      const [recovery, timeline, system] = answer.rows[0] ?? [];
      const shown: Shown = {
        inRecovery: recovery === 'true',
        timeline: timeline ? Number.parseInt(timeline, 16) : undefined,
        systemIdentifier: system ?? undefined,
      };
      return objection(shown, expected);
    }
    return null;
  }
}

function within(link: Link, sql: string): Promise<Answer | null> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(null), ANSWER_LIMIT_MS);
    ask(link, encodeQuery(sql), 1, (answer) => {
      clearTimeout(timer);
      resolve(answer);
    });
  });
}
