import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type CollectorSettings, LogCollector } from './collector.ts';
import { Logger } from './logger.ts';
import { LogRing } from './ring.ts';
import { strftime } from './strftime.ts';

let dir: string;
let now: Date;
let settings: CollectorSettings;
let opened: string[];
let warned: string[];

beforeEach(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'pgherd-log-'));
  now = new Date(2026, 2, 4, 5, 6, 7);
  opened = [];
  warned = [];
  settings = {
    log_directory: path.join(dir, 'logs'),
    log_filename: 'pgpool-%Y-%m-%d_%H%M%S.log',
    log_file_mode: 0o640,
    log_rotation_age: 60,
    log_rotation_size: 1,
    log_truncate_on_rotation: false,
  };
});
afterEach(() => fs.rmSync(dir, { recursive: true, force: true }));

const collector = (): LogCollector =>
  new LogCollector({
    settings: () => settings,
    now: () => now,
    opened: (file) => opened.push(path.basename(file)),
    warn: (message) => warned.push(message),
  });

const later = (minutes: number): void => {
  now = new Date(now.getTime() + minutes * 60_000);
};

describe('the file of the log', () => {
  test('is named by the time, with the mode that is set', () => {
    const log = collector();
    log.start();
    log.stop();
    expect(opened).toEqual(['pgpool-2026-03-04_050607.log']);
    expect(fs.statSync(log.file).mode & 0o777).toBe(0o640 & ~process.umask());
  });

  test('is changed when it is old, when it is large, and when somebody asks', () => {
    const log = collector();
    log.start();
    log.stop();
    later(59);
    log.look();
    expect(opened).toHaveLength(1);
    later(1);
    log.look();
    expect(opened.at(-1)).toBe('pgpool-2026-03-04_060607.log');
    fs.writeFileSync(log.file, 'x'.repeat(1_024));
    later(1);
    log.look();
    expect(opened.at(-1)).toBe('pgpool-2026-03-04_060707.log');
    later(1);
    log.rotate();
    expect(opened.at(-1)).toBe('pgpool-2026-03-04_060807.log');
    expect(opened).toHaveLength(4);
  });

  test('is emptied when its turn comes again by age, and only if that is wished', () => {
    settings = { ...settings, log_filename: 'pgpool-%M.log', log_truncate_on_rotation: true, log_rotation_size: 0 };
    const log = collector();
    const other = path.join(settings.log_directory, 'pgpool-07.log');
    log.start();
    log.stop();
    fs.writeFileSync(other, 'an hour ago');
    later(61);
    log.look();
    expect([opened.at(-1), fs.readFileSync(other, 'utf8')]).toEqual(['pgpool-07.log', '']);
    fs.writeFileSync(other, 'kept');
    log.rotate();
    expect(fs.readFileSync(other, 'utf8')).toBe('kept');
  });

  test('stays when the next one cannot be made, and that is said once in a while', () => {
    const log = collector();
    log.start();
    log.stop();
    const { file } = log;
    settings = { ...settings, log_directory: path.join(file, 'no directory') };
    later(60);
    log.look();
    log.look();
    expect([log.file, warned.length]).toEqual([file, 1]);
    expect(() => log.rotate()).toThrow();
  });

  test('receives what is written from then on, and nothing is lost on the way', async () => {
    const log = new Logger('main', { prefix: '', minLevel: 'warning', verbosity: 'default' });
    for (const name of ['a', 'b']) {
      log.redirect(path.join(dir, name), 0o600);
      for (let i = 0; i < 100; i++) log.write('log', `${name} ${i}`);
      await log.drained();
    }
    for (const name of ['a', 'b']) {
      const lines = fs.readFileSync(path.join(dir, name), 'utf8').trim().split('\n');
      expect(lines).toHaveLength(100);
      expect(lines.every((line) => line.startsWith(`LOG:  ${name} `))).toBe(true);
    }
  });
});

test('strftime knows the usual escapes and leaves others alone', () => {
  expect(strftime('%Y-%m-%d_%H%M%S %y %j %a %B %I%p %F %T %% %Q', now)).toBe(
    '2026-03-04_050607 26 063 Wed March 05AM 2026-03-04 05:06:07 % %Q',
  );
});

describe('the newest lines', () => {
  const entry = (text: string, over = {}) => ({
    atMs: 0,
    level: 'log' as const,
    text,
    detail: null,
    hint: null,
    client: false,
    ...over,
  });

  test('are bounded, numbered, and found by what they say', () => {
    const ring = new LogRing();
    for (let i = 1; i <= 12_000; i++) ring.add('main', 1, entry(i % 100 === 0 ? `node ${i % 3} is Down` : `line ${i}`));
    ring.lost(7);
    const all = ring.part({ limit: 1_000 });
    expect([all.last, all.dropped, all.lines.length, all.lines.at(-1)?.seq]).toEqual([12_000, 7, 1_000, 12_000]);
    expect(all.last - all.first).toBeLessThan(5_500);
    expect(ring.part({ since: 11_990, limit: 5 }).lines.map(({ seq }) => seq)).toEqual([
      11_991, 11_992, 11_993, 11_994, 11_995,
    ]);
    expect(ring.part({ text: 'DOWN', limit: 3 }).lines.map(({ text }) => text)).toEqual([
      'node 1 is Down',
      'node 2 is Down',
      'node 0 is Down',
    ]);
    expect(ring.part({ node: 1, limit: 1 }).lines[0]?.text).toBe('node 1 is Down');
    ring.add('worker', 2, entry('trouble', { level: 'fatal' }));
    expect(ring.part({ level: 'fatal', limit: 10 }).lines).toMatchObject([{ process: 'worker', pid: 2 }]);
  });
});
