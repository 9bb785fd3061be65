/** What a stranger may do, and how long. */
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { PASSWORD, RawPcp, TestPcp, USER } from '../testing/herd.ts';
import { challengeResponse, storedHash } from '../wire/password.ts';
import { encodeTexts } from '../wire/texts.ts';
import { COMMANDS } from './commands/commands.ts';
import { PcpListenError } from './listeners.ts';
import { openPcp } from './open-pcp.ts';

let pcp: TestPcp;
afterEach(() => pcp?.stop());

const WRONG = 'Dusername and/or password does not match\0';
const refused = (user: string): string =>
  `ESFATAL\0CXX000\0Mauthentication failed for user "${user}"\0${WRONG}Fpcp\0L0\0\0`;

describe('a sign-in', () => {
  test('is the challenge of pcp.conf, byte for byte', () => {
    // md5(md5(md5('secret') || 'root') || 'abcd'), as the original client answered
    expect(challengeResponse(storedHash('secret'), 'root', Buffer.from('abcd'))).toBe(
      '6e0aa1bd02ca401c1968fefa0d514f9c',
    );
  });

  test('with the right password is answered as the original answers', async () => {
    pcp = await TestPcp.start();
    const raw = await pcp.connect();
    const salt = await raw.askRaw('M');
    expect(salt.subarray(0, 5).toString('latin1')).toBe('m\0\0\0\x08');
    expect(salt).toHaveLength(9);
    raw.send('R', encodeTexts(USER, challengeResponse(storedHash(PASSWORD), USER, salt.subarray(5))));
    expect(await raw.frame()).toBe('rAuthenticationOK\0');
    expect(await raw.ask('L')).toBe('lCommandComplete\x002\0');
    raw.send('X');
    expect(await raw.frame()).toBe('closed');
  });

  test.each([
    ['a wrong password', USER, 'wrong'],
    ['an unknown user', 'bob', PASSWORD],
    ['nobody', '', ''],
    ['a name that is a pattern', '*', PASSWORD],
  ])('with %s is refused, the connection closed', async (_, user, password) => {
    pcp = await TestPcp.start();
    const raw = await pcp.connect();
    expect(await raw.signIn(user, password)).toBe(refused(user));
    expect(await raw.frame()).toBe('closed');
  });

  test('reads pcp.conf anew each time, and any of the lines of a user lets it in', async () => {
    pcp = await TestPcp.start();
    fs.writeFileSync(pcp.usersFile, `bob:${storedHash('one')}\nbob:${storedHash('two')}\n`);
    expect(await (await pcp.connect()).signIn()).toBe(refused(USER));
    for (const password of ['one', 'two']) {
      expect(await (await pcp.connect()).signIn('bob', password)).toBe('rAuthenticationOK\0');
    }
    fs.rmSync(pcp.usersFile);
    expect(await (await pcp.connect()).signIn('bob', 'one')).toBe(refused('bob'));
  });

  test('answers a salt once, and never one that was not given', async () => {
    pcp = await TestPcp.start();
    const raw = await pcp.connect();
    const none = encodeTexts(USER, challengeResponse(storedHash(PASSWORD), USER, Buffer.alloc(4)));
    expect(await raw.ask('R', none)).toBe(`ESFATAL\0CXX000\0Mauthentication failed\0${WRONG}Fpcp\0L0\0\0`);
    expect(await raw.frame()).toBe('closed');
  });

  test('cannot be done twice: who somebody is does not change', async () => {
    pcp = await TestPcp.start();
    const raw = await pcp.enter();
    expect(await raw.signIn('bob', 'x')).toContain('Mauthentication failed\0Dthis connection is signed in already\0');
    expect(await raw.frame()).toBe('closed');
  });

  test.each([['a name of 129 bytes', 'x'.repeat(129)]])('refuses %s', async (_, name) => {
    pcp = await TestPcp.start();
    expect(await (await pcp.connect()).signIn(name)).toContain('Dusername is too long\0');
  });

  test('leaves a line in the log that no name can break', async () => {
    pcp = await TestPcp.start();
    await (await pcp.connect()).signIn('a\nLOG:  all is well', 'x');
    expect(pcp.log).toEqual(['PCP: authentication failed for user "a\\x0aLOG:  all is well" from 127.0.0.1']);
  });

  test('that failed too often is not looked at for a while, right or wrong', async () => {
    pcp = await TestPcp.start();
    for (let n = 0; n < 10; n++) expect(await (await pcp.connect()).signIn(USER, 'wrong')).toBe(refused(USER));
    const last = await (await pcp.connect()).signIn();
    expect(last).toContain(`Mauthentication failed for user "${USER}"\0${WRONG}HThere were too many failed attempts`);
    // somebody else at the same address may still try, until the address itself has had enough
    expect(await (await pcp.connect()).signIn('bob', 'x')).toBe(refused('bob'));
  });
});

