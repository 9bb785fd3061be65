/**
 * Who gets in. What each cell expects is written here from the manual, not taken from the code: CVE-2025-46801 let
 * anybody in through combinations that nobody had listed.
 */
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { AUTH_QUERY, AUTH_QUERY_SCRIPT, AUTH_ROLE } from '@pgherd/auth';
import { type Cluster, ephemeralCluster } from '@pgherd/lab';
import { Backend, encodeSaslInitialResponse, encodeSaslResponse, encodeStartup, PROTOCOL_3_0 } from '@pgherd/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Engine, type EngineOptions, engineFor } from '../test-support/engine.ts';
import { RawClient, ServerError, type SignIn } from '../test-support/raw-client.ts';
import { TestScram } from '../test-support/scram-client.ts';
import { addHba } from '../test-support/server-files.ts';
import { until } from '../test-support/wait.ts';

const PASSWORD = 'the right one';

const BACKENDS = ['trust', 'password', 'md5', 'scram'] as const;
type BackendMethod = (typeof BACKENDS)[number];
const ENTRIES = ['none', 'md5', 'text', 'plain', 'verifier', 'stale'] as const;
type Entry = (typeof ENTRIES)[number];

/** Which entries of pool_passwd let the right password in, by client method and what the server asks for. An entry of
 *  its own kind is a SCRAM verifier: Pgpool-II recognises it and can use it for nothing. `stale` holds another password. */
const TABLE: Record<string, Record<BackendMethod, readonly Entry[]>> = {
  // The client is asked nothing: whatever it would say lets it in, or nothing does.
  trust: {
    trust: ['none', 'md5', 'text', 'plain', 'verifier', 'stale'],
    password: ['text', 'plain'],
    md5: ['md5', 'text', 'plain'],
    scram: ['text', 'plain'],
  },
  reject: { trust: [], password: [], md5: [], scram: [] },
  md5: {
    trust: ['md5', 'text', 'plain'],
    password: ['text', 'plain'],
    md5: ['md5', 'text', 'plain'],
    scram: ['text', 'plain'],
  },
  scram: {
    trust: ['text', 'plain'],
    password: ['text', 'plain'],
    md5: ['text', 'plain'],
    scram: ['text', 'plain'],
  },
  // Without an entry the server has to judge; one that asks nothing judges nothing.
  password: {
    trust: ['md5', 'text', 'plain'],
    password: ['none', 'md5', 'text', 'plain'],
    md5: ['none', 'md5', 'text', 'plain'],
    scram: ['none', 'md5', 'text', 'plain'],
  },
  'off, clear text allowed': {
    trust: ['none', 'md5', 'text', 'plain', 'verifier', 'stale'],
    password: ['none', 'md5', 'text', 'plain'],
    md5: ['none', 'md5', 'text', 'plain'],
    scram: ['none', 'md5', 'text', 'plain'],
  },
  'off, clear text not allowed': {
    trust: ['none', 'md5', 'text', 'plain', 'verifier', 'stale'],
    password: ['none', 'md5', 'text', 'plain'],
    md5: ['md5', 'text', 'plain'],
    scram: ['text', 'plain'],
  },
};

/** What the client is asked first; null where it is refused without a question. */
function question(front: string, backend: BackendMethod, entry: Entry): string | null {
  switch (front) {
    case 'trust':
      return (TABLE['trust']?.[backend] ?? []).includes(entry) ? 'ok' : null;
    case 'reject':
      return null;
    case 'password':
      return 'cleartext';
    case 'md5':
      return 'md5';
    case 'scram':
      return 'sasl';
    default:
      break;
  }
  if (backend === 'trust') return 'ok';
  if (backend === 'password') return 'cleartext';
  const fits = backend === 'md5' ? ['md5', 'text', 'plain', 'stale'] : ['text', 'plain', 'stale'];
  if (fits.includes(entry)) return backend === 'md5' ? 'md5' : 'sasl';
  return front === 'off, clear text allowed' ? 'cleartext' : null;
}

const asksNothing = (front: string, backend: BackendMethod): boolean =>
  front === 'trust' || (front.startsWith('off') && backend === 'trust');

const userOf = (backend: BackendMethod, entry: Entry): string => `b_${backend}_e_${entry}`;
const md5Of = (password: string, user: string): string =>
  `md5${createHash('md5')
    .update(password + user)
    .digest('hex')}`;

function verifierOf(password: string): string {
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, 4096, 32, 'sha256');
  const key = (name: string): Buffer => createHmac('sha256', salted).update(name).digest();
  const stored = createHash('sha256').update(key('Client Key')).digest('base64');
  return `SCRAM-SHA-256$4096:${salt.toString('base64')}$${stored}:${key('Server Key').toString('base64')}`;
}

