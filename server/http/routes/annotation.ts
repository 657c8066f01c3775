/** /api/annotation/tasks: distributing, states, classes. The pictures: annotation-pictures.ts. What each person may do is the services' matter. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { DEVELOPERS, readerOf, SIGNED_IN } from '../access.ts';
import {
  AnnotationClassChange,
  AnnotationClasses,
  AnnotationTask,
  AnnotationTaskChange,
  ClassDeletion,
  ClassOrder,
  NewAnnotationClass,
  NewAnnotationTask,
  PartReturn,
  Reassignment,
} from '../annotation-schemas.ts';
import { Id } from '../schemas.ts';
import type { Studio } from '../studio.ts';
import { ById, Nothing } from './parts.ts';

const ByPart = Type.Object({ id: Id, part: Id });
const ByClass = Type.Object({ id: Id, class: Id });

export const annotationRoutes =
  ({ annotation }: Studio): FastifyPluginAsyncTypebox =>
  async (app) => {
    const tags = ['annotation'];
    const { tasks, distribution, parts, classes: labels } = annotation;
    const task = { 200: AnnotationTask };
    const classes = { 200: AnnotationClasses };

    app.post(
      '/api/datasets/:id/annotation',
      {
        config: { access: DEVELOPERS },
        schema: {
          tags,
          summary: 'Add Label: divide the pictures of an unlabelled dataset',
          params: ById,
          body: NewAnnotationTask,
          response: { 201: AnnotationTask },
        },
      },
      async (request, reply) => reply.status(201).send(await distribution.add(readerOf(request), request.params.id, request.body)),
    );

    app.get(
      '/api/annotation/tasks',
      {
        config: { access: SIGNED_IN },
        schema: {
          tags,
          summary: 'The tasks of my groups, newest first; with mine=true those in which I have a part',
          querystring: Type.Object({ mine: Type.Boolean({ default: false }) }),
          response: { 200: Type.Array(AnnotationTask) },
        },
      },
      async (request) => tasks.list(readerOf(request), request.query.mine),
    );

    app.get(
      '/api/annotation/tasks/:id',
      { config: { access: SIGNED_IN }, schema: { tags, summary: 'A task', params: ById, response: task } },
      async (request) => tasks.look(readerOf(request), request.params.id),
    );

    app.patch(
      '/api/annotation/tasks/:id',
      {
        config: { access: DEVELOPERS },
        schema: { tags, summary: 'Change the reviewer, or how often the Default model learns anew', params: ById, body: AnnotationTaskChange, response: task },
      },
      async (request) => distribution.change(readerOf(request), request.params.id, request.body),
    );

    app.delete(
      '/api/annotation/tasks/:id',
      {
        config: { access: DEVELOPERS },
        schema: { tags, summary: 'Give a task up; its labels are lost unless it is completed', params: ById, response: { 204: Nothing } },
      },
      async (request, reply) => {
        await annotation.delete(readerOf(request), request.params.id);
        return reply.status(204).send(null);
      },
    );

    app.post(
      '/api/annotation/tasks/:id/reassign',
      {
        config: { access: DEVELOPERS },
        schema: { tags, summary: 'Give what is not done of a part to others', params: ById, body: Reassignment, response: task },
      },
      async (request) => distribution.reassign(readerOf(request), request.params.id, request.body),
    );

    app.post(
      '/api/annotation/tasks/:id/parts/:part/done',
      { config: { access: SIGNED_IN }, schema: { tags, summary: 'Tell the reviewer that a part is done', params: ByPart, response: task } },
      async (request) => parts.done(readerOf(request), request.params.id, request.params.part),
    );

    app.post(
      '/api/annotation/tasks/:id/parts/:part/accept',
      { config: { access: DEVELOPERS }, schema: { tags, summary: 'Accept a part', params: ByPart, response: task } },
      async (request) => parts.accept(readerOf(request), request.params.id, request.params.part),
    );

    app.post(
      '/api/annotation/tasks/:id/parts/:part/return',
      { config: { access: DEVELOPERS }, schema: { tags, summary: 'Return a part: it can be edited again', params: ByPart, body: PartReturn, response: task } },
      async (request) => parts.return(readerOf(request), request.params.id, request.params.part, request.body.comment),
    );

    app.post(
      '/api/annotation/tasks/:id/complete',
      { config: { access: DEVELOPERS }, schema: { tags, summary: 'Complete: merge the parts into the labels of the dataset', params: ById, response: task } },
      async (request) => annotation.completion.start(readerOf(request), request.params.id),
    );

    app.get(
      '/api/annotation/tasks/:id/classes',
      { config: { access: SIGNED_IN }, schema: { tags, summary: 'The classes of a task', params: ById, response: classes } },
      async (request) => labels.list(readerOf(request), request.params.id),
    );

    app.post(
      '/api/annotation/tasks/:id/classes',
      { config: { access: SIGNED_IN }, schema: { tags, summary: 'Add a class', params: ById, body: NewAnnotationClass, response: classes } },
      async (request) => labels.add(readerOf(request), request.params.id, request.body),
    );

    app.put(
      '/api/annotation/tasks/:id/classes/order',
      { config: { access: SIGNED_IN }, schema: { tags, summary: 'Order the classes', params: ById, body: ClassOrder, response: classes } },
      async (request) => labels.order(readerOf(request), request.params.id, request.body.ids),
    );

    app.patch(
      '/api/annotation/tasks/:id/classes/:class',
      { config: { access: SIGNED_IN }, schema: { tags, summary: 'Change a class', params: ByClass, body: AnnotationClassChange, response: classes } },
      async (request) => labels.change(readerOf(request), request.params.id, request.params.class, request.body),
    );

    app.post(
      '/api/annotation/tasks/:id/classes/:class/delete',
      {
        config: { access: SIGNED_IN },
        schema: { tags, summary: 'Delete a class; its shapes move or go', params: ByClass, body: ClassDeletion, response: classes },
      },
      async (request) => labels.delete(readerOf(request), request.params.id, request.params.class, request.body.moveTo),
    );
  };
