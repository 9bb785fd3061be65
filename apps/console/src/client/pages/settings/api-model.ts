/** The OpenAPI document as a page shows it: calls in groups, their inputs, an example. Without a browser. */
interface Schema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly minimum?: number;
}

interface OperationObject {
  readonly operationId?: string;
  readonly description?: string;
  readonly 'x-permission'?: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly schema?: Schema;
  }[];
  readonly requestBody?: { readonly content?: Readonly<Record<string, { readonly schema?: Schema }>> };
}

export interface Document {
  readonly paths?: Readonly<Record<string, Readonly<Record<string, OperationObject>>>>;
}

export interface CallInput {
  readonly name: string;
  readonly place: 'path' | 'query' | 'body';
  readonly required: boolean;
  /** As `text`, `whole number`, `done | refused`, `list`. */
  readonly type: string;
}

export const GROUPS = ['clusters', 'acts', 'sessions', 'proxies', 'config', 'versions', 'drafts', 'console'] as const;
export type Group = (typeof GROUPS)[number];

export interface Call {
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly doc: string;
  readonly permission: string;
  readonly group: Group;
  readonly inputs: readonly CallInput[];
  /** With values that only stand for something. */
  readonly example: { readonly path: string; readonly body?: unknown };
}

const PLACES: Readonly<Record<string, Group>> = {
  ...{ acts: 'acts', operations: 'acts', rehearse: 'acts', plan: 'acts', problems: 'acts' },
  ...{ sessions: 'sessions', routes: 'sessions', 'routing-cases': 'sessions', proxies: 'proxies', cache: 'proxies' },
  ...{ versions: 'versions', drafts: 'drafts', check: 'drafts', runs: 'drafts', cases: 'drafts' },
  ...{
    running: 'config',
    wanted: 'config',
    drift: 'config',
    secrets: 'config',
    accounts: 'config',
    parameters: 'config',
  },
};

function groupOf(path: string): Group {
  const [first, , part] = path.split('/').slice(1);
  if (first !== 'clusters') return 'console';
  return part === undefined ? 'clusters' : (PLACES[part] ?? 'clusters');
}

export type TypeWord = 'string' | 'number' | 'integer' | 'boolean' | 'array' | 'object' | 'any';

function typeOf(schema: Schema | undefined, word: (type: TypeWord) => string): string {
  if (schema === undefined) return word('any');
  if (schema.const !== undefined) return String(schema.const);
  if (schema.enum !== undefined) return schema.enum.join(' | ');
  const several = schema.anyOf ?? schema.oneOf;
  if (several !== undefined) {
    const types = several.filter(({ type }) => type !== 'null').map((one) => typeOf(one, word));
    return [...new Set(types)].join(' | ');
  }
  const types = (typeof schema.type === 'string' ? [schema.type] : (schema.type ?? [])).filter(
    (type) => type !== 'null',
  );
  const known: readonly string[] = ['string', 'number', 'integer', 'boolean', 'array', 'object'];
  return types.map((type) => word(known.includes(type) ? (type as TypeWord) : 'any')).join(' | ') || word('any');
}

const PLACEHOLDERS: Readonly<Record<string, unknown>> = { reason: 'why', confirm: '', sql: 'SELECT 1' };

function exampleOf(schema: Schema | undefined, name: string): unknown {
  if (schema === undefined) return null;
  if (schema.const !== undefined) return schema.const;
  if (schema.default !== undefined) return schema.default;
  if (schema.enum !== undefined) return schema.enum[0];
  const [first] = schema.anyOf ?? schema.oneOf ?? [];
  if (first !== undefined) return exampleOf(first, name);
  const [type] = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? []);
  if (type === 'object') {
    const required = schema.required ?? [];
    const entries = Object.entries(schema.properties ?? {}).filter(([key]) => required.includes(key));
    return Object.fromEntries(entries.map(([key, value]) => [key, exampleOf(value, key)]));
  }
  if (type === 'array') return schema.items === undefined ? [] : [exampleOf(schema.items, name)];
  if (type === 'integer' || type === 'number') return Math.max(1, schema.minimum ?? 1);
  if (type === 'boolean') return false;
  return PLACEHOLDERS[name] ?? name;
}

/** @param word the words of types, in the reader's language */
export function callsOf(document: Document, word: (type: TypeWord) => string): readonly Call[] {
  const calls = Object.entries(document.paths ?? {}).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): Call => {
      const body = Object.values(operation.requestBody?.content ?? {})[0]?.schema;
      const parameters = operation.parameters ?? [];
      const example = exampleOf(body, '');
      return {
        ...{ id: `${method} ${path}`, method: method.toUpperCase() as Call['method'], path },
        ...{ doc: operation.description ?? '', permission: operation['x-permission'] ?? '', group: groupOf(path) },
        inputs: [
          ...parameters.map(
            ({ name, in: place, required, schema }): CallInput => ({
              ...{ name, place: place === 'path' ? 'path' : 'query', required: required === true || place === 'path' },
              type: typeOf(schema, word),
            }),
          ),
          ...Object.entries(body?.properties ?? {}).map(
            ([name, schema]): CallInput => ({
              ...{ name, place: 'body', required: body?.required?.includes(name) === true, type: typeOf(schema, word) },
            }),
          ),
        ],
        example: { path: path.replaceAll(/\{(\w+)\}/g, '$1'), ...(body === undefined ? {} : { body: example }) },
      };
    }),
  );
  return calls.sort((a, b) => GROUPS.indexOf(a.group) - GROUPS.indexOf(b.group));
}

export function found(calls: readonly Call[], query: string): readonly Call[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return calls.filter(({ method, path, doc, permission }) => {
    const text = `${method} ${path} ${doc} ${permission}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
