import { expect, it } from 'vitest';
import { callsOf, found } from './api-model.ts';

const document = {
  paths: {
    '/audit': {
      get: {
        description: 'The audit log.',
        'x-permission': 'audit.read',
        parameters: [{ name: 'limit', in: 'query', schema: { type: 'integer' } }],
      },
    },
    '/clusters/{cluster}/acts': {
      post: {
        description: 'Begins an act.',
        parameters: [{ name: 'cluster', in: 'path', required: true, schema: { type: 'string' } }],
        requestBody: {
          content: {
            'application/json': {
              schema: {
                type: 'object',
                required: ['wish'],
                properties: {
                  wish: {
                    oneOf: [
                      {
                        type: 'object',
                        required: ['act', 'node'],
                        properties: { act: { const: 'attach' }, node: { type: 'integer', minimum: 0 } },
                      },
                    ],
                  },
                  reason: { type: 'string' },
                },
              },
            },
          },
        },
      },
    },
  },
} as const;
const calls = callsOf(document, (type) => type);

it('puts calls into groups, with what they take', () => {
  expect(calls.map(({ method, group }) => `${method} ${group}`)).toEqual(['POST acts', 'GET console']);
  const inputs = calls[0]?.inputs.map(({ name, place, required }) => `${name} ${place} ${required}`);
  expect(inputs).toEqual(['cluster path true', 'wish body true', 'reason body false']);
});

it('makes an example of what is required', () => {
  expect(calls[0]?.example).toEqual({ path: '/clusters/cluster/acts', body: { wish: { act: 'attach', node: 1 } } });
});

it('finds a call by any of its words', () => {
  expect(found(calls, 'audit log').map(({ path }) => path)).toEqual(['/audit']);
  expect(found(calls, 'audit acts')).toEqual([]);
});
