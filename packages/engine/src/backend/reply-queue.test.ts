import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Reply, type ReplyKind, ReplyQueue } from './reply-queue.ts';

const client = { name: 'client' };

function queue(...kinds: ReplyKind[]): ReplyQueue<typeof client> {
  const made = new ReplyQueue<typeof client>();
  for (const kind of kinds) made.push(kind, client);
  return made;
}

describe('what is owed', () => {
  it('is counted by ReadyForQuery', () => {
    const replies = queue(Reply.QUERY, Reply.SYNC, Reply.FUNCTION_CALL);
    for (const left of [2, 1, 0]) {
      replies.onReady();
      expect(replies.size).toBe(left);
    }
    expect(replies.mismatch).toBe(false);
  });

  it('names who asked, the engine being nobody', () => {
    const replies = new ReplyQueue<typeof client>();
    expect(replies.headOwner()).toBeUndefined();
    replies.push(Reply.QUERY, client);
    replies.push(Reply.QUERY, null);
    expect(replies.headOwner()).toBe(client);
    replies.onReady();
    expect(replies.headOwner()).toBeNull();
  });

  it('keeps its order over any number of entries', () => {
    const replies = new ReplyQueue<{ n: number }>();
    const owners = Array.from({ length: 1000 }, (_, n) => ({ n }));
    let next = 0;
    for (const owner of owners) {
      replies.push(Reply.QUERY, owner);
      if (owner.n % 3 === 2) {
        expect(replies.headOwner()).toBe(owners[next++]);
        replies.onReady();
      }
    }
    while (replies.size > 0) {
      expect(replies.headOwner()).toBe(owners[next++]);
      replies.onReady();
    }
    expect(next).toBe(1000);
  });

  it('extended-query messages are half a question until their Sync', () => {
    const replies = queue(Reply.BATCH, Reply.BATCH);
    expect(replies).toMatchObject({ size: 0, running: true });
    replies.push(Reply.SYNC, client);
    expect(replies.size).toBe(1);
    replies.onReady();
    expect(replies).toMatchObject({ size: 0, running: false, mismatch: false });
  });

  it('a ReadyForQuery that nobody asked for is a mismatch', () => {
    const replies = queue();
    replies.onReady();
    expect(replies.mismatch).toBe(true);
  });

  it('clear() forgets everything', () => {
    const replies = queue(Reply.QUERY, Reply.SYNC);
    replies.push(Reply.BATCH, client);
    replies.clear();
    expect(replies).toMatchObject({ size: 0, copyIn: false, running: false });
  });
});

