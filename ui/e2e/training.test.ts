/** The whole way with the real daemon and worker: data in, a trained model out, new pictures judged; uploads of every kind, and what goes wrong. */
import { createWriteStream, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import yauzl from 'yauzl';
import yazl from 'yazl';
import type { Experiment, ExperimentDetails } from '../../server/http/schemas.ts';
import { checkPage, checkTroubles, countBecomes, newPage, request, type Studio, setUp, startStudio } from './studio.ts';

const training = suite('training');
const EPOCHS = 12;
let studio: Studio;
let page: Page;
let projectId = 0;

training.before(async () => {
  studio = await startStudio();
  page = await newPage(studio);
  await setUp(studio, page);
});
training.after(async () => {
  await studio.stop();
});

async function picture(path: string, colour: string, width = 48, height = 48): Promise<void> {
  await sharp({ create: { width, height, channels: 3, background: colour } })
    .png()
    .toFile(path);
}

/** Folders of two classes with one damaged, one empty and one large picture among them. */
async function classFolders(): Promise<string> {
  const root = join(studio.data, 'upload', 'my-data');
  for (const [name, colour] of [
    ['OK', '#3a7d44'],
    ['흠집', '#a4333a'],
  ] as const) {
    mkdirSync(join(root, name), { recursive: true });
    for (let n = 1; n <= 6; n++) await picture(join(root, name, `${n}.png`), colour);
  }
  await picture(join(root, 'OK', 'large.png'), '#3a7d44', 1000, 100);
  writeFileSync(join(root, 'OK', 'empty.png'), '');
  writeFileSync(join(root, '흠집', 'cut.png'), readFileSync(join(root, '흠집', '1.png')).subarray(0, 60));
  return root;
}

async function zipOf(path: string, files: Record<string, string>): Promise<void> {
  const zip = new yazl.ZipFile();
  for (const [name, source] of Object.entries(files)) zip.addFile(source, name);
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(path));
}

function namesInZip(path: string): Promise<string[]> {
  return new Promise((resolve, reject) => {
    yauzl.open(path, (error, zip) => {
      if (error) return reject(error);
      const names: string[] = [];
      zip.on('entry', (entry: { fileName: string }) => names.push(entry.fileName));
      zip.on('end', () => resolve(names));
      zip.on('error', reject);
    });
  });
}

const gridIsThere = (on: Page) => on.locator('.picture-tile img.there').first().waitFor();
const menuTexts = async (on: Page) => {
  await on.locator('[role=menu] .menu-item').first().waitFor();
  const texts = await on.locator('[role=menu] .menu-item').allTextContents();
  await on.keyboard.press('Escape');
  return texts.map((text) => text.trim());
};

training('the sample project makes its pictures and shows them', async () => {
  await page.locator('.empty-buttons .button').first().click();
  await page.waitForURL('**/data');
  projectId = Number(new URL(page.url()).pathname.split('/')[2]);
  await page.locator('tr td .chip.green').first().waitFor();
  await checkPage(page, 'data');
  // A filter of the page's own that leaves nothing does not say that there is nothing.
  await page.locator('.table-tools .segmented label', { hasText: 'Shared' }).click();
  await page.locator('.table-message button:visible', { hasText: '검색 조건 지우기' }).waitFor();
  assert.is(await page.locator('.table-message .empty:visible').count(), 0);
  await page.locator('.table-message button:visible', { hasText: '검색 조건 지우기' }).click();
  await page.locator('.row-name').first().waitFor();
  assert.ok(await page.locator('.table-tools .segmented input').first().isChecked(), 'all of them are shown again');

  await page.locator('.row-name').first().click();
  await page.waitForURL('**/datasets/**');
  await gridIsThere(page);
  // All and four classes.
  await countBecomes(page.locator('.class-bar'), 5);
  await checkPage(page, 'dataset');

  await page.locator('.class-bar').nth(2).click();
  await page.locator('.browse-tools', { hasText: '80장' }).waitFor();
  await page.locator('[data-search]').fill('-001');
  await page.locator('.browse-tools', { hasText: '1장' }).waitFor();
  await page.locator('[data-search]').fill('');
  await page.locator('.browse-tools', { hasText: '80장' }).waitFor();
  await page.locator('.picture-tile button').first().click();
  await page.locator('.viewer .viewer-place', { hasText: '1 / 80' }).waitFor();
  await page.keyboard.press('ArrowRight');
  await page.locator('.viewer .viewer-place', { hasText: '2 / 80' }).waitFor();
  await checkPage(page, 'picture-viewer', { languages: ['ko'], themes: ['light'] });
  await page.keyboard.press('Escape');
  await page.locator('.viewer').waitFor({ state: 'detached' });
  // The focus is on the picture that was seen last.
  await page.locator('[data-index="1"]:focus').waitFor();
});

