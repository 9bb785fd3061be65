/** `pgherd serve`: the engine in the foreground. Also what compat/bin/pgpool starts. */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type Doors, openDoors } from '@pgherd/control';
import { AlreadyRunningError, ConfigurationError, ListenError, Supervisor } from '@pgherd/engine';
import type { StopMode } from '@pgherd/operations';
import type { CommandIo } from '../io.ts';
import type { Command } from './command.ts';

export interface ServeOptions {
  readonly config: string;
  readonly hba: string;
  readonly pcp: string;
  readonly debug?: boolean;
  /** Called once clients can be served. */
  readonly onReady?: (supervisor: Supervisor) => Promise<void> | void;
}

/** Runs until a signal stops it. @returns the exit code */
export async function serve(options: ServeOptions, io: CommandIo): Promise<number> {
  const supervisor = new Supervisor({
    paths: { config: options.config, hba: options.hba, pcp: options.pcp },
    debug: options.debug ?? false,
  });
  let stop: (mode: StopMode) => void = () => {};
  const stopped = new Promise<void>((resolve) => {
    stop = (mode) => void supervisor.stop(mode).then(resolve);
  });
  const asked = onSignals({
    SIGTERM: () => stop('smart'),
    SIGINT: () => stop('fast'),
    SIGQUIT: () => stop('immediate'),
    SIGHUP: () => void supervisor.reload(),
  });
  let doors: Doors | null = null;
  try {
    await supervisor.start();
    doors = await openDoors(supervisor, supervisor.settings);
  } catch (error) {
    asked();
    await supervisor.stop('immediate');
    io.stderr(explain(error));
    return 1;
  }
  process.title = 'pgpool: main';
  await options.onReady?.(supervisor);
  await stopped;
  await doors.close();
  asked();
  return 0;
}

/** @returns how to take the handlers away again */
function onSignals(handlers: Readonly<Partial<Record<NodeJS.Signals, () => void>>>): () => void {
  const entries = Object.entries(handlers) as [NodeJS.Signals, () => void][];
  for (const [signal, act] of entries) process.on(signal, act);
  return () => {
    for (const [signal, act] of entries) process.removeListener(signal, act);
  };
}

/** Expected failures in one sentence each; anything else is a bug and shows where it happened. */
export function explain(error: unknown): string {
  if (error instanceof ConfigurationError) return error.issues.join('\n');
  if (error instanceof ListenError || error instanceof AlreadyRunningError) return error.message;
  return (error as Error).message;
}

const USAGE = `pgherd serve [-f pgpool.conf] [-a pool_hba.conf] [-F pcp.conf] [-d]

Runs the proxy in the foreground; the log goes to standard error. SIGTERM waits for clients to leave, SIGINT ends their
sessions, SIGHUP reloads pgpool.conf, pool_hba.conf, pool_passwd and the TLS files.`;

export const serveCommand: Command = {
  summary: 'run the proxy in front of your own servers',
  usage: USAGE,
  async run(args, io) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        file: { type: 'string', short: 'f' },
        hba: { type: 'string', short: 'a' },
        pcp: { type: 'string', short: 'F' },
        debug: { type: 'boolean', short: 'd' },
      },
    });
    const config = values.file ?? 'pgpool.conf';
    const directory = path.dirname(config);
    return serve(
      {
        config,
        hba: values.hba ?? path.join(directory, 'pool_hba.conf'),
        pcp: values.pcp ?? path.join(directory, 'pcp.conf'),
        debug: values.debug ?? false,
      },
      io,
    );
  },
};
