/**
 * Brings a version to the proxies of a cluster: at all at once, or one after the other with a stop at the first that refuses. Each
 * proxy takes it wholly or stays as it was; each step is in the database before it is made, so that a console that dies goes on
 * with it at its next start. Applying the same version again changes nothing, which is what makes that safe.
 */
import { randomUUID } from 'node:crypto';
import type { ApplyReport } from '@pgherd/operations';
import type { Logger } from 'pino';
import type { ApplyRunView, ApplyStepView } from '../../shared/live/topics.ts';
import type { Prisma } from '../data/database.ts';
import { ask } from '../engines/ask.ts';
import type { EngineLink } from '../engines/engine-link.ts';
import type { Engines } from '../engines/engines.ts';
import type { Hub } from '../hub/hub.ts';
import type { Keyring } from '../keys/keyring.ts';
import { refuse } from '../refusal.ts';
import { filesOf, given } from './files.ts';
import { localised } from './localised.ts';
import { clusterKey, ownText, secretsFor } from './secrets.ts';
import { type Author, Versions } from './versions.ts';

const APPLY_LIMIT_MS = 60_000;
const CONNECT_LIMIT_MS = 10_000;
const CONNECT_LOOK_MS = 200;
const AGAIN_MS = 1_000;
const STEPS = ['connect', 'check', 'apply', 'readBack', 'verify'] as const;
type StepName = (typeof STEPS)[number];
type Outcome = ApplyRunView['outcome'][string];

interface Stored {
  readonly steps: readonly ApplyStepView[];
  readonly outcome: Readonly<Record<string, Outcome>>;
  /** As it was wished: a run that is gone on with later asks nobody again. */
  readonly overwriteDrift?: boolean;
}

export interface Wish {
  readonly clusterId: string;
  readonly versionId: string;
  readonly strategy: 'all' | 'oneByOne';
  readonly by: Author;
  /** Names of proxies; null = all. */
  readonly only: readonly string[] | null;
  /** Files that were edited by hand on a proxy are overwritten; otherwise such a proxy refuses. */
  readonly overwriteDrift: boolean;
}

export class ApplyRuns {
  readonly #prisma: Prisma;
  readonly #keyring: Keyring;
  readonly #engines: Engines;
  readonly #hub: Hub;
  readonly #log: Logger;
  readonly #running = new Map<string, { stop: boolean; readonly done: Promise<void> }>();
  /** Cluster id → the start that is under way: two at once would both find nothing running. */
  readonly #starting = new Map<string, Promise<unknown>>();
  #closed = false;

  constructor(prisma: Prisma, keyring: Keyring, engines: Engines, hub: Hub, log: Logger) {
    this.#prisma = prisma;
    this.#keyring = keyring;
    this.#engines = engines;
    this.#hub = hub;
    this.#log = log;
  }

