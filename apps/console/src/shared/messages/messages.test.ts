import { type MessageFormatElement, parse, TYPE } from '@formatjs/icu-messageformat-parser';
import { describe, expect, it } from 'vitest';
import en from './en/index.ts';
import ja from './ja/index.ts';

type Texts = Map<string, string>;

function textsOf(value: unknown, path = '', texts: Texts = new Map()): Texts {
  if (typeof value === 'string') texts.set(path, value);
  else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) textsOf(inner, path === '' ? key : `${path}.${key}`, texts);
  }
  return texts;
}

/** Names of placeholders and rich-text tags, wherever they stand in plural branches. */
function placeholdersOf(elements: readonly MessageFormatElement[], names = new Set<string>()): Set<string> {
  for (const element of elements) {
    if (element.type === TYPE.literal || element.type === TYPE.pound) continue;
    names.add(element.type === TYPE.tag ? `<${element.value}>` : element.value);
    if (element.type === TYPE.tag) placeholdersOf(element.children, names);
    if (element.type === TYPE.plural || element.type === TYPE.select) {
      for (const option of Object.values(element.options)) placeholdersOf(option.value, names);
    }
  }
  return names;
}

const english = textsOf(en);
const japanese = textsOf(ja);

describe('messages', () => {
  it('have the same keys in both languages', () => {
    expect([...japanese.keys()].sort()).toEqual([...english.keys()].sort());
    expect(english.size).toBeGreaterThan(100);
  });

  it('are never empty', () => {
    for (const [key, text] of [...english, ...japanese]) expect(text.trim(), key).not.toBe('');
  });

  it('have the same placeholders in both languages', () => {
    const differing = [...english].filter(([key, text]) => {
      const [a, b] = [placeholdersOf(parse(text)), placeholdersOf(parse(japanese.get(key) ?? ''))];
      return [...a].sort().join() !== [...b].sort().join();
    });
    expect(differing).toEqual([]);
  });

  it('keep to the tone: no exclamation, no please, no oops, no successfully', () => {
    for (const [key, text] of english) expect(text, key).not.toMatch(/!|please|oops|successfully/i);
    for (const [key, text] of japanese) expect(text, key).not.toMatch(/！|成功しました/);
  });

  it('write Japanese with full-width punctuation and a space around digits and placeholders inside a sentence', () => {
    const kana = '[\\u3040-\\u30ff\\u4e00-\\u9fff]';
    const glued = new RegExp(`${kana}[0-9A-Za-z]|[0-9A-Za-z]${kana}`);
    for (const [key, text] of japanese) {
      expect(text, key).not.toMatch(/[,;:?()](?=[\u3040-\u30ff\u4e00-\u9fff])/);
      const bare = text.replaceAll(/\{[^{}]*\}/g, ' ').replaceAll(/(plural|one|other|=\d+)/g, ' ');
      expect(bare, key).not.toMatch(glued);
    }
  });
});
