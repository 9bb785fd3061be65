/** The agents that the configuration names. Read at each use: a reload counts at once. */
import fs from 'node:fs';
import path from 'node:path';
import { RemoteAgent } from '@pgherd/agent';
import type { HostAgent } from '@pgherd/cluster';
import type { Settings } from '@pgherd/config';

type AgentSettings = Pick<Settings, 'agent_addresses' | 'agent_cert' | 'agent_key' | 'agent_ca'>;

/** `NODE=HOST:PORT, …` @throws Error naming the entry that is none */
export function parseAgentAddresses(text: string): Map<number, { readonly host: string; readonly port: number }> {
  const addresses = new Map<number, { host: string; port: number }>();
  for (const entry of text.split(',')) {
    if (entry.trim() === '') continue;
    const form = /^\s*(\d+)\s*=\s*(?:\[([^\]]+)\]|([^:[\]]+)):(\d+)\s*$/.exec(entry);
    const port = Number(form?.[4]);
    if (form === null || port < 1 || port > 65_535) {
      throw new Error(`agent_addresses: "${entry.trim()}" is not of the form NODE=HOST:PORT`);
    }
    addresses.set(Number(form[1]), { host: form[2] ?? form[3] ?? '', port });
  }
  return addresses;
}

/** @returns null when no agent is named for the node */
export function configuredAgent(settings: AgentSettings, directory: string, node: number): HostAgent | null {
  const address = parseAgentAddresses(settings.agent_addresses).get(node);
  if (address === undefined) return null;
  const pem = (name: 'agent_cert' | 'agent_key' | 'agent_ca'): string => {
    if (settings[name] === '') throw new Error(`agent_addresses is set, but ${name} is empty`);
    return fs.readFileSync(path.resolve(directory, settings[name]), 'utf8');
  };
  return new RemoteAgent({ ...address, ca: pem('agent_ca'), cert: pem('agent_cert'), key: pem('agent_key') });
}
