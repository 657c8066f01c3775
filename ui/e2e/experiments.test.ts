/** What goes around a training: folds and groups, the graphs in hand, scores of each class, resources. */
import { readFileSync, statSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Dataset, Experiment, ExperimentDetails } from '../../server/http/schemas.ts';
import {
  type CheckOptions,
  checkPage,
  checkTroubles,
  countBecomes,
  ignoreTroubles,
  newPage,
  request,
  type Studio,
  setUp,
  signIn,
  startStudio,
} from './studio.ts';

const experiments = suite('folds, groups and graphs in the browser');
let studio: Studio;
let page: Page;

const LIGHT: CheckOptions = { themes: ['light'] };
const newDraft = () => request<Experiment>(page, 'POST', '/api/projects/1/experiments', { datasetId: 1 });
const ok = () => page.locator('.step-foot button:visible');

experiments.before(async () => {
  studio = await startStudio();
  page = await newPage(studio);
  await setUp(studio, page);
  await page.locator('.empty-buttons .button').first().click();
  await page.waitForURL('**/data');
  await page.locator('tr td .chip.green').first().waitFor();
  await newDraft();
});
experiments.after(async () => studio?.stop());

experiments('K folds are chosen, and a pattern tells at once which pictures stay together', async () => {
  // What the line has lost on the way comes by itself when it is back.
  for (const lost of ['**/api/experiments/1', '**/api/algorithms?*']) await page.route(lost, (route) => route.abort(), { times: 1 });
  await page.goto('/experiments/1/run');
  await page.locator('.problem:visible').waitFor();
  const back = "dispatchEvent(new Event('online'))";
  await page.evaluate(back);
  await page.locator('.run-setup .problem:visible').waitFor();
  await page.evaluate(back);
  await ok().waitFor();
  await countBecomes(page.locator('.problem:visible'), 0);
  ignoreTroubles(page);
  await page.locator('.split-way label').nth(1).click();
  const fields = page.locator('.split-step input[type=number]:visible');
  await page.locator('.split-bar').waitFor({ state: 'hidden' });
  await fields.nth(0).fill('1');
  // One fold is none.
  await countBecomes(ok().and(page.locator(':disabled')), 1);
  await fields.nth(0).fill('3');
  await fields.nth(1).fill('20');
  await page.locator('.split-groups input[type=checkbox]').check();
  // A pattern is missing.
  await countBecomes(ok().and(page.locator(':disabled')), 1);
  await page.locator('.split-pattern input').fill('scratch');
  await page.locator('.split-pattern .field-error:visible').waitFor();
  await page.locator('.split-pattern input').fill('{group}-0*');
  await page.locator('.split-preview dt', { hasText: 'scratch' }).waitFor();
  await page.locator('.split-preview p:visible', { hasText: '그룹 4개에 이미지 320장' }).waitFor();
  await checkPage(page, 'run-folds');
  // Every class would be one group.
  await page.locator('.split-groups input[type=checkbox]').uncheck();
  await ok().click();
  await page.locator('.choice-table tr', { hasText: 'smallnet' }).click();
  const parameters = page.locator('.parameters input:visible');
  await parameters.nth(0).fill('32');
  await parameters.nth(1).fill('3');
  await page.locator('.parameters .field', { hasText: 'input_size' }).locator('input').fill('16');
  await page.locator('.parameters .field', { hasText: 'input_size' }).locator('input').blur();
  await ok().click();
  await page.locator('input[name=preset]:checked').waitFor();
  await ok().click();
  await page.locator('.configuration dd:visible', { hasText: '3개 폴드' }).waitFor();
  await page.locator('.run-start').click();
  await page.locator('.banner.green').waitFor();
});

