/** REST for scripts: the same procedures under /api/v1, by their OpenAPI names, and the document of it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createOpenApiNodeHttpHandler, generateOpenApiDocument, type OpenApiRouter } from 'trpc-to-openapi';
import type { Meta } from '../rpc/base.ts';
import type { CallContext } from '../rpc/context.ts';
import { appRouter } from '../rpc/router.ts';

/** The library's idea of a router's meta does not know that ours holds more. */
const openRouter = appRouter as unknown as OpenApiRouter;
const contexts = new WeakMap<IncomingMessage, CallContext>();

export function openApiDocument(origin: string): ReturnType<typeof generateOpenApiDocument> {
  const document = generateOpenApiDocument(openRouter, {
    title: 'pgherd console',
    version: '1',
    description:
      'What the console does, for scripts. A token goes into the header `Authorization: Bearer …`; make one under Settings.',
    baseUrl: `${origin}/api/v1`,
    securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
  });
  // What each needs and does stands in the meta of the procedures, for all doors.
  const about = new Map(
    Object.entries(
      appRouter._def.procedures as unknown as Record<string, { readonly _def: { readonly meta?: Meta } }>,
    ).map(([path, { _def }]) => [path.replaceAll('.', '-'), _def.meta]),
  );
  for (const methods of Object.values(document.paths ?? {})) {
    for (const operation of Object.values(methods as Record<string, { operationId?: string }>)) {
      const meta = about.get(operation.operationId ?? '');
      if (meta !== undefined) Object.assign(operation, { description: meta.doc, 'x-permission': meta.need });
    }
  }
  return document;
}

export function restHandler() {
  const handle = createOpenApiNodeHttpHandler({
    router: openRouter,
    createContext: async ({ req }) => contexts.get(req as IncomingMessage) as CallContext,
    maxBodySize: 3 * 1024 * 1024,
  });
  return async (
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    context: CallContext,
  ): Promise<void> => {
    if (path === '/api/v1/openapi.json') {
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify(openApiDocument(context.origin)));
      return;
    }
    contexts.set(request, context);
    request.url = (request.url ?? '').slice('/api/v1'.length) || '/';
    await handle(request, response, () => {});
  };
}
