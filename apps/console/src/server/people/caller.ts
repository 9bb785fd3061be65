/** Who calls: a person by a sign-in, a script by a token, or nobody. The same for tRPC, REST and the WebSocket. */
import type { Permission, Role } from '../../shared/permissions.ts';
import { isPermission, isRole, permissions, permissionsOf } from '../../shared/permissions.ts';
import type { Prisma } from '../data/database.ts';
import { tokenHash } from './secrets.ts';

export interface Caller {
  readonly via: 'session' | 'token';
  readonly userId: string;
  readonly name: string;
  readonly admin: boolean;
  /** Of the sign-in or token. */
  readonly credentialId: string;
  /** Password and second factor were last given. */
  readonly confirmedAt: Date;
  /** Cluster id → what may be done there. Administrators may do everything; see `may`. */
  readonly grants: ReadonlyMap<
    string,
    { readonly roles: readonly Role[]; readonly permissions: ReadonlySet<Permission> }
  >;
  /** Of a token; null = no limit. */
  readonly scopes: ReadonlySet<Permission> | null;
  readonly tokenClusters: ReadonlySet<string> | null;
}

/** Idle and absolute ends of a sign-in. */
export const SESSION_IDLE_MS = 12 * 3_600_000;
export const SESSION_MAX_MS = 7 * 24 * 3_600_000;
/** How old a sign-in may be for acts that may lose data. */
export const FRESH_MS = 5 * 60_000;

const CONSOLE_WIDE: ReadonlySet<Permission> = new Set<Permission>(['users', 'tokens', 'clusters']);

/** @param clusterId null asks for a permission that is not on a cluster */
export function may(caller: Caller, permission: Permission, clusterId: string | null): boolean {
  if (caller.scopes !== null && !caller.scopes.has(permission)) return false;
  if (clusterId !== null && caller.tokenClusters !== null && !caller.tokenClusters.has(clusterId)) return false;
  if (clusterId !== null) return caller.admin || (caller.grants.get(clusterId)?.permissions.has(permission) ?? false);
  const { tokenClusters } = caller;
  // A token for some clusters is none for the console as a whole: it would reach the others through it.
  if (tokenClusters !== null && CONSOLE_WIDE.has(permission)) return false;
  if (caller.admin) return true;
  return [...caller.grants].some(
    ([id, grant]) => (tokenClusters === null || tokenClusters.has(id)) && grant.permissions.has(permission),
  );
}

export function permissionsOn(caller: Caller, clusterId: string | null): Permission[] {
  return permissions.filter((permission) => may(caller, permission, clusterId));
}

const withUser = { user: { include: { memberships: true } } } as const;

/** @returns null for a cookie that means nothing (any more) */
export async function callerOfCookie(prisma: Prisma, cookie: string): Promise<Caller | null> {
  const session = await prisma.session.findUnique({ where: { tokenHash: tokenHash(cookie) }, include: withUser });
  if (session === null || session.revokedAt !== null || session.user.disabledAt !== null) return null;
  const now = Date.now();
  if (session.expiresAt.getTime() < now || session.lastSeenAt.getTime() + SESSION_IDLE_MS < now) return null;
  // Once a minute is enough to know that somebody is there. A disk that is full must not sign people out.
  if (session.lastSeenAt.getTime() + 60_000 < now) {
    await prisma.session.update({ where: { id: session.id }, data: { lastSeenAt: new Date(now) } }).catch(() => {});
  }
  return {
    ...ofUser(session.user),
    via: 'session',
    credentialId: session.id,
    confirmedAt: session.confirmedAt,
    scopes: null,
    tokenClusters: null,
  };
}

export async function callerOfToken(prisma: Prisma, token: string): Promise<Caller | null> {
  const found = await prisma.apiToken.findUnique({ where: { tokenHash: tokenHash(token) }, include: withUser });
  if (found === null || found.revokedAt !== null || found.user.disabledAt !== null) return null;
  const now = Date.now();
  if (found.expiresAt.getTime() < now) return null;
  if ((found.lastUsedAt?.getTime() ?? 0) + 60_000 < now) {
    await prisma.apiToken.update({ where: { id: found.id }, data: { lastUsedAt: new Date(now) } }).catch(() => {});
  }
  const clusters = listed(found.clusters);
  return {
    ...ofUser(found.user),
    via: 'token',
    credentialId: found.id,
    confirmedAt: new Date(0),
    scopes: new Set(listed(found.scopes).filter(isPermission)),
    tokenClusters: clusters.length === 0 ? null : new Set(clusters),
  };
}

export const listed = (text: string): string[] => text.split(',').filter(Boolean);

interface StoredUser {
  readonly id: string;
  readonly name: string;
  readonly admin: boolean;
  readonly memberships: readonly { readonly clusterId: string; readonly roles: string; readonly extra: string }[];
}

function ofUser(user: StoredUser): Pick<Caller, 'userId' | 'name' | 'admin' | 'grants'> {
  const grants = user.memberships.map(({ clusterId, roles, extra }) => {
    const held = listed(roles).filter(isRole);
    return [clusterId, { roles: held, permissions: permissionsOf(held, listed(extra).filter(isPermission)) }] as const;
  });
  return { userId: user.id, name: user.name, admin: user.admin, grants: new Map(grants) };
}
