import type { EngineStatus, NodeStatus, Wish } from '@pgherd/operations';
import { describe, expect, test } from 'vitest';
import { type FoundProblem, ProblemBook } from './book.ts';
import { type Circumstances, judgeStatus, statusProblemCodes } from './judge-status.ts';

const WELL: Circumstances = { lagBytesMax: 0, lagMsMax: 0, restartPending: [], filesDiffer: false };

const node = (id: number, over: Partial<NodeStatus> = {}): NodeStatus =>
  ({
    id,
    hostname: `db${id}`,
    port: 5432,
    status: 'up',
    pgStatus: 'up',
    role: id === 0 ? 'primary' : 'standby',
    pgRole: id === 0 ? 'primary' : 'standby',
    attached: true,
    replaced: false,
    reason: null,
    lagBytes: 0,
    lagMs: 0,
    ...over,
  }) as NodeStatus;

const status = (over: Partial<EngineStatus> = {}, nodes = [node(0), node(1)]): EngineStatus =>
  ({ primary: 0, notReady: [], clients: 1, clientsMax: 32, clientsWaiting: 0, nodes, ...over }) as EngineStatus;

const attach: Wish = { act: 'attach', node: 1 };
const recover: Wish = { act: 'recover', node: 1 };
const failover: Wish = { act: 'failover', to: null, acceptLoss: false };

describe('what the engine knows', () => {
  test('is no problem where all is well', () => {
    expect(judgeStatus(status(), WELL)).toEqual([]);
  });

  test.each<[string, string, Wish | null, EngineStatus, Partial<Circumstances>]>([
    ['no-primary', 'nobody can write', failover, status({ primary: null, notReady: ['no primary node is known'] }), {}],
    ['not-serving', 'cannot be served', null, status({ notReady: ['no worker is ready'] }), {}],
    ['node-down', 'Node 1 (db1:5432) is down', null, status({}, [node(0), node(1, { status: 'down' })]), {}],
    [
      'node-left-out',
      'its server answers',
      attach,
      status({}, [node(0), node(1, { status: 'down', attached: false })]),
      {},
    ],
    ['node-quarantined', 'quarantine', attach, status({}, [node(0), node(1, { status: 'quarantine' })]), {}],
    ['node-replaced', 'took its place', recover, status({}, [node(0), node(1, { replaced: true })]), {}],
    [
      'false-primary',
      'takes writes although node 0',
      recover,
      status({}, [node(0), node(1, { pgRole: 'primary', attached: false, status: 'down' })]),
      {},
    ],
    ['primary-in-recovery', 'in recovery', null, status({}, [node(0, { pgRole: 'standby' })]), {}],
    [
      'lag-over-limit',
      '2001 bytes behind',
      null,
      status({}, [node(0), node(1, { lagBytes: 2_001 })]),
      { lagBytesMax: 2_000 },
    ],
    [
      'lag-over-limit',
      '501 ms behind',
      null,
      status({}, [node(0), node(1, { lagMs: 500.6 })]),
      { lagBytesMax: 1, lagMsMax: 500 },
    ],
    ['clients-wait', '3 clients wait', null, status({ clients: 32, clientsWaiting: 3 }), {}],
    ['places-nearly-taken', 'nine of ten', null, status({ clients: 30 }), {}],
    ['configuration-drift', 'not what runs', null, status(), { filesDiffer: true }],
    ['configuration-unreadable', 'cannot be read', null, status(), { filesDiffer: null }],
    ['restart-pending', '2 new values', null, status(), { restartPending: ['port', 'work_dir'] }],
  ])('%s: %s', (code, sentence, wish, given, circumstances) => {
    const found = judgeStatus(given, { ...WELL, ...circumstances });
    expect(found).toMatchObject([{ code, wish, sentence: expect.stringContaining(sentence) }]);
    expect(statusProblemCodes).toContain(code);
    expect(found[0]?.remedy).toMatch(/^\S.{8,}\.$/);
  });

  test('a standby behind where there is no limit, or as far as the limit, is none', () => {
    const late = status({}, [node(0), node(1, { lagBytes: 5, lagMs: null })]);
    expect(judgeStatus(late, WELL)).toEqual([]);
    expect(judgeStatus(late, { ...WELL, lagBytesMax: 5 })).toEqual([]);
    expect(judgeStatus(late, { ...WELL, lagMsMax: 1 })).toEqual([]);
  });
});

describe('since when', () => {
  const problem = (over: Partial<FoundProblem>): FoundProblem => ({
    code: 'lag-over-limit',
    severity: 'warning',
    node: 1,
    sentence: 'Node 1 is 10 bytes behind.',
    cause: null,
    remedy: 'Look.',
    wish: null,
    ...over,
  });

  test('stays while a problem only changes its figures, begins anew after it was gone, and errors come first', () => {
    let now = 0;
    const book = new ProblemBook(() => new Date(now));
    const since = (...found: FoundProblem[]): [string, string][] =>
      book.list(found).map((each) => [each.code, each.since.slice(17, 19)]);
    expect(since(problem({}))).toEqual([['lag-over-limit', '00']]);
    now = 2_000;
    expect(
      since(problem({ sentence: 'Node 1 is 99 bytes behind.' }), problem({ code: 'x', severity: 'error' })),
    ).toEqual([
      ['x', '02'],
      ['lag-over-limit', '00'],
    ]);
    expect(since()).toEqual([]);
    now = 3_000;
    expect(since(problem({}))).toEqual([['lag-over-limit', '03']]);
  });
});
