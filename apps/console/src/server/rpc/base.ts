/**
 * The base of every procedure. Each says in its meta what is needed to call it; without that nobody may. Refused attempts and
 * all that changes something are written into the audit log here, once for all doors.
 */
import { initTRPC, TRPCError } from '@trpc/server';
import type { OpenApiMeta } from 'trpc-to-openapi';
import { z } from 'zod';
import type { Permission } from '../../shared/permissions.ts';
import type { ClusterRef } from '../engines/cluster-ref.ts';
import { type Caller, FRESH_MS, may } from '../people/caller.ts';
import { Refusal, refuse } from '../refusal.ts';
import type { CallContext } from './context.ts';

export type Need = Permission | 'public' | 'signedIn' | 'admin';

export interface Meta extends OpenApiMeta {
  readonly need: Need;
  /** For the inventory and the reference page: what it gives or does. */
  readonly doc: string;
  /** Tier 4: password and second factor were given in the last minutes. */
  readonly fresh?: boolean;
  /** What this input takes beyond `need`; null = nothing. Asked before anything is done, for queries and subscriptions too. */
  readonly alsoNeeds?: (raw: unknown) => Permission | null;
  /** With `signedIn`: the scope that lets a token do it. Without, it is for people: a token is no person's account. */
  readonly tokenScope?: Permission;
  /** Names of inputs that go into the audit log; never secrets. */
  readonly audited?: readonly string[];
}

const INTERNAL = 'Something went wrong here; the console has logged it.';

const t = initTRPC
  .context<CallContext>()
  .meta<Meta>()
  .create({
    isDev: false,
    sse: { enabled: true, ping: { enabled: true, intervalMs: 5_000 }, client: { reconnectAfterInactivityMs: 15_000 } },
    errorFormatter({ shape, error }) {
      const { code, httpStatus, path } = shape.data;
      const { cause } = error;
      const refused =
        cause instanceof Refusal ? { code: cause.code, checks: cause.checks, permission: cause.permission } : null;
      const invalid = cause instanceof z.ZodError ? z.flattenError(cause) : null;
      const message =
        code === 'INTERNAL_SERVER_ERROR'
          ? INTERNAL
          : invalid === null
            ? shape.message
            : firstIssue(cause as z.ZodError);
      return { ...shape, message, data: { code, httpStatus, path: path ?? '', refused, invalid } };
    },
  });

export const router = t.router;
export const createCallerFactory = t.createCallerFactory;

const guarded = t.procedure.use(async ({ ctx, meta, path, type, getRawInput, next }) => {
  const raw = await getRawInput();
  const caller = await ctx.caller();
  const note = (result: 'done' | 'refused' | 'failed', more: Record<string, unknown>, cluster: ClusterRef | null) =>
    ctx.console.audit.write({
      actor: caller?.name ?? 'nobody',
      actorId: caller?.userId ?? null,
      via: caller?.via ?? 'nobody',
      address: ctx.address,
      clusterId: cluster?.id ?? null,
      action: path,
      target: cluster?.slug ?? '',
      details: { ...auditedInputs(raw, meta), ...more },
      result,
    });
  let cluster: ClusterRef | null = null;
  try {
    cluster = await admit(ctx, caller, meta, raw, path, type, (about) => {
      cluster = about;
    });
  } catch (error) {
    if (!(error instanceof TRPCError)) throw typed(error, ctx, path);
    if (worthNoting(ctx, caller, path, cluster)) await note('refused', { why: error.message }, cluster).catch(() => {});
    throw error;
  }
  // Whoever signs in is not there yet: what needs nobody writes its own entries.
  const person = caller ?? NOBODY;
  const result = await next({ ctx: { ...ctx, person, cluster: cluster ?? NO_CLUSTER, signedIn: caller } });
  if (!result.ok) result.error = typed(result.error, ctx, path) as typeof result.error;
  if (type === 'mutation' && meta?.need !== 'public') {
    const refused = !result.ok && result.error.code !== 'INTERNAL_SERVER_ERROR';
    await note(
      result.ok ? 'done' : refused ? 'refused' : 'failed',
      result.ok ? {} : { why: result.error.message },
      cluster,
    ).catch((error: unknown) => ctx.console.log.error({ err: error, action: path }, 'the audit log cannot be written'));
  }
  return result;
});

export const procedure = guarded;

/** Input of everything that is about a cluster. */
export const inCluster = z.object({ cluster: z.string().min(1).max(60) });

