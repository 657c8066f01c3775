/** Searching with the real daemon and worker: HPO to its Submit, AutoML to its leaderboard, and what is kept of them as a template and as a model. */
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ModelVersionDetails } from '../../server/http/library-schemas.ts';
import type { Algorithm, Experiment, ExperimentDetails } from '../../server/http/schemas.ts';
import type { Hpo, TrialDetails } from '../../server/http/training-schemas.ts';
import {
  type CheckOptions,
  checkPage,
  checkTroubles,
  countBecomes,
  ignoreTroubles,
  newPage,
  request,
  type Studio,
  settled,
  setUp,
  sizesOf,
  startStudio,
  tells,
} from './studio.ts';

const search = suite('HPO, AutoML, templates and models in the browser');
let studio: Studio;
let page: Page;

const LIGHT: CheckOptions = { themes: ['light'] };
const menuItem = (text: string) => page.locator('[role=menu] .menu-item', { hasText: text });
const rowMenu = async (name: string) => page.locator('tr', { hasText: name }).first().locator('td.more button').click();
const menuTexts = async () => {
  await page.locator('[role=menu] .menu-item').first().waitFor();
  const texts = await page.locator('[role=menu] .menu-item').allTextContents();
  await page.keyboard.press('Escape');
  await page.locator('[role=menu]').waitFor({ state: 'detached' });
  return texts.map((text) => text.trim());
};
const newDraft = () => request<Experiment>(page, 'POST', '/api/projects/1/experiments', { datasetId: 1 });

search.before(async () => {
  studio = await startStudio();
  page = await newPage(studio);
  await setUp(studio, page);
  await page.locator('.empty-buttons .button').first().click();
  await page.waitForURL('**/data');
  await page.locator('tr td .chip.green').first().waitFor();
  for (let n = 0; n < 3; n++) await newDraft();
});
search.after(async () => studio?.stop());

/** With a finger, and a keyboard that covers the lower half of the screen. */
async function fingered(): Promise<void> {
  const tablet = await newPage(studio, { like: page.context(), touch: true, width: 820, height: 1180 });
  await tablet.goto('/projects/1/experiments');
  await tablet.locator('tr', { hasText: 'Run_' }).first().locator('td.more button').tap();
  await tablet.locator('[role=menu] .menu-item', { hasText: '모델로 등록' }).tap();
  const field = tablet.locator('dialog .search-select input[type=search]');
  await field.tap();
  await tablet.setViewportSize({ width: 820, height: 560 });
  await field.pressSequentially('라인');
  const list = tablet.locator('dialog select[size="6"]');
  for (const { text, height } of await sizesOf(list.locator('option'))) assert.ok(height >= 43.5, `${text} is ${height} px high`);
  await settled(tablet);
  const inSight = await list.evaluate((select) => {
    const { x, y, width, height } = select.getBoundingClientRect();
    return [y + 4, y + height - 4].every((at) => select.contains(select.ownerDocument.elementFromPoint(x + width / 2, at)));
  });
  assert.ok(inSight, 'the whole list is in sight');
  await list.locator('option', { hasText: '라인 5' }).tap();
  const closed = tablet.locator('dialog .search-select select[size="1"]');
  await closed.waitFor();
  assert.match(await closed.evaluate((select) => select.selectedOptions[0]?.textContent ?? ''), /^라인 5 /);
  await tablet.context().close();
}

search('a draft offers Run, HPO and AutoML', async () => {
  await page.goto('/projects/1/experiments');
  await rowMenu('초안');
  assert.equal(await menuTexts(), ['학습(Run)', '최적값 탐색(HPO)', '자동 비교(AutoML)', '모델 이름 변경', '삭제']);
});