  /** Runs that a console left when it died go on. */
  async resume(): Promise<void> {
    for (const row of await this.#prisma.applyRun.findMany({ where: { state: 'running' } })) {
      const { outcome, overwriteDrift } = JSON.parse(row.steps) as Stored;
      const waiting = Object.entries(outcome)
        .filter(([, how]) => how === 'waiting')
        .map(([name]) => name);
      this.#begin(
        row.id,
        row.clusterId,
        row.versionId,
        row.strategy,
        waiting,
        { id: row.byId, name: row.byName },
        overwriteDrift ?? false,
      );
    }
  }

  /** @throws refusal BUSY, NO_PROXY */
  start(wish: Wish): Promise<string> {
    return this.startNew(wish.clusterId, wish.only, async () => wish);
  }

  /**
   * One start after the other in a cluster. What is to be applied is made when it is certain that it can begin.
   * @throws refusal BUSY, NO_PROXY, and what `make` throws
   */
  async startNew(clusterId: string, only: Wish['only'], make: () => Promise<Wish>): Promise<string> {
    const before = this.#starting.get(clusterId) ?? Promise.resolve();
    const mine = before.catch(() => {}).then(() => this.#start(clusterId, only, make));
    this.#starting.set(clusterId, mine);
    try {
      return await mine;
    } finally {
      if (this.#starting.get(clusterId) === mine) this.#starting.delete(clusterId);
    }
  }

  async #start(clusterId: string, only: Wish['only'], make: () => Promise<Wish>): Promise<string> {
    const { links } = this.#engines.cluster(clusterId);
    const proxies = links.map(({ place }) => place.name).filter((name) => only === null || only.includes(name));
    if (proxies.length === 0) throw refuse('PRECONDITION_FAILED', 'NO_PROXY', 'There is no proxy to apply it to.');
    const open = await this.#prisma.applyRun.findFirst({ where: { clusterId, state: 'running' } });
    if (open !== null) throw refuse('CONFLICT', 'BUSY', 'Another version is being applied.');
    const { versionId, strategy, by, overwriteDrift } = await make();
    const id = randomUUID();
    const stored: Stored = {
      overwriteDrift,
      steps: proxies.flatMap((proxy) =>
        STEPS.map((name) => ({ proxy, name, state: 'waiting' as const, startedAt: null, endedAt: null, detail: '' })),
      ),
      outcome: Object.fromEntries(proxies.map((name) => [name, 'waiting' as const])),
    };
    await this.#prisma.applyRun.create({
      data: {
        id,
        clusterId,
        versionId,
        strategy,
        state: 'running',
        byId: by.id,
        byName: by.name,
        steps: JSON.stringify(stored),
      },
    });
    this.#begin(id, clusterId, versionId, strategy, proxies, by, overwriteDrift);
    return id;
  }

  /** No further proxy is begun; one that is under way ends. @returns false when it is over already */
  stop(id: string): boolean {
    const run = this.#running.get(id);
    if (run !== undefined) run.stop = true;
    return run !== undefined;
  }

  /** Waits for what is under way, a bounded time. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const run of this.#running.values()) run.stop = true;
    await Promise.race([
      Promise.allSettled([...this.#running.values()].map(({ done }) => done)),
      new Promise((resolve) => setTimeout(resolve, 5_000).unref()),
    ]);
  }

  async view(id: string): Promise<ApplyRunView | null> {
    const row = await this.#prisma.applyRun.findUnique({ where: { id } });
    if (row === null) return null;
    const version = await this.#prisma.version.findUnique({ where: { id: row.versionId } });
    const { steps, outcome } = JSON.parse(row.steps) as Stored;
    return {
      ...{
        id,
        version: version?.number ?? 0,
        strategy: row.strategy,
        state: row.state as ApplyRunView['state'],
        by: row.byName,
      },
      ...{
        startedAt: row.startedAt.toISOString(),
        endedAt: row.endedAt?.toISOString() ?? null,
        error: row.error,
        steps,
        outcome,
      },
    };
  }

  #begin(
    id: string,
    clusterId: string,
    versionId: string,
    strategy: string,
    proxies: readonly string[],
    by: Author,
    overwriteDrift: boolean,
  ): void {
    const control = { stop: false, done: Promise.resolve() };
    const done = this.#run(id, clusterId, versionId, strategy, proxies, by, overwriteDrift, control)
      .catch((error: unknown) => this.#giveUp(id, clusterId, error))
      .finally(() => this.#running.delete(id));
    this.#running.set(id, Object.assign(control, { done }));
  }

  /**
   * The database failed in the middle: what was done is done, and a row that says "running" for ever would keep everybody from
   * applying anything. It is ended as soon as the database takes it; a console that stops meanwhile goes on with it at its start.
   */
  async #giveUp(id: string, clusterId: string, fault: unknown): Promise<void> {
    this.#log.error({ err: fault, run: id }, 'an apply run failed');
    const error = 'The console’s database failed in the middle: look at the proxies, and apply again.';
    while (!this.#closed) {
      try {
        await this.#prisma.applyRun.update({ where: { id }, data: { state: 'failed', error, endedAt: new Date() } });
        const watched = this.#hub.of(clusterId);
        watched?.wanted.setRun(await this.view(id));
        await watched?.wanted.read();
        return;
      } catch (again) {
        this.#log.warn({ err: again, run: id }, 'the end of an apply run cannot be written yet');
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS).unref());
      }
    }
  }

  async #run(
    id: string,
    clusterId: string,
    versionId: string,
    strategy: string,
    proxies: readonly string[],
    by: Author,
    overwriteDrift: boolean,
    control: { stop: boolean },
  ): Promise<void> {
    const version = await this.#prisma.version.findUniqueOrThrow({ where: { id: versionId } });
    const row = await this.#prisma.applyRun.findUniqueOrThrow({ where: { id } });
    const book = new RunBook(JSON.parse(row.steps) as Stored, async (stored) => {
      await this.#prisma.applyRun.update({ where: { id }, data: { steps: JSON.stringify(stored) } });
      const view = await this.view(id);
      this.#hub.of(clusterId)?.wanted.setRun(view);
    });
    const versions = new Versions(this.#prisma, this.#keyring, clusterId);
    const one = async (name: string): Promise<boolean> => {
      // Where the console died while a proxy took the version, its file may be the new one: that is no drift.
      const overwrite = overwriteDrift || book.begun(name, 'apply');
      const outcome = await this.#applyTo(clusterId, name, version, by, overwrite, book);
      await book.end(name, outcome);
      const good = outcome === 'inStep' || outcome === 'restartPending';
      if (good) {
        await versions.setWanted(versionId);
        await this.#hub.of(clusterId)?.wanted.read();
      }
      return good;
    };
    let stopped = false;
    if (strategy === 'oneByOne') {
      for (const name of proxies) {
        if (control.stop) {
          stopped = true;
          break;
        }
        if (!(await one(name))) {
          stopped = true;
          break;
        }
      }
    } else {
      // Each to its end, also when the database fails at another one's step.
      const ends = await Promise.allSettled(proxies.map(one));
      const fault = ends.find((end) => end.status === 'rejected');
      if (fault !== undefined) throw fault.reason;
    }
    const outcomes = Object.values(book.stored.outcome);
    const bad = outcomes.filter((outcome) => outcome === 'rejected' || outcome === 'unreachable').length;
    const state = bad > 0 ? 'failed' : stopped && outcomes.includes('waiting') ? 'stopped' : 'done';
    const error = bad === 0 ? null : book.errors().join(' ');
    await this.#prisma.applyRun.update({ where: { id }, data: { state, error, endedAt: new Date() } });
    const watched = this.#hub.of(clusterId);
    watched?.wanted.setRun(await this.view(id));
    await watched?.wanted.read();
  }

  /** Everything for one proxy. Never throws: what went wrong is in the book. */
  async #applyTo(
    clusterId: string,
    name: string,
    version: { readonly id: string; readonly files: string; readonly reason: string; readonly number: number },
    by: Author,
    overwriteDrift: boolean,
    book: RunBook,
  ): Promise<Outcome> {
    const wanted = this.#hub.of(clusterId)?.wanted;
    let link: EngineLink;
    try {
      await book.begin(name, 'connect');
      link = await this.#reached(clusterId, name);
      await book.done(name, 'connect', `${link.place.controlUrl}`);
    } catch (error) {
      await book.fail(name, 'connect', (error as Error).message);
      return 'unreachable';
    }
    const { place } = link;
    const reject = async (step: StepName, why: string): Promise<Outcome> => {
      await book.fail(name, step, why);
      wanted?.setRejected(place.id, why);
      return 'rejected';
    };
    const asked = given(filesOf(version.files));
    const secrets = await secretsFor(this.#prisma, this.#keyring, clusterId, asked);
    let step: StepName = 'check';
    try {
      await book.begin(name, 'check');
      const onDisk = await ask(link, by.name, (api, options) => api.configuration.files.query(undefined, options));
      const files = given(localised(asked, ownText(onDisk), place.ownParameters));
      if (onDisk.externallyManaged)
        return await reject('check', onDisk.externallyManagedBecause ?? 'Its files are managed elsewhere.');
      if (!overwriteDrift && (await this.#drifted(clusterId, place.id, onDisk.hash, onDisk.keyId))) {
        return await reject('check', 'Its files were changed outside of the console: adopt or overwrite that first.');
      }
      const check = await ask(
        link,
        by.name,
        (api, options) => api.configuration.check.query({ files, secrets, testNodes: false }, options),
        30_000,
      );
      if (!check.ok) {
        const why = check.findings.find(({ severity }) => severity === 'error')?.message ?? refusedBecause(check);
        return await reject('check', why);
      }
      await book.done(name, 'check', `${check.changes.length} changes`);
      step = 'apply';
      await book.begin(name, 'apply');
      const report: ApplyReport = await ask(
        link,
        by.name,
        (api, options) =>
          api.configuration.applyVersion.mutate(
            {
              ...{
                files,
                secrets,
                clusterKey: clusterKey(this.#keyring, clusterId),
                reason: `version ${version.number}: ${version.reason}`.slice(0, 500),
              },
              ...(onDisk.hash === null ? {} : { expected: onDisk.hash }),
            },
            options,
          ),
        APPLY_LIMIT_MS,
      );
      if (report.outcome === 'rejected')
        return await reject('apply', report.errors.join(' ') || 'The proxy rejected it.');
      await book.done(name, 'apply', report.changed.length === 0 ? '' : report.changed.join(', '));
      step = 'readBack';
      await book.begin(name, 'readBack');
      const running = await ask(link, by.name, (api, options) => api.configuration.state.query(undefined, options));
      await book.done(name, 'readBack', `snapshot ${running.snapshot}`);
      step = 'verify';
      await book.begin(name, 'verify');
      if (report.different.length > 0) {
        const [first] = report.different;
        return await reject('verify', `${first?.name} runs as ${first?.running}, wanted ${first?.wanted}.`);
      }
      await new Versions(this.#prisma, this.#keyring, clusterId).noteHash(
        version.id,
        place.id,
        running.runningHash,
        running.keyId,
      );
      await book.done(name, 'verify', report.needRestart.length === 0 ? '' : report.needRestart.join(', '));
      wanted?.setRejected(place.id, null);
      return report.outcome;
    } catch (error) {
      return reject(step, (error as Error).message);
    }
  }

  /** A console that has just begun has not heard of its proxies yet. @throws Refusal when it stays so */
  async #reached(clusterId: string, name: string): Promise<EngineLink> {
    const link = this.#engines.cluster(clusterId).links.find(({ place }) => place.name === name);
    const end = Date.now() + CONNECT_LIMIT_MS;
    while (link !== undefined && link.connection !== 'up' && Date.now() < end) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, CONNECT_LOOK_MS);
        link.once('changed', () => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
    return this.#engines.acting(clusterId, name);
  }

  /** The proxy's file is not what the console put there last. Without anything to compare with it is taken as it is. */
  async #drifted(clusterId: string, proxyId: string, hash: string | null, keyId: string): Promise<boolean> {
    const wanted = await new Versions(this.#prisma, this.#keyring, clusterId).wanted();
    if (wanted === null || hash === null) return false;
    const known = await this.#prisma.versionHash.findUnique({
      where: { versionId_proxyId: { versionId: wanted.id, proxyId } },
    });
    if (known === null || known.keyId !== keyId) return false;
    return known.hash !== hash;
  }
}

