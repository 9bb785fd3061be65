/** Each command against a fake room. The bytes that stand here were seen on the wire of Pgpool-II where 4.3 has them. */
import { RefusedError } from '@pgherd/operations';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { fakeNode, HEALTH_ROW, operationOf, poolPools } from '../testing/fake-operations.ts';
import { type RawPcp, TestPcp } from '../testing/herd.ts';

let pcp: TestPcp;
let raw: RawPcp;
beforeEach(async () => {
  pcp = await TestPcp.start();
  raw = await pcp.enter();
});
afterEach(() => pcp.stop());

const error = (severity: string, message: string, detail?: string): string =>
  `ES${severity}\0CXX000\0M${message}\0${detail === undefined ? '' : `D${detail}\0`}Fpcp\0L0\0\0`;
const by = { door: 'pcp', user: 'ann', address: '127.0.0.1' };
const acts = (): unknown[] => pcp.operations.called.filter(({ name }) => name !== 'show').map(({ args }) => args[0]);

describe('questions', () => {
  test('node count', async () => {
    expect((await raw.askRaw('L')).toString('latin1')).toBe('l\0\0\0\x16CommandComplete\x002\0');
  });

  test('node info has the 13 fields of 4.7, in its order', async () => {
    pcp.operations.nodes = [
      fakeNode(0, { weight: 0.5 }),
      fakeNode(1, { status: 'quarantine', lagBytes: 12_345, weight: 1 / 3 }),
      fakeNode(2, { status: 'up', pgStatus: 'down', pgRole: 'unknown' }),
    ];
    const time = String(Date.parse('2026-11-20T16:08:28Z') / 1000);
    expect(await raw.ask('I', '-1\0')).toBe('iArraySize\x003\0');
    expect(await raw.frame()).toBe(
      `iNodeInfo\x00127.0.0.1\x0027810\x001\x000\0up\x001073741823.500000\x002\0primary\x000\x000\0\0\0${time}\0`,
    );
    expect(await raw.frame()).toBe(
      `iNodeInfo\x00127.0.0.1\x0027811\x003\x001\0up\x00715827882.333333\x003\0standby\x000\x0012345\0streaming\0async\0${time}\0`,
    );
    expect(await raw.frame()).toContain('\x002\x000\0down\0');
    expect(await raw.frame()).toBe('iCommandComplete\0');
  });

  test('node info of one node whose delay is measured in time', async () => {
    pcp.operations.nodes = [fakeNode(0), fakeNode(1, { lagMs: 1500.5 })];
    pcp.operations.rows['pool_nodes'] = {
      columns: ['node_id', 'role', 'replication_delay'],
      rows: [
        ['0', 'main', '0'],
        ['1', 'replica', '1.500500 second'],
      ],
    };
    expect(await raw.ask('I', '1\0')).toBe('iArraySize\x001\0');
    expect(await raw.frame()).toContain('\x001\0standby\x001\x001500500\0streaming\0');
    expect(await raw.frame()).toBe('iCommandComplete\0');
  });

  test.each([['9'], ['-2'], ['abc'], ['']])('node info of %j', async (id) => {
    expect(await raw.ask('I', id === '' ? '' : `${id}\0`)).toBe(
      error('ERROR', 'informing node info failed', `invalid node ID : ${id}`),
    );
    expect(await raw.ask('L')).toBe('lCommandComplete\x002\0');
  });

  test('health check stats', async () => {
    pcp.operations.rows['pool_health_check_stats'] = { columns: ['node_id'], rows: [HEALTH_ROW] };
    expect(await raw.ask('H', '0\0')).toBe(`hCommandComplete\0${HEALTH_ROW.map((text) => `${text}\0`).join('')}`);
    expect(await raw.ask('H', '9\0')).toBe(
      error('ERROR', 'informing health check stats info failed', 'invalid node ID 9'),
    );
  });

  test('process count', async () => {
    pcp.operations.rows['pool_processes'] = { columns: ['pool_pid'], rows: [['21895'], ['21895'], ['21897']] };
    expect(await raw.ask('N')).toBe('nCommandComplete\x003\x0021895\x0021895\x0021897\0');
  });

  test('process info has 21 fields', async () => {
    pcp.operations.rows['pool_pools'] = poolPools();
    expect(await raw.ask('P', '0\0')).toBe('pArraySize\x004\0');
    await raw.frame();
    expect(await raw.frame()).toBe(
      'pProcessInfo\x004711\x002026-11-20 16:08:28\x003\x000\x001\0app\0ann\x002026-11-20 16:08:28\x002026-11-20 16:08:28\0\x007\x003\x000\x002\x00902\x001\0Idle\x001\x0010.0.0.9\x0040000\0select 1\0',
    );
    await raw.frame();
    await raw.frame();
    expect(await raw.frame()).toBe('pCommandComplete\0');
    expect(await raw.ask('P', '77\0')).toBe(error('ERROR', 'informing process info failed', 'invalid process ID : 77'));
  });

  test('a zero byte in what a client or server said cannot shift the fields after it', async () => {
    pcp.operations.rows['pool_pools'] = poolPools('select\0x\n2');
    raw.send('P', '4711\0');
    const frames = [];
    for (let n = 0; n < 6; n++) frames.push(await raw.frame());
    expect(frames[2]).toMatch(/\x00selectx\n2\0$/);
    expect(frames[5]).toBe('pCommandComplete\0');
  });

  test('the configuration, whose number of rows is binary', async () => {
    pcp.operations.rows['pool_status'] = {
      columns: ['item', 'value', 'description'],
      rows: [
        ['port', '9999', 'pgpool accepting port number'],
        ['pcp_port', '9898', ''],
      ],
    };
    expect((await raw.askRaw('B')).toString('latin1')).toBe('b\0\0\0\x12ArraySize\0\0\0\0\x02');
    expect(await raw.frame()).toBe('bProcessConfig\0port\x009999\0pgpool accepting port number\0');
    expect(await raw.frame()).toBe('bProcessConfig\0pcp_port\x009898\0\0');
    expect(await raw.frame()).toBe('bCommandComplete\0');
  });

  test('the watchdog, while there is none', async () => {
    expect(await raw.ask('W', '-1\0')).toBe(
      error('ERROR', 'PCP: informing watchdog info failed', 'watchdog is not enabled'),
    );
  });

  test('client_min_messages, and no other parameter', async () => {
    expect(await raw.ask('A', 'client_min_messages\0debug1\0')).toBe(
      'NSDEBUG\0CXX000\0MPCP setting parameter "client_min_messages" to "debug1"\0Fpcp\0L0\0\0',
    );
    expect(await raw.frame()).toBe('aCommandComplete\0');
    expect(await raw.ask('A', 'client_min_messages\0notice\0')).toBe('aCommandComplete\0');
    expect(await raw.ask('A', 'foo\0bar\0')).toBe(
      error('ERROR', 'PCP: set configuration parameter failed', 'invalid parameter "foo"'),
    );
    expect(await raw.ask('A', 'client_min_messages\0loud\0')).toContain('invalid value "loud"');
  });
});

