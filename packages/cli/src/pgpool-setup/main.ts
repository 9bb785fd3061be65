/** Entry point of compat/bin/pgpool_setup. */
import path from 'node:path';
import { findBinaries } from '@pgherd/lab';
import { loginName, setupVariable } from '../env.ts';
import { CommandError, sentenceOf } from '../errors.ts';
import { exit } from '../exit.ts';
import { type CommandIo, processIo } from '../io.ts';
import { projectRoot } from '../place.ts';
import { parseSetupLine, SETUP_USAGE, type SetupLine } from './command-line.ts';
import type { SetupPlan } from './plan.ts';
import { setUp } from './setup.ts';

/** What shell scripts and configuration files take without quoting. */
const PLAIN = /^[A-Za-z0-9_./@+-]+$/;

async function main(args: readonly string[], io: CommandIo): Promise<number> {
  const line = parseSetupLine(args, (name) => setupVariable(name) === 'true');
  switch (line.act) {
    case 'help':
      io.stdout(SETUP_USAGE);
      return 0;
    case 'refused':
      io.stderr(`pgpool_setup: ${line.message}\n\n${SETUP_USAGE}`);
      return 1;
    case 'run': {
      const plan = planOf(line);
      await setUp(plan, io);
      io.stdout(
        `\n${plan.dir} is ready${plan.stopAtEnd ? ': run ./startall there' : ', and runs'}. Its ports are in bashrc.ports.`,
      );
      return 0;
    }
  }
}

function planOf(line: SetupLine): SetupPlan {
  if (process.getuid?.() === 0 && !line.withoutClusters) {
    throw new CommandError('PostgreSQL refuses to run as root: run this as an ordinary user.');
  }
  const dir = process.cwd();
  const user = loginName();
  const socketDir = path.resolve(setupVariable('PGSOCKET_DIR') ?? '/tmp');
  const etc = path.resolve(setupVariable('PGPOOLDIR') ?? path.join(dir, 'etc'));
  for (const text of [dir, user, socketDir, etc]) {
    if (!PLAIN.test(text))
      throw new CommandError(`"${text}" holds characters that scripts trip over: use another directory.`);
  }
  const installed = setupVariable('PGPOOL_INSTALL_DIR');
  return {
    ...line,
    dir,
    user,
    socketDir,
    etc,
    pgBin: line.withoutClusters ? (setupVariable('PGBIN') ?? '') : postgresPrograms(),
    initdb: (setupVariable('INITDBARG') ?? '--no-locale -E UTF8').split(/\s+/).filter((word) => word !== ''),
    programs: installed === undefined ? path.join(projectRoot, 'compat/bin') : path.join(installed, 'bin'),
  };
}

/** @throws CommandError */
function postgresPrograms(): string {
  const { dir, psql, pgBasebackup, pgCtl } = findBinaries({ pgBin: setupVariable('PGBIN') });
  if (psql !== undefined && pgBasebackup !== undefined && pgCtl !== undefined) return dir;
  throw new CommandError(
    `${dir} has no psql, pg_basebackup or pg_ctl: name a whole PostgreSQL installation with PGBIN.`,
  );
}

try {
  await exit(await main(process.argv.slice(2), processIo));
} catch (error) {
  processIo.stderr(`pgpool_setup: ${sentenceOf(error)}`);
  await exit(1);
}