search('an HPO is set up in four steps; wrong ranges are refused', async () => {
  await page.goto('/experiments/1/hpo');
  const ok = page.locator('.step-foot button:visible');
  await ok.click();
  await page.locator('.choice-table tr', { hasText: 'smallnet' }).click();
  const values = page.locator('.hpo-value input[type=number]');
  await values.nth(1).fill('2');
  await values.nth(5).fill('16');
  await values.nth(5).blur();
  const rate = page.locator('.space-range input[type=number]');
  await rate.nth(0).fill('5');
  await page.locator('.hpo-table .field-error:visible').waitFor();
  assert.is(await ok.isDisabled(), true, 'from 5 to 0.1 is no range');
  await rate.nth(0).fill('0.005');
  await checkPage(page, 'hpo-algorithm', LIGHT);
  await ok.click();
  await page.locator('#hpo-maxTrialCount').fill('11');
  assert.is(await ok.isDisabled(), true, 'more than ten trials are refused');
  await page.locator('#hpo-maxTrialCount').fill('4');
  await page.locator('#hpo-goal').fill('1');
  await page.locator('.way-cards input[value=random]').check();
  // What was answered is not lost by a click beside it.
  await page.locator('.rail-link[href="/models"]').click();
  await page.locator('dialog [data-close]').last().click();
  await page.locator('dialog').waitFor({ state: 'detached' });
  assert.match(page.url(), /hpo$/);
  await checkPage(page, 'hpo-settings', LIGHT);
  await ok.click();
  await page.locator('input[name=preset]:checked').waitFor();
  await ok.click();
  // The Configuration is complete.
  await countBecomes(page.locator('.configuration .later'), 0);
});

search('trials follow live, and one that meets the goal is submitted', async () => {
  await page.locator('.run-start').click();
  await page.locator('.trial-table tbody tr').first().waitFor();
  // Both at one moment: a trial may end at any time.
  const [ended, idle] = await page.locator('.hpo-submit').evaluate((button) => {
    const count = button.ownerDocument.querySelector('.trial-count')?.textContent ?? '';
    return [count, (button as unknown as { disabled: boolean }).disabled] as const;
  });
  assert.ok(idle || !ended.includes('0/4'), `nothing to submit at ${ended}`);
  await page.locator('.trial-count', { hasText: '4/4' }).waitFor();
  await page.locator('.under-head', { hasText: '4 / 4' }).waitFor();
  await page.locator('.rail-link.sub[href="/experiments/1/hpo"]').waitFor();
  await page.locator('.search-picture .point.best').waitFor();
  for (const tab of ['parallel', 'importance', 'slices', 'history']) {
    await page.locator(`#picture-${tab}-tab`).click();
    await page.locator('.search-picture svg').first().waitFor();
  }
  await checkPage(page, 'hpo-trials');
  await page.locator('.trial-table tbody .button').first().click();
  await page.locator('.trial-panel .log-line').nth(2).waitFor();
  await checkPage(page, 'hpo-trial', LIGHT);
  await page.keyboard.press('Escape');
  await page.locator('.hpo-submit').click();
  await page.locator('dialog button[type=submit]').click();
  await page.locator('.banner.green').waitFor();
  await page.locator('.trial-table .chip.violet').locator('visible=true').waitFor();
  await page.locator('.rail-link.sub').waitFor({ state: 'detached' });
  // What belongs to this page does not stay beside the next one.
  await page.locator('.trial-table tbody .button').first().click();
  await page.locator('.trial-panel').waitFor();
  await page.locator('.banner.green a[href="/experiments/1"]').click();
  await page.waitForURL('**/experiments/1');
  await page.locator('.trial-panel').waitFor({ state: 'detached' });
});

search('AutoML trains what was checked and recommends one', async () => {
  await page.goto('/experiments/2/automl');
  await page.locator('.automl-list tbody input:checked').first().waitFor();
  assert.ok((await page.locator('.automl-list tbody input:checked').count()) > 1, 'the suited ones are checked already');
  await checkPage(page, 'automl');
  await page.locator('.automl-tools button').nth(1).click();
  assert.is(await page.locator('.automl-start').isDisabled(), true, 'nothing is chosen');
  const fields = page.locator('.side-edit section').nth(1).locator('input[type=number]');
  for (const name of ['smallnet', 'mobilenet_v3_small', 'resnet18']) {
    await page.locator('.automl-tools input').fill(name);
    await page.locator('.automl-list tr', { hasText: name }).locator('input').check();
    const edit = page.locator('.side-edit .box-head button[aria-expanded]').nth(1);
    if ((await edit.getAttribute('aria-expanded')) === 'false') await edit.click();
    await fields.nth(1).fill('1');
    await fields.nth(5).fill('16');
  }
  await page.locator('.automl-start').click();
  await page.locator('dialog .check', { hasText: 'resnet18' }).click();
  await checkPage(page, 'automl-confirm', LIGHT);
  await page.locator('dialog button[type=submit]').click();
  await page.locator('.banner:visible').first().waitFor();
  await page.locator('.banner.green').waitFor();
  // What was unchecked in the dialog is not trained.
  await countBecomes(page.locator('.table-box tbody tr'), 2);
  await page.locator('.reasons li').first().waitFor();
  await checkPage(page, 'automl-board', LIGHT);
});

