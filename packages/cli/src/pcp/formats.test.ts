/** Outputs that no server here gives yet, and command lines. */
import type { NodeInfo } from '@pgherd/pcp';
import { describe, expect, test } from 'vitest';
import { stopTool } from './acts.ts';
import { parseToolLine, toolUsage } from './command-line.ts';
import { formatNodes, nodeInfoTool } from './node-info.ts';
import { formatProcesses, processInfoTool } from './process-info.ts';
import { TOOLS } from './tools.ts';
import { formatWatchdog } from './watchdog-info.ts';

const node: NodeInfo = {
  hostname: 'pg1',
  port: '5432',
  status: 2,
  quarantine: false,
  pgStatus: 'up',
  weight: 1 / 3,
  role: 3,
  pgRole: 'standby',
  delayByTime: false,
  delay: 42,
  replicationState: '',
  replicationSyncState: '',
  statusChangedAt: new Date(2026, 10, 2, 3, 4, 5).getTime() / 1000,
};

describe('pcp_node_info', () => {
  test.each([
    [{}, 'pg1 5432 2 0.333333 up up standby standby 42 none none 2026-11-02 03:04:05'],
    [
      { status: 3, quarantine: true },
      'pg1 5432 3 0.333333 quarantine up standby standby 42 none none 2026-11-02 03:04:05',
    ],
    [
      { role: 1, delayByTime: true, delay: 1_999_999 },
      'pg1 5432 2 0.333333 up up replica standby 1.999999 none none 2026-11-02 03:04:05',
    ],
  ])('%j', (changes, line) => {
    expect(formatNodes([{ ...node, ...changes }], false)).toBe(line);
  });

  test.each([
    [1_999_999, '1.999999 second'],
    [2_000_000, '2.000000 seconds'],
  ])('a delay of %d µs reads %s', (delay, text) => {
    expect(formatNodes([{ ...node, delayByTime: true, delay }], true)).toContain(`Replication Delay      : ${text}\n`);
  });

  test('nothing', () => expect(formatNodes([], false)).toBe('No node information available\n'));
});

test('pcp_proc_info prints as many values as came', () => {
  const record = Array.from({ length: 21 }, (_, at) => `v${at}`);
  expect(formatProcesses([record], false)).toBe(
    'v5 v6 v1 v2 v11 v12 v7 v8 v10 v9 v13 v14 v15 v0 v4 v16 v17 v18 v19 v20',
  );
  expect(formatProcesses([record.slice(0, 17)], false)).toBe('v5 v6 v1 v2 v11 v12 v7 v8 v10 v9 v13 v14 v15 v0 v4 v16');
  expect(formatProcesses([record], true)).toMatch(/^Database {18}: v5\nUsername {18}: v6\n/);
});

test('what a client or a server chose moves no terminal and keeps to its line', () => {
  const record = Array.from({ length: 21 }, (_, at) => (at === 20 ? 'select 1;\n\x1b]0;owned\x07\u009b2J' : 'x'));
  expect(formatProcesses([record], false)).toMatch(/ select 1;\\x0a\\x1b\]0;owned\\x07\\x9b2J$/);
  expect(formatNodes([{ ...node, hostname: 'a\nb 5432 2' }], false)).toMatch(/^a\\x0ab 5432 2 /);
});

describe('pcp_watchdog_info', () => {
  const json = JSON.stringify({
    ...{ RemoteNodeCount: 2, MemberRemoteNodeCount: 2, NodesRequireForQuorum: 2, QuorumStatus: 1, AliveNodeCount: 2 },
    ...{ Escalated: 1, LeaderNodeName: 'a:9999 Linux a', LeaderHostName: 'a', NodeCount: 1 },
    WatchdogNodes: [
      {
        ...{ ID: 0, State: 4, Membership: 0, MembershipString: 'MEMBER', NodeName: 'a:9999 Linux a', HostName: 'a' },
        ...{ StateName: 'LEADER', DelegateIP: 'Not_Set', WdPort: 9000, PgpoolPort: 9999, Priority: 1 },
      },
    ],
  });

  test('short', () => {
    expect(formatWatchdog(json, false)).toBe(
      '3 3 YES a:9999 Linux a a\n\na:9999 Linux a a 9999 9000 4 LEADER 0 MEMBER',
    );
  });

  test('with names', () => {
    expect(formatWatchdog(json, true)).toBe(`Watchdog Cluster Information 
Total Nodes              : 3
Remote Nodes             : 2
Member Remote Nodes      : 2
Alive Remote Nodes       : 2
Nodes required for quorum: 2
Quorum state             : QUORUM EXIST
Local node escalation    : YES
Leader Node Name         : a:9999 Linux a
Leader Host Name         : a

Watchdog Node Information 
Node Name         : a:9999 Linux a
Host Name         : a
Delegate IP       : Not_Set
Pgpool port       : 9999
Watchdog port     : 9000
Node priority     : 1
Status            : 4
Status Name       : LEADER
Membership Status : MEMBER
`);
  });

  test.each(['', '[', 'null', '"x"'])('%j is none', (text) => {
    expect(() => formatWatchdog(text, true)).toThrow('no watchdog information');
  });
});

