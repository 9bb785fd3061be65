import { configurationStateSchema } from '@pgherd/operations';
import { procedure, type Room } from '../base.ts';

export const state = ({ operations }: Room) =>
  procedure
    .meta({ doc: 'The hashes of the files on disk, of what runs and of the version that was applied last.' })
    .output(configurationStateSchema)
    .query(() => operations.configurationState());
