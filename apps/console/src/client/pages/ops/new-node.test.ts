import { expect, it } from 'vitest';
import { freeNumber, isAddress, nodeAt, withNode } from './new-node.ts';

const TEXT = "# herd\nbackend_hostname0 = 'a'\nbackend_port0 = 5432\nbackend_hostname2 = 'c'\nbackend_port2 = 5432\n";

it('takes the first number that is free', () => {
  expect(freeNumber(TEXT)).toBe(1);
  expect(freeNumber('')).toBe(0);
});

it('adds a node, and keeps what is there', () => {
  const text = withNode(TEXT, 1, { host: 'b', port: '5433', weight: '2', dataDirectory: '' });
  expect(text).toContain('# herd');
  expect(nodeAt(text, 'b', '5433')).toBe(1);
  expect(nodeAt(text, 'a', '5432')).toBe(0);
  expect(text).not.toContain('backend_data_directory');
});

it('knows an address that cannot be one', () => {
  expect(isAddress({ host: 'b', port: '5433' })).toBe(true);
  expect(isAddress({ host: 'b c', port: '5433' })).toBe(false);
  expect(isAddress({ host: 'b', port: '70000' })).toBe(false);
  expect(isAddress({ host: '', port: '5432' })).toBe(false);
});
