/** /api/preprocess/methods, /api/datasets/:id/preprocess */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { methodsOf } from '../../studio/preprocess/chain.ts';
import { DEVELOPERS, readerOf } from '../access.ts';
import { PreprocessMethods, PreprocessRequest, Preview, PreviewRequest, TableLook, TableLookRequest } from '../preprocess-schemas.ts';
import { Dataset, DataType } from '../schemas.ts';
import type { Studio } from '../studio.ts';
import { ById } from './parts.ts';

export const preprocessRoutes =
  ({ preprocess }: Studio): FastifyPluginAsyncTypebox =>
  async (app) => {
    const tags = ['datasets'];

    app.get(
      '/api/preprocess/methods',
      {
        config: { access: DEVELOPERS },
        schema: {
          tags,
          summary: 'The methods of preprocessing and their parameters',
          querystring: Type.Object({ type: DataType }),
          response: { 200: PreprocessMethods },
        },
      },
      async (request) => methodsOf(request.query.type),
    );

    app.post(
      '/api/datasets/:id/preprocess',
      {
        config: { access: DEVELOPERS },
        schema: {
          tags,
          summary: 'Make the next version of a dataset by a chain of methods; it is ingesting until its job has ended',
          params: ById,
          body: PreprocessRequest,
          response: { 201: Dataset },
        },
      },
      async (request, reply) => reply.status(201).send(await preprocess.start(readerOf(request), request.params.id, request.body.chain)),
    );

    app.post(
      '/api/datasets/:id/preprocess/preview',
      {
        config: { access: DEVELOPERS },
        schema: { tags, summary: 'What a chain makes of some pictures, without keeping it', params: ById, body: PreviewRequest, response: { 200: Preview } },
      },
      async (request) => preprocess.preview(readerOf(request), request.params.id, request.body),
    );

    app.post(
      '/api/datasets/:id/preprocess/table-preview',
      {
        config: { access: DEVELOPERS },
        schema: {
          tags,
          summary: 'What a chain makes of the rows of a table, without keeping it',
          params: ById,
          body: TableLookRequest,
          response: { 200: TableLook },
        },
      },
      async (request) => preprocess.lookAtTable(readerOf(request), request.params.id, request.body),
    );
  };
