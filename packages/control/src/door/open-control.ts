/** The control door: the engine's API over HTTP and WebSocket. It runs wherever it is opened; the engine does so in a thread. */
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import type net from 'node:net';
import type { Operations } from '@pgherd/operations';
import { hostAndPort, reachableHost } from '../address.ts';
import { DoorError } from '../door-error.ts';
import { openApiDocument, proceduresOf } from '../openapi/document.ts';
import { createRouter } from '../router/create-router.ts';
import { answer, type HttpDoor } from './http.ts';
import { isLoopback } from './loopback.ts';
import { type ControlDoor, type ControlSettings, type DoorLog, tokenFilePath } from './settings.ts';
import { SignIn } from './sign-in.ts';
import { TokenFile } from './token-file.ts';
import { WebSocketDoor } from './websocket.ts';

const REQUEST_LIMIT_MS = 10_000;
const HEADER_BYTES_MAX = 16 * 1024;
const CONNECTIONS_MAX = 256;

/** @throws DoorError with the remedy: a port in use, no TLS off loopback, a token file that others can read */
export async function openControl(
  operations: Operations,
  settings: ControlSettings,
  log: DoorLog,
): Promise<ControlDoor> {
  const { control_listen_addresses: addresses, control_port: port } = settings;
  if (addresses.length === 0) return { url: '', close: async () => {} };
  const tls = readTls(settings);
  const exposed = addresses.find((address) => !isLoopback(address));
  if (exposed !== undefined && tls === null) {
    throw new DoorError(
      `control_listen_addresses = "${exposed}" is reached from other hosts: set control_tls_cert and control_tls_key, or listen on localhost.`,
    );
  }
  const signIn = new SignIn(new TokenFile(tokenFilePath(settings), log), log);
  const router = createRouter(operations);
  let description: string | null = null;
  const door: HttpDoor = {
    router,
    signIn,
    subscriptions: new Set(
      proceduresOf(router).flatMap(({ kind, path: name }) => (kind === 'subscription' ? [name] : [])),
    ),
    description: () => (description ??= JSON.stringify(openApiDocument(router))),
    onFault: (called, error) => log(`${called ?? 'a call'} failed: ${reasonOf(error)}`),
  };
  const sockets = new WebSocketDoor(door);
  const servers: http.Server[] = [];
  const close = async (): Promise<void> => {
    sockets.close();
    await Promise.all(servers.map(ended));
  };
  try {
    for (const address of addresses) {
      const server = tls === null ? http.createServer(LIMITS) : https.createServer({ ...LIMITS, ...tls });
      server.maxConnections = CONNECTIONS_MAX;
      server.on('request', (request, response) => {
        answer(door, request, response).catch((error: Error) => {
          log(`an answer could not be given: ${error.message}`);
          response.destroy();
        });
      });
      server.on('upgrade', (request, socket, head) => sockets.upgrade(request, socket, head));
      server.on('clientError', (_, socket) => socket.destroy());
      servers.push(server);
      await listening(server, address, port);
    }
  } catch (error) {
    await close();
    const { code, message } = error as NodeJS.ErrnoException;
    throw new DoorError(
      code === 'EADDRINUSE'
        ? `Port ${port} (control_port) is already in use: stop the program that has it, or change it.`
        : `Cannot listen on ${addresses.join(', ')} port ${port} for the control interface: ${message}`,
    );
  }
  const bound = (servers[0]?.address() as net.AddressInfo | undefined)?.port ?? port;
  return { url: `${tls === null ? 'http' : 'https'}://${hostAndPort(reachableHost(addresses[0]), bound)}`, close };
}

const LIMITS = {
  connectionsCheckingInterval: 2_000,
  requestTimeout: REQUEST_LIMIT_MS,
  headersTimeout: REQUEST_LIMIT_MS,
  maxHeaderSize: HEADER_BYTES_MAX,
} as const;

const reasonOf = (error: Error): string => (error.cause instanceof Error ? error.cause.message : error.message);

/** With control_tls_ca a client needs a certificate of it, besides its token. */
function readTls(settings: ControlSettings): https.ServerOptions | null {
  const { control_tls_cert: cert, control_tls_key: key, control_tls_ca: ca } = settings;
  if (cert === '' && key === '' && ca === '') return null;
  if (cert === '' || key === '') {
    throw new DoorError('control_tls_cert and control_tls_key are needed together, also with control_tls_ca.');
  }
  const read = (name: string, file: string): Buffer => {
    try {
      return fs.readFileSync(file);
    } catch (error) {
      throw new DoorError(`${name} = "${file}" cannot be read (${(error as NodeJS.ErrnoException).code}).`);
    }
  };
  const client = ca === '' ? {} : { ca: read('control_tls_ca', ca), requestCert: true, rejectUnauthorized: true };
  return { cert: read('control_tls_cert', cert), key: read('control_tls_key', key), minVersion: 'TLSv1.2', ...client };
}

function listening(server: net.Server, address: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, ...(address === '*' ? {} : { host: address }) }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function ended(server: http.Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
