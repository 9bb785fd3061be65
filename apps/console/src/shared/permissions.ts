/** Who may do what: the table of roles. The server decides by it every time; pages mirror it. Pure, runs in browsers. */

export const clusterPermissions = [
  'view',
  'view.sql',
  'view.logs',
  'session.cancel',
  'session.kill',
  'node.attach',
  'node.detach',
  'node.recover',
  'cluster.switchover',
  'cluster.failover',
  'proxy.reload',
  'config.draft',
  'config.approve',
  'config.apply',
  'config.rollback',
] as const;
/** Held by the console's administrators, not on one cluster. */
export const consolePermissions = ['audit.read', 'audit.export', 'users', 'tokens', 'clusters'] as const;
export const permissions = [...clusterPermissions, ...consolePermissions] as const;
export type ClusterPermission = (typeof clusterPermissions)[number];
export type Permission = (typeof permissions)[number];

export const roles = ['viewer', 'operator', 'editor', 'approver', 'admin'] as const;
export type Role = (typeof roles)[number];

const SEE = ['view', 'view.sql', 'view.logs'] as const;
const ACT = [
  'session.cancel',
  'session.kill',
  'node.attach',
  'node.detach',
  'node.recover',
  'cluster.switchover',
  'proxy.reload',
] as const;
const CHANGE = ['config.draft', 'config.apply', 'config.rollback'] as const;

const HELD: Readonly<Record<Role, readonly Permission[]>> = {
  viewer: ['view'],
  operator: [...SEE, ...ACT],
  editor: [...SEE, ...CHANGE],
  approver: [...SEE, ...CHANGE, 'config.approve', 'audit.read'],
  admin: [...clusterPermissions, 'audit.read'],
};

/** What may be given to a role beyond the table: its "opt" cells. */
export const optional: Readonly<Record<Role, readonly Permission[]>> = {
  viewer: ['view.sql', 'view.logs'],
  operator: ['cluster.failover', 'config.apply', 'config.rollback', 'audit.read'],
  editor: ['audit.read'],
  approver: [],
  admin: [],
};

export const isRole = (text: string): text is Role => (roles as readonly string[]).includes(text);
export const isPermission = (text: string): text is Permission => (permissions as readonly string[]).includes(text);

/** @param extra only counts where the table says "opt" for one of the roles */
export function permissionsOf(held: readonly Role[], extra: readonly Permission[]): Set<Permission> {
  const all = new Set(held.flatMap((role) => HELD[role]));
  for (const permission of extra) if (held.some((role) => optional[role].includes(permission))) all.add(permission);
  return all;
}
