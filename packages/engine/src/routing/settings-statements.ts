/** SET, RESET and transaction modes: what they ask for, read one way everywhere. */
import type { StatementDetail } from '@pgherd/sql';

export type SetDetail = Extract<StatementDetail, { kind: 'set' }>;

/** What a SET does to the isolation of transactions: `now` of the running one, `later` of those that begin after it. */
export interface IsolationChange {
  readonly scope: 'now' | 'later';
  /** Null: back to where the session began. */
  readonly level: string | null;
}

export function isolationChange(detail: SetDetail): IsolationChange | null {
  switch (detail.verb) {
    case 'transaction':
      return detail.modes.isolation === null ? null : { scope: 'now', level: detail.modes.isolation };
    case 'session-characteristics':
      return detail.modes.isolation === null ? null : { scope: 'later', level: detail.modes.isolation };
    case 'reset-all':
      return { scope: 'later', level: null };
    default: {
      const name = detail.name.toLowerCase();
      if (name !== 'transaction_isolation' && name !== 'default_transaction_isolation') return null;
      const scope = name === 'transaction_isolation' ? 'now' : 'later';
      if (detail.verb !== 'set') return { scope, level: null };
      // What is no constant might be anything.
      return { scope, level: detail.values?.[0]?.toLowerCase() ?? 'serializable' };
    }
  }
}

/** True or false where it asks for READ ONLY or READ WRITE; null where it does neither. */
export function readOnlyChange(detail: SetDetail): boolean | null {
  if (detail.verb === 'transaction' || detail.verb === 'session-characteristics') return detail.modes.readOnly;
  if (detail.verb !== 'set') return null;
  const name = detail.name.toLowerCase();
  if (name !== 'transaction_read_only' && name !== 'default_transaction_read_only') return null;
  return isTrue(detail.values?.[0] ?? '');
}

/** A standby would refuse it, or it concerns a snapshot of one node. */
export function setNeedsPrimary(detail: SetDetail): string | null {
  if (isolationChange(detail)?.level === 'serializable') return 'SERIALIZABLE';
  const { verb, modes } = detail;
  const characteristics = verb === 'transaction' || verb === 'session-characteristics';
  if (characteristics && modes.readOnly === false) return 'READ WRITE';
  if (verb === 'set' && detail.name.toLowerCase() === 'transaction_read_only' && readOnlyChange(detail) !== true) {
    return 'READ WRITE';
  }
  return verb === 'transaction-snapshot' ? 'a snapshot of one node' : null;
}

/** As PostgreSQL reads booleans: unique beginnings of the words count. */
function isTrue(text: string): boolean {
  const word = text.trim().toLowerCase();
  return word === '1' || word === 'on' || (word !== '' && ('true'.startsWith(word) || 'yes'.startsWith(word)));
}
