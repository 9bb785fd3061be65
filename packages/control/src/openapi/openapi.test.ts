import { expect, test } from 'vitest';
import { createRouter } from '../router/create-router.ts';
import { FakeOperations } from '../testing/fake-operations.ts';
import { openApiDocument, proceduresOf } from './document.ts';

interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
}
interface Document {
  readonly paths: Readonly<
    Record<string, { readonly post: { readonly requestBody?: unknown; readonly responses: Record<string, unknown> } }>
  >;
  readonly 'x-subscriptions': Readonly<Record<string, { readonly yields: Schema }>>;
}

const router = createRouter(new FakeOperations());
const document = openApiDocument(router) as unknown as Document;

test('every procedure says what it does, takes what it says, and has a schema for what it gives', () => {
  for (const { path, doc, output, role } of proceduresOf(router)) {
    expect(doc, path).toMatch(/^\S.{15,}\.$/s);
    expect(output, path).not.toBeNull();
    expect(role, path).not.toBeNull();
  }
});

test('calls and subscriptions stand apart, and nothing is left as "anything"', () => {
  expect(Object.keys(document.paths)).toContain('/trpc/explainRoute');
  expect(Object.keys(document['x-subscriptions'])).toEqual([
    'watch.nodes',
    'watch.pools',
    'watch.sessions',
    'watch.metrics',
    'watch.events',
    'watch.operations',
    'watch.configuration',
    'watch.problems',
    'watch.logs',
  ]);
  expect(document['x-subscriptions']['watch.metrics']?.yields.properties?.['latency']?.type).toBe('object');
  expect(JSON.stringify(document.paths['/trpc/begin']?.post.requestBody)).toContain('"const":"switchover"');
  expect(JSON.stringify(document)).not.toMatch(/"schema":\{\}/);
});

test('a default makes a field of the input optional', () => {
  expect(JSON.stringify(document.paths['/trpc/ended']?.post.requestBody)).toContain('"required":["id"]');
});
