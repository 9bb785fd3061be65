/**
 * What routing has to know of one session. It is told what ran and how it ended; whether a transaction is open it learns
 * from ReadyForQuery alone, never from what a statement says.
 */
import type { StatementClass } from '@pgherd/sql';
import { NO_NODE } from './no-node.ts';
import type { RoutingRules } from './rules.ts';
import { isolationChange, readOnlyChange } from './settings-statements.ts';
import type { Pin, ReadPreference, SessionFacts, StatementRoute } from './types.ts';

const IDLE = 0x49;
const TRANSACTION = 0x54;
const FAILED = 0x45;

/** How transactions of the session begin unless they say otherwise. */
export interface SessionStart {
  /** default_transaction_isolation of the start-up packet, in lower case; null where it is not there. */
  readonly isolation: string | null;
}

const PIN_TEXT: Readonly<Record<Pin, string>> = {
  'temporary-object': 'the session made a temporary object',
  settings: 'settings were changed in a way that cannot be copied',
  library: 'the session loaded a library',
  opaque: 'a statement that was not analysed may have changed the session',
};

export class SessionState implements SessionFacts {
  /** State of the session on its primary, as ReadyForQuery said last: I, T or E. */
  status = IDLE;
  wrote = false;
  serializable = false;
  writesOnSnapshot = false;
  primaryOnly: string | null = null;
  pinned: string | null = null;
  written: Set<string> | null = null;
  readNode = NO_NODE;
  preference: ReadPreference | null = null;
  snapshotNode: number | null = null;
  token: bigint | 'unknown' | null = null;
  /** The last ReadyForQuery ended one transaction and began another (COMMIT AND CHAIN). */
  chained = false;
  /** Counts what may have written: a position asked for at one count says nothing of what came later. */
  writes = 0;

  #rules: RoutingRules;
  readonly #startIsolation: string | null;
  /** default_transaction_isolation; null = the server's own. */
  #sessionIsolation: string | null;
  /** The same when the open transaction began, which a rollback brings back. */
  #isolationBefore: string | null;
  #sessionReadOnly: boolean | null = null;
  #readOnlyBefore: boolean | null = null;
  /** Node of the last statement that read, sent before it was known that a transaction had begun. */
  #readBefore: number | null = null;
  /** Of the open transaction; null = as the session has it. */
  #isolation: string | null = null;
  #readOnly: boolean | null = null;
  #transactionMayWrite = false;
  readonly #pins = new Map<Pin | 'told', string>();
  /** Statements sent whose ReadyForQuery has not come and that may change what is kept here. */
  #uncertain = 0;
  /** Null = nobody knows what the open transaction did. */
  #unknownTransaction: string | null = null;

  constructor(rules: RoutingRules, start: SessionStart = { isolation: null }) {
    this.#rules = rules;
    this.#startIsolation = start.isolation;
    this.#sessionIsolation = start.isolation;
    this.#isolationBefore = start.isolation;
    this.#settle();
  }

  /** A new configuration: what was kept under the old one stays. */
  set rules(rules: RoutingRules) {
    this.#rules = rules;
  }

