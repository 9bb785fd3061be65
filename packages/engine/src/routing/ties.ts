/**
 * What statements leave in their session that another connection would lack and cannot be given. A session without such
 * ties can be built again on another server: its settings and prepared statements are known. Whatever is not known to
 * leave nothing counts as leaving something. Pure.
 */
import { functionIsStateFree, type QualifiedName, type StatementClass } from '@pgherd/sql';
import type { StatementFacts, StatementRoute, Tie, TieKind } from './types.ts';

export const NO_TIES: readonly Tie[] = [];
/** Of a text that is a syntax error here: if a server says so too, nothing of it ran. */
export const SYNTAX_TIES: readonly Tie[] = [{ kind: 'opaque', text: 'ran a statement that was not understood' }];
export const OPAQUE_TIES: readonly Tie[] = [{ kind: 'opaque', text: 'ran a statement that was not analysed' }];

/** What a text leaves once it has run, whether it succeeded or not: an advisory lock outlives the error behind it. */
export function tiesOf(classes: readonly StatementClass[], facts: StatementFacts): readonly Tie[] {
  let found: Map<TieKind, Tie> | null = null;
  const add = (kind: TieKind, text: string): void => {
    found ??= new Map();
    if (!found.has(kind)) found.set(kind, { kind, text });
  };
  for (const one of classes) {
    const own = ownTie(one);
    if (own !== null) add(own.kind, own.text);
    if (!runsItsFunctions(one)) continue;
    for (const name of one.functions) {
      if (functionIsStateFree(name.schema, name.name) || name.name === 'set_config') continue;
      if (isAdvisoryLock(name)) add('advisory-lock', 'holds an advisory lock');
      else if (!hasNoEffect(name, facts)) add('function', functionText(name));
    }
    for (const call of one.settingsSet ?? []) {
      if (/^(?:role|session_authorization)$/i.test(call.name)) add('authorization', 'has set its role');
    }
  }
  for (const { found: relation } of facts.relations ?? []) {
    for (const { name, volatility } of relation?.functions ?? []) {
      if (volatility === 'i' || volatility === 's' || functionIsStateFree(name.schema, name.name)) continue;
      if (isAdvisoryLock(name)) add('advisory-lock', 'holds an advisory lock');
      else add('function', functionText(name));
    }
  }
  return found === null ? NO_TIES : [...(found as Map<TieKind, Tie>).values()];
}

function ownTie({ kind, detail }: StatementClass): Tie | null {
  switch (detail.kind) {
    case 'do':
    case 'call':
      return { kind: 'code', text: `ran ${detail.kind.toUpperCase()}` };
    case 'execute':
      return { kind: 'code', text: `ran EXECUTE ${detail.name}, and what that does is not known` };
    case 'ddl':
      return detail.executes === null ? null : { kind: 'code', text: `ran EXECUTE ${detail.executes}` };
    case 'load':
      return { kind: 'library', text: 'loaded a library' };
    case 'listen':
      return detail.verb === 'listen' ? { kind: 'listen', text: 'listens (LISTEN)' } : null;
    case 'cursor':
      return detail.verb === 'declare' && detail.hold ? { kind: 'cursor', text: 'has a cursor WITH HOLD' } : null;
    case 'set':
      if (detail.name === 'role' && detail.verb !== 'reset')
        return { kind: 'role', text: 'has set its role (SET ROLE)' };
      if (detail.name === 'session_authorization' && detail.verb !== 'reset') {
        return { kind: 'authorization', text: 'has set its user (SET SESSION AUTHORIZATION)' };
      }
      return null;
    case 'other':
      return { kind: 'opaque', text: `ran a statement of unknown kind (${kind})` };
    default:
      return null;
  }
}

/** PREPARE and plain EXPLAIN call nothing. */
function runsItsFunctions({ detail }: StatementClass): boolean {
  return detail.kind !== 'prepare' && (detail.kind !== 'explain' || detail.analyze);
}

/** PostgreSQL asks of a function with side effects to be VOLATILE; the server was asked what this one is. */
function hasNoEffect({ schema, name }: QualifiedName, facts: StatementFacts): boolean {
  const fact = facts.functions?.find((one) => one.name.name === name && one.name.schema === schema);
  return fact?.volatility === 'i' || fact?.volatility === 's';
}

function isAdvisoryLock({ name }: QualifiedName): boolean {
  return name.startsWith('pg_advisory_') || name.startsWith('pg_try_advisory_');
}

function functionText({ schema, name }: QualifiedName): string {
  return `called ${schema === '' ? '' : `${schema}.`}${name}(), which may have left something in it`;
}

/** The ties of one session. */
export class SessionTies {
  private readonly ties = new Map<TieKind, string>();

  /** Why the session cannot be built again elsewhere; null = it can, as far as statements go. */
  get reason(): string | null {
    return this.ties.size === 0 ? null : (this.ties.values().next().value as string);
  }

  /** @param ok it succeeded */
  made(route: StatementRoute, ok: boolean): void {
    const { ties } = route;
    if (ties.length === 0 || (!ok && ties === SYNTAX_TIES)) return;
    for (const { kind, text } of ties) this.ties.set(kind, text);
  }

  /** A statement alone, outside a transaction, that succeeded: it may have untied the session. */
  undone({ classes }: StatementRoute): void {
    if (this.ties.size === 0 || classes?.length !== 1) return;
    const one = classes[0] as StatementClass;
    const { detail } = one;
    if (detail.kind === 'discard' && detail.target === 'all') {
      const library = this.ties.get('library');
      this.ties.clear();
      if (library !== undefined) this.ties.set('library', library); // it stays loaded
    } else if (detail.kind === 'listen' && detail.verb === 'unlisten' && detail.channel === null) {
      this.ties.delete('listen');
    } else if (detail.kind === 'cursor' && detail.verb === 'close' && detail.name === null) this.ties.delete('cursor');
    else if (detail.kind === 'set' && detail.verb === 'reset' && detail.name === 'role') this.ties.delete('role');
    else if (detail.kind === 'select' && one.functions.length === 1) {
      if (one.functions[0]?.name === 'pg_advisory_unlock_all') this.ties.delete('advisory-lock');
    }
  }
}
