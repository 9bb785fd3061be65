/** A diff of lines: what was removed, what was added, what stays around it. Longest common subsequence, ends trimmed first. */
export interface DiffLine {
  readonly kind: 'same' | 'removed' | 'added';
  /** Counted from 1; null on the side where it does not exist. */
  readonly oldNumber: number | null;
  readonly newNumber: number | null;
  readonly text: string;
}

/** Beyond this many cells of comparison the middle counts as wholly replaced: a file that long was rewritten. */
const CELLS_MAX = 4_000_000;

export function diffLines(before: string, after: string): readonly DiffLine[] {
  const a = before.split('\n');
  const b = after.split('\n');
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;

  const lines: DiffLine[] = [];
  for (let at = 0; at < head; at++) lines.push(same(at, at, a[at] ?? ''));
  lines.push(...middle(a.slice(head, a.length - tail), b.slice(head, b.length - tail), head));
  for (let at = tail; at > 0; at--) lines.push(same(a.length - at, b.length - at, a[a.length - at] ?? ''));
  return lines;
}

const same = (oldAt: number, newAt: number, text: string): DiffLine => ({
  kind: 'same',
  oldNumber: oldAt + 1,
  newNumber: newAt + 1,
  text,
});

function middle(a: readonly string[], b: readonly string[], offset: number): DiffLine[] {
  const removed = (at: number): DiffLine => ({
    kind: 'removed',
    oldNumber: at + offset + 1,
    newNumber: null,
    text: a[at] ?? '',
  });
  const added = (at: number): DiffLine => ({
    kind: 'added',
    oldNumber: null,
    newNumber: at + offset + 1,
    text: b[at] ?? '',
  });
  const width = b.length + 1;
  if ((a.length + 1) * width > CELLS_MAX) return [...a.map((_, at) => removed(at)), ...b.map((_, at) => added(at))];

  // lengths[i * width + j]: longest common subsequence of a[i..] and b[j..]
  const lengths = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      lengths[i * width + j] =
        a[i] === b[j]
          ? (lengths[(i + 1) * width + j + 1] ?? 0) + 1
          : Math.max(lengths[(i + 1) * width + j] ?? 0, lengths[i * width + j + 1] ?? 0);
    }
  }
  const lines: DiffLine[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push(same(i + offset, j + offset, a[i] ?? ''));
      i++;
      j++;
    } else if (
      j >= b.length ||
      (i < a.length && (lengths[(i + 1) * width + j] ?? 0) >= (lengths[i * width + j + 1] ?? 0))
    ) {
      lines.push(removed(i++));
    } else lines.push(added(j++));
  }
  return lines;
}

/** A row of the side-by-side view; null: nothing on this side. */
export interface DiffPair {
  readonly before: DiffLine | null;
  readonly after: DiffLine | null;
}

/** Removed and added lines of one place stand beside each other. */
export function pairLines(lines: readonly DiffLine[]): readonly DiffPair[] {
  const pairs: DiffPair[] = [];
  let removed: DiffLine[] = [];
  let added: DiffLine[] = [];
  const flush = (): void => {
    for (let at = 0; at < Math.max(removed.length, added.length); at++) {
      pairs.push({ before: removed[at] ?? null, after: added[at] ?? null });
    }
    removed = [];
    added = [];
  };
  for (const line of lines) {
    if (line.kind === 'removed') removed.push(line);
    else if (line.kind === 'added') added.push(line);
    else {
      flush();
      pairs.push({ before: line, after: line });
    }
  }
  flush();
  return pairs;
}

export type Folded<Row> = { readonly rows: readonly Row[] } | { readonly skipped: number };

/** Leaves out what is far from any change; `context` rows stay on either side. */
export function foldRows<Row>(
  rows: readonly Row[],
  isSame: (row: Row) => boolean,
  context = 2,
): readonly Folded<Row>[] {
  const kept = rows.map((_, at) => {
    for (let near = Math.max(0, at - context); near <= Math.min(rows.length - 1, at + context); near++) {
      const row = rows[near];
      if (row !== undefined && !isSame(row)) return true;
    }
    return false;
  });
  const parts: Folded<Row>[] = [];
  let start = 0;
  while (start < rows.length) {
    let end = start;
    while (end < rows.length && kept[end] === kept[start]) end++;
    parts.push(kept[start] === true ? { rows: rows.slice(start, end) } : { skipped: end - start });
    start = end;
  }
  return parts;
}