experiments('the details tell each fold, their mean and spread, and every class', async () => {
  await page.goto('/experiments/1');
  await page.locator('.folds tbody tr').nth(2).waitFor();
  // One fold is the best.
  await countBecomes(page.locator('.folds tbody .chip').locator('visible=true'), 1);
  assert.match((await page.locator('.folds tfoot').textContent()) ?? '', /[\d.]+ ± [\d.]+/);
  await countBecomes(page.locator('.class-scores tbody tr'), 4);
  assert.match((await page.locator('.u-legend').first().textContent()) ?? '', /9 \/ 9 · 폴드 3, 3번째/);
  await checkPage(page, 'experiment-folds');
});

experiments('a stretch of a graph is looked at alone; values and picture are taken along', async () => {
  const reset = page.locator('.chart-reset');
  const over = page.locator('.chart .u-over').first();
  await over.scrollIntoViewIfNeeded();
  const box = await over.boundingBox();
  assert.ok(box);
  const drag = async (from: number, to: number) => {
    await page.mouse.move(box.x + box.width * from, box.y + 40);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * to, box.y + 60, { steps: 4 });
    await page.mouse.up();
  };
  const ticks = () =>
    page
      .locator('.chart')
      .first()
      .locator('canvas')
      .evaluate((canvas) => canvas.toDataURL());
  const whole = await ticks();
  await drag(0.4, 0.7);
  await reset.first().waitFor();
  // The other graph follows.
  await countBecomes(reset.locator('visible=true'), 2);
  assert.is.not(await ticks(), whole);
  await checkPage(page, 'graph-zoomed', { ...LIGHT, languages: ['ko'] });
  await over.dblclick();
  await reset.first().waitFor({ state: 'hidden' });
  await drag(0.2, 0.5);
  await reset.nth(1).click();
  await reset.first().waitFor({ state: 'hidden' });

  const [csv] = await Promise.all([page.waitForEvent('download'), page.locator('.chart-csv').first().click()]);
  const lines = readFileSync(await csv.path(), 'utf8')
    .trim()
    .split('\r\n');
  assert.is(lines[0], '에포크,train_accuracy,valid_accuracy');
  assert.is(lines.length, 10, 'nine epochs of three folds, and no line for the gaps');
  assert.match(csv.suggestedFilename(), /^Run_.*\.csv$/);
  const [png] = await Promise.all([page.waitForEvent('download'), page.locator('.chart-png').nth(1).click()]);
  assert.ok(statSync(await png.path()).size > 2000);
  await png.saveAs('dist/screenshots/graph-export.png');
});

experiments('a finger chooses a stretch too', async () => {
  const touch = await newPage(studio, { like: page.context(), touch: true, width: 820, height: 1180 });
  await touch.goto('/experiments/1');
  const over = touch.locator('.chart .u-over').first();
  await over.waitFor();
  await over.scrollIntoViewIfNeeded();
  const box = await over.boundingBox();
  assert.ok(box);
  const finger = await touch.context().newCDPSession(touch);
  const at = (share: number) => [{ x: box.x + box.width * share, y: box.y + 50 }];
  await finger.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: at(0.3) });
  for (const share of [0.4, 0.5, 0.6]) await finger.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: at(share) });
  await finger.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  await touch.locator('.chart-reset').first().waitFor();
  await touch.screenshot({ path: 'dist/screenshots/graph-touch.png' });
  await touch.locator('.chart-reset').first().tap();
  await touch.locator('.chart-reset').first().waitFor({ state: 'hidden' });
  checkTroubles(touch);
  await touch.context().close();
});

experiments('the viewer of an inference tells the score of every class', async () => {
  await request(page, 'POST', '/api/projects/1/inferences', { experimentId: 1, source: { kind: 'dataset', datasetId: 1 } });
  await page.goto('/inferences/1');
  await page.locator('.picture-tile img.there').first().waitFor();
  await page.locator('.picture-tile button').first().click();
  await page.locator('.viewer .score-row').nth(3).waitFor();
  const shares = await page.locator('.viewer .score-row > :last-child').allTextContents();
  assert.ok(Math.abs(shares.reduce((sum, text) => sum + Number.parseFloat(text), 0) - 100) < 1, shares.join());
  await checkPage(page, 'viewer-scores', { ...LIGHT, languages: ['ko'] });
  await page.keyboard.press('Escape');
  checkTroubles(page);
});

