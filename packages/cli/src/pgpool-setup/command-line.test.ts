import { describe, expect, test } from 'vitest';
import { parseSetupLine } from './command-line.ts';

const parse = (line: string, set: readonly string[] = []) =>
  parseSetupLine(line === '' ? [] : line.split(' '), (name) => set.includes(name));

describe('pgpool_setup', () => {
  test.each([
    ['', { mode: 'streaming', nodes: 2, basePort: 11000, postgresPort: 11002, stopAtEnd: true, slots: false }],
    ['-m n -n 3 -p 12000', { mode: 'raw', nodes: 3, basePort: 12000, postgresPort: 12002 }],
    ['-p 12000 -pg 5432', { basePort: 12000, postgresPort: 5432 }],
    [
      '--no-stop -d -s -r -e -t',
      { stopAtEnd: false, debug: true, slots: true, rewind: true, withoutClusters: true, test: true },
    ],
  ])('%j', (line, expected) => {
    expect(parse(line)).toMatchObject({ act: 'run', ...expected });
  });

  test('takes options from the environment too', () => {
    expect(parse('', ['USE_REPLICATION_SLOT', 'ENABLE_TEST'])).toMatchObject({
      slots: true,
      rewind: false,
      test: true,
    });
  });

  test.each([
    ['-m r', 'mode r (native replication) is not built yet'],
    ['-m x', 'unknown mode "x": it is s or n'],
    ['-n', '-n needs a number, not ""'],
    ['-n 0', 'the number of nodes is 0, and must be between 1 and 16'],
    ['-p 80', 'port 80 is not between 1024 and 65535'],
    ['-p 65535', 'port 65536 is not between 1024 and 65535'],
    ['-p 11000 -pg 10999', 'the ports of PostgreSQL (-pg 10999) and of pgpool (-p 11000) overlap'],
    ['--what', 'unknown option "--what"'],
  ])('%j is refused', (line, message) => {
    expect(parse(line)).toEqual({ act: 'refused', message });
  });
});
