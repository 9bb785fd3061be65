/**
 * The routes of texts: fingerprint, cached class, names looked up, judged. One for all sessions of a worker; what one of
 * them found out the others have.
 */
import { randomInt } from 'node:crypto';
import {
  classify,
  isSafeClientEncoding,
  Parser,
  type PendingKey,
  StatementCache,
  type StatementClass,
  weightOf,
} from '@pgherd/sql';
import type { ReceivedErrorFields } from '@pgherd/wire';
import type { Answer } from '../frontend/engine-query.ts';
import type { TextScope } from '../frontend/router-host.ts';
import { judge, needsNames } from '../routing/judge.ts';
import type { RoutingRules } from '../routing/rules.ts';
import type { StatementFacts, StatementRoute, Tie } from '../routing/types.ts';
import { type NameFacts, RelationCache } from './relation-cache.ts';

interface Kept {
  /** Null = could not be parsed; why is `opaqueBecause`. */
  readonly classes: readonly StatementClass[] | null;
  readonly opaqueBecause: string | null;
  readonly routes: KeptRoute[];
  /** A standby refused it because it writes. */
  refused: boolean;
}

interface KeptRoute {
  readonly scope: string;
  /** How the text begins. */
  readonly form: number;
  readonly generation: number;
  readonly rules: RoutingRules;
  readonly route: StatementRoute;
}

const PARSE_LIMIT_MS = 5_000;
const ROUTES_PER_TEXT = 8;
const PATTERN_TEXT_MAX = 64 * 1024;

export class Statements {
  private readonly parser = new Parser({ deadlineMs: PARSE_LIMIT_MS });
  readonly relations = new RelationCache(this.parser);
  private readonly cache = new StatementCache<Kept>({
    seed0: randomInt(2 ** 32) | 0,
    seed1: randomInt(2 ** 32) | 0,
  });
  private currentRules: RoutingRules;
  private ownGeneration = 0;
  /** Texts that count as writes by now. */
  private refusals = 0;
  private readonly keptOf = new WeakMap<StatementRoute, Kept>();
  readonly unknown: StatementRoute;
  readonly nothing: StatementRoute;
  readonly functionCall: StatementRoute;

  constructor(rules: RoutingRules) {
    this.currentRules = rules;
    this.unknown = this.judgeOpaque('nobody looked at it');
    this.functionCall = {
      ...this.judgeOpaque('a function call'),
      pins: [],
      ties: CALL_TIES,
      opaque: false,
      several: false,
    };
    this.nothing = judge(facts([], null, Buffer.alloc(0), 0, 0, false, null), rules);
  }

  get rules(): RoutingRules {
    return this.currentRules;
  }

  set rules(rules: RoutingRules) {
    this.currentRules = rules;
    this.ownGeneration++;
  }

  /** Sessions ask anew for the routes that they keep when this grows. */
  get generation(): number {
    return this.judged + this.refusals;
  }

  /** The same for the routes that are kept here. */
  private get judged(): number {
    return this.relations.generation + this.ownGeneration;
  }

  private judgeOpaque(because: string): StatementRoute {
    return judge(facts(null, because, Buffer.alloc(0), 0, 0, false, null), this.currentRules);
  }

  /** The route if nobody has to be asked for it. */
  routeOf(scope: TextScope, buffer: Buffer, start: number, end: number): StatementRoute | null {
    if (!isSafeClientEncoding(scope.rules.encoding)) return this.unknown;
    const kept = this.cache.lookup(buffer, start, end, scope.rules);
    const unread = this.hasUnreadNames(scope);
    if (kept !== null) return this.routeFrom(kept, scope, buffer, start, end, unread);
    const outcome = this.parser.parseNow(buffer.toString('utf8', start, end));
    if (outcome === null) return null;
    return this.routeFrom(this.keep(this.cache.pending(), outcome), scope, buffer, start, end, unread);
  }

  /** What can be said without asking: of names that nobody looked up, that they may mean anything. */
  routeNow(scope: TextScope, buffer: Buffer, start: number, end: number): StatementRoute {
    const route = this.routeOf(scope, buffer, start, end);
    if (route !== null) return route;
    const kept = this.cache.lookup(buffer, start, end, scope.rules);
    if (kept === null) return this.unknown;
    return judge(this.factsOf(kept, buffer, start, end, null), this.rulesOf(scope));
  }

