import { type SessionFacts, sessionSchema } from '@pgherd/operations';
import { z } from 'zod';
import { DeltaMaker } from '../../feeds/delta.ts';
import { procedure, type Room } from '../base.ts';
import { concealedSession } from '../concealed.ts';
import { deltaSchema } from '../schemas.ts';
import { watching } from './watching.ts';

const newsSchema = deltaSchema(sessionSchema, z.string());

export const sessions = ({ feeds }: Room) =>
  procedure
    .meta({
      doc: 'The clients, looked at each second: first all, then those that changed and the ids of those that left. Idle time alone is no change.',
      yields: newsSchema,
    })
    .subscription(async function* ({ ctx, signal }) {
      const clients = new DeltaMaker<SessionFacts, string>(
        ({ id }) => id,
        ({ idleMs: _, ...rest }) => rest,
      );
      for await (const all of watching(feeds.sessions, ctx, signal)) {
        const delta = clients.next(ctx.trusted ? all : all.map(concealedSession));
        if (delta !== null) yield newsSchema.parse(delta);
      }
    });