  /** An open transaction reads one snapshot: a question asked in it would take that snapshot. */
  get oneSnapshot(): boolean {
    return this.status !== IDLE && readsOneSnapshot(this.#isolation ?? this.#sessionIsolation);
  }

  /** What opens, on a read node, a transaction like the session's own. A standby knows no READ WRITE. */
  get beginStatement(): string {
    const isolation = this.#isolation ?? this.#sessionIsolation;
    const level = isolation === null ? '' : ` ISOLATION LEVEL ${LEVELS.get(isolation) ?? 'READ COMMITTED'}`;
    return `BEGIN${level}${(this.#readOnly ?? this.#sessionReadOnly) === true ? ' READ ONLY' : ''}`;
  }

  /** Before a statement's messages leave for `node`: what comes behind it has to reckon with it. */
  sent(route: StatementRoute, node: number | null = null): void {
    if (changesState(route)) {
      this.#uncertain++;
      this.#settle();
    }
    this.#noteSnapshot(route, node);
  }

  /** What was sent was taken back before it left. */
  unsent(route: StatementRoute): void {
    if (!changesState(route)) return;
    this.#uncertain = Math.max(0, this.#uncertain - 1);
    this.#settle();
  }

  /**
   * ReadyForQuery came for these statements, in the order in which they were sent.
   * @param ok no ErrorResponse among the answers
   * @param before the status byte of the ReadyForQuery before (of the primary), or `I`
   * @param after the status byte that came, of the primary
   */
  finished(routes: readonly StatementRoute[], ok: boolean, before: number, after: number): void {
    this.status = after;
    this.chained = ok && before !== IDLE && after === TRANSACTION && routes.length === 1 && chains(routes[0]!);
    // What failed alone had no effect. Of several, those before the error may have had theirs.
    const effective = ok || routes.length > 1 || routes[0]?.several === true;
    for (const route of routes) {
      if (changesState(route)) this.#uncertain = Math.max(0, this.#uncertain - 1);
      this.#noteWrite(route, effective, before, after);
      if (effective) this.#apply(route, ok, after);
    }
    if (after === IDLE || this.chained) this.#endTransaction(routes, ok, before, after);
    else if (before === IDLE && this.#readBefore !== null && this.oneSnapshot) this.snapshotNode ??= this.#readBefore;
    this.#readBefore = null;
    this.#settle();
  }

  /**
   * As if this had happened before: for a question about a session that does not exist.
   * @param afterWrite the objects that were written, in lower case; null = nothing was
   */
  suppose(inTransaction: boolean, afterWrite: readonly string[] | null): void {
    if (inTransaction) this.status = TRANSACTION;
    if (afterWrite === null) return;
    const { afterWrite: rule, readAfterWrite } = this.#rules;
    if (rule === 'dml_adaptive') {
      if (inTransaction) for (const object of afterWrite) this.#noteObject(object);
    } else this.wrote = inTransaction || rule === 'always';
    // What an open transaction wrote is asked for once it has been committed.
    if (readAfterWrite !== 'off' && !inTransaction) this.token = 'unknown';
  }

  /** Ties the session to its primary until DISCARD ALL. */
  pin(reason: string): void {
    this.#pins.set('told', reason);
    this.#settle();
  }

  /** The primary's position that was asked for when `writes` was `asOf`. Taken only if nothing was written since. */
  setToken(position: bigint, asOf = this.writes): void {
    if (this.token === 'unknown' && asOf === this.writes) this.token = position;
  }

  #noteWrite(route: StatementRoute, effective: boolean, before: number, after: number): void {
    const { afterWrite, readAfterWrite } = this.#rules;
    if (route.mayWrite && readAfterWrite !== 'off') {
      this.writes++;
      // A procedure may have committed a part of its work before it failed.
      if (before === IDLE && after === IDLE) this.token = 'unknown';
      else this.#transactionMayWrite = true;
    }
    if (!route.isWrite || !effective) return;
    if (afterWrite === 'always') this.wrote = true;
    else if ((afterWrite === 'transaction' || afterWrite === 'trans_transaction') && after !== IDLE) this.wrote = true;
  }

  #apply(route: StatementRoute, ok: boolean, after: number): void {
    for (const pin of route.pins) this.#pins.set(pin, PIN_TEXT[pin]);
    if (after !== IDLE && (route.opaque || (route.several && route.destination !== 'either'))) {
      this.#unknownTransaction ??= route.opaque
        ? 'a statement of the transaction was not analysed'
        : 'a part of the transaction was a query of several statements';
    }
    if (ok && after !== IDLE && this.#rules.afterWrite === 'dml_adaptive') this.#noteObjects(route);
    if (after !== IDLE && !this.chained && endsTransaction(route)) {
      this.#unknownTransaction ??= 'a transaction ended and another began in one batch';
    }
    if (route.classes !== null) for (const one of route.classes) this.#applyClass(one, ok);
  }

  #applyClass(one: StatementClass, ok: boolean): void {
    const { detail } = one;
    if (detail.kind === 'transaction' && detail.verb === 'rollback-to') {
      // It may undo the SET that ended SERIALIZABLE.
      if (this.#isolationBefore === 'serializable') this.#sessionIsolation = 'serializable';
    } else if (detail.kind === 'transaction' && detail.verb === 'begin') {
      this.#isolation = detail.modes.isolation ?? this.#isolation;
      this.#readOnly = detail.modes.readOnly ?? this.#readOnly;
    } else if (detail.kind === 'set') {
      const isolation = isolationChange(detail);
      if (isolation?.scope === 'now') this.#isolation = isolation.level ?? this.#sessionIsolation;
      else if (isolation?.scope === 'later' && !detail.isLocal) {
        this.#sessionIsolation = isolation.level ?? this.#startIsolation;
      }
      const readOnly = readOnlyChange(detail);
      const forSession = detail.verb === 'session-characteristics' || detail.name === 'default_transaction_read_only';
      if (readOnly !== null && forSession) this.#sessionReadOnly = readOnly;
      else if (readOnly !== null) this.#readOnly = readOnly;
    } else if (detail.kind === 'discard' && ok) this.#discard(detail.target);
  }

  /** A library stays loaded, and what pinned the session to it with it. */
  #discard(target: 'all' | 'plans' | 'sequences' | 'temp'): void {
    if (target === 'temp' || target === 'all') this.#pins.delete('temporary-object');
    if (target !== 'all') return;
    this.#pins.delete('settings');
    this.#pins.delete('opaque');
    this.#pins.delete('told');
    this.#sessionIsolation = this.#startIsolation;
    this.#sessionReadOnly = null;
  }

