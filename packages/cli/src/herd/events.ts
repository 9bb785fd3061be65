import { parseArgs } from 'node:util';
import type { HerdEvent } from '@pgherd/operations';
import type { Command } from '../commands/command.ts';
import { UsageError } from '../errors.ts';
import { type Engine, withEngine } from './engine.ts';
import { ENGINE_OPTIONS, ENGINE_USAGE } from './options.ts';
import { watch } from './watching.ts';
import { clock, plain } from './words.ts';

const USAGE = `pgherd events [options]

Prints the journal: what happened to the herd, why, and who or what decided. One line each; with --json one JSON each.

${ENGINE_USAGE}
  --last N             the last N (default 50)
  --since NUMBER       all after the one with this number
  --watch              go on with each new one, until Ctrl-C`;

type News =
  | { readonly kind: 'restarted' }
  | { readonly kind: 'event'; readonly event: HerdEvent }
  | { readonly kind: 'lost'; readonly from: number; readonly to: number };

export const eventsCommand: Command = {
  summary: 'print what happened to the herd, and why',
  usage: USAGE,
  run(args, io) {
    const { values } = parseArgs({
      args: [...args],
      options: { ...ENGINE_OPTIONS, last: { type: 'string' }, since: { type: 'string' }, watch: { type: 'boolean' } },
    });
    const since = number('--since', values.since);
    const last = number('--last', values.last) ?? (since === null ? 50 : Number.POSITIVE_INFINITY);
    const show = (event: HerdEvent): string => (values.json === true ? JSON.stringify(event) : eventLine(event));
    return withEngine(values, io, async ({ api }) => {
      const found = await allEvents(api, since ?? 0);
      for (const event of last === 0 ? [] : found.slice(-last)) io.stdout(show(event));
      if (values.watch !== true) return 0;
      return watch<{ readonly data: News }>(
        (handlers) => api.watch.events.subscribe({ since: found.at(-1)?.seq ?? since ?? 0 }, handlers as never),
        ({ data }) => {
          if (data.kind === 'event') return show(data.event);
          io.stderr(
            data.kind === 'lost' ? `The events ${data.from} to ${data.to} are gone.` : 'The journal began anew.',
          );
          return null;
        },
        io,
        false,
      );
    });
  },
};

function number(name: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  if (!/^\d{1,15}$/.test(text)) throw new UsageError(`${name} takes a number, not "${text}".`);
  return Number(text);
}

/** The journal is told in parts. */
async function allEvents(api: Engine['api'], since: number): Promise<HerdEvent[]> {
  const all: HerdEvent[] = [];
  for (;;) {
    const part = await api.events.query({ since: all.at(-1)?.seq ?? since });
    if (part.length === 0) return all;
    all.push(...part);
  }
}

export function eventLine({ seq, at, severity, kind, message, by }: HerdEvent): string {
  const who =
    by.door === 'engine' ? by.user : `${by.user} by ${by.door}${by.address === '' ? '' : ` from ${by.address}`}`;
  return `${String(seq).padStart(6)}  ${clock(at)}  ${severity.padEnd(7)}  ${kind.padEnd(17)}  ${plain(message)} (${plain(who)})`;
}
