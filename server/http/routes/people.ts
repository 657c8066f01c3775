/** /api/setup, /api/session, /api/me, /api/users */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { StudioError } from '../../errors.ts';
import { csrfTokenOf } from '../../studio/people/sessions.ts';
import { type StoredUser, userView } from '../../studio/people/users.ts';
import { ADMINS, clearSessionCookie, readerOf, SESSION_COOKIE, SIGNED_IN, setSessionCookie } from '../access.ts';
import { Locale, NewUser, Session, SetupRequest, SetupState, SignInRequest, User, UserChange } from '../schemas.ts';
import type { Studio } from '../studio.ts';
import { ById, Nothing } from './parts.ts';

export interface PeopleSettings {
  absolute_hours: number;
  requests_per_minute: number;
}

export const peopleRoutes =
  (studio: Studio, settings: PeopleSettings): FastifyPluginAsyncTypebox =>
  async (app) => {
    const tags = ['people'];
    const { users, sessions, groups } = studio;
    const rateLimit = { max: settings.requests_per_minute, timeWindow: '1 minute' };
    const sessionView = (person: StoredUser, token: string): Session => ({
      user: userView(person),
      csrfToken: csrfTokenOf(token),
      groups: groups.ofUser(person),
      version: studio.version,
    });

    app.get(
      '/api/setup',
      { config: { access: 'anyone' }, schema: { tags, summary: 'Is the first administrator still to be made?', response: { 200: SetupState } } },
      async () => ({ needed: users.setUpNeeded }),
    );

    app.post(
      '/api/setup',
      {
        config: { access: 'anyone', rateLimit },
        schema: { tags, summary: 'Make the first administrator and sign in', body: SetupRequest, response: { 200: Session } },
      },
      async (request, reply) => {
        const person = await users.setUp(request.body, request.ip);
        const { token } = await sessions.open(person.id);
        setSessionCookie(request, reply, token, settings.absolute_hours * 3600);
        return sessionView(person, token);
      },
    );

    app.get(
      '/api/session',
      { config: { access: SIGNED_IN }, schema: { tags, summary: 'Who am I? 401 without a session', response: { 200: Session } } },
      async (request) => sessionView(readerOf(request), request.cookies[SESSION_COOKIE] ?? ''),
    );

    app.post(
      '/api/session',
      { config: { access: 'anyone', rateLimit }, schema: { tags, summary: 'Sign in', body: SignInRequest, response: { 200: Session } } },
      async (request, reply) => {
        const { user, token } = await users.signIn(request.body.userId, request.body.password, request.ip);
        if (request.sessionId !== 0) await sessions.end(request.sessionId);
        setSessionCookie(request, reply, token, settings.absolute_hours * 3600);
        return sessionView(user, token);
      },
    );

    app.delete('/api/session', { config: { access: SIGNED_IN }, schema: { tags, summary: 'Sign out', response: { 204: Nothing } } }, async (request, reply) => {
      await sessions.end(request.sessionId);
      clearSessionCookie(request, reply);
      return reply.status(204).send(null);
    });

    const MyChange = Type.Partial(
      Type.Object({
        name: UserChange.properties.name,
        locale: Locale,
        password: UserChange.properties.password,
        currentPassword: UserChange.properties.currentPassword,
      }),
    );
    app.patch(
      '/api/me',
      { config: { access: SIGNED_IN }, schema: { tags, summary: 'Change my name, language or password', body: MyChange, response: { 200: User } } },
      async (request) => userView(await users.changeMyself(readerOf(request).id, request.body, request.sessionId, request.ip)),
    );

    app.get('/api/users', { config: { access: ADMINS }, schema: { tags, summary: 'All people', response: { 200: Type.Array(User) } } }, async () =>
      users.list(),
    );

    app.post(
      '/api/users',
      { config: { access: ADMINS }, schema: { tags, summary: 'Add a person', body: NewUser, response: { 201: User } } },
      async (request, reply) => reply.status(201).send(userView(await users.add(request.body, readerOf(request)))),
    );

    const AnyChange = Type.Omit(UserChange, ['currentPassword']);
    app.patch(
      '/api/users/:id',
      { config: { access: ADMINS }, schema: { tags, summary: 'Change a person', params: ById, body: AnyChange, response: { 200: User } } },
      async (request) => userView(await users.change(request.params.id, request.body, readerOf(request))),
    );

    app.delete(
      '/api/users/:id',
      { config: { access: ADMINS }, schema: { tags, summary: 'Delete a person who owns no project', params: ById, response: { 204: Nothing } } },
      async (request, reply) => {
        const person = users.get(request.params.id);
        if (person === undefined) throw new StudioError('not_found');
        await users.delete(person.id, readerOf(request));
        await studio.notifications.deleteAllOf(person.id);
        await studio.kiosk.stations.forget(person.id);
        return reply.status(204).send(null);
      },
    );
  };