  /** dml_adaptive: what a write names counts as written, and so does what is related to anything that was named as changed or
   *  called. */
  #noteObjects(route: StatementRoute): void {
    const { related } = this.#rules;
    for (const object of route.objects) {
      if (route.isWrite) this.#noteObject(object);
      if (related.size === 0 || !(route.isWrite || object.endsWith('()'))) continue;
      for (const right of related.get(object) ?? []) this.#noteObject(right);
    }
  }

  #noteObject(object: string): void {
    this.written ??= new Set();
    this.written.add(object);
  }

  /** REPEATABLE READ: the first statement that reads fixes the node. */
  #noteSnapshot(route: StatementRoute, node: number | null): void {
    if (route.destination === 'both' || this.snapshotNode !== null) return;
    if (this.status === IDLE) {
      this.#readBefore = node;
    } else if (this.oneSnapshot) {
      this.snapshotNode = node;
      if (node === null) this.#unknownTransaction ??= 'nobody said where the transaction took its snapshot';
    }
  }

  #endTransaction(routes: readonly StatementRoute[], ok: boolean, before: number, after: number): void {
    // Behind a ROLLBACK in the same text or batch anything may have been committed.
    const alone = routes.length === 1 && !routes[0]!.several;
    const rolledBack = (before === FAILED && alone) || (ok && routes.length === 1 && rollsBack(routes[0]!));
    if (this.#transactionMayWrite && !rolledBack) this.token = 'unknown';
    this.#transactionMayWrite = false;
    if (rolledBack) {
      this.#sessionIsolation = this.#isolationBefore;
      this.#sessionReadOnly = this.#readOnlyBefore;
    }
    this.#isolationBefore = this.#sessionIsolation;
    this.#readOnlyBefore = this.#sessionReadOnly;
    const { afterWrite } = this.#rules;
    if (afterWrite !== 'always' && afterWrite !== 'trans_transaction') this.wrote = false;
    this.written?.clear();
    this.snapshotNode = null;
    this.#unknownTransaction = null;
    // AND CHAIN keeps the modes.
    if (after !== IDLE) return;
    this.#isolation = null;
    this.#readOnly = null;
  }

  /** Brings the plain fields, which are what `decide` reads, in line. */
  #settle(): void {
    this.serializable = (this.#isolation ?? this.#sessionIsolation) === 'serializable';
    this.writesOnSnapshot = this.oneSnapshot && (this.#readOnly ?? this.#sessionReadOnly) !== true;
    this.primaryOnly = this.#uncertain > 0 ? 'a statement before it has not ended' : this.#unknownTransaction;
    this.pinned = this.#pins.size === 0 ? null : this.#pins.values().next().value!;
  }
}

const LEVELS: ReadonlyMap<string, string> = new Map([
  ['read uncommitted', 'READ UNCOMMITTED'],
  ['read committed', 'READ COMMITTED'],
  ['repeatable read', 'REPEATABLE READ'],
  ['serializable', 'REPEATABLE READ'],
]);

const readsOneSnapshot = (isolation: string | null): boolean =>
  isolation === 'repeatable read' || isolation === 'serializable';

/** All but plain reads: a transaction may have begun or ended, something may have been written. */
function changesState(route: StatementRoute): boolean {
  return route.destination !== 'either' || route.isWrite || route.mayWrite;
}

function chains({ classes }: StatementRoute): boolean {
  const detail = classes?.length === 1 ? classes[0]?.detail : undefined;
  return detail?.kind === 'transaction' && (detail.verb === 'commit' || detail.verb === 'rollback') && detail.chain;
}

function endsTransaction({ classes }: StatementRoute): boolean {
  const detail = classes?.[0]?.detail;
  return detail?.kind === 'transaction' && (detail.verb === 'commit' || detail.verb === 'rollback');
}

function rollsBack({ classes }: StatementRoute): boolean {
  const detail = classes?.length === 1 ? classes[0]?.detail : undefined;
  return detail?.kind === 'transaction' && detail.verb === 'rollback';
}
