/** Tables through the real daemon: preview, correction, dataset, rows, statistics, and what must not be possible. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Client, Daemon, randomName } from '../../daemon.fixture.ts';
import type { Dataset, Job, ModelKind, Notification, Project } from '../../http/schemas.ts';
import type { TablePreview } from '../../http/table-preview-schemas.ts';
import type { Associations, NewTable, RowPage, StatisticsPage, TableDetails, TableSettings } from '../../http/table-schemas.ts';

const test = suite('tables');
let daemon: Daemon;
let admin: Client;

test.before(async () => {
  daemon = await Daemon.start('--set', 'tables.max_columns=50', '--set', 'upload.max_at_once=50');
  admin = await daemon.setUp();
});
test.after(() => daemon.remove());

async function project(model: ModelKind, type: 'tabular' | 'image' = 'tabular', client = admin): Promise<Project> {
  const [group] = (await client.ok<{ groups: { id: number }[] }>('GET', '/api/session')).groups;
  return client.ok<Project>('POST', '/api/projects', { name: randomName(), groupId: group!.id, description: '', type, model });
}

async function preview(projectId: number, uploadId: string, settings: Partial<TableSettings> = {}): Promise<TablePreview> {
  const { id } = await admin.ok<TablePreview>('POST', `/api/projects/${projectId}/table-previews`, { uploadId, settings });
  return admin.until<TablePreview>(`/api/table-previews/${id}`, ({ state }) => state !== 'pending' && state !== 'running');
}

const SETTINGS: TableSettings = { format: 'csv', encoding: 'utf-8', delimiter: ',', decimal: '.', header: true, sheet: null, missing: ['NA'] };

interface Made {
  /** Of the columns in their order. */
  types: NewTable['columns'][number]['type'][];
  drop?: string[];
  target?: string | null;
  name?: string;
}

async function make(projectId: number, content: string, { types, drop = [], target = null, name = randomName() }: Made) {
  const uploadId = await admin.upload('table.csv', Buffer.from(content));
  const names = content.slice(0, content.indexOf('\n')).split(',');
  const columns = names.map((column, index) => ({ name: column, type: types[index]!, keep: !drop.includes(column) }));
  const body: NewTable = { name, description: '', visibility: 'private', uploadId, settings: SETTINGS, columns, target };
  return admin.call<Dataset>('POST', `/api/projects/${projectId}/tables`, body);
}

async function ready(projectId: number, content: string, how: Made): Promise<Dataset> {
  const { status, body } = await make(projectId, content, how);
  assert.is(status, 201, JSON.stringify(body));
  return admin.until<Dataset>(`/api/datasets/${body.id}`, (dataset) => dataset.status === 'ready');
}

const TYPES: Made['types'] = ['categorical', 'real', 'categorical', 'date'];
const CSV = `part,size,grade,made\n${Array.from({ length: 120 }, (_, i) => `p${i % 4},${i / 4},${i % 3 === 0 ? 'bad' : 'good'},2026-03-${String(1 + (i % 28)).padStart(2, '0')}`).join('\n')}\n`;

