import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readArchitecture, violations } from './boundaries.ts';
import { root } from './checks.ts';

describe('boundaries', () => {
  let planted: string;

  beforeAll(() => {
    planted = fs.mkdtempSync(path.join(os.tmpdir(), 'pgherd-house-'));
    const write = (file: string, text: string): void => {
      const target = path.join(planted, file.startsWith('apps/') ? '' : 'packages', file);
      fs.mkdirSync(path.dirname(target), { recursive: true });
      fs.writeFileSync(target, text);
    };
    write('engine/src/secret.ts', 'export const secret = 1;\nexport type Secret = number;\n');
    write('wire/src/upwards.ts', "export { secret } from '../../engine/src/secret.ts';\n");
    write(
      'control/src/typed.ts',
      "import type { Secret } from '../../engine/src/secret.ts';\nexport type T = Secret;\n",
    );
    write('wire/src/impure.ts', "import net from 'node:net';\nexport { net };\n");
    write('config/src/table/server.ts', "import fs from 'node:fs';\nexport { fs };\n");
    write('sql/src/a.ts', "import { b } from './b.ts';\nexport const a = b;\n");
    write('sql/src/b.ts', "import { a } from './a.ts';\nexport const b = a;\n");
    write('apps/console/src/server/keys.ts', 'export const key = 1;\nexport type Key = number;\n');
    write('apps/console/src/client/page.ts', "export { key } from '../server/keys.ts';\n");
    write('apps/console/src/client/typed.ts', "export type { Key } from '../server/keys.ts';\n");
    write('apps/console/src/server/deep.ts', "export { secret } from '../../../../packages/engine/src/secret.ts';\n");
    write('engine/src/fine.ts', "export { secret } from './secret.ts';\n");
  });

  afterAll(() => fs.rmSync(planted, { recursive: true, force: true }));

  it('refuse an import from a lower package, also of a type, an impure one, a server module for browsers and a circle', async () => {
    const found = (await violations(planted)).sort();
    expect(found).toEqual([
      'browser-safe-packages-config-src-table: packages/config/src/table/server.ts -> fs',
      'console-client-imports: apps/console/src/client/page.ts -> apps/console/src/server/keys.ts',
      'console-imports: apps/console/src/server/deep.ts -> packages/engine/src/secret.ts',
      'control-imports: packages/control/src/typed.ts -> packages/engine/src/secret.ts',
      'no-circular: packages/sql/src/a.ts -> packages/sql/src/b.ts',
      'wire-imports: packages/wire/src/upwards.ts -> packages/engine/src/secret.ts',
      'wire-is-pure: packages/wire/src/impure.ts -> net',
    ]);
  });

  it('cover every package of the tree, and each has a README and exports', () => {
    const folders = fs.readdirSync(path.join(root, 'packages')).sort();
    expect(Object.keys(readArchitecture().packages).sort()).toEqual(folders);
    for (const folder of folders) {
      expect(fs.existsSync(path.join(root, 'packages', folder, 'README.md')), `${folder}/README.md`).toBe(true);
      const manifest = JSON.parse(fs.readFileSync(path.join(root, 'packages', folder, 'package.json'), 'utf8'));
      expect(manifest, folder).toHaveProperty('exports');
    }
  });
});

describe('the repository', () => {
  const tracked = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' }).split('\n').filter(Boolean);

  it('pins every dependency and records no download address', () => {
    const manifests = tracked.filter((file) => file.endsWith('package.json'));
    for (const file of manifests) {
      const manifest = JSON.parse(fs.readFileSync(path.join(root, file), 'utf8')) as Record<string, unknown>;
      for (const group of ['dependencies', 'devDependencies', 'optionalDependencies']) {
        for (const [name, version] of Object.entries((manifest[group] ?? {}) as Record<string, string>)) {
          expect(version, `${file}: ${name}`).toMatch(/^\d/);
        }
      }
    }
    expect(fs.readFileSync(path.join(root, 'package-lock.json'), 'utf8')).not.toMatch(/"resolved": "http/);
  });

  it('has a test named after each identifier that docs/security-tests.md lists', () => {
    const tests = tracked
      .filter((file) => file.endsWith('.test.ts') && fs.existsSync(path.join(root, file)))
      .map((file) => fs.readFileSync(path.join(root, file), 'utf8'))
      .join('\n');
    const listed = fs.readFileSync(path.join(root, 'docs/security-tests.md'), 'utf8').match(/CVE-\d{4}-\d+/g) ?? [];
    expect(listed.length).toBeGreaterThan(15);
    expect([...new Set(listed)].filter((id) => !tests.includes(id))).toEqual([]);
  });

  it('has a test for each row of the console that docs/security-tests.md says is tested there', () => {
    const rows = fs
      .readFileSync(path.join(root, 'docs/security-tests.md'), 'utf8')
      .split('\n')
      .flatMap((line) => {
        const [, row, , where = ''] = line.split('|').map((cell) => cell.trim());
        const files = [...where.matchAll(/`([\w/-]+\.test\.ts)`/g)].map(([, file = '']) => file);
        return row !== undefined && /^3\.\d+$/.test(row) ? files.map((file) => [row, file] as const) : [];
      });
    expect(rows.length).toBeGreaterThan(15);
    const untold = rows.filter(([row, file]) => {
      const text = fs.readFileSync(path.join(root, 'apps/console/src/server', file), 'utf8');
      return !new RegExp(`['(, ]${row.replace('.', '\\.')}[:,)]`).test(text);
    });
    expect(untold).toEqual([]);
  });

  it('CVE-2026-6478: compares secrets in constant time: no === on hashes, keys or tokens in the packages that hold them', () => {
    const suspicious =
      /\b(?:hash|digest|proof|signature|storedKey|serverKey|clientKey|token|secret)\w*\s*[!=]==?\s*(?!undefined|null|''|'|"|typeof)\w/i;
    const sources = tracked.filter(
      (file) => /^packages\/(auth|engine|control)\/src\/.*\.ts$/.test(file) && !/\.test\.ts$/.test(file),
    );
    const found: string[] = [];
    for (const file of sources) {
      const lines = fs.existsSync(path.join(root, file))
        ? fs.readFileSync(path.join(root, file), 'utf8').split('\n')
        : [];
      lines.forEach((line, i) => {
        // A digest of a file's content guards nothing: such a line says so.
        if (suspicious.test(line) && !/\.length|\.kind|\/\/ no secret/.test(`${line}${lines[i + 1] ?? ''}`))
          found.push(`${file}:${i + 1}: ${line.trim()}`);
      });
    }
    expect(found).toEqual([]);
  });
});
