import { readFile, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Client, Daemon, PASSWORD } from '../daemon.fixture.ts';
import type { ErrorReply, Group, Project, Session, User } from './schemas.ts';

const test = suite('access');
let daemon: Daemon;
let admin: Client;
const people: Record<'admin' | 'developer' | 'annotator' | 'nobody', Client> = {} as never;

test.before(async () => {
  daemon = await Daemon.start('--set', 'session.requests_per_minute=1000');
  admin = await daemon.setUp();
  people.admin = admin;
  people.nobody = daemon.client();
  for (const role of ['developer', 'annotator'] as const) {
    await admin.ok('POST', '/api/users', { userId: role, name: role, password: PASSWORD, role, groupIds: [1] });
    people[role] = await daemon.client().signIn(role);
  }
});
test.after(() => daemon.remove());

interface Operation {
  'x-roles': string[];
}
interface OpenApi {
  paths: Record<string, Record<string, Operation>>;
}

/** Every route of the daemon, with those who may call it. */
async function routes(): Promise<{ method: string; path: string; roles: string[] }[]> {
  const { paths } = await daemon.client().ok<OpenApi>('GET', '/api/openapi.json');
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, roles: operation['x-roles'] })),
  );
}

test('the routes are those that were agreed on', async () => {
  const found = (await routes()).map(({ method, path }) => `${method} ${path}`).filter((route) => !route.startsWith('HEAD '));
  for (const route of [
    'GET /api/setup',
    'POST /api/setup',
    'GET /api/session',
    'POST /api/session',
    'DELETE /api/session',
    'PATCH /api/me',
    'GET /api/users',
    'POST /api/users',
    'PATCH /api/users/{id}',
    'DELETE /api/users/{id}',
    'GET /api/groups',
    'POST /api/groups',
    'PATCH /api/groups/{id}',
    'GET /api/projects',
    'POST /api/projects',
    'POST /api/projects/sample',
    'GET /api/projects/{id}',
    'PATCH /api/projects/{id}',
    'DELETE /api/projects/{id}',
    'GET /api/projects/{id}/datasets',
    'POST /api/projects/{id}/datasets',
    'GET /api/datasets/{id}',
    'PATCH /api/datasets/{id}',
    'DELETE /api/datasets/{id}',
    'POST /api/datasets/{id}/again',
    'GET /api/datasets/{id}/items',
    'GET /api/datasets/{id}/pictures/{n}',
    'GET /api/datasets/{id}/thumbnails/{n}',
    'GET /api/projects/{id}/experiments',
    'POST /api/projects/{id}/experiments',
    'GET /api/experiments/{id}',
    'PATCH /api/experiments/{id}',
    'DELETE /api/experiments/{id}',
    'POST /api/experiments/{id}/run',
    'POST /api/experiments/{id}/stop',
    'GET /api/experiments/{id}/model.onnx',
    'GET /api/algorithms',
    'GET /api/presets',
    'GET /api/projects/{id}/inferences',
    'POST /api/projects/{id}/inferences',
    'GET /api/inferences/{id}',
    'DELETE /api/inferences/{id}',
    'POST /api/inferences/{id}/stop',
    'GET /api/inferences/{id}/predictions',
    'GET /api/inferences/{id}/pictures/{n}',
    'GET /api/inferences/{id}/thumbnails/{n}',
    'GET /api/inferences/{id}/results.zip',
    'GET /api/jobs',
    'GET /api/jobs/{id}',
    'GET /api/jobs/{id}/events',
    'POST /api/jobs/{id}/stop',
    'GET /api/monitor',
    'GET /api/devices',
    'POST /api/devices/try',
    'GET /api/notifications',
    'POST /api/notifications/read',
    'GET /api/events',
    'GET /api/health',
    'POST /api/uploads',
    'PATCH /api/uploads/{id}',
    'DELETE /api/uploads/{id}',
  ]) {
    assert.ok(found.includes(route), `${route} is missing`);
  }
});

