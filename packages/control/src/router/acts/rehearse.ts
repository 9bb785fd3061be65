import { rehearsalSchema, wishSchema } from '@pgherd/operations';
import { procedure, type Room } from '../base.ts';

export const rehearse = ({ operations }: Room) =>
  procedure
    .meta({ doc: 'What an act would do, and every check it has to pass, without doing it.' })
    .input(wishSchema)
    .output(rehearsalSchema)
    .query(({ input }) => operations.rehearse(input));
