import net from 'node:net';
import { Duplex } from 'node:stream';
import tls from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { Certificates, hasOpenssl } from '../../test-support/certificates.ts';
import { Channel, type ChannelHandler } from './channel.ts';
import { nativeHandles } from './native-handle.ts';

/** Takes the raw handle out of an accepted socket, as the acceptor does. */
interface HandleOwner {
  _handle: { onconnection: (status: number, handle: unknown) => void };
}

class Recorder implements ChannelHandler {
  readonly chunks: Buffer[] = [];
  closed = false;
  error: Error | null = null;
  full = 0;
  drains = 0;
  onBytes(buffer: Buffer, length: number): void {
    this.chunks.push(Buffer.from(buffer.subarray(0, length)));
  }
  onClosed(error: Error | null): void {
    expect(this.closed).toBe(false);
    this.closed = true;
    this.error = error;
  }
  onDrain(): void {
    this.drains++;
  }
  onFull(): void {
    this.full++;
  }
  get text(): string {
    return Buffer.concat(this.chunks).toString();
  }
}

async function until(what: () => boolean, limitMs = 5_000): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!what()) {
    if (performance.now() > deadline) throw new Error('the condition did not come true');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const KINDS = [
  ['a native handle', nativeHandles],
  ['a stream', null],
] as const;

describe("Node's internals", () => {
  it('are as expected under the Node that the project brings', () => {
    expect(nativeHandles).not.toBeNull();
  });
});

describe.each(KINDS)('a channel on %s', (_name, native) => {
  const open: { destroy(): void }[] = [];
  const servers: net.Server[] = [];

  afterEach(() => {
    for (const socket of open.splice(0)) socket.destroy();
    for (const server of servers.splice(0)) server.close();
  });

  async function pair(): Promise<{ channel: Channel; recorder: Recorder; client: net.Socket }> {
    const server = net.createServer();
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const recorder = new Recorder();
    const accepted = new Promise<Channel>((resolve) => {
      (server as unknown as HandleOwner)._handle.onconnection = (_status, handle) => {
        const channel = Channel.accept(handle, false, native);
        channel.handler = recorder;
        resolve(channel);
      };
    });
    const { port } = server.address() as net.AddressInfo;
    const client = net.connect({ host: '127.0.0.1', port });
    client.on('error', () => {});
    open.push(client);
    const channel = await accepted;
    open.push(channel);
    return { channel, recorder, client };
  }

  it('delivers what comes, in order, and knows its peer', async () => {
    const { channel, recorder, client } = await pair();
    client.write('one ');
    client.write('two');
    await until(() => recorder.text === 'one two');
    expect(channel.peer).toEqual({ address: '127.0.0.1', port: client.localPort });
  });

  it('sends copies: what the caller does with its buffer afterwards does not matter', async () => {
    const { channel, client } = await pair();
    let got = '';
    client.on('data', (chunk) => (got += String(chunk)));
    const buffer = Buffer.from('hello world');
    channel.write(buffer, 0, 5);
    buffer.fill('x');
    channel.writeOwned(Buffer.from('!'));
    await until(() => got === 'hello!');
  });

  it('says when the peer is behind, keeps every byte, and says when it has caught up', async () => {
    const { channel, recorder, client } = await pair();
    client.pause();
    const block = Buffer.alloc(256 * 1024);
    let sent = 0;
    for (let i = 0; i < 200 && recorder.full === 0; i++) {
      block.fill(i % 251);
      channel.write(block, 0, block.length);
      sent += block.length;
    }
    expect(recorder.full).toBe(1);
    expect(channel.write(block, 0, 10)).toBe(false);
    sent += 10;
    let received = 0;
    client.on('data', (chunk: Buffer) => (received += chunk.length));
    client.resume();
    await until(() => received === sent && recorder.drains === 1);
  });

  it('reads nothing while it is paused', async () => {
    const { channel, recorder, client } = await pair();
    channel.pause();
    client.write('later');
    await new Promise((resolve) => client.write('', resolve));
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(recorder.text).toBe('');
    channel.resume();
    await until(() => recorder.text === 'later');
  });

  it('tells once that the peer closed, after its last bytes', async () => {
    const { recorder, client } = await pair();
    client.end('bye');
    await until(() => recorder.closed);
    expect(recorder.text).toBe('bye');
    expect(recorder.error).toBeNull();
  });

  it('sends its last words before it closes, also to a peer that is behind', async () => {
    const { channel, recorder, client } = await pair();
    client.pause();
    const block = Buffer.alloc(8 * 1024 * 1024, 7);
    channel.write(block, 0, block.length);
    channel.end(Buffer.from('last'));
    let received = Buffer.alloc(0);
    client.on('data', (chunk: Buffer) => (received = Buffer.concat([received, chunk])));
    client.resume();
    await until(() => recorder.closed && client.readableEnded);
    expect(received.length).toBe(block.length + 4);
    expect(received.subarray(-4).toString()).toBe('last');
  });

  it('cuts off a peer that does not take the last words in time', async () => {
    const { channel, recorder, client } = await pair();
    client.pause();
    const block = Buffer.alloc(32 * 1024 * 1024);
    channel.write(block, 0, block.length);
    channel.end(null, 50);
    await until(() => recorder.closed);
  });

  it.skipIf(!hasOpenssl())('a TLS record that was tampered with ends the connection', async () => {
    const certificates = new Certificates();
    const { cert, key } = certificates.authority('localhost');
    const { channel, recorder, client } = await pair();
    let secure = false;
    channel.startTlsServer({ secureContext: tls.createSecureContext({ cert, key }) }, null, () => {
      secure = true;
    });
    // A relay, so that a byte can be put between the records.
    const relay = new Duplex({
      read() {},
      write: (chunk: Buffer, _encoding, done) => void client.write(chunk, () => done()),
    });
    client.on('data', (chunk) => relay.push(chunk));
    const peer = tls.connect({ socket: relay, rejectUnauthorized: false }, () => void peer.write('hello'));
    peer.on('error', () => {});
    open.push(peer);
    await until(() => secure && recorder.text === 'hello');
    client.write(Buffer.concat([Buffer.from('1703030020', 'hex'), Buffer.alloc(32)]));
    await until(() => recorder.closed);
    expect(recorder.text).toBe('hello');
  });

  it('can be destroyed at any time, and ignores what is written afterwards', async () => {
    const { channel, recorder } = await pair();
    channel.write(Buffer.from('x'), 0, 1);
    channel.destroy();
    expect(channel.write(Buffer.from('y'), 0, 1)).toBe(true);
    channel.end();
    channel.destroy();
    await until(() => recorder.closed);
  });
});
