/** Says one session's steps to a server, and writes down what comes back without what differs by nature. */
import {
  Backend,
  decodeDataRow,
  decodeNotificationResponse,
  decodeParameterDescription,
  decodeParameterStatus,
  decodeRowDescription,
  encodeTerminate,
  type Frame,
} from '@pgherd/wire';
import {
  ClosedError,
  describeFrames,
  RawClient,
  type SignIn,
  type Target,
} from '../../packages/engine/test-support/raw-client.ts';
import type { Step } from './steps.ts';

/** `steps`: each waits for the answer before it; `at once`: all is sent before anything is read. */
export type Pace = 'steps' | 'at once';

export interface Heard {
  /** By step; all in the first one where everything was sent at once. */
  readonly answers: readonly (readonly string[])[];
  /** The server broke off: it could not tell messages from data any more. */
  readonly brokenOff: boolean;
  /** These come when they come. */
  readonly notifications: readonly string[];
}

/** Long enough for a standby that has to wait for a busy machine. */
const WAIT_MS = 60_000;

export async function play(target: Target, how: SignIn, steps: readonly Step[], pace: Pace): Promise<Heard> {
  const client = await RawClient.signIn(target, how);
  const answers: string[][] = [];
  const notifications: string[] = [];
  const note = (frames: readonly Frame[]): void => {
    const plain = frames.filter(({ type }) => type !== Backend.NOTIFICATION_RESPONSE);
    for (const { type, body } of frames) {
      if (type !== Backend.NOTIFICATION_RESPONSE) continue;
      const { channel, payload } = decodeNotificationResponse(body);
      notifications.push(`${channel}: ${payload}`);
    }
    answers.push(plain.map(inWords));
  };
  let brokenOff = false;
  try {
    if (pace === 'at once') {
      client.send(...steps.flatMap(({ messages, data }) => (data === undefined ? [messages] : [messages, data])));
      client.send(encodeTerminate());
      note(await client.closed(WAIT_MS));
    } else {
      for (const { messages, data } of steps) note(await say(client, messages, data));
      client.send(encodeTerminate());
      note(await client.closed(WAIT_MS));
    }
  } catch (error) {
    if (!(error instanceof ClosedError)) throw error;
    brokenOff = true;
  } finally {
    client.destroy();
  }
  return { answers, brokenOff, notifications };
}

async function say(client: RawClient, messages: Buffer, data: Buffer | undefined): Promise<Frame[]> {
  client.send(messages);
  const frames: Frame[] = [];
  for (;;) {
    const frame = await client.frame(WAIT_MS, () => describeFrames(frames).join(' '));
    frames.push(frame);
    if (frame.type === Backend.READY_FOR_QUERY) return frames;
    if (frame.type === Backend.COPY_IN_RESPONSE) {
      // Without data on offer the statement came by another way: it is given up.
      client.send(data ?? GIVE_UP);
    }
  }
}

/** CopyFail and Sync, which a COPY by simple query takes for data. */
const GIVE_UP = Buffer.from('6600000005005300000004', 'hex');

function inWords(frame: Frame): string {
  const { type, body } = frame;
  switch (type) {
    case Backend.DATA_ROW:
      return `D ${decodeDataRow(body)
        .map((value) => value?.toString() ?? 'null')
        .join(',')}`;
    case Backend.ROW_DESCRIPTION:
      return `T ${decodeRowDescription(body)
        .map((field) => `${field.name}:${field.typeOid}`)
        .join(',')}`;
    case Backend.PARAMETER_DESCRIPTION:
      return `t ${decodeParameterDescription(body).join(',')}`;
    case Backend.PARAMETER_STATUS: {
      const { name, value } = decodeParameterStatus(body);
      return `S ${name}=${value}`;
    }
    case Backend.COPY_DATA:
      return `d ${body.toString()}`;
    case Backend.ERROR_RESPONSE:
      // A connection that served others has a temporary schema already.
      return describeFrames([frame]).join('').replace('3F000', '42P01');
    default:
      return describeFrames([frame]).join('');
  }
}
