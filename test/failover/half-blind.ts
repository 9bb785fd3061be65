/** A network in front of one server through which its supervisor's own connections may be lost while its clients' go on. */
import net from 'node:net';

/** application_name of probes and of acts, as their start-up packets carry it. */
const SUPERVISOR = /application_name\0pgherd(?: probe)?\0/;

export class HalfBlind {
  /** The supervisor's connections get no answer. */
  blind = false;
  private readonly server: net.Server;
  private readonly sockets = new Set<net.Socket>();

  private constructor(server: net.Server) {
    this.server = server;
  }

  static async open(target: { readonly host: string; readonly port: number }): Promise<HalfBlind> {
    const server = net.createServer();
    const network = new HalfBlind(server);
    server.on('connection', (client) => network.arrived(client, target));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return network;
  }

  get port(): number {
    return (this.server.address() as net.AddressInfo).port;
  }

  private arrived(client: net.Socket, target: { readonly host: string; readonly port: number }): void {
    this.keep(client);
    client.once('data', (first) => {
      if (this.blind && SUPERVISOR.test(first.toString('latin1'))) return;
      const server = net.connect(target);
      this.keep(server);
      server.write(first);
      client.pipe(server).pipe(client);
      server.once('close', () => client.destroy());
      client.once('close', () => server.destroy());
    });
  }

  private keep(socket: net.Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.sockets.delete(socket));
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
