/** /api/projects/:id/table-previews, /api/projects/:id/tables, /api/datasets/:id/table */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { DEVELOPERS, readerOf } from '../access.ts';
import { Dataset } from '../schemas.ts';
import type { Studio } from '../studio.ts';
import { TablePreview } from '../table-preview-schemas.ts';
import { Associations, NewTable, RowPage, RowQuery, StatisticsPage, StatisticsQuery, TableDetails, TablePreviewRequest } from '../table-schemas.ts';
import { asDownload } from './downloads.ts';
import { ById } from './parts.ts';

/** A request that names thousands of columns. */
const MAX_BODY_BYTES = 8 * 2 ** 20;

export const tableRoutes =
  ({ tableDatasets, tablePreviews, tables }: Studio): FastifyPluginAsyncTypebox =>
  async (app) => {
    const tags = ['tables'];

    app.post(
      '/api/projects/:id/table-previews',
      {
        config: { access: DEVELOPERS },
        schema: {
          tags,
          summary: 'Look at an uploaded table: how it would be read, its columns, its first rows',
          params: ById,
          body: TablePreviewRequest,
          response: { 202: TablePreview },
        },
      },
      async (request, reply) => reply.status(202).send(await tablePreviews.start(readerOf(request), request.params.id, request.body)),
    );

    app.get(
      '/api/table-previews/:id',
      { config: { access: DEVELOPERS }, schema: { tags, summary: 'A look at an uploaded table', params: ById, response: { 200: TablePreview } } },
      async (request) => tablePreviews.look(readerOf(request), request.params.id),
    );

    app.post(
      '/api/projects/:id/tables',
      {
        config: { access: DEVELOPERS },
        bodyLimit: MAX_BODY_BYTES,
        schema: {
          tags,
          summary: 'Make a dataset of an uploaded table; it is ingesting until its job has ended',
          params: ById,
          body: NewTable,
          response: { 201: Dataset },
        },
      },
      async (request, reply) => reply.status(201).send(await tableDatasets.add(readerOf(request), request.params.id, request.body)),
    );

    app.get(
      '/api/datasets/:id/table',
      { config: { access: DEVELOPERS }, schema: { tags, summary: 'Columns and report of a table', params: ById, response: { 200: TableDetails } } },
      async (request) => tables.details(readerOf(request), request.params.id),
    );

    app.get(
      '/api/datasets/:id/table/rows',
      {
        config: { access: DEVELOPERS },
        schema: { tags, summary: 'Rows of a table, page by page', params: ById, querystring: RowQuery, response: { 200: RowPage } },
      },
      async (request) => tables.rows(readerOf(request), request.params.id, request.query),
    );

    app.get(
      '/api/datasets/:id/table/statistics',
      {
        config: { access: DEVELOPERS },
        schema: { tags, summary: 'Statistics of its columns, page by page', params: ById, querystring: StatisticsQuery, response: { 200: StatisticsPage } },
      },
      async (request) => tables.statistics(readerOf(request), request.params.id, request.query),
    );

    app.get(
      '/api/datasets/:id/table/associations',
      {
        config: { access: DEVELOPERS },
        schema: { tags, summary: 'How strongly its columns go together', params: ById, response: { 200: Associations } },
      },
      async (request) => tables.associations(readerOf(request), request.params.id),
    );

    app.get(
      '/api/datasets/:id/table/csv',
      { config: { access: DEVELOPERS }, schema: { tags, summary: 'A table as CSV (UTF-8 with a mark), streamed; formulas are neutralised', params: ById } },
      async (request, reply) => {
        const { csv, name } = await tables.csv(readerOf(request), request.params.id);
        return asDownload(reply, name).type('text/csv; charset=utf-8').send(csv);
      },
    );
  };
