/** Preprocessing of tables through the real daemon: methods, preview, the next version, what is refused. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Client, Daemon } from '../../daemon.fixture.ts';
import type { Chain, PreprocessMethods, TableLook } from '../../http/preprocess-schemas.ts';
import type { Dataset, Job, Project } from '../../http/schemas.ts';
import type { NewTable, RowPage, StatisticsPage, TableDetails } from '../../http/table-schemas.ts';
import type { FittedStep } from '../../tables/preprocess/methods.ts';

const test = suite('preprocessing of table datasets');
let daemon: Daemon;
let admin: Client;
let project: Project;
let source: Dataset;

const ROWS = 3000;
const CSV = `machine,temperature,made,result\n${Array.from(
  { length: ROWS },
  (_, i) => `${['M2', 'M10', 'M1'][i % 3]},${i % 10 === 0 ? '' : i % 100},2026-03-${String(1 + (i % 28)).padStart(2, '0')},${i % 2 === 0 ? 'good' : 'bad'}`,
).join('\n')}\n`;
const TYPES = ['categorical', 'integer', 'date', 'categorical'] as const;

test.before(async () => {
  daemon = await Daemon.start();
  admin = await daemon.setUp();
  project = await admin.ok<Project>('POST', '/api/projects', { name: 'Ovens', groupId: 1, description: '', type: 'tabular', model: 'classification' });
  source = await table(CSV, 'ovens');
});
test.after(() => daemon.remove());

async function table(content: string, name: string): Promise<Dataset> {
  const uploadId = await admin.upload('t.csv', Buffer.from(content));
  const settings: NewTable['settings'] = { format: 'csv', encoding: 'utf-8', delimiter: ',', decimal: '.', header: true, sheet: null, missing: [] };
  const names = ['machine', 'temperature', 'made', 'result'];
  const columns = names.map((column, index) => ({ name: column, type: TYPES[index]!, keep: true }));
  const body: NewTable = { name, description: 'of March', visibility: 'private', uploadId, settings, columns, target: 'result' };
  return ready(await admin.ok<Dataset>('POST', `/api/projects/${project.id}/tables`, body));
}

const ready = ({ id }: Dataset) => admin.until<Dataset>(`/api/datasets/${id}`, ({ status }) => status === 'ready');
const look = (chain: Chain) =>
  admin.call<TableLook & { code: string; params: object }>('POST', `/api/datasets/${source.id}/preprocess/table-preview`, { chain });

test('the methods tell their parameters', async () => {
  const methods = await admin.ok<PreprocessMethods>('GET', '/api/preprocess/methods?type=tabular');
  assert.ok(methods.length >= 10);
  const fill = methods.find(({ name }) => name === 'fill_missing')!;
  assert.equal(
    fill.parameters.map(({ name, spec }) => [name, spec.kind]),
    [
      ['columns', 'columns'],
      ['with', 'choice'],
      ['constant', 'text'],
      ['group', 'column'],
    ],
  );
});

test('a look shows rows before and after, and keeps nothing', async () => {
  const before = readdirSync(join(daemon.data, 'datasets')).length;
  const plain = (await look([])).body;
  assert.equal(plain.before, plain.after);
  assert.equal([plain.rows, plain.of, plain.before.count], [ROWS, ROWS, ROWS]);
  assert.is(plain.before.columns[1]!.missing, ROWS / 10);
  const { body } = await look([
    { method: 'drop_missing', parameters: {} },
    { method: 'one_hot', parameters: {} },
    { method: 'date_parts', parameters: { day: false, weekday: false } },
  ]);
  assert.is(body.after.count, ROWS * 0.9);
  assert.equal(
    body.after.columns.map(({ name, type }) => `${name} ${type}`),
    ['machine=M1 integer', 'machine=M2 integer', 'machine=M10 integer', 'temperature integer', 'made_year integer', 'made_month integer', 'result categorical'],
  );
  assert.equal(body.after.rows[0], { n: 1, cells: [0, 0, 1, 1, 2026, 3, 'bad'] });
  assert.is(readdirSync(join(daemon.data, 'datasets')).length, before);
});

test('a chain makes the next version, with statistics, and what each step has learnt', async () => {
  assert.is(source.exportBlockedBy, 'dataset_missing_values');
  const chain: Chain = [
    { method: 'fill_missing', parameters: { with: 'mean', group: 'machine' } },
    { method: 'scale', parameters: { columns: ['temperature'], how: 'min_max' } },
    { method: 'ordinal', parameters: {} },
    { method: 'derive', parameters: { name: 'double', expression: '2 * temperature' } },
    { method: 'drop_columns', parameters: { columns: ['made'] } },
  ];
  const made = await ready(await admin.ok<Dataset>('POST', `/api/datasets/${source.id}/preprocess`, { chain }));
  assert.equal([made.name, made.version, made.description, made.count], ['ovens', 2, 'of March', ROWS]);
  assert.equal(made.table, { columns: 4, target: 'result', targetType: 'categorical', missing: 0, missingColumns: 0 });
  assert.is(made.exportBlockedBy, 'problem_without_trainer');
  assert.equal(made.preprocessing!.from, { id: source.id, version: 1 });
  const { rows } = await admin.ok<RowPage>('GET', `/api/datasets/${made.id}/table/rows?limit=3`);
  assert.equal(rows[1]!.cells.slice(0, 2), [2, 0]);
  assert.is(rows[2]!.cells[3], 2 / 98);
  const { columns } = await admin.ok<StatisticsPage>('GET', `/api/datasets/${made.id}/table/statistics`);
  // Every tenth row is missing, so 0 never occurs: 1 is the smallest.
  assert.equal([columns[1]!.numbers!.min, columns[1]!.numbers!.max, columns[3]!.numbers!.max], [0, 1, 2]);
  assert.is((await admin.ok<TableDetails>('GET', `/api/datasets/${made.id}/table`)).report, null);
  const fitted = JSON.parse(readFileSync(join(daemon.data, 'datasets', String(made.id), 'table/chain.json'), 'utf8')) as FittedStep[];
  assert.equal(
    fitted.map(({ method }) => method),
    chain.map(({ method }) => method),
  );
  // The first version is what it was.
  assert.is((await admin.ok<Dataset>('GET', `/api/datasets/${source.id}`)).table!.missing, ROWS / 10);
});

test('chains that cannot be are refused before anything is made', async () => {
  const code = async (chain: unknown) => (await admin.call<{ code: string }>('POST', `/api/datasets/${source.id}/preprocess`, { chain })).body.code;
  assert.is(await code([]), 'invalid_input');
  assert.is(await code([{ method: 'resize', parameters: {} }]), 'preprocess_method_unknown');
  assert.is(await code([{ method: 'constructor', parameters: {} }]), 'preprocess_method_unknown');
  for (const parameters of [{ how: 'wild' }, { columns: 'temperature' }, { unknown: 1 }])
    assert.is(await code([{ method: 'scale', parameters }]), 'preprocess_bad_value');
  assert.is(await code([{ method: 'outliers', parameters: { factor: 0 } }]), 'preprocess_bad_value');
  const wrong = (
    await look([
      { method: 'scale', parameters: {} },
      { method: 'derive', parameters: { expression: '1 +' } },
    ])
  ).body;
  assert.equal([wrong.code, wrong.params], ['preprocess_expression', { place: 4, step: 2 }]);
});

test('a chain that fails on the data leaves nothing and says which step it was; one at a time in a project', async () => {
  const before = readdirSync(join(daemon.data, 'datasets')).sort();
  const chain: Chain = [
    { method: 'drop_columns', parameters: { columns: ['made'] } },
    { method: 'log', parameters: { columns: ['temperature'], how: 'ln' } },
    { method: 'one_hot', parameters: { columns: ['result'] } },
  ];
  const [first, second] = await Promise.all([
    admin.call<Dataset>('POST', `/api/datasets/${source.id}/preprocess`, { chain: chain.slice(2) }),
    admin.call<{ code: string }>('POST', `/api/datasets/${source.id}/preprocess`, { chain }),
  ]);
  const [kept, refused] = first.status === 201 ? [first, second] : [second as unknown as typeof first, first];
  assert.is(kept.status, 201);
  assert.is((refused.body as unknown as { code: string }).code, 'preprocess_busy');
  const job = await admin.until<Job>(`/api/jobs/${kept.body.jobId}`, ({ state }) => state === 'failed');
  assert.is(job.failure!.code, 'preprocess_target');
  assert.is((await admin.call('GET', `/api/datasets/${kept.body.id}`)).status, 404);
  assert.equal(readdirSync(join(daemon.data, 'datasets')).sort(), before);
});

test('a table that is stopped on the way, and its files, are gone', async () => {
  const made = await admin.ok<Dataset>('POST', `/api/datasets/${source.id}/preprocess`, { chain: [{ method: 'scale', parameters: {} }] });
  await admin.call('POST', `/api/jobs/${made.jobId}/stop`);
  await admin.until<Job>(`/api/jobs/${made.jobId}`, ({ state }) => state !== 'pending' && state !== 'running');
  const { status } = await admin.call('GET', `/api/datasets/${made.id}`);
  // It may have been faster than the request to stop; then it is whole.
  assert.is(existsSync(join(daemon.data, 'datasets', String(made.id), 'table/schema.json')), status === 200);
});

test.run();