test('each role on each route: refused where it must be, never where it may', async () => {
  for (const { method, path, roles } of await routes()) {
    // Ids that do not exist: a role that may call the route gets as far as "not found" or "not valid".
    const url = path.replaceAll(/\{\w+\}/g, '999999');
    for (const [role, client] of Object.entries(people)) {
      // Signing out and the endless stream are tested on their own.
      if (path === '/api/events' || (path === '/api/session' && method === 'DELETE') || path === '/api/notifications/read') continue;
      if (path === '/api/projects/sample') continue;
      const { status, body } = await client.call<ErrorReply>(method, url, method === 'GET' || method === 'HEAD' ? undefined : {});
      const what = `${role}: ${method} ${path} answers ${status} ${JSON.stringify(body).slice(0, 200)}`;
      assert.ok(status < 500, what);
      // No role of the studio opens what belongs to the kiosk stations.
      if (roles.includes('station') || roles.includes('kiosk')) {
        if (method !== 'HEAD') assert.equal([status, body.code], [401, 'kiosk_not_enrolled'], what);
      } else if (roles.includes('anyone')) assert.not.equal(body?.code, 'not_signed_in', what);
      else if (role === 'nobody') assert.is(status, 401, what);
      else if (!roles.includes(role)) assert.is(status, 403, what);
      else assert.ok(status !== 401 && status !== 403, what);
      const closed = !['anyone', 'station', 'kiosk'].some((open) => roles.includes(open)) && !roles.includes(role);
      if (method !== 'HEAD' && role !== 'nobody' && closed) assert.is(body.code, 'role_forbidden', what);
    }
  }
});

test('an annotator may sign in, see itself and its groups and label, and nothing else', async () => {
  const allowed = (await routes()).filter(({ roles }) => roles.includes('annotator')).map(({ method, path }) => `${method} ${path}`);
  assert.equal(allowed.filter((route) => !route.startsWith('HEAD')).sort(), [
    'DELETE /api/session',
    'GET /api/annotation/tasks',
    'GET /api/annotation/tasks/{id}',
    'GET /api/annotation/tasks/{id}/auto',
    'GET /api/annotation/tasks/{id}/classes',
    'GET /api/annotation/tasks/{id}/images/{n}',
    'GET /api/annotation/tasks/{id}/index',
    'GET /api/annotation/tasks/{id}/pictures',
    'GET /api/annotation/tasks/{id}/pictures/{n}',
    'GET /api/annotation/tasks/{id}/thumbnails/{n}',
    'GET /api/events',
    'GET /api/groups',
    'GET /api/notifications',
    'GET /api/session',
    'PATCH /api/annotation/tasks/{id}/classes/{class}',
    'PATCH /api/me',
    'POST /api/annotation/tasks/{id}/auto',
    'POST /api/annotation/tasks/{id}/auto/stop',
    'POST /api/annotation/tasks/{id}/classes',
    'POST /api/annotation/tasks/{id}/classes/{class}/delete',
    'POST /api/annotation/tasks/{id}/label',
    'POST /api/annotation/tasks/{id}/parts/{part}/done',
    'POST /api/annotation/tasks/{id}/proposals/accept',
    'POST /api/annotation/tasks/{id}/proposals/reject',
    'POST /api/notifications/read',
    'PUT /api/annotation/tasks/{id}/classes/order',
    'PUT /api/annotation/tasks/{id}/pictures/{n}',
    'PUT /api/annotation/tasks/{id}/presence',
  ]);
});

test('set-up happens once', async () => {
  assert.equal((await people.nobody.call('GET', '/api/setup')).body, { needed: false });
  const again = await people.nobody.call<ErrorReply>('POST', '/api/setup', {
    code: daemon.setUpCode,
    userId: 'second',
    name: 'x',
    password: PASSWORD,
    locale: 'en',
  });
  assert.is(again.body.code, 'setup_done');
});