describe('acts', () => {
  test.each([
    ['C', '1\0', 'c', { act: 'attach', node: 1 }],
    ['D', '1\0', 'd', { act: 'detach', node: 1, gracefully: false }],
    ['d', '1\0', 'd', { act: 'detach', node: 1, gracefully: true }],
    ['J', '1 \0n', 'd', { act: 'relabel', node: 1, gracefully: false }],
    ['j', '1 \0n', 'd', { act: 'relabel', node: 1, gracefully: true }],
    ['J', '1 \0s', 'd', { act: 'switchover', to: 1, gracefully: false }],
    ['j', '1 \0s', 'd', { act: 'switchover', to: 1, gracefully: true }],
    ['J', '1\0', 'd', { act: 'relabel', node: 1, gracefully: false }],
    ['O', '1\0', 'c', { act: 'recover', node: 1 }],
  ])('%s %j', async (type, body, answer, wish) => {
    expect(await raw.ask(type, body)).toBe(`${answer}CommandComplete\0`);
    expect(pcp.operations.called.at(-1)).toEqual({ name: 'begin', args: [wish, by] });
  });

  test.each([
    ['NO_SUCH_NODE', 'cCommandComplete\0'],
    ['NOTHING_TO_DO', 'cCommandComplete\0'],
    ['NOT_POSSIBLE', error('ERROR', 'could not process attach request', 'it does not stream')],
    ['BUSY', error('ERROR', 'failed to process PCP request at the moment', 'operation is in progress')],
  ] as const)('attach that is refused as %s', async (code, answer) => {
    pcp.operations.refusal = new RefusedError(code, 'it does not stream');
    expect(await raw.ask('C', '9\0')).toBe(answer);
  });

  test('attach of what is no number attaches nothing', async () => {
    expect(await raw.ask('C', 'x\0')).toBe('cCommandComplete\0');
    expect(await raw.ask('D', '-1\0')).toBe('dCommandComplete\0');
    expect(acts()).toEqual([]);
    expect(pcp.log[0]).toContain('"x" is no node id');
  });

  test('attach and detach are answered when they are over, or after a while; a graceful detach only when it is over', async () => {
    let finish = (): void => {};
    const over = new Promise<void>((resolve) => {
      finish = resolve;
    });
    pcp.operations.end = async (wish) => {
      await over;
      return operationOf(wish, 'failed', '0', 'clients did not leave in time');
    };
    expect(await raw.ask('D', '1\0')).toBe('dCommandComplete\0');
    const graceful = raw.ask('d', '1\0');
    const other = await pcp.enter();
    expect(await other.ask('L')).toBe('lCommandComplete\x002\0');
    finish();
    expect(await graceful).toBe(error('ERROR', 'could not process detach request', 'clients did not leave in time'));
  });

  test.each([
    ['NO_SUCH_NODE', error('ERROR', 'could not process promote request', 'node id 9 is not valid')],
    [
      'NOTHING_TO_DO',
      error('FATAL', 'invalid promote request', "specified node is already primary node, can't promote node id 9"),
    ],
    ['WRONG_MODE', error('FATAL', 'invalid pgpool mode for process promote request', 'why')],
    ['BUSY', error('ERROR', 'failed to process PCP request at the moment', 'operation is in progress')],
    ['NOT_POSSIBLE', error('ERROR', 'could not process promote request', 'why')],
  ] as const)('promote that is refused as %s', async (code, answer) => {
    pcp.operations.refusal = new RefusedError(code, 'why');
    expect(await raw.ask('J', '9 \0s')).toBe(answer);
    expect(await raw.ask('L')).toBe(answer.startsWith('ESFATAL') ? 'closed' : 'lCommandComplete\x002\0');
  });

  test('promote and recovery that fail on the way', async () => {
    pcp.operations.end = async (wish) => operationOf(wish, 'failed', '0', 'node 1 did not follow');
    expect(await raw.ask('J', '1 \0s')).toBe(
      error('ERROR', 'could not process promote request', 'node 1 did not follow'),
    );
    expect(await raw.ask('O', '1\0')).toBe(error('ERROR', 'process recovery request failed', 'node 1 did not follow'));
  });

  test('recovery of the primary, of a node that is not there, and of one that is alive', async () => {
    expect(await raw.ask('O', '0\0')).toBe(
      error('ERROR', 'process recovery request failed', 'primary server cannot be recovered by online recovery.'),
    );
    expect(await raw.ask('O', '9\0')).toBe(error('ERROR', 'process recovery request failed', 'node id 9 is not valid'));
    const detached = { name: 'detached', ok: false, detail: 'node 1 is alive', remedy: 'detach it first' };
    for (const refusal of [
      new RefusedError('NOTHING_TO_DO', 'why'),
      new RefusedError('NOT_POSSIBLE', 'why', [detached]),
    ]) {
      pcp.operations.refusal = refusal;
      expect(await raw.ask('O', '1\0')).toBe(error('ERROR', 'node recovery failed, node id: 1 is alive'));
    }
  });

  test('recovery of a primary that has died is asked for again once it is replaced', async () => {
    pcp.operations.nodes = [fakeNode(0, { status: 'down' }), fakeNode(1)];
    expect(await raw.ask('O', '0\0')).toBe(
      error('ERROR', 'failed to process PCP request at the moment', 'failover is in progress'),
    );
  });

  test('recovery of a node that is seen to be down waits until it is left out, for a while', async () => {
    const detached = { name: 'detached', ok: false, detail: 'node 1 is alive', remedy: 'detach it first' };
    pcp.operations.nodes = [fakeNode(0), fakeNode(1, { status: 'down' })];
    pcp.operations.refusal = new RefusedError('NOT_POSSIBLE', 'why', [detached]);
    const recovered = raw.ask('O', '1\0');
    await vi.waitFor(() => expect(acts()).toHaveLength(1));
    pcp.operations.refusal = null;
    expect(await recovered).toBe('cCommandComplete\0');
    expect(acts()).toHaveLength(2);
  });

  test.each([
    ['failover', 'failover is in progress'],
    ['attach', 'failback is in progress'],
    ['switchover', 'promote node operation is in progress'],
    ['recover', 'operation is in progress'],
  ] as const)('stop and recovery wait while there is a %s', async (act, detail) => {
    pcp.operations.running = [operationOf({ act, to: 1, node: 1 } as never, 'running')];
    for (const [type, body] of [
      ['T', 'f'],
      ['t', 's'],
      ['O', '1\0'],
    ] as const) {
      expect(await raw.ask(type, body)).toBe(error('ERROR', 'failed to process PCP request at the moment', detail));
    }
    expect(acts()).toEqual([]);
  });

  test.each([
    ['T', 's', 'smart'],
    ['T', 'f', 'fast'],
    ['t', 'i', 'immediate'],
  ])('%s %s answers, then stops', async (type, letter, mode) => {
    expect(await raw.ask(type, letter)).toBe('tCommandComplete\0');
    await vi.waitFor(() => expect(pcp.operations.called).toEqual([{ name: 'stop', args: [mode, by] }]));
  });

  test('stop in no known mode stops nothing', async () => {
    expect(await raw.ask('T', 'x')).toMatch(/^ESERROR/);
    expect(await raw.ask('T')).toMatch(/^ESERROR/);
    expect(acts()).toEqual([]);
  });

  test('reload, log rotation, query cache', async () => {
    expect(await raw.ask('Z', 'l')).toBe('zCommandComplete\0');
    expect(await raw.ask('V', 'c')).toBe('vCommandComplete\0');
    expect(await raw.ask('G')).toBe('gCommandComplete\0');
    expect(pcp.operations.called.map(({ name }) => name)).toEqual(['reload', 'rotateLog', 'invalidateCache']);
    pcp.operations.report = { ...pcp.operations.report, ok: false, errors: ['pgpool.conf:3: port is wrong'] };
    expect(await raw.ask('Z', 'l')).toBe(
      error('ERROR', 'process reload config request failed', 'pgpool.conf:3: port is wrong'),
    );
    pcp.operations.refusal = new RefusedError('NOT_ENABLED', 'logging_collector is off');
    expect(await raw.ask('G')).toBe(error('ERROR', 'query cache is not enabled'));
    expect(await raw.ask('V', 'l')).toBe(
      error('ERROR', 'process log rotation request failed', 'logging_collector is off'),
    );
  });

  test('a bug behind the door is an error for this request alone', async () => {
    expect(await raw.ask('B')).toBe(
      error('ERROR', 'failed to process PCP request', 'the test has no rows of pool_status'),
    );
    expect(await raw.ask('L')).toBe('lCommandComplete\x002\0');
    expect(pcp.log).toEqual(['PCP: a request failed: the test has no rows of pool_status']);
  });
});