training('export makes a draft, and the three steps set it up', async () => {
  await page.locator('.page-actions .primary').click();
  await page.waitForURL('**/experiments?new=*');
  await page.locator('tr .chip', { hasText: '초안' }).waitFor();
  await page.locator('td.more button').click();
  const offered = await menuTexts(page);
  assert.ok(
    ['학습(Run)', '최적값 탐색(HPO)', '자동 비교(AutoML)', '모델 이름 변경', '삭제'].every((text) => offered.includes(text)),
    offered.join(),
  );
  assert.not.ok(
    offered.some((text) => text.startsWith('추론') || text.startsWith('모델 다운로드')),
    'there is no model yet',
  );
  await checkPage(page, 'experiments-draft', { themes: ['light'] });

  await page.locator('td a.button.primary').click();
  await page.waitForURL('**/run');
  const ok = page.locator('.step-foot button:visible');
  await ok.waitFor();
  assert.is(await page.locator('.run-start').isDisabled(), true);
  await checkPage(page, 'run-split', { themes: ['light'] });

  const share = page.locator('.split-field input');
  await share.nth(2).fill('120');
  await share.nth(2).blur();
  await page.locator('.step .field-error:visible').waitFor();
  assert.is(await ok.isDisabled(), true, 'a share of 120 % is refused');
  await share.nth(2).fill('20');
  await share.nth(2).blur();
  assert.is(await share.nth(0).inputValue(), '70', 'training gives what test takes');
  await ok.click();

  await page.locator('.parameters input').first().waitFor();
  assert.is(await page.locator('.choice-table input[name=algorithm]:checked').count(), 1, 'something is chosen already');
  // The smallest network, and so many epochs that one can look on: of a larger one each would take a multiple.
  await page.locator('.choice-table tr', { hasText: 'smallnet' }).click();
  await page.locator('.parameters input').nth(1).fill(String(EPOCHS));
  await page.locator('.parameters input').nth(5).fill('16');
  await page.locator('.parameters input').nth(5).blur();
  await checkPage(page, 'run-algorithm');
  await ok.click();
  await page.locator('input[name=preset]:checked').waitFor();
  await checkPage(page, 'run-resources', { themes: ['light'] });
  await ok.click();
  // The Configuration is complete.
  await countBecomes(page.locator('.configuration .later'), 0);
});

training('a run is followed live, across a reload, to its end', async () => {
  await page.locator('.run-start').click();
  await page.locator('.run-stop').waitFor();
  await page.locator('.under-way .progress-text').waitFor();
  await page.locator('.log-line').nth(3).waitFor();
  await page.reload();
  await page.locator('.log-line').nth(3).waitFor();
  await page.locator('.banner.green').waitFor();
  const lines = await page.locator('.log-line').allTextContents();
  assert.is(new Set(lines).size, lines.length, 'each line once');
  await page
    .locator('.u-legend', { hasText: `${EPOCHS} / ${EPOCHS}` })
    .first()
    .waitFor();
  await checkPage(page, 'run-succeeded');
});

