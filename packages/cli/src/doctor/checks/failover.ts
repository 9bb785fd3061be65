import { isActor } from '../accounts.ts';
import { type Facts, type NodeFacts, place, promoter, type Rights, type ServerFacts } from '../facts.ts';
import { bad, type Finding, ok, warn } from '../finding.ts';

const NAME = 'failover';
const OLDEST = 130_000;

/** What stands in the way when the primary is lost. */
export function failover(facts: Facts): Finding[] {
  const { settings } = facts;
  if (settings.backend_clustering_mode !== 'streaming_replication' || settings.backends.length < 2) return [];
  switch (promoter(settings)) {
    case 'external':
      return settings.failover_by === 'external'
        ? [ok(NAME, 'failover_by = external: somebody else promotes, and the proxy follows')]
        : [
            warn(
              NAME,
              'neither failover_by nor failover_command is set: when the primary is lost nobody promotes a standby',
              'Set failover_by = builtin, or external when something else promotes.',
            ),
          ];
    case 'command':
      return [
        settings.failover_command === ''
          ? bad(
              NAME,
              'failover_by = command, but failover_command is empty',
              'Set failover_command, or failover_by = builtin.',
            )
          : ok(NAME, 'failover_command promotes'),
      ];
    case 'builtin':
      return builtin(facts);
  }
}

function builtin({ nodes, settings, accounts }: Facts): Finding[] {
  const actor = accounts.find(isActor);
  if (actor === undefined) {
    return [
      bad(
        NAME,
        'failover_by = builtin, but there is no user that may act (failover_user and recovery_user are empty)',
        'Make one, and set failover_user.',
      ),
    ];
  }
  const findings: Finding[] = [];
  for (const node of nodes) {
    if (node.rights !== null) findings.push(...missingRights(node, node.rights, actor.user));
    if (node.server !== null) findings.push(...serverWays(node, node.server));
  }
  if (!settings.backends.some(({ flags }) => flags.allowToFailover)) {
    findings.push(
      bad(
        NAME,
        'every backend_flag says DISALLOW_TO_FAILOVER',
        'Set ALLOW_TO_FAILOVER for the servers that may take over.',
      ),
    );
  }
  const unknown = nodes.filter(({ rights }) => rights === null);
  if (findings.length > 0) return findings;
  return unknown.length === nodes.length
    ? []
    : [ok(NAME, `${actor.user} may promote and re-point ${nodes.length - unknown.length} of ${nodes.length} nodes`)];
}

function missingRights(node: NodeFacts, rights: Rights, user: string): Finding[] {
  const grants: string[] = [];
  if (!rights.promote) grants.push(`GRANT EXECUTE ON FUNCTION pg_catalog.pg_promote(boolean, integer) TO ${user}`);
  if (!rights.reloadConf) grants.push(`GRANT EXECUTE ON FUNCTION pg_catalog.pg_reload_conf() TO ${user}`);
  if (!rights.alterSystem) {
    grants.push(
      (node.server?.version ?? 150_000) >= 150_000
        ? `GRANT SET, ALTER SYSTEM ON PARAMETER primary_conninfo, primary_slot_name TO ${user}`
        : `ALTER ROLE ${user} SUPERUSER (before PostgreSQL 15 nobody else may use ALTER SYSTEM)`,
    );
  }
  if (!rights.replication) grants.push(`ALTER ROLE ${user} REPLICATION`);
  if (!rights.readSettings) grants.push(`GRANT pg_read_all_settings TO ${user}`);
  if (grants.length === 0) return [];
  const lacks = [
    ...(rights.promote ? [] : ['pg_promote()']),
    ...(rights.reloadConf ? [] : ['pg_reload_conf()']),
    ...(rights.alterSystem ? [] : ['ALTER SYSTEM']),
    ...(rights.replication ? [] : ['replication slots']),
    ...(rights.readSettings ? [] : ['reading primary_conninfo']),
  ];
  return [
    bad(
      NAME,
      `${user} lacks rights at ${place(node)}: ${lacks.join(', ')}`,
      `On the primary, as superuser: ${grants.join('; ')}.`,
      { node: node.backend.id },
    ),
  ];
}

function serverWays(node: NodeFacts, server: ServerFacts): Finding[] {
  const findings: Finding[] = [];
  const where = place(node);
  if (server.version < OLDEST) {
    findings.push(
      bad(
        NAME,
        `${where} is older than PostgreSQL 13, where a standby cannot be re-pointed without a restart`,
        'Upgrade it, or use failover_by = command.',
        { node: node.backend.id },
      ),
    );
  }
  if (server.allowAlterSystem === false) {
    findings.push(
      bad(
        NAME,
        `allow_alter_system is off at ${where}: it cannot be re-pointed to another primary`,
        'Set allow_alter_system = on there, or use failover_by = command.',
        { node: node.backend.id },
      ),
    );
  }
  if (server.isRecovering && server.recoveryTargetTimeline !== 'latest') {
    findings.push(
      bad(
        NAME,
        `recovery_target_timeline is "${server.recoveryTargetTimeline}" at ${where}: it cannot follow a promoted standby`,
        "Set recovery_target_timeline = 'latest' there (needs a restart before PostgreSQL 14).",
        { node: node.backend.id },
      ),
    );
  }
  if (server.walSendersMax === 0) {
    findings.push(
      bad(
        NAME,
        `max_wal_senders is 0 at ${where}: no standby could receive from it`,
        'Set max_wal_senders to 10 there, and restart it.',
        { node: node.backend.id },
      ),
    );
  }
  const keeps = server.walKeepSize !== '0' && server.walKeepSize !== '0MB';
  if (server.isRecovering && server.primarySlotName === '' && !keeps) {
    findings.push(
      warn(
        NAME,
        `${where} streams without a slot, and wal_keep_size is 0: after a failover it may wait for WAL that is removed already`,
        'Set primary_slot_name there, or wal_keep_size on every server.',
        { node: node.backend.id },
      ),
    );
  }
  return findings;
}
