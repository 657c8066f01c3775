/**
 * The description of the API, made of the routes' own schemas: /api/openapi.json for programs, /api/docs for people. Works offline. It is an application of its
 * own beside the daemon's, which is only made when somebody asks: it would be a tenth of every start.
 */
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest, type RouteOptions } from 'fastify';
import { CSRF_HEADER, KIOSK_COOKIE, SESSION_COOKIE, STATION_COOKIE } from './access.ts';
import { ErrorReply } from './schemas.ts';

/** The one inline style of Swagger UI's page, by its hash: nothing else inline is let in. */
const INLINE_STYLE = 'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w=';
const CSP = 'content-security-policy';

const KIOSK_SECURITY = { anyone: undefined, station: [{ station: [] }], kiosk: [{ station: [], kiosk: [] }] };

/** Must be called before the routes are added. */
export function describeApi(app: FastifyInstance, version: string): void {
  const routes: RouteOptions[] = [];
  app.addHook('onRoute', (route) => {
    routes.push(route);
  });
  let description: Promise<FastifyInstance> | null = null;
  const answer = async ({ url, headers: asked }: FastifyRequest, reply: FastifyReply) => {
    description ??= describe(routes, version);
    const { statusCode, headers, rawPayload } = await (await description).inject({ url, headers: asked });
    if (statusCode === 404) return reply.callNotFound();
    const { connection: _, ...kept } = headers;
    const policy = String(reply.getHeader(CSP)).replace("style-src 'self'", `style-src 'self' '${INLINE_STYLE}'`);
    return reply.code(statusCode).headers(kept).header(CSP, policy).send(rawPayload);
  };
  for (const url of ['/api/openapi.json', '/api/docs', '/api/docs/*']) app.get(url, { config: { access: 'anyone' }, schema: { hide: true } }, answer);
}

async function describe(routes: readonly RouteOptions[], version: string): Promise<FastifyInstance> {
  const { default: swagger } = await import('@fastify/swagger');
  const { default: swaggerUi } = await import('@fastify/swagger-ui');
  const app = Fastify();
  // Its routes are looked at and never called.
  app.setValidatorCompiler(() => () => true);
  app.setSerializerCompiler(() => JSON.stringify);
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
  for (const { method, url, schema, config } of routes) {
    if (!(schema as { hide?: boolean } | undefined)?.hide)
      app.route({ method, url, ...(schema && { schema }), ...(config && { config }), handler: () => null });
  }
  app.get('/api/openapi.json', { schema: { hide: true } }, async () => app.swagger());
  await app.register(swaggerUi, {
    routePrefix: '/api/docs',
    // Reading can be tried out in the page; changing needs the token of a page of the studio.
    uiConfig: { docExpansion: 'list', validatorUrl: null, supportedSubmitMethods: ['get'] },
    theme: { title: 'AI Studio API' },
  });
  return app;
}
