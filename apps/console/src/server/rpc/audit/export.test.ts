import { expect, it } from 'vitest';
import { csvOf } from './export.ts';

const entry = {
  ...{ seq: 1, at: '2026-01-01T00:00:00.000Z', actor: 'sato', via: 'session', address: '::1', cluster: 'orders' },
  ...{ action: 'act.begin', target: 'orders', details: { reason: 'a "quoted", one' }, result: 'done', hash: 'ab' },
};

it('quotes cells as RFC 4180 says', () => {
  const [head, line, end] = csvOf([entry]).split('\r\n');
  expect(head).toBe('seq,at,actor,via,address,cluster,action,target,details,result,hash');
  expect(line).toContain(',"{""reason"":""a \\""quoted\\"", one""}",');
  expect(end).toBe('');
});

it('keeps a spreadsheet from taking a name for a formula', () => {
  expect(csvOf([{ ...entry, actor: '=HYPERLINK("x")' }])).toContain(`,"'=HYPERLINK(""x"")",`);
  for (const first of ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
    expect(csvOf([{ ...entry, actor: `${first}x` }])).toMatch(/,"?'[^x]x/);
});
