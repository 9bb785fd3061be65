import { type Problems, problemsSchema } from '@pgherd/operations';
import type { Watch } from '../../feeds/latest.ts';
import { procedure, type Room } from '../base.ts';
import { watching } from './watching.ts';

export const problems = ({ operations }: Room) => {
  const watch: Watch<Problems> = (listener) => operations.watchProblems(listener);
  return procedure
    .meta({ doc: 'The list of problems, whole, now and each time it changes.', yields: problemsSchema })
    .subscription(async function* ({ ctx, signal }) {
      for await (const news of watching(watch, ctx, signal)) yield problemsSchema.parse(news);
    });
};