  /** The text just looked up has names whose bytes are not those of UTF-8: nothing can be asked about them. */
  private hasUnreadNames(scope: TextScope): boolean {
    return this.cache.fingerprint.nonAsciiName && scope.rules.encoding !== 'UTF8';
  }

  private rulesOf(scope: TextScope): RoutingRules {
    return scope.routing ?? this.currentRules;
  }

  /** Parses, asks what names mean, and judges. */
  async findRoute(
    scope: TextScope,
    text: Buffer,
    ask: ((sql: string) => Promise<Answer>) | null,
  ): Promise<{ route: StatementRoute; error: ReceivedErrorFields | null }> {
    let kept = this.cache.lookup(text, 0, text.length, scope.rules);
    const unread = this.hasUnreadNames(scope);
    if (kept === null) {
      const key = this.cache.pending();
      kept = this.keep(key, await this.parser.parse(text.toString('utf8')));
    }
    const known = this.routeFrom(kept, scope, text, 0, text.length, unread);
    if (known !== null) return { route: known, error: null };
    const { classes } = kept;
    if (ask !== null && classes !== null) {
      const error = await this.relations.learn(scope.key, classes, ask);
      const names = error === null ? this.relations.known(scope.key, classes) : null;
      if (names !== null) return { route: this.keepRoute(kept, scope, text, 0, text.length, names), error };
      return { route: judge(this.factsOf(kept, text, 0, text.length, null), this.rulesOf(scope)), error };
    }
    return { route: judge(this.factsOf(kept, text, 0, text.length, null), this.rulesOf(scope)), error: null };
  }

  /** All that is known of a text, once what its names mean was asked. */
  async findFacts(
    scope: TextScope,
    text: Buffer,
    ask: ((sql: string) => Promise<Answer>) | null,
  ): Promise<{ facts: StatementFacts; error: ReceivedErrorFields | null }> {
    const { encoding } = scope.rules;
    if (!isSafeClientEncoding(encoding)) {
      const because = `client_encoding ${encoding}`;
      return { facts: facts(null, because, text, 0, text.length, false, null), error: null };
    }
    let kept = this.cache.lookup(text, 0, text.length, scope.rules);
    const unread = this.hasUnreadNames(scope);
    if (kept === null) {
      const key = this.cache.pending();
      kept = this.keep(key, await this.parser.parse(text.toString('utf8')));
    }
    const { classes } = kept;
    let error: ReceivedErrorFields | null = null;
    const bare = this.factsOf(kept, text, 0, text.length, null);
    if (unread || !needsNames(bare, this.rulesOf(scope)) || classes === null) return { facts: bare, error };
    let names = this.relations.known(scope.key, classes);
    if (names === null && ask !== null) {
      error = await this.relations.learn(scope.key, classes, ask);
      if (error === null) names = this.relations.known(scope.key, classes);
    }
    return { facts: this.factsOf(kept, text, 0, text.length, names), error };
  }

  private keep(key: PendingKey, outcome: Awaited<ReturnType<Parser['parse']>>): Kept {
    if (outcome.kind !== 'parsed') {
      // Another text with this fingerprint may be right where this one is wrong.
      return { classes: null, opaqueBecause: outcome.kind, routes: [], refused: false };
    }
    const classes = outcome.statements.map(({ tree }) => classify(tree));
    const kept: Kept = { classes, opaqueBecause: null, routes: [], refused: false };
    let bytes = 200;
    for (const one of classes) bytes += weightOf(one);
    this.cache.insertAt(key, kept, bytes * 2, classes.some((one) => one.literalMatters) ? 'text' : 'statement');
    return kept;
  }

  private routeFrom(
    kept: Kept,
    scope: TextScope,
    buffer: Buffer,
    start: number,
    end: number,
    unread: boolean,
  ): StatementRoute | null {
    const form = formOf(buffer, start, end);
    const generation = this.judged;
    const rules = this.rulesOf(scope);
    if (rules.primaryPatterns.length === 0) {
      const { routes } = kept;
      for (let i = 0; i < routes.length; i++) {
        const one = routes[i] as KeptRoute;
        if (one.generation === generation && one.form === form && one.scope === scope.key && one.rules === rules) {
          return one.route;
        }
      }
    }
    // Two savepoints may look the same.
    if (unread && kept.classes?.some(({ detail }) => detail.kind === 'transaction') === true) return this.unknown;
    const bare = this.factsOf(kept, buffer, start, end, null);
    if (unread || !needsNames(bare, rules)) return this.keepRoute(kept, scope, buffer, start, end, null);
    const names = this.relations.known(scope.key, kept.classes ?? []);
    return names === null ? null : this.keepRoute(kept, scope, buffer, start, end, names);
  }