search('a template is saved, loaded, and leaves nothing to set', async () => {
  await page.goto('/projects/1/experiments');
  await rowMenu('HPO_');
  await menuItem('템플릿으로 저장').click();
  await page.locator('dialog input').fill('표면 결함 설정');
  await tells(page, '템플릿으로 저장했습니다', () => page.keyboard.press('Enter'));
  await page.goto('/templates');
  await page.locator('.row-name').click();
  await page.locator('.template-detail .conf-facts dd').nth(5).waitFor();
  await page.locator('.template-detail canvas').first().waitFor();
  await checkPage(page, 'templates');
  await page.locator('.template-detail .button.primary').click();
  await page.locator('.template-chip', { hasText: '표면 결함 설정' }).waitFor();

  await page.goto('/projects/1/experiments');
  await page.locator('.template-chip', { hasText: '표면 결함 설정' }).waitFor();
  await rowMenu('초안');
  assert.equal(await menuTexts(), ['학습(Run)표면 결함 설정'], 'only Run in template mode');
  await page.goto('/experiments/3/run');
  await page.locator('.banner.blue').waitFor();
  await page.locator('.preflight-fine, .preflight-warnings li').locator('visible=true').first().waitFor();
  await checkPage(page, 'run-template', LIGHT);
  await page.locator('.run-start').click();
  await page.locator('.banner.green').waitFor();
  await page.locator('.template-chip button').click();
  await page.locator('.template-chip').waitFor({ state: 'hidden' });
});

search('experiments are compared in one graph and one table', async () => {
  await page.goto('/projects/1/experiments');
  await page.locator('.page-actions a', { hasText: '실험 비교' }).click();
  await page.locator('.compare-choose input').nth(2).check();
  await page.locator('.compare-chart canvas').waitFor();
  await page.locator('.compare-table thead .compare-mark').nth(2).waitFor();
  await page.locator('.compare-table .differs').first().waitFor();
  await page.waitForURL(/ids=\d+,\d+,\d+$/);
  await checkPage(page, 'compare');

  // The monitor tells why an ended job cannot be stopped, and deletes searches as it does trainings.
  await page.goto('/monitor');
  await page.locator('tr', { hasText: 'HPO Trial' }).first().locator('td.more button').click();
  await page.locator('[role=menu] .menu-item[aria-disabled=true]', { hasText: '이미 끝난 작업입니다' }).waitFor();
  await page.locator('[role=menu] .menu-item', { hasText: '실험 삭제' }).click();
  await page.locator('dialog h2', { hasText: 'HPO_' }).waitFor();
  await page.keyboard.press('Escape');
  await page.locator('dialog').waitFor({ state: 'detached' });
});

