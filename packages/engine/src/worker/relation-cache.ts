/**
 * What names mean, by scope (database, user and what the session has set): asked once on a session's own connection,
 * kept until the catalog changes or relcache_expire. Views are looked through: what they read and call counts as if the
 * statement did. Temporary relations are never in it for others: a session that has made one is not asked for.
 */
import { classify, functionBelongsToServer, type Parser, type QualifiedName, type StatementClass } from '@pgherd/sql';
import type { ReceivedErrorFields } from '@pgherd/wire';
import type { Answer } from '../frontend/engine-query.ts';
import type { FunctionFact, RelationFact } from '../routing/types.ts';
import { type FoundRelation, type Names, nameQuery, readMeaning } from './name-query.ts';

export interface NameFacts {
  readonly relations: readonly RelationFact[];
  readonly functions: readonly FunctionFact[];
  readonly operators: readonly FunctionFact[];
}

interface Scope {
  readonly relations: Map<string, RelationFact>;
  readonly functions: Map<string, FunctionFact>;
  readonly operators: Map<string, FunctionFact>;
  readonly madeAtMs: number;
  size: number;
}

const SCOPES_MAX = 200;
const NAMES_MAX = 5_000;
/** Views on views on views: beyond this depth nobody looks. */
const ROUNDS_MAX = 12;
/** What one statement may lead to besides the names that it has itself: more names, and views read. */
const NAMES_PER_LEARN = 1_000;
const VIEWS_PER_LEARN = 300;

export class RelationCache {
  private readonly parser: Parser;
  private readonly scopes = new Map<string, Scope>();
  /** relcache_expire in ms; 0 = never */
  expireMs = 0;
  /** Grows when what was learned may be wrong. */
  generation = 0;

  constructor(parser: Parser) {
    this.parser = parser;
  }

  invalidate(): void {
    this.generation++;
    this.scopes.clear();
  }

  /** When the first scope is over age: everything found by it is looked up anew. */
  expire(now: number): boolean {
    if (this.expireMs === 0) return false;
    for (const scope of this.scopes.values()) {
      if (now - scope.madeAtMs < this.expireMs) continue;
      this.invalidate();
      return true;
    }
    return false;
  }

  private scope(key: string): Scope {
    let scope = this.scopes.get(key);
    if (scope === undefined || scope.size > NAMES_MAX) {
      this.scopes.delete(key);
      if (this.scopes.size >= SCOPES_MAX) this.scopes.delete(this.scopes.keys().next().value as string); // the oldest
      scope = {
        relations: new Map(),
        functions: new Map(),
        operators: new Map(),
        madeAtMs: performance.now(),
        size: 0,
      };
      this.scopes.set(key, scope);
    }
    return scope;
  }

  /** Facts of all names in the classes, or null where one was never asked for. */
  known(key: string, classes: readonly StatementClass[]): NameFacts | null {
    const scope = this.scopes.get(key);
    const relations: RelationFact[] = [];
    const functions: FunctionFact[] = [];
    const operators: FunctionFact[] = [];
    for (const one of classes) {
      for (const name of one.relations) {
        const fact = scope?.relations.get(keyOf(name));
        if (fact === undefined) return null;
        relations.push(fact);
      }
      for (const name of one.functions) {
        const fact = scope?.functions.get(keyOf(name));
        if (fact === undefined) return null;
        functions.push(fact);
      }
      for (const name of one.operators) {
        const fact = scope?.operators.get(keyOf(name));
        if (fact === undefined) return null;
        operators.push(fact);
      }
    }
    return { relations, functions, operators };
  }

  /**
   * Asks for what is not known of the names in `classes`.
   * @returns the server's error, or null
   */
  async learn(
    key: string,
    classes: readonly StatementClass[],
    ask: (sql: string) => Promise<Answer>,
  ): Promise<ReceivedErrorFields | null> {
    const generation = this.generation;
    const scope = this.scope(key);
    const found = new Map<string, FoundRelation | null>();
    const insides = new Map<string, readonly StatementClass[] | null>();
    let wanted = this.missing(scope, found, classes);
    let names = 0;
    let views = 0;
    for (let round = 0; round < ROUNDS_MAX; round++) {
      names += wanted.relations.length + wanted.functions.length + wanted.operators.length;
      if (round > 0 && names > NAMES_PER_LEARN) break; // what is not asked for makes the views that name it opaque
      const sql = nameQuery(wanted);
      if (sql === null) break;
      const answer = await ask(sql);
      if (answer.error !== null) return answer.error;
      const meaning = readMeaning(wanted, answer.rows);
      wanted.functions.forEach((name, i) => {
        scope.functions.set(keyOf(name), functionFact(name, meaning.functions[i] ?? null));
      });
      wanted.operators.forEach((name, i) => {
        scope.operators.set(keyOf(name), { name, volatility: meaning.operators[i] ?? null, belongsToServer: false });
      });
      const inner: StatementClass[] = [];
      for (let i = 0; i < wanted.relations.length; i++) {
        const id = keyOf(wanted.relations[i] as QualifiedName);
        const relation = meaning.relations[i] ?? null;
        found.set(id, relation);
        const text = relation === null ? null : (relation.definition ?? relation.policies);
        if (text === null || ++views > VIEWS_PER_LEARN) continue;
        const inside = await this.read(text);
        insides.set(id, inside);
        if (inside !== null) inner.push(...inside);
      }
      wanted = this.missing(scope, found, inner);
    }
    if (generation !== this.generation) return null; // what was asked before a change is not kept
    const done = new Map<string, RelationFact | null>();
    for (const id of found.keys()) {
      const fact = this.combine(id, found, insides, scope, done);
      if (fact !== null) {
        scope.relations.set(id, fact);
        scope.size++;
      }
    }
    return null;
  }

