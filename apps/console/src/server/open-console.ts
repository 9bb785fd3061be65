/** Puts a console together: database, keys, engines, hub. Tries again while the database is not there. */
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { Audit } from './audit/audit.ts';
import type { Console } from './console.ts';
import { openDatabase } from './data/database.ts';
import { backUpSqlite } from './data/sqlite-file.ts';
import { Engines, tokenPurpose } from './engines/engines.ts';
import type { ConsoleOptions } from './env.ts';
import type { State } from './http/state.ts';
import { Hub } from './hub/hub.ts';
import { Keyring } from './keys/keyring.ts';
import { AccessChanges } from './people/access-changes.ts';
import { invite } from './people/accounts.ts';
import { importFrom } from './rpc/config/versions.ts';
import { ApplyRuns } from './versions/apply-runs.ts';

export const MIGRATIONS = fileURLToPath(new URL('../../../../prisma', import.meta.url)).replace(/\/$/, '');
const AGAIN_MS = 3_000;
const BACKUP_EVERY_MS = 30 * 60_000;

export async function openConsole(options: ConsoleOptions, log: Logger): Promise<Console> {
  fs.mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
  const keyring = Keyring.open(options.keyFile);
  const database = await openDatabase(options.databaseUrl, MIGRATIONS);
  const { prisma } = database;
  if (database.healed !== null) log.warn({ healed: database.healed }, 'the database was mended');
  const audit = new Audit(prisma);
  await refuseOtherKey(prisma, keyring);
  const engines = new Engines(prisma, keyring, log);
  await adoptEngine(prisma, keyring, options);
  await engines.load();
  const hub = new Hub(engines, prisma, log);
  const app: Console = {
    ...{ options, log, database, prisma, keyring, audit, engines, hub },
    access: new AccessChanges(),
    runs: new ApplyRuns(prisma, keyring, engines, hub, log),
  };
  await app.runs.resume();
  importFirst(app);
  if (database.healed !== null) {
    await audit.write({
      ...{ actor: 'console', actorId: null, via: 'system', address: '', clusterId: null },
      ...{ action: 'database.healed', target: '', details: { what: database.healed }, result: 'done' },
    });
  }
  return app;
}

export async function closeConsole(app: Console): Promise<void> {
  await app.runs.close();
  app.hub.close();
  app.engines.close();
  await app.database.close();
}

/** Keeps trying: a database that is not there yet, is locked or full, is no reason to go. @returns how to stop */
export function keepConsole(state: State, ready: (app: Console) => void): () => Promise<void> {
  let ended = false;
  const file = /^file:/.test(state.options.databaseUrl) ? state.options.databaseUrl.replace(/^file:(\/\/)?/, '') : null;
  let backup: NodeJS.Timeout | null = null;
  const run = async (): Promise<void> => {
    while (!ended && state.console === null) {
      try {
        const app = await openConsole(state.options, state.log);
        if (ended) return await closeConsole(app);
        state.set(app, null);
        ready(app);
        if (file !== null) {
          const copy = (): void =>
            void backUpSqlite(file).catch((error: unknown) =>
              state.log.warn({ err: error }, 'no copy of the database'),
            );
          copy();
          backup = setInterval(copy, BACKUP_EVERY_MS);
        }
      } catch (error) {
        state.set(
          null,
          `The console's database cannot be used: ${(error as Error).message} It is tried again every few seconds.`,
        );
        state.log.error({ err: error }, 'the console cannot open its database');
        await sleep(AGAIN_MS);
      }
    }
  };
  const running = run();
  return async () => {
    ended = true;
    if (backup !== null) clearInterval(backup);
    const app = state.console;
    state.set(null, 'The console is stopping.');
    if (app !== null) await closeConsole(app);
    await Promise.race([running, sleep(1_000)]);
  };
}

/** The one-time link for the first account, while there is none. @returns null when there are accounts */
export async function firstLink(app: Console, origin: string): Promise<string | null> {
  if ((await app.prisma.user.count({ where: { passwordHash: { not: null } } })) > 0) return null;
  return `${origin}/invite#${await invite(app.prisma, { userId: null, admin: true })}`;
}

/** Secrets that were sealed with another key would only fail later, one by one. */
async function refuseOtherKey(prisma: Console['prisma'], keyring: Keyring): Promise<void> {
  const key = 'key.check';
  const known = await prisma.setting.findUnique({ where: { key } });
  if (known === null) {
    await prisma.setting.create({ data: { key, value: keyring.seal('pgherd', key) } });
    return;
  }
  keyring.open(known.value, key);
}

/** What the engine beside the console runs becomes version 1 as soon as it answers: there is something to go back to. */
function importFirst(app: Console): void {
  const { engine } = app.options;
  const cluster = engine === null ? undefined : app.engines.clusters.find(({ slug }) => slug === 'herd');
  const link = cluster?.links.find(({ place }) => place.name === engine?.name);
  if (cluster === undefined || link === undefined) return;
  let busy = false;
  const tryIt = async (): Promise<void> => {
    if (busy || link.connection !== 'up') return;
    busy = true;
    try {
      const known = await app.prisma.version.count({ where: { clusterId: cluster.id } });
      if (known === 0) await importFrom({ console: app, cluster }, link.place.name, '', { id: null, name: 'pgherd' });
      link.off('changed', changed);
    } catch (error) {
      app.log.warn({ err: error }, 'the running configuration cannot be imported yet');
    } finally {
      busy = false;
    }
  };
  const changed = (): void => void tryIt();
  link.on('changed', changed);
  changed();
}

/** The engine that was started beside the console is known without being asked for. Its token may change with each start. */
async function adoptEngine(prisma: Console['prisma'], keyring: Keyring, { engine }: ConsoleOptions): Promise<void> {
  if (engine === null) return;
  const token = adminToken(fs.readFileSync(engine.tokenFile, 'utf8'));
  const known = await prisma.proxy.findFirst({ where: { name: engine.name, cluster: { slug: 'herd' } } });
  if (known !== null) {
    const data = { controlUrl: engine.url, token: keyring.seal(token, tokenPurpose(known.id)) };
    await prisma.proxy.update({ where: { id: known.id }, data });
    return;
  }
  const cluster =
    (await prisma.cluster.findUnique({ where: { slug: 'herd' } })) ??
    (await prisma.cluster.create({ data: { id: randomUUID(), slug: 'herd', name: 'herd', environment: 'demo' } }));
  const id = randomUUID();
  await prisma.proxy.create({
    data: {
      id,
      clusterId: cluster.id,
      name: engine.name,
      controlUrl: engine.url,
      token: keyring.seal(token, tokenPurpose(id)),
    },
  });
}

/** The token file holds a line for each: role, name, token. */
function adminToken(text: string): string {
  for (const line of text.split('\n')) {
    const [role, , token] = line.trim().split(/\s+/);
    if (role === 'admin' && token !== undefined) return token;
  }
  throw new Error('The token file has no token with the role admin.');
}
