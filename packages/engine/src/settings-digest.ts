/** What a process goes by, in short: supervisor and workers compare it after a change. */
import { createHash } from 'node:crypto';
import { namedValues, type Settings } from '@pgherd/config';

export function settingsDigest(settings: Settings): string {
  return createHash('sha256')
    .update(JSON.stringify([...namedValues(settings)]))
    .digest('base64');
}
