import { parameterTableSchema } from '@pgherd/operations';
import { procedure, type Room } from '../base.ts';

export const table = ({ operations }: Room) =>
  procedure
    .meta({ doc: 'Every parameter that this engine knows: type, unit, range, default, when a new value takes effect.' })
    .output(parameterTableSchema)
    .query(() => operations.configurationTable());