experiments('templates and models appear in every tab', async () => {
  const other = await newPage(studio, { like: page.context() });
  await other.goto('/templates');
  await other.locator('.empty, .table-box').first().waitFor();
  await request(page, 'POST', '/api/experiments/1/template', { name: '교차 검증 설정' });
  await other.locator('.row-name', { hasText: '교차 검증 설정' }).click();
  await other.locator('.template-detail dd', { hasText: '3개 폴드' }).waitFor();
  await other.locator('.template-detail .button.primary').click();
  await other.locator('.template-chip', { hasText: '교차 검증 설정' }).waitFor();
  await request(page, 'DELETE', '/api/templates/1');
  await other.locator('.row-name').waitFor({ state: 'detached' });
  await other.locator('.template-chip').waitFor({ state: 'hidden' });
  await other.goto('/models');
  await other.locator('.empty, .table-box').first().waitFor();
  await request(page, 'POST', '/api/experiments/1/register', { name: '표면 모델' });
  await other.locator('.row-name', { hasText: '표면 모델' }).click();
  await other.locator('h1', { hasText: '표면 모델' }).waitFor();
  await request(page, 'PATCH', '/api/models/1', { name: '표면 모델 2' });
  await other.locator('h1', { hasText: '표면 모델 2' }).waitFor();
  checkTroubles(other);
  await other.context().close();
});

experiments('template mode: the template’s methods and nothing else, then Start', async () => {
  const ready = async (id: number) => {
    for (;;) {
      const dataset = await request<Dataset>(page, 'GET', `/api/datasets/${id}`);
      if (dataset.status === 'ready') return dataset;
      await page.waitForTimeout(200);
    }
  };
  const made = await request<Dataset>(page, 'POST', '/api/datasets/1/preprocess', { chain: [{ method: 'grayscale', parameters: {} }] });
  await ready(made.id);
  const { config } = (await request<ExperimentDetails>(page, 'GET', '/api/experiments/1')).experiment;
  assert.ok(config);
  const { crossValidation: _, ...split } = config.split;
  const { id } = await request<Experiment>(page, 'POST', '/api/projects/1/experiments', { datasetId: made.id });
  await request(page, 'POST', `/api/experiments/${id}/run`, { ...config, split, parameters: { ...config.parameters, epoch: 1 } });
  await page.goto(`/experiments/${id}/run`);
  await page.locator('.banner.green').waitFor();
  await request(page, 'POST', `/api/experiments/${id}/template`, { name: '흑백으로' });

  await page.goto('/templates');
  await page.locator('.row-name', { hasText: '흑백으로' }).click();
  await page.locator('.template-detail dt', { hasText: '1. 흑백' }).waitFor();
  await page.locator('.template-detail .button.primary').click();
  await page.locator('.template-chip', { hasText: '흑백으로' }).waitFor();
  await page.goto('/datasets/1/preprocess');
  await page.locator('.chain > li').first().waitFor();
  // Nothing can be added.
  await countBecomes(page.locator('.method-choice:visible'), 0);
  await checkPage(page, 'preprocess-template', LIGHT);
  const draft = await newDraft();
  await page.goto(`/experiments/${draft.id}/run`);
  await page.locator('.banner.blue').waitFor();
  await page.locator('.run-setup .notice.warn', { hasText: '전처리하기' }).waitFor();
  await page.goto('/datasets/1/preprocess');
  await page.locator('.chain > li').first().waitFor();
  await page.locator('.page-actions .primary').click();
  await page.locator('.notice.ready').waitFor();
  const all = await request<Dataset[]>(page, 'GET', '/api/projects/1/datasets');
  const newest = all.sort((a, b) => b.id - a.id)[0];
  assert.equal(
    newest?.preprocessing?.chain.map((step) => step.method),
    ['grayscale'],
  );
  const fitting = await request<Experiment>(page, 'POST', '/api/projects/1/experiments', { datasetId: newest?.id });
  await page.goto(`/experiments/${fitting.id}/run`);
  await page.locator('.banner.blue').waitFor();
  await page.locator('.run-start:enabled').waitFor();
  assert.is(await page.locator('.run-setup .notice.warn:visible', { hasText: '전처리하기' }).count(), 0);
  await page.locator('.template-chip button').click();
  checkTroubles(page);
});

