import { procedure, type Room } from '../base.ts';
import { operationsSchema } from '../schemas.ts';

export const operations = ({ operations: engine }: Room) =>
  procedure
    .meta({ doc: 'Acts under way and ended, newest last, at most 100.' })
    .output(operationsSchema)
    .query(async () => [...(await engine.operations())]);
