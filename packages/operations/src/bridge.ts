/**
 * Operations over a message port: a door in a thread of its own calls them as if they were beside it. Questions carry a
 * number and get one answer; what is watched flows until it is ended. Deadlines are the
 * callee's: the supervisor bounds each of its own waits.
 */
import type { Operations } from './operations.ts';
import { type Check, type RefusalCode, RefusedError } from './wish.ts';

/** A MessagePort, a Worker or parentPort: what the bridge needs of it. */
export interface BridgePort {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (message: unknown) => void): unknown;
}

const WATCHED = [
  'watch',
  'watchEvents',
  'watchOperations',
  'watchLogs',
  'watchConfiguration',
  'watchProblems',
] as const;
type Watched = (typeof WATCHED)[number];
const ASKED = [
  'status',
  'show',
  'sessions',
  'explainRoute',
  'compareRoutes',
  'probeRoute',
  'sessionActivity',
  'logs',
  'problems',
  'configurationTable',
  'configurationFiles',
  'configurationRunning',
  'configurationState',
  'checkConfiguration',
  'applyConfiguration',
  'cancelStatements',
  'endSessions',
  'plan',
  'events',
  'operations',
  'rehearse',
  'begin',
  'cancel',
  'ended',
  'reload',
  'stop',
  'rotateLog',
  'invalidateCache',
] as const;
type Asked = (typeof ASKED)[number];

interface BridgeError {
  readonly message: string;
  readonly refused: { readonly code: RefusalCode; readonly checks: readonly Check[] } | null;
}

type BridgeMessage =
  | { readonly t: 'ops:ask'; readonly id: number; readonly name: Asked; readonly args: readonly unknown[] }
  | { readonly t: 'ops:answer'; readonly id: number; readonly value?: unknown; readonly error?: BridgeError }
  | { readonly t: 'ops:watch'; readonly id: number; readonly name: Watched }
  | { readonly t: 'ops:unwatch'; readonly id: number }
  | { readonly t: 'ops:news'; readonly id: number; readonly value: unknown };

/** The supervisor's side: answers what comes over `port` from `operations`. @returns how to end all that is watched */
export function serveOperations(operations: Operations, port: BridgePort): () => void {
  const watched = new Map<number, () => void>();
  port.on('message', (raw) => {
    const message = raw as BridgeMessage;
    switch (message.t) {
      case 'ops:ask': {
        const { id, name, args } = message;
        if (!ASKED.includes(name)) return;
        const call = operations[name] as (...given: readonly unknown[]) => unknown;
        Promise.resolve()
          .then(() => call.apply(operations, args as unknown[]))
          .then((value) => port.postMessage({ t: 'ops:answer', id, value } satisfies BridgeMessage))
          .catch((error: unknown) => port.postMessage({ t: 'ops:answer', id, error: packed(error) }));
        return;
      }
      case 'ops:watch': {
        const { id, name } = message;
        if (!WATCHED.includes(name)) return;
        watched.set(
          id,
          operations[name]((value: unknown) => port.postMessage({ t: 'ops:news', id, value } satisfies BridgeMessage)),
        );
        return;
      }
      case 'ops:unwatch':
        watched.get(message.id)?.();
        watched.delete(message.id);
        return;
      default:
    }
  });
  return () => {
    for (const end of watched.values()) end();
    watched.clear();
  };
}

/** The door's side. */
export function operationsOver(port: BridgePort): Operations {
  let lastId = 0;
  const open = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  const listeners = new Map<number, (value: never) => void>();
  port.on('message', (raw) => {
    const message = raw as BridgeMessage;
    if (message.t === 'ops:answer') {
      const question = open.get(message.id);
      open.delete(message.id);
      if (message.error === undefined) question?.resolve(message.value);
      else question?.reject(unpacked(message.error));
    } else if (message.t === 'ops:news') listeners.get(message.id)?.(message.value as never);
  });
  const ask = (name: Asked, args: readonly unknown[]): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const id = ++lastId;
      open.set(id, { resolve, reject });
      port.postMessage({ t: 'ops:ask', id, name, args } satisfies BridgeMessage);
    });
  const watch = (name: Watched, listener: (value: never) => void): (() => void) => {
    const id = ++lastId;
    listeners.set(id, listener);
    port.postMessage({ t: 'ops:watch', id, name } satisfies BridgeMessage);
    return () => {
      if (listeners.delete(id)) port.postMessage({ t: 'ops:unwatch', id } satisfies BridgeMessage);
    };
  };
  const asked = ASKED.map((name) => [name, (...args: readonly unknown[]) => ask(name, args)] as const);
  const watches = WATCHED.map((name) => [name, (listener: (value: never) => void) => watch(name, listener)] as const);
  return Object.fromEntries([...asked, ...watches]) as unknown as Operations;
}

function packed(error: unknown): BridgeError {
  if (error instanceof RefusedError) {
    return { message: error.message, refused: { code: error.code, checks: error.checks } };
  }
  return { message: error instanceof Error ? error.message : String(error), refused: null };
}

function unpacked({ message, refused }: BridgeError): Error {
  return refused === null ? new Error(message) : new RefusedError(refused.code, message, refused.checks);
}
