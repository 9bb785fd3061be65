/** "Ask the proxy": one SELECT through our own port, and who answered it, beside what was predicted. */
import { type ConnectionTarget, probeRead } from '@pgherd/cluster';
import type { Settings } from '@pgherd/config';
import { RefusedError, type RouteExplanation, type RouteProbe, type RouteProbeQuestion } from '@pgherd/operations';
import { verdictOf } from '../routing/verdict.ts';

const LIMIT_MS = 5_000;
/** Comments before it may be meant for the proxy. */
const READS = /^(?:\s|--[^\n]*\n|\/\*[\s\S]*?\*\/|\()*(?:select|with|table|values)\b/i;

export interface RouteProbePorts {
  settings(): Settings;
  /** Null: it is not known. */
  password(user: string): string | null;
  explain(question: { sql: string; database: string; user: string; application: string }): Promise<RouteExplanation>;
  /** The node that the session with this PID sent its last statement to. */
  sentTo(pid: number, user: string): Promise<number | null>;
}

/** @throws RefusedError NOT_POSSIBLE */
export async function probeRoute(question: RouteProbeQuestion, ports: RouteProbePorts): Promise<RouteProbe> {
  const startedMs = performance.now();
  const { sql, database, application } = question;
  if (!READS.test(sql))
    throw new RefusedError('NOT_POSSIBLE', 'Only a SELECT (WITH, TABLE, VALUES) is run for a look.');
  const settings = ports.settings();
  const user = question.user === '' ? settings.sr_check_user : question.user;
  if (user === '') throw new RefusedError('NOT_POSSIBLE', 'sr_check_user is not set: name a user.');
  const place = ownPlace(settings);
  if (place === null) throw new RefusedError('NOT_POSSIBLE', 'The proxy listens nowhere that it could ask itself.');
  const predicted = verdictOf(
    await ports.explain({ sql, database, user, application }).then(
      ({ rows }) => rows,
      (error: Error) => ({ error: error.message }),
    ),
  );
  const target: ConnectionTarget = {
    ...place,
    user,
    password: ports.password(user),
    database,
    tls: false,
    timeoutMs: LIMIT_MS,
  };
  const { probe, seen } = await probed(target, settings, application, sql, (pid) => ports.sentTo(pid, user));
  return {
    node: seen,
    predicted,
    agrees: seen !== null && predicted.shares.some(({ node }) => node === seen),
    rows: probe.rows,
    error: probe.error,
    tookMs: performance.now() - startedMs,
  };
}

/** As a client without TLS; where that is not let in and TLS is on, with it. */
async function probed(
  target: ConnectionTarget,
  { ssl }: Settings,
  application: string,
  sql: string,
  look: (pid: number) => Promise<number | null>,
): ReturnType<typeof probeRead<number | null>> {
  try {
    return await probeRead(target, application, sql, look).catch((error: Error) => {
      if (!ssl || !/pool_hba\.conf/.test(error.message)) throw error;
      return probeRead({ ...target, tls: { rejectUnauthorized: false } }, application, sql, look);
    });
  } catch (error) {
    const { message } = error as Error;
    throw new RefusedError(
      'NOT_POSSIBLE',
      `${target.user} cannot sign in through the proxy (${message}): a line in pool_passwd, or another user, helps.`,
    );
  }
}

function ownPlace(settings: Settings): { readonly host: string; readonly port: number } | null {
  const [address] = settings.listen_addresses;
  const { port } = settings;
  if (address !== undefined) {
    if (['*', '0.0.0.0', 'localhost', ''].includes(address)) return { host: '127.0.0.1', port };
    return { host: address === '::' ? '::1' : address, port };
  }
  const [directory] = settings.unix_socket_directories;
  return directory === undefined ? null : { host: directory, port };
}
