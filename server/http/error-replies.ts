/** Every failure leaves the daemon as an ErrorReply of the catalogue, in the reader's language. */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type ErrorCode, isDiskFull, type Language, StudioError, sentence } from '../errors.ts';
import type { ErrorReply } from './schemas.ts';

/** What Fastify and its plugins throw, as entries of the catalogue. */
const FOREIGN: Record<string, ErrorCode> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'payload_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_content',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'invalid_input',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'invalid_input',
  FST_ERR_CTP_INVALID_JSON_BODY: 'invalid_input',
  FST_ERR_BAD_URL: 'not_found',
  FST_ERR_NOT_FOUND: 'not_found',
};

/** The catalogue's error for anything thrown; what is unexpected becomes `internal`. */
export function asStudioError(error: unknown): StudioError {
  if (error instanceof StudioError) return error;
  const { code, statusCode, message } = error as Partial<FastifyError>;
  const known = code === undefined ? undefined : FOREIGN[code];
  if (known !== undefined) return new StudioError(known, known === 'invalid_input' ? { field: 'body' } : {}, message);
  if (statusCode === 404) return new StudioError('not_found');
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) return new StudioError('invalid_input', { field: 'request' }, message);
  if (isDiskFull(error)) return new StudioError('disk_full');
  return new StudioError('internal');
}

export function errorReply(error: StudioError, language: Language, requestId?: string): ErrorReply {
  const details = error.code === 'internal' && requestId !== undefined ? `request ${requestId}` : error.details;
  return { code: error.code, message: sentence(error.code, error.params, language), params: error.params, ...(details === undefined ? {} : { details }) };
}

export function answerErrors(app: FastifyInstance): void {
  app.setErrorHandler(async (thrown: unknown, request: FastifyRequest, reply: FastifyReply) => {
    const error = asStudioError(thrown);
    if (error.code === 'internal') request.log.error({ err: thrown }, 'unexpected failure');
    if (error.params.seconds !== undefined && error.status === 429) reply.header('retry-after', error.params.seconds);
    reply.header('cache-control', 'no-store').removeHeader('content-disposition');
    return reply
      .status(error.status)
      .type('application/json; charset=utf-8')
      .send(errorReply(error, request.language, request.id));
  });
}
