/** /api/kiosk: stations, signing in at them, and the pictures that they label one after another. See kiosk-schemas.ts. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { StudioError } from '../../errors.ts';
import type { AtStation, StoredStation } from '../../studio/kiosk/stations.ts';
import { personView } from '../../studio/kiosk/stations.ts';
import { csrfTokenOf } from '../../studio/people/sessions.ts';
import { ADMINS, KIOSK_COOKIE, STATION_COOKIE } from '../access.ts';
import {
  KioskCode,
  KioskDone,
  KioskEnrolment,
  KioskKeys,
  KioskLeases,
  KioskNext,
  KioskPerson,
  KioskRenewal,
  KioskSession,
  KioskSignIn,
  KioskStation,
  KioskSubmission,
  KioskSubmitted,
  KioskView,
  KioskWork,
  NewKioskStation,
} from '../kiosk-schemas.ts';
import type { Studio } from '../studio.ts';
import { ById, ByIdAndNumber, Nothing, sendPicture } from './parts.ts';

/** A station stays one until an administrator ends it. */
const TEN_YEARS = 10 * 365 * 86_400;

export const kioskRoutes =
  ({ kiosk }: Studio, settings: { requests_per_minute: number; absolute_hours: number }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const tags = ['kiosk'];
    const { stations, work } = kiosk;
    const rateLimit = { max: settings.requests_per_minute, timeWindow: '1 minute' };
    const setCookie = (request: FastifyRequest, reply: FastifyReply, name: string, token: string, maxAge: number) =>
      reply.setCookie(name, token, { httpOnly: true, sameSite: 'strict', path: '/api/kiosk', secure: request.protocol === 'https', maxAge });

    app.get(
      '/api/kiosk/stations',
      { config: { access: ADMINS }, schema: { tags, summary: 'All stations', response: { 200: Type.Array(KioskStation) } } },
      async () => stations.list(),
    );

    app.post(
      '/api/kiosk/stations',
      {
        config: { access: ADMINS },
        schema: { tags, summary: 'Add a station: a code to type there', body: NewKioskStation, response: { 201: KioskEnrolment } },
      },
      async (request, reply) => reply.status(201).send(await stations.add(request.body)),
    );

    app.post(
      '/api/kiosk/stations/:id/code',
      { config: { access: ADMINS }, schema: { tags, summary: 'A new code, for another browser', params: ById, response: { 200: KioskEnrolment } } },
      async (request) => stations.newCode(request.params.id),
    );

    app.delete(
      '/api/kiosk/stations/:id',
      { config: { access: ADMINS }, schema: { tags, summary: 'End a station', params: ById, response: { 204: Nothing } } },
      async (request, reply) => {
        await stations.delete(request.params.id);
        return reply.status(204).send(null);
      },
    );

    app.get(
      '/api/kiosk/people',
      { config: { access: ADMINS }, schema: { tags, summary: 'Who has a PIN or a badge', response: { 200: Type.Array(KioskPerson) } } },
      async () => stations.people(),
    );

    app.put(
      '/api/kiosk/people/:id',
      {
        config: { access: ADMINS },
        schema: { tags, summary: 'Give a person a PIN or a badge number', params: ById, body: KioskKeys, response: { 200: KioskPerson } },
      },
      async (request) => stations.setKeys(request.params.id, request.body),
    );

    app.post(
      '/api/kiosk/enrol',
      { config: { access: 'anyone', rateLimit }, schema: { tags, summary: 'Make this browser a station', body: KioskCode, response: { 200: KioskView } } },
      async (request, reply) => {
        const { station, token } = await stations.enrol(request.body.code, request.ip);
        setCookie(request, reply, STATION_COOKIE, token, TEN_YEARS);
        return stations.view(station, undefined);
      },
    );

    app.get('/api/kiosk', { config: { access: 'station' }, schema: { tags, summary: 'This station', response: { 200: KioskView } } }, async (request) =>
      stations.view(stationOf(request), request.cookies[KIOSK_COOKIE]),
    );

    app.post(
      '/api/kiosk/session',
      { config: { access: 'station', rateLimit }, schema: { tags, summary: 'Sign in at this station', body: KioskSignIn, response: { 200: KioskSession } } },
      async (request, reply) => {
        const { person, token } = await stations.signIn(stationOf(request), request.body);
        setCookie(request, reply, KIOSK_COOKIE, token, settings.absolute_hours * 3600);
        return { person: personView(person), csrfToken: csrfTokenOf(token) };
      },
    );

    app.delete(
      '/api/kiosk/session',
      { config: { access: 'station' }, schema: { tags, summary: 'Sign out', response: { 204: Nothing } } },
      async (request, reply) => {
        const station = stationOf(request);
        await stations.signOut(station);
        await work.release(station);
        reply.clearCookie(KIOSK_COOKIE, { httpOnly: true, sameSite: 'strict', path: '/api/kiosk' });
        return reply.status(204).send(null);
      },
    );

    app.post(
      '/api/kiosk/next',
      { config: { access: 'kiosk' }, schema: { tags, summary: 'The next pictures', body: KioskNext, response: { 200: KioskWork } } },
      async (request) => work.next(atStation(request), request.body.count),
    );

    app.post(
      '/api/kiosk/leases/renew',
      { config: { access: 'kiosk' }, schema: { tags, summary: 'Keep leases', body: KioskLeases, response: { 200: KioskRenewal } } },
      async (request) => work.renew(atStation(request), request.body.leases),
    );

    app.post(
      '/api/kiosk/leases/release',
      { config: { access: 'kiosk' }, schema: { tags, summary: 'Skip pictures: somebody else’s turn', body: KioskLeases, response: { 200: KioskRenewal } } },
      async (request) => work.skip(atStation(request), request.body.leases),
    );

    app.post(
      '/api/kiosk/submit',
      { config: { access: 'station' }, schema: { tags, summary: 'The label of a picture', body: KioskSubmission, response: { 200: KioskSubmitted } } },
      async (request) => {
        const station = stationOf(request);
        return work.submit(station, stations.personAt(station, request.cookies[KIOSK_COOKIE]), request.body);
      },
    );

    app.post(
      '/api/kiosk/done',
      { config: { access: 'kiosk' }, schema: { tags, summary: 'Tell the reviewer that the own part is done', body: KioskDone, response: { 204: Nothing } } },
      async (request, reply) => {
        await work.done(atStation(request), request.body.taskId, request.body.partId);
        return reply.status(204).send(null);
      },
    );

    app.get(
      '/api/kiosk/images/:id/:n',
      { config: { access: 'kiosk' }, schema: { tags, summary: 'A leased picture', params: ByIdAndNumber } },
      async (request, reply) => {
        return sendPicture(reply, await work.image(atStation(request), request.params.id, request.params.n));
      },
    );
  };

function stationOf(request: FastifyRequest): Readonly<StoredStation> {
  if (request.station === null) throw new StudioError('kiosk_not_enrolled');
  return request.station;
}

function atStation(request: FastifyRequest): AtStation {
  if (request.kioskPerson === null) throw new StudioError('kiosk_not_signed_in');
  return { station: stationOf(request), person: request.kioskPerson };
}
