import { type LogFilter, type LogLine, logFilterSchema, logLevels, logLineSchema } from '@pgherd/operations';
import { z } from 'zod';
import { procedure, type Room } from '../base.ts';
import { concealedLine } from '../concealed.ts';
import { watching } from './watching.ts';

/** Lines that wait for a slow reader; what comes on top is counted. */
const WAITING_MAX = 1_000;

const newsSchema = z.object({
  lines: z.array(logLineSchema),
  /** Lines that were not sent because the reader was too slow. */
  lost: z.int(),
});

export const logs = ({ operations }: Room) =>
  procedure
    .meta({ doc: 'New lines of the log, as they are written; ask `logs` for those before.', yields: newsSchema })
    .input(logFilterSchema.default({}))
    .subscription(async function* ({ input, ctx, signal }) {
      let waiting: LogLine[] = [];
      let lost = 0;
      const watch = (listener: (more: true) => void): (() => void) =>
        operations.watchLogs((line) => {
          const told = ctx.trusted ? line : concealedLine(line);
          if (!fits(told, input)) return;
          if (waiting.length >= WAITING_MAX) lost++;
          else waiting.push(told);
          listener(true);
        });
      for await (const _ of watching(watch, ctx, signal)) {
        const news = { lines: waiting, lost };
        waiting = [];
        lost = 0;
        yield newsSchema.parse(news);
      }
    });

function fits(line: LogLine, { level, text, process, node }: LogFilter): boolean {
  return (
    (level === undefined || logLevels.indexOf(line.level) >= logLevels.indexOf(level)) &&
    (text === undefined || line.text.toLowerCase().includes(text.toLowerCase())) &&
    (process === undefined || line.process === process) &&
    (node === undefined || line.node === node)
  );
}
