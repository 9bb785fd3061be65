import { describe, expect, it } from 'vitest';
import { type ClusterSnapshot, NO_HERD } from '../ipc.ts';
import { Terms } from './terms.ts';

type Node = ClusterSnapshot['nodes'][number];

function herd(epoch: number, primary: number | null, changes: Record<number, Partial<Node>> = {}): ClusterSnapshot {
  const nodes = [0, 1, 2].map((id): Node => {
    const role = id === primary ? 'primary' : 'standby';
    const facts = { id, host: 'h', port: 5432 + id, weight: 1, status: 'up', role } as const;
    return { ...facts, lagBytes: null, lagMs: null, replayLsn: null, ...changes[id] };
  });
  return { ...NO_HERD, epoch, primary, nodes };
}
const lost0 = { 0: { status: 'down', role: 'primary' } } as const;

describe('the connections of a node', () => {
  it('go with the primary that is fenced, and stay where a standby stays one', () => {
    const terms = new Terms();
    expect(terms.advance(herd(1, 0), herd(2, null, lost0))).toEqual([0]);
    expect([0, 1, 2].map((id) => terms.of(id))).toEqual([2, 1, 1]);
  });

  it('that were opened to a standby are not used for the primary that it becomes, in the same epoch or another', () => {
    const terms = new Terms();
    expect(terms.advance(herd(2, null, lost0), herd(2, 1, lost0))).toEqual([1]);
    expect(terms.advance(herd(1, 0), herd(2, 1, lost0))).toEqual([0, 1]);
  });

  it('to the old primary are not used again when it comes back as a standby', () => {
    const terms = new Terms();
    const opened = terms.of(0);
    terms.advance(herd(1, 0), herd(2, 1, lost0));
    terms.advance(herd(2, 1, lost0), herd(2, 1));
    expect(terms.of(0)).not.toBe(opened);
  });

  it('go with each new epoch of a primary, even the same one, and with a new address', () => {
    const terms = new Terms();
    expect(terms.advance(herd(1, 0), herd(2, 0))).toEqual([0]);
    expect(terms.advance(herd(2, 0), herd(2, 0, { 2: { port: 1 } }))).toEqual([2]);
    expect(terms.advance(herd(2, 0), herd(2, 0))).toEqual([]);
  });

  it('go in a new epoch where nobody knows what the node is', () => {
    const terms = new Terms();
    expect(terms.advance(herd(1, 0, { 1: { role: 'unknown' } }), herd(2, null, lost0))).toEqual([0, 1]);
    expect(terms.advance(herd(1, 0), herd(2, null, { ...lost0, 2: { status: 'down' } }))).toEqual([0, 2]);
  });
});