describe('CVE-2026-6667: a stranger', () => {
  test.each([...COMMANDS.keys()])('may not send %s', async (type) => {
    pcp = await TestPcp.start();
    const raw = await pcp.connect();
    expect(await raw.ask(type, '0\0')).toBe(
      'ESFATAL\0CXX000\0Mauthentication failed for new PCP connection\0Dconnection not authorized\0Fpcp\0L0\0\0',
    );
    expect(await raw.frame()).toBe('closed');
    expect(pcp.operations.called).toEqual([]);
  });

  test('may not, either, with a salt in hand, or behind a refused sign-in in the same write', async () => {
    pcp = await TestPcp.start();
    const raw = await pcp.connect();
    await raw.askRaw('M');
    raw.socket.write(Buffer.concat([frame('R', `${USER}\0${'0'.repeat(32)}\0`), frame('T', 'i'), frame('D', '0\0')]));
    expect(await raw.frame()).toBe(refused(USER));
    expect(await raw.frame()).toBe('closed');
    expect(pcp.operations.called).toEqual([]);
  });

  test('who says nothing, or says it byte by byte, is gone after authentication_timeout', async () => {
    pcp = await TestPcp.start({ authentication_timeout: 0.3 });
    const silent = await pcp.connect();
    const slow = await pcp.connect();
    const salted = await pcp.connect();
    await salted.askRaw('M');
    const bytes = frame('R', 'x'.repeat(200));
    let sent = 0;
    const drip = setInterval(() => slow.socket.write(bytes.subarray(sent, ++sent)), 20);
    const startedMs = performance.now();
    expect(await silent.frame()).toBe('closed');
    expect(await salted.frame()).toBe('closed');
    expect(await slow.rest()).toHaveLength(0);
    clearInterval(drip);
    expect(performance.now() - startedMs).toBeLessThan(5_000);
  });

  test('cannot keep others out by the number of connections', async () => {
    pcp = await TestPcp.start();
    const signedIn = await pcp.enter();
    const crowd: RawPcp[] = [];
    for (let n = 0; n < 50; n++) crowd.push(await pcp.connect());
    await Promise.all(crowd.map((raw) => raw.askRaw('M')));
    const late = await pcp.connect();
    expect(await late.frame()).toContain('Msorry, too many PCP connections already\0');
    expect(await late.frame()).toBe('closed');
    expect(await signedIn.ask('L')).toBe('lCommandComplete\x002\0');
    for (const raw of crowd) raw.socket.destroy();
    await vi.waitFor(async () => expect(await (await pcp.enter()).ask('L')).toBe('lCommandComplete\x002\0'));
  });
});

