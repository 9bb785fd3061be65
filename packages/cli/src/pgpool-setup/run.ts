import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { CommandError } from '../errors.ts';

/** Runs a program to its end. Its words go to a file: a server that it starts would keep a pipe open. @throws CommandError */
export async function runProgram(program: string, args: readonly string[], dir: string): Promise<void> {
  const file = path.join(dir, 'log', 'pgpool_setup.log');
  const log = openSync(file, 'a');
  const child = spawn(program, args, { cwd: dir, stdio: ['ignore', log, log] });
  closeSync(log);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', (error) => reject(new CommandError(`Cannot run ${program}: ${error.message}`)));
    child.once('exit', resolve);
  });
  if (code === 0) return;
  const last = readFileSync(file, 'utf8').trimEnd().split('\n').slice(-5).join('\n');
  throw new CommandError(`${path.basename(program)} failed (${code}); the end of ${file}:\n${last}`);
}
