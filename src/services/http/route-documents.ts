/** The OpenAPI document of a listener, made from the schemas of its routes, and the page that shows it. */
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifySchema } from 'fastify';
import Type from 'typebox';
import type { HttpServer } from './http-server.ts';

interface Operation {
  'x-body'?: NonNullable<FastifySchema['x-body']>;
  requestBody?: object;
}

/** Must be called before the routes that are to be described are added. */
export async function describeRoutes(
  server: HttpServer,
  { title, version }: { readonly title: string; readonly version: string },
): Promise<void> {
  await server.register(swagger, {
    openapi: { openapi: '3.1.0', info: { title, version, license: { name: 'Apache-2.0' } } },
    transform: ({ schema, url }) => ({ schema: namedWildcard(schema), url: url.replace(/\*$/, ':filename') }),
    transformObject: (document) => {
      if (!('openapiObject' in document)) return document.swaggerObject;
      for (const path of Object.values(document.openapiObject.paths ?? {})) {
        for (const operation of Object.values(path ?? {})) describeBody(operation as Operation);
      }
      return document.openapiObject;
    },
  });
  await server.register(swaggerUi, { routePrefix: '/docs' });
  server.get('/openapi.json', { schema: { hide: true } }, async () => server.swagger());
}

/** The rest of a path is called `*` by the router, `filename` by the contract. */
function namedWildcard(schema: FastifySchema): FastifySchema {
  const { properties = {} } = (schema?.params ?? {}) as {
    readonly properties?: Readonly<Record<string, object>>;
  };
  const { '*': rest, ...others } = properties;
  return rest === undefined ? schema : { ...schema, params: Type.Object({ ...others, filename: rest }) };
}

function describeBody(operation: Operation): void {
  const body = operation['x-body'];
  if (body === undefined) return;
  operation.requestBody = { required: true, content: { [body.type]: { schema: body.schema } } };
  delete operation['x-body'];
}