test('an upload is looked at, corrected and made into a dataset whose rows and statistics can be read', async () => {
  const { id } = await project('classification');
  const uploadId = await admin.upload('부품.csv', Buffer.from(CSV));
  const seen = await preview(id, uploadId);
  assert.is(seen.state, 'succeeded');
  assert.equal(
    seen.result!.columns.map(({ name, type }) => `${name} ${type}`),
    ['part categorical', 'size real', 'grade categorical', 'made date'],
  );
  const corrected = await preview(id, uploadId, { header: false });
  assert.is(corrected.result!.columns[0]!.name, 'column_1');
  assert.is((await admin.call('GET', `/api/table-previews/${seen.id}`)).status, 404, 'the next preview takes the place of the last');

  const dataset = await ready(id, CSV, { types: TYPES, target: 'grade', drop: ['made'] });
  assert.equal(dataset.table, { columns: 3, target: 'grade', targetType: 'categorical', missing: 0, missingColumns: 0 });
  assert.equal([dataset.type, dataset.count, dataset.labelledCount, dataset.version], ['tabular', 120, 120, 1]);
  assert.equal(dataset.classes, [
    { name: 'bad', count: 40 },
    { name: 'good', count: 80 },
  ]);
  assert.is(dataset.exportBlockedBy, 'problem_without_trainer');
  const details = await admin.ok<TableDetails>('GET', `/api/datasets/${dataset.id}/table`);
  assert.is(details.rows, 120);
  assert.is(details.report!.rows, 120);
  const page = await admin.ok<RowPage>('GET', `/api/datasets/${dataset.id}/table/rows?offset=118&limit=5`);
  assert.equal(page, {
    total: 120,
    rows: [
      { n: 118, cells: ['p2', 29.5, 'good'] },
      { n: 119, cells: ['p3', 29.75, 'good'] },
    ],
  });
  const columns = await admin.ok<RowPage>('GET', `/api/datasets/${dataset.id}/table/rows?limit=1&from=1&columns=1`);
  assert.equal(columns.rows, [{ n: 0, cells: [0] }]);
  const statistics = await admin.ok<StatisticsPage>('GET', `/api/datasets/${dataset.id}/table/statistics?search=SIZE`);
  assert.is(statistics.total, 1);
  assert.is(statistics.columns[0]!.numbers!.mean, 14.875);
  const { columns: names, values } = await admin.ok<Associations>('GET', `/api/datasets/${dataset.id}/table/associations`);
  assert.equal(
    names.map(({ name }) => name),
    ['grade', 'part', 'size'],
  );
  assert.is(values[0]![0], 1);
  const note = await admin.until<Notification[]>('/api/notifications', (list) => list.length > 0);
  assert.match(note[0]!.en, /120 rows/);
  // The next of that name is its next version.
  assert.is((await ready(id, CSV, { types: TYPES, name: dataset.name })).version, 2);
});

test('rows are found by what stands in them', async () => {
  const { id } = await project('clustering');
  const dataset = await ready(id, 'part,n,note,day\nA-1,5,빨강 상자,2026-03-01\nB-1,15,,2026-04-02\na-2,5.0,red BOX,\n,7,x,2026-04-03\n', {
    types: ['categorical', 'integer', 'text', 'date'],
  });
  const find = async (query: string) => (await admin.ok<RowPage>('GET', `/api/datasets/${dataset.id}/table/rows?${query}`)).rows.map(({ n }) => n);
  assert.equal(await find('search=a-'), [0, 2]);
  assert.equal(await find('search=5'), [0, 2]);
  assert.equal(await find(`search=${encodeURIComponent('상자')}`), [0]);
  assert.equal(await find('search=box&column=2'), [2]);
  assert.equal(await find('search=box&column=0'), []);
  assert.equal(await find('search=2026-04'), [1, 3]);
  assert.equal(await find('missing=true'), [1, 2, 3]);
  assert.equal(await find('missing=true&column=2'), [1]);
  assert.equal(await find('search=a-&offset=1'), [2]);
  assert.equal(await find('offset=400'), []);
});

test('rows are sorted by a column, missing values last, also those that were found', async () => {
  const { id } = await project('clustering');
  const content =
    'part,n,note,day\nlot 1000000000000,5,b,2026-03-01\nLot 999999999999,-1.5,,2025-03-01\nlot 0999999999999,,가,\n,5,나 10,2026-01-01\nlot 1,1e9,나 9,2024-03-01\n';
  const dataset = await ready(id, content, { types: ['categorical', 'real', 'text', 'date'] });
  const page = (query: string) => admin.ok<RowPage>('GET', `/api/datasets/${dataset.id}/table/rows?${query}`);
  const order = async (query: string) => (await page(query)).rows.map(({ n }) => n);
  for (let again = 0; again < 2; again++) {
    assert.equal(await order('sort=0'), [4, 1, 2, 0, 3]);
    assert.equal(await order('sort=0&order=desc'), [0, 2, 1, 4, 3]);
    assert.equal(await order('sort=1'), [1, 0, 3, 4, 2]);
    assert.equal(await order('sort=1&order=desc'), [4, 3, 0, 1, 2]);
    assert.equal(await order('sort=2'), [0, 2, 4, 3, 1]);
    assert.equal(await order('sort=3&order=desc'), [0, 3, 1, 4, 2]);
  }
  assert.equal((await page('sort=1&order=desc&offset=3&limit=2&from=1&columns=1')).rows, [
    { n: 1, cells: [-1.5] },
    { n: 2, cells: [null] },
  ]);
  assert.equal(await page('sort=1&order=desc&search=lot&offset=1&limit=2&from=1&columns=1'), {
    total: 4,
    rows: [
      { n: 0, cells: [5] },
      { n: 1, cells: [-1.5] },
    ],
  });
  assert.equal(await order('sort=1&missing=true'), [1, 3, 2]);
  assert.equal(await order('sort=1&offset=9'), []);
  assert.is((await admin.call<{ code: string }>('GET', `/api/datasets/${dataset.id}/table/rows?sort=4`)).body.code, 'invalid_input');
  assert.is((await admin.call<{ code: string }>('GET', `/api/datasets/${dataset.id}/table/rows?sort=1&order=up`)).body.code, 'invalid_input');
});

