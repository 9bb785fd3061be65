/** The script that makes the three roles which pgherd signs in with. Passwords are none of its business. */
import { AUTH_QUERY, AUTH_QUERY_SCRIPT } from '@pgherd/auth';
import { GRANTS_SINCE, opsGrants, probeGrants } from '@pgherd/cluster';

export const OLDEST_MAJOR = 13;

export function rolesScript(major: number): string {
  return `-- The roles that pgherd signs in with, for PostgreSQL ${major}${major === GRANTS_SINCE ? ' and later' : ''}. Run this on the primary as superuser, in
-- the database postgres; where auth_dbname is another one, there too. It may be run again. None of them is a superuser.

-- Looks at servers: who they are, how far they have come.
-- sr_check_user = 'pgherd_probe', health_check_user = 'pgherd_probe'
BEGIN;
${makeRole('pgherd_probe', 'NOREPLICATION')}
${probeGrants('pgherd_probe').join('\n')}
COMMIT;

-- Promotes and re-points servers, and makes replication slots: built-in failover, switchover, recovery.
-- failover_user = 'pgherd_ops'
BEGIN;
${makeRole('pgherd_ops', 'REPLICATION')}
${opsGrants('pgherd_ops', major).join('\n')}
COMMIT;
${major < GRANTS_SINCE ? TOO_OLD : ''}
-- Looks verifiers up through one function and can do nothing else.
-- auth_user = 'pgherd_auth'
-- auth_query = '${AUTH_QUERY}'
${AUTH_QUERY_SCRIPT.trimEnd()}
-- and with \\password pgherd_probe, \\password pgherd_ops. pgherd needs to know them: sr_check_password,
-- health_check_password, failover_password and auth_password, or entries of pool_passwd.`;
}

const TOO_OLD = `
-- Before PostgreSQL ${GRANTS_SINCE} ALTER SYSTEM and CHECKPOINT are a superuser's alone. As it is, pgherd_ops can promote a standby, but the
-- others cannot be re-pointed by it: they have to be recovered (pgherd recover).
-- failover_relax_sync_after has no effect, and a switchover leaves its checkpoint out. Whoever prefers a superuser:
--   ALTER ROLE pgherd_ops SUPERUSER;
`;

const makeRole = (name: string, attributes: string): string => `DO $script$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname OPERATOR(pg_catalog.=) '${name}') THEN
    CREATE ROLE ${name};
  END IF;
END
$script$;
ALTER ROLE ${name} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE ${attributes};`;
