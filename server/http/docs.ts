/** The description of the API, made of the routes' own schemas: /api/openapi.json for programs, /api/docs for people. Works offline. */
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { CSRF_HEADER, SESSION_COOKIE } from './access.ts';

/** Must be called before the routes are added. */
export async function describeApi(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'AI Studio',
        version,
        description: `Sign in with POST /api/session; the reply holds csrfToken, which goes into the header ${CSRF_HEADER} of every request that changes something. x-roles tells who may call a route. Errors are ErrorReply objects with a code.`,
      },
      components: { securitySchemes: { session: { type: 'apiKey', in: 'cookie', name: SESSION_COOKIE } } },
    },
    transform: ({ schema, url, route }) => {
      const access = route.config?.access;
      const roles = access === 'anyone' ? ['anyone'] : [...(access ?? [])];
      return { url, schema: { ...schema, 'x-roles': roles, ...(access === 'anyone' ? {} : { security: [{ session: [] }] }) } as typeof schema };
    },
  });
  app.get('/api/openapi.json', { config: { access: 'anyone' }, schema: { hide: true } }, async () => app.swagger());
  await app.register(async (docs) => {
    docs.addHook('onRoute', (route) => {
      route.config = { ...route.config, access: 'anyone' };
    });
    await docs.register(swaggerUi, {
      routePrefix: '/api/docs',
      uiConfig: { docExpansion: 'list', validatorUrl: null },
      theme: { title: 'AI Studio API' },
    });
  });
}
