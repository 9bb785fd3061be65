/** Statement facts as the session would gather them: real classes from real texts, names from a made-up catalog. */
import { Buffer } from 'node:buffer';
import { defaults, type Settings } from '@pgherd/config';
import {
  classify,
  emptyFingerprint,
  Fingerprinter,
  Parser,
  type QualifiedName,
  type StatementClass,
} from '@pgherd/sql';
import { type HerdView, herdView } from '../herd-view.ts';
import { type RoutingRules, routingRules } from '../rules.ts';
import { createStrategy } from '../strategies/strategies.ts';
import type { FunctionFact, RelationFact, RoutingNode, SessionFacts, StatementFacts } from '../types.ts';

type Found = NonNullable<RelationFact['found']>;

const table: Found = { isCatalog: false, persistence: 'p', kind: 'r', functions: [], opaque: false };
const FUNCTIONS: Readonly<Record<string, Omit<FunctionFact, 'name'>>> = {
  count: { volatility: 'i', belongsToServer: false },
  now: { volatility: 's', belongsToServer: false },
  f_read: { volatility: 's', belongsToServer: false },
  f_write: { volatility: 'v', belongsToServer: false },
  nextval: { volatility: 'v', belongsToServer: false },
  set_config: { volatility: 'v', belongsToServer: false },
  extract: { volatility: 'i', belongsToServer: false },
  current_setting: { volatility: 's', belongsToServer: false },
  pg_export_snapshot: { volatility: 'v', belongsToServer: true },
  pg_backend_pid: { volatility: 's', belongsToServer: true },
};

const fact = (name: QualifiedName): FunctionFact => ({
  name,
  ...(FUNCTIONS[name.name] ?? { volatility: null, belongsToServer: false }),
});

const RELATIONS: Readonly<Record<string, Found>> = {
  t: table,
  u: table,
  audit: table,
  partitioned: { ...table, kind: 'p' },
  materialized: { ...table, kind: 'm' },
  pg_class: { ...table, isCatalog: true },
  temporary: { ...table, persistence: 't' },
  unlogged: { ...table, persistence: 'u' },
  sequence: { ...table, kind: 'S' },
  foreign_table: { ...table, kind: 'f' },
  v_plain: { ...table, kind: 'v', functions: [fact({ schema: 'pg_catalog', name: 'now' })] },
  v_writes: { ...table, kind: 'v', functions: [fact({ schema: 'public', name: 'f_write' })] },
  v_server: { ...table, kind: 'v', functions: [fact({ schema: 'pg_catalog', name: 'pg_backend_pid' })] },
  v_locks: { ...table, kind: 'v', opaque: true },
};

/** Parses and looks names up. Close it. */
export class FactsMaker {
  readonly #parser = new Parser({ deadlineMs: 20_000 });
  readonly #fingerprinter = new Fingerprinter(1, 2);

  /** @param named false: the server was not asked what the names mean */
  async of(sql: string, named = true): Promise<StatementFacts> {
    const outcome = await this.#parser.parse(sql);
    const parsed = outcome.kind === 'parsed';
    const classes = parsed ? outcome.statements.map(({ tree }) => classify(tree)) : null;
    const bytes = Buffer.from(sql);
    const print = emptyFingerprint();
    this.#fingerprinter.read(bytes, 0, bytes.length, true, print);
    const trimmed = Buffer.from(sql.trimStart());
    return {
      classes,
      opaqueBecause: parsed ? null : outcome.kind,
      firstByte: bytes[0] ?? -1,
      firstByteTrimmed: trimmed[0] ?? -1,
      leadingComment: print.leadingComment,
      text: sql,
      relations: named ? relationFacts(classes) : null,
      functions: named ? (classes ?? []).flatMap(({ functions }) => functions.map(fact)) : null,
    };
  }

  close(): void {
    this.#parser.close();
  }
}

function relationFacts(classes: readonly StatementClass[] | null): RelationFact[] {
  return (classes ?? []).flatMap(({ relations }) =>
    relations.map((name) => ({ name, found: RELATIONS[name.name] ?? null })),
  );
}

/** The rules of a file that sets only these. */
export const rulesOf = (settings: Partial<Settings> & { readonly load_balance_strategy?: string } = {}): RoutingRules =>
  routingRules({ ...defaults(), ...settings });

/** A session that did nothing yet and reads from node 1. */
export const freshSession: SessionFacts = {
  status: 0x49,
  wrote: false,
  serializable: false,
  writesOnSnapshot: false,
  primaryOnly: null,
  pinned: null,
  written: null,
  readNode: 1,
  preference: null,
  snapshotNode: null,
  token: null,
};

/** Node 0 is the primary, 1 and 2 are standbys; all alike. */
export function threeNodes(changes: Readonly<Record<number, Partial<RoutingNode>>> = {}): RoutingNode[] {
  return [0, 1, 2].map((id) => ({
    id,
    role: id === 0 ? 'primary' : 'standby',
    up: true,
    weight: 1,
    lagBytes: null,
    lagMs: null,
    replayed: null,
    ...changes[id],
  }));
}

export function herdOf(
  nodes: readonly RoutingNode[] = threeNodes(),
  primary: number | null = 0,
  rules: RoutingRules = rulesOf(),
): HerdView {
  return herdView(1, primary, nodes, createStrategy(rules.strategy));
}
