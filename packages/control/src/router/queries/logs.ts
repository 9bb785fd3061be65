import { logPartSchema, logQuestionSchema } from '@pgherd/operations';
import { procedure, type Room } from '../base.ts';
import { concealedLine } from '../concealed.ts';

export const logs = ({ operations }: Room) =>
  procedure
    .meta({
      doc: 'The newest lines of the log that the engine still has, of all its processes. Texts of clients’ sessions are empty for roles below admin.',
    })
    .input(logQuestionSchema)
    .output(logPartSchema)
    .query(async ({ input, ctx }) => {
      // Who may not read a client's line must not find out by searching what it says.
      const part = await operations.logs(ctx.trusted ? input : { ...input, text: undefined });
      if (ctx.trusted) return part;
      const wanted = input.text?.toLowerCase() ?? '';
      const lines = part.lines.map(concealedLine).filter(({ text }) => text.toLowerCase().includes(wanted));
      return { ...part, lines };
    });
