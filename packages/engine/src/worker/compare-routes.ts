/** Statements by the rules that run and by those of a draft, side by side. Nothing is executed, nothing is remembered. */
import { type Settings, weightShares } from '@pgherd/config';
import type { RouteComparisonQuestion } from '@pgherd/operations';
import type { ClusterSnapshot } from '../ipc.ts';
import { type Explained, explainForClient } from './explain-route.ts';
import { Routing, type RoutingPorts } from './routing.ts';

export interface ComparedRows {
  readonly running: Explained;
  readonly draft: Explained;
}

/** Both sides are drawn for with the same number, so that a difference is one of the rules. */
const DRAW = 0.5;

/** The herd as it is, with the weights of other settings. Nodes that only those have are not there yet. */
export function clusterUnder(cluster: ClusterSnapshot, settings: Settings): ClusterSnapshot {
  const shares = weightShares(settings);
  const weights = new Map(settings.backends.map(({ id }, place) => [id, shares[place] ?? 0]));
  return { ...cluster, nodes: cluster.nodes.map((node) => ({ ...node, weight: weights.get(node.id) ?? node.weight })) };
}

/** Routing of its own, that neither learns from clients nor tells them anything. */
export function routingUnder(
  settings: Settings,
  cluster: ClusterSnapshot,
  ports: RoutingPorts,
  draw = Math.random,
): Routing {
  return new Routing(settings, clusterUnder(cluster, settings), { ...ports, catalogChanged() {}, warn() {} }, draw);
}

export async function compareRoutes(
  question: Omit<RouteComparisonQuestion, 'configuration'>,
  sides: { readonly running: Settings; readonly draft: Settings },
  cluster: ClusterSnapshot,
  ports: RoutingPorts,
  ask: Parameters<typeof explainForClient>[2],
): Promise<ComparedRows[]> {
  const running = routingUnder(sides.running, cluster, ports, () => DRAW);
  const draft = routingUnder(sides.draft, cluster, ports, () => DRAW);
  const { statements: _, ...client } = question;
  const compared: ComparedRows[] = [];
  for (const sql of question.statements) {
    const one = { sql, ...client };
    compared.push({
      running: await explainForClient(running, one, ask),
      draft: await explainForClient(draft, one, ask),
    });
    await new Promise((resolve) => setImmediate(resolve)); // clients come first
  }
  return compared;
}
