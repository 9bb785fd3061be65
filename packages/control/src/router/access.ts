/** Who may call what. A procedure that is not in this table can be called by nobody. */

export const roles = ['read', 'operate', 'admin'] as const;
export type Role = (typeof roles)[number];

export const ACCESS: Readonly<Record<string, Role>> = {
  status: 'read',
  nodes: 'read',
  plan: 'read',
  events: 'read',
  operations: 'read',
  sessions: 'read',
  show: 'read',
  problems: 'read',
  'configuration.table': 'read',
  'configuration.files': 'read',
  'configuration.running': 'read',
  'configuration.state': 'read',
  ended: 'read',
  'watch.nodes': 'read',
  'watch.pools': 'read',
  'watch.sessions': 'read',
  'watch.metrics': 'read',
  'watch.events': 'read',
  'watch.operations': 'read',
  'watch.configuration': 'read',
  'watch.problems': 'read',
  'watch.logs': 'operate',
  /** It looks names up as another user. */
  explainRoute: 'operate',
  compareRoutes: 'operate',
  probeRoute: 'operate',
  sessionActivity: 'operate',
  logs: 'operate',
  'configuration.check': 'operate',
  cancelStatement: 'operate',
  endSession: 'operate',
  rehearse: 'operate',
  begin: 'operate',
  cancel: 'operate',
  reload: 'operate',
  rotateLog: 'operate',
  invalidateCache: 'operate',
  stop: 'admin',
  'configuration.applyVersion': 'admin',
};

/** Addresses and statement texts of other users, and acts that may lose data, are for this role alone. */
export const TRUSTED: Role = 'admin';

export function neededRole(path: string): Role | null {
  return Object.hasOwn(ACCESS, path) ? (ACCESS[path] ?? null) : null;
}

export function includesRole(held: Role, needed: Role): boolean {
  return roles.indexOf(held) >= roles.indexOf(needed);
}
