import type tls from 'node:tls';
import { encodeCancelRequest, encodeSslRequest } from '@pgherd/wire';
import { Channel } from '../worker/channel.ts';
import type { Link } from './link.ts';
import { socketTarget } from './open-link.ts';

const CANCEL_LIMIT_MS = 10_000;

/**
 * Delivers a cancel request and waits until the server has closed the connection: then it has been acted upon.
 * @returns false when it may still be on its way
 */
export function sendCancel(
  node: { host: string; port: number },
  link: Link,
  tlsOptions: tls.ConnectionOptions | null,
): Promise<boolean> {
  return new Promise((resolve) => {
    const request = encodeCancelRequest(link.pid, Buffer.from(link.secret, 'latin1'));
    let inTime = true;
    const timer = setTimeout(() => {
      inTime = false;
      channel.destroy();
    }, CANCEL_LIMIT_MS);
    let asked = false;
    const channel: Channel = Channel.connect(
      socketTarget(node.host, node.port),
      {
        onBytes(buffer) {
          if (!asked || tlsOptions === null || buffer[0] !== 0x53) {
            channel.destroy();
            return;
          }
          asked = false;
          channel.startTlsClient(tlsOptions, () => channel.writeOwned(request));
        },
        onClosed() {
          clearTimeout(timer);
          resolve(inTime);
        },
        onDrain() {},
        onFull() {},
      },
      () => {
        if (tlsOptions === null) {
          channel.writeOwned(request);
          return;
        }
        asked = true;
        channel.writeOwned(encodeSslRequest());
      },
    );
  });
}
