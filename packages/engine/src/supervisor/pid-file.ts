import fs from 'node:fs';
import path from 'node:path';

/** Another pgherd (or pgpool) already runs with this pid file. */
export class AlreadyRunningError extends Error {
  readonly code = 'ALREADY_RUNNING';
}

/** The pid file cannot be written. */
export class PidFileError extends Error {
  readonly code = 'PID_FILE';
}

/** @returns the pid in the file if that process lives and looks like ours */
export function livePid(file: string): number | null {
  let pid: number;
  try {
    pid = Number.parseInt(fs.readFileSync(file, 'utf8'), 10);
  } catch {
    return null;
  }
  if (!Number.isInteger(pid) || pid <= 1 || pid === process.pid) return null;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return null;
  }
  // The number may have been given to another program since.
  try {
    const command = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    return /pgherd|pgpool/.test(command) ? pid : null;
  } catch {
    return pid;
  }
}

/** @throws AlreadyRunningError, PidFileError */
export function writePidFile(file: string): void {
  const other = livePid(file);
  if (other !== null) {
    throw new AlreadyRunningError(
      `The pid file ${file} names the running process ${other}: stop it first, or set pid_file_name to another file.`,
    );
  }
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, `${process.pid}\n`, { mode: 0o644 });
  } catch (error) {
    throw new PidFileError(
      `Cannot write the pid file ${file} (${(error as Error).message}): make its folder writable, or set pid_file_name.`,
    );
  }
}

export function removePidFile(file: string): void {
  try {
    if (Number.parseInt(fs.readFileSync(file, 'utf8'), 10) === process.pid) fs.rmSync(file);
  } catch {
    // gone already, or never ours
  }
}
