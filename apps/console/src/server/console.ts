/** All that one console is made of, for those who answer calls. */
import type { Logger } from 'pino';
import type { Audit } from './audit/audit.ts';
import type { Database, Prisma } from './data/database.ts';
import type { Engines } from './engines/engines.ts';
import type { ConsoleOptions } from './env.ts';
import type { Hub } from './hub/hub.ts';
import type { Keyring } from './keys/keyring.ts';
import type { AccessChanges } from './people/access-changes.ts';
import type { ApplyRuns } from './versions/apply-runs.ts';

export interface Console {
  readonly options: ConsoleOptions;
  readonly log: Logger;
  readonly database: Database;
  readonly prisma: Prisma;
  readonly keyring: Keyring;
  readonly audit: Audit;
  readonly engines: Engines;
  readonly hub: Hub;
  readonly access: AccessChanges;
  readonly runs: ApplyRuns;
}
