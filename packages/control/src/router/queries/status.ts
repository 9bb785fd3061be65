import { engineStatusSchema } from '@pgherd/operations';
import { procedure, type Room } from '../base.ts';

export const status = ({ operations }: Room) =>
  procedure
    .meta({ doc: 'Everything that the engine says of itself: nodes, workers, counters, whether clients are served.' })
    .output(engineStatusSchema)
    .query(() => operations.status());