function entryText(entry: Entry, user: string): string {
  switch (entry) {
    case 'none':
      return '';
    case 'md5':
      return `${user}:${md5Of(PASSWORD, user)}\n`;
    case 'text':
      return `${user}:TEXT${PASSWORD}\n`;
    case 'plain':
      return `${user}:${PASSWORD}\n`;
    case 'verifier':
      return `${user}:${verifierOf(PASSWORD)}\n`;
    case 'stale':
      return `${user}:TEXTan older one\n`;
  }
}

let cluster: Cluster;

beforeAll(async () => {
  cluster = await ephemeralCluster({ nodes: 1, pgBin: 'embedded' });
  const roles = BACKENDS.flatMap((backend) =>
    ENTRIES.map((entry) => {
      const encryption = backend === 'md5' ? 'md5' : 'scram-sha-256';
      return `SET password_encryption = '${encryption}'; CREATE ROLE ${userOf(backend, entry)} LOGIN PASSWORD '${PASSWORD}';`;
    }),
  );
  await cluster.primary.query(`SET client_min_messages = error; ${roles.join('\n')}`);
  for (const front of ['trust', 'reject', 'password', 'md5', 'scram', 'off']) {
    await cluster.primary.query(`CREATE DATABASE d_${front}`);
  }
  await cluster.primary.query(AUTH_QUERY_SCRIPT);
  await cluster.primary.query(`ALTER ROLE ${AUTH_ROLE} PASSWORD 'lookup'`);
  await addHba(cluster.primary, [
    'host all md5er 127.0.0.1/32 md5',
    ...BACKENDS.map(
      (backend) => `host all /^b_${backend}_ 127.0.0.1/32 ${backend === 'scram' ? 'scram-sha-256' : backend}`,
    ),
  ]);
});

afterAll(async () => {
  await cluster?.destroy();
});

const HBA = ['trust', 'reject', 'password', 'md5']
  .map((method) => `host d_${method} all 127.0.0.1/32 ${method}\n`)
  .concat('host d_scram all 127.0.0.1/32 scram-sha-256\n')
  .join('');

interface Outcome {
  readonly ok: boolean;
  readonly asked: string | null;
  readonly sqlstate: string;
  readonly message: string;
}

async function attempt(engine: Engine, how: SignIn): Promise<Outcome> {
  try {
    const client = await RawClient.signIn(engine.address, how);
    const asked = client.greeting?.asked[0] ?? null;
    expect(await client.value('SELECT session_user')).toBe(how.user);
    await client.end();
    return { ok: true, asked, sqlstate: '', message: '' };
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    const { sqlstate, message } = error.fields;
    return { ok: false, asked: error.asked[0] ?? null, sqlstate, message };
  }
}

describe.each(['streaming_replication', 'raw'])(
  'CVE-2025-46801: every combination, backend_clustering_mode = %s',
  (mode) => {
    let engine: Engine;

    beforeAll(async () => {
      const passwd = BACKENDS.flatMap((backend) =>
        ENTRIES.map((entry) => entryText(entry, userOf(backend, entry))),
      ).join('');
      engine = await engineFor(cluster, {
        hba: HBA,
        passwd,
        settings: { backend_clustering_mode: mode, num_init_children: 64 },
      });
    });

    afterAll(async () => {
      await engine?.stop();
    });

    it.each(Object.keys(TABLE))('client method %s', async (front) => {
      const off = front.startsWith('off');
      engine.configure({ enable_pool_hba: !off, allow_clear_text_frontend_auth: front === 'off, clear text allowed' });
      expect(await engine.reload()).toMatchObject({ ok: true });
      const database = off ? 'd_off' : `d_${front}`;
      const wrong: string[] = [];
      const cell = async (backend: BackendMethod, entry: Entry): Promise<void> => {
        const user = userOf(backend, entry);
        const letsIn = (TABLE[front]?.[backend] ?? []).includes(entry);
        const open = letsIn && asksNothing(front, backend);
        const asked = question(front, backend, entry);
        // The right one twice: the second time there may be an idle link, and it may prove nothing about the client.
        for (const [password, ok] of [
          ['a wrong one', open],
          ['', open],
          [PASSWORD, letsIn],
          [PASSWORD, letsIn],
          ['a wrong one', open],
          ['', open],
          // What the entry holds is right where nobody else is asked.
          ['an older one', open || (entry === 'stale' && backend === 'trust' && front !== 'reject')],
        ] as const) {
          const outcome = await attempt(engine, { user, database, password });
          const cellName = `${front} | server ${backend} | entry ${entry} | ${JSON.stringify(password)}`;
          if (outcome.ok !== ok) wrong.push(`${cellName}: ${outcome.ok ? 'LET IN' : `refused: ${outcome.message}`}`);
          if (outcome.asked !== asked) wrong.push(`${cellName}: asked ${outcome.asked}, expected ${asked}`);
          if (!outcome.ok && !/^28/.test(outcome.sqlstate))
            wrong.push(`${cellName}: ${outcome.sqlstate} ${outcome.message}`);
        }
      };
      const missing = async (backend: BackendMethod): Promise<void> => {
        for (const password of ['', 'a wrong one', PASSWORD]) {
          const outcome = await attempt(engine, { user: `b_${backend}_nobody`, database, password });
          if (outcome.ok) wrong.push(`${front} | server ${backend} | nobody: LET IN`);
        }
      };
      await Promise.all(
        BACKENDS.map(async (backend) => {
          for (const entry of ENTRIES) await cell(backend, entry);
          await missing(backend);
        }),
      );
      expect(wrong).toEqual([]);
    });

    it('a user cannot be told from one that does not exist', async () => {
      engine.configure({ enable_pool_hba: true });
      await engine.reload();
      for (const front of ['md5', 'scram', 'password']) {
        const of = (user: string): Promise<Outcome> =>
          attempt(engine, { user, database: `d_${front}`, password: 'a wrong one' });
        const [known, unknown] = [await of(userOf('scram', 'text')), await of('b_scram_nobody')];
        expect({ ...known, message: known.message.replaceAll(userOf('scram', 'text'), 'X') }).toEqual({
          ...unknown,
          message: unknown.message.replaceAll('b_scram_nobody', 'X'),
        });
      }
    });

    it('no password reaches the log', () => {
      const log = engine.logText();
      expect(log).toContain('password authentication failed');
      for (const secret of [PASSWORD, 'a wrong one', 'an older one', 'lookup', cluster.secrets.app.password]) {
        expect(log).not.toContain(secret);
      }
    });
  },
);

