import { spawn } from 'node:child_process';

export interface Guard {
  release(): void;
}

/** On end of input: kill each server whose directory is named before `--`, with its children, then remove the paths
 *  after it. A pid counts only while that process works in the directory. /proc/PID/stat: pid (name) state parent. */
const SCRIPT = `
cat >/dev/null
pass=kill
for path in "$@"; do
  if [ "$path" = -- ]; then pass=remove; sleep 0.3; continue; fi
  if [ $pass = remove ]; then rm -rf -- "$path"; continue; fi
  read -r pid < "$path/postmaster.pid" || continue
  read -r _ name _ < "/proc/$pid/stat" || continue
  cwd=$(readlink "/proc/$pid/cwd")
  [ "$name" = '(postgres)' ] || continue
  [ "$cwd" = "$path" ] || [ -z "$cwd" ] || continue
  kill -STOP "$pid"
  victims=$pid
  for stat in /proc/[0-9]*/stat; do
    read -r child _ _ parent _ < "$stat" || continue
    [ "$parent" = "$pid" ] && victims="$victims $child"
  done
  kill -KILL $victims
done 2>/dev/null
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
