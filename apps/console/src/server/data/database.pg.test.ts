/** The same suite over both databases: migrations, what a console does with them, and what goes wrong with them. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createClient } from '@libsql/client';
import { type Cluster, ephemeralCluster } from '@pgherd/lab';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { derivedSchema, providers, root, schemaFile } from '../../../tools/schemas.ts';
import { Audit } from '../audit/audit.ts';
import { Keyring } from '../keys/keyring.ts';
import { acceptInvitation, invite, signIn } from '../people/accounts.ts';
import { PASSWORD, TestConsole } from '../testing/test-console.ts';
import { filesOf } from '../versions/files.ts';
import { secretsFor } from '../versions/secrets.ts';
import { Versions } from '../versions/versions.ts';
import { openDatabase } from './database.ts';
import { backUpSqlite, backupOf } from './sqlite-file.ts';

const MIGRATIONS = path.join(root, 'prisma');
let dir = '';
let cluster: Cluster;
beforeAll(async () => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'pgherd-data-'));
  cluster = await ephemeralCluster({ nodes: 1 });
});
afterAll(async () => {
  await cluster.destroy();
  fs.rmSync(dir, { recursive: true, force: true });
});

let made = 0;
async function freshUrl(provider: (typeof providers)[number]): Promise<string> {
  made++;
  if (provider === 'sqlite') return `file:${dir}/${made}.db`;
  const name = `console_${made}`;
  await cluster.primary.query(`CREATE DATABASE ${name}`);
  const { host, port } = cluster.primary;
  const { user, password } = cluster.secrets.superuser;
  return `postgresql://${user}:${encodeURIComponent(password)}@${host}:${port}/${name}`;
}

test('the schemas of both databases come from the one source', () => {
  const source = fs.readFileSync(path.join(MIGRATIONS, 'schema.prisma'), 'utf8');
  for (const provider of providers)
    expect(fs.readFileSync(schemaFile(provider), 'utf8')).toBe(derivedSchema(source, provider));
});

test('the migrations of both have the same names', () => {
  const names = providers.map((provider) =>
    fs.readdirSync(path.join(MIGRATIONS, provider, 'migrations')).filter((name) => name !== 'migration_lock.toml'),
  );
  expect(names[0]).toEqual(names[1]);
});

describe.each(providers)('%s', (provider) => {
  test('migrations are applied once, and an upgrade keeps what is there', async () => {
    const url = await freshUrl(provider);
    // The state before: all migrations but a new one, with data in it.
    const before = fs.mkdtempSync(path.join(dir, 'before-'));
    fs.cpSync(MIGRATIONS, before, { recursive: true });
    const first = await openDatabase(url, before);
    expect(first.applied.length).toBeGreaterThan(0);
    await first.prisma.setting.create({ data: { key: 'kept', value: '戻る' } });
    await first.close();
    const next = path.join(before, provider, 'migrations', '29990101000000_next');
    fs.mkdirSync(next);
    fs.writeFileSync(
      path.join(next, 'migration.sql'),
      'CREATE TABLE "Later" ("id" TEXT NOT NULL PRIMARY KEY);\nINSERT INTO "Later" VALUES (\'a;b\');\n',
    );
    const second = await openDatabase(url, before);
    expect(second.applied).toEqual(['29990101000000_next']);
    expect((await second.prisma.setting.findUnique({ where: { key: 'kept' } }))?.value).toBe('戻る');
    await second.close();
    const third = await openDatabase(url, before);
    expect(third.applied).toEqual([]);
    await third.close();
    // An older console leaves a newer database alone.
    await expect(openDatabase(url, MIGRATIONS)).rejects.toThrow('newer console');
  });

  test('a migration that fails leaves a sentence, and data as they were', async () => {
    const url = await freshUrl(provider);
    const copy = fs.mkdtempSync(path.join(dir, 'bad-'));
    fs.cpSync(MIGRATIONS, copy, { recursive: true });
    const first = await openDatabase(url, copy);
    await first.prisma.setting.create({ data: { key: 'kept', value: '1' } });
    await first.close();
    const bad = path.join(copy, provider, 'migrations', '29990101000000_bad');
    fs.mkdirSync(bad);
    fs.writeFileSync(path.join(bad, 'migration.sql'), 'CREATE TABLE "Setting" ("id" TEXT);\n');
    await expect(openDatabase(url, copy)).rejects.toThrow(/29990101000000_bad failed/);
    if (provider === 'postgresql') {
      fs.rmSync(bad, { recursive: true });
      const again = await openDatabase(url, copy);
      expect((await again.prisma.setting.findMany()).length).toBe(1);
      await again.close();
    } else {
      // Not transactional there: the copy from before the migration lies beside.
      expect(fs.readdirSync(dir).some((name) => name.endsWith('.before-29990101000000_bad'))).toBe(true);
    }
  });

  test('people: an invitation is used once, signs in, and the audit log stays a chain under many at once', async () => {
    const database = await openDatabase(await freshUrl(provider), MIGRATIONS);
    const { prisma } = database;
    const keyring = Keyring.open(path.join(dir, `${provider}.key`));
    const token = await invite(prisma, { userId: null, admin: true });
    const accept = (name: string): Promise<{ readonly id: string }> =>
      acceptInvitation(prisma, { token, name, password: PASSWORD });
    const tried = await Promise.allSettled([accept('ada'), accept('eve'), accept('mallory')]);
    expect(tried.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const [user] = await prisma.user.findMany();
    const entered = await signIn(prisma, keyring, {
      name: user?.name ?? '',
      password: PASSWORD,
      code: null,
      address: '::1',
      userAgent: '',
    });
    expect(entered.outcome).toBe('signedIn');
    const audit = new Audit(prisma);
    const fact = {
      actor: 'ada',
      actorId: null,
      via: 'session',
      address: '',
      clusterId: null,
      action: 'x',
      target: '',
      details: { ü: '漢字' },
      result: 'done',
    } as const;
    await Promise.all(Array.from({ length: 50 }, () => audit.write(fact)));
    expect(await audit.broken()).toBeNull();
    expect(await prisma.auditEntry.count()).toBe(50);
    await database.close();
  });

  test('versions and drafts: numbers without gaps, a revision counts once, secrets are not in any row', async () => {
    const url = await freshUrl(provider);
    const home = await TestConsole.open({ databaseUrl: url, dataDir: fs.mkdtempSync(path.join(dir, 'home-')) });
    const clusterId = await home.cluster('herd', 'development', 0);
    const { prisma, keyring } = home.app;
    const versions = new Versions(prisma, keyring, clusterId);
    const author = { id: null, name: 'ada' };
    const base = { author, reason: '', source: 'ui', rollbackOf: null } as const;
    const one = await versions.create({ ...base, files: { 'pgpool.conf': 'port = 9999\n' }, parentId: null });
    await versions.setWanted(one.id);
    const draft = await versions.createDraft({ title: 't', files: null, author, source: 'ui', rollbackOf: null });
    const text = "port = 9998 # mine\nsr_check_password = 'canary-4711'\n";
    const saves = await Promise.allSettled(
      [1, 2, 3].map(() =>
        versions.saveDraft(draft.id, 1, { files: { 'pgpool.conf': text }, title: undefined, by: 'ada' }),
      ),
    );
    expect(saves.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const saved = await versions.draft(draft.id);
    expect(saved).toMatchObject({ revision: 2, changes: 2 });
    expect(filesOf(saved.files)['pgpool.conf']).toBe(
      "port = 9998 # mine\nsr_check_password = 'secret:sr_check_password#c1'\n",
    );
    expect(await secretsFor(prisma, keyring, clusterId, filesOf(saved.files))).toEqual({
      'sr_check_password#c1': 'canary-4711',
    });
    const two = await versions.create({ ...base, files: filesOf(saved.files), parentId: one.id });
    expect([one.number, two.number]).toEqual([1, 2]);
    // Somebody else's version in between: the draft knows, and takes its own changes along.
    await versions.setWanted(two.id);
    const late = await versions.createDraft({ title: 'late', files: null, author, source: 'ui', rollbackOf: null });
    await versions.saveDraft(late.id, 1, {
      files: { 'pgpool.conf': `${filesOf(two.files)['pgpool.conf']}max_pool = 7\n` },
      title: undefined,
      by: 'ada',
    });
    const three = await versions.create({
      ...base,
      files: { 'pgpool.conf': '# kept\nport = 1234\nnum_init_children = 9\n' },
      parentId: two.id,
    });
    await versions.setWanted(three.id);
    expect(await versions.conflict(await versions.draft(late.id))).toMatchObject({
      baseNumber: 2,
      wantedNumber: 3,
      both: [],
    });
    const moved = await versions.rebase(late.id, 2, 'ada');
    expect(filesOf(moved.files)['pgpool.conf']).toBe('# kept\nport = 1234\nnum_init_children = 9\nmax_pool = 7\n');
    expect(await versions.conflict(moved)).toBeNull();
    await home.close();
  });
});

describe('the SQLite file', () => {
  const home = (): string => fs.mkdtempSync(path.join(dir, 'file-'));

  test('a corrupt one is put aside, and the last copy takes its place', async () => {
    const folder = home();
    const file = path.join(folder, 'console.db');
    const database = await openDatabase(`file:${file}`, MIGRATIONS);
    await database.prisma.setting.create({ data: { key: 'kept', value: '1' } });
    await backUpSqlite(file);
    await database.close();
    fs.writeFileSync(file, 'this is no database at all, and never was one'.repeat(100));
    for (const side of ['-wal', '-shm']) fs.rmSync(file + side, { force: true });
    const again = await openDatabase(`file:${file}`, MIGRATIONS);
    expect(again.healed).toMatch(/was corrupt and lies beside as console\.db\.corrupt-.*the copy of .* took its place/);
    expect((await again.prisma.setting.findMany()).map(({ key }) => key)).toContain('kept');
    await again.close();
    expect(fs.readdirSync(folder).some((name) => name.startsWith('console.db.corrupt-'))).toBe(true);
  });

  test('a corrupt one without a copy: the console begins anew, and nothing was thrown away', async () => {
    const folder = home();
    const file = path.join(folder, 'console.db');
    fs.writeFileSync(file, Buffer.alloc(8_192, 7));
    const database = await openDatabase(`file:${file}`, MIGRATIONS);
    expect(database.healed).toContain('begins anew');
    expect(await database.prisma.user.count()).toBe(0);
    await database.close();
    const aside = fs.readdirSync(folder).find((name) => name.includes('.corrupt-')) ?? '';
    expect(fs.readFileSync(path.join(folder, aside))).toEqual(Buffer.alloc(8_192, 7));
  });

  test('a missing one comes back from its copy', async () => {
    const file = path.join(home(), 'console.db');
    const database = await openDatabase(`file:${file}`, MIGRATIONS);
    await database.prisma.setting.create({ data: { key: 'kept', value: '1' } });
    await backUpSqlite(file);
    await database.close();
    for (const side of ['', '-wal', '-shm']) fs.rmSync(file + side, { force: true });
    const again = await openDatabase(`file:${file}`, MIGRATIONS);
    expect(again.healed).toContain('was missing');
    expect(await again.prisma.setting.count()).toBe(1);
    await again.close();
    expect(fs.existsSync(backupOf(file))).toBe(true);
  });

  test('one that another program holds is told as locked, and used again when it is free', async () => {
    const console = await TestConsole.open();
    const ada = await console.person('ada', { admin: true });
    const url = await console.listen();
    const other = createClient({ url: `file:${console.dir}/console.db` });
    const held = await other.transaction('write');
    await held.execute(`UPDATE "Setting" SET "value" = "value"`);
    const change = (): Promise<Response> =>
      fetch(`${url}/api/trpc/auth.setPreferences`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin: url, cookie: `pgherd_session=${ada.cookie}` },
        body: JSON.stringify({ locale: 'ja' }),
      });
    const refused = await change();
    expect(refused.status).toBe(503);
    expect(await refused.text()).toContain('DATABASE_LOCKED');
    await held.rollback();
    other.close();
    expect((await change()).status).toBe(200);
    await console.close();
  }, 60_000);

  // A small disk of its own: where one cannot be mounted, there is nothing to fill.
  test.runIf(mayMount())(
    'a full disk: nothing is written, all can be read, and it goes on by itself when there is room',
    async () => {
      const disk = fs.mkdtempSync(path.join(dir, 'disk-'));
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk]);
      try {
        const full = await TestConsole.open({
          dataDir: path.join(disk, 'console'),
          databaseUrl: `file:${disk}/console/console.db`,
          keyFile: `${disk}/console/console.key`,
        });
        const ada = await full.person('ada', { admin: true });
        const url = await full.listen();
        const headers = { 'content-type': 'application/json', origin: url, cookie: `pgherd_session=${ada.cookie}` };
        const change = (locale: string): Promise<Response> =>
          fetch(`${url}/api/trpc/auth.setPreferences`, { method: 'POST', headers, body: JSON.stringify({ locale }) });
        expect((await change('ja')).status).toBe(200);
        const ballast = path.join(disk, 'ballast');
        const fd = fs.openSync(ballast, 'w');
        try {
          for (;;) fs.writeSync(fd, Buffer.alloc(4_096, 1));
        } catch (error) {
          expect((error as NodeJS.ErrnoException).code).toBe('ENOSPC');
        }
        fs.closeSync(fd);
        let refused: Response = await change('en');
        // What the journal has room for still goes through.
        for (let i = 0; i < 200 && refused.status === 200; i++) refused = await change(i % 2 === 0 ? 'ja' : 'en');
        expect(refused.status).toBe(503);
        expect(await refused.text()).toContain('DISK_FULL');
        const me = await fetch(`${url}/api/v1/me`, { headers });
        expect(((await me.json()) as { user: { name: string } }).user.name).toBe('ada');
        fs.rmSync(ballast);
        expect((await change('ja')).status).toBe(200);
        expect(await full.app.audit.broken()).toBeNull();
        await full.close();
      } finally {
        execFileSync('umount', ['-l', disk]);
      }
    },
    60_000,
  );
});

/** Containers often may not, whoever one is in them. */
function mayMount(): boolean {
  if (process.getuid?.() !== 0) return false;
  const place = fs.mkdtempSync(path.join(os.tmpdir(), 'pgherd-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', place], { stdio: 'ignore' });
    execFileSync('umount', [place], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  } finally {
    fs.rmSync(place, { recursive: true, force: true });
  }
}
