/** The API for people (docs/api.md) and for programs (docs/openapi.json). */
import type { Operations } from '@pgherd/operations';
import { createRouter } from '../router/create-router.ts';
import { openApiDocument, type ProcedureFacts, proceduresOf } from './document.ts';

/** Nothing is asked of the engine while its API is described. */
const router = createRouter({} as Operations);

export const apiDescription = (): string => `${JSON.stringify(openApiDocument(router), null, 2)}\n`;

export function apiPage(): string {
  const all = proceduresOf(router);
  const table = (kind: ProcedureFacts['kind']): string =>
    all
      .filter((procedure) => procedure.kind === kind)
      .map(({ path, role, doc }) => `| \`${path}\` | ${role} | ${doc} |`)
      .join('\n');
  return `# Control API

Served on \`control_listen_addresses\`:\`control_port\` (default localhost:9897): HTTP at \`/trpc/NAME\`, a WebSocket at
\`/trpc\` (tRPC 11), and \`/openapi.json\`, the same as [openapi.json](openapi.json) here. This page is written by
\`npm run docs\`.

\`\`\`sh
TOKEN=$(awk '$1 == "operate" { print $3 }' control_token)
curl -H "Authorization: Bearer $TOKEN" http://localhost:9897/trpc/nodes
curl -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
     -d '{"act":"detach","node":2}' http://localhost:9897/trpc/begin
\`\`\`

- **Tokens** are in \`control_token_file\` (made at the first start, in \`work_dir\`, readable by its owner alone): role, name and
  token on each line. A change counts at once, also for what is being watched. A role includes those before it: read,
  operate, admin. Tokens go into the header \`Authorization: Bearer …\`, or into the first message of a WebSocket
  (\`connectionParams\`), never into an address.
- **On behalf of**: the holder of a token that serves several people says for whom it acts, in the header \`x-on-behalf-of\`
  (percent-encoded, 100 characters at most): events name \`TOKEN: PERSON\`. It gives no right that the token lacks.
- **Errors** have a sentence, tRPC's code, and in \`data.refused\` the engine's own code with each check and its remedy.
- **Off loopback** the door opens only with \`control_tls_cert\` and \`control_tls_key\`; with \`control_tls_ca\` clients need a
  certificate as well. Pages in a browser (requests with an Origin) have no access.
- An act goes on when its caller leaves: \`begin\` answers with its id, \`ended\` and \`watch.operations\` tell the rest.

TypeScript: \`createControlClient({ url, token })\` from \`@pgherd/control/client\`.

## Questions

| name | role | |
|---|---|---|
${table('query')}

## Acts

| name | role | |
|---|---|---|
${table('mutation')}

## Subscriptions

| name | role | |
|---|---|---|
${table('subscription')}
`;
}
