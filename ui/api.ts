/** Talks to the daemon: JSON in and out, the CSRF header, the reader's language, and errors as values that a page can show. */
import type { ErrorReply } from '../server/http/schemas.ts';
import { language, t } from './i18n/language.ts';

/** A request that did not succeed. `message` is for the person, in their language; `details` for the engineer. */
export class ApiError extends Error {
  readonly code: string;
  readonly status: number;
  readonly params: Record<string, string | number>;
  readonly details: string | undefined;
  /** The whole answer, for errors that carry more. */
  readonly body: unknown;
  constructor(status: number, reply: ErrorReply, body?: unknown) {
    super(reply.message);
    this.code = reply.code;
    this.status = status;
    this.params = reply.params;
    this.details = reply.details;
    this.body = body;
  }
}

interface Hooks {
  csrfToken(): string | undefined;
  /** The session has ended: called once for each such answer. */
  signedOut(): void;
  /** The token is not that of this browser's session. True: now it is. */
  renewed(): Promise<boolean>;
}
let hooks: Hooks = { csrfToken: () => undefined, signedOut: () => {}, renewed: async () => false };
export function connectApi(next: Hooks): void {
  hooks = next;
}

let ownToken: (() => string | undefined) | null = null;
/** A page with a session of its own (a kiosk) sends that session's token; null ends it. */
export function useToken(token: (() => string | undefined) | null): void {
  ownToken = token;
}

export type Query = Record<string, string | number | boolean | undefined | null>;

export function address(path: string, query?: Query): string {
  if (!query) return path;
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined && value !== null && value !== '') search.set(name, String(value));
  const text = search.toString();
  return text ? `${path}?${text}` : path;
}

async function failure(response: Response): Promise<ApiError> {
  try {
    const reply = (await response.json()) as Partial<ErrorReply>;
    if (typeof reply.message === 'string') {
      const { code = 'unknown', message, params = {}, details } = reply;
      return new ApiError(response.status, { code, message, params, ...(details ? { details } : {}) }, reply);
    }
  } catch {
    // Not JSON: a proxy or a daemon that is starting answered.
  }
  return new ApiError(response.status, { code: 'unexpected', message: t('error.unexpected'), params: {}, details: `HTTP ${response.status} ${response.url}` });
}

async function send<T>(method: string, path: string, body?: unknown, signal?: AbortSignal, again = false): Promise<T> {
  const headers: Record<string, string> = { accept: 'application/json', 'accept-language': language.now };
  if (body !== undefined) headers['content-type'] = 'application/json';
  const token = (ownToken ?? hooks.csrfToken)();
  if (method !== 'GET' && token) headers['x-csrf-token'] = token;
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      signal: signal ?? null,
      credentials: 'same-origin',
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, { code: 'offline', message: t('error.offline'), params: {}, details: String(error) });
  }
  if (!response.ok) {
    const problem = await failure(response);
    if (problem.code === 'not_signed_in') hooks.signedOut();
    // It was refused before anything was done, so it may be sent once more.
    if (problem.code === 'stale_page' && !again && !ownToken && (await hooks.renewed())) return send(method, path, body, signal, true);
    throw problem;
  }
  const text = await response.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

export const api = {
  get: <T>(path: string, query?: Query, signal?: AbortSignal) => send<T>('GET', address(path, query), undefined, signal),
  post: <T>(path: string, body: unknown = {}) => send<T>('POST', path, body),
  patch: <T>(path: string, body: unknown) => send<T>('PATCH', path, body),
  put: <T>(path: string, body: unknown) => send<T>('PUT', path, body),
  remove: <T = void>(path: string) => send<T>('DELETE', path),
};

/** The header that libraries which send by themselves (uploads) need. */
export function csrfHeaders(): Record<string, string> {
  const token = hooks.csrfToken();
  return { 'accept-language': language.now, ...(token ? { 'x-csrf-token': token } : {}) };
}

/** True where a request was given up because the page was left: nothing to tell anybody. */
export function wasAborted(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}
