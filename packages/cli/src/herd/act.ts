/** One way for all acts: say what it means, ask where it is dangerous, begin, follow, report. */
import readline from 'node:readline/promises';
import { parseArgs } from 'node:util';
import type { Rehearsal, Wish } from '@pgherd/operations';
import type { Command } from '../commands/command.ts';
import { CommandError, RefusedCommandError, UsageError } from '../errors.ts';
import type { CommandIo } from '../io.ts';
import { formatTable } from '../table.ts';
import { withEngine } from './engine.ts';
import { follow } from './follow.ts';
import { ENGINE_OPTIONS, ENGINE_USAGE } from './options.ts';
import { plain } from './words.ts';

export interface ActValues {
  readonly to?: string | undefined;
  readonly gracefully?: boolean | undefined;
  readonly 'accept-loss'?: boolean | undefined;
}

const ACT_OPTIONS = {
  to: { type: 'string' },
  gracefully: { type: 'boolean' },
  'accept-loss': { type: 'boolean' },
} as const;

const YES = { type: 'boolean', short: 'y' } as const;

export interface ActDescription {
  readonly name: string;
  readonly summary: string;
  /** Between the name and the options common to all: `NODE`, and lines of its own. */
  readonly call: string;
  readonly text: string;
  readonly options: string;
  /** Those of the options below that it has. */
  readonly accepts: readonly (keyof typeof ACT_OPTIONS)[];
  /** Asks before it begins; without a terminal it wants --yes. */
  readonly dangerous: boolean;
  /** @returns null when the command line makes no sense */
  wish(node: number | null, values: ActValues): Wish | null;
}

const EXIT_IMPOSSIBLE = 3;

export function actCommand(description: ActDescription): Command {
  const { name, summary, call, text, options, dangerous } = description;
  const usage = `pgherd ${name} ${call}

${text}

${options === '' ? '' : `${options}\n`}  --dry-run            say what would happen and what is in the way, and do nothing
${dangerous ? '  -y, --yes            do not ask\n' : ''}${ENGINE_USAGE}

Each step is printed as it happens; the act goes on when this command is ended. Exit codes: 0 done, 1 failed, 2 called
wrongly, 3 refused (nothing was changed; also a --dry-run of what is not possible), 4 the engine is not reachable.`;
  const own = Object.fromEntries(
    description.accepts.map((option) => [option, ACT_OPTIONS[option]]),
  ) as typeof ACT_OPTIONS; // those it does not have are never given
  return {
    summary,
    usage,
    run(args, io) {
      const { values, positionals } = parseArgs({
        args: [...args],
        allowPositionals: true,
        options: {
          ...ENGINE_OPTIONS,
          ...own,
          'dry-run': { type: 'boolean' },
          ...((dangerous ? { yes: YES } : {}) as { readonly yes: typeof YES }),
        },
      });
      const [node, more] = positionals;
      const wish = more === undefined ? description.wish(nodeNumber(node), values) : null;
      if (wish === null) throw new UsageError(usage);
      const json = values.json === true;
      return withEngine(values, io, async ({ api }) => {
        const rehearsal = await api.rehearse.query(wish);
        if (values['dry-run'] === true) {
          io.stdout(json ? JSON.stringify(rehearsal, null, 2) : rehearsalText(rehearsal));
          return rehearsal.possible ? 0 : EXIT_IMPOSSIBLE;
        }
        if (!rehearsal.possible) throw new RefusedCommandError(refusalText(name, rehearsal));
        if (!json) io.stdout(plain(rehearsal.effect));
        if (dangerous && values.yes !== true && !(await agreed(io))) {
          io.stderr('Nothing was done.');
          return EXIT_IMPOSSIBLE;
        }
        const begun = await api.begin.mutate(wish);
        const ended = await follow(api, begun, json ? () => {} : (line) => io.stdout(line));
        if (json) io.stdout(JSON.stringify(ended, null, 2));
        if (ended.state === 'done') return 0;
        throw new CommandError(`The ${name} failed: ${plain(ended.error ?? 'no reason is known')}`);
      });
    },
  };
}

/** @throws UsageError for what is no number */
export function nodeNumber(text: string | undefined): number | null {
  if (text === undefined) return null;
  if (!/^\d{1,3}$/.test(text)) throw new UsageError(`A node is named by its number, not "${text}".`);
  return Number(text);
}

function rehearsalText({ possible, effect, checks }: Rehearsal): string {
  const table = formatTable(
    ['check', 'ok', 'found', 'what to do'],
    checks.map(({ name, ok, detail, remedy }) => [name, ok ? 'yes' : 'no', plain(detail), plain(remedy ?? '')]),
  );
  return [plain(effect), '', table, possible ? 'It is possible.' : 'It is not possible.'].join('\n');
}

function refusalText(name: string, { checks }: Rehearsal): string {
  const wrong = checks
    .filter(({ ok }) => !ok)
    .map(({ name: check, detail, remedy }) => {
      return `  ${check}: ${plain(detail)}${remedy === null ? '' : `; ${plain(remedy)}`}`;
    });
  return [`The ${name} is not possible:`, ...wrong].join('\n');
}

async function agreed(io: CommandIo): Promise<boolean> {
  if (process.stdin.isTTY !== true) {
    throw new UsageError('There is nobody to ask here: say --yes if that is wanted, or --dry-run to only look.');
  }
  const asking = readline.createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await asking.question('Go on? [y/N] ')).trim());
  } catch {
    io.stderr('');
    return false;
  } finally {
    asking.close();
  }
}
