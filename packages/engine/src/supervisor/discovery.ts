/** What to do about a standby that no node stands for: tell of it, or make it a node until the next restart. */
import { type Effect, identifyStandby, type ProbeTarget, type Told } from '@pgherd/cluster';
import type { BackendSettings, Settings } from '@pgherd/config';

export interface DiscoveryPorts {
  settings(): Settings;
  systemIdentifier(): string | null;
  /** As sr_check_user at a node. */
  target(node: number): ProbeTarget;
  tell(told: Told): void;
  /** Adds a node as a reload would. @returns null, or why it cannot be */
  adopt(host: string, port: number, applicationName: string): Promise<string | null>;
}

const DEFAULT_PORT = 5432;
/** A standby streams before it lets anybody in. */
const TRIES = 5;
const TRY_AGAIN_MS = 2_000;
const ASK_LIMIT_MS = 2_000;

export async function discovered(
  { applicationName, address, primary }: Extract<Effect, { t: 'discovered' }>,
  ports: DiscoveryPorts,
): Promise<void> {
  const settings = ports.settings();
  let port: number | null = null;
  for (let tries = 0; port === null && address !== '' && tries < TRIES; tries++) {
    if (tries > 0) await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS).unref());
    port = await identifyStandby({
      applicationName,
      address,
      systemIdentifier: ports.systemIdentifier(),
      ports: [...settings.backends.map((backend) => backend.port), DEFAULT_PORT],
      target: { ...ports.target(primary), timeoutMs: ASK_LIMIT_MS },
    });
  }
  const where = address === '' ? 'over a Unix socket' : port === null ? `at ${address}` : `at ${address}:${port}`;
  const what = `a standby "${applicationName}" ${where} streams from node ${primary}, and no node stands for it`;
  let then = 'add it to the configuration';
  if (ports.settings().auto_discover_standby === 'attach') {
    const refused =
      port === null ? 'its port is not known' : await ports.adopt(address, port, applicationName).catch(String);
    then = refused === null ? 'it is a node of weight 0 until the next restart' : `it is not attached: ${refused}`;
  }
  ports.tell({
    t: 'tell',
    kind: 'standbyDiscovered',
    node: null,
    severity: 'info',
    message: `${what}; ${then}`,
    by: 'auto_discover_standby',
    details: { applicationName, address, port },
  });
}

const SLOTS_MAX = 128;

/** The settings with one more node at the end; those of `of` count for its health check. */
export function withNode(
  settings: Settings,
  host: string,
  port: number,
  applicationName: string,
  of: number,
): { readonly settings: Settings; readonly id: number } | string {
  if (settings.backends.some((backend) => backend.hostname === host && backend.port === port)) {
    return 'a node has its address already';
  }
  const id = Math.max(-1, ...settings.backends.map((backend) => backend.id)) + 1;
  if (id >= SLOTS_MAX) return 'there is no free node id';
  const node: BackendSettings = Object.freeze({
    id,
    hostname: host,
    port,
    weight: 0,
    dataDirectory: '',
    flags: Object.freeze({ allowToFailover: true, alwaysPrimary: false }),
    applicationName,
  });
  const like = settings.healthChecks.find((check) => check.nodeId === of) ?? settings.healthChecks[0];
  return {
    id,
    settings: Object.freeze({
      ...settings,
      backends: Object.freeze([...settings.backends, node]),
      healthChecks: Object.freeze([
        ...settings.healthChecks,
        ...(like === undefined ? [] : [Object.freeze({ ...like, nodeId: id })]),
      ]),
    }),
  };
}
