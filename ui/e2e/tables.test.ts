/** Tables as a person meets them: upload, correction of the preview, the target, the dataset with its rows, statistics and correlations. */
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Dataset, Project } from '../../server/http/schemas.ts';
import { becomes, checkPage, checkTroubles, countBecomes, gate, newPage, request, type Studio, setUp, startStudio } from './studio.ts';

const test = suite('tables');
let studio: Studio;
let page: Page;
let project: Project;

test.before(async () => {
  studio = await startStudio(['--set', 'upload.max_at_once=30']);
  page = await newPage(studio);
  await setUp(studio, page);
  project = await request<Project>(page, 'POST', '/api/projects', { name: '사출 품질', groupId: 1, description: '', type: 'tabular', model: 'classification' });
});
test.after(() => studio.stop());

/** A moulding shop's measurements: two machines, temperatures and pressures, a judgement; some values are missing. */
function measurements(rows: number): string {
  const lines = ['측정일;설비;금형 온도;사출 압력;냉각 시간;수지;판정'];
  for (let i = 0; i < rows; i++) {
    const temperature = 180 + ((i * 37) % 41) / 2;
    const pressure = 80 + temperature / 4 + ((i * 53) % 17) / 5;
    const bad = temperature > 196 || pressure > 131.5;
    const cells = [
      `2026-03-${String(1 + (i % 28)).padStart(2, '0')}`,
      `설비-${1 + (i % 3)}`,
      i % 29 === 5 ? '' : temperature.toFixed(1).replace('.', ','),
      pressure.toFixed(2).replace('.', ','),
      String(12 + (i % 9)),
      i % 31 === 7 ? 'NA' : ['PP', 'ABS', 'PC'][i % 3],
      bad ? '불량' : '양품',
    ];
    lines.push(cells.join(';'));
  }
  return `${lines.join('\r\n')}\r\n`;
}

const data = () => `/projects/${project.id}/data`;
const choose = (name: string, content: Buffer) => page.locator('.drop input[type=file]').setInputFiles({ name, mimeType: 'text/csv', buffer: content });

const typeOf = (column: number, type: string) =>
  page.locator('.table-columns tbody tr').nth(column).locator(`option[value=${type}]:checked`).waitFor({ state: 'attached' });

test('a CSV file is read, corrected and made into a dataset', async () => {
  await page.goto(`${data()}/new`);
  await page.locator('.new-right select').first().waitFor({ state: 'attached' });
  await page.waitForURL(/new-table$/);
  // An upload that is on its way is not thrown away by one click.
  const line = gate();
  // (A request that was given up meanwhile cannot go on.)
  await page.route('**/api/uploads/*', (route) => line.passed.then(() => route.continue()).catch(() => {}));
  await choose('사출 3월.csv', Buffer.from(`\ufeff${measurements(420)}`));
  const cancel = page.locator('.new-left button', { hasText: '업로드 취소' });
  await cancel.waitFor();
  // As for pictures: the second click of a double click is not meant for it.
  await page.waitForTimeout(700);
  await cancel.click();
  await page.locator('dialog [data-close]').last().click();
  await countBecomes(page.locator('dialog'), 0);
  await cancel.click();
  await page.locator('dialog button[type=submit]').click();
  await page.locator('.drop').waitFor();
  await countBecomes(page.locator('.sending:visible'), 0);
  line.open();
  await page.unroute('**/api/uploads/*');
  await choose('사출 3월.csv', Buffer.from(`\ufeff${measurements(420)}`));
  await page.locator('.table-columns tbody tr').nth(6).waitFor();
  await becomes(
    () => page.locator('.table-columns tbody .column-name').allTextContents(),
    ['측정일', '설비', '금형 온도', '사출 압력', '냉각 시간', '수지', '판정'],
  );
  const types = () => page.locator('.table-columns tbody select').evaluateAll((all) => all.map((one) => (one as unknown as { value: string }).value));
  await becomes(types, ['date', 'categorical', 'real', 'real', 'integer', 'categorical', 'categorical']);
  await becomes(() => page.locator('.new-right select').first().inputValue(), '판정');
  await checkPage(page, 'table-new');

  // A decimal mark that does not fit shows at once what would become of it.
  await page.locator('.table-settings select').nth(2).selectOption('.');
  await typeOf(2, 'categorical');
  await page.locator('.table-settings select').nth(2).selectOption(',');
  await typeOf(2, 'real');
  await becomes(() => page.locator('.new-right select').first().inputValue(), '판정');

  await page.locator('.table-columns tbody tr').nth(1).locator('select').selectOption('integer');
  await page.locator('.table-columns tbody tr').nth(1).locator('.field-error').filter({ hasText: '420' }).waitFor();
  await page.locator('.table-columns tbody tr').nth(1).locator('select').selectOption('categorical');
  await page.locator('.table-columns tbody tr').nth(0).locator('input').uncheck();
  // What was corrected by hand is not lost by one click either.
  await page.locator('.chosen button').click();
  await page.locator('dialog button[type=submit]').waitFor();
  await checkPage(page, 'table-new-other', { sizes: [[1280, 800]], themes: ['light'] });
  await page.locator('dialog [data-close]').last().click();
  await countBecomes(page.locator('dialog'), 0);
  await page.locator('.new-right button[type=submit]').click();
  await page.waitForURL(/\/datasets\/\d+/);
  await page.locator('.data-rows tbody tr').nth(10).waitFor();
  checkTroubles(page);
});

