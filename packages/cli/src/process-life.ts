import fs from 'node:fs';

/**
 * Tells one life of a process number from a later one: when it began, in the kernel's clock ticks. Null: no such process,
 * or one that has ended and only waits for its parent to ask. Without /proc: `alive`, whoever it is.
 */
export function lifeOf(pid: number): string | null {
  if (!fs.existsSync('/proc/self/stat')) return answersSignals(pid) ? 'alive' : null;
  let stat: string;
  try {
    stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return null;
  }
  // pid (name) state ppid …: the name may hold blanks and parentheses, what follows it not
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? null);
}

function answersSignals(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
