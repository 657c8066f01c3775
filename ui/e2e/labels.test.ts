/** Labels of shapes: in with the pictures, by Label Upload, looked at on the pictures, with a report, out by Download Dataset. */
import { appendFileSync, copyFileSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page, Route } from 'playwright-core';
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeMask } from '../../server/labels/rle.ts';
import {
  ADMIN,
  becomes,
  checkPage,
  checkTroubles,
  countBecomes,
  gate,
  ignoreTroubles,
  newPage,
  newTab,
  request,
  type Studio,
  settled,
  setUp,
  signInElsewhere,
  startStudio,
} from './studio.ts';

const labels = suite('labels');
let studio: Studio;
let page: Page;

labels.before(async () => {
  studio = await startStudio();
  page = await newPage(studio);
  await setUp(studio, page);
});
labels.after(async () => {
  await studio.stop();
});

async function project(name: string, model: string): Promise<number> {
  const session = await request<{ groups: { id: number }[] }>(page, 'GET', '/api/session');
  return (await request<{ id: number }>(page, 'POST', '/api/projects', { name, groupId: session.groups[0]?.id, description: '', type: 'image', model })).id;
}

const SIZE = { width: 320, height: 240 };
/** A grey part with two dark places on it. */
async function part(path: string, shade: number): Promise<void> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="320" height="240"><rect width="320" height="240" fill="rgb(${shade},${shade},${shade + 8})"/>
    <circle cx="90" cy="80" r="34" fill="#3d434b"/><circle cx="90" cy="80" r="14" fill="rgb(${shade},${shade},${shade})"/><path d="M180 60 L290 90 L250 200 Z" fill="#6d5a4a"/></svg>`;
  await sharp(Buffer.from(svg)).jpeg().toFile(path);
}

const coco = (annotations: object[]) =>
  JSON.stringify({
    images: [1, 2, 3, 4].map((id) => ({ id, file_name: `part-${id}.jpg`, ...SIZE })),
    categories: [
      { id: 1, name: '찍힘' },
      { id: 2, name: 'scratch' },
    ],
    annotations: annotations.map((annotation, i) => ({ id: i + 1, ...annotation })),
  });

async function folder(name: string, count: number): Promise<string> {
  const root = join(studio.data, 'upload', name);
  mkdirSync(root, { recursive: true });
  for (let n = 1; n <= count; n++) await part(join(root, `part-${n}.jpg`), 150 + 10 * n);
  return root;
}

/** Choose a folder, wait for the dataset's page to be ready. */
async function upload(projectId: number, root: string): Promise<void> {
  await page.goto(`/projects/${projectId}/data/new`);
  await page.locator('input[webkitdirectory]').setInputFiles(root);
  await page.locator('.chosen').waitFor();
  await page.locator('form .primary').click();
  await page.waitForURL('**/datasets/**');
  await page.locator('.picture-tile img.there').first().waitFor();
}
const menu = async (text: string) => {
  await page.locator('.page-actions .icon-button').click();
  await page.locator('[role=menu] .menu-item', { hasText: text }).click();
};

labels('boxes come with the folder of pictures and are drawn on them; what is wrong with them is told', async () => {
  const projectId = await project('부품 탐지', 'detection');
  const root = await folder('boxes', 5);
  writeFileSync(
    join(root, 'instances.json'),
    coco([
      { image_id: 1, category_id: 1, bbox: [54, 44, 74, 74] },
      { image_id: 1, category_id: 2, bbox: [178, 58, 114, 144] },
      { image_id: 2, category_id: 1, bbox: [54, 44, 74, 74] },
      { image_id: 2, category_id: 1, bbox: [400, 400, 10, 10] },
      { image_id: 3, category_id: 2, bbox: [178, 58, 500, 144] },
      { image_id: 99, category_id: 2, bbox: [1, 1, 5, 5] },
    ]),
  );
  copyFileSync(join(root, 'part-5.jpg'), join(root, 'part-5 copy.jpg'));
  await upload(projectId, root);
  await countBecomes(page.locator('.overlay path'), 4);
  await becomes(async () => (await page.locator('.class-bar .class-name').allTextContents()).slice(1), ['찍힘', 'scratch', '라벨 없음']);
  await becomes(() => page.locator('.class-bar .class-count').allTextContents(), ['6', '2', '2', '2']);
  // One is labelled as showing nothing.
  await countBecomes(page.locator('.picture-mark'), 1);
  await checkPage(page, 'labels-boxes');

  await page.locator('.class-bar', { hasText: 'scratch' }).click();
  await page.locator('.browse-tools', { hasText: '2장' }).waitFor();
  await page.locator('.picture-tile button').first().click();
  await page.locator('.viewer .labels-tags span').nth(1).waitFor();
  await becomes(() => page.locator('.viewer .labels-tags span').allTextContents(), ['A', 'B']);
  await checkPage(page, 'labels-viewer', { sizes: [[1280, 800]] });
  await page.locator('.viewer-labels input').click();
  await page.locator('.viewer .labels-layer').waitFor({ state: 'hidden' });
  await page.keyboard.press('Escape');

  await page.locator('[role=tab]', { hasText: '처리 결과' }).click();
  await page.locator('.finding').nth(2).waitFor();
  const findings = page.locator('.label-report .finding > summary');
  for (let n = await findings.count(); n > 0; n--) await findings.nth(n - 1).click();
  for (const word of ['이미지 밖', 'instances.json', 'ID 4', 'part-2.jpg', '데이터셋에 없는'])
    await page.locator('.label-report').getByText(word).locator('visible=true').first().waitFor();
  await checkPage(page, 'labels-report', { sizes: [[1280, 800]] });
  await page.locator('[role=tab]', { hasText: '통계' }).click();
  await page.locator('.histogram').nth(2).waitFor();
  await page.locator('.duplicates .file-name').nth(1).waitFor();
  await becomes(() => page.locator('.duplicates .file-name').allTextContents(), ['boxes/part-5 copy.jpg', 'boxes/part-5.jpg']);
  await page.locator('.duplicate-picture').click();
  await page.locator('.viewer-place', { hasText: '1 / 2' }).waitFor();
  await page.keyboard.press('ArrowRight');
  await page.locator('.viewer h2', { hasText: 'part-5.jpg' }).waitFor();
  await page.keyboard.press('Escape');
  await checkPage(page, 'labels-statistics', { sizes: [[1280, 800]] });
});

labels('Download Dataset names what a format loses, and sends a zip', async () => {
  await menu('데이터셋 다운로드');
  await page.locator('.format-cards .card-choice').nth(3).waitFor();
  await checkPage(page, 'labels-download', { sizes: [[1280, 800]] });
  await page.locator('.format-cards input[value=yolo]').check();
  const [download] = await Promise.all([page.waitForEvent('download'), page.locator('dialog .primary').click()]);
  assert.is(download.suggestedFilename(), 'boxes_v1_yolo.zip');
  const saved = join(studio.data, 'boxes.zip');
  await download.saveAs(saved);
  assert.ok(statSync(saved).size > 5000);
});

labels('what is heard of a dataset while it is asked for is newer than the answer', async () => {
  const [id] = /\d+$/.exec(page.url())!;
  const tab = await newTab(page.context());
  const asked = gate();
  const answer = gate();
  await tab.route(`**/api/datasets/${id}`, async (route) => {
    const response = await route.fetch();
    asked.open();
    await answer.passed;
    await route.fulfill({ response });
  });
  const line = tab.waitForResponse('**/api/events*');
  await tab.goto(`/datasets/${id}`);
  await Promise.all([line, asked.passed]);
  await request(page, 'PATCH', `/api/datasets/${id}`, { description: '3번 카메라' });
  const told = tab.locator('.page-head', { hasText: '3번 카메라' });
  await told.waitFor();
  const answered = tab.waitForResponse(`**/api/datasets/${id}`);
  answer.open();
  await (await answered).finished();
  await tab.locator('.trail', { hasText: 'v1' }).waitFor();
  await settled(tab);
  assert.is(await told.count(), 1);
  checkTroubles(tab);
  await tab.close();
});

labels('what another project shares is found by the Shared button of New Dataset, and is used from here', async () => {
  const [id] = /\d+$/.exec(page.url())!;
  await request(page, 'PATCH', `/api/datasets/${id}`, { visibility: 'shared', description: '7월 카메라 교체 뒤' });
  const other = await project('부품 탐지 2', 'detection');
  await page.goto(`/projects/${other}/data/new`);
  await page.locator('.page-actions .button', { hasText: '공유 데이터셋' }).click();
  await page.locator('.shared-cards .card-choice', { hasText: '7월 카메라 교체 뒤' }).click();
  await checkPage(page, 'dataset-shared', { sizes: [[1280, 800]], themes: ['light'] });
  await page.locator('dialog .primary').click();
  await page.waitForURL(`**/datasets/${id}?project=${other}`);
  await page.locator('.picture-tile img.there').first().waitFor();
  await page.goto(`/projects/${other}/data`);
  await page.locator('input[type=search]').fill('아무것도 없는');
  await page.locator('.table-message:visible').waitFor();
  await page.locator('input[type=search]').fill('카메라');
  await page.locator('tbody .row-note', { hasText: '카메라' }).waitFor();
  await page.locator('tbody .row-name').click();
  await page.locator('.picture-tile img.there').first().waitFor();
  await page.goBack();
  await page.locator('tbody .row-note', { hasText: '카메라' }).waitFor();
  assert.is(await page.locator('input[type=search]').inputValue(), '카메라', 'what was searched for is kept');
});

labels('an upload that a closed tab has cut off goes on where it stopped when the same folder is chosen again', async () => {
  const projectId = await project('이어 올리기', 'detection');
  const root = await folder('large', 3);
  // What follows the end of a JPEG is passed over: 21 MB, three pieces.
  for (let n = 1; n <= 3; n++) appendFileSync(join(root, `part-${n}.jpg`), Buffer.alloc(7 * 2 ** 20, n));
  const tab = await page.context().newPage();
  tab.on('dialog', (dialog) => void dialog.accept());
  let pieces = 0;
  await tab.route('**/api/uploads/*', async (route) => {
    if (route.request().method() !== 'PATCH' || pieces++ === 0) await route.continue();
  });
  const choose = async (on: Page) => {
    await on.goto(`/projects/${projectId}/data/new`);
    await on.locator('input[webkitdirectory]').setInputFiles(root);
    await on.locator('.chosen').waitFor();
    await on.locator('form .primary').click();
  };
  const first = tab.waitForResponse((response) => response.request().method() === 'PATCH');
  await choose(tab);
  await first;
  await tab.goto('about:blank');
  await tab.close();

  const sent: string[] = [];
  page.on('request', (asked) => {
    if (asked.url().includes('/api/uploads')) sent.push(`${asked.method()} ${asked.headers()['upload-offset'] ?? ''}`.trim());
  });
  await choose(page);
  await page.locator('.picture-tile img.there').nth(2).waitFor();
  assert.equal(sent, ['HEAD', `PATCH ${8 * 2 ** 20}`, `PATCH ${16 * 2 ** 20}`]);
  checkTroubles(page);
});

labels('after a finished upload a failure costs no second one; what has no labels is offered to people first', async () => {
  const projectId = await project('다시 시도', 'classification');
  const root = await folder('again', 3);
  const table = join(studio.data, 'upload', 'labels.csv');
  writeFileSync(table, 'filename,label\nother.jpg,x\n');
  const sent: string[] = [];
  page.on('request', (asked) => {
    if (/\/api\/uploads$/.test(asked.url()) && asked.method() === 'POST') sent.push(asked.headers()['upload-length'] ?? '');
  });
  await page.route(
    `**/api/projects/${projectId}/datasets`,
    (route) =>
      route.fulfill({
        status: 507,
        contentType: 'application/json',
        body: JSON.stringify({ code: 'disk_full', message: '디스크가 가득 찼습니다', params: {} }),
      }),
    { times: 1 },
  );
  await page.goto(`/projects/${projectId}/data/new`);
  await page.locator('input[webkitdirectory]').setInputFiles(root);
  await page.locator('.labels-row input[type=file]').setInputFiles(table);
  // Cancelled while the pictures are on their way: the labels, which have arrived, are not lost.
  let pieces = 0;
  const under = gate();
  const hold = (route: Route) => {
    if (route.request().method() !== 'PATCH' || ++pieces !== 2) return route.continue();
    under.open();
  };
  await page.route('**/api/uploads/*', hold);
  await page.locator('form .primary').click();
  await under.passed;
  const sure = page.locator('dialog .button.danger:visible');
  // The second click of a double click is passed over; by script, because what is asked may lie over the button when the hand comes.
  while (!(await sure.isVisible())) {
    await page
      .locator('.new-actions .button:visible')
      .first()
      .evaluate((button) => button.ownerDocument.querySelector('dialog[open]') ?? button.click());
    await page.waitForTimeout(100);
  }
  await sure.click();
  await page.locator('form .primary:visible').waitFor();
  await page.unroute('**/api/uploads/*', hold);
  await page.locator('form .primary').click();
  await page.locator('.problem:visible', { hasText: '디스크' }).waitFor();
  assert.is(sent.length, 3, 'the labels were sent once');
  assert.is(sent[0], String(statSync(table).size), 'the small file goes first');
  ignoreTroubles(page);
  await page.locator('form .primary').click();
  await page.waitForURL('**/datasets/**');
  await page.locator('.picture-tile img.there').first().waitFor();
  assert.is(sent.length, 3, 'nothing was sent again');
  await page.locator('.notice.warn .link-button:visible').first().click();
  await page.locator('dialog', { hasText: '나누기' }).waitFor();
  await checkPage(page, 'labels-none', { sizes: [[1280, 800]] });
  await page.keyboard.press('Escape');
  await page.locator('dialog').waitFor({ state: 'detached' });
  assert.is(await page.locator('.notice.warn .link-button:visible').first().textContent(), '라벨 추가');

  // A report that cannot be loaded says so where it should be.
  await page.route('**/labels/report', (route) => route.abort(), { times: 1 });
  await page.locator('#dataset-report-tab').click();
  await page.locator('#dataset-report .problem:visible').waitFor();
  ignoreTroubles(page);
  await page.locator('#dataset-pictures-tab').click();
  await page.locator('#dataset-report-tab').click();
  await page.locator('.finding td', { hasText: 'other.jpg' }).first().waitFor();
  await page.locator('#dataset-report .problem').waitFor({ state: 'hidden' });
  checkTroubles(page);
});

labels('Label Upload gives an unlabelled dataset polygons with holes, then masks in their place', async () => {
  const projectId = await project('Instance', 'instance_segmentation');
  await upload(projectId, await folder('polygons', 4));
  await page.locator('.notice', { hasText: '아직 학습할 수 없습니다' }).waitFor();
  const file = join(studio.data, 'upload', 'polygons.json');
  const circle = (radius: number, from: number) =>
    Array.from({ length: 24 }, (_, i) => [90 + radius * Math.cos(from + (i * Math.PI) / 12), 80 + radius * Math.sin(from + (i * Math.PI) / 12)]).flat();
  // A ring: out along the outer circle, over a cut to the inner one and back.
  const outer = circle(34, 0);
  const inner = circle(14, 0);
  const back = Array.from({ length: 24 }, (_, i) => inner.slice((23 - i) * 2, (23 - i) * 2 + 2)).flat();
  const ring = [...outer, ...outer.slice(0, 2), ...inner.slice(0, 2), ...back, ...inner.slice(0, 0)];
  writeFileSync(
    file,
    coco([
      { image_id: 1, category_id: 1, segmentation: [ring] },
      { image_id: 1, category_id: 2, segmentation: [[180, 60, 290, 90, 250, 200]] },
      { image_id: 2, category_id: 2, segmentation: [[180, 60, 290, 90, 250, 200]] },
    ]),
  );
  await menu('라벨 업로드');
  await page.locator('dialog .primary').click();
  await page.locator('dialog .field-error:visible').waitFor();
  await page.locator('dialog input[type=file]').setInputFiles(file);
  await checkPage(page, 'labels-upload', { sizes: [[1280, 800]] });
  await signInElsewhere(page, ADMIN);
  await page.locator('dialog .primary').click();
  await page.locator('.overlay path').nth(2).waitFor({ state: 'attached' });
  await becomes(async () => (await page.locator('.overlay path').first().getAttribute('d'))?.match(/M/g)?.length, 2);

  const inside = Uint8Array.from({ length: 320 * 240 }, (_, i) => (Math.hypot((i % 320) - 90, Math.floor(i / 320) - 80) < 34 ? 1 : 0));
  const { counts } = encodeMask(inside, 320, 240);
  writeFileSync(file, coco([{ image_id: 3, category_id: 1, segmentation: { size: [240, 320], counts } }]));
  await menu('라벨 업로드');
  await page.locator('dialog .notice.warn', { hasText: '4장분' }).waitFor();
  await page.locator('dialog input[type=file]').setInputFiles(file);
  await page.locator('dialog .primary').click();
  await page.locator('dialog').waitFor({ state: 'detached' });
  await page.locator('.class-bar', { hasText: 'scratch' }).locator('.class-count', { hasText: '0' }).waitFor();
  await countBecomes(page.locator('.overlay path'), 1);
  await checkPage(page, 'labels-mask', { sizes: [[1280, 800]], languages: ['ko'] });

  writeFileSync(file, '{"images":[],"annotations":[');
  await menu('라벨 업로드');
  await page.locator('dialog input[type=file]').setInputFiles(file);
  await page.locator('dialog .primary').click();
  await page.locator('.problem:visible', { hasText: '올바른' }).waitFor();
  assert.is(await page.locator('.overlay path').count(), 1, 'the labels that are there stay');
  checkTroubles(page);
});

labels.run();