test('rows, statistics, correlations and the report of a table', async () => {
  assert.match((await page.locator('.data-rows thead').textContent()) ?? '', /설비.*판정/);
  await page.locator('.notice.warn').filter({ hasText: '결측치' }).waitFor();
  await page.locator('.page-actions .button.primary[aria-disabled=true]').waitFor();
  await checkPage(page, 'table-rows', { sizes: [[1280, 800]] });
  // The mould's temperature: upwards, then downwards, what is missing last both times; then as in the file.
  const temperature = page.locator('.data-rows thead th').nth(2);
  const firstTemperature = page.locator('.data-rows tbody tr').first().locator('td').nth(1);
  await temperature.locator('.sort').click();
  await firstTemperature.filter({ hasText: /^180$/ }).waitFor();
  await temperature.locator('.sort').click();
  await firstTemperature.filter({ hasText: /^200$/ }).waitFor();
  await becomes(() => temperature.getAttribute('aria-sort'), 'descending');
  await temperature.locator('.sort').click();
  await page.locator('.data-rows .row-number').first().filter({ hasText: /^1$/ }).waitFor();
  await page.locator('.table-tools input[type=checkbox]').check();
  await page.locator('.table-foot').filter({ hasText: '29행 중' }).waitFor();
  await page.locator('.data-rows td.missing').nth(28).waitFor();
  await page.locator('.table-tools input[type=checkbox]').uncheck();
  await page.locator('.table-tools input[type=search]').fill('설비-2');
  await page.locator('.table-foot').filter({ hasText: '140행 중' }).waitFor();
  await page.locator('.table-tools input[type=search]').fill('없는 값');
  await page.locator('.table-message').filter({ hasText: '찾는 행이 없습니다' }).waitFor();

  await page.locator('#table-statistics-tab').click();
  await page.locator('.column-card').nth(5).waitFor();
  await checkPage(page, 'table-statistics');
  await page.locator('#table-associations-tab').click();
  await page.locator('.associations tbody tr').nth(4).waitFor();
  await checkPage(page, 'table-associations', { sizes: [[1280, 800]] });
  await page.locator('#table-report-tab').click();
  await page.locator('.figures').first().waitFor();
  await checkPage(page, 'table-report', { sizes: [[1280, 800]], themes: ['light'] });
});

