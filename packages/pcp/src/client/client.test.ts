import net from 'node:net';
import { RefusedError } from '@pgherd/operations';
import { afterEach, describe, expect, test } from 'vitest';
import { HEALTH_ROW, poolPools } from '../testing/fake-operations.ts';
import { PASSWORD, TestPcp, USER } from '../testing/herd.ts';
import { encodeFrame } from '../wire/frame.ts';
import { encodeError, encodeNotice } from '../wire/notice.ts';
import { encodeTexts } from '../wire/texts.ts';
import { PcpClient, PcpConnectError, PcpServerError } from './client.ts';

const ends: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

describe('a client of our own server', () => {
  const open = async (): Promise<{ pcp: TestPcp; client: PcpClient }> => {
    const pcp = await TestPcp.start();
    ends.push(() => pcp.stop());
    const client = await PcpClient.open({ host: '127.0.0.1', port: pcp.port, user: USER, password: PASSWORD });
    ends.push(() => client.close());
    return { pcp, client };
  };

  test('gets back what the server was given', async () => {
    const { pcp, client } = await open();
    pcp.operations.rows = {
      pool_health_check_stats: { columns: ['node_id'], rows: [HEALTH_ROW] },
      pool_processes: { columns: ['pool_pid'], rows: [['1'], ['2']] },
      pool_pools: poolPools("select 'ä'"),
      pool_status: {
        columns: ['item', 'value', 'description'],
        rows: [
          ['port', '9999', ''],
          ['x', '', 'y'],
        ],
      },
    };
    expect(await client.nodeCount()).toBe(2);
    expect(await client.nodeInfo(1)).toEqual([
      {
        hostname: '127.0.0.1',
        port: '27811',
        status: 1,
        quarantine: false,
        pgStatus: 'up',
        weight: 0.5,
        role: 3,
        pgRole: 'standby',
        delayByTime: false,
        delay: 0,
        replicationState: 'streaming',
        replicationSyncState: 'async',
        statusChangedAt: Date.parse('2026-11-20T16:08:28Z') / 1000,
      },
    ]);
    expect(await client.healthCheckStats(0)).toEqual(HEALTH_ROW);
    expect(await client.processIds()).toEqual(['1', '2']);
    expect(await client.processInfo(0)).toEqual(poolPools("select 'ä'").rows);
    expect(await client.poolStatus()).toEqual([
      ['port', '9999', ''],
      ['x', '', 'y'],
    ]);
  });

  test('wishes what it says', async () => {
    const { pcp, client } = await open();
    await client.attach(1);
    await client.detach(1, true);
    await client.promote(1);
    await client.promote(1, { gracefully: true, switchover: true });
    await client.recover(1);
    await client.reload('cluster');
    await client.rotateLog('local');
    await client.invalidateCache();
    await client.stop('immediate', 'cluster');
    expect(
      pcp.operations.called.map(({ name, args }) => (name === 'begin' || name === 'stop' ? args[0] : name)),
    ).toEqual([
      { act: 'attach', node: 1 },
      { act: 'detach', node: 1, gracefully: true },
      { act: 'relabel', node: 1, gracefully: false },
      { act: 'switchover', to: 1, gracefully: true },
      { act: 'recover', node: 1 },
      'reload',
      'rotateLog',
      'invalidateCache',
      'immediate',
    ]);
  });

  test('hears the reason of a refusal, and can go on', async () => {
    const { pcp, client } = await open();
    pcp.operations.refusal = new RefusedError('NOT_POSSIBLE', 'no way');
    const refused = await client.promote(1).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(PcpServerError);
    expect((refused as PcpServerError).notice).toEqual({
      severity: 'ERROR',
      message: 'could not process promote request',
      detail: 'no way',
    });
    expect(await client.nodeCount()).toBe(2);
  });
});

