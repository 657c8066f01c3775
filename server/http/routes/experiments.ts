/** /api/projects/:id/experiments, /api/experiments, /api/algorithms */
import { open } from 'node:fs/promises';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { StudioError } from '../../errors.ts';
import { DEVELOPERS, readerOf } from '../access.ts';
import { Algorithm, AlgorithmQuery, Experiment, ExperimentChange, ExperimentDetails, ExperimentStatus, NewExperiment, RunConfig } from '../schemas.ts';
import type { Studio } from '../studio.ts';
import { asDownload } from './downloads.ts';
import { ById, Nothing } from './parts.ts';

export const experimentRoutes =
  ({ experiments, trainings, algorithms }: Studio): FastifyPluginAsyncTypebox =>
  async (app) => {
    const tags = ['experiments'];

    app.get(
      '/api/algorithms',
      {
        config: { access: DEVELOPERS },
        schema: {
          tags,
          summary: 'What can be trained, with its cost at a picture size',
          querystring: AlgorithmQuery,
          response: { 200: Type.Array(Algorithm) },
        },
      },
      async (request) => algorithms.list(request.query.classes, request.query.size, request.query.pictures),
    );

    app.get(
      '/api/projects/:id/experiments',
      {
        config: { access: DEVELOPERS },
        schema: {
          tags,
          summary: 'The experiments of a project; with status those alone',
          params: ById,
          querystring: Type.Object({ status: Type.Optional(ExperimentStatus) }),
          response: { 200: Type.Array(Experiment) },
        },
      },
      async (request) => experiments.list(readerOf(request), request.params.id, request.query.status),
    );

    app.post(
      '/api/projects/:id/experiments',
      {
        config: { access: DEVELOPERS },
        schema: { tags, summary: 'Export to Experiment: a draft for a dataset', params: ById, body: NewExperiment, response: { 201: Experiment } },
      },
      async (request, reply) => reply.status(201).send(await experiments.add(readerOf(request), request.params.id, request.body.datasetId)),
    );

    app.get(
      '/api/experiments/:id',
      {
        config: { access: DEVELOPERS },
        schema: { tags, summary: 'An experiment with its job, epochs and result', params: ById, response: { 200: ExperimentDetails } },
      },
      async (request) => experiments.details(readerOf(request), request.params.id),
    );

    app.patch(
      '/api/experiments/:id',
      { config: { access: DEVELOPERS }, schema: { tags, summary: 'Change Model Name', params: ById, body: ExperimentChange, response: { 200: Experiment } } },
      async (request) => experiments.rename(readerOf(request), request.params.id, request.body.name),
    );

    app.delete(
      '/api/experiments/:id',
      {
        config: { access: DEVELOPERS },
        schema: { tags, summary: 'Delete an experiment with its model and inferences', params: ById, response: { 204: Nothing } },
      },
      async (request, reply) => {
        await experiments.delete(readerOf(request), request.params.id);
        return reply.status(204).send(null);
      },
    );

    app.post(
      '/api/experiments/:id/run',
      {
        config: { access: DEVELOPERS },
        schema: { tags, summary: 'Start the training of a draft', params: ById, body: RunConfig, response: { 200: Experiment } },
      },
      async (request) => trainings.run(readerOf(request), request.params.id, request.body),
    );

    app.post(
      '/api/experiments/:id/stop',
      { config: { access: DEVELOPERS }, schema: { tags, summary: 'Stop the training', params: ById, response: { 200: Experiment } } },
      async (request) => experiments.stop(readerOf(request), request.params.id),
    );

    app.get(
      '/api/experiments/:id/model.onnx',
      { config: { access: DEVELOPERS }, schema: { tags, summary: 'The trained model', params: ById } },
      async (request, reply) => {
        const { file, name } = experiments.model(readerOf(request), request.params.id);
        const handle = await open(file, 'r').catch(() => {
          throw new StudioError('model_unreadable');
        });
        const { size } = await handle.stat();
        return asDownload(reply, name).header('content-length', size).type('application/octet-stream').send(handle.createReadStream());
      },
    );
  };
