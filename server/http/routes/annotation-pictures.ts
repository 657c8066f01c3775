/** /api/annotation/tasks/:id: the pictures, their review, who has them open, and what a model proposes. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { OutdatedError } from '../../studio/annotation/pictures.ts';
import { DEVELOPERS, readerOf, SIGNED_IN } from '../access.ts';
import {
  AnnotatedPicture,
  AnnotationIndex,
  AnnotationPage,
  AnnotationQuery,
  AutoAnnotation,
  LabelledMany,
  LabelMany,
  NewAutoAnnotation,
  PictureConflict,
  PictureSave,
  PictureSaved,
  Presence,
  PresenceReply,
  ProposalChoice,
  Review,
} from '../annotation-schemas.ts';
import { errorReply } from '../error-replies.ts';
import { ErrorReply } from '../schemas.ts';
import type { Studio } from '../studio.ts';
import { ById, ByIdAndNumber, sendPicture } from './parts.ts';

/** Thousands of polygons of one picture. */
const SAVE_BYTES = 16 * 1024 * 1024;

export const annotationPictureRoutes =
  ({ annotation }: Studio): FastifyPluginAsyncTypebox =>
  async (app) => {
    const tags = ['annotation'];
    const config = { access: SIGNED_IN };
    const { tasks, pictures, reviews, proposals, presences, auto } = annotation;
    const many = { 200: LabelledMany };

    app.get(
      '/api/annotation/tasks/:id/index',
      { config, schema: { tags, summary: 'All pictures of a task, some bytes each', params: ById, response: { 200: AnnotationIndex } } },
      async (request) => pictures.index(readerOf(request), request.params.id),
    );

    app.get(
      '/api/annotation/tasks/:id/pictures',
      { config, schema: { tags, summary: 'Pictures of a task, page by page', params: ById, querystring: AnnotationQuery, response: { 200: AnnotationPage } } },
      async (request) => pictures.page(readerOf(request), request.params.id, request.query),
    );

    app.get(
      '/api/annotation/tasks/:id/pictures/:n',
      { config, schema: { tags, summary: 'The labels of a picture', params: ByIdAndNumber, response: { 200: AnnotatedPicture } } },
      async (request, reply) => asItIs(reply).send(await pictures.picture(readerOf(request), request.params.id, request.params.n)),
    );

    app.put(
      '/api/annotation/tasks/:id/pictures/:n',
      {
        config,
        bodyLimit: SAVE_BYTES,
        schema: {
          tags,
          summary: 'Save the labels of a picture',
          params: ByIdAndNumber,
          body: PictureSave,
          response: { 200: PictureSaved, 409: Type.Union([PictureConflict, ErrorReply]) },
        },
      },
      async (request, reply) => {
        try {
          return asItIs(reply).send(await pictures.save({ reader: readerOf(request), kiosk: false }, request.params.id, request.params.n, request.body));
        } catch (error) {
          if (!(error instanceof OutdatedError)) throw error;
          const { code, message, params } = errorReply(error, request.language);
          return asItIs(reply).status(409).send({ code, message, params, current: error.current });
        }
      },
    );

    app.post(
      '/api/annotation/tasks/:id/label',
      { config, schema: { tags, summary: 'The same class or state for many pictures', params: ById, body: LabelMany, response: many } },
      async (request) => pictures.labelMany(readerOf(request), request.params.id, request.body),
    );

    app.post(
      '/api/annotation/tasks/:id/review',
      {
        config: { access: DEVELOPERS },
        schema: { tags, summary: 'Accept pictures, or return them with a comment', params: ById, body: Review, response: many },
      },
      async (request) => reviews.judge(readerOf(request), request.params.id, request.body),
    );

    for (const [kind, small] of [
      ['images', false],
      ['thumbnails', true],
    ] as const) {
      app.get(
        `/api/annotation/tasks/:id/${kind}/:n`,
        { config, schema: { tags, summary: small ? 'A picture, small' : 'A picture', params: ByIdAndNumber } },
        async (request, reply) => {
          return sendPicture(reply, await pictures.image(readerOf(request), request.params.id, request.params.n, small));
        },
      );
    }

    app.put(
      '/api/annotation/tasks/:id/presence',
      { config, schema: { tags, summary: 'I have this picture open', params: ById, body: Presence, response: { 200: PresenceReply } } },
      async (request) => {
        const reader = readerOf(request);
        const { id } = tasks.visible(reader, request.params.id);
        const { n, tab } = request.body;
        presences.heard(reader.id, tab, id, n);
        return { others: n === null ? [] : presences.others(id, n, reader.id, tab) };
      },
    );

    app.get(
      '/api/annotation/tasks/:id/auto',
      { config, schema: { tags, summary: 'Which models can label for us, and what the last one did', params: ById, response: { 200: AutoAnnotation } } },
      async (request) => auto.look(readerOf(request), request.params.id),
    );

    app.post(
      '/api/annotation/tasks/:id/auto',
      { config, schema: { tags, summary: 'Apply a model: it makes proposals', params: ById, body: NewAutoAnnotation, response: { 200: AutoAnnotation } } },
      async (request) => auto.start(readerOf(request), request.params.id, request.body),
    );

    app.post(
      '/api/annotation/tasks/:id/auto/stop',
      { config, schema: { tags, summary: 'Stop the model', params: ById, response: { 200: AutoAnnotation } } },
      async (request) => auto.stop(readerOf(request), request.params.id),
    );

    app.post(
      '/api/annotation/tasks/:id/proposals/accept',
      { config, schema: { tags, summary: 'Proposals become labels', params: ById, body: ProposalChoice, response: many } },
      async (request) => proposals.accept(readerOf(request), request.params.id, request.body),
    );

    app.post(
      '/api/annotation/tasks/:id/proposals/reject',
      { config, schema: { tags, summary: 'Proposals are taken back', params: ById, body: ProposalChoice, response: many } },
      async (request) => proposals.reject(readerOf(request), request.params.id, request.body),
    );
  };

/** Shapes are what the schema says, because they were checked when they came in; a serializer that tells them apart one by one takes far longer than JSON. */
function asItIs<Reply extends { type(contentType: string): Reply; serializer(serializer: (payload: unknown) => string): Reply }>(reply: Reply): Reply {
  return reply.type('application/json; charset=utf-8').serializer((payload) => JSON.stringify(payload));
}
