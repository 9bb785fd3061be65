/** Entry point of `pgherd`: finds the sub-command, runs it, and turns expected failures into one sentence. */
import { COMMANDS } from './commands.ts';
import { sentenceOf, UsageError } from './errors.ts';
import { exit } from './exit.ts';
import { processIo } from './io.ts';

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
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
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
    Object.entries(COMMANDS).map(async ([name, load]) => `  ${name.padEnd(13)} ${(await load()).summary}`),
  );
  return ['pgherd COMMAND [options]', '', ...lines, '', '"pgherd COMMAND --help" tells more.'].join('\n');
}

try {
  await exit(await main(process.argv.slice(2)));
} catch (error) {
  const isUsage = error instanceof UsageError;
  const isWrongLine = (error as { code?: unknown }).code?.toString().startsWith('ERR_PARSE_ARGS') === true;
  processIo.stderr(isUsage ? error.message : `pgherd: ${sentenceOf(error)}`);
  const { exitCode = 1 } = error as { exitCode?: number };
  await exit(isUsage || isWrongLine ? 2 : exitCode);
}
