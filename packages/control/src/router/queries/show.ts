import { z } from 'zod';
import { procedure, type Room } from '../base.ts';
import { concealedRows } from '../concealed.ts';
import { shownSchema } from '../schemas.ts';

export const show = ({ operations }: Room) =>
  procedure
    .meta({
      doc: 'The rows of a SHOW command (pool_nodes, pool_pools …). Client addresses and statements are empty for roles below admin.',
    })
    .input(z.object({ name: z.string().regex(/^[a-z_]{1,64}$/) }))
    .output(shownSchema)
    .query(async ({ input, ctx }) => {
      const shown = await operations.show(input.name);
      const { columns, rows } = ctx.trusted ? shown : concealedRows(shown);
      return { columns: [...columns], rows: rows.map((row) => [...row]) };
    });