search('models are registered as new ones and as versions', async () => {
  await page.goto('/projects/1/experiments');
  await rowMenu('HPO_');
  await menuItem('모델로 등록').click();
  await page.locator('dialog input[type=text]').fill('표면 결함 모델');
  await page.locator('dialog button[type=submit]').click();
  await page.locator('tr', { hasText: '등록됨' }).waitFor();
  await rowMenu('HPO_');
  assert.equal(await menuTexts(), ['추론', '모델 다운로드(ONNX)', '모델 이름 변경', '삭제']);
  await rowMenu('AutoML_');
  await menuItem('모델로 등록').click();
  await page.locator('dialog select').selectOption({ index: 1 });
  await page.locator('dialog button[type=submit]').click();
  await page.locator('dialog').waitFor({ state: 'detached' });

  await page.goto('/models');
  await page.locator('.chip', { hasText: 'new' }).waitFor();
  await checkPage(page, 'models', LIGHT);
  await page.locator('.row-name').click();
  await page.locator('.table-box tbody:last-of-type tr').nth(1).waitFor();
  await page.locator('.model-settings input[type=checkbox]').check();
  await page.locator('.model-settings input[type=number]').fill('1');
  await page.locator('.model-loss').waitFor();
  await checkPage(page, 'model', LIGHT);
  await page.locator('.model-settings button[type=submit]').click();
  await page.locator('dialog .points li', { hasText: /^버전 1 · HPO_.* · 정확도 [\d.]+ ?%$/ }).waitFor();
  await checkPage(page, 'model-loss', { ...LIGHT, languages: ['ko'] });
  await page.locator('dialog [data-close]').last().click();
  await page.locator('.table-foot', { hasText: '총 2개' }).waitFor();
  await page.locator('.model-settings button[type=submit]').click();
  await page.locator('dialog button[type=submit]').click();
  await page.locator('.table-foot', { hasText: '총 1개' }).waitFor();

  await page.goto('/projects/1/experiments');
  await rowMenu('Run_');
  await menuItem('모델로 등록').click();
  await page.locator('dialog select').waitFor();
  assert.is(await page.locator('.register-loss').isVisible(), false);
  assert.is(await page.locator('dialog .search-input').isVisible(), false, 'one of few needs no search');
  // What would be lost could not be told: OK asks again and registers nothing unseen.
  await page.route('**/api/models/1', (route) => route.abort(), { times: 1 });
  await page.locator('dialog select').selectOption({ index: 1 });
  await page.locator('dialog .problem:visible').waitFor();
  ignoreTroubles(page);
  await page.locator('dialog button[type=submit]').click();
  await page.locator('.register-loss li', { hasText: /^버전 2 · AutoML_/ }).waitFor();
  await checkPage(page, 'register-loss', LIGHT);
  await page.keyboard.press('Escape');

  // One of many is found by a part of its name. (The experiment can be registered again when its version is deleted.)
  const { id } = (await request<Experiment[]>(page, 'GET', '/api/projects/1/experiments')).find(({ name }) => name.startsWith('Run_'))!;
  for (let n = 1; n <= 9; n++) {
    const made = await request<ModelVersionDetails>(page, 'POST', `/api/experiments/${id}/register`, { name: `라인 ${n}` });
    await request(page, 'DELETE', `/api/model-versions/${made.version.id}`);
  }
  await page.goto('/projects/1/experiments');
  await rowMenu('Run_');
  await menuItem('모델로 등록').click();
  const words = page.locator('dialog .search-select input[type=search]');
  const chosen = () => page.locator('dialog select').evaluate((select) => select.selectedOptions[0]?.textContent ?? '');
  await words.fill('라인 7');
  await page.locator('dialog select[size="2"]').waitFor();
  await words.press('Enter');
  await page.locator('dialog select[size="1"]').waitFor();
  assert.match(await chosen(), /^라인 7 /);
  assert.is(await words.inputValue(), '');
  await words.fill('라인');
  await page.locator('dialog select[size="6"]').waitFor();
  await checkPage(page, 'search-select', { ...LIGHT, sizes: [[1280, 800]] });
  // Arrows go through the list, Enter takes; a click does both.
  await words.press('ArrowDown');
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.locator('dialog select[size="1"]').waitFor();
  assert.not.match(await chosen(), /^라인 7 /);
  await words.fill('라인 3');
  await page.locator('dialog select[size="3"] option', { hasText: '라인 3' }).click();
  await page.locator('dialog select[size="1"]').waitFor();
  const other = await chosen();
  assert.match(other, /^라인 3 /);
  await fingered();
  await words.fill('이런 이름은 없음');
  await page.locator('dialog .search-select .field-note:visible', { hasText: '조건에 맞는 항목이 없습니다' }).waitFor();
  await words.press('Enter');
  assert.is(await chosen(), other, 'what is chosen stays, and nothing is sent');
  await page.locator('dialog [data-close]').last().click();
  await page.locator('dialog').waitFor({ state: 'detached' });
  await page.goto('/models/1');

  await page.locator('.table .row-name').first().click();
  await page.locator('textarea').fill('1호기 라인에서 사용합니다.');
  // A line more in the log takes nothing of what is just being typed.
  const lines = page.locator('td.wrap');
  await lines.first().waitFor();
  const before = await lines.count();
  const [download] = await Promise.all([page.waitForEvent('download'), page.locator('.page-actions a.primary').click()]);
  assert.match(download.suggestedFilename(), /\.onnx$/);
  await countBecomes(lines, before + 1);
  assert.is(await page.locator('textarea').inputValue(), '1호기 라인에서 사용합니다.');
  await page.locator('form input').first().fill('표면, 1호기');
  await page.locator('form button[type=submit]').click();
  await page.locator('td', { hasText: '1호기' }).first().waitFor();
  await checkPage(page, 'model-version', LIGHT);
  checkTroubles(page);
});

