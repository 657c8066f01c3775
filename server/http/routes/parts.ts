/** Schemas that several routes share. */
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';

export const ById = Type.Object({ id: Type.Integer({ minimum: 1 }) });
export const ByIdAndNumber = Type.Object({ id: Type.Integer({ minimum: 1 }), n: Type.Integer({ minimum: 0 }) });
/** The body of a 204. */
export const Nothing = Type.Null();

/** Pictures never change: a browser may keep them for a year, a shared cache may not. */
export const KEEP_PRIVATELY = 'private, max-age=31536000, immutable';

export function sendPicture(reply: FastifyReply, { data, mime }: { data: Buffer; mime: string }): FastifyReply {
  return reply.header('cache-control', KEEP_PRIVATELY).type(mime).send(data);
}
