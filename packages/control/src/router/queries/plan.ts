import { planSchema } from '@pgherd/operations';
import { z } from 'zod';
import { procedure, type Room } from '../base.ts';

export const plan = ({ operations }: Room) =>
  procedure
    .meta({ doc: 'For each node: what happens if it dies now, by the last known figures, whose age is told.' })
    .output(z.array(planSchema))
    .query(async () => [...(await operations.plan())]);
