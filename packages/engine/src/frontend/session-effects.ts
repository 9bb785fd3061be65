/**
 * What statements leave behind in their session, once the server has said that they succeeded: settings to be copied,
 * prepared statements, and news for the relation cache. Transaction state is not among it: that comes from
 * ReadyForQuery.
 */
import type { StatementClass } from '@pgherd/sql';
import { encodeQuery } from '@pgherd/wire';
import type { StatementRoute } from '../routing/types.ts';
import type { Exchange } from './exchange.ts';
import type { PreparedStatements } from './prepared.ts';
import type { RouterHost } from './router-host.ts';
import { DISCARD_ALL, RESET_ALL, type SettingsLog } from './settings-log.ts';

export interface EffectTargets {
  readonly settings: SettingsLog;
  readonly statements: PreparedStatements;
  readonly scopeKey: string;
  readonly generation: number;
  /** Set while a transaction that changed the catalog is open. */
  catalogTouched: boolean;
  /** It certainly did: what might have done so (DO, CALL, what was not analysed) is told apart. */
  catalogChanged: boolean;
  /** What was learned about names does not hold for this session until it is learned anew. */
  doubtNames(): void;
  /** Settings were changed in a way that cannot be copied. */
  settingsUnknown(why: string): void;
}

type SetDetail = Extract<StatementClass['detail'], { kind: 'set' }>;

const STATUS_IDLE = 0x49;
const STATUS_FAILED = 0x45;

/**
 * @param before the home link's state before the exchange
 * @param after the same after it
 */
export function applyEffects(
  targets: EffectTargets,
  host: RouterHost,
  exchange: Exchange,
  ok: boolean,
  before: number,
  after: number,
): void {
  const { settings } = targets;
  for (const route of exchange.routes) {
    if (route.classes === null || route.classes.some(mayTouchCatalog)) targets.catalogTouched = true;
    if (route.classes?.some(changesCatalog) === true) targets.catalogTouched = targets.catalogChanged = true;
  }
  if (ok) {
    let status = before;
    for (let i = 0; i < exchange.routes.length; i++) {
      const route = exchange.routes[i] as StatementRoute;
      applyRoute(targets, route, exchange.text(i), status);
      if (route.classes?.some(endsTransaction) === true) status = STATUS_IDLE;
    }
  } else if (exchange.routes.length > 1 || exchange.first?.several === true) applyDoubtful(targets, exchange, after);
  tellFull(targets);
  if (after !== STATUS_IDLE) return;
  // What is left stands outside an explicit transaction, and was committed with its statement.
  if (ok) settings.commit();
  else settings.rollback();
  tellFull(targets);
  if (!targets.catalogTouched) return;
  const certain = targets.catalogChanged;
  targets.catalogTouched = targets.catalogChanged = false;
  if (certain) host.catalogChanged();
  else if (!host.catalogMayHaveChanged()) targets.doubtNames();
}

function tellFull(targets: EffectTargets): void {
  if (targets.settings.full) targets.settingsUnknown('more settings were made than are kept');
}

function endsTransaction({ detail }: StatementClass): boolean {
  return detail.kind === 'transaction' && /^(?:commit|rollback|prepare-transaction)$/.test(detail.verb);
}

/** What is temporary is nobody else's, and its session is pinned. */
function changesCatalog({ kind, createsTemp }: StatementClass): boolean {
  return kind === 'ddl' && !createsTemp;
}

function mayTouchCatalog({ kind }: StatementClass): boolean {
  return kind === 'do' || kind === 'call';
}

function applyRoute(targets: EffectTargets, route: StatementRoute, text: string | null, before: number): void {
  const { settings, statements } = targets;
  const { classes } = route;
  if (classes === null) return;
  const several = classes.length > 1;
  if (several && classes.some(sets)) setsAmongOthers(targets, classes, text);
  for (const one of classes) {
    const { detail } = one;
    for (const call of one.settingsSet ?? []) {
      const sql = `SELECT pg_catalog.set_config(${literal(call.name)}, ${call.value === null ? 'NULL' : literal(call.value)}, ${call.isLocal})`;
      settings.add(`set_config:${call.name.toLowerCase()}`, sql, call.isLocal);
    }
    switch (detail.kind) {
      case 'set':
        if (several || !sets(one)) break;
        if (text === null) targets.settingsUnknown('a setting was made with a text that cannot be copied');
        else settings.add(settingsOf(detail, text), text, detail.isLocal);
        break;
      case 'transaction':
        applyTransaction(settings, detail, before);
        break;
      case 'prepare':
        if (text !== null && route.execution !== null && !several) {
          statements.add({
            name: detail.name,
            message: encodeQuery(text),
            bySql: true,
            route: route.execution,
            generation: targets.generation,
            scope: targets.scopeKey,
          });
        } else {
          statements.remove(detail.name);
          statements.lost = true;
        }
        break;
      case 'deallocate':
        if (detail.name === null) statements.clear();
        else statements.remove(detail.name);
        break;
      case 'discard':
        if (detail.target !== 'all') break;
        statements.clear();
        settings.add(DISCARD_ALL, 'DISCARD ALL', false);
        break;
      default:
    }
  }
}

