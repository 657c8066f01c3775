/** /api/projects */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { DEVELOPERS, readerOf } from '../access.ts';
import { NewProject, Project, ProjectChange } from '../schemas.ts';
import type { Studio } from '../studio.ts';
import { ById, Nothing } from './parts.ts';

export const projectRoutes =
  ({ projects }: Studio): FastifyPluginAsyncTypebox =>
  async (app) => {
    const tags = ['projects'];

    app.get(
      '/api/projects',
      { config: { access: DEVELOPERS }, schema: { tags, summary: 'The projects of my groups', response: { 200: Type.Array(Project) } } },
      async (request) => projects.list(readerOf(request)),
    );

    app.post(
      '/api/projects',
      { config: { access: DEVELOPERS }, schema: { tags, summary: 'Make a project', body: NewProject, response: { 201: Project } } },
      async (request, reply) => reply.status(201).send(await projects.add(readerOf(request), request.body)),
    );

    app.get(
      '/api/projects/:id',
      { config: { access: DEVELOPERS }, schema: { tags, summary: 'A project', params: ById, response: { 200: Project } } },
      async (request) => projects.view(readerOf(request), projects.visible(readerOf(request), request.params.id)),
    );

    app.patch(
      '/api/projects/:id',
      {
        config: { access: DEVELOPERS },
        schema: { tags, summary: 'Change the name, description or status of a project', params: ById, body: ProjectChange, response: { 200: Project } },
      },
      async (request) => projects.change(readerOf(request), request.params.id, request.body),
    );

    app.delete(
      '/api/projects/:id',
      { config: { access: DEVELOPERS }, schema: { tags, summary: 'Delete a project with all that is in it', params: ById, response: { 204: Nothing } } },
      async (request, reply) => {
        await projects.delete(readerOf(request), request.params.id);
        return reply.status(204).send(null);
      },
    );
  };