async function admit(
  ctx: CallContext,
  caller: Caller | null,
  meta: Meta | undefined,
  raw: unknown,
  path: string,
  type: string,
  /** The cluster that was asked about, also where the answer is no. */
  about: (cluster: ClusterRef) => void,
): Promise<ClusterRef | null> {
  const need = meta?.need;
  if (need === undefined) throw refuse('FORBIDDEN', 'NO_NEED', `Nobody may call ${path}.`);
  if (need === 'public') return null;
  if (caller === null) throw refuse('UNAUTHORIZED', 'SIGN_IN', 'Sign in first.');
  if (need === 'signedIn') {
    const { tokenScope } = meta ?? {};
    if (caller.scopes !== null && (tokenScope === undefined ? type === 'mutation' : !may(caller, tokenScope, null)))
      throw refuse('FORBIDDEN', 'SESSION_NEEDED', 'A token cannot do this: it takes a person.');
    return refuseOld(meta, caller);
  }
  if (need === 'admin') {
    if (caller.admin && caller.scopes === null) return refuseOld(meta, caller);
    throw refuse('FORBIDDEN', 'PERMISSION', 'This is for administrators of the console.', { permission: 'users' });
  }
  const slug = slugOf(raw);
  const cluster = slug === null ? null : await ctx.console.engines.clusterBySlug(slug);
  if (cluster !== null) about(cluster);
  // Whether a cluster is there is told to those only who may see it.
  const hidden = cluster !== null && !may(caller, 'view', cluster.id);
  // A token that was made without `view` for somebody who has it: what is missing is the permission, not the cluster.
  if (hidden && may({ ...caller, scopes: null }, 'view', cluster.id)) {
    throw refuse('FORBIDDEN', 'PERMISSION', 'This needs the permission view.', { permission: 'view' });
  }
  if (slug !== null && (cluster === null || hidden)) {
    throw refuse(
      // The same for one that is hidden and one that is not there: neither is told from the other.
      caller.admin && caller.scopes === null ? 'NOT_FOUND' : 'FORBIDDEN',
      'NO_CLUSTER',
      `There is no cluster "${slug.slice(0, 60)}" for you.`,
    );
  }
  if (!may(caller, need, cluster?.id ?? null)) {
    throw refuse('FORBIDDEN', 'PERMISSION', `This needs the permission ${need}.`, { permission: need });
  }
  const more = meta?.alsoNeeds?.(raw) ?? null;
  if (more !== null && !may(caller, more, cluster?.id ?? null)) {
    throw refuse('FORBIDDEN', 'PERMISSION', `This needs the permission ${more}.`, { permission: more });
  }
  if (type === 'mutation' && ctx.console.options.readOnly) {
    throw refuse('FORBIDDEN', 'READ_ONLY', 'The console is in read-only mode.');
  }
  refuseOld(meta, caller);
  return cluster;
}

/** @returns null, for whoever has nothing else to return */
function refuseOld(meta: Meta | undefined, caller: Caller): null {
  if (meta?.fresh === true && caller.confirmedAt.getTime() + FRESH_MS < Date.now()) {
    throw refuse('PRECONDITION_FAILED', 'CONFIRM_SIGN_IN', 'Give your password again before this.');
  }
  return null;
}

function slugOf(raw: unknown): string | null {
  const slug = (raw as { cluster?: unknown } | null | undefined)?.cluster;
  return typeof slug === 'string' ? slug : null;
}

function auditedInputs(raw: unknown, meta: Meta | undefined): Record<string, unknown> {
  const given = (raw ?? {}) as Record<string, unknown>;
  return Object.fromEntries(
    (meta?.audited ?? [])
      .filter((name) => Object.hasOwn(given, name))
      .map((name) => [name, withoutPassword(given[name])]),
  );
}

/** An address with a password in it is refused, and the refusal is written down: without the password. */
const withoutPassword = (value: unknown): unknown =>
  typeof value === 'string' ? value.replaceAll(/:\/\/[^/?#]*@/g, '://***@') : value;

/** Strangers that knock again and again fill no disk: one entry a minute for each address, procedure and cluster. */
const noted = new Map<string, number>();
export function worthNoting(
  ctx: CallContext,
  caller: Caller | null,
  path: string,
  cluster: ClusterRef | null,
): boolean {
  const key = `${caller?.userId ?? ctx.address}\0${path}\0${cluster?.id ?? ''}`;
  const now = Date.now();
  if ((noted.get(key) ?? 0) + 60_000 > now) return false;
  if (noted.size > 10_000) noted.clear();
  noted.set(key, now);
  return true;
}

/** Faults of the database are told as what they are; bugs are logged and told without their insides. */
function typed(error: unknown, ctx: CallContext, path: string): TRPCError {
  const cause = error instanceof TRPCError && error.code === 'INTERNAL_SERVER_ERROR' ? (error.cause ?? error) : error;
  if (cause instanceof TRPCError) return cause;
  if (cause instanceof Refusal)
    return refuse('PRECONDITION_FAILED', cause.code, cause.message, { checks: cause.checks });
  const text = cause instanceof Error ? `${(cause as { code?: string }).code ?? ''} ${cause.message}` : String(cause);
  if (/SQLITE_FULL|disk is full|ENOSPC|53100/i.test(text)) {
    return refuse(
      'SERVICE_UNAVAILABLE',
      'DISK_FULL',
      "The disk of the console's database is full. The proxies are not affected.",
    );
  }
  if (/SQLITE_BUSY|database is locked|P1008|SQLITE_LOCKED/i.test(text)) {
    return refuse('SERVICE_UNAVAILABLE', 'DATABASE_LOCKED', "Another program holds the console's database. Try again.");
  }
  if (
    /P1001|P1017|ECONNREFUSED|SQLITE_CANTOPEN|SQLITE_IOERR|SQLITE_READONLY|SQLITE_CORRUPT|SQLITE_NOTADB/i.test(text)
  ) {
    return refuse(
      'SERVICE_UNAVAILABLE',
      'DATABASE_UNAVAILABLE',
      "The console's database cannot be used. The proxies are not affected.",
    );
  }
  ctx.console.log.error({ err: cause, path }, 'a call failed');
  return new TRPCError({ code: 'INTERNAL_SERVER_ERROR', message: INTERNAL });
}

function firstIssue(error: z.ZodError): string {
  const [issue] = error.issues;
  return issue === undefined ? 'The input is not right.' : `${issue.path.join('.') || 'input'}: ${issue.message}`;
}

const NOBODY: Caller = {
  via: 'session',
  userId: '',
  name: 'nobody',
  admin: false,
  credentialId: '',
  confirmedAt: new Date(0),
  grants: new Map(),
  scopes: null,
  tokenClusters: null,
};
const NO_CLUSTER: ClusterRef = { id: '', slug: '', name: '', environment: '' };
