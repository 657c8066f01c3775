/** A kiosk station by touch alone: enrolment, PIN and badge, one picture after another, no line, idle. */
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ZipFile } from 'yazl';
import { Client } from '../../server/daemon.fixture.ts';
import type { AnnotatedPicture, AnnotationClasses, AnnotationTask } from '../../server/http/annotation-schemas.ts';
import type { KioskEnrolment } from '../../server/http/kiosk-schemas.ts';
import type { Dataset, ModelKind, Project } from '../../server/http/schemas.ts';
import { ADMIN, checkPage, checkTroubles, ignoreTroubles, newPage, type Studio, setUp, sizesOf, startStudio } from './studio.ts';

const kiosk = suite('kiosk');
let studio: Studio;
let admin: Client;
let task: AnnotationTask;
let distribute: (name: string, model: ModelKind, to: { annotatorIds: number[]; kiosk: boolean }) => Promise<AnnotationTask>;

kiosk.before(async () => {
  studio = await startStudio();
  const page = await newPage(studio);
  await setUp(studio, page);
  admin = await new Client(studio.url).signIn(ADMIN.userId, ADMIN.password);
  const me = (await admin.ok<{ user: { id: number } }>('GET', '/api/session')).user.id;
  await page.goto('/admin');
  await page.locator('[role=tab]', { hasText: '현장 단말기' }).click();
  await page.locator('.empty-buttons:visible').first().waitFor();
  await checkPage(page, 'admin-stations', { themes: ['light'] });
  await page.context().close();
  await admin.ok('PUT', `/api/kiosk/people/${me}`, { pin: '2580', badge: 'A-1001' });
  const zip = new ZipFile();
  for (let i = 0; i < 12; i++) {
    const image = sharp({ create: { width: 320, height: 240, channels: 3, background: { r: 90 + i * 10, g: 110, b: 130 } } });
    zip.addBuffer(await image.png().toBuffer(), `${i}.png`);
  }
  zip.end();
  const chunks: Buffer[] = [];
  for await (const chunk of zip.outputStream) chunks.push(chunk as Buffer);
  distribute = async (name, model, to) => {
    const project = await admin.ok<Project>('POST', '/api/projects', { name, groupId: 1, description: '', type: 'image', model });
    const uploadId = await admin.upload('line.zip', Buffer.concat(chunks));
    const { id } = await admin.ok<Dataset>('POST', `/api/projects/${project.id}/datasets`, { name, description: '', visibility: 'private', uploadId });
    await admin.until<Dataset>(`/api/datasets/${id}`, (one) => one.status === 'ready');
    return admin.ok<AnnotationTask>('POST', `/api/datasets/${id}/annotation`, to);
  };
  [task] = await Promise.all([
    distribute('라인 3', 'classification', { annotatorIds: [], kiosk: true }),
    distribute('용접 테두리', 'detection', { annotatorIds: [me], kiosk: false }),
  ]);
  for (const name of ['양품', '불량']) await admin.ok<AnnotationClasses>('POST', `/api/annotation/tasks/${task.id}/classes`, { name });
});
kiosk.after(async () => {
  await studio.stop();
});

const done = async () => (await admin.ok<AnnotationTask>('GET', `/api/annotation/tasks/${task.id}`)).done;

