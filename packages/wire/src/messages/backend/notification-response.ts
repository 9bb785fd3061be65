import { BodyReader } from '../../reader.ts';
import { Backend } from '../../types.ts';
import { MessageWriter } from '../../writer.ts';

export interface Notification {
  /** Process id of the backend that sent NOTIFY. */
  readonly pid: number;
  readonly channel: string;
  readonly payload: string;
}

/** NotificationResponse ('A', backend): Int32 pid, CString channel, CString payload. @throws ProtocolError 08P01. */
export function decodeNotificationResponse(body: Buffer): Notification {
  const reader = new BodyReader(body);
  const notification = { pid: reader.int32(), channel: reader.cstring(), payload: reader.cstring() };
  reader.end();
  return notification;
}

export function encodeNotificationResponse({ pid, channel, payload }: Notification): Buffer {
  const writer = new MessageWriter().begin(Backend.NOTIFICATION_RESPONSE);
  return writer.int32(pid).cstring(channel).cstring(payload).end().finish();
}
