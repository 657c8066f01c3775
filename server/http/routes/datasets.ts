/** /api/projects/:id/datasets, /api/projects/sample, /api/datasets */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { DEVELOPERS, readerOf } from '../access.ts';
import { Dataset, DatasetChange, DuplicateQuery, Duplicates, NewDataset, PicturePage, PictureQuery, Project, TrashedDataset } from '../schemas.ts';
import type { Studio } from '../studio.ts';
import { GroupPreview, GroupQuery } from '../training-schemas.ts';
import { ById, ByIdAndNumber, Nothing, sendPicture } from './parts.ts';

export const datasetRoutes =
  ({ datasets, datasetPictures, datasetJobs, datasetDeletion, projects }: Studio): FastifyPluginAsyncTypebox =>
  async (app) => {
    const tags = ['datasets'];

    app.post(
      '/api/projects/sample',
      { config: { access: DEVELOPERS }, schema: { tags, summary: 'Make a sample project with a dataset of drawn pictures', response: { 201: Project } } },
      async (request, reply) => {
        const reader = readerOf(request);
        const project = await projects.addSample(reader, request.language);
        await datasetJobs.addSample(reader, project.id, request.language);
        return reply.status(201).send(projects.view(reader, project));
      },
    );

    app.get(
      '/api/projects/:id/datasets',
      {
        config: { access: DEVELOPERS },
        schema: {
          tags,
          summary: 'The datasets of a project; with shared=true also those that its group shares',
          params: ById,
          querystring: Type.Object({ shared: Type.Boolean({ default: false }) }),
          response: { 200: Type.Array(Dataset) },
        },
      },
      async (request) => datasets.list(readerOf(request), request.params.id, request.query.shared),
    );

    app.post(
      '/api/projects/:id/datasets',
      {
        config: { access: DEVELOPERS },
        schema: {
          tags,
          summary: 'Make a dataset of an upload; it is ingesting until its job has ended',
          params: ById,
          body: NewDataset,
          response: { 201: Dataset },
        },
      },
      async (request, reply) => reply.status(201).send(await datasetJobs.add(readerOf(request), request.params.id, request.body)),
    );

    app.get(
      '/api/datasets/:id',
      { config: { access: DEVELOPERS }, schema: { tags, summary: 'A dataset', params: ById, response: { 200: Dataset } } },
      async (request) => datasets.view(datasets.visible(readerOf(request), request.params.id)),
    );

    app.patch(
      '/api/datasets/:id',
      {
        config: { access: DEVELOPERS },
        schema: { tags, summary: 'Change the name, description or visibility', params: ById, body: DatasetChange, response: { 200: Dataset } },
      },
      async (request) => datasets.change(readerOf(request), request.params.id, request.body),
    );

    app.delete(
      '/api/datasets/:id',
      {
        config: { access: DEVELOPERS },
        schema: {
          tags,
          summary: 'Put a dataset into the trash, or delete it for good; or stop making it',
          params: ById,
          querystring: Type.Object({ forGood: Type.Boolean({ default: false }) }),
          response: { 204: Nothing },
        },
      },
      async (request, reply) => {
        await datasetDeletion.delete(readerOf(request), request.params.id, request.query.forGood);
        return reply.status(204).send(null);
      },
    );

    app.post(
      '/api/datasets/:id/again',
      {
        config: { access: DEVELOPERS },
        schema: { tags, summary: 'Make a dataset that has failed once more of its upload, which was kept', params: ById, response: { 200: Dataset } },
      },
      async (request) => datasetJobs.tryAgain(readerOf(request), request.params.id),
    );

    app.get(
      '/api/datasets/:id/duplicates',
      {
        config: { access: DEVELOPERS },
        schema: { tags, summary: 'Pictures that are the same to the last byte', params: ById, querystring: DuplicateQuery, response: { 200: Duplicates } },
      },
      async (request) => datasetPictures.duplicates(readerOf(request), request.params.id, request.query),
    );

    app.get(
      '/api/projects/:id/trash',
      {
        config: { access: DEVELOPERS },
        schema: { tags, summary: 'Deleted datasets of a project that can be restored', params: ById, response: { 200: Type.Array(TrashedDataset) } },
      },
      async (request) => datasetDeletion.trashed(readerOf(request), request.params.id),
    );

    app.delete(
      '/api/projects/:id/trash',
      { config: { access: DEVELOPERS }, schema: { tags, summary: 'Delete all of them for good', params: ById, response: { 204: Nothing } } },
      async (request, reply) => {
        await datasetDeletion.emptyTrash(readerOf(request), request.params.id);
        return reply.status(204).send(null);
      },
    );

    app.post(
      '/api/trash/:id/restore',
      { config: { access: DEVELOPERS }, schema: { tags, summary: 'Take a dataset out of the trash', params: ById, response: { 200: Dataset } } },
      async (request) => datasetDeletion.restore(readerOf(request), request.params.id),
    );

    app.delete(
      '/api/trash/:id',
      { config: { access: DEVELOPERS }, schema: { tags, summary: 'Delete a dataset for good', params: ById, response: { 204: Nothing } } },
      async (request, reply) => {
        await datasetDeletion.purge(readerOf(request), request.params.id);
        return reply.status(204).send(null);
      },
    );

    app.get(
      '/api/datasets/:id/items',
      {
        config: { access: DEVELOPERS },
        schema: { tags, summary: 'Its pictures, page by page', params: ById, querystring: PictureQuery, response: { 200: PicturePage } },
      },
      async (request) => datasetPictures.items(readerOf(request), request.params.id, request.query),
    );

    app.get(
      '/api/datasets/:id/groups',
      {
        config: { access: DEVELOPERS },
        schema: { tags, summary: 'What a group pattern makes of its pictures', params: ById, querystring: GroupQuery, response: { 200: GroupPreview } },
      },
      async (request) => datasetPictures.groups(readerOf(request), request.params.id, request.query.pattern),
    );

    for (const [kind, small] of [
      ['pictures', false],
      ['thumbnails', true],
    ] as const) {
      app.get(
        `/api/datasets/:id/${kind}/:n`,
        { config: { access: DEVELOPERS }, schema: { tags, summary: small ? 'A picture, small' : 'A picture', params: ByIdAndNumber } },
        async (request, reply) => {
          return sendPicture(reply, await datasetPictures.picture(readerOf(request), request.params.id, request.params.n, small));
        },
      );
    }
  };
