import { applyReportSchema, configurationVersionSchema } from '@pgherd/operations';
import { procedure, type Room } from '../base.ts';

export const applyVersion = ({ operations }: Room) =>
  procedure
    .meta({
      doc: 'Applies a version wholly or not at all: stored, taken by all workers, written to the files, read back and compared. What the workers refuse comes back as rejected.',
    })
    .input(configurationVersionSchema)
    .output(applyReportSchema)
    .mutation(({ input, ctx }) => operations.applyConfiguration(input, ctx.author));
