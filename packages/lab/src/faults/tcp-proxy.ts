import { createServer, type Server, Socket } from 'node:net';

/** What the proxy does to connections, old ones as well as new ones unless said otherwise.
 *  - pass: nothing
 *  - slow: each piece waits delayMs; bytesPerSecond limits each direction of each connection
 *  - refuse: new connections are refused (nobody listens); old ones go on
 *  - freeze: connections are accepted, no byte moves
 *  - drop: connections are reset, new ones right after they are accepted */
export type ProxyMode =
  | { readonly kind: 'pass' }
  | { readonly kind: 'slow'; readonly delayMs?: number; readonly bytesPerSecond?: number }
  | { readonly kind: 'refuse' }
  | { readonly kind: 'freeze' }
  | { readonly kind: 'drop' };

interface Pair {
  readonly client: Socket;
  /** Opened when bytes may move: a frozen network reaches nobody. */
  server: Socket | undefined;
  readonly flows: Flow[];
}

/** A network with faults in front of one node. */
export class TcpProxy {
  readonly host: string;
  port: number;
  readonly #target: { readonly host: string; readonly port: number };
  readonly #pairs = new Set<Pair>();
  #mode: ProxyMode = { kind: 'pass' };
  #listener: Server | undefined;

  private constructor(target: { host: string; port: number }, host: string, port: number) {
    this.#target = target;
    this.host = host;
    this.port = port;
  }

  /** Listens; port 0 takes any, the chosen one is in `port`. */
  static async open(target: { host: string; port: number }, port = 0, host = '127.0.0.1'): Promise<TcpProxy> {
    const proxy = new TcpProxy({ host: target.host, port: target.port }, host, port);
    await proxy.#listen();
    return proxy;
  }

  get mode(): ProxyMode {
    return this.#mode;
  }

  get connections(): number {
    return this.#pairs.size;
  }

  async setMode(mode: ProxyMode | ProxyMode['kind']): Promise<void> {
    this.#mode = typeof mode === 'string' ? { kind: mode } : mode;
    const { kind } = this.#mode;
    if (kind === 'drop') for (const pair of [...this.#pairs]) this.#reset(pair);
    if (kind === 'refuse') await this.#unlisten();
    else await this.#listen();
    for (const pair of this.#pairs) this.#apply(pair);
  }

  /** Ends everything at once. */
  async close(): Promise<void> {
    for (const pair of [...this.#pairs]) this.#reset(pair);
    await this.#unlisten();
  }

  async #listen(): Promise<void> {
    if (this.#listener) return;
    const listener = createServer({ pauseOnConnect: true, noDelay: true, allowHalfOpen: true }, (client) =>
      this.#accept(client),
    );
    await new Promise<void>((resolve, reject) => {
      listener.once('error', reject);
      listener.listen(this.port, this.host, resolve);
    });
    const address = listener.address();
    if (address !== null && typeof address === 'object') this.port = address.port;
    this.#listener = listener;
  }

  async #unlisten(): Promise<void> {
    const listener = this.#listener;
    this.#listener = undefined;
    // Not awaited: close() ends only when the last old connection does. The port is given up at once.
    listener?.close();
    await Promise.resolve();
  }

  #accept(client: Socket): void {
    const pair: Pair = { client, server: undefined, flows: [] };
    this.#pairs.add(pair);
    client.on('error', () => {});
    client.once('close', () => this.#forget(pair));
    if (this.#mode.kind === 'drop') this.#reset(pair);
    else this.#apply(pair);
  }

  #apply(pair: Pair): void {
    const moving = this.#mode.kind !== 'freeze' && this.#mode.kind !== 'drop';
    if (moving && !pair.server) this.#connect(pair);
    for (const flow of pair.flows) flow.set(moving, this.#mode.kind === 'slow' ? this.#mode : undefined);
  }

  #connect(pair: Pair): void {
    const server = new Socket({ allowHalfOpen: true });
    pair.server = server;
    server.setNoDelay(true);
    server.on('error', () => pair.client.resetAndDestroy());
    server.once('close', () => this.#forget(pair));
    server.connect(this.#target.port, this.#target.host);
    pair.flows.push(new Flow(pair.client, server), new Flow(server, pair.client));
  }

  #forget(pair: Pair): void {
    const ended = pair.client.destroyed && (pair.server?.destroyed ?? true);
    if (ended) this.#pairs.delete(pair);
    else if (pair.client.destroyed) pair.server?.destroy();
    // The client still gets what is on its way to it.
    else if (pair.flows.every((flow) => flow.idle)) pair.client.end(() => pair.client.destroy());
  }

  #reset(pair: Pair): void {
    for (const flow of pair.flows) flow.set(false, undefined);
    pair.client.resetAndDestroy();
    pair.server?.resetAndDestroy();
    this.#pairs.delete(pair);
  }
}

type Pace = { readonly delayMs?: number; readonly bytesPerSecond?: number };

/** One direction: reads a piece, waits as the pace says, writes it, reads the next. */
class Flow {
  readonly #from: Socket;
  readonly #to: Socket;
  #moving = false;
  #pace: Pace | undefined;
  #held: Buffer[] = [];
  #ended = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(from: Socket, to: Socket) {
    this.#from = from;
    this.#to = to;
    from.on('data', (bytes: Buffer) => {
      this.#held.push(bytes);
      from.pause();
      this.#step();
    });
    from.on('end', () => {
      this.#ended = true;
      this.#step();
    });
    to.on('drain', () => this.#step());
    from.pause();
  }

  get idle(): boolean {
    return this.#held.length === 0;
  }

  set(moving: boolean, pace: Pace | undefined): void {
    this.#moving = moving;
    this.#pace = pace;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (moving) this.#step();
    else this.#from.pause();
  }

  #step(): void {
    if (!this.#moving || this.#timer || this.#to.destroyed) return;
    const next = this.#held[0];
    if (!next) {
      if (this.#ended) this.#to.end();
      else this.#from.resume();
      return;
    }
    const { delayMs = 0, bytesPerSecond } = this.#pace ?? {};
    // A tenth of a second's worth at a time keeps a slow stream smooth.
    const portion = bytesPerSecond ? Math.max(1, Math.floor(bytesPerSecond / 10)) : next.length;
    const bytes = next.subarray(0, portion);
    const wait = delayMs + (bytesPerSecond ? (bytes.length / bytesPerSecond) * 1000 : 0);
    const send = (): void => {
      this.#timer = undefined;
      if (this.#to.destroyed) return;
      if (bytes.length === next.length) this.#held.shift();
      else this.#held[0] = next.subarray(portion);
      if (this.#to.write(bytes)) this.#step();
    };
    if (wait === 0) send();
    else this.#timer = setTimeout(send, wait);
  }
}
