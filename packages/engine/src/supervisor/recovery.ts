/**
 * Online recovery of a node while clients work: rewound or copied by its agent, or by the scripts of Pgpool-II through the
 * pgpool_recovery functions; then started, streaming, attached. What fails or is called off leaves the herd as it was: the old
 * data directory is kept until the copy is complete, and a server that ran is started again.
 */
import { ensureSlot, type HostAgent, type ProbeTarget, untilStreaming, withOps } from '@pgherd/cluster';
import { backendOf, type Settings } from '@pgherd/config';
import type { ActReport } from './acts.ts';

export interface RecoveryPorts {
  readonly node: number;
  readonly primary: number;
  settings(): Settings;
  agent(node: number): HostAgent | null;
  /** As the user that acts. */
  target(node: number): ProbeTarget;
  /** As recovery_user in recovery_database. */
  recoveryTarget(node: number): ProbeTarget;
  attach(node: number): Promise<void>;
  /** Where synchronous_standby_names of a node was relaxed for the time being: what it was, and what it is. */
  relaxed(node: number): { readonly was: string; readonly to: string } | null;
  setSyncNames(node: number, names: string): Promise<void>;
}

const STOP_MS = 30_000;
const START_MS = 60_000;
const STREAM_MS = 60_000;
const SETTING_MS = 5_000;
const START_AGAIN_MS = 10_000;

/** @throws Error with the reason */
export async function recover(ports: RecoveryPorts, report: ActReport): Promise<void> {
  const agent = ports.agent(ports.node);
  // With its own data directory it has its own settings, which stay; with none it gets the source's.
  const copies = agent === null || (await agent.control()).state === '';
  const relaxed = ports.relaxed(ports.primary);
  if (ports.settings().recovery_1st_stage_command !== '') await byScripts(ports, report);
  else if (agent === null) {
    throw new Error(
      `nothing can copy node ${ports.node}: no agent runs beside it, and recovery_1st_stage_command is empty`,
    );
  } else await byAgent(ports, agent, report);
  const sync = ports.relaxed(ports.primary) ?? relaxed;
  if (copies && sync !== null) await unrelaxed(ports, sync, report);
  report.step('attach');
  await ports.attach(ports.node);
}

/** The source's synchronous_standby_names was lowered for a while, and came along with the copy: its owner's value is meant. */
async function unrelaxed(
  ports: RecoveryPorts,
  { was, to }: { readonly was: string; readonly to: string },
  report: ActReport,
): Promise<void> {
  const names = await withOps({ ...ports.target(ports.node), timeoutMs: SETTING_MS }, async (client) => {
    const { rows } = await client.query<{ names: string }>(
      "SELECT pg_catalog.current_setting('synchronous_standby_names') AS names",
    );
    return rows[0]?.names;
  });
  if (names !== to) return;
  report.step('synchronous_standby_names', `"${was}", as it was before failover_relax_sync_after`);
  await ports.setSyncNames(ports.node, was);
}

async function byAgent(ports: RecoveryPorts, agent: HostAgent, report: ActReport): Promise<void> {
  const target = ports.target(ports.primary);
  const source = { host: target.host, port: target.port };
  const { signal } = report;
  let touched = false;
  const job = {
    progress: (done: number, total: number | null) => report.progress(done, total),
    line: (text: string) => {
      touched = true; // only pg_rewind says lines: it has begun
      report.output(text);
    },
    signal,
  };
  const { running } = await agent.control();
  report.lasting(null);
  try {
    report.step('stop the server');
    await agent.stop('fast', STOP_MS);
    signal.throwIfAborted();
    let rewound = false;
    const control = await agent.control();
    if (control.state === 'shut down' || control.state === 'shut down in recovery') {
      // Half rewound it would be of no use to anybody.
      report.lasting('pg_rewind is at work, and has to end first');
      report.step('rewind');
      rewound = await agent.rewind(source, job).then(
        () => true,
        (error: Error) => {
          report.detail(`a copy is made instead: ${error.message}`);
          return false;
        },
      );
    }
    if (!rewound) {
      report.lasting(null);
      report.step('copy', `a base backup of node ${ports.primary}`);
      await agent.copy(source, job);
    }
    signal.throwIfAborted();
  } catch (error) {
    if (running && !touched && signal.aborted) await startAgain(agent, report);
    throw error;
  }
  report.lasting('the node is made anew already, and is about to be attached');
  report.step('start as a standby');
  const slot = await agent.becomeStandby(source);
  if (slot !== null) await ensureSlot(target, slot);
  await agent.start(START_MS);
  report.step('streaming');
  await untilStreaming({
    standby: ports.target(ports.node),
    primary: target,
    address: source,
    forkAt: null,
    timeoutMs: STREAM_MS,
  });
}

