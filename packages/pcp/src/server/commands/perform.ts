/**
 * Attach and detach. Pgpool-II takes note of such a request, answers at once, and only logs one that makes no sense; so a
 * node that is not there, or is already where it should be, is no error here either. What begins is waited for a while, so
 * that whoever looks next sees it done.
 */
import { type Operation, RefusedError, type Wish } from '@pgherd/operations';
import { decodeNumber } from '../../wire/requests.ts';
import { decodeTexts } from '../../wire/texts.ts';
import { error } from '../refusal.ts';
import { busy } from './busy.ts';
import type { CommandContext } from './command.ts';

/** @throws PcpRefusal */
export async function perform(body: Buffer, wishFor: (node: number) => Wish, context: CommandContext): Promise<void> {
  const node = decodeNumber(body);
  if (node === null || node < 0) {
    context.log(`PCP: "${decodeTexts(body)[0] ?? ''}" is no node id; nothing was done`);
    return;
  }
  const wish = wishFor(node);
  const failed = `could not process ${wish.act} request`;
  const { operations, author, settleMs } = context;
  let begun: Operation;
  try {
    begun = await operations.begin(wish, author);
  } catch (reason) {
    if (!(reason instanceof RefusedError)) throw reason;
    if (reason.code === 'BUSY') throw busy();
    if (reason.code !== 'NO_SUCH_NODE' && reason.code !== 'NOTHING_TO_DO') throw error(failed, reason.message);
    context.log(`PCP: ${wish.act} of node ${node}: ${reason.message}`);
    return;
  }
  // A graceful detach is told when it is over: that its clients have gone is what was asked for.
  const patient = wish.act === 'detach' && wish.gracefully;
  const end = patient ? await operations.ended(begun.id) : await endedWithin(operations.ended(begun.id), settleMs);
  if (end?.state === 'failed') throw error(failed, end.error ?? undefined);
}

/** Null when it takes longer. */
async function endedWithin(ended: Promise<Operation>, limitMs: number): Promise<Operation | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), limitMs);
  });
  ended.catch(() => {}); // when it is late, nobody waits for it any more
  try {
    return await Promise.race([ended, late]);
  } finally {
    clearTimeout(timer);
  }
}