test('a chain of methods with a look at the rows makes the next version, which can be exported but for the trainer', async () => {
  const version = page.url();
  await page.locator('.page-actions .icon-button').click();
  await page.getByRole('menuitem', { name: '전처리' }).click();
  await page.locator('.samples tbody tr').nth(20).waitFor();
  await page.locator('.method-choice .button').filter({ hasText: '결측치 채우기' }).click();
  await page.locator('.samples .sample').nth(1).filter({ hasText: '결측치 0개' }).waitFor();
  await page.locator('.samples td.changed').first().waitFor();
  await page.locator('.method-choice .button').filter({ hasText: '계산한 열' }).click();
  await page.locator('.page-actions .button.primary[aria-disabled=true]').waitFor();
  await page.locator('.chain > li').nth(1).locator('input[type=text]').nth(1).fill('[사출 압력] / [금형');
  await page.locator('.problem, [x-problem]').filter({ hasText: '계산식' }).first().waitFor();
  await page.locator('.chain > li').nth(1).locator('input[type=text]').nth(1).fill('[사출 압력] / [금형 온도]');
  await page.locator('.samples th.changed').filter({ hasText: 'new_column' }).waitFor();
  await checkPage(page, 'table-preprocess', { sizes: [[1280, 800]] });
  await page.locator('.method-choice .button').filter({ hasText: '크기 맞추기' }).click();
  await page.locator('.chain > li').nth(2).locator('.column-list label').filter({ hasText: '냉각 시간' }).click();
  await page.locator('.samples .sample').nth(1).locator('td').filter({ hasText: '-1.' }).first().waitFor();
  await page.locator('.page-actions .button.primary').click();
  await page.locator('.page-actions a').filter({ hasText: '결과' }).click();
  await page.locator('h1', { hasText: 'v2' }).waitFor();
  await page.locator('.data-rows thead', { hasText: 'new_column' }).waitFor();
  await page.locator('.data-rows tbody tr').nth(10).waitFor();
  assert.is.not(page.url(), version);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    (async () => {
      await page.locator('.page-actions .icon-button').click();
      await page.getByRole('menuitem', { name: '다운로드' }).click();
    })(),
  ]);
  assert.is(download.suggestedFilename(), '사출 3월 v2.csv');
  checkTroubles(page);
});

test('a file with trouble in it says what was done; one that cannot be read says why', async () => {
  await page.goto(`${data()}/new-table`);
  await choose('bad.csv', Buffer.from('x,y\n1,"open\n2,3\n'));
  await page.locator('.problem, [x-problem]').filter({ hasText: '따옴표' }).first().waitFor();
  await page.locator('.chosen .button').click();
  const ragged = `번호,값,값\n${Array.from({ length: 60 }, (_, i) => (i === 7 ? '7' : i === 9 ? '9,1,2,3' : `${i},${i === 20 ? 'inf' : i / 2},b`)).join('\n')}`;
  await choose('ragged.csv', Buffer.from(ragged));
  await page.locator('.notice.warn').filter({ hasText: '제외' }).waitFor();
  await checkPage(page, 'table-new-warnings', { sizes: [[1280, 800]], themes: ['light'] });
  await page.locator('.new-right button[type=submit]').click();
  await page.waitForURL(/\/datasets\/\d+/);
  await page.locator('#table-report-tab').click();
  await page.locator('.figures').filter({ hasText: '1' }).first().waitFor();
  await checkPage(page, 'table-report-trouble', { sizes: [[1280, 800]], themes: ['light'] });
  const last = (await request<Dataset[]>(page, 'GET', `/api/projects/${project.id}/datasets`)).at(-1);
  assert.is(last!.count, 59);
  assert.is(last!.table!.missing, 3);
});

test('the list of datasets tells tables apart', async () => {
  await page.goto(data());
  await page.locator('tbody tr:not(.skeleton)').nth(1).waitFor();
  await checkPage(page, 'table-list', { sizes: [[1280, 800]], themes: ['light'] });
});

test.run();
