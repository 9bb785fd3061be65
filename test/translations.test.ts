/**
 * The Japanese documents say what the English ones do: when an English one changes, its translation is named here until somebody
 * has looked at it and written down the new hash (`node test/translations.ts`).
 */
import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { root } from './checks.ts';
import { lagging, PAIRS } from './translations.ts';

test('no translation lags behind its original', () => {
  expect(lagging()).toEqual([]);
});

test.each(PAIRS)('%s and its translation have the same parts', (english, japanese) => {
  const shape = (file: string) => {
    const text = fs.readFileSync(path.join(root, file), 'utf8');
    return {
      heads: text.match(/^#+ /gm)?.map((head) => head.length),
      rows: text.match(/^\|/gm)?.length,
      steps: text.match(/^\d+\. /gm)?.length,
    };
  };
  expect(shape(japanese).rows).toBe(shape(english).rows);
  expect(shape(japanese).steps).toBe(shape(english).steps);
  if (english !== 'README.md') expect(shape(japanese).heads).toEqual(shape(english).heads);
});
