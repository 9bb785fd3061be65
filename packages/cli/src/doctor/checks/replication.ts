import { type Facts, type NodeFacts, place, type ServerFacts } from '../facts.ts';
import { bad, type Finding, ok, warn } from '../finding.ts';

const NAME = 'replication';

/** One herd, and every standby receives. */
export function replication({ nodes, settings }: Facts): Finding[] {
  if (settings.backend_clustering_mode !== 'streaming_replication') return [];
  const asked = nodes.filter((node): node is NodeFacts & { server: ServerFacts } => node.server !== null);
  if (asked.length < 2) return [];
  const findings: Finding[] = [];
  const [first] = asked;
  const strangers = asked.filter(({ server }) => server.systemIdentifier !== first?.server.systemIdentifier);
  if (strangers.length > 0) {
    findings.push(
      bad(
        NAME,
        `these are servers of different herds: ${asked.map((node) => `${place(node)} has the system identifier ${node.server.systemIdentifier ?? 'unknown'}`).join(', ')}`,
        'Correct backend_hostnameN and backend_portN, or copy the stranger anew from the primary: pgherd recover NODE.',
      ),
    );
  }
  const standbys = asked.filter(({ server }) => server.isRecovering);
  const silent = standbys.filter(({ server }) => server.isMonitor && server.receiver !== 'streaming');
  for (const node of silent) {
    findings.push(
      bad(
        NAME,
        `${place(node)} receives nothing (its WAL receiver is ${node.server.receiver ?? 'not there'})`,
        'Look into its log: primary_conninfo, the password for it, a missing slot, or WAL that the primary has removed.',
        { node: node.backend.id, wish: { act: 'recover', node: node.backend.id } },
      ),
    );
  }
  if (standbys.length > 0 && findings.length === 0)
    findings.push(ok(NAME, `${standbys.length} standby${standbys.length === 1 ? '' : 's'} of one herd`));
  for (const { id, applicationName } of settings.backends) {
    if (applicationName !== '' || !standbys.some(({ backend }) => backend.id === id)) continue;
    findings.push(
      warn(
        NAME,
        `backend_application_name${id} is empty: whether node ${id} is synchronous, and its lag in time, stay unknown`,
        `Set it to the application_name in the primary_conninfo of node ${id}.`,
        { node: id },
      ),
    );
  }
  return findings;
}
