/** The API as an OpenAPI document, from the schemas of its procedures. Pure. */
import { findParameter } from '@pgherd/config/table';
import { z } from 'zod';
import { neededRole } from '../router/access.ts';
import type { ProcedureMeta } from '../router/base.ts';
import type { ControlRouter } from '../router/create-router.ts';

export interface ProcedureFacts {
  readonly path: string;
  readonly kind: 'query' | 'mutation' | 'subscription';
  readonly doc: string;
  readonly role: string | null;
  readonly input: z.ZodType | null;
  /** Of one answer; of a subscription what it gives again and again. */
  readonly output: z.ZodType | null;
}

interface Definition {
  readonly type: ProcedureFacts['kind'];
  readonly meta?: ProcedureMeta;
  readonly inputs: readonly z.ZodType[];
  readonly output?: z.ZodType;
}

export function proceduresOf(router: ControlRouter): ProcedureFacts[] {
  return Object.entries(router._def.procedures as Readonly<Record<string, unknown>>).map(([path, procedure]) => {
    const { type, meta, inputs, output } = (procedure as { readonly _def: Definition })._def;
    return {
      path,
      kind: type,
      doc: meta?.doc ?? '',
      role: neededRole(path),
      input: inputs[0] ?? null,
      output: meta?.yields ?? output ?? null,
    };
  });
}

type Json = Readonly<Record<string, unknown>>;

const jsonOf = (schema: z.ZodType | null, io: 'input' | 'output'): Json => {
  if (schema === null) return {};
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Record<string, unknown>;
  return rest;
};

const json = (schema: Json): Json => ({ 'application/json': { schema } });

export function openApiDocument(router: ControlRouter): Json {
  const all = proceduresOf(router);
  const calls = all.filter(({ kind }) => kind !== 'subscription');
  const subscriptions = all.filter(({ kind }) => kind === 'subscription');
  return {
    openapi: '3.1.0',
    info: {
      title: 'pgherd control API',
      version: '1',
      description:
        'What the engine can be asked and told. The subscriptions (x-subscriptions) run over a WebSocket at /trpc, in the protocol of tRPC 11.',
    },
    servers: [{ url: `http://localhost:${findParameter('control_port')?.default ?? ''}` }],
    security: [{ token: [] }],
    paths: Object.fromEntries(calls.map((call) => [`/trpc/${call.path}`, { post: operationOf(call) }])),
    'x-subscriptions': Object.fromEntries(
      subscriptions.map(({ path, doc, role, input, output }) => [
        path,
        { description: doc, 'x-role': role, input: jsonOf(input, 'input'), yields: jsonOf(output, 'output') },
      ]),
    ),
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'A token of control_token_file.' },
      },
      schemas: { Error: ERROR },
    },
  };
}

function operationOf({ path, kind, doc, role, input, output }: ProcedureFacts): Json {
  const errors = Object.fromEntries(
    ['400', '401', '403', '404', '409', '412', '429'].map((status) => [
      status,
      { description: ERRORS[status], content: json({ $ref: '#/components/schemas/Error' }) },
    ]),
  );
  const result = { type: 'object', properties: { data: jsonOf(output, 'output') }, required: ['data'] };
  return {
    operationId: path,
    description: doc,
    'x-role': role,
    'x-changes': kind === 'mutation',
    ...(input === null ? {} : { requestBody: { required: true, content: json(jsonOf(input, 'input')) } }),
    responses: {
      '200': {
        description: 'The answer.',
        content: json({ type: 'object', properties: { result }, required: ['result'] }),
      },
      ...errors,
    },
  };
}

const ERRORS: Readonly<Record<string, string>> = {
  '400': 'The input does not fit.',
  '401': 'No token, or one that is not valid.',
  '403': 'The role of the token does not allow it.',
  '404': 'There is no such node or act.',
  '409': 'Nothing to do, or another act is under way.',
  '412': 'Refused: see the checks.',
  '429': 'Too much at once.',
};

const ERROR: Json = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['message', 'code', 'data'],
      properties: {
        message: { type: 'string', description: 'One sentence.' },
        code: { type: 'integer', description: "JSON-RPC's number." },
        data: {
          type: 'object',
          required: ['code', 'httpStatus'],
          properties: {
            code: { type: 'string', description: "tRPC's code, as NOT_FOUND." },
            httpStatus: { type: 'integer' },
            refused: {
              description: 'When the engine refused: its stable code and what it checked.',
              anyOf: [
                {
                  type: 'object',
                  required: ['code', 'checks'],
                  properties: {
                    code: { type: 'string' },
                    checks: {
                      type: 'array',
                      items: {
                        type: 'object',
                        required: ['name', 'ok', 'detail', 'remedy'],
                        properties: {
                          name: { type: 'string' },
                          ok: { type: 'boolean' },
                          detail: { type: 'string' },
                          remedy: { type: ['string', 'null'] },
                        },
                      },
                    },
                  },
                },
                { type: 'null' },
              ],
            },
          },
        },
      },
    },
  },
};
