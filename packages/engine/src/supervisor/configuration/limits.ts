/** How much a draft may hold: it is read on the supervisor's own loop, which has a proxy to attend to. */
import { ConfDocument } from '@pgherd/config';
import { RefusedError } from '@pgherd/operations';

/** A file with every parameter, and 128 nodes with all of theirs, has fewer. */
const SETTINGS_MAX = 2_500;
const HBA_LINES_MAX = 4_000;

/** @throws RefusedError NOT_POSSIBLE */
export function refuseTooLarge(files: {
  readonly 'pgpool.conf': string;
  readonly 'pool_hba.conf'?: string | undefined;
}): void {
  const { 'pgpool.conf': config, 'pool_hba.conf': hba = '' } = files;
  if (linesOf(config) > SETTINGS_MAX || isFull(config)) {
    throw new RefusedError(
      'NOT_POSSIBLE',
      `pgpool.conf has more than ${SETTINGS_MAX} settings: that is no configuration.`,
    );
  }
  if (linesOf(hba) > HBA_LINES_MAX) {
    throw new RefusedError('NOT_POSSIBLE', `pool_hba.conf has more than ${HBA_LINES_MAX} rules.`);
  }
}

/** One line may hold many. */
function isFull(text: string): boolean {
  const { document, issues } = ConfDocument.read(text, 'pgpool.conf');
  return document.settings.length + issues.length > SETTINGS_MAX;
}

/** Those that are neither empty nor a comment; it stops counting beyond what matters. */
function linesOf(text: string): number {
  let count = 0;
  for (const line of text.split('\n')) {
    if (!/^\s*(?:#|$)/.test(line) && ++count > Math.max(SETTINGS_MAX, HBA_LINES_MAX)) break;
  }
  return count;
}
