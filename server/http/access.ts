/**
 * Who may call what. Every route declares it in `config.access`; the daemon does not start with a route that declares nothing. Checked in this
 * order: the request's origin, the session, the page's token, the role.
 */
import { timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { type Language, StudioError } from '../errors.ts';
import type { StoredStation } from '../studio/kiosk/stations.ts';
import { csrfTokenOf } from '../studio/people/sessions.ts';
import type { StoredUser } from '../studio/people/users.ts';
import type { Locale, Role } from './schemas.ts';
import type { Studio } from './studio.ts';

/**
 * 'anyone': also without a session. 'station': an enrolled kiosk station. 'kiosk': a person who is signed in at one, which opens these routes and no others.
 * Else the roles that may call the route.
 */
export type Access = 'anyone' | 'station' | 'kiosk' | readonly Role[];
export const SIGNED_IN: Access = ['admin', 'developer', 'annotator'];
export const DEVELOPERS: Access = ['admin', 'developer'];
export const ADMINS: Access = ['admin'];

export const SESSION_COOKIE = 'ai_studio_session';
/** Of a kiosk station, and of the person who is signed in there. */
export const STATION_COOKIE = 'ai_studio_station';
export const KIOSK_COOKIE = 'ai_studio_kiosk';
export const CSRF_HEADER = 'x-csrf-token';

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access;
  }
  interface FastifyRequest {
    /** The person who is signed in; null without a session. */
    person: StoredUser | null;
    sessionId: number;
    /** Of a request to a route for kiosks. */
    station: Readonly<StoredStation> | null;
    kioskPerson: StoredUser | null;
    /** The language of the answers to this request. */
    language: Language;
  }
}

export interface AccessSettings {
  /** Origins besides the daemon's own that may send requests (a proxy's address). */
  origins: readonly string[];
  language: Locale;
}

/** The person of a request to a route that is not open to anyone. */
export function readerOf(request: FastifyRequest): StoredUser {
  if (request.person === null) throw new StudioError('not_signed_in');
  return request.person;
}

/** Adds the checks to an app. Must be called before the routes are added. */
export function guardRoutes(app: FastifyInstance, studio: Studio, settings: AccessSettings): void {
  const routes: RouteOptions[] = [];
  app.addHook('onRoute', (route) => {
    routes.push(route);
  });
  app.addHook('onReady', async () => {
    const open = routes.filter((route) => route.config?.access === undefined);
    if (open.length > 0) throw new Error(`These routes do not declare who may call them: ${open.map(({ method, url }) => `${method} ${url}`).join(', ')}`);
  });

  app.decorateRequest('person', null);
  app.decorateRequest('sessionId', 0);
  app.decorateRequest('station', null);
  app.decorateRequest('kioskPerson', null);
  app.decorateRequest('language', 'en');

  app.addHook('onRequest', async (request) => {
    request.language = languageOf(request, settings.language);
    const token = request.cookies[SESSION_COOKIE];
    const session = token === undefined ? undefined : studio.sessions.find(token);
    const person = session === undefined ? undefined : studio.users.get(session.userId);
    if (session !== undefined && person !== undefined && !person.disabled) {
      request.person = person;
      request.sessionId = session.id;
      request.language = person.locale;
    }

    const access = request.routeOptions.config.access;
    if (request.is404 || access === undefined) return;
    const changes = !['GET', 'HEAD', 'OPTIONS'].includes(request.method);
    if (changes) checkOrigin(request, settings.origins);
    if (access === 'anyone') return;
    if (access === 'station' || access === 'kiosk') return checkKiosk(request, access, changes);
    const reader = readerOf(request);
    if (changes && !sameText(request.headers[CSRF_HEADER], csrfTokenOf(token ?? ''))) throw new StudioError('stale_page');
    if (!access.includes(reader.role)) throw new StudioError('role_forbidden');
  });

  function checkKiosk(request: FastifyRequest, access: 'station' | 'kiosk', changes: boolean): void {
    const { stations } = studio.kiosk;
    const station = stations.find(request.cookies[STATION_COOKIE]);
    if (station === undefined) throw new StudioError('kiosk_not_enrolled');
    request.station = station;
    const token = request.cookies[KIOSK_COOKIE];
    const person = stations.personAt(station, token);
    if (person !== undefined) request.language = person.locale;
    if (access === 'station') return;
    if (person === undefined) throw new StudioError('kiosk_not_signed_in');
    if (changes && !sameText(request.headers[CSRF_HEADER], csrfTokenOf(token ?? ''))) throw new StudioError('stale_page');
    request.kioskPerson = person;
  }
}

function checkOrigin(request: FastifyRequest, allowed: readonly string[]): void {
  if (request.headers['sec-fetch-site'] === 'cross-site') throw new StudioError('wrong_origin');
  const { origin } = request.headers;
  if (origin === undefined || allowed.includes(origin)) return;
  const own = URL.canParse(origin) && new URL(origin).host === request.host;
  if (!own) throw new StudioError('wrong_origin');
}

function sameText(given: string | string[] | undefined, expected: string): boolean {
  const a = Buffer.from(typeof given === 'string' ? given : '');
  const b = Buffer.from(expected);
  return a.length === b.length && timingSafeEqual(a, b);
}

/** The first of Korean and English that the browser asks for. */
function languageOf(request: FastifyRequest, fallback: Language): Language {
  const wanted = (request.headers['accept-language'] ?? '')
    .split(',')
    .map((item) => {
      const [tag = '', ...rest] = item.trim().toLowerCase().split(';');
      const quality = rest.map((part) => /^\s*q=([\d.]+)$/.exec(part)?.[1]).find((q) => q !== undefined);
      return { tag: tag.split('-')[0], quality: quality === undefined ? 1 : Number(quality) };
    })
    .filter(({ tag, quality }) => (tag === 'ko' || tag === 'en') && quality > 0)
    .sort((a, b) => b.quality - a.quality);
  return (wanted[0]?.tag as Language | undefined) ?? fallback;
}

export function setSessionCookie(request: FastifyRequest, reply: FastifyReply, token: string, maxAgeSeconds: number): void {
  reply.setCookie(SESSION_COOKIE, token, { httpOnly: true, sameSite: 'strict', path: '/', secure: request.protocol === 'https', maxAge: maxAgeSeconds });
}

export function clearSessionCookie(request: FastifyRequest, reply: FastifyReply): void {
  reply.clearCookie(SESSION_COOKIE, { httpOnly: true, sameSite: 'strict', path: '/', secure: request.protocol === 'https' });
}
