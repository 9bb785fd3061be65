import { spawn } from 'node:child_process';

export interface Guard {
  release(): void;
}

/** On end of input: kill each server whose directory is named before `--`, then remove the paths after it. A pid counts
 *  only while that process works in the directory. */
const SCRIPT = `
cat >/dev/null
pass=kill
for path in "$@"; do
  if [ "$path" = -- ]; then pass=remove; sleep 0.3; continue; fi
  if [ $pass = remove ]; then rm -rf -- "$path"; continue; fi
  pid=$(head -n 1 "$path/postmaster.pid" 2>/dev/null) || continue
  [ "$(readlink "/proc/$pid/cwd")" = "$path" ] && kill -CONT "$pid" && kill -QUIT "$pid" && sleep 0.2 && kill -KILL "$pid"
done
`;

/** A shell of its own session that waits for this process's end, even by SIGKILL, and then tidies up: the kernel closes
 *  its input for us. */
export function guard(nodes: readonly { dataDir: string }[], paths: readonly string[]): Guard {
  const args = ['-c', SCRIPT, 'pgherd-lab-guard', ...nodes.map((node) => node.dataDir), '--', ...paths];
  const child = spawn('/bin/sh', args, { cwd: '/', detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  child.unref();
  child.stdin.on('error', () => {});
  if ('unref' in child.stdin && typeof child.stdin.unref === 'function') child.stdin.unref();
  return { release: () => void child.kill('SIGKILL') };
}
