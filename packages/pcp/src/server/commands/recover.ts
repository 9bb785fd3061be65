import { RefusedError } from '@pgherd/operations';
import { complete } from '../../wire/replies.ts';
import { decodeNumber } from '../../wire/requests.ts';
import { decodeTexts } from '../../wire/texts.ts';
import { error, type PcpRefusal } from '../refusal.ts';
import { busy, refuseWhileBusy } from './busy.ts';
import type { Command } from './command.ts';

const FAILED = 'process recovery request failed';

/** 'O' node id z -> 'c' when the node is back. */
export const recover: Command = async (body, { operations, author }) => {
  await refuseWhileBusy(operations);
  const node = decodeNumber(body);
  const { nodes, primary } = await operations.status();
  if (node === null || !nodes.some(({ id }) => id === node)) throw notValid(decodeTexts(body)[0] ?? '');
  if (node === primary) throw error(FAILED, 'primary server cannot be recovered by online recovery.');
  let id: string;
  try {
    ({ id } = await operations.begin({ act: 'recover', node }, author));
  } catch (reason) {
    throw reason instanceof RefusedError ? refusalOf(reason, node) : reason;
  }
  const end = await operations.ended(id);
  if (end.state === 'failed') throw error(FAILED, end.error ?? undefined);
  return { bytes: complete('c') };
};

const notValid = (node: number | string): PcpRefusal => error(FAILED, `node id ${node} is not valid`);

function refusalOf({ code, message, checks }: RefusedError, node: number): PcpRefusal {
  const alive = checks.some(({ name, ok }) => name === 'detached' && !ok);
  if (alive) return error(`node recovery failed, node id: ${node} is alive`);
  switch (code) {
    case 'NO_SUCH_NODE':
      return notValid(node);
    case 'NOTHING_TO_DO':
      return error(`node recovery failed, node id: ${node} is alive`);
    case 'BUSY':
      return busy();
    case 'WRONG_MODE':
    case 'NOT_POSSIBLE':
    case 'NOT_ENABLED':
      return error(FAILED, message);
  }
}
