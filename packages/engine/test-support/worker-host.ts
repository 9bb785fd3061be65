/** One worker in the test's own process, before real servers: the test is its supervisor and sends the snapshots. */
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import type { ClusterSnapshot, ToSupervisor, WorkerQuestion } from '../src/ipc.ts';
import { packSnapshot } from '../src/ipc.ts';
import { loadFiles } from '../src/supervisor/files.ts';
import { Worker } from '../src/worker/worker.ts';
import { type EngineOptions, writeEngineFiles } from './engine.ts';
import { until } from './wait.ts';

export class WorkerHost {
  readonly host = '127.0.0.1';
  /** All that the worker has said, oldest first. */
  readonly said: ToSupervisor[] = [];
  private readonly worker: Worker;
  private readonly server: net.Server;
  private readonly directory: string;
  private snapshot: ClusterSnapshot;
  private exited = false;
  private connections = 0;

  private constructor(worker: Worker, server: net.Server, directory: string, snapshot: ClusterSnapshot) {
    this.worker = worker;
    this.server = server;
    this.directory = directory;
    this.snapshot = snapshot;
  }

  static async start(options: EngineOptions, snapshot: ClusterSnapshot): Promise<WorkerHost> {
    const { directory } = await writeEngineFiles(options);
    const at = (name: string): string => path.join(directory, name);
    const loaded = loadFiles({ config: at('pgpool.conf'), hba: at('pool_hba.conf'), pcp: at('pcp.conf') }, 1, null);
    if (!loaded.ok) throw new Error(loaded.errors.join('\n'));
    let host: WorkerHost | null = null;
    const worker = new Worker({
      send: (message) => host?.heard(message),
      exit: () => {
        if (host !== null) host.exited = true;
      },
    });
    const server = net.createServer({ pauseOnConnect: true }, (socket) => host?.accept(socket));
    host = new WorkerHost(worker, server, directory, snapshot);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
    worker.onMessage({ t: 'config', packed: packSnapshot(loaded.snapshot) }, undefined);
    await until('the configuration is applied', () => host.said.some(({ t }) => t === 'applied'));
    worker.onMessage({ t: 'lease', more: 100 }, undefined);
    worker.onMessage({ t: 'cluster', snapshot }, undefined);
    return host;
  }

  get port(): number {
    return (this.server.address() as net.AddressInfo).port;
  }

  private accept(socket: net.Socket): void {
    const { _handle: handle } = socket as unknown as { _handle: unknown };
    this.worker.onMessage({ t: 'conn', id: ++this.connections, admitted: true, unix: false }, handle);
  }

  private heard(message: ToSupervisor): void {
    if (message.t === 'cancel') {
      this.worker.onMessage({ t: 'cancelled', request: message.request, found: false }, undefined);
    }
    this.said.push(message);
  }

  /** What was said of this kind, oldest first. */
  of<T extends ToSupervisor['t']>(kind: T): Extract<ToSupervisor, { t: T }>[] {
    return this.said.filter((message): message is Extract<ToSupervisor, { t: T }> => message.t === kind);
  }

  /** Another snapshot: the last one with these changes. */
  cluster(changes: Partial<ClusterSnapshot>): void {
    this.snapshot = { ...this.snapshot, ...changes };
    this.worker.onMessage({ t: 'cluster', snapshot: this.snapshot }, undefined);
  }

  /** What the supervisor asks. */
  async ask<T extends object>(question: WorkerQuestion): Promise<T> {
    const request = ++this.asked;
    this.worker.onMessage({ t: 'question', request, question }, undefined);
    const found = (): { answer: unknown } | undefined => this.of('answer').find((one) => one.request === request);
    await until('it answers', () => found() !== undefined);
    return found()?.answer as T;
  }

  private asked = 0;

  cool(): void {
    this.worker.onMessage({ t: 'cool' }, undefined);
  }

  cut(reason: string): void {
    this.worker.onMessage({ t: 'cut', reason }, undefined);
  }

  async stop(): Promise<void> {
    this.server.close();
    this.worker.onMessage({ t: 'stop', mode: 'fast' }, undefined);
    await until('the worker has ended', () => this.exited);
    fs.rmSync(this.directory, { recursive: true, force: true });
  }
}