  private keepRoute(
    kept: Kept,
    scope: TextScope,
    buffer: Buffer,
    start: number,
    end: number,
    names: NameFacts | null,
  ): StatementRoute {
    const all = this.factsOf(kept, buffer, start, end, names);
    const rules = this.rulesOf(scope);
    const route = judge(all, rules);
    this.keptOf.set(route, kept);
    if (route.execution !== null) this.keptOf.set(route.execution, kept);
    // Patterns match the text itself, not what it has in common with others.
    if (rules.primaryPatterns.length > 0) return route;
    const { routes } = kept;
    if (routes.length >= ROUTES_PER_TEXT) routes.shift();
    const form = formOf(buffer, start, end);
    routes.push({ scope: scope.key, form, generation: this.judged, rules, route });
    return route;
  }

  private factsOf(kept: Kept, buffer: Buffer, start: number, end: number, names: NameFacts | null): StatementFacts {
    const comment = leadingComment(buffer, start, end);
    const all = facts(kept.classes, kept.opaqueBecause, buffer, start, end, comment, names);
    return kept.refused ? { ...all, refused: true } : all;
  }

  /** A standby refused it because it writes: its text counts as a write from now on. @returns how this route counts now */
  refused(route: StatementRoute): StatementRoute {
    const kept = this.keptOf.get(route);
    if (kept !== undefined && !kept.refused) {
      kept.refused = true;
      kept.routes.length = 0;
      this.refusals++;
    }
    return { ...route, destination: 'primary', because: REFUSED, isWrite: true, mayWrite: true, plain: false };
  }

  close(): void {
    this.parser.close();
  }
}

/** The function is named by its number alone. */
const CALL_TIES: readonly Tie[] = [{ kind: 'function', text: 'called a function by the function-call protocol' }];
const REFUSED = { rule: 'refused', found: 'a standby has refused it because it writes', decided: true };

function facts(
  classes: readonly StatementClass[] | null,
  opaqueBecause: string | null,
  buffer: Buffer,
  start: number,
  end: number,
  comment: boolean,
  names: NameFacts | null,
): StatementFacts {
  const trimmed = afterBlanks(buffer, start, end);
  return {
    classes,
    opaqueBecause,
    firstByte: start < end ? (buffer[start] as number) : -1,
    firstByteTrimmed: trimmed < end ? (buffer[trimmed] as number) : -1,
    leadingComment: comment,
    text: buffer.toString('utf8', start, Math.min(end, start + PATTERN_TEXT_MAX)),
    relations: names?.relations ?? null,
    functions: names?.functions ?? null,
    operators: names?.operators ?? null,
  };
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

function afterBlanks(buffer: Buffer, start: number, end: number): number {
  let pos = start;
  while (pos < end && isBlank(buffer[pos] as number)) pos++;
  return pos;
}

function leadingComment(buffer: Buffer, start: number, end: number): boolean {
  const pos = afterBlanks(buffer, start, end);
  const two = pos + 1 < end ? ((buffer[pos] as number) << 8) | (buffer[pos + 1] as number) : 0;
  return two === 0x2f2a || two === 0x2d2d;
}

/** What of a text's beginning matters beside its fingerprint: blanks, a comment, its first character. */
function formOf(buffer: Buffer, start: number, end: number): number {
  if (start === end) return 0;
  const first = buffer[start] as number;
  const comment = (first === 0x2f || first === 0x2d || isBlank(first)) && leadingComment(buffer, start, end);
  if (!comment && !isBlank(first)) return first | 0x20;
  const pos = afterBlanks(buffer, start, end);
  return ((comment ? 2 : 0) + (pos > start ? 1 : 0)) * 256 + ((buffer[pos] ?? 0) | 0x20);
}
