/** /api/experiments/:id/automl */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { DEVELOPERS, readerOf } from '../access.ts';
import { Experiment } from '../schemas.ts';
import type { Studio } from '../studio.ts';
import { AutomlRequest, Leaderboard } from '../training-schemas.ts';
import { ById } from './parts.ts';

export const automlRoutes =
  ({ automl }: Studio): FastifyPluginAsyncTypebox =>
  async (app) => {
    const tags = ['experiments'];

    app.post(
      '/api/experiments/:id/automl',
      {
        config: { access: DEVELOPERS },
        schema: {
          tags,
          summary: 'Start AutoML: a training for each algorithm; the draft becomes the first',
          params: ById,
          body: AutomlRequest,
          response: { 200: Type.Array(Experiment) },
        },
      },
      async (request) => automl.start(readerOf(request), request.params.id, request.body),
    );

    app.get(
      '/api/experiments/:id/automl',
      {
        config: { access: DEVELOPERS },
        schema: { tags, summary: 'The leaderboard of the AutoML that an experiment belongs to', params: ById, response: { 200: Leaderboard } },
      },
      async (request) => automl.leaderboard(readerOf(request), request.params.id),
    );
  };
