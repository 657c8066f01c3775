/** /api/templates, /api/experiments/:id/template, /api/experiments/:id/run-template */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { DEVELOPERS, readerOf } from '../access.ts';
import { NewTemplate, RunTemplate, Template, TemplateDetails } from '../library-schemas.ts';
import { Experiment } from '../schemas.ts';
import type { Studio } from '../studio.ts';
import { ById, Nothing } from './parts.ts';

const ForProject = Type.Object({ projectId: Type.Optional(Type.Integer({ minimum: 1 })) });

export const templateRoutes =
  ({ templates }: Studio): FastifyPluginAsyncTypebox =>
  async (app) => {
    const tags = ['templates'];

    app.get(
      '/api/templates',
      {
        config: { access: DEVELOPERS },
        schema: {
          tags,
          summary: 'The templates of my groups; with projectId those of its group, and which of them do not fit it',
          querystring: ForProject,
          response: { 200: Type.Array(Template) },
        },
      },
      async (request) => templates.list(readerOf(request), request.query.projectId),
    );

    app.get(
      '/api/templates/:id',
      {
        config: { access: DEVELOPERS },
        schema: {
          tags,
          summary: 'A template with its graph and settings; with projectId also why it does not fit that project',
          params: ById,
          querystring: ForProject,
          response: { 200: TemplateDetails },
        },
      },
      async (request) => templates.details(readerOf(request), request.params.id, request.query.projectId),
    );

    app.delete(
      '/api/templates/:id',
      { config: { access: DEVELOPERS }, schema: { tags, summary: 'Delete a template', params: ById, response: { 204: Nothing } } },
      async (request, reply) => {
        await templates.delete(readerOf(request), request.params.id);
        return reply.status(204).send(null);
      },
    );

    app.post(
      '/api/experiments/:id/template',
      { config: { access: DEVELOPERS }, schema: { tags, summary: 'Save as a template', params: ById, body: NewTemplate, response: { 201: Template } } },
      async (request, reply) => reply.status(201).send(await templates.add(readerOf(request), request.params.id, request.body.name)),
    );

    app.post(
      '/api/experiments/:id/run-template',
      {
        config: { access: DEVELOPERS },
        schema: {
          tags,
          summary: 'Start the training of a draft with the settings of a template',
          params: ById,
          body: RunTemplate,
          response: { 200: Experiment },
        },
      },
      async (request) => templates.run(readerOf(request), request.params.id, request.body.templateId),
    );
  };
