import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { renderAll } from './render.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** Paths of the derived files that are not what the table says. */
export function staleFiles(): readonly string[] {
  return Object.entries(renderAll())
    .filter(([path, text]) => readOrNull(join(root, path)) !== text)
    .map(([path]) => path);
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function writeAll(): void {
  for (const [path, text] of Object.entries(renderAll())) {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}

// `node write.ts` writes the files; with --check it only compares, and fails when one differs.
if (import.meta.main) {
  if (process.argv.includes('--check')) {
    const stale = staleFiles();
    for (const path of stale) process.stderr.write(`${path} is not up to date: run npm run docs\n`);
    process.exitCode = stale.length === 0 ? 0 : 1;
  } else {
    writeAll();
  }
}
