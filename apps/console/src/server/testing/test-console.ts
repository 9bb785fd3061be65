/** A console for tests: its own folder, database and keys, engines as asked for. No pages, no port unless `listen`. */

import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { type ControlDoor, openControl } from '@pgherd/control';
import { FakeOperations } from '@pgherd/control/testing';
import { pino } from 'pino';
import type { Permission, Role } from '../../shared/permissions.ts';
import type { Console } from '../console.ts';
import { tokenPurpose } from '../engines/engines.ts';
import { type ConsoleOptions, consoleOptions } from '../env.ts';
import { createServer, type Pages } from '../http/server.ts';
import { State } from '../http/state.ts';
import { closeConsole, openConsole } from '../open-console.ts';
import { openSession } from '../people/accounts.ts';
import { hashPassword, newToken, tokenHash } from '../people/secrets.ts';

export const PASSWORD = 'a password for tests';

export interface Person {
  readonly id: string;
  readonly name: string;
  /** The value of the session cookie. */
  readonly cookie: string;
}

export class TestConsole {
  readonly app: Console;
  readonly dir: string;
  readonly options: ConsoleOptions;
  /** What the log said. */
  readonly logged: readonly string[];
  readonly engines: { readonly operations: FakeOperations; readonly door: ControlDoor; readonly name: string }[] = [];
  #server: Server | null = null;
  url = '';

  private constructor(app: Console, dir: string, options: ConsoleOptions, logged: readonly string[]) {
    this.app = app;
    this.dir = dir;
    this.options = options;
    this.logged = logged;
  }

  static async open(overrides: Partial<ConsoleOptions> = {}): Promise<TestConsole> {
    const dir = overrides.dataDir ?? fs.mkdtempSync(path.join(os.tmpdir(), 'pgherd-console-'));
    const options = consoleOptions(
      {},
      { dataDir: dir, databaseUrl: `file:${dir}/console.db`, keyFile: `${dir}/console.key`, ...overrides },
    );
    const logged: string[] = [];
    const log = pino({ base: null }, { write: (line: string) => void logged.push(line) });
    return new TestConsole(await openConsole(options, log), dir, options, logged);
  }

  /** A cluster with that many engines that answer as they are told. */
  async cluster(slug = 'herd', environment = 'development', engines = 1): Promise<string> {
    const { prisma, keyring } = this.app;
    const { id } = await prisma.cluster.create({ data: { id: randomUUID(), slug, name: slug, environment } });
    for (let i = 0; i < engines; i++) {
      const operations = new FakeOperations();
      const workDir = fs.mkdtempSync(path.join(this.dir, 'engine-'));
      const door = await openControl(
        operations,
        {
          ...{
            control_listen_addresses: ['127.0.0.1'],
            control_port: 0,
            control_token_file: 'control_token',
            work_dir: workDir,
          },
          ...{ control_tls_cert: '', control_tls_key: '', control_tls_ca: '' },
        },
        () => {},
      );
      const token =
        /^admin +\S+ +(\S+)$/m.exec(fs.readFileSync(path.join(workDir, 'control_token'), 'utf8'))?.[1] ?? '';
      const proxyId = randomUUID();
      const name = `${slug}-${i + 1}`;
      await prisma.proxy.create({
        data: {
          id: proxyId,
          clusterId: id,
          name,
          controlUrl: door.url,
          token: keyring.seal(token, tokenPurpose(proxyId)),
          position: i,
        },
      });
      this.engines.push({ operations, door, name });
    }
    await this.app.engines.load();
    return id;
  }

  async person(
    name: string,
    options: {
      admin?: boolean;
      grants?: Record<string, { roles: readonly Role[]; extra?: readonly Permission[] }>;
    } = {},
  ): Promise<Person> {
    const { prisma } = this.app;
    const id = randomUUID();
    const memberships = Object.entries(options.grants ?? {}).map(([clusterId, { roles, extra }]) => ({
      ...{ clusterId, roles: roles.join(','), extra: (extra ?? []).join(',') },
    }));
    await prisma.user.create({
      data: {
        id,
        name,
        admin: options.admin ?? false,
        passwordHash: await hashPassword(PASSWORD),
        memberships: { create: memberships },
      },
    });
    const cookie = await openSession(prisma, id, { address: '127.0.0.1', userAgent: 'test' });
    return { id, name, cookie };
  }

  async token(
    userId: string,
    scopes: readonly Permission[],
    expiresAt = new Date(Date.now() + 3_600_000),
  ): Promise<string> {
    const token = newToken('pgh_');
    await this.app.prisma.apiToken.create({
      data: {
        id: randomUUID(),
        name: 'test',
        tokenHash: tokenHash(token),
        userId,
        scopes: scopes.join(','),
        expiresAt,
      },
    });
    return token;
  }

  /** @returns where it listens */
  async listen(): Promise<string> {
    const state = new State(this.options, this.app.log);
    state.set(this.app, null);
    const pages: Pages = {
      handle: async (_, response) => void response.end('a page'),
      upgrade: async (_, socket) => void socket.destroy(),
    };
    this.#server = createServer(state, pages);
    await new Promise<void>((resolve) => this.#server?.listen(0, '127.0.0.1', resolve));
    this.url = `http://localhost:${(this.#server.address() as AddressInfo).port}`;
    return this.url;
  }

  async close(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((resolve) => (this.#server === null ? resolve(null) : this.#server.close(resolve)));
    await closeConsole(this.app);
    for (const { door } of this.engines) await door.close();
    fs.rmSync(this.dir, { recursive: true, force: true });
  }
}

/** Waits for a condition. @throws after the limit, with what it was about */
export async function until<T>(what: string, look: () => T | Promise<T>, limitMs = 10_000): Promise<NonNullable<T>> {
  const end = Date.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found !== null && found !== undefined && found !== false) return found as NonNullable<T>;
    if (Date.now() > end) throw new Error(`never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
