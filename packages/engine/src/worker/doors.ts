/** The sockets that the only worker listens on. They are the supervisor's, and stay when this process is gone. */

interface ListeningHandle {
  listen(backlog: number): number;
  close(): void;
  onconnection: ((status: number, connection: unknown) => void) | null;
}

export class Doors {
  private readonly handles: ListeningHandle[] = [];

  /** @returns what went wrong, or null */
  open(handle: unknown, backlog: number, accept: (connection: unknown) => void): string | null {
    const door = handle as ListeningHandle | null | undefined;
    if (typeof door?.listen !== 'function') return 'the socket did not arrive';
    door.onconnection = (status, connection) => {
      if (status === 0 && connection !== undefined) accept(connection);
    };
    const status = door.listen(backlog);
    if (status !== 0) return `listening failed (${status})`;
    this.handles.push(door);
    return null;
  }

  close(): void {
    for (const door of this.handles.splice(0)) door.close();
  }
}
