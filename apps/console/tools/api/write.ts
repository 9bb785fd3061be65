/**
 * Writes what derives from the console's REST API: docs/console-openapi.json, docs/console-api.md and the types of
 * @pgherd/client. With --check it compares and exits 1 on a difference.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { openApiDocument } from '../../src/server/rest/rest.ts';
import { type JsonSchema, typeOf } from './schema-type.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

interface Operation {
  readonly description?: string;
  readonly 'x-permission'?: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly schema?: JsonSchema;
  }[];
  readonly requestBody?: { readonly content?: Readonly<Record<string, { readonly schema?: JsonSchema }>> };
  readonly responses?: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema?: JsonSchema }>> }>
  >;
}
interface Call {
  readonly name: string;
  readonly doc: string;
  readonly need: string;
  readonly input: JsonSchema;
  readonly output: JsonSchema | undefined;
}

const document = openApiDocument('https://console.example.com');
const calls: readonly Call[] = Object.entries(document.paths ?? {})
  .flatMap(([at, methods]) =>
    Object.entries(methods as Readonly<Record<string, Operation>>).map(([method, operation]) =>
      callOf(method, at, operation),
    ),
  )
  .sort((a, b) => (a.name.slice(a.name.indexOf(' ')) < b.name.slice(b.name.indexOf(' ')) ? -1 : 1));

function callOf(method: string, at: string, operation: Operation): Call {
  const parameters = operation.parameters ?? [];
  const body = operation.requestBody?.content?.['application/json']?.schema;
  const inPath = parameters.filter((one) => one.in === 'path').map(({ name }) => name);
  return {
    ...{
      name: `${method.toUpperCase()} ${at}`,
      doc: operation.description ?? '',
      need: operation['x-permission'] ?? '',
    },
    input: {
      type: 'object',
      properties: {
        ...Object.fromEntries(parameters.map(({ name, schema }) => [name, schema ?? {}])),
        ...body?.properties,
      },
      required: [
        ...inPath,
        ...parameters.filter((one) => one.in !== 'path' && one.required === true).map(({ name }) => name),
        ...(body?.required ?? []),
      ],
    },
    output: operation.responses?.['200']?.content?.['application/json']?.schema,
  };
}

function typesFile(): string {
  const entries = calls.map(({ name, doc, input, output }) => {
    const empty = Object.keys(input.properties ?? {}).length === 0;
    const given = empty ? '{ readonly [name: string]: never }' : typeOf(input);
    return `  /** ${doc.replaceAll('*/', '*\\/')} */\n  readonly '${name}': Call<${given}, ${typeOf(output)}>;`;
  });
  return `/** Written by \`npm run docs\` from the console's OpenAPI document: not by hand. */
export interface Call<Input, Output> {
  readonly input: Input;
  readonly output: Output;
}

export interface Calls {
${entries.join('\n')}
}

export type CallName = keyof Calls;
export type InputOf<Name extends CallName> = Calls[Name]['input'];
export type OutputOf<Name extends CallName> = Calls[Name]['output'];
`;
}

function page(): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  const rows = calls.map(({ name, doc, need, input }) => {
    const required = input.required ?? [];
    const inputs = Object.keys(input.properties ?? {}).map((key) =>
      required.includes(key) ? `\`${key}\`` : `\`${key}\`?`,
    );
    const needed = need === 'signedIn' ? 'a token' : need === 'public' ? '' : `\`${need}\``;
    return `| \`${name}\` | ${needed} | ${inputs.join(', ')} | ${cell(doc)} |`;
  });
  return `# The console's REST API

Everything that the console does, for scripts: the procedures of its pages under \`/api/v1\`, with the same permissions, refusals and
audit. [console-openapi.json](console-openapi.json) is its description, which a console also serves at \`/api/v1/openapi.json\` and
shows under Settings, API. TypeScript: [@pgherd/client](../packages/client/README.md). This page is written by \`npm run docs\`.

\`\`\`sh
curl -H "Authorization: Bearer $PGHERD_TOKEN" https://console.example.com/api/v1/clusters/orders/status
curl -X POST -H "Authorization: Bearer $PGHERD_TOKEN" -H 'Content-Type: application/json' \\
     -d '{"wish":{"act":"detach","node":2},"reason":"disk swap","confirm":"node 2"}' \\
     https://console.example.com/api/v1/clusters/orders/acts
\`\`\`

- **Tokens** are made under Settings, Tokens, and carry a part of their maker's permissions. They expire, can be revoked at once, and
  show their last use. A script sends one in the header \`Authorization: Bearer …\`, never in an address.
- **Names in braces** stand in the path. Further inputs of GET and DELETE are the query, of others a JSON body. \`?\`: may be left out.
- **Errors** have HTTP's status, a sentence in \`message\`, and in \`data.refused\` a stable \`code\`, the missing \`permission\` and the
  \`checks\` that failed.
- **Acts** go on when nobody waits. In production they take the name of their object in \`confirm\`; those beyond attach a \`reason\`.

| call | needs | input | |
|---|---|---|---|
${rows.join('\n')}
`;
}

/** As `npm run check` wants files to be. */
function formatted(text: string, name: string): string {
  const biome = path.join(root, 'node_modules/.bin/biome');
  const done = spawnSync(biome, ['format', `--stdin-file-path=${name}`], {
    cwd: root,
    input: text,
    encoding: 'utf8',
    timeout: 60_000,
  });
  if (done.status !== 0) throw new Error(`biome format ${name}: ${done.stderr}`);
  return done.stdout;
}

const written: readonly (readonly [string, string])[] = [
  ['docs/console-openapi.json', formatted(JSON.stringify(document), 'docs/console-openapi.json')],
  ['docs/console-api.md', page()],
  ['packages/client/src/calls.ts', formatted(typesFile(), 'packages/client/src/calls.ts')],
];
for (const [name, wanted] of written) {
  const file = path.join(root, name);
  if (!process.argv.includes('--check')) fs.writeFileSync(file, wanted);
  else if (!fs.existsSync(file) || fs.readFileSync(file, 'utf8') !== wanted) {
    process.stdout.write(`${name} is not what the code says: run npm run docs\n`);
    process.exitCode = 1;
  }
}
