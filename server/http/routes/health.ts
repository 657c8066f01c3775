/** /api/health: for whatever watches the box. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { Studio } from '../studio.ts';

export const healthRoutes =
  ({ version }: Studio): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/api/health',
      {
        config: { access: 'anyone' },
        schema: { tags: ['box'], summary: 'Is the daemon up?', response: { 200: Type.Object({ status: Type.Literal('ok'), version: Type.String() }) } },
      },
      async () => ({ status: 'ok' as const, version }),
    );
  };
