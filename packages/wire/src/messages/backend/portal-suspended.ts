import { Backend } from '../../types.ts';
import { emptyMessage } from '../../writer.ts';

const MESSAGE = emptyMessage(Backend.PORTAL_SUSPENDED);

/** PortalSuspended ('s', backend): Execute reached its row limit: no body. */
export function encodePortalSuspended(): Buffer {
  return Buffer.from(MESSAGE);
}
