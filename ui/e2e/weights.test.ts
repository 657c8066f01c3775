/** Pretrained weights in the browser: uploaded, read, looked at, begun with, deleted; what is no weights is refused with its reason. */
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ModelVersionDetails } from '../../server/http/library-schemas.ts';
import type { Algorithm, Experiment, ExperimentDetails } from '../../server/http/schemas.ts';
import { type CheckOptions, checkPage, checkTroubles, countBecomes, newPage, request, type Studio, setUp, startStudio } from './studio.ts';

const weights = suite('pretrained weights in the browser');
const LIGHT: CheckOptions = { themes: ['light'], sizes: [[1280, 800]] };
let studio: Studio;
let page: Page;
let file = '';

const newDraft = () => request<Experiment>(page, 'POST', '/api/projects/1/experiments', { datasetId: 1 });

weights.before(async () => {
  studio = await startStudio();
  page = await newPage(studio);
  await setUp(studio, page);
  await page.locator('.empty-buttons .button').first().click();
  await page.waitForURL('**/data');
  await page.locator('tr td .chip.green').first().waitFor();
  const { id } = await newDraft();
  const algorithms = await request<Algorithm[]>(page, 'GET', '/api/algorithms?classes=4&size=16');
  const { defaults } = algorithms.find(({ name }) => name === 'smallnet')!;
  await request(page, 'POST', `/api/experiments/${id}/run`, {
    split: { training: 80, validation: 10, test: 10, seed: 1, stratify: true },
    algorithm: 'smallnet',
    parameters: { ...defaults, epoch: 1 },
    preset: 'CPU all',
  });
  await page.goto(`/experiments/${id}/run`);
  await page.locator('.banner.green').waitFor();
  const { version } = await request<ModelVersionDetails>(page, 'POST', `/api/experiments/${id}/register`, { name: '표면 결함' });
  const reply = await page.request.get(`/api/model-versions/${version.id}/weights.safetensors`);
  assert.ok(reply.ok());
  file = join(studio.data, 'smallnet.safetensors');
  writeFileSync(file, await reply.body());
});
weights.after(async () => studio?.stop());

weights('an empty page says what belongs there; a file is uploaded and read', async () => {
  await page.goto('/models');
  await page.locator('.page-actions a[href="/weights"]').click();
  await page.waitForURL('**/weights');
  await page.locator('.empty-buttons .button.primary').waitFor();
  await checkPage(page, 'weights-empty', LIGHT);
  await page.locator('.page-actions .button.primary').click();
  await page.locator('dialog input[type=file]').setInputFiles(file);
  await checkPage(page, 'weights-upload', LIGHT);
  await page.locator('dialog button[type=submit]').click();
  await page.locator('tr .chip.green').waitFor();
  assert.match((await page.locator('tbody tr', { has: page.locator('.chip.green') }).textContent()) ?? '', /smallnet[\s\S]*smallnet[\s\S]*(\d+)개 중 \1개/);
});

weights('what is no weights is refused, and the reason is told; files of the folder are offered', async () => {
  copyFileSync('server/weights/fixtures/module.pth', join(studio.data, 'weights', 'module.pth'));
  copyFileSync(file, join(studio.data, 'weights', 'from-the-folder.safetensors'));
  await page.reload();
  await page.locator('.dropped-list li', { hasText: 'module.pth' }).locator('button').click();
  await page.locator('tr .chip.red').waitFor();
  await checkPage(page, 'weights');
  await page.locator('tr', { hasText: 'module' }).locator('.row-name').click();
  await page.locator('.panel .notice', { hasText: 'torch.nn.modules.linear.Linear' }).waitFor();
  await checkPage(page, 'weights-refused', LIGHT);
  await page.keyboard.press('Escape');
  await page.locator('tr', { hasText: 'smallnet' }).first().locator('.row-name').click();
  await page.locator('.panel .conf-facts').waitFor();
  await checkPage(page, 'weights-details', LIGHT);
  await page.keyboard.press('Escape');
});

weights('a training begins with them', async () => {
  const { id } = await newDraft();
  await page.goto(`/experiments/${id}/run`);
  const ok = page.locator('.step-foot button:visible');
  await ok.click();
  const start = page.locator('.start-field select');
  assert.equal(await start.locator('option').allTextContents(), ['처음부터(무작위)'], 'nothing for resnet18');
  await page.locator('.start-field a[href="/weights"][target=_blank]:visible').waitFor();
  const search = page.locator('.algorithm-search input');
  await search.fill('no such');
  await page.locator('.choice-table .table-message:visible').waitFor();
  await checkPage(page, 'run-algorithm-search', LIGHT);
  await search.fill(' SmallNet');
  await countBecomes(page.locator('.choice-table tbody tr:visible'), 1);
  await page.locator('.choice-table tr', { hasText: 'smallnet' }).click();
  await search.fill('');
  await page.locator('.choice-table tr', { hasText: 'resnet18' }).waitFor();
  await countBecomes(start.locator('option'), 3);
  await start.selectOption({ label: '사전 학습: smallnet' });
  await page.locator('.parameters input').nth(1).fill('1');
  await page.locator('.parameters input').nth(5).fill('16');
  await page.locator('.start-field').scrollIntoViewIfNeeded();
  await checkPage(page, 'run-start-weights', LIGHT);
  await page.locator('.parameters input').nth(5).blur();
  await ok.click();
  await page.locator('input[name=preset]:checked').waitFor();
  await ok.click();
  await page.locator('.configuration dd:visible', { hasText: '사전 학습: smallnet' }).first().waitFor();
  await page.locator('.run-start').click();
  await page.locator('.banner.green').waitFor();
  const { experiment } = await request<ExperimentDetails>(page, 'GET', `/api/experiments/${id}`);
  assert.equal([experiment.config?.start?.kind, experiment.config?.start?.name], ['weights', 'smallnet']);
});

weights('AutoML begins with them, each algorithm with its own', async () => {
  const { id } = await newDraft();
  await page.goto(`/experiments/${id}/automl`);
  await page.locator('.automl-list tbody input:checked').first().waitFor();
  await page.locator('.automl-tools button').nth(1).click();
  await page.locator('.automl-tools input').fill('smallnet');
  await page.locator('.automl-list tr', { hasText: 'smallnet' }).locator('input').check();
  await page.locator('.side-edit .box-head button[aria-expanded]').nth(1).click();
  await page.locator('.start-field select:visible').selectOption({ label: '사전 학습: smallnet' });
  const fields = page.locator('.side-edit section').nth(1).locator('input[type=number]');
  await fields.nth(1).fill('1');
  await fields.nth(5).fill('16');
  await checkPage(page, 'automl-start-weights', LIGHT);
  await page.locator('.automl-start').click();
  await page.locator('dialog button[type=submit]').click();
  await page.locator('.banner.green').waitFor();
  const { experiment } = await request<ExperimentDetails>(page, 'GET', `/api/experiments/${id}`);
  assert.equal([experiment.config?.start?.kind, experiment.config?.start?.name], ['weights', 'smallnet']);
});

weights('they are deleted after a question', async () => {
  await page.goto('/weights');
  await page.locator('tr', { hasText: 'smallnet' }).first().locator('td.more button').click();
  await page.locator('[role=menu] .menu-item', { hasText: '삭제' }).click();
  await page.locator('dialog button[type=submit], dialog .button.danger').first().click();
  await page.locator('tbody tr .chip.green').waitFor({ state: 'detached' });
});

weights('nothing went wrong unseen', () => checkTroubles(page));

weights.run();