test('set-up wants the code that was shown', async () => {
  const fresh = await Daemon.start();
  try {
    const request = { userId: 'boss', name: '관리자', password: PASSWORD, locale: 'ko' };
    const client = fresh.client();
    assert.equal((await client.call('GET', '/api/setup')).body, { needed: true });
    assert.is((await client.call<ErrorReply>('POST', '/api/setup', { ...request, code: '0000-0000-0000' })).body.code, 'setup_code_wrong');
    const made = await client.call<Session>('POST', '/api/setup', { ...request, code: fresh.setUpCode });
    assert.is(made.status, 200);
    assert.is(made.body.user.role, 'admin');
    assert.equal(
      made.body.groups.map(({ name }) => name),
      ['basic_group'],
    );
    assert.match(made.headers.getSetCookie()[0]!, /HttpOnly; SameSite=Strict/);
    // A restart keeps the session and shows no code any more.
    await fresh.end();
    await fresh.launch();
    assert.is(fresh.setUpCode, '');
    const later = fresh.client();
    later.cookie = client.cookie;
    assert.is((await later.call<Session>('GET', '/api/session')).body.user.userId, 'boss');
  } finally {
    await fresh.remove();
  }
});

test('nothing changes without the token of the page', async () => {
  const thief = daemon.client();
  thief.cookie = admin.cookie;
  for (const token of ['', 'wrong', people.developer.csrf]) {
    thief.csrf = token;
    const { status, body } = await thief.call<ErrorReply>('POST', '/api/groups', { name: 'stolen', description: '' });
    assert.is(status, 403);
    assert.is(body.code, 'stale_page');
  }
  assert.is((await thief.call<ErrorReply>('POST', '/api/uploads', undefined, { 'tus-resumable': '1.0.0', 'upload-length': '5' })).status, 403);
});

test('requests that come from another site are refused', async () => {
  const body = { userId: 'admin', password: PASSWORD };
  for (const headers of [{ origin: 'https://evil.example' }, { origin: 'null' }, { 'sec-fetch-site': 'cross-site' }]) {
    const answer = await daemon.client().call<ErrorReply>('POST', '/api/session', body, headers as never);
    assert.is(answer.body.code, 'wrong_origin');
  }
  assert.is((await daemon.client().call('POST', '/api/session', body, { origin: daemon.url })).status, 200);
});

test('guessing passwords becomes slow, per person and address, and a restart does not help', async () => {
  const guesser = await Daemon.start('--set', 'session.free_attempts=3', '--set', 'session.max_delay_seconds=60');
  try {
    await guesser.setUp();
    const client = guesser.client();
    const guess = (password: string, userId = 'admin') => client.call<ErrorReply>('POST', '/api/session', { userId, password });
    // Many at once do not slip through, capital letters are no way around, and then even the right password must wait.
    const answers = await Promise.all([...Array.from({ length: 11 }, () => guess('wrong password')), guess(PASSWORD, 'ADMIN')]);
    const codes = answers.map(({ body }) => body.code);
    assert.is(codes.filter((code) => code === 'sign_in_failed').length, 3);
    assert.is(codes.filter((code) => code === 'too_many_attempts').length, 9);
    assert.is(codes.at(-1), 'too_many_attempts');
    assert.ok(Number(answers.at(-1)!.headers.get('retry-after')) >= 1);
    await guesser.end('SIGKILL');
    const kept = JSON.parse(await readFile(join(guesser.data, 'db', 'sign-in-failures.json'), 'utf8')) as Record<string, { count: number }>;
    assert.is(kept['pair admin 127.0.0.1']?.count, 3);
    await guesser.launch();
    const after = guesser.client();
    let status = 0;
    for (let i = 0; i < 600 && status !== 200; i++) {
      ({ status } = await after.call('POST', '/api/session', { userId: 'admin', password: PASSWORD }));
      if (status !== 200) await new Promise((done) => setTimeout(done, 100));
    }
    assert.is(status, 200, 'the right password works when the time is over');
    // The clock of the box cannot be put back: the times on its disk can be put forward.
    await guesser.end('SIGKILL');
    const ahead = Object.fromEntries(['pair admin 127.0.0.1', 'person admin'].map((key) => [key, { count: 90, last: Date.now() + 864e5 }]));
    await writeFile(join(guesser.data, 'db', 'sign-in-failures.json'), JSON.stringify(ahead));
    await guesser.launch();
    after.url = guesser.url;
    assert.is((await after.call('POST', '/api/session', { userId: 'admin', password: PASSWORD })).status, 200, 'nobody is locked out for days');
    // An unknown person is treated like a wrong password.
    assert.is((await after.call<ErrorReply>('POST', '/api/session', { userId: 'ghost', password: 'x' })).body.code, 'sign_in_failed');
  } finally {
    await guesser.remove();
  }
});

