/** /api/projects/:id/inferences, /api/inferences */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { DEVELOPERS, readerOf } from '../access.ts';
import { Inference, NewInference, PredictionPage, PredictionQuery } from '../schemas.ts';
import type { Studio } from '../studio.ts';
import { asDownload } from './downloads.ts';
import { ById, ByIdAndNumber, Nothing, sendPicture } from './parts.ts';

export const inferenceRoutes =
  ({ inferences }: Studio): FastifyPluginAsyncTypebox =>
  async (app) => {
    const tags = ['inferences'];

    app.get(
      '/api/projects/:id/inferences',
      {
        config: { access: DEVELOPERS },
        schema: { tags, summary: 'The inferences of a project, newest first', params: ById, response: { 200: Type.Array(Inference) } },
      },
      async (request) => inferences.list(readerOf(request), request.params.id),
    );

    app.post(
      '/api/projects/:id/inferences',
      { config: { access: DEVELOPERS }, schema: { tags, summary: 'Start an inference', params: ById, body: NewInference, response: { 201: Inference } } },
      async (request, reply) => reply.status(201).send(await inferences.add(readerOf(request), request.params.id, request.body)),
    );

    app.get(
      '/api/inferences/:id',
      { config: { access: DEVELOPERS }, schema: { tags, summary: 'An inference', params: ById, response: { 200: Inference } } },
      async (request) => inferences.view(inferences.visible(readerOf(request), request.params.id)),
    );

    app.delete(
      '/api/inferences/:id',
      { config: { access: DEVELOPERS }, schema: { tags, summary: 'Delete an inference with its results', params: ById, response: { 204: Nothing } } },
      async (request, reply) => {
        await inferences.delete(readerOf(request), request.params.id);
        return reply.status(204).send(null);
      },
    );

    app.post(
      '/api/inferences/:id/stop',
      { config: { access: DEVELOPERS }, schema: { tags, summary: 'Stop an inference', params: ById, response: { 200: Inference } } },
      async (request) => inferences.stop(readerOf(request), request.params.id),
    );

    app.get(
      '/api/inferences/:id/predictions',
      {
        config: { access: DEVELOPERS },
        schema: { tags, summary: 'The results, page by page', params: ById, querystring: PredictionQuery, response: { 200: PredictionPage } },
      },
      async (request) => inferences.predictions(readerOf(request), request.params.id, request.query),
    );

    for (const [kind, small] of [
      ['pictures', false],
      ['thumbnails', true],
    ] as const) {
      app.get(
        `/api/inferences/:id/${kind}/:n`,
        { config: { access: DEVELOPERS }, schema: { tags, summary: small ? 'A picture, small' : 'A picture', params: ByIdAndNumber } },
        async (request, reply) => {
          return sendPicture(reply, await inferences.picture(readerOf(request), request.params.id, request.params.n, small));
        },
      );
    }

    app.get(
      '/api/inferences/:id/results.zip',
      { config: { access: DEVELOPERS }, schema: { tags, summary: 'Save Results: a zip with CSV and JSON', params: ById } },
      async (request, reply) => {
        const { zip, name } = inferences.results(readerOf(request), request.params.id);
        return asDownload(reply, name).type('application/zip').send(zip);
      },
    );
  };
