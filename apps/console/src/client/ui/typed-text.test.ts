import { expect, test } from 'vitest';
import { receive, type, typedText } from './typed-text.ts';

test('keeps what was typed while older values are still coming back', () => {
  let field = typedText('');
  for (const text of ['c', 'cl', 'cli', 'clie']) field = type(field, text);
  field = receive(field, 'c');
  expect(field.text).toBe('clie');
  // The address may skip values.
  field = receive(field, 'cli');
  expect(field.text).toBe('clie');
  field = receive(field, 'clie');
  expect(field).toEqual({ text: 'clie', seen: 'clie', sent: [] });
});

test('takes a value that nobody typed here', () => {
  let field = type(typedText('pool'), 'pools');
  field = receive(field, 'pools');
  expect(receive(field, 'pool').text).toBe('pool');
  expect(receive(type(field, 'poolsx'), '').text).toBe('');
});

test('does not take the value of before for an answer', () => {
  const field = type(typedText('pool'), 'pools');
  expect(receive(field, 'pool')).toBe(field);
  expect(type(field, 'pools')).toBe(field);
});
