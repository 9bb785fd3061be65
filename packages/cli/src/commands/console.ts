/** `pgherd console`: the web console alone, for engines that run elsewhere. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ConsoleProcess } from '../console/console-process.ts';
import { environment } from '../env.ts';
import { CommandError, UsageError } from '../errors.ts';
import { StopSignals } from '../stop-signals.ts';
import type { Command } from './command.ts';

const USAGE = `pgherd console [options]

Starts the web console alone, in the foreground; engines are made known in its settings, or by --engine. Its first start prints
a one-time link to create the first account.

  --dir DIR               database, keys and log of the console (default ~/.pgherd/console)
  --port P                where it listens (default 3000)
  --listen ADDRESS        default 127.0.0.1; beyond this host it needs TLS or a declared proxy in front
  --tls-cert FILE         PEM, with --tls-key
  --tls-key FILE
  --engine URL            a control API, as http://localhost:9897, with --token-file
  --token-file FILE       the engine's control_token_file
  --new-admin-link        prints a one-time link for one more administrator, and ends: when nobody can sign in any more
  --dev                   for work on the console: pages are built as they are asked for

DATABASE_URL=postgresql://… keeps its data in PostgreSQL instead of a file. Behind a proxy: PGHERD_CONSOLE_ORIGIN=https://…
and PGHERD_CONSOLE_TRUSTED_PROXIES=ADDRESS,….`;

export const consoleCommand: Command = {
  summary: 'the web console alone',
  usage: USAGE,
  async run(args, io) {
    const text = { type: 'string' } as const;
    const { values } = parseArgs({
      args: [...args],
      options: {
        ...{ dir: text, port: text, listen: text, 'tls-cert': text, 'tls-key': text, engine: text, 'token-file': text },
        ...({ dev: { type: 'boolean' }, 'new-admin-link': { type: 'boolean' } } as const),
      },
    });
    const port = Number(values.port ?? environment('console-port') ?? '3000');
    if (!Number.isInteger(port) || port < 1 || port > 65_535)
      throw new UsageError('--port must be a number from 1 to 65535.');
    if ((values.engine === undefined) !== (values['token-file'] === undefined)) {
      throw new UsageError('--engine and --token-file go together.');
    }
    if ((values['tls-cert'] === undefined) !== (values['tls-key'] === undefined)) {
      throw new UsageError('--tls-cert and --tls-key go together.');
    }
    const dataDir = path.resolve(
      values.dir ?? environment('console-dir') ?? path.join(os.homedir(), '.pgherd', 'console'),
    );
    fs.mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    const logFile = path.join(dataDir, 'console.log');
    const signals = new StopSignals();
    const child = new ConsoleProcess(
      {
        newAdmin: values['new-admin-link'] === true,
        ...{
          dataDir,
          port,
          host: values.listen ?? environment('console-listen') ?? '127.0.0.1',
          dev: values.dev === true,
        },
        ...{ tlsCert: values['tls-cert'] ?? null, tlsKey: values['tls-key'] ?? null },
        engine:
          values.engine === undefined
            ? null
            : { url: values.engine, tokenFile: path.resolve(values['token-file'] ?? ''), name: 'pgherd-1' },
      },
      fs.openSync(logFile, 'a', 0o600),
      (step) => io.stdout(`  ${step}`),
    );
    try {
      const opened = await Promise.race([child.open(), signals.asked.then(() => null)]);
      if (opened !== null && values['new-admin-link'] === true) {
        io.stdout(opened.link ?? '');
        return 0;
      }
      if (opened !== null) {
        io.stdout(`  console       ${opened.url}`);
        if (opened.link !== null) io.stdout(`  first account ${opened.link}`);
        io.stdout(`  log           ${logFile}   Stop: Ctrl-C`);
        await signals.asked;
      }
      return 0;
    } catch (error) {
      throw new CommandError(`${(error as Error).message} See ${logFile}.`);
    } finally {
      await child.close();
    }
  },
};
