/** Entry point of `pgherd`: finds the sub-command, runs it, and turns expected failures into one sentence. */
import type { Command } from './commands/command.ts';
import { CommandError, UsageError } from './errors.ts';
import { processIo } from './io.ts';

/** Loaded on use: `pgherd url` need not wait for the engine. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  up: async () => (await import('./up/up.ts')).upCommand,
  serve: async () => (await import('./commands/serve.ts')).serveCommand,
  sql: async () => (await import('./commands/sql.ts')).sqlCommand,
  url: async () => (await import('./commands/url.ts')).urlCommand,
  config: async () => (await import('./commands/config.ts')).configCommand,
  lab: async () => (await import('./commands/lab.ts')).labCommand,
};

async function main(argv: readonly string[]): Promise<number> {
  const [name, ...args] = argv;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    processIo.stdout(await overview());
    return name === undefined ? 2 : 0;
  }
  if (name === '--version' || name === '-v') {
    const { VERSION } = await import('@pgherd/engine');
    processIo.stdout(`pgherd ${VERSION}`);
    return 0;
  }
  const load = COMMANDS[name];
  if (load === undefined) {
    processIo.stderr(`pgherd: there is no command "${name}". Commands: ${Object.keys(COMMANDS).join(', ')}.`);
    return 2;
  }
  const command = await load();
  if (name !== 'lab' && (args.includes('--help') || args.includes('-h'))) {
    processIo.stdout(command.usage);
    return 0;
  }
  return command.run(args, processIo);
}

async function overview(): Promise<string> {
  const lines = await Promise.all(
    Object.entries(COMMANDS).map(async ([name, load]) => `  ${name.padEnd(8)} ${(await load()).summary}`),
  );
  return ['pgherd COMMAND [options]', '', ...lines, '', '"pgherd COMMAND --help" tells more.'].join('\n');
}

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  processIo.stderr(
    `pgherd needs Node 22.18 or later and runs under ${process.version}: run "npm ci" in the checkout, which brings one.`,
  );
  process.exit(1);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof UsageError) {
    processIo.stderr(error.message);
    process.exitCode = 2;
  } else if (error instanceof CommandError) {
    processIo.stderr(`pgherd: ${error.message}`);
    process.exitCode = 1;
  } else if ((error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS')) {
    processIo.stderr(`pgherd: ${(error as Error).message}`);
    process.exitCode = 2;
  } else {
    const { explain } = await import('./commands/serve.ts');
    processIo.stderr(`pgherd: ${explain(error)}`);
    process.exitCode = 1;
  }
}
// Whatever still holds the loop (a client library's timer, say) must not keep a finished command.
if (process.exitCode !== undefined) setImmediate(() => process.exit());
