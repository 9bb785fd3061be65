import { RefusedError, type Wish } from '@pgherd/operations';
import { complete } from '../../wire/replies.ts';
import { decodeNumber, promoteIsSwitchover } from '../../wire/requests.ts';
import { decodeTexts } from '../../wire/texts.ts';
import { error, fatal, type PcpRefusal } from '../refusal.ts';
import { busy } from './busy.ts';
import type { Command } from './command.ts';

const FAILED = 'could not process promote request';

/**
 * 'J', and 'j' gracefully: node id and blank z, Byte1 -> 'd'. Byte `n`: only believe that this node is the primary;
 * `s`: make it so. Answered when it is over.
 */
export const promote =
  (gracefully: boolean): Command =>
  async (body, { operations, author }) => {
    const node = decodeNumber(body);
    if (node === null || node < 0) throw notValid((decodeTexts(body)[0] ?? '').trimEnd());
    const wish: Wish = promoteIsSwitchover(body)
      ? { act: 'switchover', to: node, gracefully }
      : { act: 'relabel', node, gracefully };
    const { id } = await begin(() => operations.begin(wish, author), node);
    const end = await operations.ended(id);
    if (end.state === 'failed') throw error(FAILED, end.error ?? undefined);
    return { bytes: complete('d') };
  };

const notValid = (node: number | string): PcpRefusal => error(FAILED, `node id ${node} is not valid`);

async function begin<T>(ask: () => T | Promise<T>, node: number): Promise<T> {
  try {
    return await ask();
  } catch (reason) {
    if (!(reason instanceof RefusedError)) throw reason;
    switch (reason.code) {
      case 'NO_SUCH_NODE':
        throw notValid(node);
      case 'NOTHING_TO_DO':
        throw fatal('invalid promote request', `specified node is already primary node, can't promote node id ${node}`);
      case 'WRONG_MODE':
        throw fatal('invalid pgpool mode for process promote request', reason.message);
      case 'BUSY':
        throw busy();
      case 'NOT_POSSIBLE':
      case 'NOT_ENABLED':
      case 'CONFLICT':
      case 'EXTERNALLY_MANAGED':
      case 'NOT_ALLOWED':
        throw error(FAILED, reason.message);
    }
  }
}
