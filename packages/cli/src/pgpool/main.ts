/** Entry point of compat/bin/pgpool: Pgpool-II's command line in front of `serve`. */
import { fileURLToPath } from 'node:url';
import { PGPOOL_CODENAME, PGPOOL_VERSION } from '@pgherd/engine';
import { serve } from '../commands/serve.ts';
import { sentenceOf } from '../errors.ts';
import { exit } from '../exit.ts';
import { type CommandIo, processIo } from '../io.ts';
import { configurationDirectory } from '../place.ts';
import { parsePgpoolLine, pgpoolUsage } from './command-line.ts';
import { reportFailed, reportStarted, startDaemon, warnAbout } from './daemon.ts';
import { reloadRunning, stopRunning } from './running.ts';

const VERSION_LINE = `pgpool-II version ${PGPOOL_VERSION} (${PGPOOL_CODENAME})`;

async function main(args: readonly string[], io: CommandIo): Promise<number> {
  const line = parsePgpoolLine(args, configurationDirectory);
  switch (line.act) {
    case 'help':
      io.stderr(`${VERSION_LINE},\n  a PostgreSQL proxy and cluster manager\n\n${pgpoolUsage(configurationDirectory)}`);
      return 0;
    case 'version':
      io.stderr(VERSION_LINE);
      return 0;
    case 'refused':
      io.stderr(`pgpool: ${line.message}\n${pgpoolUsage(configurationDirectory)}`);
      return 1;
    case 'stop':
      await stopRunning(line.files.config, line.mode, (text) => process.stderr.write(text));
      return 0;
    case 'reload':
      reloadRunning(line.files.config);
      return 0;
    case 'start':
      if (!line.foreground) {
        warnAbout(line.files.config, io);
        return startDaemon(fileURLToPath(import.meta.url), ['-n', ...args], io);
      }
      return serve(
        { ...line.files, debug: line.debug, discardStatus: line.discardStatus, onReady: reportStarted },
        toStarter(io),
      );
  }
}

/** What a start has to say goes to whoever waits for it. */
function toStarter(io: CommandIo): CommandIo {
  return {
    stdout: io.stdout,
    stderr: (text) => (process.connected ? reportFailed(text) : io.stderr(`pgpool: ${text}`)),
  };
}

try {
  await exit(await main(process.argv.slice(2), processIo));
} catch (error) {
  processIo.stderr(`pgpool: ${sentenceOf(error)}`);
  await exit(1);
}
