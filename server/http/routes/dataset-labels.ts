/** /api/datasets/:id/labels, …/shapes, …/statistics, …/formats, …/download */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { DEVELOPERS, readerOf } from '../access.ts';
import { DatasetStatistics, DownloadFormat, DownloadQuery, LabelReport, LabelUpload } from '../label-schemas.ts';
import { Dataset, Nullable } from '../schemas.ts';
import type { Studio } from '../studio.ts';
import { asDownload, goneSignal } from './downloads.ts';
import { ById, ByIdAndNumber, KEEP_PRIVATELY, Nothing } from './parts.ts';

export const datasetLabelRoutes =
  ({ datasetLabels }: Studio): FastifyPluginAsyncTypebox =>
  async (app) => {
    const tags = ['datasets'];

    app.post(
      '/api/datasets/:id/labels',
      {
        config: { access: DEVELOPERS },
        schema: {
          tags,
          summary: 'Label Upload: give a dataset labels, or replace those that it has; a job reads them',
          params: ById,
          body: LabelUpload,
          response: { 202: Dataset },
        },
      },
      async (request, reply) => reply.status(202).send(await datasetLabels.upload(readerOf(request), request.params.id, request.body.uploadId)),
    );

    app.get(
      '/api/datasets/:id/labels/report',
      { config: { access: DEVELOPERS }, schema: { tags, summary: 'What became of its label files', params: ById, response: { 200: Nullable(LabelReport) } } },
      async (request, reply) => reply.send(await datasetLabels.report(readerOf(request), request.params.id)),
    );

    app.get(
      '/api/datasets/:id/shapes/:n',
      {
        config: { access: DEVELOPERS },
        schema: {
          tags,
          summary: 'The shapes of a picture; with the revision of the labels they may be kept for ever',
          params: ByIdAndNumber,
          querystring: Type.Object({ revision: Type.Optional(Type.Integer({ minimum: 1 })) }),
        },
      },
      async (request, reply) => {
        const shapes = await datasetLabels.shapes(readerOf(request), request.params.id, request.params.n);
        return reply.header('cache-control', request.query.revision === undefined ? 'no-store' : KEEP_PRIVATELY).send(shapes);
      },
    );

    app.get(
      '/api/datasets/:id/statistics',
      {
        config: { access: DEVELOPERS },
        schema: { tags, summary: 'Sizes of its pictures, numbers of its shapes', params: ById, response: { 200: DatasetStatistics } },
      },
      async (request) => datasetLabels.statistics(readerOf(request), request.params.id),
    );

    app.get(
      '/api/datasets/:id/formats',
      {
        config: { access: DEVELOPERS },
        schema: { tags, summary: 'In which formats it can be downloaded, and what each loses', params: ById, response: { 200: Type.Array(DownloadFormat) } },
      },
      async (request) => datasetLabels.formats(readerOf(request), request.params.id),
    );

    app.get(
      '/api/datasets/:id/download',
      {
        config: { access: DEVELOPERS },
        schema: { tags, summary: 'Download Dataset: a zip of its pictures and labels', params: ById, querystring: DownloadQuery },
      },
      async (request, reply) => {
        const gone = goneSignal(reply);
        try {
          const { zip, name } = await datasetLabels.download(readerOf(request), request.params.id, request.query.format, gone);
          if (!gone.aborted) return asDownload(reply, name).type('application/zip').send(zip);
        } catch (error) {
          if (!gone.aborted) throw error;
        }
        return reply.hijack();
      },
    );

    app.get(
      '/api/datasets/:id/download/check',
      {
        config: { access: DEVELOPERS },
        schema: {
          tags,
          summary: 'Whether it can be downloaded now: a browser that saves a file shows no reason',
          params: ById,
          querystring: DownloadQuery,
          response: { 204: Nothing },
        },
      },
      async (request, reply) => {
        datasetLabels.checkDownload(readerOf(request), request.params.id, request.query.format);
        return reply.status(204).send(null);
      },
    );
  };
