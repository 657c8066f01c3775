/** Preprocess: methods are stacked, the preview follows, Apply makes the next version while one works on. */
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Dataset, Project } from '../../server/http/schemas.ts';
import { becomes, type CheckOptions, checkPage, checkTroubles, countBecomes, newPage, request, type Studio, setUp, startStudio, tells } from './studio.ts';

const test = suite('preprocess');
let studio: Studio;
let page: Page;
let project: Project;
let dataset: Dataset;

const ONE_SIZE: CheckOptions = { sizes: [[1280, 800]] };

test.before(async () => {
  studio = await startStudio();
  page = await newPage(studio);
  await setUp(studio, page);
  project = await request<Project>(page, 'POST', '/api/projects/sample');
  for (;;) {
    [dataset] = (await request<Dataset[]>(page, 'GET', `/api/projects/${project.id}/datasets`)) as [Dataset];
    if (dataset.status === 'ready') break;
    await page.waitForTimeout(200);
  }
});
test.after(() => studio.stop());

const method = (name: string) => page.locator('.method-choice .button', { hasText: name });
const step = (at: number) => page.locator('.chain > li').nth(at);

test('from the list of datasets to a page that shows the pictures as they are', async () => {
  await page.goto(`${studio.url}/projects/${project.id}/data`);
  await page.locator('tr', { hasText: dataset.name }).locator('td.more button').click();
  await page.locator('[role=menu] .menu-item', { hasText: '전처리' }).click();
  await page.waitForURL(`**/datasets/${dataset.id}/preprocess`);
  await page.locator('.preview-pair img').nth(5).waitFor();
  await countBecomes(page.locator('.preview-pair'), 3);
  await checkPage(page, 'preprocess-empty', ONE_SIZE);
});

test('methods stack up and the preview follows their values', async () => {
  await method('크기 조절').click();
  await method('흑백').click();
  await method('증강').click();
  await countBecomes(page.locator('.chain > li'), 3);
  // The picture itself and one copy of each of the three.
  await countBecomes(page.locator('.preview-made img'), 6);
  await step(2).getByLabel('복사본 수').fill('3');
  await countBecomes(page.locator('.preview-made img'), 12);
  assert.match((await page.locator('.preview-pair').first().locator('..').locator('..').innerText()) ?? '', /1,280/);
  await checkPage(page, 'preprocess-chain');
});

test('a value out of its range is marked, and Apply says why it waits', async () => {
  await step(2).getByLabel('복사본 수').fill('99');
  await page.locator('.chain > li.wrong').waitFor();
  const apply = page.locator('.page-actions .button.primary');
  await becomes(() => apply.getAttribute('aria-disabled'), 'true');
  assert.match((await apply.getAttribute('title')) ?? '', /빨간/);
  await step(2).getByRole('button', { name: '초기화' }).click();
  await becomes(() => step(2).getByLabel('복사본 수').inputValue(), '1');
  await becomes(() => apply.getAttribute('aria-disabled'), 'false');
});

test('steps are moved and taken out', async () => {
  await step(2).getByRole('button', { name: '위로' }).click();
  await step(1).filter({ hasText: '증강' }).waitFor();
  await step(1).getByRole('button', { name: '빼기' }).click();
  await countBecomes(page.locator('.chain > li'), 2);
});

test('leaving with settings that were not applied asks first', async () => {
  await page.locator('.rail-link', { hasText: '데이터' }).click();
  await page.locator('dialog').waitFor();
  await page.keyboard.press('Escape');
  await page.locator('dialog').waitFor({ state: 'detached' });
  assert.match(page.url(), /preprocess$/);
});

test('Apply makes the next version; Result opens it', async () => {
  await page.locator('.page-actions .button.primary').click();
  await page.locator('.notice.ready').waitFor();
  await checkPage(page, 'preprocess-done', { ...ONE_SIZE, themes: ['light'] });
  await page.locator('.notice.ready a').click();
  await page.waitForURL(/\/datasets\/\d+$/);
  await page.locator('h1', { hasText: 'v2' }).waitFor();
  const made = (await request<Dataset[]>(page, 'GET', `/api/projects/${project.id}/datasets`)).find(({ version }) => version === 2)!;
  assert.equal([made.count, made.labelledCount], [dataset.count, dataset.count]);
});

test('a deleted dataset waits in the trash and comes back', async () => {
  await page.goto(`${studio.url}/projects/${project.id}/data`);
  const row = page
    .locator('tr', { hasText: 'v2' })
    .or(page.locator('tbody tr', { has: page.locator('td', { hasText: /^2$/ }) }))
    .first();
  await row.locator('td.more button').click();
  await page.locator('[role=menu] .menu-item', { hasText: /^삭제/ }).click();
  await page.locator('dialog .points li').first().waitFor();
  // The question follows the language while it stands there.
  await checkPage(page, 'delete-dataset', { ...ONE_SIZE, themes: ['light'] });
  await tells(page, '휴지통', () => page.locator('dialog button[type=submit]').click());
  await page.locator('.page-actions a', { hasText: '휴지통' }).click();
  await page.locator('tbody tr', { hasText: dataset.name }).waitFor();
  await checkPage(page, 'trash', ONE_SIZE);
  await page.locator('tbody tr', { hasText: dataset.name }).getByRole('button', { name: /^복원/ }).click();
  await page.locator('.empty', { hasText: '비어 있습니다' }).waitFor();
  await checkPage(page, 'trash-empty', { ...ONE_SIZE, themes: ['light'] });
  const back = await request<Dataset[]>(page, 'GET', `/api/projects/${project.id}/datasets`);
  assert.equal(back.map(({ version }) => version).sort(), [1, 2]);
});

test('a project that is to be deleted tells what goes with it, and only that', async () => {
  const second = (await request<Dataset[]>(page, 'GET', `/api/projects/${project.id}/datasets`)).find(({ version }) => version === 2)!;
  await request(page, 'DELETE', `/api/datasets/${second.id}`);
  await page.goto(studio.url);
  await page.locator('tbody tr', { hasText: project.name }).locator('td.more button').click();
  await page.locator('[role=menu] .menu-item', { hasText: /^삭제/ }).click();
  await page.locator('dialog .points li', { hasText: '데이터셋 1개 (이미지 320장)' }).waitFor();
  await page.locator('dialog .points li', { hasText: '휴지통의 데이터셋 1개' }).waitFor();
  await countBecomes(page.locator('dialog .points li'), 2);
  await checkPage(page, 'delete-project-full', ONE_SIZE);
  await page.keyboard.press('Escape');
});

test('nothing was wrong on the way', () => checkTroubles(page));

test.run();
