import { findParameter } from '@pgherd/config/table';
import { z } from 'zod';
import { procedure, type Room } from '../base.ts';

const MASK = '*****';

export const configuration = ({ operations }: Room) =>
  procedure
    .meta({ doc: 'The parameters in effect, with numbers where they have one. Values of secrets are masked.' })
    .output(z.array(z.object({ name: z.string(), value: z.string(), description: z.string() })))
    .query(async () => {
      const { columns, rows } = await operations.show('pool_status');
      const at = (name: string): number => columns.indexOf(name);
      const [name, value, description] = [at('item'), at('value'), at('description')];
      return rows.map((row) => ({
        name: row[name] ?? '',
        value: isSecret(row[name] ?? '') && row[value] !== '' ? MASK : (row[value] ?? ''),
        description: row[description] ?? '',
      }));
    });

/** Masked by whoever shows them already; once more here, since an answer leaves the host. */
function isSecret(name: string): boolean {
  const parameter = findParameter(name) ?? findParameter(name.replace(/\d+$/, ''));
  return parameter?.secret ?? false;
}