describe('COPY FROM STDIN', () => {
  it('by simple query: the mark of its end is no reply', () => {
    const replies = queue(Reply.QUERY);
    replies.onCopyIn();
    expect(replies.copyIn).toBe(true);
    replies.push(Reply.COPY_END, client);
    expect(replies).toMatchObject({ copyIn: false, size: 1 });
    replies.onReady();
    expect(replies).toMatchObject({ size: 0, mismatch: false });
  });

  it('by extended query: a Sync sent with it is swallowed, and another has to come', () => {
    const replies = queue(Reply.BATCH, Reply.SYNC);
    replies.onCopyIn();
    expect(replies).toMatchObject({ size: 0, copyIn: true, running: true });
    replies.push(Reply.COPY_END, client);
    expect(replies).toMatchObject({ size: 0, copyIn: false, running: true });
    replies.push(Reply.SYNC, client);
    expect(replies).toMatchObject({ size: 1 });
    replies.onReady();
    expect(replies).toMatchObject({ size: 0, mismatch: false, running: false });
  });

  it('with all of it pipelined: only the Sync behind the data is answered', () => {
    const replies = queue(Reply.BATCH, Reply.SYNC, Reply.COPY_END, Reply.SYNC);
    replies.onCopyIn();
    expect(replies).toMatchObject({ size: 1, copyIn: false });
    replies.onReady();
    expect(replies).toMatchObject({ size: 0, mismatch: false, running: false });
  });

  it('pipelined without a Sync before its data: the one behind is answered', () => {
    const replies = queue(Reply.BATCH, Reply.COPY_END, Reply.SYNC);
    replies.onCopyIn();
    expect(replies).toMatchObject({ size: 1, copyIn: false });
    replies.onReady();
    expect(replies).toMatchObject({ size: 0, mismatch: false, running: false });
  });

  it('pipelined behind another statement: its marks wait', () => {
    const replies = queue(Reply.QUERY, Reply.QUERY, Reply.COPY_END, Reply.QUERY);
    replies.onReady();
    replies.onCopyIn();
    expect(replies).toMatchObject({ size: 2, copyIn: false });
    replies.onReady();
    replies.onReady();
    expect(replies).toMatchObject({ size: 0, mismatch: false });
  });

  it('that the server refuses: both Syncs are answered', () => {
    const replies = queue(Reply.BATCH, Reply.SYNC, Reply.COPY_END, Reply.SYNC);
    replies.onError();
    replies.onReady();
    expect(replies.size).toBe(1);
    replies.onReady();
    expect(replies).toMatchObject({ size: 0, mismatch: false });
  });

  it('twice in one query', () => {
    const replies = queue(Reply.QUERY);
    for (let i = 0; i < 2; i++) {
      replies.onCopyIn();
      replies.push(Reply.COPY_END, client);
    }
    replies.onReady();
    expect(replies).toMatchObject({ size: 0, mismatch: false, copyIn: false });
  });

  it('a Sync during the data is ignored, as the server ignores it', () => {
    const replies = queue(Reply.QUERY);
    replies.onCopyIn();
    replies.push(Reply.SYNC, client);
    expect(replies.size).toBe(1);
    replies.push(Reply.COPY_END, client);
    replies.onReady();
    expect(replies).toMatchObject({ size: 0, mismatch: false });
  });

  it('that fails after a Sync was taken for swallowed is never trusted again', () => {
    const replies = queue(Reply.BATCH, Reply.SYNC);
    replies.onCopyIn();
    replies.onError();
    expect(replies.mismatch).toBe(true);
  });

  it('that fails with nothing swallowed goes on', () => {
    const replies = queue(Reply.QUERY);
    replies.onCopyIn();
    replies.onError();
    replies.push(Reply.COPY_END, client); // the client did not know yet
    replies.onReady();
    expect(replies).toMatchObject({ size: 0, mismatch: false, copyIn: false });
  });
});

/**
 * PostgreSQL's main loop, as far as it decides what is answered (tcop/postgres.c, commands/copyfromparse.c): what each
 * message earns, what is skipped after an error, and what COPY swallows.
 */
class ServerModel {
  private copy: 'simple' | 'extended' | null = null;
  private skipping = false;
  /** Extended-query messages were run since the last Sync or Query. */
  inBatch = false;

  take(message: Message): ServerSaid[] {
    if (this.copy !== null) return this.copying(message);
    if (this.skipping && message.kind !== 'sync') return [];
    switch (message.kind) {
      case 'query':
        this.inBatch = false;
        return this.run(message.does, 'simple', ['ready']);
      case 'call':
        this.inBatch = false;
        return message.does === 'fail' ? ['error', 'ready'] : ['ready'];
      case 'extended':
        this.inBatch = true;
        return this.run(message.does, 'extended', []);
      case 'sync':
        this.skipping = false;
        this.inBatch = false;
        return ['ready'];
      default:
        return []; // data outside a COPY is dropped
    }
  }

  private run(does: Does, how: 'simple' | 'extended', end: ServerSaid[]): ServerSaid[] {
    if (does === 'copy') {
      this.copy = how;
      return ['copy-in'];
    }
    if (does === 'fail') {
      if (how === 'extended') this.skipping = true;
      return ['error', ...end];
    }
    return end;
  }

