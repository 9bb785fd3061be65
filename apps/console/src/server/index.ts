/** Starts the console: the server at once, what it shows as soon as its database is there. */
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import type { Console } from './console.ts';
import { openDatabase } from './data/database.ts';
import { type ConsoleOptions, consoleOptions } from './env.ts';
import { sessionCookie } from './http/cookies.ts';
import { refuseOpenDoors } from './http/open-doors.ts';
import { isLoopbackAddress } from './http/place.ts';
import { createServer, type Pages } from './http/server.ts';
import { State } from './http/state.ts';
import { firstLink, keepConsole, MIGRATIONS } from './open-console.ts';
import { PAGE_DOOR, type PageDoor } from './page-door.ts';
import { invite } from './people/accounts.ts';
import { callerOfCookie } from './people/caller.ts';
import { createCallerFactory } from './rpc/base.ts';
import { appRouter } from './rpc/router.ts';

export { type ConsoleOptions, consoleOptions } from './env.ts';

export interface RunningConsole {
  readonly url: string;
  /** For the first account; null when there is one. Resolves when the database is there. */
  readonly link: Promise<string | null>;
  close(): Promise<void>;
}

const consoleRoot = fileURLToPath(new URL('../../', import.meta.url));

/** @throws Error with a sentence when it must not listen there, or cannot */
export async function startConsole(overrides: Partial<ConsoleOptions> = {}): Promise<RunningConsole> {
  const options = consoleOptions(process.env, overrides);
  refuseOpenDoors(options);
  const log = pino({ base: null, level: 'info', redact: ['*.password', '*.token', '*.secret'] });
  const state = new State(options, log);
  const pages = await openPages(options);
  const server = createServer(state, pages);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => resolve());
  });
  const { port } = server.address() as AddressInfo;
  const scheme = options.tlsCert === null ? 'http' : 'https';
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  const url = options.publicOrigin ?? `${scheme}://${isLoopbackAddress(options.host) ? 'localhost' : host}:${port}`;
  let tell = (_: string | null): void => {};
  const link = new Promise<string | null>((resolve) => {
    tell = resolve;
  });
  const stop = keepConsole(state, (app: Console) => {
    publish(app);
    firstLink(app, url).then(tell, () => tell(null));
  });
  return {
    url,
    link,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await stop();
    },
  };
}

/** For when nobody can sign in any more: whoever may write the console's folder may also enter it. */
export async function newAdminLink(): Promise<string> {
  const options = consoleOptions();
  const database = await openDatabase(options.databaseUrl, MIGRATIONS);
  try {
    const token = await invite(database.prisma, { userId: null, admin: true });
    return `${options.publicOrigin ?? `http://localhost:${options.port}`}/invite#${token}`;
  } finally {
    await database.close();
  }
}

/** Next's pages run in this process, as instances of their own: they find the console here (`page-door.ts`). */
function publish(app: Console): void {
  const makeCaller = createCallerFactory(appRouter);
  const door: PageDoor = {
    me: (cookie, secure) => {
      const request = { headers: { cookie } } as IncomingMessage;
      const token = sessionCookie(request, secure);
      return makeCaller({
        console: app,
        caller: () => (token === null ? Promise.resolve(null) : callerOfCookie(app.prisma, token)),
        ...{ address: '', userAgent: '', door: 'trpc', origin: '', setSession: () => {} },
      }).auth.me();
    },
  };
  (globalThis as Record<symbol, unknown>)[PAGE_DOOR] = door;
}

async function openPages(options: ConsoleOptions): Promise<Pages> {
  const { default: next } = await import('next');
  const app = next({ dev: options.dev, dir: consoleRoot, quiet: true, hostname: options.host, port: options.port });
  await app.prepare();
  const handle = app.getRequestHandler();
  const upgrade = app.getUpgradeHandler();
  return {
    handle: (request, response) => handle(request, response),
    upgrade: (request, socket, head) => upgrade(request, socket, head),
  };
}
