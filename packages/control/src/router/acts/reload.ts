import { z } from 'zod';
import { procedure, type Room } from '../base.ts';

export const reloadReportSchema = z.object({
  ok: z.boolean(),
  changed: z.array(z.string()),
  needRestart: z.array(z.string()),
  errors: z.array(z.string()),
  warnings: z.array(z.string()),
  tookMs: z.number(),
});

export const reload = ({ operations }: Room) =>
  procedure
    .meta({
      doc: 'Reads the configuration again. The report says what changed, what needs a restart and what was refused.',
    })
    .output(reloadReportSchema)
    .mutation(async ({ ctx }) => {
      const report = await operations.reload(ctx.author);
      return {
        ...report,
        changed: [...report.changed],
        needRestart: [...report.needRestart],
        errors: [...report.errors],
        warnings: [...report.warnings],
      };
    });
