/** /api/experiments/:id/preflight, /api/preflights */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { DEVELOPERS, readerOf } from '../access.ts';
import { RunConfig } from '../schemas.ts';
import type { Studio } from '../studio.ts';
import { Preflight } from '../training-schemas.ts';
import { ById } from './parts.ts';

export const preflightRoutes =
  ({ preflights }: Studio): FastifyPluginAsyncTypebox =>
  async (app) => {
    const tags = ['experiments'];

    app.post(
      '/api/experiments/:id/preflight',
      {
        config: { access: DEVELOPERS },
        schema: { tags, summary: 'Time two steps of a training of a draft before it is started', params: ById, body: RunConfig, response: { 202: Preflight } },
      },
      async (request, reply) => reply.status(202).send(await preflights.start(readerOf(request), request.params.id, request.body)),
    );

    app.get(
      '/api/preflights/:id',
      { config: { access: DEVELOPERS }, schema: { tags, summary: 'A preflight and what it has found', params: ById, response: { 200: Preflight } } },
      async (request) => preflights.look(readerOf(request), request.params.id),
    );
  };
