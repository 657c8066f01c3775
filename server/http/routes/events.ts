/** GET /api/events: what changes, as Server-Sent Events (see ChangeMessage in changes.ts). */
import { PassThrough } from 'node:stream';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { Audience } from '../../events.ts';
import type { StoredUser } from '../../studio/people/users.ts';
import { DEVELOPERS, readerOf, SIGNED_IN } from '../access.ts';
import type { ChangeMessage } from '../changes.ts';
import type { JobEvent } from '../schemas.ts';
import type { Studio } from '../studio.ts';

const HEARTBEAT_MS = 15_000;
/** A browser that takes nothing off is let go when this much waits for it; it comes back and asks anew. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024;
const MAX_STREAMS_OF_ONE = 20;

export const eventRoutes =
  (studio: Studio): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { events, users, sessions } = studio;
    const open = new Set<{ stream: PassThrough; userId: number }>();
    app.addHook('preClose', async () => {
      for (const { stream } of open) stream.end();
    });

    app.get(
      '/api/events',
      {
        config: { access: SIGNED_IN },
        schema: {
          tags: ['events'],
          summary: 'What changes, as a stream of Server-Sent Events',
          querystring: Type.Object({
            job: Type.Optional(Type.Integer({ minimum: 1 })),
            after: Type.Optional(Type.Integer({ minimum: 0 })),
            task: Type.Optional(Type.Integer({ minimum: 1 })),
          }),
        },
      },
      async (request, reply) => {
        const { id: userId } = readerOf(request);
        const { sessionId } = request;

        const { job, task } = request.query;
        if (task !== undefined) studio.annotation.tasks.visible(readerOf(request), task);
        if (job !== undefined) studio.jobs.visible(readerOf(request), job);

        const stream = new PassThrough();
        const entry = { stream, userId };
        const own = [...open].filter((other) => other.userId === userId);
        if (own.length >= MAX_STREAMS_OF_ONE) own[0]!.stream.end();
        open.add(entry);

        const send = (event: string, data: unknown, id?: number) => {
          if (stream.writableEnded || stream.destroyed) return;
          if (stream.readableLength + stream.writableLength > MAX_WAITING_BYTES) return void stream.destroy();
          stream.write(`${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
        };
        // What comes while the past is read is held back, so that the events of a job keep their order and none comes twice.
        let replaying: JobEvent[] | null = job === undefined ? null : [];
        let last = Number(request.headers['last-event-id'] ?? request.query.after ?? 0) || 0;
        const sendEvent = (event: JobEvent) => {
          if (event.seq <= last) return;
          last = event.seq;
          send('job', event, event.seq);
        };
        const replay = async (jobId: number) => {
          for await (const event of studio.jobs.allEvents(jobId, last)) {
            sendEvent(event);
            if (stream.writableNeedDrain) await drained(stream);
            if (stream.destroyed || stream.writableEnded) return;
          }
          for (const event of replaying ?? []) sendEvent(event);
          replaying = null;
        };
        /** The reader as of now; the stream ends with the session. */
        const reader = (): StoredUser | null => {
          const person = users.get(userId);
          if (person !== undefined && !person.disabled && sessions.isOpen(sessionId)) return person;
          stream.end();
          return null;
        };

        const stops = [
          events.on('change', (change) => {
            const person = reader();
            if (person === null || !reaches(change.audience, person)) return;
            const { kind, id, projectId } = change;
            const record = change.deleted ? null : studio.look(kind, person, id);
            if (record !== null || change.deleted) send('change', { kind, id, projectId, record } as ChangeMessage);
          }),
          events.on('progress', ({ audience, jobId, progress }) => {
            const person = reader();
            if (person !== null && reaches(audience, person)) send('progress', { jobId, progress });
          }),
          events.on('jobEvent', (message) => {
            if (message.jobId !== job) return;
            const person = reader();
            if (person === null || studio.look('job', person, job) === null) return;
            if (replaying === null) sendEvent(message.event);
            else replaying.push(message.event);
          }),
          events.on('annotation', (message) => {
            if (message.taskId !== task) return;
            const person = reader();
            const found = studio.annotation.tasks.get(task);
            if (person !== null && found !== undefined && studio.annotation.tasks.maySee(person, found)) send('annotation', message);
          }),
          events.on('presetsChanged', (message) => {
            const person = reader();
            if (person !== null && DEVELOPERS.includes(person.role)) send('presets', message);
          }),
          events.on('sessionEnded', (ended) => {
            if (ended.sessionId === sessionId) stream.end();
          }),
        ];
        const heartbeat = setInterval(() => {
          if (reader() !== null) stream.write(': still here\n\n');
        }, HEARTBEAT_MS);
        stream.once('close', () => {
          clearInterval(heartbeat);
          for (const stop of stops) stop();
          open.delete(entry);
        });
        request.raw.once('close', () => stream.destroy());

        stream.write('retry: 2000\n: welcome\n\n');
        if (job !== undefined) {
          replay(job).catch((error: unknown) => {
            request.log.error({ err: error }, 'replay failed');
            stream.end();
          });
        }
        return reply
          .header('content-type', 'text/event-stream; charset=utf-8')
          .header('cache-control', 'no-store')
          .header('x-accel-buffering', 'no')
          .send(stream);
      },
    );
  };

/** Resolves when it takes more, or is closed. */
function drained(stream: PassThrough): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      stream.off('drain', settle).off('close', settle);
      resolve();
    };
    stream.on('drain', settle).on('close', settle);
  });
}

/** Whether a change concerns a person at all; what the person may see of it is the services' matter. */
function reaches(audience: Audience, person: StoredUser): boolean {
  if ('userId' in audience) return audience.userId === person.id;
  if (person.role === 'admin') return true;
  return (person.role === 'developer' || audience.annotators === true) && person.groupIds.includes(audience.groupId);
}
