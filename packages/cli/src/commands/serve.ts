/** `pgherd serve`: the engine in the foreground. Also what compat/bin/pgpool starts. */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Supervisor } from '@pgherd/engine';
import type { StopMode } from '@pgherd/operations';
import { configurationFiles } from '../configuration-files.ts';
import { configuredAgent } from '../configured-agent.ts';
import { type Doors, openDoors } from '../doors/doors.ts';
import { operationsOf } from '../doors/operations-of.ts';
import { sentenceOf } from '../errors.ts';
import type { CommandIo } from '../io.ts';
import { StopSignals } from '../stop-signals.ts';
import type { Command } from './command.ts';

export interface ServeOptions {
  readonly config: string;
  readonly hba: string;
  readonly pcp: string;
  readonly debug: boolean;
  /** pgpool_status is forgotten. */
  readonly discardStatus?: boolean;
  /** Called once clients can be served. */
  readonly onReady?: () => void;
}

/** Runs until a signal stops it. @returns the exit code */
export async function serve(options: ServeOptions, io: CommandIo): Promise<number> {
  const supervisor: Supervisor = new Supervisor({
    paths: { config: options.config, hba: options.hba, pcp: options.pcp },
    debug: options.debug,
    discardStatus: options.discardStatus ?? false,
    agent: (node) => configuredAgent(supervisor.settings, path.dirname(path.resolve(options.config)), node),
  });
  const signals = new StopSignals();
  const reload = new ReloadSignal();
  let doors: Doors;
  try {
    const started = supervisor.start();
    const early = await Promise.race([started.then(() => null), signals.asked]);
    if (early !== null) {
      started.catch(() => {}); // it was told to stop while it started
      await supervisor.stop('fast');
      return 0;
    }
  } catch (error) {
    io.stderr(sentenceOf(error)); // a start that fails leaves nothing behind
    return 1;
  }
  try {
    const { settings, log } = supervisor;
    doors = await openDoors(operationsOf(supervisor, signals), settings, options, (message, level = 'warning') =>
      log.write(level, message),
    );
  } catch (error) {
    await supervisor.stop('immediate');
    io.stderr(sentenceOf(error));
    return 1;
  }
  process.title = 'pgpool: main';
  reload.allow(() =>
    supervisor
      .reload({ door: 'signal', user: 'SIGHUP', address: '' })
      .catch((error: Error) => supervisor.log.write('error', error.message)),
  );
  options.onReady?.();
  await untilStopped(supervisor, doors, signals);
  return 0;
}

async function untilStopped(supervisor: Supervisor, doors: Doors, signals: StopSignals): Promise<void> {
  const stop = async (mode: StopMode): Promise<void> => {
    // The pid file goes last, and whoever waits for that may start the next one at once: its ports must be free by then.
    if (mode !== 'smart') await doors.close();
    await supervisor.stop(mode);
  };
  signals.onEach((mode) => void stop(mode));
  const mode = await signals.asked;
  await stop(mode);
  if (mode === 'smart') await doors.close();
}

/** SIGHUP from the first moment on: one that comes during the start is answered after it. */
class ReloadSignal {
  #asked = false;
  #act: (() => Promise<unknown>) | null = null;

  constructor() {
    process.on('SIGHUP', () => {
      this.#asked = true;
      this.#answer();
    });
  }

  allow(act: () => Promise<unknown>): void {
    this.#act = act;
    this.#answer();
  }

  #answer(): void {
    if (!this.#asked || this.#act === null) return;
    this.#asked = false;
    void this.#act();
  }
}

const USAGE = `pgherd serve [-f pgpool.conf] [-a pool_hba.conf] [-F pcp.conf] [-D] [-d]

Runs the proxy in front of your own servers, in the foreground; the log goes to standard error.

  -f, --file FILE      the configuration (default pgpool.conf)
  -a, --hba FILE       who may sign in, and how (default pool_hba.conf beside the configuration)
  -F, --pcp FILE       users of PCP (default pcp.conf beside the configuration)
  -D, --discard-status forget which nodes were down (work_dir/pgpool_status)
  -d, --debug          log more

SIGTERM waits for clients to leave, SIGINT ends their sessions, SIGHUP reloads pgpool.conf, pool_hba.conf, pool_passwd
and the TLS files.`;

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
        'discard-status': { type: 'boolean', short: 'D' },
      },
    });
    const files = configurationFiles({ config: values.file, hba: values.hba, pcp: values.pcp }, 'pgpool.conf');
    return serve({ ...files, debug: values.debug ?? false, discardStatus: values['discard-status'] ?? false }, io);
  },
};