  private copying(message: Message): ServerSaid[] {
    if (message.kind === 'sync') return [];
    if (message.kind === 'data' && message.does !== 'fail') return [];
    const how = this.copy;
    this.copy = null;
    const failed = message.kind !== 'copy-end' || message.does === 'fail';
    if (failed && how === 'extended') this.skipping = true;
    return [...(failed ? (['error'] as const) : []), ...(how === 'simple' ? (['ready'] as const) : [])];
  }

  /** What a pooled connection has to be. */
  get idle(): boolean {
    return this.copy === null && !this.skipping && !this.inBatch;
  }
}

type Does = 'work' | 'fail' | 'copy';
type Message = { kind: 'query' | 'extended' | 'sync' | 'call' | 'data' | 'copy-end'; does: Does };
type ServerSaid = 'ready' | 'error' | 'copy-in';

const message: fc.Arbitrary<Message> = fc.record({
  kind: fc.constantFrom<Message['kind']>('query', 'extended', 'sync', 'call', 'data', 'copy-end'),
  does: fc.constantFrom<Does>('work', 'work', 'work', 'fail', 'copy'),
});

/** COPY FROM STDIN as clients send it without waiting for the server. */
const COPIES: Message[][] = [
  [
    { kind: 'query', does: 'copy' },
    { kind: 'data', does: 'work' },
    { kind: 'copy-end', does: 'work' },
  ],
  [
    { kind: 'sync', does: 'work' },
    { kind: 'extended', does: 'copy' },
    { kind: 'data', does: 'work' },
    { kind: 'copy-end', does: 'work' },
    { kind: 'sync', does: 'work' },
  ],
  [
    { kind: 'sync', does: 'work' },
    { kind: 'extended', does: 'copy' },
    { kind: 'sync', does: 'work' },
    { kind: 'data', does: 'work' },
    { kind: 'copy-end', does: 'work' },
    { kind: 'sync', does: 'work' },
  ],
];

