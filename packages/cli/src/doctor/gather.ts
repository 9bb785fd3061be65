/** Looks everywhere, at the same time where that disturbs nobody. */
import fs from 'node:fs';
import path from 'node:path';
import { parsePcpConf, type Settings } from '@pgherd/config';
import { replacedNodes } from '@pgherd/engine';
import type { ConfigurationFiles } from '../configuration-files.ts';
import { readHba, readPasswords, readText, tlsSettings } from '../read-files.ts';
import { accountsOf } from './accounts.ts';
import type { Facts, PcpFacts, PeerFacts, PortFacts } from './facts.ts';
import { lookAtEngine } from './look-at-engine.ts';
import { lookAtPort, reach } from './look-at-network.ts';
import { lookAtNode } from './look-at-node.ts';

export interface Question {
  readonly files: ConfigurationFiles;
  readonly settings: Settings;
  readonly issues: Facts['issues'];
  readonly pcp: PcpFacts['asked'];
  /** What the engine says, where it asks itself: then its own ports need no look either. */
  readonly engine?: Facts['engine'];
}

export async function gather({ files, settings: given, issues, pcp, engine: known }: Question): Promise<Facts> {
  const settings = tlsSettings(given, files.config);
  const passwords = readPasswords(settings, files.config);
  const accounts = accountsOf(settings, passwords);
  const engine = known ?? (await lookAtEngine(files.config, given));
  const [nodes, ports, peers] = await Promise.all([
    Promise.all(settings.backends.map((backend) => lookAtNode(settings, backend, accounts))),
    known === undefined ? lookAtPorts(settings, engine.state !== 'off') : [],
    settings.use_watchdog ? lookAtPeers(settings, files.config) : [],
  ]);
  return {
    config: files.config,
    settings,
    issues: [
      ...issues,
      ...readHba(settings, files.hba).issues,
      ...(passwords.issue === null ? passwords.entries.warnings : [passwords.issue]),
    ],
    nodes,
    accounts,
    passwordFile: passwords.path,
    pcp: lookAtPcp(files.pcp, pcp),
    ports,
    peers,
    engine,
    replaced:
      engine.state === 'answers'
        ? engine.status.nodes.filter((node) => node.replaced).map(({ id }) => id)
        : replacedNodes(path.resolve(settings.work_dir)),
  };
}

async function lookAtPorts(settings: Settings, isServed: boolean): Promise<PortFacts[]> {
  const found = await Promise.all([
    lookAtPort('port', settings.listen_addresses, settings.port, isServed),
    lookAtPort('pcp_port', settings.pcp_listen_addresses, settings.pcp_port, isServed),
    lookAtPort('control_port', settings.control_listen_addresses, settings.control_port, isServed),
    lookAtPort('metrics_port', settings.metrics_listen_addresses, settings.metrics_port, isServed),
  ]);
  return found.filter((facts) => facts !== null);
}

/** All watchdog nodes but this one. */
function lookAtPeers(settings: Settings, config: string): Promise<PeerFacts[]> {
  const own = ownNodeId(config);
  return Promise.all(
    settings.watchdogNodes
      .filter(({ id }) => id !== own)
      .map(async ({ id, hostname, wdPort }) => ({ id, hostname, port: wdPort, reach: await reach(hostname, wdPort) })),
  );
}

function ownNodeId(config: string): number | null {
  try {
    const text = readText(path.join(path.dirname(config), 'pgpool_node_id')).trim();
    return /^\d+$/.test(text) ? Number(text) : null;
  } catch {
    return null;
  }
}

function lookAtPcp(file: string, asked: PcpFacts['asked']): PcpFacts {
  try {
    return { file, conf: parsePcpConf(fs.readFileSync(file, 'utf8'), file), reason: '', asked };
  } catch (error) {
    return { file, conf: null, reason: (error as NodeJS.ErrnoException).code ?? (error as Error).message, asked };
  }
}
