/** An agent on its host, over mutual TLS: what it does for an engine, and for nobody else. */
import fs from 'node:fs';
import https from 'node:https';
import path from 'node:path';
import { type AgentService, DataDirectoryAgent, RemoteAgent, serveAgent } from '@pgherd/agent';
import { type Cluster, ephemeralCluster, type PostgresNode } from '@pgherd/lab';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configuredAgent, parseAgentAddresses } from '../packages/cli/src/configured-agent.ts';
import { Certificates, hasOpenssl, type KeyPair } from '../packages/engine/test-support/certificates.ts';

describe.runIf(hasOpenssl())('an agent over mutual TLS', () => {
  let cluster: Cluster;
  let service: AgentService;
  let ca: KeyPair;
  let engine: KeyPair;
  const logged: string[] = [];

  const node = (id: number): PostgresNode => cluster.nodes[id] as PostgresNode;
  const remote = (over: Partial<{ cert: string; key: string; ca: string }> = {}): RemoteAgent =>
    new RemoteAgent({ host: '127.0.0.1', port: service.port, ca: ca.cert, ...engine, ...over });
  const job = (progress: number[] = []) => ({
    progress: (done: number) => void progress.push(done),
    line: () => {},
    signal: new AbortController().signal,
  });

  beforeEach(async () => {
    const certificates = new Certificates();
    ca = certificates.authority('herd');
    engine = certificates.signed('engine', ca);
    cluster = await ephemeralCluster({ nodes: 2, pgBin: 'embedded' });
    const own = node(1);
    service = await serveAgent({
      ...certificates.signed('localhost', ca),
      ca: ca.cert,
      host: '127.0.0.1',
      port: 0,
      log: (line) => logged.push(line),
      agent: new DataDirectoryAgent({
        dataDirectory: own.dataDir,
        server: {
          isRunning: () => own.isRunning(),
          start: (limitMs) => own.start({ timeoutMs: limitMs }),
          stop: (mode, limitMs) => own.stop(mode, { timeoutMs: limitMs }),
        },
        replication: cluster.secrets.replication,
        followSettings: (primary) => own.followSettings(primary),
        mayFollow: ({ port }) => port === node(0).port,
        owner: own.account,
        ownFiles: ['lab.conf', 'lab.pgpass'],
      }),
    });
  });

  afterEach(async () => {
    await service?.close();
    await cluster?.destroy();
  });

  it('stops, copies, makes a standby and starts, and tells of its progress', async () => {
    const agent = remote();
    const before = await agent.control();
    expect(before).toMatchObject({ running: true, timeline: 1 });
    await agent.stop('fast', 10_000);
    expect(await agent.control()).toMatchObject({ running: false, state: 'shut down in recovery' });
    const progress: number[] = [];
    const source = { host: node(0).host, port: node(0).port };
    await agent.copy(source, job(progress));
    expect(Math.max(...progress)).toBeGreaterThan(1_000_000);
    expect(await agent.becomeStandby(source)).toBe('pgherd_node1');
    await agent.start(30_000);
    await cluster.waitStreaming();
    expect((await agent.control()).systemIdentifier).toBe(before.systemIdentifier);
    expect(logged).toContain('copy for "engine" at 127.0.0.1');
  });

  it('says why it cannot, and refuses what it was not configured for', async () => {
    const agent = remote();
    const source = { host: node(0).host, port: node(0).port };
    await expect(agent.copy(source, job())).rejects.toThrow('the server runs, and is not replaced: stop it first');
    await expect(agent.copy({ host: '127.0.0.1', port: 1 }, job())).rejects.toThrow("is none of this agent's peers");
    await expect(agent.rewind(source, job())).rejects.toThrow('the server runs');
  });

  it('hears nobody without a certificate of its authority', async () => {
    const stranger = new Certificates().signed('engine', new Certificates().authority('others'));
    await expect(remote(stranger).control()).rejects.toThrow(/cannot be reached|was lost/);
    await expect(remote({ ca: new Certificates().authority('others').cert }).control()).rejects.toThrow(
      'cannot be reached',
    );
    expect(node(1).isRunning()).toBe(true);
  });

  it('refuses what is no call of its own', async () => {
    const answer = (method: string, url: string, body: string): Promise<number> =>
      new Promise((resolve, reject) => {
        const request = https.request(
          { host: '127.0.0.1', port: service.port, ca: ca.cert, ...engine, method, path: url, agent: false },
          (response) => {
            response.resume();
            resolve(response.statusCode ?? 0);
          },
        );
        request.once('error', reject);
        request.end(body);
      });
    expect(await answer('POST', '/v1/shell', '{}')).toBe(404);
    expect(await answer('GET', '/v1/control', '')).toBe(404);
    expect(await answer('POST', '/v1/stop', '{"mode":"smart","limitMs":1000}')).toBe(400);
    expect(await answer('POST', '/v1/stop', '{"mode":"fast"}')).toBe(400);
    expect(await answer('POST', '/v1/copy', '{"host":"127.0.0.1"}')).toBe(400);
    expect(await answer('POST', '/v1/copy', 'no json')).toBe(400);
    expect(await answer('POST', '/v1/start', `{"x":"${'x'.repeat(8_000)}"}`)).toBe(413);
    expect(node(1).isRunning()).toBe(true);
  });

  it('is found by the configuration of an engine', async () => {
    const directory = fs.mkdtempSync(path.join(cluster.dir, 'etc-'));
    for (const [name, text] of Object.entries({ 'c.pem': engine.cert, 'k.pem': engine.key, 'a.pem': ca.cert })) {
      fs.writeFileSync(path.join(directory, name), text, { mode: 0o600 });
    }
    const settings = {
      agent_addresses: `1 = localhost:${service.port}`,
      agent_cert: 'c.pem',
      agent_key: 'k.pem',
      agent_ca: 'a.pem',
    };
    expect(configuredAgent(settings, directory, 0)).toBeNull();
    expect(await configuredAgent(settings, directory, 1)?.control()).toMatchObject({ running: true });
  });
});

describe('agent_addresses', () => {
  it('names hosts and ports by node', () => {
    expect([...parseAgentAddresses('0=db1:9896, 2 = [::1]:9896')]).toEqual([
      [0, { host: 'db1', port: 9896 }],
      [2, { host: '::1', port: 9896 }],
    ]);
    expect([...parseAgentAddresses('')]).toEqual([]);
  });

  it.each(['db1:9896', '0=db1', '0=db1:0', '0=db1:99999', 'x=db1:1'])('%j is refused by name', (text) => {
    expect(() => parseAgentAddresses(text)).toThrow(`agent_addresses: "${text}"`);
  });
});
