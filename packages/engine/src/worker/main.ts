/** Entry point of a worker process. */
import type { ToSupervisor, ToWorker } from '../ipc.ts';
import { Worker } from './worker.ts';

const send = (message: ToSupervisor): void => {
  if (process.connected) process.send?.(message);
};
const worker = new Worker({ send, exit: (code) => process.exit(code) });
process.on('message', (message, handle) => worker.onMessage(message as ToWorker, handle));
// A supervisor that is gone leaves no orphan.
process.on('disconnect', () => process.exit(0));
// The terminal sends its signals to the whole group; the supervisor alone decides how to stop.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
process.on('SIGHUP', () => {});
process.title = 'pgpool: wait for connection request';
send({ t: 'ready' });