/** A server that answers each request by a script, and a client of it. */
async function against(...answers: readonly Buffer[]): Promise<PcpClient> {
  const script = [encodeFrame('m', Buffer.from('abcd')), encodeFrame('r', encodeTexts('AuthenticationOK')), ...answers];
  const server = net.createServer((socket) => {
    ends.push(() => socket.destroy());
    socket.on('error', () => {});
    socket.on('data', () => {
      const next = script.shift();
      if (next === undefined) socket.end();
      else socket.write(next);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => new Promise((done) => server.close(done)));
  const { port } = server.address() as net.AddressInfo;
  const client = await PcpClient.open({ host: '127.0.0.1', port, user: 'ann', password: 'x' });
  ends.push(() => client.close());
  return client;
}

describe('a server of another make', () => {
  test('of 4.3 has 12 fields of a node and 17 of a process', async () => {
    const client = await against(
      Buffer.concat([
        encodeFrame('i', encodeTexts('ArraySize', '1')),
        encodeFrame(
          'i',
          encodeTexts(
            'NodeInfo',
            'h',
            '27811',
            '1',
            '0',
            'up',
            '1073741823.500000',
            '3',
            'standby',
            '77',
            'streaming',
            'async',
            '1795190908',
          ),
        ),
        encodeFrame('i', encodeTexts('CommandComplete')),
      ]),
      Buffer.concat([
        encodeFrame('p', encodeTexts('ArraySize', '1')),
        encodeFrame('p', encodeTexts('ProcessInfo', ...Array.from({ length: 17 }, (_, at) => String(at)))),
        encodeFrame('p', encodeTexts('CommandComplete')),
      ]),
    );
    expect(await client.nodeInfo(0)).toMatchObject([
      { weight: 0.5, delayByTime: false, delay: 77, replicationState: 'streaming', statusChangedAt: 1_795_190_908 },
    ]);
    expect((await client.processInfo(0))[0]).toHaveLength(17);
  });

  test('may say something on the way', async () => {
    const notice = encodeNotice({ severity: 'NOTICE', message: 'by the way' });
    const client = await against(Buffer.concat([notice, encodeFrame('l', encodeTexts('CommandComplete', '3'))]));
    expect(await client.nodeCount()).toBe(3);
  });

  test.each([
    ['an error without fields', Buffer.from('E\0\0\0\x05\0', 'latin1'), PcpServerError],
    ['an error that is cut off', Buffer.from('E\0\0\0\x07SERR', 'latin1').subarray(0, 8), PcpServerError],
    ['an error', encodeError({ severity: 'ERROR', message: 'no' }), PcpServerError],
    ['another type', encodeFrame('z', encodeTexts('CommandComplete')), PcpConnectError],
    ['another word', encodeFrame('l', encodeTexts('Nonsense')), PcpConnectError],
    ['a length below its own', Buffer.from('l\0\0\0\x03', 'latin1'), PcpConnectError],
    ['a length of gigabytes', Buffer.from('l\x7f\xff\xff\xff', 'latin1'), PcpConnectError],
    ['a negative length', Buffer.from('l\xff\xff\xff\xff', 'latin1'), PcpConnectError],
  ])('that answers with %s gets an error of ours', async (_, answer, kind) => {
    const client = await against(answer);
    await expect(client.nodeCount()).rejects.toThrow(kind);
  });

  test('that hangs up is no endless wait', async () => {
    const client = await against();
    await expect(client.nodeCount()).rejects.toThrow('the server closed the connection');
  });

  test('whose records are too short is not believed', async () => {
    const short = encodeFrame('i', encodeTexts('NodeInfo', 'h'));
    const client = await against(Buffer.concat([short, encodeFrame('i', encodeTexts('CommandComplete'))]));
    await expect(client.nodeInfo(0)).rejects.toThrow('a node record that is too short');
  });
});

test.each([
  ['127.0.0.1', 'connection to host "127.0.0.1" failed with error "Connection refused"'],
  ['/nonexistent', 'connection to socket "/nonexistent/.s.PGSQL.1" failed with error "No such file or directory"'],
])("where nobody listens (%s), the words are the original's", async (host, message) => {
  await expect(PcpClient.open({ host, port: 1, user: 'ann', password: '' })).rejects.toThrow(message);
});
