/** Files that a browser saves. */
import type { FastifyReply } from 'fastify';

/** Aborted when the client is gone before it has all of the answer. */
export function goneSignal({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController();
  raw.once('close', () => gone.abort());
  return gone.signal;
}

/** The header that gives a file its name, in ASCII for old browsers and in UTF-8. */
export function asDownload(reply: FastifyReply, name: string): FastifyReply {
  const plain = name.replace(/[^\w.-]+/g, '_');
  const encoded = encodeURIComponent(name.replace(/[\\/:*?"<>|]/g, '_')).replace(/['()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  return reply.header('content-disposition', `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`);
}