kiosk('a station is enrolled, a person signs in and labels, also while the line is down', async () => {
  const { code } = await admin.ok<KioskEnrolment>('POST', '/api/kiosk/stations', { name: '3번 라인', groupId: 1 });
  const page = await newPage(studio, { touch: true });
  await page.clock.install();
  await page.goto('/kiosk');
  await page.locator('h1', { hasText: '이 화면 등록' }).waitFor();
  ignoreTroubles(page);
  await checkPage(page, 'kiosk-enrol', { themes: ['light'] });
  for (const digit of code.replace(/\D/g, '')) await page.locator('.pad-key:visible', { hasText: digit }).tap();
  await page.locator('button:visible', { hasText: '등록' }).tap();
  await page.locator('.person-key', { hasText: ADMIN.name }).waitFor();
  await checkPage(page, 'kiosk-people', { themes: ['light'] });
  await page.locator('.person-key').first().tap();
  for (const digit of '2580') await page.locator('.pad-key:visible', { hasText: digit }).tap();
  await page.locator('button:visible', { hasText: '시작' }).tap();
  await page.locator('.kiosk-label').nth(1).waitFor();
  await page.locator('.kiosk-picture img[src^=blob]').waitFor();
  await checkPage(page, 'kiosk-work');
  for (const { text, width, height } of await sizesOf(page.locator('.kiosk button:visible'))) {
    assert.ok(height >= 56 && width >= 56, `${text} is ${width} × ${height}`);
  }
  const image = () => page.locator('.kiosk-picture img').getAttribute('src');
  const first = await image();
  await page.locator('.kiosk-label', { hasText: '양품' }).tap();
  await page.locator(`.kiosk-picture img:not([src="${first}"])`).waitFor();
  await page.locator('button:visible', { hasText: '방금 것 취소' }).tap();
  await page.locator(`.kiosk-picture img[src="${first}"]`).waitFor();
  await page.locator('.kiosk-label', { hasText: '불량' }).tap();
  await page.locator('.kiosk-label', { hasText: '양품' }).tap();
  await admin.until<AnnotationTask>(`/api/annotation/tasks/${task.id}`, (one) => one.done >= 1);
  const labels = (await admin.ok<AnnotationClasses>('GET', `/api/annotation/tasks/${task.id}/classes`)).classes;
  const seen = await admin.ok<AnnotatedPicture>('GET', `/api/annotation/tasks/${task.id}/pictures/0`);
  assert.is(seen.label, labels[1]?.id, 'what was taken back was not sent');

  await page.context().setOffline(true);
  for (let i = 0; i < 3; i++) await page.locator('.kiosk-label', { hasText: '양품' }).tap();
  await page.locator('.kiosk-head .amber').waitFor();
  const before = await done();
  await page.context().setOffline(false);
  await page.locator('.kiosk-head .amber').waitFor({ state: 'hidden' });
  assert.ok((await done()) >= before + 2, 'what was labelled without a line has arrived');
  ignoreTroubles(page);

  await page.locator('button:visible', { hasText: '끝내기' }).tap();
  await page.locator('.person-key').first().waitFor();
  const showBadge = async () => {
    // As fast as a reader types: key by key over the line a busy box may be slower than the pause that ends a number.
    await page.locator('html').evaluate(
      (html, keys) => {
        const window = html.ownerDocument.defaultView!;
        for (const key of keys) html.dispatchEvent(new window.KeyboardEvent('keydown', { key, bubbles: true }));
      },
      [...'A-1001', 'Enter'],
    );
    await page.locator('.kiosk-label').first().waitFor();
  };
  await showBadge();
  // Nobody has touched it since the badge: two minutes later it asks who is there.
  await page.clock.fastForward(121_000);
  await page.locator('.person-key').first().waitFor();
  checkTroubles(page);

  // To the last picture; what is no work for a station is named. Then nobody touches the screen.
  await showBadge();
  const empty = page.locator('h1:visible', { hasText: '지금은 이미지가 없습니다' });
  const good = page.locator('.kiosk-label:visible', { hasText: '양품' });
  for (let i = 0; i < 60 && !(await empty.isVisible()); i++) await good.tap({ timeout: 1000 }).catch(() => {});
  await empty.waitFor();
  await page.locator('.kiosk-note:visible', { hasText: '용접 테두리' }).waitFor();
  await checkPage(page, 'kiosk-empty');
  await page.clock.fastForward(121_000);
  await page.locator('.person-key').first().waitFor();
  assert.is(await done(), 12, 'the last label was sent before');
  await page.context().close();
});