const HOLES = 'x,y\n1,2\n,3\n4,5\n';
test('what keeps a table from being exported is told, in the order in which one can do something about it', async () => {
  const { id } = await project('regression');
  const holes = await ready(id, HOLES, { types: ['integer', 'integer'], target: 'y' });
  assert.is(holes.exportBlockedBy, 'dataset_missing_values');
  assert.equal([holes.table!.missing, holes.table!.missingColumns], [1, 1]);
  assert.is((await ready(id, HOLES, { types: ['integer', 'integer'] })).exportBlockedBy, 'dataset_no_target');
  assert.is((await ready((await project('clustering')).id, HOLES, { types: ['integer', 'integer'] })).exportBlockedBy, 'dataset_missing_values');
  const refused = await admin.call<{ code: string }>('POST', `/api/projects/${id}/experiments`, { datasetId: holes.id });
  assert.equal([refused.status, refused.body.code], [409, 'dataset_missing_values']);
});

test('targets that cannot be predicted, and requests that make no sense, are refused', async () => {
  const code = async (work: Promise<{ body: unknown }>) => ((await work).body as { code: string }).code;
  const classification = (await project('classification')).id;
  assert.is(await code(make(classification, CSV, { types: TYPES, target: 'size' })), 'table_target_type');
  assert.is(await code(make(classification, CSV, { types: TYPES, target: 'nobody' })), 'table_target_missing');
  assert.is(await code(make(classification, CSV, { types: TYPES, target: 'grade', drop: ['grade'] })), 'table_target_missing');
  assert.is(await code(make(classification, CSV, { types: TYPES, drop: ['part', 'size', 'grade', 'made'] })), 'table_no_columns');
  assert.is(await code(make((await project('regression')).id, CSV, { types: TYPES, target: 'grade' })), 'table_target_type');
  assert.is(await code(make((await project('clustering')).id, CSV, { types: TYPES, target: 'grade' })), 'table_target_missing');
  const pictures = (await project('classification', 'image')).id;
  const uploadId = await admin.upload('t.csv', Buffer.from(CSV));
  assert.is(await code(admin.call('POST', `/api/projects/${pictures}/table-previews`, { uploadId, settings: {} })), 'table_not_for_pictures');
  assert.is(await code(admin.call('POST', `/api/projects/${classification}/table-previews`, { uploadId: 'f'.repeat(32), settings: {} })), 'upload_missing');
  assert.is(await code(admin.call('POST', `/api/projects/${classification}/table-previews`, { uploadId, settings: { delimiter: 'x' } })), 'invalid_input');
  assert.is(
    await code(admin.call('POST', `/api/projects/${classification}/datasets`, { name: 'x', description: '', visibility: 'private', uploadId })),
    'dataset_other_type',
  );
});

