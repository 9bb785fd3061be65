/** Which line names which parameter. Pure. */
import { ConfDocument } from '@pgherd/config/document';
import { canonicalName } from '../../../../shared/config/changes.ts';

/** The line (from 1) of the last setting of that name, which is the one that counts; null: it is not given. */
export function lineOf(text: string, name: string): number | null {
  const wanted = canonicalName(name);
  const { settings } = ConfDocument.parse(text);
  return settings.findLast((part) => part.kind === 'setting' && canonicalName(part.name) === wanted)?.line ?? null;
}

/** Today's name of what is set on a line; null: nothing is. */
export function nameAt(text: string, line: number): string | null {
  const part = ConfDocument.parse(text).settings.find((one) => one.kind === 'setting' && one.line === line);
  return part === undefined ? null : canonicalName(part.name);
}
