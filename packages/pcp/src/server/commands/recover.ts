import { setTimeout as pause } from 'node:timers/promises';
import { type Operation, RefusedError } from '@pgherd/operations';
import { complete } from '../../wire/replies.ts';
import { decodeNumber } from '../../wire/requests.ts';
import { decodeTexts } from '../../wire/texts.ts';
import { error, type PcpRefusal } from '../refusal.ts';
import { busy, refuseWhileBusy } from './busy.ts';
import type { Command, CommandContext } from './command.ts';

const FAILED = 'process recovery request failed';
const LOOK_AGAIN_MS = 200;

/** 'O' node id z -> 'c' when the node is back. */
export const recover: Command = async (body, context) => {
  const { operations } = context;
  await refuseWhileBusy(operations);
  const node = decodeNumber(body);
  const { nodes, primary } = await operations.status();
  if (node === null || !nodes.some(({ id }) => id === node)) throw notValid(decodeTexts(body)[0] ?? '');
  const asked = nodes.find(({ id }) => id === node);
  if (node === primary && asked?.status === 'down') throw busy('failover'); // it is about to be replaced
  if (node === primary) throw error(FAILED, 'primary server cannot be recovered by online recovery.');
  const { id } = await beginWhenDetached(node, context);
  const end = await operations.ended(id);
  if (end.state === 'failed') throw error(FAILED, end.error ?? undefined);
  return { bytes: complete('c') };
};

/**
 * A server that has just died is seen to be down a moment before its node is left out; whoever sees that and asks for
 * recovery is not told that it is alive.
 */
async function beginWhenDetached(node: number, context: CommandContext): Promise<Operation> {
  const { operations, author, settleMs } = context;
  const untilMs = performance.now() + settleMs;
  for (;;) {
    try {
      return await operations.begin({ act: 'recover', node }, author);
    } catch (reason) {
      if (!(reason instanceof RefusedError)) throw reason;
      const { nodes } = await operations.status();
      const isDown = nodes.find(({ id }) => id === node)?.status === 'down';
      if (!isAlive(reason) || !isDown || performance.now() > untilMs) throw refusalOf(reason, node);
      await pause(LOOK_AGAIN_MS);
    }
  }
}

const isAlive = ({ checks }: RefusedError): boolean => checks.some(({ name, ok }) => name === 'detached' && !ok);

const notValid = (node: number | string): PcpRefusal => error(FAILED, `node id ${node} is not valid`);

function refusalOf(reason: RefusedError, node: number): PcpRefusal {
  const { code, message } = reason;
  if (isAlive(reason)) return error(`node recovery failed, node id: ${node} is alive`);
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
    case 'CONFLICT':
    case 'EXTERNALLY_MANAGED':
    case 'NOT_ALLOWED':
      return error(FAILED, message);
  }
}
