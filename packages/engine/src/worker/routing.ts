/** What the routers of one worker's sessions share: rules, the herd, routes of texts, positions. */

import type { Settings } from '@pgherd/config';
import type { ReceivedErrorFields } from '@pgherd/wire';
import type { Link } from '../backend/link.ts';
import type { Answer } from '../frontend/engine-query.ts';
import type { ClientIdentity, RoutedSession, RouterHost, TextScope } from '../frontend/router-host.ts';
import type { ClusterSnapshot } from '../ipc.ts';
import { type HerdView, herdView } from '../routing/herd-view.ts';
import { chooseReadNode, readPreference } from '../routing/read-node.ts';
import { type RoutingRules, routingRules } from '../routing/rules.ts';
import { createStrategy } from '../routing/strategies/strategies.ts';
import type { RoutingNode, StatementFacts, StatementRoute } from '../routing/types.ts';
import { Positions } from './positions.ts';
import { Statements } from './statements.ts';

/** A node whose facts are brought up to date in place. */
type WorkingNode = { -readonly [Field in keyof RoutingNode]: RoutingNode[Field] };

/** The settings of routing that a session may have its own of. */
export type OwnRules = Pick<Settings, 'allow_sql_comments' | 'check_temp_table' | 'check_unlogged_table'>;

export interface RoutingPorts {
  openReader(router: RoutedSession, nodeId: number): Promise<Link | null>;
  closeReader(link: Link, reusable: boolean): void;
  openHome(router: RoutedSession): Promise<Link>;
  readonly held: boolean;
  released(): Promise<void>;
  readerLost(link: Link): void;
  nodeOfPid(pid: number): number | null;
  countRoute(nodeId: number, route: StatementRoute): void;
  /** Asks on a connection of the worker's own. @throws Error when the node cannot be asked */
  query(nodeId: number, sql: string): Promise<Answer>;
  /** Tells the other workers that the catalog changed. */
  catalogChanged(): void;
  warn(message: string): void;
}

const WARNINGS_MAX = 1000;

/** How long a session waits for a connection to a read node before it reads on the primary. */
const OPEN_LIMIT_MS = 3_000;
/** How long nobody tries again after that. */
const OPEN_PAUSE_MS = 1_000;
/** How often all that is known of names is forgotten at most, for statements that seldom change it. */
const CHANGE_PAUSE_MS = 100;

export class Routing implements RouterHost {
  private readonly ports: RoutingPorts;
  private readonly statements: Statements;
  private readonly positions: Positions;
  private settings: Settings;
  rules: RoutingRules;
  private readonly ownRules = new Map<string, RoutingRules>();
  herd: HerdView;
  private nodes: readonly WorkingNode[] = [];
  readonly draw: () => number;
  /** When a connection to a node may be tried again. */
  private readonly notBeforeMs = new Map<number, number>();
  /** Runs while nothing more is forgotten for a statement that may have changed the catalog. */
  private changePause: NodeJS.Timeout | null = null;
  private changedAgain = false;
  /** Names of functions in reads that a standby refused for writing. */
  private readonly warned = new Set<string>();

  constructor(settings: Settings, cluster: ClusterSnapshot, ports: RoutingPorts, draw: () => number = Math.random) {
    this.draw = draw;
    this.ports = ports;
    this.settings = settings;
    this.rules = routingRules(settings);
    this.statements = new Statements(this.rules);
    this.herd = herdView(cluster.epoch, null, [], createStrategy(this.rules.strategy));
    const routing = this;
    this.positions = new Positions({
      query: (nodeId, sql) => ports.query(nodeId, sql),
      get primary() {
        return routing.herd.primary;
      },
      replayed(nodeId, position) {
        const node = routing.nodes.find(({ id }) => id === nodeId);
        if (node !== undefined && (node.replayed === null || node.replayed < position)) node.replayed = position;
      },
    });
    this.apply(settings);
    this.setCluster(cluster);
  }

  apply(settings: Settings): void {
    this.settings = settings;
    this.rules = routingRules(settings);
    this.ownRules.clear();
    this.statements.rules = this.rules;
    this.statements.relations.expireMs = settings.relcache_expire * 1000;
    if (this.herd.strategy.name !== this.rules.strategy) {
      this.herd = { ...this.herd, strategy: createStrategy(this.rules.strategy) };
    }
  }

  /** The rules of a session that has set some of them for itself: one object for all that have set the same. */
  rulesUnder(own: OwnRules): RoutingRules {
    const { rules } = this;
    const { allow_sql_comments, check_temp_table, check_unlogged_table } = own;
    const key = `${allow_sql_comments} ${check_temp_table} ${check_unlogged_table}`;
    if (key === `${rules.allowSqlComments} ${rules.checkTempTable} ${rules.checkUnloggedTable}`) return rules;
    let made = this.ownRules.get(key);
    if (made === undefined) {
      made = {
        ...rules,
        allowSqlComments: allow_sql_comments,
        checkTempTable: check_temp_table,
        checkUnloggedTable: check_unlogged_table,
      };
      this.ownRules.set(key, made);
    }
    return made;
  }

