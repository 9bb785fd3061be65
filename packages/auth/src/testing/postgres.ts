import { execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where the system keeps PostgreSQL's programs, newest first; undefined without any. */
export function systemBinDirectory(): string | undefined {
  const root = '/usr/lib/postgresql';
  if (!existsSync(root)) return undefined;
  const majors = readdirSync(root).filter((name) => existsSync(join(root, name, 'bin', 'postgres')));
  const [newest] = majors.sort((a, b) => Number(b) - Number(a));
  return newest === undefined ? undefined : join(root, newest, 'bin');
}

/** The account to run the server as, which must not be root. */
function account(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith('postgres:') || entry.startsWith('nobody:'));
  const [, , uid, gid] = (line ?? '').split(':');
  return { uid: Number(uid), gid: Number(gid) };
}

async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

export interface TestPostgres {
  readonly bin: string;
  readonly port: number;
  /** Runs SQL as superuser over the Unix socket; gives psql's unaligned output. */
  sql(text: string): string;
  stop(): Promise<void>;
}

/** A throw-away server with the given pg_hba.conf (after a line that trusts the superuser on the Unix socket). */
export async function startPostgres(hba: string, tls?: { cert: string; key: string }): Promise<TestPostgres> {
  const bin = systemBinDirectory();
  if (bin === undefined) throw new Error('no PostgreSQL found');
  const who = account();
  const directory = mkdtempSync(join(tmpdir(), 'pgherd-auth-'));
  const own = (file: string) => {
    if (who.uid !== undefined && who.gid !== undefined) chownSync(file, who.uid, who.gid);
    return file;
  };
  own(directory);
  const data = join(directory, 'data');
  const options = { ...who, cwd: '/', stdio: 'pipe' as const, env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' } };
  execFileSync(join(bin, 'initdb'), ['-D', data, '-U', 'super', '-A', 'trust', '-N', '-E', 'UTF8'], options);
  writeFileSync(join(data, 'pg_hba.conf'), `local all super trust\n${hba}\n`);
  const port = await freePort();
  let conf = `port=${port}\nlisten_addresses='127.0.0.1'\nunix_socket_directories='${directory}'\nfsync=off\n`;
  if (tls !== undefined) {
    writeFileSync(join(data, 'server.crt'), tls.cert);
    own(join(data, 'server.crt'));
    writeFileSync(join(data, 'server.key'), tls.key, { mode: 0o600 });
    own(join(data, 'server.key'));
    conf += 'ssl=on\n';
  }
  writeFileSync(join(data, 'postgresql.auto.conf'), conf);
  const server = spawn(join(bin, 'postgres'), ['-D', data], { ...options, stdio: 'ignore' });
  const exited = new Promise<void>((done) => server.once('exit', () => done()));
  const psql = ['-X', '-A', '-t', '-q', '-v', 'ON_ERROR_STOP=1', '-h', directory, '-p', String(port), '-U', 'super'];
  const sql = (text: string) =>
    execFileSync(join(bin, 'psql'), [...psql, '-d', 'postgres', '-f', '-'], { ...options, input: text })
      .toString()
      .trim();
  const stop = async () => {
    server.kill('SIGINT');
    await exited;
    rmSync(directory, { recursive: true, force: true });
  };
  const deadline = Date.now() + 20_000;
  for (;;) {
    try {
      sql('select 1');
      return { bin, port, sql, stop };
    } catch (error) {
      if (Date.now() > deadline || server.exitCode !== null) {
        await stop();
        throw error;
      }
      await new Promise((done) => setTimeout(done, 50));
    }
  }
}