  private async read(text: string): Promise<readonly StatementClass[] | null> {
    const outcome = await this.parser.parse(text);
    return outcome.kind === 'parsed' ? outcome.statements.map(({ tree }) => classify(tree)) : null;
  }

  private missing(scope: Scope, found: ReadonlyMap<string, unknown>, classes: readonly StatementClass[]): Names {
    const relations = new Map<string, QualifiedName>();
    const functions = new Map<string, QualifiedName>();
    const operators = new Map<string, QualifiedName>();
    for (const one of classes) {
      for (const name of one.relations) {
        const id = keyOf(name);
        if (!scope.relations.has(id) && !found.has(id)) relations.set(id, name);
      }
      for (const name of one.functions) if (!scope.functions.has(keyOf(name))) functions.set(keyOf(name), name);
      for (const name of one.operators) if (!scope.operators.has(keyOf(name))) operators.set(keyOf(name), name);
    }
    return {
      relations: [...relations.values()],
      functions: [...functions.values()],
      operators: [...operators.values()],
    };
  }

  /**
   * One relation with all that stands behind it.
   * @param done what was combined before; null = it is being combined: one that is met there reads itself
   */
  private combine(
    id: string,
    found: ReadonlyMap<string, FoundRelation | null>,
    insides: ReadonlyMap<string, readonly StatementClass[] | null>,
    scope: Scope,
    done: Map<string, RelationFact | null>,
  ): RelationFact | null {
    const before = done.get(id);
    if (before !== undefined) return before;
    const name = nameOf(id);
    const relation = found.get(id);
    if (relation === undefined) return scope.relations.get(id) ?? null;
    if (relation === null) return { name, found: null };
    done.set(id, null);
    const persistences = new Set(relation.persistence);
    let { isCatalog, kind } = relation;
    const functions = new Map<string, FunctionFact>();
    const looksInside = relation.definition !== null || relation.policies !== null;
    const inside = looksInside ? (insides.get(id) ?? null) : [];
    let opaque = inside === null;
    for (const one of inside ?? []) {
      if (!one.isRead || one.settingsRead === null || one.settingsRead.length > 0) opaque = true;
      for (const called of one.functions) {
        const fact = scope.functions.get(keyOf(called));
        if (fact === undefined) opaque = true;
        else functions.set(keyOf(called), fact);
      }
      for (const called of one.operators) {
        const fact = scope.operators.get(keyOf(called));
        if (fact === undefined) opaque = true;
        else functions.set(keyOf(called), fact);
      }
      for (const read of one.relations) {
        const below = this.combine(keyOf(read), found, insides, scope, done)?.found ?? null;
        if (below === null) {
          opaque = true;
          continue;
        }
        persistences.add(below.persistence);
        isCatalog ||= below.isCatalog;
        opaque ||= below.opaque;
        if (below.kind === 'S' || below.kind === 'f') kind = below.kind;
        for (const fact of below.functions) functions.set(keyOf(fact.name), fact);
      }
    }
    const fact: RelationFact = {
      name,
      found: {
        isCatalog,
        persistence: persistences.has('t') ? 't' : persistences.has('u') ? 'u' : 'p',
        kind,
        functions: [...functions.values()],
        opaque,
      },
    };
    done.set(id, fact);
    return fact;
  }
}

function functionFact(name: QualifiedName, volatility: FunctionFact['volatility']): FunctionFact {
  return { name, volatility, belongsToServer: functionBelongsToServer(name.schema, name.name) };
}

function keyOf({ schema, name }: QualifiedName): string {
  return `${schema}\0${name}`;
}

function nameOf(id: string): QualifiedName {
  const at = id.indexOf('\0');
  return { schema: id.slice(0, at), name: id.slice(at + 1) };
}
