import { describe, expect, it } from 'vitest';
import { StatementTexts } from './statement-texts.ts';

describe('the texts of a session', () => {
  it('are kept by name, the newest of each', () => {
    const texts = new StatementTexts();
    texts.set('sa', 'one');
    texts.set('sa', 'two');
    texts.set('s', '');
    expect([texts.get('sa'), texts.get('s'), texts.get('sb')]).toEqual(['two', '', undefined]);
  });

  it('never take more than a megabyte, whatever a client prepares; the oldest go first', () => {
    const texts = new StatementTexts();
    const long = 'x'.repeat(100_000);
    for (let i = 0; i < 1000; i++) {
      texts.set(`s${i}`, long);
      expect(texts.bytes).toBeLessThanOrEqual(1024 * 1024);
    }
    expect(texts.get('s999')).toBe(long);
    expect(texts.get('s0')).toBeUndefined();
    for (let i = 0; i < 100_000; i++) texts.set(`p${i}`, '');
    expect(texts.bytes).toBeLessThanOrEqual(1024 * 1024);
    expect(texts.get('p99999')).toBe('');
  });

  it('that are too large by themselves are not kept, and push nothing out', () => {
    const texts = new StatementTexts();
    texts.set('sa', 'one');
    texts.set('sb', 'x'.repeat(600_000));
    texts.set('sa2', 'two');
    expect([texts.get('sa'), texts.get('sb'), texts.get('sa2')]).toEqual(['one', undefined, 'two']);
    texts.set('sa', 'x'.repeat(600_000));
    expect(texts.get('sa')).toBeUndefined();
  });
});
