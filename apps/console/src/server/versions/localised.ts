/** A version as one proxy gets it: its own parameters and secrets stay as they are in its file. */
import { changesBetween, withChanges } from '../../shared/config/changes.ts';
import type { Files } from './files.ts';
import { withOwnSecrets } from './secrets.ts';

/**
 * @param own the proxy's pgpool.conf, with its references; null when it cannot be read
 * @param names of parameters that were declared to be its own, as `port` of two proxies on one host
 */
export function localised(files: Files, own: string | null, names: readonly string[]): Files {
  const shared = withOwnSecrets(files, own);
  if (own === null || names.length === 0) return shared;
  const differences = changesBetween(shared['pgpool.conf'], own).filter(({ name }) => names.includes(name));
  return { ...shared, 'pgpool.conf': withChanges(shared['pgpool.conf'], differences) };
}
