/** /api/uploads: resumable uploads by the tus protocol (https://tus.io). A finished one is named by the last part of its address. */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Server } from '@tus/server';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Language, StudioError } from '../../errors.ts';
import { DEVELOPERS, readerOf } from '../access.ts';
import { asStudioError, errorReply } from '../error-replies.ts';
import type { Studio } from '../studio.ts';

interface Sender {
  userId: number;
  language: Language;
}

export const uploadRoutes =
  ({ uploads }: Studio): FastifyPluginAsyncTypebox =>
  async (app) => {
    const senders = new WeakMap<IncomingMessage, Sender>();
    const senderOf = (request: { runtime?: { node?: { req: unknown } } }) => senders.get(request.runtime?.node?.req as IncomingMessage);

    const tus = new Server({
      path: '/api/uploads',
      datastore: uploads.store,
      relativeLocation: true,
      maxSize: uploads.maxBytes,
      allowedOrigins: () => false,
      namingFunction: () => randomBytes(16).toString('hex'),
      onUploadCreate: async (request, upload) => {
        const sender = senderOf(request as never);
        const filename = upload.metadata?.filename ?? upload.metadata?.name ?? '';
        return { metadata: { filename, owner: String(sender?.userId ?? 0) } };
      },
      onResponseError: (request, error) => {
        // What tus itself refuses (a wrong offset, an unknown upload) keeps its status; the browser's client reads only that.
        if (!(error instanceof Error)) return undefined;
        const { status_code: status, body } = error as Error & { status_code?: number; body?: string };
        if (status !== undefined && status < 500) return { status_code: status, body: body ?? '' };
        const known = (error as NodeJS.ErrnoException).code === 'ENOSPC' ? new StudioError('disk_full') : asStudioError(error);
        return { status_code: known.status, body: JSON.stringify(errorReply(known, senderOf(request as never)?.language ?? 'en')) };
      },
    });

    // The body goes to the file as it comes in, unread by Fastify.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', (_request, _payload, done) => done(null));

    const hand = async (request: FastifyRequest, reply: FastifyReply) => {
      senders.set(request.raw, { userId: readerOf(request).id, language: request.language });
      reply.hijack();
      for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) reply.raw.setHeader(name, value);
      await tus.handle(request.raw, reply.raw);
    };

    app.post('/api/uploads', { config: { access: DEVELOPERS }, schema: { tags: ['uploads'], summary: 'Begin an upload (tus)' } }, async (request, reply) => {
      const length = Number(request.headers['upload-length']);
      if (!Number.isSafeInteger(length) || length < 0) throw new StudioError('upload_size_missing');
      await uploads.checkNew(readerOf(request).id, length);
      return hand(request, reply);
    });

    // The id is checked by the service: whatever is no upload of this person is "missing".
    app.route<{ Params: { id: string } }>({
      method: ['HEAD', 'PATCH', 'DELETE'],
      url: '/api/uploads/:id',
      config: { access: DEVELOPERS },
      schema: { tags: ['uploads'], summary: 'Ask for, go on with or give up an upload (tus)' },
      handler: async (request, reply) => {
        await uploads.checkOwner(readerOf(request).id, request.params.id);
        return hand(request, reply);
      },
    });
  };
