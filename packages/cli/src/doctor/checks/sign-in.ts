import { type Account, type Facts, type NodeFacts, place, type SignInResult } from '../facts.ts';
import { bad, type Finding, ok, warn } from '../finding.ts';

const NAME = 'sign-in';

/** The proxy's own users at every server that answers. */
export function signIn(facts: Facts): Finding[] {
  const { nodes, settings } = facts;
  const findings: Finding[] = [];
  if (settings.sr_check_user === '' && nodes.length > 1) {
    findings.push(
      bad(
        NAME,
        'sr_check_user is empty, so no server can be asked whether it is the primary',
        'Make a role with "pgherd auth roles", and set sr_check_user.',
      ),
    );
  }
  for (const node of nodes) {
    for (const { account, result } of node.signIns) {
      const who = `${account.user} (${account.parameter})`;
      findings.push(result.ok ? ok(NAME, `${who} gets in at ${place(node)}`) : refused(facts, node, account, result));
    }
    if (node.server?.isMonitor === false) {
      findings.push(
        warn(
          NAME,
          `${settings.sr_check_user} is no member of pg_monitor at ${place(node)}: lag in time and the state of standbys stay unknown`,
          `GRANT pg_monitor TO ${settings.sr_check_user}, on the primary.`,
          { node: node.backend.id },
        ),
      );
    }
  }
  return findings;
}

function refused(facts: Facts, node: NodeFacts, account: Account, result: SignInResult & { ok: false }): Finding {
  const { user, parameter } = account;
  const found = `${user} (${parameter}) does not get in at ${place(node)}: ${result.reason}`;
  return bad(NAME, found, remedyOf(facts, account, result), { node: node.backend.id });
}

function remedyOf(facts: Facts, account: Account, { reason, code }: SignInResult & { ok: false }): string {
  const { user, parameter, passwordParameter, database, entry, fromParameter } = account;
  const file = facts.passwordFile ?? 'pool_passwd';
  if (/not permitted to log in/.test(reason)) return `Let it in: ALTER ROLE ${user} LOGIN, on the primary.`;
  if (/pg_hba\.conf/.test(reason))
    return "Add a line for this host and user to the server's pg_hba.conf, and reload the server.";
  if (code === '3D000')
    return `Name a database that is there: ${parameter.replace(/_user$/, '_database')} is "${database}".`;
  if (code === '53300') return 'The server has no connection left: raise max_connections, or lower num_init_children.';
  if (account.password === null) {
    if (entry !== null && entry !== 'text') {
      return `Its line in ${file} holds no password but ${ENTRIES[entry]}: store ${user}:TEXT<password>, or set ${passwordParameter}.`;
    }
    return `Put ${user}:TEXT<password> into ${file}, or set ${passwordParameter}.`;
  }
  if (code === '28P01' || code === '28000') {
    const where = fromParameter ? `${passwordParameter} in pgpool.conf` : `its line in ${file}`;
    return `The password in ${where} is not the one that the server has (or the role is not there): give both the same, with \\password ${user} or in ${where}; then reload.`;
  }
  return 'Look into the log of the server.';
}

const ENTRIES = {
  md5: 'a hash',
  'scram-verifier': 'a SCRAM verifier',
  aes: 'an encrypted password, which is not built yet',
} as const;
