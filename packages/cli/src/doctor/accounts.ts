/** The users that the proxy itself signs in to servers as, each once. */
import type { Settings } from '@pgherd/config';
import { ownPassword, type PasswordFile } from '../read-files.ts';
import { type Account, promoter } from './facts.ts';

export function accountsOf(settings: Settings, passwords: PasswordFile): Account[] {
  const account = (
    parameter: string,
    user: string,
    passwordParameter: string,
    given: string,
    database: string,
  ): Account => ({
    user,
    parameter,
    passwordParameter,
    database: database === '' ? 'postgres' : database,
    password: ownPassword(passwords, user, given),
    entry: passwords.entries.lookup(user)?.kind ?? null,
    fromParameter: given !== '',
  });
  const all = [
    account(
      'sr_check_user',
      settings.sr_check_user,
      'sr_check_password',
      settings.sr_check_password,
      settings.sr_check_database,
    ),
    ...settings.healthChecks
      .filter(({ periodSeconds }) => periodSeconds > 0)
      .map(({ user, password, database }) =>
        account('health_check_user', user, 'health_check_password', password, database),
      ),
    ...(settings.auth_query === ''
      ? []
      : [account('auth_user', settings.auth_user, 'auth_password', settings.auth_password, settings.auth_dbname)]),
    ...(promoter(settings) === 'builtin' ? [actor(settings, account)] : []),
  ];
  const seen = new Set<string>();
  return all.filter(({ user, password, database }) => {
    const key = JSON.stringify([user, password, database]);
    const isNew = user !== '' && !seen.has(key);
    seen.add(key);
    return isNew;
  });
}

function actor(
  settings: Settings,
  account: (parameter: string, user: string, passwordParameter: string, given: string, database: string) => Account,
): Account {
  return settings.failover_user !== ''
    ? account('failover_user', settings.failover_user, 'failover_password', settings.failover_password, 'postgres')
    : account('recovery_user', settings.recovery_user, 'recovery_password', settings.recovery_password, 'postgres');
}

export const isActor = ({ parameter }: Account): boolean =>
  parameter === 'failover_user' || parameter === 'recovery_user';
