/** /api/jobs, /api/monitor, /api/devices */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { ADMINS, DEVELOPERS, readerOf } from '../access.ts';
import { Device } from '../device-schemas.ts';
import { Job, JobEvent, JobState, Monitor } from '../schemas.ts';
import type { Studio } from '../studio.ts';
import { ById } from './parts.ts';

export const jobRoutes =
  ({ jobs, monitor, devices }: Studio): FastifyPluginAsyncTypebox =>
  async (app) => {
    const tags = ['jobs'];

    app.get(
      '/api/jobs',
      {
        config: { access: DEVELOPERS },
        schema: {
          tags,
          summary: 'The jobs of my groups, newest first',
          querystring: Type.Object({ state: Type.Optional(JobState) }),
          response: { 200: Type.Array(Job) },
        },
      },
      async (request) => jobs.list(readerOf(request), request.query.state),
    );

    app.get('/api/jobs/:id', { config: { access: DEVELOPERS }, schema: { tags, summary: 'A job', params: ById, response: { 200: Job } } }, async (request) =>
      jobs.view(jobs.visible(readerOf(request), request.params.id)),
    );

    const After = Type.Object({ after: Type.Integer({ minimum: 0, default: 0 }), limit: Type.Integer({ minimum: 1, maximum: 10000, default: 1000 }) });
    app.get(
      '/api/jobs/:id/events',
      {
        config: { access: DEVELOPERS },
        schema: {
          tags,
          summary: 'What has happened in a job, behind event number `after`',
          params: ById,
          querystring: After,
          response: { 200: Type.Array(JobEvent) },
        },
      },
      async (request) => jobs.events(readerOf(request), request.params.id, request.query.after, request.query.limit),
    );

    app.post(
      '/api/jobs/:id/stop',
      { config: { access: DEVELOPERS }, schema: { tags, summary: 'Stop a job', params: ById, response: { 200: Job } } },
      async (request) => jobs.stop(readerOf(request), request.params.id),
    );

    app.get(
      '/api/monitor',
      { config: { access: DEVELOPERS }, schema: { tags: ['box'], summary: 'The state of the box', response: { 200: Monitor } } },
      async () => monitor.read(),
    );

    app.get(
      '/api/devices',
      {
        config: { access: DEVELOPERS },
        schema: { tags: ['box'], summary: 'What the box can compute on; what is not known yet is being tried', response: { 200: Type.Array(Device) } },
      },
      async () => devices.report(),
    );

    app.post(
      '/api/devices/try',
      { config: { access: ADMINS }, schema: { tags: ['box'], summary: 'Try the devices again', response: { 200: Type.Array(Device) } } },
      async () => devices.report(true),
    );
  };