test('signing out ends the session, a new password ends the others', async () => {
  const first = await daemon.client().signIn('developer');
  const second = await daemon.client().signIn('developer');
  assert.is((await first.call<ErrorReply>('PATCH', '/api/me', { password: 'another password', currentPassword: 'no' })).body.code, 'current_password_wrong');
  await first.ok('PATCH', '/api/me', { password: 'another password', currentPassword: PASSWORD });
  assert.is((await first.call('GET', '/api/session')).status, 200);
  assert.is((await second.call('GET', '/api/session')).status, 401);
  await first.ok('PATCH', '/api/me', { password: PASSWORD, currentPassword: 'another password' });
  const { cookie } = first;
  await first.ok('DELETE', '/api/session');
  first.cookie = cookie;
  assert.is((await first.call<ErrorReply>('GET', '/api/session')).body.code, 'not_signed_in');
  people.developer = await daemon.client().signIn('developer');
});

test('people: a role that is taken away works at once, the last administrator stays', async () => {
  const made = await admin.ok<User>('POST', '/api/users', { userId: 'temp', name: 'Temp', password: PASSWORD, role: 'developer', groupIds: [1] });
  assert.is(
    (await admin.call<ErrorReply>('POST', '/api/users', { userId: 'TEMP', name: 'x', password: PASSWORD, role: 'developer', groupIds: [] })).body.code,
    'user_id_taken',
  );
  assert.is(
    (await admin.call<ErrorReply>('POST', '/api/users', { userId: 'x2', name: 'x', password: PASSWORD, role: 'developer', groupIds: [77] })).body.code,
    'group_unknown',
  );
  const temp = await daemon.client().signIn('temp');
  await admin.ok('PATCH', `/api/users/${made.id}`, { disabled: true });
  assert.is((await temp.call('GET', '/api/projects')).status, 401);
  assert.is((await daemon.client().call<ErrorReply>('POST', '/api/session', { userId: 'temp', password: PASSWORD })).body.code, 'account_disabled');
  await admin.ok('DELETE', `/api/users/${made.id}`);
  assert.is((await admin.call<ErrorReply>('PATCH', '/api/users/1', { role: 'developer' })).body.code, 'last_admin');
  assert.is((await admin.call<ErrorReply>('DELETE', '/api/users/1')).body.code, 'last_admin');
  const users = await admin.ok<object[]>('GET', '/api/users');
  assert.not.match(JSON.stringify(users), /scrypt|passwordHash/);
});

test('errors are in the language of the reader', async () => {
  const client = daemon.client();
  client.language = 'ko-KR,ko;q=0.9,en;q=0.5';
  assert.match((await client.call<ErrorReply>('GET', '/api/session')).body.message, '로그인이 필요합니다');
  client.language = 'de, en;q=0.4, ko;q=0.2';
  assert.match((await client.call<ErrorReply>('GET', '/api/session')).body.message, 'not signed in');
  // A person's own setting comes before the browser's.
  await people.developer.ok('PATCH', '/api/me', { locale: 'ko' });
  const { body, status } = await people.developer.call<ErrorReply>('GET', '/api/projects/999999');
  assert.is(status, 404);
  assert.match(body.message, '찾는 항목이 없습니다');
  await people.developer.ok('PATCH', '/api/me', { locale: 'en' });
});

