/** /api/models, /api/model-versions, /api/experiments/:id/register */
import { open } from 'node:fs/promises';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { StudioError } from '../../errors.ts';
import { DEVELOPERS, readerOf } from '../access.ts';
import { ModelChange, ModelDetails, ModelEntry, ModelVersionChange, ModelVersionDetails, RegisterRequest } from '../library-schemas.ts';
import type { Studio } from '../studio.ts';
import { asDownload } from './downloads.ts';
import { ById, Nothing } from './parts.ts';

export const modelRoutes =
  ({ models }: Studio): FastifyPluginAsyncTypebox =>
  async (app) => {
    const tags = ['models'];

    app.post(
      '/api/experiments/:id/register',
      {
        config: { access: DEVELOPERS },
        schema: {
          tags,
          summary: 'Register Model: as a new model or as the next version of one',
          params: ById,
          body: RegisterRequest,
          response: { 201: ModelVersionDetails },
        },
      },
      async (request, reply) => reply.status(201).send(await models.register(readerOf(request), request.params.id, request.body)),
    );

    app.get(
      '/api/models',
      { config: { access: DEVELOPERS }, schema: { tags, summary: 'The models of my groups', response: { 200: Type.Array(ModelEntry) } } },
      async (request) => models.list(readerOf(request)),
    );

    app.get(
      '/api/models/:id',
      { config: { access: DEVELOPERS }, schema: { tags, summary: 'A model with its versions', params: ById, response: { 200: ModelDetails } } },
      async (request) => models.details(readerOf(request), request.params.id),
    );

    app.patch(
      '/api/models/:id',
      {
        config: { access: DEVELOPERS },
        schema: { tags, summary: 'Change the name, auto delete or the maximum of versions', params: ById, body: ModelChange, response: { 200: ModelDetails } },
      },
      async (request) => models.change(readerOf(request), request.params.id, request.body),
    );

    app.delete(
      '/api/models/:id',
      { config: { access: DEVELOPERS }, schema: { tags, summary: 'Delete a model with all its versions', params: ById, response: { 204: Nothing } } },
      async (request, reply) => {
        await models.delete(readerOf(request), request.params.id);
        return reply.status(204).send(null);
      },
    );

    app.get(
      '/api/model-versions/:id',
      {
        config: { access: DEVELOPERS },
        schema: { tags, summary: 'A version with the log of its changes', params: ById, response: { 200: ModelVersionDetails } },
      },
      async (request) => models.version(readerOf(request), request.params.id),
    );

    app.patch(
      '/api/model-versions/:id',
      {
        config: { access: DEVELOPERS },
        schema: { tags, summary: 'Change the description or the tags', params: ById, body: ModelVersionChange, response: { 200: ModelVersionDetails } },
      },
      async (request) => models.changeVersion(readerOf(request), request.params.id, request.body),
    );

    app.delete(
      '/api/model-versions/:id',
      { config: { access: DEVELOPERS }, schema: { tags, summary: 'Delete a version', params: ById, response: { 204: Nothing } } },
      async (request, reply) => {
        await models.deleteVersion(readerOf(request), request.params.id);
        return reply.status(204).send(null);
      },
    );

    for (const file of ['model.onnx', 'weights.safetensors'] as const) {
      app.get(
        `/api/model-versions/:id/${file}`,
        { config: { access: DEVELOPERS }, schema: { tags, summary: `Download ${file}`, params: ById } },
        async (request, reply) => {
          const { path, name } = await models.file(readerOf(request), request.params.id, file);
          const handle = await open(path, 'r').catch(() => {
            throw new StudioError('model_unreadable');
          });
          const { size } = await handle.stat();
          return asDownload(reply, name).header('content-length', size).type('application/octet-stream').send(handle.createReadStream());
        },
      );
    }
  };
