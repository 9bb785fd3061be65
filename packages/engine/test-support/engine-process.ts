/**
 * A supervisor in a process of its own, for tests: it can be killed, measured and signalled as in production. Talks to
 * the test over IPC, stops and removes its directory when the test is gone.
 */
import fs from 'node:fs';
import path from 'node:path';
import { labAgent, openCluster } from '@pgherd/lab';
import {
  type EngineStatus,
  type ReloadReport,
  type RouteExplanation,
  type RouteQuestion,
  type StopMode,
  serveOperations,
} from '@pgherd/operations';
import { Supervisor } from '../src/supervisor/supervisor.ts';

export type ToEngine = { id: number } & (
  | { ask: 'status' }
  | { ask: 'reload' }
  | { ask: 'stop'; mode: StopMode }
  | { ask: 'collect' }
  | { ask: 'explainRoute'; question: RouteQuestion }
);

export type EngineAnswer = EngineStatus | ReloadReport | RouteExplanation | null;

export type FromEngine =
  | { say: 'ready' }
  | { say: 'failed'; error: string }
  | { say: 'answer'; id: number; value: EngineAnswer };

const directory = process.argv[2] as string;
const at = (name: string): string => path.join(directory, name);

/** The lab whose servers it may start, stop and copy. */
const lab = process.argv[3] === undefined ? null : await openCluster(process.argv[3]);

const supervisor = new Supervisor({
  agent: (node) => (lab === null ? null : labAgent(lab, node)),
  onApply: (point) => {
    if (fs.existsSync(at('killed-at')) && fs.readFileSync(at('killed-at'), 'utf8') === point) {
      process.kill(process.pid, 'SIGKILL');
    }
    if (fs.existsSync(at('fails-at')) && fs.readFileSync(at('fails-at'), 'utf8') === point) {
      throw new Error('no space left on device');
    }
  },
  paths: { config: at('pgpool.conf'), hba: at('pool_hba.conf'), pcp: at('pcp.conf') },
});

function say(message: FromEngine): void {
  if (process.connected) process.send?.(message);
}

async function stop(mode: StopMode): Promise<void> {
  await supervisor.stop(mode);
}

function leave(): void {
  process.disconnect?.();
  process.exit(0);
}

process.on('SIGTERM', () => void stop('smart').then(leave));
process.on('SIGINT', () => void stop('fast').then(leave));
process.on('SIGQUIT', () => void stop('immediate').then(leave));
process.on('SIGHUP', () => void supervisor.reload());
process.on('disconnect', () => {
  void stop('immediate').then(() => {
    fs.rmSync(directory, { recursive: true, force: true });
    process.exit(0);
  });
});
process.on('message', (message) => void answer(message as ToEngine));

serveOperations(supervisor, {
  postMessage: (message) => {
    if (process.connected) process.send?.(message);
  },
  on: (_event, listener) => process.on('message', listener),
});

async function answer(message: ToEngine): Promise<void> {
  const { id } = message;
  switch (message.ask) {
    case 'status':
      say({ say: 'answer', id, value: supervisor.status() });
      return;
    case 'reload':
      say({ say: 'answer', id, value: await supervisor.reload() });
      return;
    case 'stop':
      await stop(message.mode);
      say({ say: 'answer', id, value: null });
      leave();
      return;
    case 'explainRoute':
      say({ say: 'answer', id, value: await supervisor.explainRoute(message.question) });
      return;
    case 'collect':
      globalThis.gc?.();
      say({ say: 'answer', id, value: null });
  }
}

try {
  await supervisor.start();
  say({ say: 'ready' });
} catch (error) {
  say({ say: 'failed', error: error instanceof Error ? error.message : String(error) });
}