test('what is sent is checked, and the field that is wrong is named', async () => {
  const project = { name: 'x', groupId: 1, description: '', type: 'image', model: 'classification' };
  for (const [change, field] of [
    [{ name: '' }, 'name'],
    [{ name: '   ' }, 'name'],
    [{ name: 'x'.repeat(101) }, 'name'],
    [{ groupId: '1' }, 'groupId'],
    [{ type: 'sound' }, 'type'],
    [{ description: undefined }, 'description'],
  ] as const) {
    const { status, body } = await admin.call<ErrorReply>('POST', '/api/projects', { ...project, ...change });
    assert.is(status, 400);
    assert.equal(body.params, { field });
  }
  const broken = await fetch(`${daemon.url}/api/projects`, {
    method: 'POST',
    headers: admin.headers({ 'content-type': 'application/json' }),
    body: '{"name":',
  });
  assert.is(((await broken.json()) as ErrorReply).code, 'invalid_input');
  const text = await fetch(`${daemon.url}/api/projects`, { method: 'POST', headers: admin.headers({ 'content-type': 'text/plain' }), body: 'x' });
  assert.is(((await text.json()) as ErrorReply).code, 'unsupported_content');
  const big = await admin.call<ErrorReply>('POST', '/api/projects', { ...project, description: 'x'.repeat(600_000) });
  assert.is(big.body.code, 'payload_too_large');
  assert.is((await admin.call('GET', '/api/datasets/abc')).status, 400);
});

test('groups: colleagues may look and not change, others see nothing', async () => {
  const hall = await admin.ok<Group>('POST', '/api/groups', { name: 'hall B', description: '' });
  for (const [userId, groupIds] of [
    ['ann', [1]],
    ['ben', [1, hall.id]],
    ['cho', [hall.id]],
  ] as const) {
    await admin.ok('POST', '/api/users', { userId, name: userId, password: PASSWORD, role: 'developer', groupIds });
  }
  const [ann, ben, cho] = await Promise.all(['ann', 'ben', 'cho'].map((userId) => daemon.client().signIn(userId)));
  const project = { description: '', type: 'image', model: 'classification' };
  const a = await ann!.ok<Project>('POST', '/api/projects', { ...project, name: 'of ann', groupId: 1 });
  const b = await ben!.ok<Project>('POST', '/api/projects', { ...project, name: 'of ben', groupId: hall.id });
  const names = async (client: Client) => (await client.ok<Project[]>('GET', '/api/projects')).map(({ name }) => name).sort();
  assert.equal(await names(ann!), ['of ann']);
  assert.equal(await names(ben!), ['of ann', 'of ben']);
  assert.equal(await names(cho!), ['of ben']);
  assert.is((await cho!.call('GET', `/api/projects/${a.id}`)).status, 404);
  assert.is((await ben!.ok<Project>('GET', `/api/projects/${a.id}`)).editable, false);
  for (const [method, path, body] of [
    ['PATCH', `/api/projects/${a.id}`, { description: 'mine' }],
    ['DELETE', `/api/projects/${a.id}`, undefined],
    ['POST', `/api/projects/${a.id}/experiments`, { datasetId: 1 }],
    ['POST', `/api/projects/${a.id}/datasets`, { name: 'd', description: '', visibility: 'private', uploadId: 'a'.repeat(32) }],
  ] as const) {
    assert.is((await ben!.call<ErrorReply>(method, path, body)).body.code, 'read_only', `${method} ${path}`);
  }
  assert.is((await cho!.call<ErrorReply>('POST', '/api/projects', { ...project, name: 'x', groupId: 1 })).body.code, 'group_not_yours');
  await admin.ok('PATCH', `/api/groups/${hall.id}`, { endDate: '2020-01-01' });
  assert.is((await cho!.call<ErrorReply>('POST', '/api/projects', { ...project, name: 'x', groupId: hall.id })).body.code, 'group_ended');
  assert.is((await cho!.ok<Group[]>('GET', '/api/groups'))[0]!.status, 'ended');
  assert.is((await admin.call<ErrorReply>('POST', '/api/groups', { name: 'HALL b', description: '' })).body.code, 'group_name_taken');
  assert.is((await admin.call<ErrorReply>('DELETE', `/api/users/${a.ownerId}`)).body.code, 'user_owns_projects');
  await ben!.ok('DELETE', `/api/projects/${b.id}`);
  assert.equal(await names(cho!), []);
});