function applyTransaction(
  settings: SettingsLog,
  { verb, name }: Extract<StatementClass['detail'], { kind: 'transaction' }>,
  before: number,
): void {
  // PREPARE TRANSACTION keeps what was SET, whatever becomes of the transaction.
  const ends = verb === 'commit' || verb === 'prepare-transaction';
  if (ends && before !== STATUS_FAILED) settings.commit();
  else if (ends || verb === 'rollback') settings.rollback();
  else if (verb === 'savepoint') settings.savepoint(name ?? '');
  else if (verb === 'rollback-to') settings.rollbackTo(name ?? '');
  else if (verb === 'release') settings.release(name ?? '');
}

/** Several statements in one text: it can be repeated on another connection if it does nothing but set. */
function setsAmongOthers(targets: EffectTargets, classes: readonly StatementClass[], text: string | null): void {
  if (text !== null && classes.every((one) => one.kind === 'set')) {
    const forGood: string[] = [];
    const locally: string[] = [];
    for (const one of classes) {
      if (!sets(one) || one.detail.kind !== 'set') continue;
      (one.detail.isLocal ? locally : forGood).push(...settingsOf(one.detail, text));
    }
    if (forGood.length === 0) targets.settings.add(locally, text, true);
    else targets.settings.add(forGood, text, false, locally);
  } else if (classes.some((one) => sets(one) && one.detail.kind === 'set' && !one.detail.isLocal)) {
    targets.settingsUnknown('settings were changed among other statements of one text');
  }
}

/** Of several statements one failed: what those before it did is known only where a rollback undid all of it. */
function applyDoubtful(targets: EffectTargets, exchange: Exchange, after: number): void {
  let setSomething = targets.settings.hasTentative;
  let ended = false;
  for (const { classes } of exchange.routes) {
    for (const one of classes ?? []) {
      const { detail } = one;
      if (sets(one) || one.settingsSet === null || one.settingsSet.length > 0) setSomething = true;
      if (detail.kind === 'transaction') {
        if (detail.verb === 'commit' || detail.verb === 'prepare-transaction') ended = true;
        else if (detail.verb !== 'begin') setSomething = true; // savepoints, which may bring settings back
      }
      // These are done at once, whatever becomes of the transaction. A statement that is not known stays on the primary.
      if (detail.kind === 'prepare' || detail.kind === 'deallocate' || detail.kind === 'discard') {
        if ('name' in detail && detail.name !== null) targets.statements.remove(detail.name);
        else targets.statements.clear();
        targets.statements.lost = true;
      }
    }
  }
  if (!setSomething) return;
  if (ended) targets.settingsUnknown('settings were changed among statements of which one failed');
  else if (after !== STATUS_IDLE) targets.settings.lost = true;
}

/** A SET that another connection has to be told. What belongs to the open transaction is in the BEGIN that it gets. */
function sets({ detail }: StatementClass): boolean {
  if (detail.kind !== 'set' || detail.name.startsWith('transaction_')) return false;
  return detail.verb !== 'transaction' && detail.verb !== 'transaction-snapshot';
}

const DATE_STYLE = 'datestyle:style';
const DATE_ORDER = 'datestyle:order';

/** What a SET decides on, whatever it was before. DateStyle has two parts. */
function settingsOf(detail: SetDetail, text: string): readonly string[] {
  if (detail.verb === 'reset-all') return [RESET_ALL];
  if (detail.verb === 'session-characteristics') return characteristics(detail.modes) ?? [`characteristics:${text}`];
  if (detail.name !== 'datestyle') return [detail.name];
  if (detail.verb !== 'set') return [DATE_STYLE, DATE_ORDER];
  return dateStyle(detail.values) ?? [`datestyle:${text}`];
}

function characteristics({ readOnly, isolation, deferrable }: SetDetail['modes']): string[] | null {
  const found: string[] = [];
  if (readOnly !== null) found.push('default_transaction_read_only');
  if (isolation !== null) found.push('default_transaction_isolation');
  if (deferrable !== null) found.push('default_transaction_deferrable');
  return found.length === 0 ? null : found;
}

/** The parts that these words set; null where one of them is not known here. */
function dateStyle(values: readonly string[] | null): string[] | null {
  const found = new Set<string>();
  for (const word of values?.flatMap((value) => value.toLowerCase().split(/[\s,]+/)) ?? []) {
    if (/^(?:iso|sql|postgres.*)$/.test(word)) found.add(DATE_STYLE);
    else if (/^(?:ymd|dmy|mdy|us|euro.*|noneuro.*)$/.test(word)) found.add(DATE_ORDER);
    else if (word === 'german' || word === 'default') found.add(DATE_STYLE).add(DATE_ORDER);
    else if (word !== '') return null;
  }
  return found.size === 0 ? null : [...found];
}

function literal(text: string): string {
  return `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}
