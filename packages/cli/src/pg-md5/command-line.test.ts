import { expect, test } from 'vitest';
import { parseMd5Line } from './command-line.ts';

test.each([
  ['secret', { act: 'print', from: { kind: 'argument', password: 'secret' }, user: null, config: null }],
  ['-p', { act: 'print', from: { kind: 'prompt' }, user: null, config: null }],
  ['-i FILE', { act: 'print', from: { kind: 'file', path: 'FILE' }, user: null, config: null }],
  ['-m -f C -u U secret', { act: 'store', from: { kind: 'argument', password: 'secret' }, user: 'U', config: 'C' }],
  [
    'secret -m --username=U --config-file C',
    { act: 'store', from: { kind: 'argument', password: 'secret' }, user: 'U', config: 'C' },
  ],
  ['--md5auth --prompt', { act: 'store', from: { kind: 'prompt' }, user: null, config: null }],
  ['-m -i FILE', { act: 'store', from: { kind: 'file', path: 'FILE' }, user: null, config: null }],
  ['-h', { act: 'help' }],
  ['', { act: 'refused', message: '' }],
  ['--bad', { act: 'refused', message: "unrecognized option '--bad'" }],
])('%j', (line, expected) => {
  expect(parseMd5Line(line === '' ? [] : line.split(' '))).toEqual(expected);
});