kiosk(
  'two stations at once: other pictures for each, nothing is said of one that has not come, a skipped one stays for later, and kept labels arrive when nobody is there',
  async () => {
    const line = await distribute('라인 4', 'classification', { annotatorIds: [], kiosk: true });
    for (const name of ['양품', '불량']) await admin.ok<AnnotationClasses>('POST', `/api/annotation/tasks/${line.id}/classes`, { name });
    const picture = (n: number) => admin.ok<AnnotatedPicture>('GET', `/api/annotation/tasks/${line.id}/pictures/${n}`);
    const station = async (name: string) => {
      const { code } = await admin.ok<KioskEnrolment>('POST', '/api/kiosk/stations', { name, groupId: 1 });
      const page = await newPage(studio, { touch: true });
      await page.clock.install();
      for (const [path, data] of Object.entries({ enrol: { code }, session: { badge: 'A-1001' } })) {
        assert.ok((await page.request.post(`/api/kiosk/${path}`, { data })).ok(), path);
      }
      const fetched = new Set<string>();
      page.on('request', (request) => {
        const [, key] = /kiosk\/images\/(\d+\/\d+)$/.exec(request.url()) ?? [];
        if (key) fetched.add(key);
      });
      return { page, fetched, good: page.locator('.kiosk-label', { hasText: '양품' }), shown: page.locator('.kiosk-picture img[src^=blob]') };
    };
    const one = await station('4번 라인');
    await one.page.goto('/kiosk');
    await one.shown.waitFor();

    const two = await station('5번 라인');
    await two.page.route('**/api/kiosk/images/**', (route) => route.abort());
    await two.page.goto('/kiosk');
    await two.page.locator('.kiosk-broken:visible').waitFor();
    assert.ok(await two.good.isDisabled());
    // A tap all the same, as of a finger that did not wait.
    await two.good.dispatchEvent('click');
    ignoreTroubles(two.page);
    await checkPage(two.page, 'kiosk-no-picture', { themes: ['light'], sizes: [[1280, 800]] });
    await two.page.unroute('**/api/kiosk/images/**');
    await two.page.locator('button:visible', { hasText: '다시 시도' }).tap();
    await two.shown.waitFor();
    assert.not.ok(await two.page.locator('.kiosk-head .amber').isVisible(), 'nothing was labelled unseen');
    assert.equal(
      [...one.fetched].filter((key) => two.fetched.has(key)),
      [],
      'no picture is at both stations',
    );
    assert.equal([one.fetched.has(`${line.id}/0`), two.fetched.has(`${line.id}/8`)], [true, true]);
    ignoreTroubles(two.page);
    await two.page.context().close();

    const first = await one.shown.getAttribute('src');
    // It has been looked at.
    await one.good.tap({ trial: true });
    await one.page.locator('button:visible', { hasText: '건너뛰기' }).tap();
    await one.page.locator(`.kiosk-picture img:not([src="${first}"])`).waitFor();
    await one.page.locator('.kiosk-label', { hasText: '불량' }).tap();
    await one.page.context().setOffline(true);
    await one.good.tap();
    // Nobody has touched it for two minutes.
    await one.page.clock.fastForward(121_000);
    await one.page.locator('.person-key').first().waitFor();
    await one.page.locator('.field-note:visible', { hasText: '보내지 못한 라벨 2개' }).waitFor();
    await one.page.context().setOffline(false);
    await admin.until<AnnotationTask>(`/api/annotation/tasks/${line.id}`, ({ done: count }) => count === 2);
    await one.page.locator('.kiosk-head .amber').waitFor({ state: 'hidden' });
    const seen = await Promise.all([0, 1, 2].map(picture));
    assert.equal(
      seen.map(({ state, by }) => [state, by]),
      [
        ['todo', null],
        ['done', ADMIN.name],
        ['done', ADMIN.name],
      ],
    );
    assert.not.equal(seen[1]!.label, seen[2]!.label);
    await one.page.context().close();
  },
);

kiosk.run();
