/**
 * Which connections are still good. A node's term ends when its part in the herd changes; connections of an older term are
 * not used again. A standby that goes on being one keeps its term while another node becomes the primary: it takes no
 * writes, whatever is sent to it, and how far it is behind is measured anew. One that is promoted begins a new term: what
 * was opened while it was in recovery was opened to read, and has proved nothing about the primary. Pure.
 */
import type { ClusterSnapshot } from '../ipc.ts';

type NodeSnapshot = ClusterSnapshot['nodes'][number];

export class Terms {
  private readonly terms = new Map<number, number>();

  of(nodeId: number): number {
    return this.terms.get(nodeId) ?? 1;
  }

  /** The herd changes. @returns the nodes whose terms end with that */
  advance(before: ClusterSnapshot, after: ClusterSnapshot): number[] {
    const ended: number[] = [];
    for (const id of new Set([...before.nodes, ...after.nodes].map((node) => node.id))) {
      if (goesOn(id, before, after)) continue;
      this.terms.set(id, this.of(id) + 1);
      ended.push(id);
    }
    return ended;
  }
}

function goesOn(id: number, before: ClusterSnapshot, after: ClusterSnapshot): boolean {
  const was = before.nodes.find((node) => node.id === id);
  const is = after.nodes.find((node) => node.id === id);
  if (was === undefined || is === undefined) return was === is;
  if (was.host !== is.host || was.port !== is.port) return false;
  if ((before.primary === id) !== (after.primary === id)) return false;
  if (before.epoch === after.epoch) return true;
  return after.primary !== id && isStandby(was) && isStandby(is) && is.status !== 'down';
}

function isStandby({ role, status }: NodeSnapshot): boolean {
  return role === 'standby' && status !== 'quarantine' && status !== 'unused';
}
