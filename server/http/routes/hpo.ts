/** /api/hpo, /api/experiments/:id/hpo */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { DEVELOPERS, readerOf } from '../access.ts';
import { Experiment } from '../schemas.ts';
import type { Studio } from '../studio.ts';
import { Hpo, HpoOptions, HpoPictures, HpoRequest, SubmitRequest, TrialDetails } from '../training-schemas.ts';
import { ById } from './parts.ts';

const ByTrial = Type.Object({ ...ById.properties, trial: Type.Integer({ minimum: 0 }) });

export const hpoRoutes =
  ({ hpo }: Studio): FastifyPluginAsyncTypebox =>
  async (app) => {
    const tags = ['experiments'];

    app.get(
      '/api/hpo',
      { config: { access: DEVELOPERS }, schema: { tags, summary: 'What can be searched, how, and within which limits', response: { 200: HpoOptions } } },
      async () => hpo.options(),
    );

    app.post(
      '/api/experiments/:id/hpo',
      { config: { access: DEVELOPERS }, schema: { tags, summary: 'Start the HPO of a draft', params: ById, body: HpoRequest, response: { 200: Experiment } } },
      async (request) => hpo.start(readerOf(request), request.params.id, request.body),
    );

    app.get(
      '/api/experiments/:id/hpo',
      { config: { access: DEVELOPERS }, schema: { tags, summary: 'An HPO with its trials', params: ById, response: { 200: Hpo } } },
      async (request) => hpo.views.look(readerOf(request), request.params.id),
    );

    app.post(
      '/api/experiments/:id/hpo/submit',
      {
        config: { access: DEVELOPERS },
        schema: { tags, summary: 'Submit: a trial stands for the HPO, which ends', params: ById, body: SubmitRequest, response: { 200: Experiment } },
      },
      async (request) => hpo.submit(readerOf(request), request.params.id, request.body.trial),
    );

    app.get(
      '/api/experiments/:id/hpo/trials/:trial',
      { config: { access: DEVELOPERS }, schema: { tags, summary: 'A trial with its epochs and result', params: ByTrial, response: { 200: TrialDetails } } },
      async (request) => hpo.views.trial(readerOf(request), request.params.id, request.params.trial),
    );

    app.get(
      '/api/experiments/:id/hpo/pictures',
      {
        config: { access: DEVELOPERS },
        schema: { tags, summary: 'History, parallel coordinates, slices and importances of the parameters', params: ById, response: { 200: HpoPictures } },
      },
      async (request) => hpo.views.pictures(readerOf(request), request.params.id),
    );
  };
