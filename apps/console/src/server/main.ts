/**
 * The console as a process of its own. What it tells goes over IPC to whoever started it (`pgherd up`, `pgherd console`): the
 * data plane never needs it, and it ends when its starter does.
 */
import { ensureBuilt } from '../../tools/build.ts';
import { newAdminLink, type RunningConsole, startConsole } from './index.ts';

export type ConsoleNews =
  | { readonly kind: 'step'; readonly text: string }
  | { readonly kind: 'ready'; readonly url: string }
  /** One-time, for the first account; null when there are accounts. */
  | { readonly kind: 'link'; readonly link: string | null }
  | { readonly kind: 'failed'; readonly message: string };

const STOP_LIMIT_MS = 8_000;

process.title = 'pgherd: console';
const tell = (news: ConsoleNews): void => void process.send?.(news);
let running: RunningConsole | null = null;
let stopping = false;

async function stop(code: number): Promise<void> {
  if (stopping) return;
  stopping = true;
  setTimeout(() => process.exit(code), STOP_LIMIT_MS).unref();
  await running?.close().catch(() => {});
  process.exit(code);
}
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void stop(0));
process.on('disconnect', () => void stop(0));

try {
  if (process.env['PGHERD_CONSOLE_NEW_ADMIN'] !== undefined) {
    tell({ kind: 'link', link: await newAdminLink() });
    await stop(0);
  }
  if (process.env['NODE_ENV'] !== 'development') await ensureBuilt((text) => tell({ kind: 'step', text }));
  running = await startConsole();
  tell({ kind: 'ready', url: running.url });
  tell({ kind: 'link', link: await running.link });
} catch (error) {
  tell({ kind: 'failed', message: (error as Error).message });
  await stop(1);
}
