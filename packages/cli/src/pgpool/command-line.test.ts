import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parsePgpoolLine, pgpoolUsage } from './command-line.ts';

const parse = (line: string) => parsePgpoolLine(line === '' ? [] : line.split(' '), '/etc/pgpool');
const DEFAULT_FILES = {
  config: '/etc/pgpool/pgpool.conf',
  hba: '/etc/pgpool/pool_hba.conf',
  pcp: '/etc/pgpool/pcp.conf',
};

describe("pgpool's command line", () => {
  test('without anything starts a daemon with the files of the configuration directory', () => {
    expect(parse('')).toEqual({
      act: 'start',
      files: DEFAULT_FILES,
      foreground: false,
      debug: false,
      discardStatus: false,
    });
  });

  test('names files relative to the working directory', () => {
    expect(parse('-D -n -f a/pgpool.conf -F pcp -a /x/hba')).toMatchObject({
      act: 'start',
      files: { config: path.resolve('a/pgpool.conf'), pcp: path.resolve('pcp'), hba: '/x/hba' },
      foreground: true,
    });
  });

  test('looks for the other files beside the configuration that -f names, as pgherd does', () => {
    expect(parse('-f /x/my.conf -F /y/pcp')).toMatchObject({
      files: { config: '/x/my.conf', hba: '/x/pool_hba.conf', pcp: '/y/pcp' },
    });
    expect(parse('-f /x/my.conf')).toMatchObject({ files: { pcp: '/x/pcp.conf' } });
  });

  test('knows the long names', () => {
    expect(
      parse(
        '--config-file=/c --pcp-file=/p --hba-file /h --key-file /k --clear-oidmaps --dont-detach --discard-status --debug',
      ),
    ).toEqual({
      act: 'start',
      files: { config: '/c', hba: '/h', pcp: '/p' },
      foreground: true,
      debug: true,
      discardStatus: true,
    });
  });

  test.each([
    ['stop', 'smart'],
    ['-m s stop', 'smart'],
    ['-m fast stop', 'fast'],
    ['-mf stop', 'fast'],
    ['stop -m i', 'immediate'],
    ['--mode=immediate stop', 'immediate'],
    ['-D -n -d -x -C -m f stop', 'fast'],
  ])('%s stops', (line, mode) => {
    expect(parse(line)).toEqual({ act: 'stop', files: DEFAULT_FILES, mode });
  });

  test('reload, version and help', () => {
    expect(parse('-a /a reload')).toEqual({ act: 'reload', files: { ...DEFAULT_FILES, hba: '/a' } });
    expect(parse('--version')).toEqual({ act: 'version' });
    expect(parse('-h')).toEqual({ act: 'help' });
  });

  test.each([
    ['-c', "invalid option -- 'c'"],
    ['--nope', "unrecognized option '--nope'"],
    ['-m lazy stop', 'unknown mode "lazy": it is smart, fast or immediate'],
    ['show', 'unknown command "show"'],
    ['stop reload', 'unexpected argument "reload"'],
  ])('%s is refused', (line, message) => {
    expect(parse(line)).toEqual({ act: 'refused', message });
  });

  test('the usage names every option', () => {
    const usage = pgpoolUsage('/etc/pgpool');
    for (const option of 'afkFhvCnxDdm') expect(usage).toContain(`-${option},`);
    expect(usage).toContain('(default: /etc/pgpool/pgpool.conf)');
  });
});