describe('a command line', () => {
  const parse = (line: string) => parseToolLine(nodeInfoTool, line === '' ? [] : line.split(' '));

  test.each([
    ['', { operand: null, port: 9898, host: '', user: null, prompt: 'where needed', verbose: false }],
    ['1', { operand: 1 }],
    ['-n 1', { operand: 1 }],
    ['--node-id=1 -w -h localhost -p 11001', { operand: 1, prompt: 'never', host: 'localhost', port: 11001 }],
    ['-w -p 11001 -h /tmp 0 -v', { operand: 0, verbose: true, host: '/tmp' }],
    ['-U ann -W -d', { user: 'ann', prompt: 'always', debug: true }],
    ['-w -W', { prompt: 'always' }],
    ['0 1', { operand: 0, warnings: ['Warning: extra command-line argument "1" ignored'] }],
  ])('%j', (line, expected) => {
    expect(parse(line)).toMatchObject({ act: 'run', ...expected });
  });

  test.each([
    ['-n x', 'pcp_node_info: Invalid node-id "x", must be between 0 and 127'],
    ['128', 'pcp_node_info: Invalid node-id "128", must be between 0 and 127'],
    ['-n -1', 'pcp_node_info: Invalid node-id "-1", must be between 0 and 127'],
    ['-p abc', 'pcp_node_info: Invalid port number "abc", must be between 1024 and 65535'],
    ['-p 1', 'pcp_node_info: Invalid port number "1", must be between 1024 and 65535'],
    ['--foo', 'pcp_node_info: unrecognized option \'--foo\'\nTry "pcp_node_info --help" for more information.\n'],
  ])('%j is refused', (line, message) => {
    expect(parse(line)).toEqual({ act: 'refused', message });
  });

  test('that lacks a node is refused where one is needed', () => {
    for (const tool of TOOLS) {
      const parsed = parseToolLine(tool, []);
      if (tool.operand?.required === true) {
        expect(parsed).toMatchObject({
          act: 'refused',
          message: expect.stringContaining(`${tool.name}: missing node-id\n`),
        });
      } else expect(parsed.act).toBe('run');
    }
  });

  test('names a process by a number above 0', () => {
    expect(parseToolLine(processInfoTool, ['-P', '0'])).toEqual({
      act: 'refused',
      message: 'pcp_proc_info: Invalid process-id "0", must be greater than 0',
    });
    expect(parseToolLine(processInfoTool, ['4194304'])).toMatchObject({ operand: 4_194_304 });
  });

  test('has no words for modes and scopes but these', () => {
    for (const good of ['-m s', '-m smart', '-m f', '-m immediate -s c', '-s local']) {
      const line = parseToolLine(stopTool, good.split(' '));
      expect(() => stopTool.check?.(line as never)).not.toThrow();
    }
    for (const bad of ['-m x', '-m smar', '-s x', '-m constructor']) {
      const line = parseToolLine(stopTool, bad.split(' '));
      expect(() => stopTool.check?.(line as never)).toThrow('must be either');
    }
  });

  test('is described by --help, every option of it', () => {
    for (const tool of TOOLS) {
      expect(toolUsage(tool)).toContain('-w, --no-password');
      for (const { long } of tool.options ?? []) expect(toolUsage(tool)).toContain(`--${long}`);
    }
  });
});
