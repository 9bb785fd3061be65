import fs from 'node:fs';
import path from 'node:path';
import { CommandError } from '../errors.ts';
import { lifeOf } from '../process-life.ts';

/**
 * One `pgherd up` per folder. The lock names a process and when it began, so that one left by a killed process is
 * recognised even when its number belongs to somebody else by now.
 * @returns how to give it back @throws CommandError
 */
export function takeLock(dir: string): () => void {
  const file = path.join(dir, 'up.pid');
  const own = `${process.pid} ${lifeOf(process.pid)}\n`;
  for (;;) {
    try {
      fs.writeFileSync(file, own, { flag: 'wx' });
      return () => fs.rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const [pid = '', life = ''] = fs.readFileSync(file, 'utf8').trim().split(' ');
    if (life !== '' && lifeOf(Number(pid)) === life) {
      throw new CommandError(
        `pgherd already runs on ${dir} (process ${pid}): use it, stop it with "kill ${pid}", or choose another folder with --dir.`,
      );
    }
    fs.rmSync(file, { force: true });
  }
}
