import { nodeStatusSchema } from '@pgherd/operations';
import { z } from 'zod';
import { procedure, type Room } from '../base.ts';

export const nodes = ({ operations }: Room) =>
  procedure
    .meta({ doc: 'The PostgreSQL nodes: believed and measured state and role, lag, counters of health checks.' })
    .output(z.array(nodeStatusSchema))
    .query(async () => [...(await operations.status()).nodes]);
