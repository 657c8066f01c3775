/** The advanced parameters in the browser: their limits are the daemon's, what is set is trained with, shown and compared, searched and edited an algorithm. */
import type { Locator, Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Experiment, ExperimentDetails } from '../../server/http/schemas.ts';
import { becomes, type CheckOptions, checkPage, checkTroubles, countBecomes, newPage, request, type Studio, settled, setUp, startStudio } from './studio.ts';

const parameters = suite('advanced parameters in the browser');
/** These pages in all sizes and colours: search.test.ts and experiments.test.ts. */
const LIGHT: CheckOptions = { themes: ['light'], sizes: [[1280, 800]] };
let studio: Studio;
let page: Page;

parameters.before(async () => {
  studio = await startStudio();
  page = await newPage(studio);
  await setUp(studio, page);
  await page.locator('.empty-buttons .button').first().click();
  await page.waitForURL('**/data');
  await page.locator('tr td .chip.green').first().waitFor();
  for (let n = 0; n < 3; n++) await request<Experiment>(page, 'POST', '/api/projects/1/experiments', { datasetId: 1 });
});
parameters.after(async () => studio?.stop());

/** The control of a parameter, by its name in the label. */
const control = (name: string, kind = 'input'): Locator =>
  page
    .locator('.field', { has: page.getByText(name, { exact: true }) })
    .locator(kind)
    .locator('visible=true');
const openFold = () => page.locator('details.advanced > summary').locator('visible=true').click();

interface Limits {
  minimum?: number;
  exclusiveMinimum?: number;
  maximum?: number;
}

parameters('the limits beside the fields are those that the daemon checks, and nothing is changed at the start', async () => {
  await page.goto('/experiments/1/run');
  const ok = page.locator('.step-foot button:visible');
  await ok.click();
  await page.locator('.choice-table tr', { hasText: 'smallnet' }).click();
  assert.is(await control('nesterov').count(), 0, 'the fold is closed');
  await openFold();
  assert.is(await page.locator('.advanced > summary .chip:visible').count(), 0, 'all is as usual: the defaults of the daemon are those of the form');
  const api = await request<{
    paths: Record<string, { post: { requestBody: { content: Record<string, { schema: { properties: Record<string, unknown> } }> } } }>;
  }>(page, 'GET', '/api/openapi.json');
  const body = api.paths['/api/experiments/{id}/run']!.post.requestBody.content['application/json']!.schema;
  const schemas = (body.properties.parameters as { properties: Record<string, Limits> }).properties;
  const seen: string[] = [];
  const compare = async () => {
    // At once, and after the form has followed: fields come and go with what was chosen.
    await settled(page);
    const fields = await page.locator('.parameters .field:visible').evaluateAll((all) =>
      all.map((field) => {
        const input = field.querySelector('input[type=number]');
        return { name: field.querySelector('label')!.textContent!.trim(), limits: input && { min: Number(input.min), max: Number(input.max) } };
      }),
    );
    for (const { name, limits } of fields) {
      if (limits === null) continue;
      const schema = schemas[name]!;
      // A learning rate of exactly 0 is refused, too.
      assert.is(limits.min, name === 'learning_rate' ? 0.00001 : schema.minimum, name);
      assert.is(limits.max, schema.maximum, name);
      seen.push(name);
    }
  };
  await compare();
  for (const schedule of ['step', 'one_cycle', 'cosine']) {
    await control('schedule', 'select').selectOption(schedule);
    await compare();
  }
  await control('optimizer', 'select').selectOption('adam');
  await compare();
  const numbers = Object.entries(schemas).filter(([, schema]) => schema.maximum !== undefined);
  assert.equal([...new Set(seen)].sort(), numbers.map(([name]) => name).sort(), 'each number of the daemon has its field');
  await control('optimizer', 'select').selectOption('sgd');
});

parameters('the fold tells what was changed and what is wrong', async () => {
  const ok = page.locator('.step-foot button:visible');
  await becomes(() => control('learning_rate').inputValue(), '0.01');
  await control('optimizer', 'select').selectOption('adamw');
  // The usual rate follows the optimizer.
  await becomes(() => control('learning_rate').inputValue(), '0.001');
  await countBecomes(control('nesterov'), 0);
  await control('freeze_stages').fill('4');
  await page.locator('.advanced .field-error:visible').first().waitFor();
  // smallnet has three stages besides its head.
  await becomes(() => ok.isDisabled(), true);
  await control('freeze_stages').fill('1');
  await control('epoch').fill('40');
  await control('input_size').fill('16');
  await control('early_stopping').fill('1');
  await control('early_stopping_on', 'select').selectOption('validation_accuracy');
  await control('class_weights', 'select').selectOption('balanced');
  await control('mixup').fill('0.2');
  await control('ema').fill('0.9');
  await page.locator('.advanced > summary .chip', { hasText: '7' }).waitFor();
  await page.locator('.advanced').scrollIntoViewIfNeeded();
  await checkPage(page, 'run-advanced');
  await checkPage(page, 'run-advanced-tablet', { ...LIGHT, languages: ['ko'], sizes: [[820, 1180]] });
  await page
    .locator('.field', { has: page.getByText('mixup', { exact: true }) })
    .locator('button.hint')
    .click();
  await checkPage(page, 'run-advanced-hint', LIGHT);
  await page.keyboard.press('Escape');
  await ok.click();
  await page.locator('input[name=preset]:checked').waitFor();
  await ok.click();
  for (const name of ['optimizer', 'ema', 'mixup', 'early_stopping'])
    await page.locator('.configuration dt').getByText(name, { exact: true }).first().waitFor();
  const facts = await page.locator('.configuration dt').allTextContents();
  assert.not.ok(facts.includes('schedule'), 'what is as usual is not told');
  await page.locator('.run-start').click();
  await page.locator('.banner.green').waitFor();
  const { experiment, result } = await request<ExperimentDetails>(page, 'GET', '/api/experiments/1');
  assert.is(result?.endedEarly, true);
  assert.is(experiment.config?.parameters.optimizer, 'adamw');
  await page.goto('/experiments/1');
  await page.locator('dt', { hasText: '조기 종료' }).waitFor();
  await checkPage(page, 'experiment-advanced', LIGHT);
});