/** Sends a path as it is: fetch() would tidy it up. */
function raw(path: string, headers: Record<string, string> = {}): Promise<{ status: number; body: string }> {
  return new Promise((done, fail) => {
    const { hostname, port } = new URL(daemon.url);
    httpRequest({ hostname, port, path, headers }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString('latin1')));
      response.on('end', () => done({ status: response.statusCode ?? 0, body }));
    })
      .on('error', fail)
      .end();
  });
}

test('pages: the application for every address, assets for ever, nothing else from the disk', async () => {
  const home = await raw('/', { accept: 'text/html' });
  assert.is(home.status, 200);
  const prefix = /\/assets\/[0-9a-f]{16}\/ui/.exec(home.body)?.[0];
  assert.ok(prefix, 'the page names its assets');
  assert.not.match(home.body, /\{\{/);
  assert.is((await raw('/projects/1/data', { accept: 'text/html' })).status, 200);
  assert.is((await raw('/nothing.js', { accept: '*/*' })).status, 404);
  const script = await fetch(`${daemon.url}${prefix}/main.js`);
  assert.is(script.status, 200);
  assert.match(script.headers.get('content-type')!, 'javascript');
  assert.match(script.headers.get('cache-control')!, 'immutable');
  const old = await fetch(`${daemon.url}/assets/0123456789abcdef/ui/main.js`);
  assert.is(old.headers.get('cache-control'), 'no-store');
  assert.match(script.headers.get('content-security-policy')!, "script-src 'self'");
  assert.not.match(script.headers.get('content-security-policy')!, /unsafe/);
  const folders = prefix.slice(0, -'/ui'.length);
  assert.is((await raw(`${folders}/server/labels/geometry.js`)).status, 200, 'geometry is one for both sides');
  assert.is((await raw(`${folders}/server/studio/projects/problems.js`)).status, 200, 'the browser knows what can be trained');
  for (const path of [
    `${prefix}/../server/main.js`,
    `${folders}/server/labels/coco.js`,
    `${folders}/server/main.js`,
    `${folders}/server/studio/projects/projects.js`,
    `${folders}/package.json`,
    `${prefix}/..%2f..%2fpackage.json`,
    `${prefix}/%2e%2e/%2e%2e/package.json`,
    `${prefix}/..%5c..%5cpackage.json`,
    `${prefix}//etc/passwd`,
    `${prefix}/%00`,
    `${prefix}/nothing.js`,
    `${prefix}/e2e/x.js`,
    `${prefix}/.hidden`,
    '/assets/',
    '/api/nothing',
    '/api',
    '/api/../package.json',
    '/..%2fpackage.json',
  ]) {
    const { status, body } = await raw(path);
    assert.ok(status >= 400 && status < 500, `${path} answers ${status}`);
    assert.not.match(body, '"dependencies"');
  }
});

test('too many requests to sign in are refused for a while', async () => {
  const busy = await Daemon.start('--set', 'session.requests_per_minute=3');
  try {
    const client = busy.client();
    let last = await client.call<ErrorReply>('POST', '/api/session', { userId: 'a', password: 'b' });
    for (let i = 0; i < 5; i++) last = await client.call<ErrorReply>('POST', '/api/session', { userId: `a${i}`, password: 'b' });
    assert.is(last.status, 429);
    assert.is(last.body.code, 'too_many_requests');
  } finally {
    await busy.remove();
  }
});

test('the description of the API is served, with the page that shows it', async () => {
  const { status, body } = await daemon.client().call<string>('GET', '/api/docs');
  assert.is(status, 200);
  assert.match(body, 'swagger-ui');
  assert.is((await daemon.client().call('GET', '/api/docs/static/swagger-ui-bundle.js')).status, 200);
});

test.run();
