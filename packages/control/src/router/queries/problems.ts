import { problemsSchema } from '@pgherd/operations';
import { procedure, type Room } from '../base.ts';

export const problems = ({ operations }: Room) =>
  procedure
    .meta({
      doc: 'What is wrong with the herd or its proxy, the worst first, with the cause, the remedy and the act that would help: what "pgherd doctor" says.',
    })
    .output(problemsSchema)
    .query(() => operations.problems());