/** What More offers, as the manual has it, and what belongs to no model: follow, download, delete. */
const WITH_MODEL = ['추론', '템플릿으로 저장', '모델로 등록', '모델 다운로드(ONNX)', '모델 이름 변경', '삭제'];
const MENUS: { [S in Experiment['status']]: readonly string[] } = {
  draft: ['학습(Run)', '최적값 탐색(HPO)', '자동 비교(AutoML)', '모델 이름 변경', '삭제'],
  pending: ['진행 상황 보기', '학습 중지'],
  running: ['진행 상황 보기', '학습 중지'],
  succeeded: WITH_MODEL,
  aborted: WITH_MODEL,
  failed: ['모델 이름 변경', '삭제'],
  published: ['추론', '모델 다운로드(ONNX)', '모델 이름 변경', '삭제'],
};
const menuOf = ({ status, mode, automlGroup }: Experiment) => {
  const menu = status === 'aborted' && mode === 'hpo' ? MENUS.failed : MENUS[status];
  return automlGroup === null ? menu : ['AutoML 순위표', ...menu];
};

const SEARCH = {
  search: { momentum: { low: 0.5, high: 0.9 } },
  settings: { maxTrialCount: 1, parallelTrialCount: 1, maxFailedTrialCount: 1 },
  sampler: 'random',
  stopping: 'none',
  objective: { metric: 'validation_accuracy', type: 'maximize', goal: 1 },
  additionalMetrics: [],
};

/** A training that takes the whole box and does not end by itself. */
async function begin(path: 'run' | 'hpo', more: object = {}): Promise<Experiment> {
  const { defaults } = (await request<Algorithm[]>(page, 'GET', '/api/algorithms?classes=4&size=16')).find(({ name }) => name === 'smallnet')!;
  const config = {
    split: { training: 80, validation: 10, test: 10, seed: 1, stratify: true },
    algorithm: 'smallnet',
    parameters: { ...defaults, epoch: 10_000 },
    preset: 'CPU all',
  };
  const { id } = await newDraft();
  return request<Experiment>(page, 'POST', `/api/experiments/${id}/${path}`, { ...config, ...(path === 'hpo' ? SEARCH : {}), ...more });
}

