/** Calls of the console's REST API, typed by its OpenAPI document. */
import type { CallName, InputOf, OutputOf } from './calls.ts';
import { ConsoleError, errorOf } from './console-error.ts';

export interface ClientOptions {
  /** Where people reach the console: `https://console.example.com`. */
  readonly url: string;
  /** `pgh_…`, from Settings, Tokens. */
  readonly token: string;
  /** Deadline of a call, ms. Default 30,000. */
  readonly timeoutMs?: number;
  /** In place of the global one: for certificates of one's own, or tests. */
  readonly fetch?: typeof fetch;
}

interface Options {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

type Ended = OutputOf<'POST /clusters/{cluster}/acts'>;

export interface Client {
  /** One call, by method and path as docs/console-api.md names it. @throws ConsoleError */
  call<Name extends CallName>(name: Name, input: InputOf<Name>, options?: Options): Promise<OutputOf<Name>>;
  /**
   * The operation when it has ended, well or not. Looks each second.
   * @throws ConsoleError NO_OPERATION for an unknown one, DEADLINE after `timeoutMs` (default 10 minutes): it goes on
   */
  ended(cluster: string, id: string, options?: Options): Promise<Ended>;
}

const CALL_LIMIT_MS = 30_000;
const ENDED_LIMIT_MS = 600_000;
const LOOK_EVERY_MS = 1_000;
/** Methods whose input beyond the path is the query; that of others is the body. */
const IN_QUERY: readonly string[] = ['GET', 'DELETE'];

export function createClient({ url, token, timeoutMs = CALL_LIMIT_MS, fetch: send = fetch }: ClientOptions): Client {
  const base = `${url.replace(/\/+$/, '')}/api/v1`;

  async function call<Name extends CallName>(
    name: Name,
    input: InputOf<Name>,
    options: Options = {},
  ): Promise<OutputOf<Name>> {
    const { method, path, body } = requestOf(name, input as Readonly<Record<string, unknown>>);
    const limit = AbortSignal.timeout(options.timeoutMs ?? timeoutMs);
    const signal = options.signal === undefined ? limit : AbortSignal.any([limit, options.signal]);
    const headers = {
      Authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    };
    let answer: Response;
    let text: string;
    try {
      answer = await send(base + path, { method, headers, signal, ...(body === undefined ? {} : { body }) });
      text = await answer.text();
    } catch (cause) {
      options.signal?.throwIfAborted();
      const why = limit.aborted
        ? `did not answer within ${(options.timeoutMs ?? timeoutMs) / 1_000} s`
        : 'cannot be reached';
      throw new ConsoleError(`The console at ${url} ${why}.`, {
        ...{ code: limit.aborted ? 'DEADLINE' : 'UNREACHABLE', status: null, cause },
      });
    }
    const found = parsed(text);
    if (!answer.ok) throw errorOf(answer.status, found);
    return found as OutputOf<Name>;
  }

  async function ended(cluster: string, id: string, options: Options = {}): Promise<Ended> {
    const limitMs = options.timeoutMs ?? ENDED_LIMIT_MS;
    const end = Date.now() + limitMs;
    for (;;) {
      const { signal } = options;
      const reports = await call(
        'GET /clusters/{cluster}/operations',
        { cluster, limit: 200 },
        signal === undefined ? {} : { signal },
      );
      const operation = reports.map((report) => report.operation as Ended).find((one) => one.id === id);
      if (operation === undefined)
        throw new ConsoleError(`The console knows no operation ${id}.`, { code: 'NO_OPERATION', status: null });
      if (operation.state !== 'running') return operation;
      if (Date.now() + LOOK_EVERY_MS > end) {
        throw new ConsoleError(`The operation had not ended after ${limitMs / 1_000} s; it goes on.`, {
          ...{ code: 'DEADLINE', status: null },
        });
      }
      await pause(LOOK_EVERY_MS, signal);
    }
  }

  return { call, ended };
}

/** A call as it goes out: names in the path are taken from the input, the rest is query or body. */
export function requestOf(
  name: string,
  input: Readonly<Record<string, unknown>>,
): { readonly method: string; readonly path: string; readonly body?: string } {
  const [method = '', template = ''] = name.split(' ');
  const rest = { ...input };
  const path = template.replaceAll(/\{(\w+)\}/g, (_, key: string) => {
    const value = rest[key];
    delete rest[key];
    return encodeURIComponent(String(value));
  });
  const given = Object.entries(rest).filter(([, value]) => value !== undefined);
  if (!IN_QUERY.includes(method)) return { method, path, body: JSON.stringify(Object.fromEntries(given)) };
  const query = new URLSearchParams(given.map(([key, value]): [string, string] => [key, String(value)]));
  return { method, path: query.size === 0 ? path : `${path}?${query}` };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    signal?.addEventListener('abort', stop, { once: true });
  });
}
