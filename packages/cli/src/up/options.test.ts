import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../errors.ts';
import { parseUpOptions, type UpOptions } from './options.ts';

const parse = (line: string, env: Readonly<Record<string, string>> = {}): UpOptions =>
  parseUpOptions(line === '' ? [] : line.split(' '), (name) => env[name]);

describe('the options of pgherd up', () => {
  test('have defaults, all on this machine', () => {
    expect(parse('')).toEqual({
      dir: path.resolve('.pgherd'),
      port: 9999,
      pcpPort: 9898,
      controlPort: 9897,
      metricsPort: 9719,
      herdPort: 25_432,
      nodes: 3,
      listen: 'localhost',
      pgBin: 'embedded',
      console: { port: 3000, listen: '127.0.0.1', tlsCert: null, tlsKey: null, dev: false },
      given: new Set(),
    });
  });

  test.each([
    ['--dir /d', 'dir', '/d'],
    ['--port 5432', 'port', 5432],
    ['--pcp-port 5000', 'pcpPort', 5000],
    ['--control-port 5000', 'controlPort', 5000],
    ['--metrics-port 5000', 'metricsPort', 5000],
    ['--herd-port 5000', 'herdPort', 5000],
    ['--nodes 1', 'nodes', 1],
    ['--listen 0.0.0.0', 'listen', '0.0.0.0'],
    ['--pg-bin system', 'pgBin', 'system'],
  ] as const)('%s is read, and from the environment too', (line, member, expected) => {
    const [flag = '', value = ''] = line.split(' ');
    const name = flag.slice(2);
    expect(parse(line)[member]).toBe(expected);
    expect(parse('', { [name]: value })[member]).toBe(expected);
    expect(parse(line).given).toEqual(new Set([name]));
    expect(parse('', { [name]: value }).given).toEqual(new Set([name]));
  });

  test('win over the environment', () => {
    expect(parse('--port 5432', { port: '6000' }).port).toBe(5432);
  });

  test.each([
    ['--port 80', '--port must be a number from 1024 to 65535, not "80".'],
    ['--port 5e3', '--port must be a number from 1024 to 65535, not "5e3".'],
    ['--nodes 0', '--nodes must be a number from 1 to 32, not "0".'],
    ['--port 9898', '--port and --pcp-port would both use port 9898: change one of them.'],
    ['--herd-port 9998', '--port and server 1 (--herd-port) would both use port 9999: change one of them.'],
    ['--herd-port 65534', 'server 2 (--herd-port) would use port 65536: there are none above 65535.'],
  ])('%s is refused with a sentence', (line, sentence) => {
    expect(() => parse(line)).toThrow(new UsageError(sentence));
  });

  test('that are unknown are refused', () => {
    expect(() => parse('--prot 1')).toThrow(/prot/);
    expect(() => parse('extra')).toThrow(/extra/);
  });
});
