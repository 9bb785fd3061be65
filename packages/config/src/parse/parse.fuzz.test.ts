import fc from 'fast-check';
import { expect, test } from 'vitest';
import { defaults } from '../settings/settings.ts';
import { parameters } from '../table/index.ts';
import { ConfDocument } from './document.ts';
import { formatIssue } from './issue.ts';
import { parseConfig } from './parse.ts';

const name = fc.oneof(
  fc.constantFrom(...parameters.map((p) => p.name)),
  fc.constantFrom(
    'backend_port0',
    'backend_flag1',
    'include',
    'wd_port',
    'master_slave_mode',
    'debug_level',
    'heartbeat_destination0',
  ),
);
const piece = fc.oneof(
  name,
  fc.constantFrom('=', ' ', '\n', "'", "\\'", '#', '\\', '\r\n', '0x1F', '1min', "'x'", '-', '\0'),
  fc.string(),
);
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join('')),
  fc
    .array(fc.tuple(name, fc.string({ maxLength: 12 })).map(([n, v]) => `${n} = '${v.replaceAll(/['\\\n]/g, '')}'`))
    .map((l) => l.join('\n')),
);

test('no text makes the reader throw, and every finding has a line of this text', () => {
  fc.assert(
    fc.property(text, (given) => {
      const result = parseConfig({ text: given, file: 'f', readFile: () => 'port = 5000', previous: defaults() });
      const lines = given.split('\n').length;
      for (const issue of [...(result.ok ? [] : result.issues), ...result.warnings]) {
        expect(issue.line).toBeLessThanOrEqual(lines);
        expect(formatIssue(issue)).not.toBe('');
      }
      if (!result.ok) expect(result.issues.every((i) => i.severity === 'error')).toBe(true);
    }),
    { numRuns: 2000 },
  );
});

test('a document gives back every text it was read from', () => {
  fc.assert(
    fc.property(text, (given) => {
      expect(ConfDocument.read(given, 'f').document.toString()).toBe(given);
    }),
    { numRuns: 2000 },
  );
});

test('a value that was set is the one that is read, and every other setting stays', () => {
  const plain = fc.string({ maxLength: 20 }).filter((v) => !/[\\'\n\0]/.test(v));
  const file = fc
    .array(fc.tuple(fc.constantFrom('port', 'ssl', 'work_dir', 'logdir', 'failover_command'), plain), { maxLength: 8 })
    .map((settings) => settings.map(([n, v]) => `${n} = '${v}' # c`).join('\n'));
  fc.assert(
    fc.property(
      file,
      fc.constantFrom('work_dir', 'failover_command', 'recovery_user'),
      plain,
      (given, changed, value) => {
        const before = ConfDocument.read(given, 'f').document;
        const after = ConfDocument.read(ConfDocument.parse(given).set(changed, value).toString(), 'f');
        expect(after.issues).toEqual([]);
        expect(after.document.get(changed)).toBe(value);
        for (const other of ['port', 'ssl']) expect(after.document.get(other)).toBe(before.get(other));
        expect(before.remove(changed).get(changed)).toBeUndefined();
      },
    ),
    { numRuns: 1000 },
  );
});

test('a megabyte of anything is read in linear time', () => {
  for (const unit of ["'", '\\', 'a', '1', 'a=b ', "a='b' ", '#', '\n', '\u00e9', "\\'", '=', 'include x\n', '- ']) {
    const given = unit.repeat(Math.ceil(1_000_000 / unit.length));
    const started = performance.now();
    parseConfig({ text: given, file: 'f', readFile: () => '' });
    expect(performance.now() - started, JSON.stringify(unit)).toBeLessThan(5000);
  }
});