/** An agent on another host takes a moment to notice that its call was given up. */
async function startAgain(agent: HostAgent, report: ActReport): Promise<void> {
  report.step('start the server again', 'as it was');
  const deadline = performance.now() + START_AGAIN_MS;
  for (;;) {
    const error = await agent.start(START_MS).then(
      () => null,
      (reason: Error) => reason,
    );
    if (error === null) return;
    if (performance.now() > deadline) {
      report.detail(`it could not be started: ${error.message}`);
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** The functions of the extension pgpool_recovery run the scripts in the primary's data directory. */
async function byScripts(ports: RecoveryPorts, report: ActReport): Promise<void> {
  const settings = ports.settings();
  const source = backendOf(settings, ports.primary);
  const node = backendOf(settings, ports.node);
  if (source === undefined || node === undefined) throw new Error('there is no such node');
  for (const value of [node.hostname, node.dataDirectory, source.hostname]) {
    if (SHELL.test(value)) {
      throw new Error(`the extension pgpool_recovery hands ${JSON.stringify(value)} to a shell, which would run it`);
    }
  }
  const host = (name: string): string => (name === '' || name.startsWith('/') ? 'localhost' : name);
  const limitMs = Math.max(1, settings.recovery_timeout) * 1000;
  const target = { ...ports.recoveryTarget(ports.primary), timeoutMs: SCRIPT_LIMIT_MS };
  report.lasting('recovery_1st_stage_command runs at the primary, and cannot be called off');
  report.step('1st stage', settings.recovery_1st_stage_command);
  await withOps(target, async (client) => {
    client.on('notice', (notice) => report.output(notice.message ?? ''));
    await client.query('SET statement_timeout TO 0');
    const answer = await client.query<{ done: boolean }>(
      'SELECT pgpool_recovery($1::text, $2::text, $3::text, $4::text, $5::integer, $6::text, $7::text) AS done'.replace(
        'pgpool_recovery(',
        `${await schemaOf(client, 'pgpool_recovery')}.pgpool_recovery(`,
      ),
      [
        settings.recovery_1st_stage_command,
        host(node.hostname),
        node.dataDirectory,
        String(source.port),
        node.id,
        String(node.port),
        host(source.hostname),
      ],
    );
    if (answer.rows[0]?.done !== true) throw new Error('the 1st stage command failed');
  });
  report.step('start the server');
  await withOps(target, async (client) => {
    await client.query('SET statement_timeout TO 0');
    const schema = await schemaOf(client, 'pgpool_remote_start');
    const answer = await client.query<{ done: boolean }>(
      `SELECT ${schema}.pgpool_remote_start($1::text, $2::text) AS done`,
      [host(node.hostname), node.dataDirectory],
    );
    if (answer.rows[0]?.done !== true) throw new Error('pgpool_remote_start failed');
  });
  report.step('accepting connections');
  await untilAccepting(ports, limitMs);
}

/** What a shell acts on within double quotes, where the extension puts its arguments. */
const SHELL = /["$`\\\n]/;
const SCRIPT_LIMIT_MS = 3_600_000;
const POLL_MS = 250;

/** The extension may live in any schema; its own name is looked up rather than a search_path trusted. */
async function schemaOf(
  client: { query: (sql: string, values: unknown[]) => Promise<{ rows: { schema: string }[] }> },
  name: string,
): Promise<string> {
  const answer = await client.query(
    'SELECT pg_catalog.quote_ident(n.nspname) AS schema FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace ' +
      "JOIN pg_catalog.pg_depend d ON d.objid = p.oid AND d.deptype = 'e' JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid " +
      "WHERE p.proname = $1 AND e.extname = 'pgpool_recovery' LIMIT 1",
    [name],
  );
  const [row] = answer.rows;
  if (row === undefined) throw new Error('the extension pgpool_recovery is not installed in recovery_database');
  return row.schema;
}

async function untilAccepting(ports: RecoveryPorts, limitMs: number): Promise<void> {
  const deadline = performance.now() + limitMs;
  let last = '';
  do {
    const up = await withOps({ ...ports.target(ports.node), timeoutMs: 3_000 }, async (client) => {
      await client.query('SELECT 1');
    }).then(
      () => true,
      (error: Error) => {
        last = error.message;
        return false;
      },
    );
    if (up) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  } while (performance.now() < deadline);
  throw new Error(`node ${ports.node} does not accept connections: ${last}`);
}
