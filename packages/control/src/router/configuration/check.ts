import { configurationCheckSchema, configurationDraftSchema } from '@pgherd/operations';
import { procedure, type Room } from '../base.ts';

export const check = ({ operations }: Room) =>
  procedure
    .meta({
      doc: 'What a draft would change against what runs, and what is wrong with it, by the engine’s own rules. Nothing is changed.',
    })
    .input(configurationDraftSchema)
    .output(configurationCheckSchema)
    .query(({ input }) => operations.checkConfiguration(input));