search('More offers what the manual says, in every status', async () => {
  const seen = new Set<string>();
  const walk = async () => {
    await page.goto('/projects/1/experiments');
    for (const one of await request<Experiment[]>(page, 'GET', '/api/projects/1/experiments')) {
      const row = page.locator('tbody tr').filter({ has: page.locator('td', { hasText: new RegExp(`^\\s*${one.id}\\s*$`) }) });
      await row.locator('td.more button').click();
      assert.equal(await menuTexts(), menuOf(one), `${one.mode} ${one.status}`);
      seen.add(one.mode === 'hpo' ? `${one.status} HPO` : one.status);
    }
  };
  const going = await begin('run');
  const waiting = await begin('run');
  const searching = await begin('hpo');
  await newDraft();
  const details = ({ id }: Experiment) => request<ExperimentDetails>(page, 'GET', `/api/experiments/${id}`);
  while ((await details(going)).epochs.length === 0) await page.waitForTimeout(200);
  await walk();
  for (const one of [searching, waiting, going]) await request(page, 'POST', `/api/experiments/${one.id}/stop`);
  while ((await details(going)).experiment.status === 'running') await page.waitForTimeout(100);
  await walk();
  const all = ['aborted', 'aborted HPO', 'draft', 'failed', 'pending', 'pending HPO', 'published', 'running', 'succeeded', 'succeeded HPO'];
  assert.equal([...seen].sort(), all);

  // What has failed is set up again as it was.
  await page.goto(`/experiments/${waiting.id}`);
  await page.locator('.banner.red .button').click();
  await page.waitForURL(`**/run?like=${waiting.id}`);
  await page.locator('.run-setup .notice', { hasText: waiting.name }).waitFor();
  await page.locator('.step-foot button:visible').click();
  assert.is(await page.locator('.choice-table input:checked').first().inputValue(), 'smallnet');
  assert.is(await page.locator('.parameters input').nth(1).inputValue(), '10000');

  await page.goto(`/experiments/${searching.id}/hpo`);
  await page.locator('.banner.orange .button:visible').first().click();
  await page.waitForURL(`**/hpo?like=${searching.id}`);
  await page.locator('.run-setup .notice', { hasText: searching.name }).waitFor();
  await page.locator('.step-foot button:visible').click();
  const searched = page.locator('.hpo-table input[aria-label^=HPO]:checked');
  await countBecomes(searched, 1);
  assert.is(await searched.getAttribute('aria-label'), 'HPO momentum');
  assert.is(await page.locator('.space-range input[type=number]').first().inputValue(), '0.5');
  await page.locator('.step-foot button:visible').click();
  assert.is(await page.locator('#hpo-maxTrialCount').inputValue(), '1');
  assert.is(await page.locator('.way-cards input:checked').first().inputValue(), 'random');
  await checkPage(page, 'hpo-like', LIGHT);

  // What a trial has found is trained with.
  await page.goto('/experiments/1/hpo');
  await page.locator('.trial-table tbody .button').last().click();
  await page.locator('.trial-panel .panel-title', { hasText: 'hpo-' }).waitFor();
  const name = await page.locator('.trial-panel .panel-title').textContent();
  await page.locator('.trial-use').click();
  await page.waitForURL(/run\?like=1&trial=\d+$/);
  const trial = page.url().split('=').at(-1);
  await page.locator('.run-setup .notice', { hasText: name ?? '-' }).waitFor();
  await page.locator('.step-foot button:visible').click();
  const { parameters } = await request<TrialDetails>(page, 'GET', `/api/experiments/1/hpo/trials/${trial}`);
  const fields = page.locator('.parameters input[type=number]');
  await fields.first().waitFor();
  const shown = await fields.evaluateAll((all) => all.map((one) => Number((one as unknown as { value: string }).value)));
  assert.ok(shown.includes(parameters.learning_rate), `${shown} with ${parameters.learning_rate}`);
  checkTroubles(page);
});

search('Run in the rail leads to what was started last, also while a search has queued a trial since', async () => {
  const { id } = await begin('hpo', { settings: { maxTrialCount: 2, parallelTrialCount: 1, maxFailedTrialCount: 2 } });
  const trials = async () => (await request<Hpo>(page, 'GET', `/api/experiments/${id}/hpo`)).trials;
  while ((await trials())[0]?.state !== 'running') await page.waitForTimeout(100);
  const later = await begin('run');
  await request(page, 'POST', `/api/jobs/${(await trials())[0]!.jobId}/stop`);
  while (((await trials())[1]?.jobId ?? 0) < 1) await page.waitForTimeout(100);
  await page.goto('/projects/1/experiments');
  await page.locator(`.rail-link.sub[href="/experiments/${later.id}/run"]`).waitFor();
  for (const one of [id, later.id]) await request(page, 'POST', `/api/experiments/${one}/stop`);
});

search.run();
