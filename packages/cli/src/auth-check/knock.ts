/** One raw connection to a server: what it asks for, and whether it lets us in. */
import net from 'node:net';
import tls from 'node:tls';
import { type Credentials, createBackendSignIn, serverEndPointHash } from '@pgherd/auth';
import {
  type Authentication,
  Backend,
  decodeAuthentication,
  decodeErrorFields,
  encodeSslRequest,
  encodeStartup,
  encodeTerminate,
  type Frame,
  FrameReader,
  PROTOCOL_3_0,
} from '@pgherd/wire';

export interface Door {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  /** Null: no TLS towards servers. */
  readonly tls: tls.ConnectionOptions | null;
  readonly limitMs: number;
}

export interface Knock {
  /** Null when the server said no, or nothing, before it asked. */
  readonly asks: Authentication['kind'] | null;
  /** The session was open. Only tried with credentials, or where nothing was asked. */
  readonly isIn: boolean;
  /** Why not: the server's own words, or those of the network. */
  readonly reason: string | null;
  readonly answered: boolean;
}

/** @param credentials null: leave once it is known what the server asks */
export async function knock(door: Door, credentials: Credentials | null): Promise<Knock> {
  const result: { asks: Authentication['kind'] | null; answered: boolean } = { asks: null, answered: false };
  const socket = connect(door);
  const timer = setTimeout(() => socket.destroy(new Error(`no answer within ${door.limitMs} ms`)), door.limitMs);
  try {
    const stream = await secured(socket, door);
    const reason = await converse(stream, door, credentials, result);
    return { ...result, isIn: reason === null, reason: reason === '' ? null : reason };
  } catch (error) {
    return { ...result, isIn: false, reason: reasonOf(error) };
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return message === '' ? (code ?? 'no connection') : message;
}

function connect({ host, port }: Door): net.Socket {
  const socket = host.startsWith('/') ? net.connect(`${host}/.s.PGSQL.${port}`) : net.connect(port, host);
  socket.on('error', () => {}); // whoever reads hears of it
  return socket;
}

/** The next chunk. @throws what ended the connection */
function chunk(stream: net.Socket): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const off = (): void => {
      stream.removeListener('data', data).removeListener('error', failed).removeListener('close', closed);
    };
    const data = (bytes: Buffer): void => {
      stream.pause();
      off();
      resolve(bytes);
    };
    const failed = (error: Error): void => {
      off();
      reject(error);
    };
    const closed = (): void => failed(stream.errored ?? new Error('the server closed the connection'));
    if (stream.destroyed) return closed();
    stream.on('data', data).once('error', failed).once('close', closed);
    stream.resume();
  });
}

async function secured(socket: net.Socket, door: Door): Promise<net.Socket> {
  if (door.tls === null || door.host.startsWith('/')) return socket;
  socket.write(encodeSslRequest());
  const [answer] = await chunk(socket);
  if (answer !== 'S'.charCodeAt(0)) return socket; // as libpq's "prefer"
  return new Promise((resolve, reject) => {
    const stream = tls.connect({ ...door.tls, socket }, () => resolve(stream));
    stream.once('error', reject);
  });
}

/** @returns null when the session is open, '' when we left before the answer, else why it is not */
async function converse(
  stream: net.Socket,
  door: Door,
  credentials: Credentials | null,
  result: { asks: Authentication['kind'] | null; answered: boolean },
): Promise<string | null> {
  const signIn = createBackendSignIn({
    user: door.user,
    credentials: credentials ?? { unproved: false, wipe() {} },
    tls: stream instanceof tls.TLSSocket ? { peerEndPointHash: peerHash(stream) } : null,
  });
  stream.write(
    encodeStartup({
      protocol: PROTOCOL_3_0,
      params: [
        ['user', door.user],
        ['database', door.database],
        ['application_name', 'pgherd auth check'],
      ],
    }),
  );
  for await (const { type, body } of frames(stream)) {
    result.answered = true;
    if (type === Backend.ERROR_RESPONSE) return decodeErrorFields(body).message;
    if (type === Backend.READY_FOR_QUERY) {
      stream.end(encodeTerminate());
      return null;
    }
    if (type !== Backend.AUTHENTICATION) continue;
    const request = decodeAuthentication(body);
    result.asks ??= request.kind;
    if (credentials === null && request.kind !== 'ok') return '';
    const step = await signIn.respond(request);
    if (step.kind === 'fail') return step.missing ?? step.message;
    if (step.kind === 'send') stream.write(step.bytes);
  }
  return 'the server closed the connection';
}

async function* frames(stream: net.Socket): AsyncGenerator<Frame> {
  const reader = new FrameReader({ bodyBytesMax: 64 * 1024 });
  for (;;) yield* reader.push(await chunk(stream));
}

function peerHash(socket: tls.TLSSocket): Buffer | null {
  const certificate = socket.getPeerCertificate(true);
  return certificate?.raw === undefined ? null : serverEndPointHash(certificate.raw);
}
