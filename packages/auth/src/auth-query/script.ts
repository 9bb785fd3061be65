/** The role that may look up verifiers, and the schema of its one function. */
export const AUTH_ROLE = 'pgherd_auth';

/** The statement for auth_query that goes with the script: $1 is the name of the role that signs in. */
export const AUTH_QUERY = 'SELECT rolname, rolpassword, expired, can_login FROM pgherd_auth.lookup($1)';

/**
 * SQL that an operator runs as superuser in auth_dbname. The function runs with its owner's rights, so its search_path
 * is pinned and its names and operators are qualified; nobody but the role may call it, not even for a moment.
 */
export const AUTH_QUERY_SCRIPT = `\
BEGIN;

DO $script$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname OPERATOR(pg_catalog.=) 'pgherd_auth') THEN
    CREATE ROLE pgherd_auth LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOINHERIT;
  END IF;
END
$script$;

CREATE SCHEMA IF NOT EXISTS pgherd_auth;
REVOKE ALL ON SCHEMA pgherd_auth FROM PUBLIC;
GRANT USAGE ON SCHEMA pgherd_auth TO pgherd_auth;

CREATE OR REPLACE FUNCTION pgherd_auth.lookup(role_name pg_catalog.text)
RETURNS TABLE (rolname pg_catalog.text, rolpassword pg_catalog.text, expired pg_catalog.bool, can_login pg_catalog.bool)
LANGUAGE sql STABLE STRICT SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
  SELECT a.rolname::pg_catalog.text,
         a.rolpassword::pg_catalog.text,
         coalesce(a.rolvaliduntil OPERATOR(pg_catalog.<=) pg_catalog.now(), false),
         a.rolcanlogin
  FROM pg_catalog.pg_authid AS a
  WHERE a.rolname::pg_catalog.text OPERATOR(pg_catalog.=) role_name
$function$;

REVOKE ALL ON FUNCTION pgherd_auth.lookup(pg_catalog.text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pgherd_auth.lookup(pg_catalog.text) TO pgherd_auth;

COMMIT;

-- Then give the role a password, for example with psql's: \\password pgherd_auth
`;
