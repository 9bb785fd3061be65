import net from 'node:net';
import { encodeErrorResponse } from '@pgherd/wire';

/** A connection's operating-system handle. */
export interface RawConnection {
  close(): void;
}

const TOO_MANY = encodeErrorResponse({
  severity: 'FATAL',
  sqlstate: '53300',
  message: 'Sorry, too many clients already',
});
const REFUSAL_LIMIT_MS = 1_000;

/**
 * Says 53300 to a connection that nobody has read from, as PostgreSQL does when it cannot start a process for one. What
 * the client sends meanwhile is thrown away: unread bytes would turn the close into a reset, which loses the message.
 */
export function refuseUnread(connection: RawConnection): void {
  const socket = new net.Socket({ handle: connection } as unknown as net.SocketConstructorOpts);
  socket.on('error', () => {}); // gone already: nobody to tell
  socket.resume();
  socket.end(TOO_MANY);
  const timer = setTimeout(() => socket.destroy(), REFUSAL_LIMIT_MS);
  socket.once('close', () => clearTimeout(timer));
}