parameters('the comparison marks the parameters that differ', async () => {
  const { experiment } = await request<ExperimentDetails>(page, 'GET', '/api/experiments/1');
  const { optimizer: _, ...rest } = experiment.config!.parameters;
  // SGD that cannot learn at such a rate, so that the page has something to warn of.
  const config = { ...experiment.config!, parameters: { ...rest, epoch: 1, ema: 0, learning_rate: 10 } };
  await request(page, 'POST', '/api/experiments/2/run', config);
  await page.goto('/experiments/2/run');
  await page.locator('.banner.green').waitFor();
  const warning = page.locator('.notice.warn:visible', { hasText: 'learning_rate' });
  await warning.waitFor();
  await page.locator('.log-line.warning', { hasText: (await warning.textContent())!.trim() }).waitFor();
  await checkPage(page, 'run-unlearned');
  await page.goto('/experiments/2');
  await warning.waitFor();
  await checkPage(page, 'experiment-unlearned', LIGHT);
  await page.goto('/projects/1/compare?ids=1,2');
  const row = (name: string) => page.locator('.compare-table tbody tr', { has: page.getByText(name, { exact: true }) });
  // What was left out is shown as it was taken. (Both experiments are there when both are in the row.)
  await becomes(() => row('optimizer').locator('td').allTextContents(), ['AdamW', 'SGD']);
  assert.match((await row('optimizer').getAttribute('class')) ?? '', /differs/);
  assert.not.match((await row('mixup').getAttribute('class')) ?? '', /differs/);
  assert.is(await row('schedule').count(), 0, 'nobody has changed it');
  await row('optimizer').scrollIntoViewIfNeeded();
  await checkPage(page, 'compare-advanced', LIGHT);
});

parameters('a search tries optimizers', async () => {
  await page.goto('/experiments/3/hpo');
  const ok = page.locator('.step-foot button:visible');
  await ok.click();
  await page.locator('.choice-table tr', { hasText: 'smallnet' }).click();
  await control('epoch').fill('1');
  await control('input_size').fill('16');
  for (const name of ['batch_size', 'learning_rate']) await page.locator(`[aria-label="HPO ${name}"]`).uncheck();
  await openFold();
  await page.locator('[aria-label="HPO optimizer"]').check();
  const picks = page.locator('.space-options input');
  await picks.nth(0).uncheck();
  await picks.nth(1).uncheck();
  // One alone is nothing to choose from.
  await becomes(() => ok.isDisabled(), true);
  await picks.nth(0).check();
  await page.locator('[aria-label="HPO optimizer"]').scrollIntoViewIfNeeded();
  await checkPage(page, 'hpo-advanced', LIGHT);
  await ok.click();
  await page.locator('#hpo-maxTrialCount').fill('2');
  await page.locator('#hpo-goal').fill('1');
  await page.locator('.way-cards input[value=grid]').check();
  await ok.click();
  await page.locator('input[name=preset]:checked').waitFor();
  await ok.click();
  await page.locator('.run-start').click();
  await page.locator('.under-head', { hasText: '2 / 2' }).waitFor();
  await page.locator('.trial-table tbody tr', { hasText: 'AdamW' }).waitFor();
  await page.locator('.trial-table tbody tr', { hasText: 'SGD' }).waitFor();
  await checkPage(page, 'hpo-optimizers', LIGHT);
});

parameters('an AutoML has the same fold for each algorithm', async () => {
  const draft = await request<Experiment>(page, 'POST', '/api/projects/1/experiments', { datasetId: 1 });
  await page.goto(`/experiments/${draft.id}/automl`);
  await page.locator('.automl-list tbody input:checked').first().waitFor();
  await page.locator('.side-edit .box-head button[aria-expanded]').nth(1).click();
  await openFold();
  await control('optimizer', 'select').selectOption('adam');
  await page.locator('.automl-list .chip.amber:visible').first().waitFor();
  await page.locator('.advanced').scrollIntoViewIfNeeded();
  await checkPage(page, 'automl-advanced', LIGHT);
});

parameters('nothing went wrong unseen', () => checkTroubles(page));

parameters.run();
