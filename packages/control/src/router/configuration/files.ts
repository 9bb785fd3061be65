import { configurationFilesSchema } from '@pgherd/operations';
import { procedure, type Room } from '../base.ts';

export const files = ({ operations }: Room) =>
  procedure
    .meta({
      doc: 'pgpool.conf and pool_hba.conf as they are on disk now, with references in place of secrets, and the version that was applied last.',
    })
    .output(configurationFilesSchema)
    .query(() => operations.configurationFiles());