training('the details tell what the model is worth', async () => {
  await page.locator('.banner a').first().click();
  await page.locator('.confusion-cell').first().waitFor();
  await countBecomes(page.locator('.confusion-cell'), 16);
  const accuracy = await page.locator('.evaluation tbody tr').first().locator('td').allTextContents();
  assert.is(accuracy.length, 3);
  assert.ok(accuracy.every((text) => Number(text) > 0 && Number(text) <= 100));
  await checkPage(page, 'experiment');
  const [download] = await Promise.all([page.waitForEvent('download'), page.locator('.page-actions a[download]').click()]);
  assert.ok(statSync(await download.path()).size > 1_000_000, 'a model of some size');

  await page.goto(`/projects/${projectId}/experiments`);
  await page.locator('td.more button').click();
  const offered = await menuTexts(page);
  assert.ok(
    ['추론', '템플릿으로 저장', '모델로 등록', '모델 다운로드(ONNX)', '모델 이름 변경', '삭제'].every((text) => offered.includes(text)),
    offered.join(),
  );
  assert.not.ok(offered.includes('학습(Run)'), 'it has been trained');
  await page.locator('td.more button').click();
  await page.locator('[role=menu] .menu-item', { hasText: '모델 이름 변경' }).click();
  await page.locator('dialog input').fill('표면 결함 1호');
  await page.keyboard.press('Enter');
  await page.locator('.row-name', { hasText: '표면 결함 1호' }).waitFor();
});

training('inference judges a dataset, and the results can be taken home', async () => {
  await page.locator('td.more button').click();
  await page.locator('[role=menu] .menu-item', { hasText: /^추론$/ }).click();
  await page.waitForURL('**/inference?experiment=*');
  await page.locator('.inference-choose .facts .fact').nth(3).waitFor();
  await page.locator('.source-row label').nth(1).click();
  await checkPage(page, 'inference');
  await page.locator('.page-actions .primary').click();
  await page.waitForURL('**/inferences/*');
  await page.locator('.picture-tile img.there').first().waitFor();
  assert.match((await page.locator('.picture-caption').first().textContent()) ?? '', /^(OK|scratch|dent|stain)\([01]\.\d\d\)_.+\.jpg$/);
  await checkPage(page, 'inference-results');
  await page.locator('.segmented label').nth(1).click();
  await page.locator('.browse-tools input[type=checkbox]').check();
  await page.locator('.browse-tools .muted', { hasText: /^\d+장$/ }).waitFor();
  await page.locator('.page-actions button').first().click();
  await page.locator('.log-line').first().waitFor();
  const [download] = await Promise.all([page.waitForEvent('download'), page.locator('.page-actions a[download]').click()]);
  const names = await namesInZip(await download.path());
  assert.ok(names.some((name) => name.endsWith('.csv')) && names.some((name) => name.endsWith('.json')), names.join());
  checkTroubles(page);
});

training('class folders are uploaded as many files; what cannot be used is named', async () => {
  const root = await classFolders();
  await page.goto(`/projects/${projectId}/data`);
  await page.locator('.page-actions .primary').click();
  await page
    .locator('.drop input[type=file]')
    .first()
    .setInputFiles({ name: 'readme.txt', mimeType: 'text/plain', buffer: Buffer.from('no picture') });
  await page.locator('.field-error:visible').first().waitFor();
  await checkPage(page, 'dataset-new');
  await page.locator('.drop input[webkitdirectory]').setInputFiles(root);
  await page.locator('.chosen', { hasText: '이미지 15장 · 클래스 2개' }).waitFor();
  assert.is(await page.locator('.new-right input[type=text]').inputValue(), 'my-data', 'named after the folder');
  await page.locator('.new-right button[type=submit]').click();
  await page.waitForURL('**/datasets/**');
  await gridIsThere(page);
  await countBecomes(page.locator('.class-bar'), 3);
  await page.locator('#dataset-report-tab').click();
  const skipped = page.locator('.report-scroll').first();
  await skipped.locator('td', { hasText: '흠집/cut.png' }).waitFor();
  await skipped.locator('td', { hasText: 'OK/empty.png' }).waitFor();
  await checkPage(page, 'dataset-report', { themes: ['light'] });
});