describe('auth_query', () => {
  let engine: Engine;

  async function start(more: Partial<EngineOptions> = {}): Promise<void> {
    engine = await engineFor(cluster, {
      hba: 'host postgres md5er 127.0.0.1/32 md5\nhost all all 127.0.0.1/32 scram-sha-256\n',
      ...more,
      settings: {
        auth_query: AUTH_QUERY,
        auth_user: AUTH_ROLE,
        auth_dbname: 'postgres',
        auth_password: 'lookup',
        ...more.settings,
      },
    });
  }

  beforeAll(() => start());

  afterAll(async () => {
    await engine?.stop();
  });

  let serial = 0;
  async function role(more = ''): Promise<string> {
    const name = `aq${++serial}`;
    await cluster.primary.query(`CREATE ROLE ${name} LOGIN PASSWORD '${PASSWORD}'`);
    if (more !== '') await cluster.primary.query(`ALTER ROLE ${name} ${more}`);
    return name;
  }

  const signIn = (user: string, password = PASSWORD): Promise<Outcome> =>
    attempt(engine, { user, database: 'postgres', password });

  it('a role needs no entry in pool_passwd, and its server connection is made without its password', async () => {
    const user = await role();
    expect(await signIn(user)).toMatchObject({ ok: true, asked: 'sasl' });
    expect(await signIn(user, 'a wrong one')).toMatchObject({ ok: false, sqlstate: '28P01' });
    expect(await signIn(user, '')).toMatchObject({ ok: false });
    expect(await signIn(user)).toMatchObject({ ok: true });
  });

  it('a role with an md5 hash signs in by md5', async () => {
    await cluster.primary.query(
      `SET client_min_messages = error; SET password_encryption = 'md5'; CREATE ROLE md5er LOGIN PASSWORD '${PASSWORD}'`,
    );
    expect(await signIn('md5er')).toMatchObject({ ok: true, asked: 'md5' });
    expect(await signIn('md5er', 'a wrong one')).toMatchObject({ ok: false, sqlstate: '28P01' });
  });

  it.each([
    ['an expired password', "VALID UNTIL '2001-01-01'"],
    ['NOLOGIN', 'NOLOGIN'],
    ['CONNECTION LIMIT 0', 'CONNECTION LIMIT 0'],
  ])('CVE-2025-2291: a role with %s does not get in', async (_name, attributes) => {
    const user = await role(attributes);
    for (let i = 0; i < 3; i++) expect((await signIn(user)).ok).toBe(false);
    expect((await signIn(user, 'a wrong one')).ok).toBe(false);
  });

  it('a role without password, and one that does not exist, do not get in', async () => {
    const user = await role();
    await cluster.primary.query(`ALTER ROLE ${user} PASSWORD NULL`);
    for (const name of [user, 'nobody_at_all', AUTH_ROLE.toUpperCase(), `${user} `, `'; DROP ROLE ${user}; --`]) {
      for (const password of [PASSWORD, '', 'lookup']) expect((await signIn(name, password)).ok).toBe(false);
    }
  });

  it('CVE-2015-6817: an unknown user does not come in as auth_user', async () => {
    const outcome = await signIn('nobody_at_all', 'lookup');
    expect(outcome).toMatchObject({ ok: false, sqlstate: '28P01', asked: 'sasl' });
  });

  it.each([
    ['expires', "VALID UNTIL '2001-01-01'"],
    ['may not log in any more', 'NOLOGIN'],
  ])(
    'a role that %s is refused once the cache forgets, though its links are idle in the pool',
    async (_name, change) => {
      const user = await role();
      expect((await signIn(user)).ok).toBe(true);
      await cluster.primary.query(`ALTER ROLE ${user} ${change}`);
      expect(await engine.reload()).toMatchObject({ ok: true });
      expect(await signIn(user)).toMatchObject({ ok: false, sqlstate: '28P01' });
    },
  );

  it('a dropped role is refused once the cache forgets', async () => {
    const user = await role();
    expect((await signIn(user)).ok).toBe(true);
    await cluster.primary.query(`DROP ROLE ${user}`);
    expect(await engine.reload()).toMatchObject({ ok: true });
    expect(await signIn(user)).toMatchObject({ ok: false, sqlstate: '28P01' });
  });

  it('a changed password counts from the second attempt on, and the old one no more', async () => {
    const user = await role();
    expect((await signIn(user)).ok).toBe(true);
    await cluster.primary.query(`ALTER ROLE ${user} PASSWORD 'a new one'`);
    await until('the new one counts', async () => (await signIn(user, 'a new one')).ok);
    expect((await signIn(user)).ok).toBe(false);
  });

  it('sign-ins go on while the configuration is reloaded', async () => {
    const users = await Promise.all(Array.from({ length: 4 }, () => role()));
    let running = true;
    const load = users.map(async (user) => {
      let done = 0;
      while (running) {
        expect(await signIn(user)).toMatchObject({ ok: true });
        done++;
      }
      return done;
    });
    for (let i = 0; i < 10; i++) expect(await engine.reload()).toMatchObject({ ok: true });
    running = false;
    for (const done of await Promise.all(load)) expect(done).toBeGreaterThan(0);
  });

  it.each([
    ['cannot sign in', { auth_password: 'not the lookup password' }],
    ['asks a database that is not there', { auth_dbname: 'nowhere' }],
    ['asks nonsense', { auth_query: 'SELECT $1' }],
    ['fails', { auth_query: 'SELECT rolname, rolpassword, 1/0 > 1, true FROM pg_authid WHERE rolname = $1' }],
  ])('where the lookup %s nobody gets in, and is told so at once', async (_name, settings) => {
    const user = await role();
    const before = engine;
    await start({ settings });
    try {
      for (let i = 0; i < 2; i++) {
        const outcome = await signIn(user);
        expect(outcome.ok).toBe(false);
        expect(outcome.sqlstate).not.toBe('XX000');
        expect(outcome.message).not.toMatch(/lookup|auth_query|pg_authid|nowhere/);
      }
      expect(engine.logText()).toMatch(/auth_query/);
    } finally {
      await engine.stop();
      engine = before;
    }
  });

  it('a pooled connection that ends while its next client proves itself is replaced by a fresh one', async () => {
    const user = await role();
    const before = engine;
    await start({ settings: { enable_pool_hba: false, worker_processes: 1 } });
    try {
      expect(await signIn(user)).toMatchObject({ ok: true });
      const idle = `SELECT pid FROM pg_stat_activity WHERE usename = '${user}'`;
      const pids = (): Promise<{ pid: number }[]> => cluster.primary.query<{ pid: number }>(idle);
      const [{ pid } = { pid: 0 }] = await until('its connection is reset', async () => {
        const found = await pids();
        return found.length === 1 && found;
      });
      const client = await RawClient.open(engine.address);
      const params = [['user', user] as const, ['database', 'postgres'] as const];
      client.send(encodeStartup({ protocol: PROTOCOL_3_0, params }));
      expect((await client.frame()).type).toBe(Backend.AUTHENTICATION);
      await cluster.primary.query(`SELECT pg_terminate_backend(${pid})`);
      await until('it is gone', async () => (await pids()).length === 0);
      const scram = new TestScram(PASSWORD);
      client.send(encodeSaslInitialResponse(scram.mechanism, scram.first()));
      const proof = (await client.frame()).body;
      client.send(encodeSaslResponse(scram.final(proof.toString('utf8', 4))));
      await client.until(Backend.READY_FOR_QUERY);
      expect(await client.value('SELECT 1')).toBe('1');
      await client.end();
    } finally {
      await engine.stop();
      engine = before;
    }
  });
});
