import { logLevels } from '@pgherd/operations';
import { expect, it } from 'vitest';
import type { LogLine } from '../../../shared/live/topics.ts';
import { filterLines, isBadPattern, LEVELS, type LogFilter, nodeIn, shownLevel } from './log-filter.ts';

const line = (level: string, text: string, process = 'main', proxy = 'a'): LogLine => ({
  ...{ key: `${proxy}:${text}`, proxy, at: '2026-01-01T00:00:00Z', level, process, pid: 42, text },
});
const all = [
  line('debug1', 'looked at node 1'),
  line('log', 'node 2 is attached', 'worker', 'b'),
  line('warning', 'node 12 is slow'),
  line('fatal', 'gave up'),
];
const texts = (filter: Partial<LogFilter>) =>
  filterLines(all, { q: '', level: '', process: '', proxy: '', ...filter }).map(({ text }) => text);

it('has the levels of the engines', () => expect(LEVELS).toEqual(logLevels));

it('shows a level and what is worse, in the order of log_min_messages', () => {
  expect(texts({})).toHaveLength(4);
  expect(texts({ level: 'warning' })).toEqual(['node 2 is attached', 'node 12 is slow', 'gave up']);
  expect(texts({ level: 'fatal' })).toEqual(['gave up']);
});

it('finds words and patterns', () => {
  expect(texts({ q: 'NODE slow' })).toEqual(['node 12 is slow']);
  expect(texts({ q: '/node \\d is/' })).toEqual(['node 2 is attached']);
  expect(texts({ q: '42' })).toHaveLength(4);
  expect(isBadPattern('/(/')).toBe(true);
  expect(isBadPattern('/tmp')).toBe(false);
});

it('tells processes and proxies apart', () => {
  expect(texts({ process: 'worker' })).toEqual(['node 2 is attached']);
  expect(texts({ proxy: 'a' })).toHaveLength(3);
});

it('knows the node that is spoken of, and how loud a level is', () => {
  expect([nodeIn('node 12 is slow'), nodeIn('gave up')]).toEqual([12, null]);
  expect(['debug3', 'log', 'notice', 'warning', 'panic'].map(shownLevel)).toEqual([
    ...['debug', 'info', 'notice', 'warning', 'error'],
  ]);
});