training('a zip with a label file gets its classes from the file', async () => {
  const folder = join(studio.data, 'upload');
  const files: Record<string, string> = {};
  for (let n = 1; n <= 6; n++) files[`${n}.png`] = join(folder, 'my-data', 'OK', `${n}.png`);
  await zipOf(join(folder, 'flat.zip'), files);
  const rows = ['filename,label', ...Object.keys(files).map((name, index) => `${name},${index % 2 ? '불량' : '정상'}`), 'ghost.png,정상'];
  writeFileSync(join(folder, 'labels.csv'), `\ufeff${rows.join('\r\n')}\r\n`);

  await page.goto(`/projects/${projectId}/data/new`);
  await page.locator('.drop input[type=file]').first().setInputFiles(join(folder, 'flat.zip'));
  await page.locator('.labels-row input[type=file]').setInputFiles(join(folder, 'labels.csv'));
  await page.locator('.new-right button[type=submit]').click();
  await page.waitForURL('**/datasets/**');
  await gridIsThere(page);
  await page.locator('.class-bar', { hasText: '불량' }).waitFor();
  await page.locator('#dataset-report-tab').click();
  await page.locator('.finding td', { hasText: 'ghost.png' }).first().waitFor();
});

training('a file that is no archive ends in a sentence, and nothing stays behind', async () => {
  await page.goto(`/projects/${projectId}/data/new`);
  await page
    .locator('.drop input[type=file]')
    .first()
    .setInputFiles({ name: 'report.zip', mimeType: 'application/zip', buffer: Buffer.from('this is not a zip file at all, only its name says so') });
  await page.locator('.new-right button[type=submit]').click();
  await page.waitForURL('**/datasets/**');
  await page.locator('.problem:visible', { hasText: 'ZIP' }).waitFor();
  await checkPage(page, 'dataset-failed', { themes: ['light'] });
  await page.goto(`/projects/${projectId}/data`);
  await countBecomes(page.locator('.row-name'), 3);
});

training('pictures from this PC are judged too', async () => {
  await page.goto(`/projects/${projectId}/inference`);
  await page.locator('.inference-choose .facts .fact').nth(3).waitFor();
  await page.locator('.drop input[webkitdirectory]').setInputFiles(join(studio.data, 'upload', 'my-data'));
  await page.locator('.chosen', { hasText: '이미지 15장' }).waitFor();
  await page.locator('.page-actions .primary').click();
  await page.waitForURL('**/inferences/*');
  await page.locator('.picture-tile img.there').first().waitFor();
  await page.locator('.notice.warn', { hasText: '2개' }).waitFor();
});

training('Stop after an epoch leaves a model that can be used', async () => {
  const made = await request<Experiment>(page, 'POST', `/api/projects/${projectId}/experiments`, { datasetId: 1 });
  const before = await request<ExperimentDetails>(page, 'GET', '/api/experiments/1');
  const config = before.experiment.config;
  assert.ok(config);
  await request(page, 'POST', `/api/experiments/${made.id}/run`, { ...config, parameters: { ...config.parameters, epoch: 500 } });
  await page.goto(`/experiments/${made.id}/run`);
  await page.locator('.u-legend', { hasText: '/ 500' }).first().waitFor();
  await page.locator('.run-stop').click();
  await page.locator('dialog button[type=submit]').click();
  await page.locator('.banner.orange').waitFor();
  await page.locator('.banner a.primary').waitFor();
  await page.goto(`/projects/${projectId}/experiments`);
  await page.locator('tr .chip', { hasText: '중지됨' }).waitFor();
  await checkPage(page, 'experiments');
  checkTroubles(page);
});

training.run();