test('a table goes out as CSV that a spreadsheet opens without running anything, and comes back equal', async () => {
  const { id } = await project('clustering');
  const content = `=name,note,n,day\n"=cmd|' /C calc'!A0",@home,-1.5,2026-03-01\n"a, ""b""",-5 dB,1e-7,2026-03-01 10:00\nplain,,,\n한글,+1,0.1,1999-12-31\n-1,-1,2,\n'=x,1e3,3,\n`;
  const types: Made['types'] = ['text', 'categorical', 'real', 'date'];
  const dataset = await ready(id, content, { types, name: '측정' });
  const answer = await fetch(`${daemon.url}/api/datasets/${dataset.id}/table/csv`, { headers: admin.headers() });
  assert.is(answer.headers.get('content-type'), 'text/csv; charset=utf-8');
  assert.match(answer.headers.get('content-disposition')!, /filename\*=UTF-8''%EC%B8%A1%EC%A0%95%20v1\.csv/);
  const bytes = Buffer.from(await answer.arrayBuffer());
  assert.is(bytes.subarray(0, 3).toString('hex'), 'efbbbf');
  assert.is(
    bytes.subarray(3).toString('utf8'),
    `'=name,note,n,day\r\n'=cmd|' /C calc'!A0,'@home,-1.5,2026-03-01\r\n"a, ""b""",'-5 dB,1e-7,2026-03-01 10:00:00\r\nplain,,,\r\n한글,+1,0.1,1999-12-31\r\n-1,-1,2,\r\n'=x,1e3,3,\r\n`,
    'classes that are plain numbers run nothing and stay as they are',
  );
  const again = await preview(id, await admin.upload('again.csv', bytes));
  assert.equal(
    again.result!.columns.map(({ name, missing }) => [name, missing]),
    [
      ['=name', 0],
      ['note', 1],
      ['n', 1],
      ['day', 3],
    ],
  );
  assert.equal(
    again.result!.rows.map((row) => row.slice(0, 2)),
    [
      ["=cmd|' /C calc'!A0", '@home'],
      ['a, "b"', '-5 dB'],
      ['plain', ''],
      ['한글', '+1'],
      ['-1', '-1'],
      ['=x', '1e3'],
    ],
  );
  assert.is((await daemon.client().call('GET', `/api/datasets/${dataset.id}/table/csv`)).status, 401);
});

test('a file that cannot be read says why, and leaves nothing', async () => {
  const { id } = await project('classification');
  const wide = await preview(id, await admin.upload('wide.csv', Buffer.from(`${'a,'.repeat(60)}b\n${'1,'.repeat(60)}2\n`)));
  assert.equal([wide.state, wide.failure!.code, wide.result], ['failed', 'table_too_many_columns', null]);
  assert.match(wide.failure!.ko, /최대 50개/);
  const before = readdirSync(join(daemon.data, 'datasets'));
  const { body } = await make(id, `serial\n${Array.from({ length: 10_002 }, (_, i) => `s${i}`).join('\n')}\n`, { types: ['categorical'] });
  const job = await admin.until<Job>(`/api/jobs/${body.jobId}`, ({ state }) => state === 'failed');
  assert.is(job.failure!.code, 'table_too_many_categories');
  assert.is((await admin.call('GET', `/api/datasets/${body.id}`)).status, 404);
  assert.equal(readdirSync(join(daemon.data, 'datasets')), before);
});

test('a dataset survives a restart, and goes without a trace when it is deleted', async () => {
  const { id } = await project('classification');
  const dataset = await ready(id, CSV, { types: TYPES, target: 'grade' });
  await daemon.end('SIGKILL');
  await daemon.launch();
  Object.assign(admin, { url: daemon.url });
  assert.is((await admin.ok<RowPage>('GET', `/api/datasets/${dataset.id}/table/rows`)).total, 120);
  assert.ok(existsSync(join(daemon.data, 'datasets', String(dataset.id), 'table/schema.json')));
  assert.is((await admin.call('DELETE', `/api/datasets/${dataset.id}?forGood=true`)).status, 204);
  assert.not.ok(existsSync(join(daemon.data, 'datasets', String(dataset.id))));
  assert.is((await admin.call('GET', `/api/datasets/${dataset.id}/table`)).status, 404);
});

test('others do not see previews, and strangers no tables', async () => {
  const { id } = await project('classification');
  const dataset = await ready(id, CSV, { types: TYPES, target: 'grade' });
  const seen = await preview(id, await admin.upload('t.csv', Buffer.from(CSV)));
  await admin.ok('POST', '/api/users', { userId: 'other', name: 'Other', password: 'correct horse battery', role: 'developer', groupIds: [] });
  const other = await daemon.client().signIn('other');
  for (const path of [`/api/table-previews/${seen.id}`, `/api/datasets/${dataset.id}/table`, `/api/datasets/${dataset.id}/table/rows`]) {
    assert.is((await other.call('GET', path)).status, 404, path);
  }
  assert.is((await daemon.client().call('GET', `/api/datasets/${dataset.id}/table/rows`)).status, 401);
});

test.run();
