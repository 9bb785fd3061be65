/** Files that are there after a crash, whole. */
import fs from 'node:fs';
import path from 'node:path';

const BUSY: ReadonlySet<string> = new Set(['EBUSY', 'EACCES', 'EPERM', 'EROFS', 'EXDEV']);

/** Puts `text` in the place of the file: written beside it and renamed, so that nobody reads half of it. */
export function writeDurably(file: string, text: string, mode = 0o600): void {
  const draft = `${file}.new`;
  fs.rmSync(draft, { force: true });
  writeSynced(draft, text, mode);
  fs.renameSync(draft, file);
  syncDirectory(path.dirname(file));
}

/**
 * Replaces a file that is not ours: where it is a link its target, with its mode and owner. Where its folder takes no other
 * name (a file mounted by itself) it is written in place: then only the pending marker makes it whole after a crash.
 */
export function replaceFile(file: string, text: string): void {
  const target = fs.existsSync(file) ? fs.realpathSync(file) : file;
  const before = fs.statSync(target, { throwIfNoEntry: false });
  const mode = before === undefined ? 0o600 : before.mode & 0o7777;
  const draft = `${target}.pgherd-new`;
  try {
    fs.rmSync(draft, { force: true });
    writeSynced(draft, text, mode);
    if (before !== undefined && (before.uid !== process.geteuid?.() || before.gid !== process.getegid?.())) {
      fs.chownSync(draft, before.uid, before.gid);
    }
    fs.renameSync(draft, target);
    syncDirectory(path.dirname(target));
  } catch (error) {
    removeQuietly(draft);
    if (before === undefined || !BUSY.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
    writeSynced(target, text, mode);
  }
}

function removeQuietly(file: string): void {
  try {
    fs.rmSync(file, { force: true });
  } catch {
    // its folder takes no changes at all
  }
}

function writeSynced(file: string, text: string, mode: number): void {
  const fd = fs.openSync(file, 'w', mode);
  try {
    fs.fchmodSync(fd, mode);
    fs.writeFileSync(fd, text);
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

export function syncDirectory(directory: string): void {
  const fd = fs.openSync(directory, 'r');
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** Why the proxy may not write the file; null: it may. A file without any write bit is meant to be left alone, by root too. */
export function whyReadOnly(file: string): string | null {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) return `there is no ${file}`;
  if ((stat.mode & 0o222) === 0) return `${file} is read-only`;
  try {
    fs.accessSync(file, fs.constants.W_OK);
    return null;
  } catch {
    return `${file} cannot be written by the user that runs the proxy`;
  }
}
