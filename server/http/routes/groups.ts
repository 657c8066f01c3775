/** /api/groups */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { ADMINS, readerOf, SIGNED_IN } from '../access.ts';
import { Group, NewGroup } from '../schemas.ts';
import type { Studio } from '../studio.ts';
import { ById } from './parts.ts';

export const groupRoutes =
  ({ groups }: Studio): FastifyPluginAsyncTypebox =>
  async (app) => {
    const tags = ['groups'];

    app.get(
      '/api/groups',
      { config: { access: SIGNED_IN }, schema: { tags, summary: 'My groups; all for an administrator', response: { 200: Type.Array(Group) } } },
      async (request) => groups.list(readerOf(request)),
    );

    app.post(
      '/api/groups',
      { config: { access: ADMINS }, schema: { tags, summary: 'Make a group', body: NewGroup, response: { 201: Group } } },
      async (request, reply) => reply.status(201).send(await groups.add(request.body)),
    );

    app.patch(
      '/api/groups/:id',
      { config: { access: ADMINS }, schema: { tags, summary: 'Change a group', params: ById, body: Type.Partial(NewGroup), response: { 200: Group } } },
      async (request) => groups.change(request.params.id, request.body),
    );
  };