experiments('a colleague looks at a draft and changes nothing; the log speaks the reader’s language', async () => {
  const draft = await newDraft();
  const colleague = { userId: 'colleague', name: '동료', password: 'correct horse', role: 'developer', groupIds: [1] };
  await request(page, 'POST', '/api/users', colleague);
  const other = await newPage(studio);
  await other.goto('/');
  await signIn(other, colleague);
  await other.locator('.table-box').waitFor();
  await other.goto(`/experiments/${draft.id}/run`);
  await other.locator('.page-notice:visible').waitFor();
  await other.locator('.step-foot button').first().waitFor();
  assert.ok(await other.locator('.run-setup').evaluate((setup) => setup.inert));
  await other.screenshot({ path: 'dist/screenshots/run-colleague.png' });
  await other.goto('/experiments/1');
  await other.locator('.log-line', { hasText: '가장 좋은 에포크' }).first().waitFor();
  await other.locator('.language button[lang=en]').click();
  await other.locator('.log-line', { hasText: 'best epoch' }).first().waitFor();
  checkTroubles(other);
  await other.context().close();
});

experiments('the administrator sets what a training can be given', async () => {
  await page.goto('/admin');
  await page.locator('#admin-presets-tab').click();
  await page.locator('#admin-presets td', { hasText: 'CPU small' }).waitFor();
  await checkPage(page, 'admin-presets', LIGHT);
  await page.locator('.page-actions button:visible').click();
  const fields = page.locator('dialog input:visible');
  await fields.nth(0).fill('CPU small');
  await fields.nth(1).fill('500');
  await page.locator('dialog button[type=submit]').click();
  await page.locator('dialog .field-error:visible').nth(1).waitFor();
  await checkPage(page, 'admin-preset-dialog', LIGHT);
  const other = await newPage(studio, { like: page.context() });
  await other.goto('/admin');
  await other.locator('#admin-presets-tab').click();
  await other.locator('#admin-presets td', { hasText: 'CPU small' }).waitFor();
  await fields.nth(0).fill('야간 학습');
  await fields.nth(1).fill('1');
  await fields.nth(2).fill('1');
  await page.locator('dialog button[type=submit]').click();
  await page.locator('#admin-presets td', { hasText: '야간 학습' }).waitFor();
  await other.locator('#admin-presets td', { hasText: '야간 학습' }).waitFor();
  const draft = await newDraft();
  await page.goto(`/experiments/${draft.id}/run`);
  await ok().click();
  await page.locator('.choice-table tr', { hasText: 'smallnet' }).click();
  await ok().click();
  await page.locator('.choice-table tr', { hasText: '야간 학습' }).locator('input').check();
  // It is tried at once.
  const tried = page.waitForResponse((response) => response.url().endsWith('/preflight'));
  await ok().click();
  await tried;
  // Another administrator takes it away while it is chosen here.
  await other.locator('#admin-presets .link-button').click();
  await other.locator('dialog button[type=submit]').click();
  await other.locator('#admin-presets td', { hasText: '야간 학습' }).waitFor({ state: 'detached' });
  await page.locator('.choice-table tr', { hasText: '야간 학습' }).waitFor({ state: 'detached' });
  assert.is(await page.locator('.run-start').isDisabled(), true, 'another one has to be confirmed');
  checkTroubles(other);
  await other.context().close();
  checkTroubles(page);
});

experiments.run();
