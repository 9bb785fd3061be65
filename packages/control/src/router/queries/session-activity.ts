import { activityQuestionSchema, nodeActivitySchema } from '@pgherd/operations';
import { z } from 'zod';
import { procedure, type Room } from '../base.ts';

export const sessionActivity = ({ operations }: Room) =>
  procedure
    .meta({
      doc: 'What server processes do and wait for, by pg_stat_activity, asked as sr_check_user. No statements are told.',
    })
    .input(activityQuestionSchema)
    .output(z.array(nodeActivitySchema))
    .query(async ({ input }) => [...(await operations.sessionActivity(input))]);