function refusedBecause(check: {
  readonly changes: readonly { readonly name: string; readonly refused: boolean }[];
  readonly missingSecrets: readonly string[];
}): string {
  const refused = check.changes.filter((change) => change.refused).map(({ name }) => name);
  if (refused.length > 0)
    return `${refused.join(', ')} may not be changed this way: set control_may_change_commands on the proxy.`;
  if (check.missingSecrets.length > 0) return `Values are missing for ${check.missingSecrets.join(', ')}.`;
  return 'The proxy refuses it.';
}

/** The steps as they go on, written before and after each. */
class RunBook {
  stored: Stored;
  readonly #write: (stored: Stored) => Promise<void>;
  #chain: Promise<void> = Promise.resolve();

  constructor(stored: Stored, write: (stored: Stored) => Promise<void>) {
    this.stored = stored;
    this.#write = write;
  }

  begin(proxy: string, name: StepName): Promise<void> {
    return this.#set(proxy, name, { state: 'running', startedAt: new Date().toISOString(), endedAt: null, detail: '' });
  }

  done(proxy: string, name: StepName, detail: string): Promise<void> {
    return this.#set(proxy, name, { state: 'done', endedAt: new Date().toISOString(), detail });
  }

  async fail(proxy: string, name: StepName, detail: string): Promise<void> {
    const at = STEPS.indexOf(name);
    for (const later of STEPS.slice(at + 1)) this.#change(proxy, later, { state: 'skipped' });
    await this.#set(proxy, name, { state: 'failed', endedAt: new Date().toISOString(), detail });
  }

  end(proxy: string, outcome: Outcome): Promise<void> {
    this.stored = { ...this.stored, outcome: { ...this.stored.outcome, [proxy]: outcome } };
    return this.#flush();
  }

  begun(proxy: string, name: StepName): boolean {
    return this.stored.steps.some((step) => step.proxy === proxy && step.name === name && step.state !== 'waiting');
  }

  errors(): string[] {
    return this.stored.steps
      .filter(({ state }) => state === 'failed')
      .map(({ proxy, detail }) => `${proxy}: ${detail}`);
  }

  #set(proxy: string, name: StepName, change: Partial<ApplyStepView>): Promise<void> {
    this.#change(proxy, name, change);
    return this.#flush();
  }

  #change(proxy: string, name: StepName, change: Partial<ApplyStepView>): void {
    const steps = this.stored.steps.map((step) =>
      step.proxy === proxy && step.name === name ? { ...step, ...change } : step,
    );
    this.stored = { ...this.stored, steps };
  }

  /** One write after the other: proxies that are applied to at once share the row. */
  #flush(): Promise<void> {
    const written = this.#chain.then(() => this.#write(this.stored));
    this.#chain = written.catch(() => {});
    return written;
  }
}
