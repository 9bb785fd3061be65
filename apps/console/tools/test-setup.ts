/** Before any test: the database clients are generated from the schema as it is. */
import { ensureClients } from './build.ts';

export default async function setup(): Promise<void> {
  await ensureClients();
}
