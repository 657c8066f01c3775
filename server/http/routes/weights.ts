/** /api/weights, /api/starts */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { ADMINS, DEVELOPERS, readerOf } from '../access.ts';
import type { Studio } from '../studio.ts';
import { NewWeights, StartOption, Weights, WeightsList } from '../weights-schemas.ts';
import { ById, Nothing } from './parts.ts';

export const weightsRoutes =
  ({ weights, starts }: Studio): FastifyPluginAsyncTypebox =>
  async (app) => {
    const tags = ['weights'];

    app.get(
      '/api/weights',
      {
        config: { access: DEVELOPERS },
        schema: { tags, summary: 'Pretrained weights, and files in the folder that could be read', response: { 200: WeightsList } },
      },
      async (request) => weights.list(readerOf(request)),
    );

    app.post(
      '/api/weights',
      {
        config: { access: ADMINS },
        schema: { tags, summary: 'Read an uploaded file of weights, or one of the folder', body: NewWeights, response: { 202: Weights } },
      },
      async (request, reply) => reply.status(202).send(await weights.add(readerOf(request), request.body)),
    );

    app.delete(
      '/api/weights/:id',
      { config: { access: ADMINS }, schema: { tags, summary: 'Delete pretrained weights', params: ById, response: { 204: Nothing } } },
      async (request, reply) => {
        await weights.delete(request.params.id);
        return reply.status(204).send(null);
      },
    );

    app.get(
      '/api/starts',
      { config: { access: DEVELOPERS }, schema: { tags, summary: 'What a training can begin with', response: { 200: Type.Array(StartOption) } } },
      async (request) => starts.list(readerOf(request)),
    );
  };
