/** From the command line to a client of the engine's control interface. */
import fs from 'node:fs';
import path from 'node:path';
import tls from 'node:tls';
import { formatIssue, type Settings } from '@pgherd/config';
import { tokenFilePath } from '@pgherd/control';
import { type ControlClient, controlFailure, createControlClient } from '@pgherd/control/client';
import { nodeTransport } from '@pgherd/control/node-client';
import { environment } from '../env.ts';
import { CommandError, RefusedCommandError, UnreachableError } from '../errors.ts';
import type { CommandIo } from '../io.ts';
import { readConfig } from '../read-files.ts';
import { upFiles } from '../up/files.ts';
import type { EngineOptions } from './options.ts';

export interface Engine {
  readonly url: string;
  readonly api: ControlClient['api'];
}

interface Place {
  readonly url: string;
  readonly tokenFile: string;
  readonly ca: string | null;
}

/** Talks to the engine as long as `work` lasts. @throws UnreachableError, RefusedCommandError, CommandError */
export async function withEngine<T>(
  options: EngineOptions,
  io: CommandIo,
  work: (engine: Engine) => Promise<T>,
): Promise<T> {
  const place = placeOf(options);
  let isOver = false;
  let wasOpen = false;
  const client = createControlClient({
    url: place.url,
    token: tokenIn(place),
    ...transport(place, options),
    onConnection(open) {
      if (wasOpen && !open && !isOver) io.stderr(`The connection to ${place.url} is lost; it is tried again.`);
      wasOpen = open;
    },
  });
  const engine = { url: place.url, api: client.api };
  try {
    return await work(engine);
  } catch (error) {
    throw spoken(error, place.url);
  } finally {
    isOver = true;
    void client.close();
  }
}

function placeOf(options: EngineOptions): Place {
  if (options.url !== undefined) {
    const tokenFile = options['token-file'] ?? environment('token-file');
    if (tokenFile === undefined) throw new CommandError('--url needs the file of its tokens: --token-file FILE.');
    return { url: options.url, tokenFile, ca: options.ca ?? null };
  }
  const file = configurationOf(options);
  const config = readConfig(file);
  if (!config.ok) throw new CommandError(config.issues.map(formatIssue).join('\n'));
  const { settings } = config;
  if (settings.control_listen_addresses.length === 0) {
    throw new UnreachableError(`The engine of ${file} has no control interface (control_listen_addresses is empty).`);
  }
  const cert = settings.control_tls_cert === '' ? null : path.resolve(path.dirname(file), settings.control_tls_cert);
  return {
    url: controlUrl(settings),
    tokenFile: options['token-file'] ?? tokenFilePath(settings),
    ca: options.ca ?? cert,
  };
}

/** The file named; else pgpool.conf here, else that of `pgherd up`. */
export function configurationOf({ file, dir }: Pick<EngineOptions, 'file' | 'dir'>): string {
  if (file !== undefined) return path.resolve(file);
  if (dir === undefined && fs.existsSync('pgpool.conf')) return path.resolve('pgpool.conf');
  const up = upFiles(path.resolve(dir ?? environment('dir') ?? '.pgherd')).config;
  if (fs.existsSync(up)) return up;
  throw new CommandError(
    dir === undefined
      ? 'There is no pgpool.conf here and no .pgherd: name the configuration with -f, or the engine with --url.'
      : `There is no herd in ${path.resolve(dir)}: make one with "npm start".`,
  );
}

export function controlUrl(settings: Settings): string {
  const [address = 'localhost'] = settings.control_listen_addresses;
  const host = ['*', '0.0.0.0', '::'].includes(address) ? 'localhost' : address;
  const scheme = settings.control_tls_cert === '' ? 'http' : 'https';
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${settings.control_port}`;
}

const ROLES = ['admin', 'operate', 'read'];

/** The strongest token of the file; a file may also hold one token and nothing else. */
function tokenIn({ tokenFile, url }: Place): string {
  let text: string;
  try {
    text = fs.readFileSync(tokenFile, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') {
      throw new UnreachableError(`No engine has served ${url} yet: it makes ${tokenFile} at its first start.`);
    }
    throw new CommandError(`The tokens in ${tokenFile} cannot be read (${code}): be the user that runs the engine.`);
  }
  const lines = text.split('\n').map((line) => line.trim());
  const entries = lines.filter((line) => line !== '' && !line.startsWith('#')).map((line) => line.split(/\s+/));
  const [[only = '', ...more] = []] = entries;
  if (entries.length === 1 && more.length === 0 && only !== '') return only;
  for (const role of ROLES) {
    const found = entries.find(([first]) => first === role)?.[2];
    if (found !== undefined) return found;
  }
  throw new CommandError(`There is no token in ${tokenFile}.`);
}

function transport({ url, ca }: Place, { cert, key }: EngineOptions): Partial<ReturnType<typeof nodeTransport>> {
  if (!url.startsWith('https:')) return {};
  const read = (file: string): string => {
    try {
      return fs.readFileSync(file, 'utf8');
    } catch (error) {
      throw new CommandError(`${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`);
    }
  };
  return nodeTransport({
    ...(ca === null ? {} : { ca: [...tls.rootCertificates, read(ca)].join('\n') }),
    ...(cert === undefined ? {} : { cert: read(cert) }),
    ...(key === undefined ? {} : { key: read(key) }),
  });
}

/** What a failed call means to the person who made it. */
function spoken(error: unknown, url: string): unknown {
  if (!(error instanceof Error) || error.name !== 'TRPCClientError') return error;
  const failure = controlFailure(error);
  switch (failure.kind) {
    case 'refused': {
      const wrong = failure.checks.filter(({ ok }) => !ok);
      const lines = wrong.map(
        ({ name, detail, remedy }) => `  ${name}: ${detail}${remedy === null ? '' : `. ${remedy}`}`,
      );
      return new RefusedCommandError([`${failure.message} (${failure.code})`, ...lines].join('\n'));
    }
    case 'denied':
      return new RefusedCommandError(failure.message);
    case 'unreachable':
      return new UnreachableError(`The engine does not answer at ${url}: ${failure.message}. Is it running?`);
    case 'failed':
      return new CommandError(failure.message);
  }
}
