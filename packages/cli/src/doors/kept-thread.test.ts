import { describe, expect, test, vi } from 'vitest';
import { KeptThread, restartPauseMs } from './kept-thread.ts';

const script = (text: string): URL =>
  new URL(
    `data:text/javascript,${encodeURIComponent(`import { parentPort, workerData } from 'node:worker_threads';${text}`)}`,
  );

/** Listens and dies of the first message, as often as it is told. */
const FRAIL = script(`
  parentPort.on('message', (message) => {
    if (message === 'die') throw new Error('out of luck');
    Atomics.add(workerData.heard, 0, 1);
  });
  Atomics.add(workerData.starts, 0, 1);
  parentPort.postMessage({ t: 'listening' });
`);

const counter = (): Int32Array => new Int32Array(new SharedArrayBuffer(4));

describe('the thread behind the doors', () => {
  test('is started again when it dies, says so, and goes on hearing what is posted', async () => {
    const [starts, heard] = [counter(), counter()];
    const said: string[] = [];
    const thread = new KeptThread({
      entry: FRAIL,
      options: { workerData: { starts, heard } },
      log: (message) => said.push(message),
    });
    expect(await thread.start()).toEqual({ t: 'listening' });
    for (const deaths of [1, 2]) {
      thread.post('die');
      await vi.waitFor(() => expect(said).toHaveLength(deaths));
      await vi.waitFor(() => expect(starts[0]).toBe(deaths + 1));
    }
    expect(said).toEqual(
      [100, 200].map((ms) => `the thread behind the doors ended (out of luck); it is started again in ${ms} ms`),
    );
    await vi.waitFor(() => {
      thread.post('a status');
      expect(heard[0]).toBeGreaterThan(0);
    });
    await thread.close();
    // Each new start is announced when its predecessor ends.
    expect(said).toHaveLength(2);
    expect(starts[0]).toBe(3);
  });

  test('that cannot start the first time says why, and is not tried again', async () => {
    const starts = counter();
    const log = vi.fn();
    const refused = new KeptThread({
      entry: script(`
        Atomics.add(workerData.starts, 0, 1);
        parentPort.postMessage({ t: 'failed', code: 'EADDRINUSE', message: 'in use' });
      `),
      options: { workerData: { starts } },
      log,
    });
    expect(await refused.start()).toMatchObject({ t: 'failed', code: 'EADDRINUSE' });
    const broken = new KeptThread({ entry: script(`throw new Error('no')`), options: {}, log });
    await expect(broken.start()).rejects.toThrow('no');
    await refused.close();
    expect(log).not.toHaveBeenCalled();
    expect(starts[0]).toBe(1);
  });

  test('waits longer each time, up to five seconds', () => {
    expect([1, 2, 3, 6, 7, 50, 2000].map(restartPauseMs)).toEqual([100, 200, 400, 3200, 5000, 5000, 5000]);
  });
});
