/** Wanted, file and running of each proxy side by side: what is asked for, what lies on its disk, what it goes by. Pure. */
import { canonicalName, valuesOf } from '../../shared/config/changes.ts';

export interface DriftLine {
  readonly name: string;
  /** Null: not given, so the default counts. */
  readonly wanted: string | null;
  readonly file: string | null;
  /** As SHOW prints it; null: no such value. Secrets are masked. */
  readonly running: string | null;
  readonly secret: boolean;
}

interface Sides {
  readonly wanted: string;
  readonly file: string;
  /** Text that runs, where it differs from the file: null = what the file says, or not known. */
  readonly running: ReadonlyMap<string, string>;
  /** Loaded from the file as it is now: then file and running agree by definition. */
  readonly loaded: boolean;
  readonly secret: (name: string) => boolean;
  readonly same: (name: string, written: string, running: string) => boolean;
}

/** The lines in which the three are not the same. A secret differs only where its references do. */
export function driftLines({ wanted, file, running, loaded, secret, same }: Sides): DriftLine[] {
  const [want, have] = [valuesOf(wanted), valuesOf(file)];
  const names = new Set([...want.keys(), ...have.keys()]);
  const lines: DriftLine[] = [];
  for (const name of names) {
    const canonical = canonicalName(name);
    const [w, f] = [want.get(name) ?? null, have.get(name) ?? null];
    const runs = running.get(canonical) ?? null;
    const isSecret = secret(canonical);
    const fileDiffers = w !== f && !(isSecret && w !== null && f !== null);
    const runningDiffers = !loaded && !isSecret && f !== null && runs !== null && !same(canonical, f, runs);
    if (fileDiffers || runningDiffers)
      lines.push({ name: canonical, wanted: w, file: f, running: runs, secret: isSecret });
  }
  return lines.sort((a, b) => (a.name < b.name ? -1 : 1));
}
