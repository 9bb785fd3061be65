/** Entry point of `pgherd`. */

import path from 'node:path';
import { parseArgs } from 'node:util';
import { serve } from './commands/serve.ts';
import { processIo } from './io.ts';

const [command, ...rest] = process.argv.slice(2);
if (command === 'serve') {
  const { values } = parseArgs({
    args: rest,
    options: {
      file: { type: 'string', short: 'f' },
      hba: { type: 'string', short: 'a' },
      pcp: { type: 'string', short: 'F' },
    },
  });
  const dir = path.dirname(values.file ?? '.');
  process.exit(
    await serve(
      {
        config: values.file ?? 'pgpool.conf',
        hba: values.hba ?? path.join(dir, 'pool_hba.conf'),
        pcp: values.pcp ?? path.join(dir, 'pcp.conf'),
      },
      processIo,
    ),
  );
}
process.exit(2);