  setCluster(cluster: ClusterSnapshot): void {
    const sameEpoch = this.herd.epoch === cluster.epoch;
    if (!sameEpoch) this.positions.reset();
    this.nodes = cluster.nodes.map((node): WorkingNode => {
      const before = sameEpoch ? this.nodes.find(({ id }) => id === node.id) : undefined;
      return {
        id: node.id,
        role: node.role,
        up: node.status === 'up' || node.status === 'waiting',
        weight: node.weight,
        lagBytes: node.lagBytes,
        lagMs: node.lagMs,
        // What the streaming check saw may be of another timeline: only what was asked for here counts.
        replayed: before?.replayed ?? null,
      };
    });
    this.herd = herdView(cluster.epoch, cluster.primary, this.nodes, this.herd.strategy);
  }

  /** True when sessions need a router at all. */
  get readsStatements(): boolean {
    return (this.rules.balances || this.rules.changesPrimary) && this.herd.nodes.length > 1;
  }

  get generation(): number {
    return this.statements.generation;
  }

  get nothing(): StatementRoute {
    return this.statements.nothing;
  }

  get unknown(): StatementRoute {
    return this.statements.unknown;
  }

  get functionCall(): StatementRoute {
    return this.statements.functionCall;
  }

  routeOf(router: RoutedSession, buffer: Buffer, start: number, end: number): StatementRoute | null {
    return this.statements.routeOf(router.scope, buffer, start, end);
  }

  routeNow(router: RoutedSession, buffer: Buffer, start: number, end: number): StatementRoute {
    return this.statements.routeNow(router.scope, buffer, start, end);
  }

  findRoute(
    router: RoutedSession,
    text: Buffer,
    ask: ((sql: string) => Promise<Answer>) | null,
  ): Promise<{ route: StatementRoute; error: ReceivedErrorFields | null }> {
    return this.statements.findRoute(router.scope, text, ask);
  }

  /** All that is known of a text: what explain() goes by. */
  factsOf(
    scope: TextScope,
    text: Buffer,
    ask: ((sql: string) => Promise<Answer>) | null,
  ): Promise<{ facts: StatementFacts; error: ReceivedErrorFields | null }> {
    return this.statements.findFacts(scope, text, ask);
  }

  readNodeFor(identity: ClientIdentity): ReturnType<RouterHost['readNodeFor']> {
    return {
      node: chooseReadNode(identity, this.herd, this.rules, this.draw),
      preference: readPreference(identity, this.rules),
    };
  }

  /** A node that does not answer keeps nobody waiting for long, and then nobody for a moment. */
  async openReader(router: RoutedSession, nodeId: number): Promise<Link | null> {
    if (performance.now() < (this.notBeforeMs.get(nodeId) ?? 0)) return null;
    const opening = this.ports.openReader(router, nodeId);
    const link = await new Promise<Link | null | 'late'>((resolve, reject) => {
      const timer = setTimeout(() => resolve('late'), OPEN_LIMIT_MS);
      opening.then(resolve, reject).finally(() => clearTimeout(timer));
    });
    if (link !== 'late') return link;
    const tooLate = (late: Link | null): void => {
      if (late !== null) this.closeReader(late, true);
    };
    opening.then(tooLate, () => {});
    this.notBeforeMs.set(nodeId, performance.now() + OPEN_PAUSE_MS);
    return null;
  }

  get held(): boolean {
    return this.ports.held;
  }

  released(): Promise<void> {
    return this.ports.released();
  }

  openHome(router: RoutedSession): Promise<Link> {
    return this.ports.openHome(router);
  }

  closeReader(link: Link, reusable: boolean): void {
    this.ports.closeReader(link, reusable);
  }

  readerLost(link: Link): void {
    this.ports.readerLost(link);
  }

  askPosition(): Promise<bigint | null> {
    return this.positions.position();
  }

  askReplayed(nodeId: number, position: bigint): Promise<void> {
    const waitMs = this.rules.readAfterWrite === 'wait' ? this.settings.read_after_write_wait : 0;
    return this.positions.replayed(nodeId, position, waitMs);
  }

  catalogChanged(): void {
    this.changedAgain = false;
    this.statements.relations.invalidate();
    this.ports.catalogChanged();
  }

  catalogMayHaveChanged(): boolean {
    if (this.changePause !== null) {
      this.changedAgain = true;
      return false;
    }
    this.catalogChanged();
    this.changePause = setTimeout(() => {
      this.changePause = null;
      if (this.changedAgain) this.catalogMayHaveChanged();
    }, CHANGE_PAUSE_MS);
    this.changePause.unref();
    return true;
  }

  get namesGeneration(): number {
    return this.statements.relations.generation;
  }

  /** Another worker saw a change of the catalog. */
  forgetNames(): void {
    this.statements.relations.invalidate();
  }

  misrouted(route: StatementRoute): StatementRoute {
    const writes = this.statements.refused(route);
    const names = new Set(route.classes?.flatMap((one) => one.functions.map(({ name }) => name)) ?? []);
    const which = [...names].join(', ');
    if (this.warned.has(which) || this.warned.size >= WARNINGS_MAX) return writes;
    this.warned.add(which);
    this.ports.warn(
      `a read was refused by a standby because it writes, and was run on the primary${
        which === '' ? '' : `; declare its function VOLATILE: ${which}`
      }`,
    );
    return writes;
  }

  nodeOfPid(pid: number): number | null {
    return this.ports.nodeOfPid(pid);
  }

  countRoute(nodeId: number, route: StatementRoute): void {
    this.ports.countRoute(nodeId, route);
  }

  trouble(error: Error): void {
    this.ports.warn(error.message);
  }

  tick(now: number): void {
    this.statements.relations.expire(now);
  }

  close(): void {
    if (this.changePause !== null) clearTimeout(this.changePause);
    this.statements.close();
  }
}
