/** /api/notifications */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { readerOf, SIGNED_IN } from '../access.ts';
import { Notification } from '../schemas.ts';
import type { Studio } from '../studio.ts';
import { Nothing } from './parts.ts';

export const notificationRoutes =
  ({ notifications }: Studio): FastifyPluginAsyncTypebox =>
  async (app) => {
    const tags = ['notifications'];

    app.get(
      '/api/notifications',
      { config: { access: SIGNED_IN }, schema: { tags, summary: 'My notifications, newest first', response: { 200: Type.Array(Notification) } } },
      async (request) => notifications.list(readerOf(request).id),
    );

    const Read = Type.Object({ ids: Type.Optional(Type.Array(Type.Integer(), { maxItems: 1000 })) });
    app.post(
      '/api/notifications/read',
      {
        config: { access: SIGNED_IN },
        schema: { tags, summary: 'Mark notifications as read: those with `ids`, or all', body: Type.Optional(Read), response: { 204: Nothing } },
      },
      async (request, reply) => {
        await notifications.markRead(readerOf(request).id, request.body?.ids);
        return reply.status(204).send(null);
      },
    );
  };
