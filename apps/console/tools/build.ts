/**
 * What has to be made once before the console can run: the database clients and the pages. Made again only when something that
 * goes into them changed; a start finds it ready.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { deriveSchemas, providers, root } from './schemas.ts';

const app = path.join(root, 'apps/console');
const stampFile = path.join(app, '.next', 'pgherd-build');
const clientStamp = path.join(app, 'generated', 'stamp');
const BUILD_LIMIT_MS = 300_000;

/** @param tell hears of what is being made @throws Error with the end of what the tool said */
export async function ensureBuilt(tell: (text: string) => void = () => {}): Promise<void> {
  await ensureClients(tell);
  const wanted = stampOf(
    [path.join(app, 'src'), path.join(root, 'packages/config/src'), path.join(root, 'packages/operations/src')],
    [
      path.join(app, 'package.json'),
      path.join(app, 'next.config.ts'),
      path.join(app, 'postcss.config.mjs'),
      path.join(root, 'package-lock.json'),
    ],
  );
  if (read(stampFile) === wanted) return;
  tell('building the console (once)');
  await run('next/dist/bin/next', ['build'], app);
  fs.writeFileSync(stampFile, wanted);
}

/** Only the database clients: what type checks and the server's own tests need. */
export async function ensureClients(tell: (text: string) => void = () => {}): Promise<void> {
  const wanted = stampOf([], [path.join(root, 'prisma/schema.prisma'), path.join(app, 'package.json')]);
  if (read(clientStamp) === wanted) return;
  tell("making the console's database clients (once)");
  deriveSchemas();
  for (const provider of providers)
    await run('prisma/build/index.js', ['generate'], path.join(root, 'prisma', provider));
  fs.writeFileSync(clientStamp, wanted);
}

function run(program: string, args: readonly string[], cwd: string): Promise<void> {
  const file = path.join(root, 'node_modules', program);
  const env = {
    ...process.env,
    NODE_ENV: 'production' as const,
    NEXT_TELEMETRY_DISABLED: '1',
    CHECKPOINT_DISABLE: '1',
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
    // Generating needs no schema engine, and its download must never be waited for.
    PRISMA_SCHEMA_ENGINE_BINARY: '/bin/true',
  };
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [file, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    const take = (chunk: Buffer): void => {
      said = (said + chunk.toString()).slice(-4_000);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    const limit = setTimeout(() => child.kill('SIGKILL'), BUILD_LIMIT_MS);
    const stop = (): void => void child.kill('SIGTERM');
    process.once('exit', stop);
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(limit);
      process.off('exit', stop);
      if (code === 0) resolve();
      else reject(new Error(`${path.basename(program)} ${args.join(' ')} failed:\n${said}`));
    });
  });
}

function stampOf(folders: readonly string[], files: readonly string[]): string {
  const hash = createHash('sha256');
  const all = [...files, ...folders.flatMap(filesBelow)].filter((file) => !file.endsWith('.test.ts')).sort();
  for (const file of all) hash.update(`${path.relative(root, file)}\0`).update(fs.readFileSync(file));
  return hash.digest('hex');
}

const filesBelow = (folder: string): string[] =>
  fs
    .readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));

function read(file: string): string | null {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

if (process.argv[1] === import.meta.filename) {
  const clientsOnly = process.argv.includes('--clients');
  await (clientsOnly ? ensureClients : ensureBuilt)((text) => process.stdout.write(`${text}\n`));
}
