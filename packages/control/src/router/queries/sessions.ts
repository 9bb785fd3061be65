import { sessionSchema } from '@pgherd/operations';
import { z } from 'zod';
import { procedure, type Room } from '../base.ts';
import { concealedSession } from '../concealed.ts';

export const sessions = ({ operations }: Room) =>
  procedure
    .meta({
      doc: 'The clients and their connections to nodes. Addresses and statements are empty for roles below admin.',
    })
    .output(z.array(sessionSchema))
    .query(async ({ ctx }) => {
      const all = await operations.sessions();
      return ctx.trusted ? [...all] : all.map(concealedSession);
    });
