import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { expandPrefix, type LogContext, Logger, type LogSettings } from './logger.ts';

const NOON = new Date(2026, 4, 7, 12, 3, 9, 45);

function prefix(text: string, context: LogContext | null = null): string {
  return expandPrefix(text, { processName: 'child', pid: 4711, line: 8, now: NOON, context });
}

describe('log_line_prefix', () => {
  it.each([
    ['%m: %a pid %p: ', '2026-05-07 12:03:09.045: child pid 4711: '],
    ['%t [%P] %l ', '2026-05-07 12:03:09 [child] 8 '],
    ['100%% ', '100% '],
    ['%8p|%-8p|', '    4711|4711    |'],
    ['%d/%u ', '[unknown]/[unknown] '],
    ['%x %q', '%x %q'],
    ['', ''],
  ])('%j', (given, expected) => {
    expect(prefix(given)).toBe(expected);
  });

  it('says whom a line is about', () => {
    const context = { application: 'psql', database: 'app', user: 'alice' };
    expect(prefix('%a %d %u: ', context)).toBe('psql app alice: ');
    expect(prefix('%a|', { ...context, application: '' })).toBe('|');
  });

  it('takes what clients name themselves as it is, patterns and all', () => {
    expect(prefix('%a %u:', { application: '%p $& $1', user: '%u' })).toBe('%p $& $1 %u:');
  });

  it('a name with line ends in it cannot pass for an entry of its own', () => {
    const name = 'x\n2026-01-01 00:00:00.000: main pid 1: PANIC:  forged';
    for (const letter of ['a', 'd', 'u']) {
      const text = prefix(`%${letter}: `, { application: name, database: name, user: name });
      expect(text.split('\n')[1]).toMatch(/^\t/);
    }
  });
});

describe('the log', () => {
  let directory: string;
  let file: string;
  let fd: number;

  beforeEach(() => {
    directory = fs.mkdtempSync(path.join(os.tmpdir(), 'pgherd-log-'));
    file = path.join(directory, 'log');
    fd = fs.openSync(file, 'a');
  });

  afterEach(() => {
    fs.closeSync(fd);
    fs.rmSync(directory, { recursive: true, force: true });
  });

  function logger(settings: Partial<LogSettings> = {}): Logger {
    return new Logger('main', { prefix: '', minLevel: 'warning', verbosity: 'default', ...settings }, fd);
  }

  it('has the severity, two blanks, and DETAIL and HINT on lines of their own', async () => {
    const log = logger({ prefix: '%P ' });
    log.write('warning', 'text', { detail: 'more', hint: 'help' });
    log.write('debug1', 'unseen');
    await log.drained();
    expect(fs.readFileSync(file, 'utf8')).toBe('main WARNING:  text\nmain DETAIL:  more\nmain HINT:  help\n');
  });

  it('no text begins a line of the log, however it breaks its own', async () => {
    const log = logger({ prefix: '%P ' });
    log.write('log', 'a\nb\r\nc\rd', { detail: 'x\nFATAL:  y' });
    await log.drained();
    expect(fs.readFileSync(file, 'utf8')).toBe('main LOG:  a\n\tb\n\tc\n\td\nmain DETAIL:  x\n\tFATAL:  y\n');
  });

  it('verbose adds the place in the program', async () => {
    const log = logger({ verbosity: 'verbose' });
    log.write('log', 'text');
    await log.drained();
    expect(fs.readFileSync(file, 'utf8')).toMatch(/^LOG: {2}text\nLOCATION: {2}logger\.test\.ts:\d+\n$/);
  });

  it('terse leaves out DETAIL and HINT', async () => {
    const log = logger({ verbosity: 'terse' });
    log.write('error', 'text', { detail: 'more', hint: 'help' });
    await log.drained();
    expect(fs.readFileSync(file, 'utf8')).toBe('ERROR:  text\n');
  });

  it.each([
    ['warning', ['WARNING', 'ERROR', 'LOG', 'FATAL', 'PANIC']],
    ['error', ['ERROR', 'LOG', 'FATAL', 'PANIC']],
    ['fatal', ['FATAL', 'PANIC']],
    ['debug1', ['DEBUG', 'INFO', 'NOTICE', 'WARNING', 'ERROR', 'LOG', 'FATAL', 'PANIC']],
  ] as const)('log_min_messages = %s writes %j', async (minLevel, expected) => {
    const log = logger({ minLevel });
    for (const level of ['debug5', 'debug1', 'info', 'notice', 'warning', 'error', 'log', 'fatal', 'panic'] as const) {
      log.write(level, 'x');
    }
    await log.drained();
    const written = fs.readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(written.map((line) => line.split(':')[0])).toEqual(expected);
  });

  it('keeps the order of lines however many come at once, and drops and counts what exceeds its queue', async () => {
    const log = logger();
    const line = 'x'.repeat(1000);
    for (let i = 0; i < 10_000; i++) log.write('log', `${i} ${line}`);
    expect(log.dropped).toBeGreaterThan(0);
    await log.drained(5_000);
    const numbers = [...fs.readFileSync(file, 'utf8').matchAll(/^LOG: {2}(\d+) /gm)].map((found) => Number(found[1]));
    expect(numbers).toHaveLength(10_000 - log.dropped);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  });

  it('a log that nobody reads does not stop the program', async () => {
    const log = new Logger('main', { prefix: '', minLevel: 'warning', verbosity: 'default' }, 9_999);
    log.write('log', 'lost');
    await log.drained();
    expect(log.dropped).toBe(1);
  });
});
