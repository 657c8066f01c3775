import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { PASSWORD } from '../../daemon.fixture.ts';
import type { AnnotatedPicture, AnnotationTask } from '../../http/annotation-schemas.ts';
import type { KioskEnrolment, KioskPicture, KioskRenewal, KioskSession, KioskStation, KioskSubmitted, KioskView, KioskWork } from '../../http/kiosk-schemas.ts';
import type { ErrorReply, User } from '../../http/schemas.ts';
import { AnnotationRoom } from '../annotation/annotation.fixture.ts';
import type { StoredStation } from './stations.ts';
import type { Leases } from './work.ts';

const test = suite('kiosk');
let room: AnnotationRoom;
test.before(async () => {
  room = await AnnotationRoom.open('--set', 'session.free_attempts=4');
  for (const [who, keys] of [
    ['ann', { pin: '4711', badge: 'B-1001' }],
    ['ben', { pin: '0815' }],
  ] as const) {
    await room.admin.ok('PUT', `/api/kiosk/people/${room.id(who)}`, keys);
  }
});
test.after(async () => {
  await room.remove();
});

/** A browser at the line: two cookies and the page's token. */
class Station {
  readonly cookies = new Map<string, string>();
  csrf = '';
  personId = 0;

  async call<T>(method: string, path: string, body?: unknown): Promise<{ status: number; body: T & ErrorReply }> {
    const response = await fetch(room.daemon.url + path, {
      method,
      headers: {
        'accept-language': 'en',
        cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        'x-csrf-token': this.csrf,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
    for (const cookie of response.headers.getSetCookie()) {
      assert.match(cookie, /HttpOnly/);
      assert.match(cookie, /Path=\/api\/kiosk/);
      const [name, value] = cookie.split(';')[0]!.split('=');
      this.cookies.set(name!, value!);
    }
    const text = await response.text();
    return {
      status: response.status,
      body: (response.headers.get('content-type')?.includes('json') && text !== '' ? JSON.parse(text) : text) as T & ErrorReply,
    };
  }

  static async enrolled(name: string): Promise<Station> {
    const { code } = await room.admin.ok<KioskEnrolment>('POST', '/api/kiosk/stations', { name, groupId: 1 });
    const station = new Station();
    assert.is((await station.call('POST', '/api/kiosk/enrol', { code })).status, 200);
    return station;
  }

  async signIn(who: string, pin: string): Promise<this> {
    const { status, body } = await this.call<KioskSession>('POST', '/api/kiosk/session', { personId: room.id(who), pin });
    assert.is(status, 200, JSON.stringify(body));
    this.csrf = body.csrfToken;
    this.personId = room.id(who);
    return this;
  }

  async next(count = 1): Promise<KioskWork> {
    const { status, body } = await this.call<KioskWork>('POST', '/api/kiosk/next', { count });
    assert.is(status, 200, JSON.stringify(body));
    return body;
  }

  submit({ lease, taskId, n, revision }: KioskPicture, label: number, saveId = `save-${taskId}-${n}-${label}`) {
    const { personId } = this;
    return this.call<KioskSubmitted>('POST', '/api/kiosk/submit', { personId, lease, taskId, n, base: revision, state: 'done', label, saveId });
  }

  skip(pictures: KioskPicture[]) {
    return this.call<KioskRenewal>('POST', '/api/kiosk/leases/release', { leases: pictures.map(({ lease }) => lease) });
  }
}

test('a station is enrolled once with a code, and a new code ends the old browser', async () => {
  const nobody = new Station();
  assert.is((await nobody.call('GET', '/api/kiosk')).body.code, 'kiosk_not_enrolled');
  assert.is((await nobody.call('POST', '/api/kiosk/enrol', { code: '0000-0000' })).body.code, 'kiosk_code_wrong');
  const made = await room.admin.ok<KioskEnrolment>('POST', '/api/kiosk/stations', { name: 'Line 3', groupId: 1 });
  assert.match(made.code, /^\d{4}-\d{4}$/);
  assert.is((await room.client('dev').call<ErrorReply>('POST', '/api/kiosk/stations', { name: 'x', groupId: 1 })).body.code, 'role_forbidden');
  const station = new Station();
  const view = await station.call<KioskView>('POST', '/api/kiosk/enrol', { code: made.code });
  assert.equal([view.body.station.name, view.body.people.map(({ name }) => name), view.body.session], ['Line 3', ['ann name', 'ben name'], null]);
  assert.is((await new Station().call('POST', '/api/kiosk/enrol', { code: made.code })).body.code, 'kiosk_code_wrong');
  await room.admin.ok('POST', `/api/kiosk/stations/${made.station.id}/code`);
  assert.is((await station.call('GET', '/api/kiosk')).body.code, 'kiosk_not_enrolled');
  const [listed] = await room.admin.ok<KioskStation[]>('GET', '/api/kiosk/stations');
  assert.equal([listed!.name, listed!.enrolled], ['Line 3', false]);
});

test('people sign in with PIN or badge, wrong ones are slowed down, and a kiosk can do nothing else', async () => {
  const station = await Station.enrolled('Sign-in');
  assert.is((await station.call('POST', '/api/kiosk/next', { count: 1 })).body.code, 'kiosk_not_signed_in');
  assert.is((await station.call('POST', '/api/kiosk/session', { badge: 'B-9999' })).body.code, 'kiosk_sign_in_failed');
  const badge = await station.call<KioskSession>('POST', '/api/kiosk/session', { badge: 'b-1001' });
  assert.is(badge.body.person.name, 'ann name');
  assert.is((await room.admin.call<ErrorReply>('PUT', `/api/kiosk/people/${room.id('ben')}`, { badge: 'B-1001' })).body.code, 'kiosk_badge_taken');
  const gone = { userId: 'gone', name: 'gone', password: PASSWORD, role: 'annotator', groupIds: [1] };
  const { id: goneId } = await room.admin.ok<User>('POST', '/api/users', gone);
  await room.admin.ok('PUT', `/api/kiosk/people/${goneId}`, { badge: 'B-2002' });
  await room.admin.ok('DELETE', `/api/users/${goneId}`);
  await room.admin.ok('PUT', `/api/kiosk/people/${room.id('ben')}`, { badge: 'B-2002' });
  const given = await station.call<KioskSession>('POST', '/api/kiosk/session', { badge: 'B-2002' });
  assert.is(given.body.person?.name, 'ben name', 'the badge of somebody who was deleted is given again');
  await station.signIn('ben', '0815');
  assert.is((await station.call<KioskView>('GET', '/api/kiosk')).body.session?.person.name, 'ben name');

  const { paths } = await room.admin.ok<{ paths: Record<string, Record<string, unknown>> }>('GET', '/api/openapi.json');
  let tried = 0;
  for (const [path, methods] of Object.entries(paths)) {
    if (path.startsWith('/api/kiosk') || path === '/api/health') continue;
    for (const method of Object.keys(methods).filter((name) => name !== 'head')) {
      const { status, body } = await station.call(
        method.toUpperCase(),
        path.replaceAll(/\{\w+\}/g, '1'),
        method === 'get' || method === 'delete' ? undefined : {},
      );
      assert.ok(
        status === 401 || body.code === 'setup_done' || path === '/api/setup' || path === '/api/session',
        `${method} ${path}: ${status} ${JSON.stringify(body)}`,
      );
      tried += 1;
    }
  }
  assert.ok(tried > 60, `only ${tried} routes were tried`);
  station.csrf = 'wrong';
  assert.is((await station.call('POST', '/api/kiosk/next', { count: 1 })).body.code, 'stale_page');
  const codes: string[] = [];
  for (let i = 0; i < 6; i++) codes.push((await station.call('POST', '/api/kiosk/session', { personId: room.id('ann'), pin: '9999' })).body.code);
  assert.is(codes[0], 'kiosk_sign_in_failed');
  assert.is(codes.at(-1), 'too_many_attempts');
});

test('two stations never get the same picture; what was labelled comes once, however often it is sent', async () => {
  const task = await room.task('Line', { count: 8, people: [], kiosk: true });
  const one = await (await Station.enrolled('One')).signIn('ann', '4711');
  const two = await (await Station.enrolled('Two')).signIn('ben', '0815');
  const [first, second] = await Promise.all([one.next(3), two.next(3)]);
  const numbers = [...first.pictures, ...second.pictures].map(({ n }) => n);
  assert.is(new Set(numbers).size, 6, `leased: ${numbers}`);
  assert.equal(
    first.tasks[0]!.classes.map(({ name }) => name),
    ['OK', 'NG'],
  );
  assert.equal(
    (await one.next(3)).pictures.map(({ lease }) => lease).sort(),
    first.pictures.map(({ lease }) => lease).sort(),
    'asked again, it holds the same',
  );
  const [picture] = first.pictures;
  assert.is((await one.call('GET', `/api/kiosk/images/${task.id}/${picture!.n}`)).status, 200);
  assert.is((await one.call('GET', `/api/kiosk/images/${task.id}/${second.pictures[0]!.n}`)).status, 404);

  const submitted = await one.submit(picture!, 1);
  assert.equal(submitted.body as KioskSubmitted, { taskId: task.id, n: picture!.n, revision: 1 });
  assert.equal((await one.submit(picture!, 1)).body as KioskSubmitted, submitted.body as KioskSubmitted);
  const seen = await room.client('dev').ok<AnnotatedPicture>('GET', `/api/annotation/tasks/${task.id}/pictures/${picture!.n}`);
  assert.equal([seen.revision, seen.label, seen.by], [1, 1, 'ann name']);
  // Another label for a picture that was labelled with an older revision in mind is refused.
  assert.is((await two.submit(picture!, 2)).body.code, 'annotation_outdated');

  // Renewed and given back: a picture that is given back is somebody else's.
  const renewal = await one.call<KioskRenewal>('POST', '/api/kiosk/leases/renew', { leases: [first.pictures[1]!.lease, second.pictures[0]!.lease] });
  assert.equal([renewal.body.kept.map(({ lease }) => lease), renewal.body.lost], [[first.pictures[1]!.lease], [second.pictures[0]!.lease]]);
  await one.call('POST', '/api/kiosk/leases/release', { leases: [first.pictures[1]!.lease] });
  const more = await two.next(6);
  assert.ok(more.pictures.some(({ n }) => n === first.pictures[1]!.n));
  assert.not.ok(
    more.pictures.some(({ n }) => n === first.pictures[2]!.n),
    'still leased by the other station',
  );

  // The daemon is killed: leases and sessions are there again.
  await room.restart('SIGKILL');
  assert.equal(
    (await one.next(1)).pictures.map(({ n }) => n),
    [first.pictures[2]!.n],
  );

  // The reviewer cannot be locked out, and a late label is taken as long as nobody was faster. Whoever labelled counts, not who is signed in by now.
  const late = (await two.next(6)).pictures;
  await two.call('DELETE', '/api/kiosk/session');
  await two.signIn('ann', '4711');
  assert.is((await two.submit(late[0]!, 2)).status, 200);
  assert.is((await room.client('dev').ok<AnnotatedPicture>('GET', `/api/annotation/tasks/${task.id}/pictures/${late[0]!.n}`)).by, 'ben name');
  await room.save('dev', task.id, late[1]!.n, { base: 0, state: 'done', label: 1 });
  assert.is((await two.submit(late[1]!, 2)).body.code, 'annotation_outdated');

  // When the pool is done, its part is, and the reviewer is told.
  for (let work = await one.next(6); work.pictures.length > 0; work = await one.next(6)) {
    for (const one_ of work.pictures) assert.is((await one.submit(one_, 1)).status, 200);
  }
  const after = await room.client('dev').ok<AnnotationTask>('GET', `/api/annotation/tasks/${task.id}`);
  assert.equal([after.done, after.parts[0]!.status], [8, 'done']);
});

test('however many stations pull at once, each picture goes to one of them', async () => {
  const count = 24;
  const task = await room.task('Crowd', { count, people: [], kiosk: true });
  const stations: Station[] = [];
  for (let i = 0; i < 4; i++) stations.push(await (await Station.enrolled(`Crowd ${i}`)).signIn(i % 2 === 0 ? 'ann' : 'ben', i % 2 === 0 ? '4711' : '0815'));
  const handed = new Map<number, number>();
  for (let got = -1; got !== 0; ) {
    const works = await Promise.all(stations.map((station) => station.next(2)));
    got = 0;
    for (const [i, { pictures }] of works.entries()) {
      for (const { n } of pictures) {
        assert.is(handed.get(n) ?? i, i, `picture ${n} went to two stations`);
        handed.set(n, i);
        got += 1;
      }
    }
    const answers = await Promise.all(works.flatMap(({ pictures }, i) => pictures.map((picture) => stations[i]!.submit(picture, 1 + (picture.n % 2)))));
    assert.ok(answers.every(({ status }) => status === 200));
  }
  assert.is(handed.size, count);
  const { leases } = JSON.parse(await readFile(join(room.daemon.data, 'db/kiosk-leases.json'), 'utf8')) as Leases;
  assert.equal(
    leases.filter(({ taskId }) => taskId === task.id),
    [],
    'what was labelled is not kept',
  );
  const after = await room.client('dev').ok<AnnotationTask>('GET', `/api/annotation/tasks/${task.id}`);
  assert.equal([after.done, after.parts[0]!.status], [count, 'done']);
});

test('a picture that is labelled while more are asked for does not come again', async () => {
  const count = 12;
  const task = await room.task('Once', { count, people: [], kiosk: true });
  const station = await (await Station.enrolled('Once')).signIn('ann', '4711');
  const times = new Map<number, number>();
  let { pictures } = await station.next(6);
  while (pictures.length > 0) {
    const [picture, ...others] = pictures;
    times.set(picture!.n, (times.get(picture!.n) ?? 0) + 1);
    const [{ status }, more] = await Promise.all([station.submit(picture!, 1), station.next(6)]);
    assert.is(status, 200);
    const known = [picture, ...others].map((one) => `${one?.n} ${one?.revision}`);
    pictures = [...others, ...more.pictures.filter(({ n, revision }) => !known.includes(`${n} ${revision}`))];
  }
  assert.equal([...times.values()], Array(count).fill(1));
  assert.is((await room.client('dev').ok<AnnotationTask>('GET', `/api/annotation/tasks/${task.id}`)).done, count);
});

test('what a person skips comes to them last, and to others in its turn', async () => {
  const task = await room.task('Skipped', { count: 6, people: [], kiosk: true });
  const one = await (await Station.enrolled('Skips')).signIn('ann', '4711');
  const two = await (await Station.enrolled('Takes')).signIn('ben', '0815');
  const numbers = ({ pictures }: KioskWork) => pictures.map(({ n }) => n);
  const first = await one.next(3);
  assert.equal([numbers(first), first.left], [[0, 1, 2], 3]);
  await one.skip(first.pictures.slice(1));
  await one.skip(first.pictures.slice(0, 1));
  const second = await one.next(2);
  assert.equal([numbers(second), second.left], [[3, 4], 4]);
  await room.restart('SIGKILL');
  const third = await one.next(4);
  assert.equal([numbers(third), third.left], [[3, 4, 5, 1], 2], 'nothing else is left but what was skipped, the longest ago first');
  const fourth = await two.next(4);
  assert.equal(numbers(fourth), [0, 2]);
  await Promise.all(third.pictures.map((picture) => one.submit(picture, 1)));
  assert.equal([numbers(await one.next(4)), (await one.next(4)).left], [[], 0]);
  await Promise.all(fourth.pictures.map((picture) => two.submit(picture, 1)));
  assert.is((await room.client('dev').ok<AnnotationTask>('GET', `/api/annotation/tasks/${task.id}`)).done, 6);
});

test('labels that a station has kept count for whoever has made them, also when they have left', async () => {
  const task = await room.task('Kept', { count: 4, people: [], kiosk: true });
  const station = await (await Station.enrolled('Kept')).signIn('ann', '4711');
  const { pictures } = await station.next(3);
  await station.call('DELETE', '/api/kiosk/session');
  const answer = await station.submit(pictures[0]!, 2);
  assert.equal([answer.status, answer.body as KioskSubmitted], [200, { taskId: task.id, n: 0, revision: 1 }]);
  const seen = await room.client('dev').ok<AnnotatedPicture>('GET', `/api/annotation/tasks/${task.id}/pictures/0`);
  assert.equal([seen.label, seen.by], [2, 'ann name']);
  await station.signIn('ben', '0815');
  station.personId = room.id('ann');
  // The file has forgotten the lease; the answer was lost, and it is sent again.
  await station.next(1);
  assert.equal((await station.submit(pictures[0]!, 2)).body as KioskSubmitted, answer.body as KioskSubmitted);
  // Nothing tells any more that ann has leased it: it is not taken for ben’s, who is signed in.
  const unknown = { ...pictures[1]!, lease: 'forgotten' };
  assert.is((await station.submit(unknown, 2)).body.code, 'kiosk_not_signed_in');
  assert.is((await station.submit(pictures[1]!, 2)).status, 200);
  await station.signIn('ann', '4711');
  assert.is((await station.submit({ ...pictures[2]!, lease: 'forgotten' }, 1)).status, 200);
  const stranger = await Station.enrolled('Stranger');
  stranger.personId = room.id('ann');
  assert.is((await stranger.submit(pictures[2]!, 1, 'another-save')).body.code, 'kiosk_not_signed_in', 'leases are those of one station');
  assert.is((await new Station().submit(pictures[2]!, 1)).body.code, 'kiosk_not_enrolled');
  for (const left of (await station.next(3)).pictures) assert.is((await station.submit(left, 1)).status, 200);
});

test('a lease that has run out is somebody else’s, a late label is taken unless they were faster, and an idle session has ended', async () => {
  const task = await room.task('Late', { count: 3, people: [], kiosk: true });
  const one = await (await Station.enrolled('Late one')).signIn('ann', '4711');
  const two = await (await Station.enrolled('Late two')).signIn('ben', '0815');
  const { pictures } = await one.next(3);
  assert.is((await two.next(3)).pictures.length, 0);
  const { body: view } = await two.call<KioskView>('GET', '/api/kiosk');
  const idle = (await room.admin.ok<KioskStation[]>('GET', '/api/kiosk/stations')).find(({ name }) => name === 'Late two')!.id;
  // The clock of the box cannot be turned: the times on its disk can.
  await room.restart('SIGKILL', async () => {
    const edit = async <T>(file: string, change: (record: T) => T) => writeFile(file, JSON.stringify(change(JSON.parse(await readFile(file, 'utf8')) as T)));
    const db = join(room.daemon.data, 'db');
    await edit<Leases>(join(db, 'kiosk-leases.json'), ({ leases }) => ({
      // One has run out, the others are from before the clock was put back by a day.
      leases: leases.map((lease, i) => ({ ...lease, until: i === 0 ? Date.now() - 1 : lease.until + 864e5 })),
    }));
    const long = 1000 * (3 * view.idleSeconds + 1);
    await edit<StoredStation>(join(db, 'kiosk-stations', `${idle}.json`), (station) => ({
      ...station,
      session: { ...station.session!, at: Date.now() - long },
    }));
  });
  assert.is((await two.call('POST', '/api/kiosk/next', { count: 3 })).body.code, 'kiosk_not_signed_in');
  assert.is((await two.submit(pictures[0]!, 2)).body.code, 'kiosk_not_signed_in');
  await two.signIn('ben', '0815');
  const theirs = (await two.next(3)).pictures;
  assert.equal(
    theirs.map(({ n }) => n),
    pictures.map(({ n }) => n),
    'they are leased anew',
  );
  const renewal = await one.call<KioskRenewal>('POST', '/api/kiosk/leases/renew', { leases: pictures.map(({ lease }) => lease) });
  assert.equal(renewal.body.lost.length, 3);
  // Late, but nobody was faster: it counts for ann. The other station's label for the same picture is refused, and told so.
  assert.is((await one.submit(pictures[0]!, 1)).status, 200);
  const conflict = await two.submit(theirs[0]!, 2);
  assert.equal([conflict.status, conflict.body.code], [409, 'annotation_outdated']);
  assert.is((await two.submit(theirs[1]!, 2)).status, 200);
  assert.is((await one.submit(pictures[1]!, 1)).body.code, 'annotation_outdated');
  const seen = await Promise.all(
    [0, 1].map((i) => room.client('dev').ok<AnnotatedPicture>('GET', `/api/annotation/tasks/${task.id}/pictures/${pictures[i]!.n}`)),
  );
  assert.equal(
    seen.map(({ by, label, revision }) => [by, label, revision]),
    [
      ['ann name', 1, 1],
      ['ben name', 2, 1],
    ],
  );
});

test('whoever has finished their own part at a station tells the reviewer there', async () => {
  const task = await room.task('Own part', { count: 3, people: ['ann'] });
  const station = await (await Station.enrolled('Own')).signIn('ann', '4711');
  const { pictures, finished } = await station.next(3);
  assert.equal([pictures.map((one) => one.taskId), finished], [[task.id, task.id, task.id], []]);
  const part = { taskId: task.id, partId: task.parts[0]!.id };
  const report = () => station.call('POST', '/api/kiosk/done', part);
  for (const picture of pictures.slice(0, 2)) await station.submit(picture, 1);
  assert.equal([(await station.next(1)).finished, (await report()).body.code], [[], 'annotation_not_finished']);
  await station.submit(pictures[2]!, 1);
  assert.equal((await station.next(1)).finished, [{ ...part, name: 'parts', count: 3 }]);
  const other = await (await Station.enrolled('Not own')).signIn('ben', '0815');
  assert.equal([(await other.next(1)).finished, (await other.call('POST', '/api/kiosk/done', part)).body.code], [[], 'annotation_not_yours']);
  assert.is((await report()).status, 204);
  assert.is((await room.client('dev').ok<AnnotationTask>('GET', `/api/annotation/tasks/${task.id}`)).parts[0]!.status, 'done');
  assert.equal((await station.next(1)).finished, []);
  assert.is((await report()).body.code, 'annotation_part_state');
});

test('work with shapes is not for stations: whoever has some is told where it is done', async () => {
  await room.task('Shapes by hand', { model: 'detection', count: 2, people: ['ben'] });
  const station = await (await Station.enrolled('Shapes')).signIn('ben', '0815');
  const { elsewhere } = await station.next(1);
  assert.equal(elsewhere, ['parts']);
  assert.equal((await (await Station.enrolled('No shapes')).signIn('ann', '4711').then((other) => other.next(1))).elsewhere, []);
});

test.run();