describe('one who is signed in', () => {
  test('and idles is disconnected after the same time, but not while an act goes on', async () => {
    pcp = await TestPcp.start({ authentication_timeout: 0.3 });
    const idle = await pcp.enter();
    const waiting = await pcp.enter();
    let finish = (): void => {};
    const { end } = pcp.operations;
    pcp.operations.end = async (wish) => {
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      return end(wish);
    };
    const recovered = waiting.ask('O', '1\0');
    expect(await idle.frame()).toBe('closed');
    finish();
    expect(await recovered).toBe('cCommandComplete\0');
  });

  test('who takes no answers is disconnected too', async () => {
    pcp = await TestPcp.start({ authentication_timeout: 1 });
    const rows = Array.from({ length: 300_000 }, () => ['x'.repeat(60)]);
    pcp.operations.rows['pool_processes'] = { columns: ['pool_pid'], rows };
    const raw = await pcp.enter();
    raw.socket.pause();
    raw.send('N');
    const closed = new Promise((resolve) => raw.socket.once('close', resolve));
    await vi.waitFor(() => expect(pcp.operations.called).toHaveLength(1), { timeout: 5_000 });
    await vi.waitFor(async () => expect(await countConnections(pcp)).toBe(0), { timeout: 15_000 });
    raw.socket.resume();
    await closed;
  });
});

/** Connections that the server still has, seen from the kernel. */
async function countConnections({ port }: TestPcp): Promise<number> {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return fs
    .readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .filter((line) => new RegExp(`^\\s*\\d+: [0-9A-F]+:${hex} [0-9A-F]+:[0-9A-F]+ 01`).test(line)).length;
}

describe('the door', () => {
  test('is a Unix socket too, whose author has no address', async () => {
    pcp = await TestPcp.start();
    const socket = net.connect(path.join(pcp.dir, `.s.PGSQL.${pcp.port}`));
    const raw = new RawPcp(socket);
    expect(await raw.signIn()).toBe('rAuthenticationOK\0');
    expect(await raw.ask('C', '1\0')).toBe('cCommandComplete\0');
    expect(pcp.operations.called.at(-1)?.args[1]).toEqual({ door: 'pcp', user: USER, address: '' });
    socket.destroy();
  });

  test('that is open already is not opened twice, and a dead socket file is replaced', async () => {
    pcp = await TestPcp.start();
    const settings = {
      pcp_listen_addresses: [],
      pcp_port: pcp.port,
      pcp_socket_dir: [pcp.dir],
      usersFile: pcp.usersFile,
      authentication_timeout: 10,
      log_pcp_processes: false,
    };
    await expect(openPcp(pcp.operations, settings)).rejects.toThrow(PcpListenError);
    await expect(openPcp(pcp.operations, { ...settings, pcp_listen_addresses: ['127.0.0.1'] })).rejects.toThrow(
      `Port ${pcp.port} (pcp_port) is already in use: stop the program that has it, or change it.`,
    );
    expect(await (await pcp.enter()).ask('L')).toBe('lCommandComplete\x002\0');

    const other = fs.mkdtempSync(path.join(pcp.dir, 'other'));
    const file = path.join(other, `.s.PGSQL.${pcp.port}`);
    await leaveDeadSocket(file);
    const second = await openPcp(pcp.operations, { ...settings, pcp_socket_dir: [other] });
    expect(await new RawPcp(net.connect(file)).signIn()).toBe('rAuthenticationOK\0');
    await second.close();
    expect(fs.readdirSync(other)).toEqual([]);
  });
});

const frame = (type: string, body: string): Buffer => {
  const header = Buffer.alloc(5);
  header.write(type, 'latin1');
  header.writeInt32BE(4 + Buffer.byteLength(body), 1);
  return Buffer.concat([header, Buffer.from(body)]);
};

/** A socket file that nobody listens on any more. */
async function leaveDeadSocket(file: string): Promise<void> {
  const { spawnSync } = await import('node:child_process');
  spawnSync(process.execPath, [
    '-e',
    `require('net').createServer().listen(${JSON.stringify(file)},()=>process.kill(process.pid,'SIGKILL'))`,
  ]);
  expect(fs.existsSync(file)).toBe(true);
}