describe('with PostgreSQL’s own rules on the other side', () => {
  /** Sends, lets the server work and its words arrive in any order that a network allows. */
  function play(messages: readonly Message[], turns: readonly number[], check: (world: World) => void): World {
    const world: World = { replies: new ReplyQueue<object>(), server: new ServerModel(), toServer: [], toClient: [] };
    const waiting = [...messages];
    let turn = 0;
    while (waiting.length + world.toServer.length + world.toClient.length > 0) {
      const choice = (turns[turn++ % turns.length] ?? 0) % 3;
      const next = waiting[0];
      if (choice === 0 && next !== undefined) {
        waiting.shift();
        note(world.replies, next);
        world.toServer.push(next);
      } else if (choice === 1 && world.toServer.length > 0) {
        world.toClient.push(...world.server.take(world.toServer.shift() as Message));
      } else if (choice === 2 && world.toClient.length > 0) {
        hear(world.replies, world.toClient.shift() as ServerSaid);
      }
      check(world);
      if (turn > 10_000) break; // `turns` that never let one side move
    }
    return world;
  }

  interface World {
    readonly replies: ReplyQueue<object>;
    readonly server: ServerModel;
    readonly toServer: Message[];
    readonly toClient: ServerSaid[];
  }

  function note(replies: ReplyQueue<object>, { kind }: Message): void {
    switch (kind) {
      case 'query':
        replies.push(Reply.QUERY, client);
        break;
      case 'call':
        replies.push(Reply.FUNCTION_CALL, client);
        break;
      case 'sync':
        replies.push(Reply.SYNC, client);
        break;
      case 'copy-end':
        replies.push(Reply.COPY_END, client);
        break;
      case 'extended':
        replies.push(Reply.BATCH, client);
        break;
      case 'data':
        break;
    }
  }

  function hear(replies: ReplyQueue<object>, said: ServerSaid): void {
    if (said === 'ready') replies.onReady();
    else if (said === 'error') replies.onError();
    else replies.onCopyIn();
  }

  it('whatever a client sends: nothing is taken for idle while a ReadyForQuery is on its way or a batch is open', () => {
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 14 }),
        fc.array(fc.nat({ max: 2 }), { minLength: 3, maxLength: 60 }),
        (messages, turns) => {
          play(messages, [...turns, 0, 1, 2], ({ replies, server, toServer, toClient }) => {
            if (replies.running || replies.mismatch) return;
            const owed = [...toClient];
            const ahead = Object.assign(Object.create(ServerModel.prototype) as ServerModel, server);
            for (const sent of toServer) owed.push(...ahead.take(sent));
            expect(owed).not.toContain('ready');
            expect(ahead.idle).toBe(true);
          });
        },
      ),
      { numRuns: 20_000 },
    );
  });

  it('what is certain to be answered is answered without another word from the client', () => {
    // Any statements in any order; data only where they may be meant for a COPY.
    const part = fc.oneof(
      message.filter(({ kind }) => kind !== 'data' && kind !== 'copy-end').map((one) => [one]),
      fc.constantFrom<Message[]>(...COPIES),
    );
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 10 }).map((parts) => parts.flat()),
        fc.array(fc.nat({ max: 2 }), { minLength: 3, maxLength: 60 }),
        (messages, turns) => {
          play(messages, [...turns, 0, 1, 2], (world) => {
            if (!world.replies.certain || world.replies.size === 0) return;
            const replies = copyOf(world.replies);
            const server = Object.assign(Object.create(ServerModel.prototype) as ServerModel, world.server);
            const said = [...world.toClient, ...world.toServer.flatMap((sent) => server.take(sent))];
            for (const word of said) {
              hear(replies, word);
              if (!replies.certain) return; // a COPY began or failed: now it is said to be so
            }
            expect(replies.size).toBe(0);
          });
        },
      ),
      { numRuns: 10_000 },
    );
  });

  function copyOf(replies: ReplyQueue<object>): ReplyQueue<object> {
    const parts = replies as unknown as { kinds: Uint8Array; owners: (object | null)[] };
    const copy = Object.assign(Object.create(ReplyQueue.prototype) as ReplyQueue<object>, replies);
    return Object.assign(copy, { kinds: parts.kinds.slice(), owners: [...parts.owners] });
  }

  it('a client that keeps to the protocol ends up idle and without mismatch', () => {
    const batch = fc.oneof(
      fc.constantFrom<Message[]>(
        [{ kind: 'query', does: 'work' }],
        [{ kind: 'query', does: 'fail' }],
        [{ kind: 'call', does: 'work' }],
        [
          { kind: 'query', does: 'copy' },
          { kind: 'data', does: 'work' },
          { kind: 'copy-end', does: 'work' },
        ],
        [
          { kind: 'extended', does: 'work' },
          { kind: 'extended', does: 'work' },
          { kind: 'sync', does: 'work' },
        ],
        [
          { kind: 'extended', does: 'fail' },
          { kind: 'extended', does: 'work' },
          { kind: 'sync', does: 'work' },
        ],
        [
          { kind: 'extended', does: 'copy' },
          { kind: 'data', does: 'work' },
          { kind: 'copy-end', does: 'work' },
          { kind: 'sync', does: 'work' },
        ],
        [
          { kind: 'extended', does: 'copy' },
          { kind: 'sync', does: 'work' },
          { kind: 'data', does: 'work' },
          { kind: 'copy-end', does: 'work' },
          { kind: 'sync', does: 'work' },
        ],
      ),
    );
    fc.assert(
      fc.property(
        fc.array(batch, { maxLength: 6 }),
        fc.array(fc.nat({ max: 2 }), { minLength: 3, maxLength: 60 }),
        (batches, turns) => {
          const { replies } = play(batches.flat(), [...turns, 0, 1, 2], () => {});
          expect(replies).toMatchObject({ size: 0, running: false, mismatch: false });
        },
      ),
      { numRuns: 5_000 },
    );
  });
});
