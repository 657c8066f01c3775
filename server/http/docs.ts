/** The description of the API, made of the routes' own schemas: /api/openapi.json for programs, /api/docs for people. Works offline. */
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { CSRF_HEADER, KIOSK_COOKIE, SESSION_COOKIE, STATION_COOKIE } from './access.ts';
import { ErrorReply } from './schemas.ts';

/** The one inline style of Swagger UI's page, by its hash: nothing else inline is let in. */
const INLINE_STYLE = 'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w=';

const KIOSK_SECURITY = { anyone: undefined, station: [{ station: [] }], kiosk: [{ station: [], kiosk: [] }] };

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
      components: {
        securitySchemes: {
          session: { type: 'apiKey', in: 'cookie', name: SESSION_COOKIE },
          station: { type: 'apiKey', in: 'cookie', name: STATION_COOKIE },
          kiosk: { type: 'apiKey', in: 'cookie', name: KIOSK_COOKIE },
        },
      },
    },
    transform: ({ schema, url, route }) => {
      const access = route.config?.access;
      const roles = typeof access === 'string' ? [access] : [...(access ?? [])];
      const security = typeof access === 'string' ? KIOSK_SECURITY[access] : [{ session: [] }];
      // Said here and not in each route: the daemon would compile a serializer for each of them.
      const response = { ...(schema?.response as object | undefined), '4xx': ErrorReply, '5xx': ErrorReply };
      return { url, schema: { ...schema, response, 'x-roles': roles, ...(security === undefined ? {} : { security }) } as typeof schema };
    },
  });
  app.get('/api/openapi.json', { config: { access: 'anyone' }, schema: { hide: true } }, async () => app.swagger());
  await app.register(async (docs) => {
    docs.addHook('onRoute', (route) => {
      route.config = { ...route.config, access: 'anyone' };
    });
    await docs.register(swaggerUi, {
      routePrefix: '/api/docs',
      // Reading can be tried out in the page; changing needs the token of a page of the studio.
      uiConfig: { docExpansion: 'list', validatorUrl: null, supportedSubmitMethods: ['get'] },
      transformStaticCSP: (header) => header.replace("style-src 'self'", `style-src 'self' '${INLINE_STYLE}'`),
      theme: { title: 'AI Studio API' },
    });
  });
}
