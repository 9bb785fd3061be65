import { type ConfigurationState, configurationStateSchema } from '@pgherd/operations';
import type { Watch } from '../../feeds/latest.ts';
import { procedure, type Room } from '../base.ts';
import { watching } from './watching.ts';

export const configuration = ({ operations }: Room) => {
  const watch: Watch<ConfigurationState> = (listener) => operations.watchConfiguration(listener);
  return procedure
    .meta({
      doc: 'The state of the configuration now, and each time the files, what runs or the version that was applied last changes.',
      yields: configurationStateSchema,
    })
    .subscription(async function* ({ ctx, signal }) {
      for await (const state of watching(watch, ctx, signal)) yield configurationStateSchema.parse(state);
    });
};
