/** The trash over HTTP: what is deleted comes back whole, or is gone with its bytes. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Dataset, ErrorReply, Experiment, PicturePage, Project, TrashedDataset } from '../../http/schemas.ts';
import { openWorkshop, type Workshop } from '../studio.fixture.ts';

const test = suite('the trash');
let shop: Workshop;
let folder: string;

test.before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ai-studio-trash-'));
  writeFileSync(join(folder, 'appliance.conf'), '[trash]\nkeep_days = 3\n');
  shop = await openWorkshop('--config', join(folder, 'appliance.conf'));
});
test.after(async () => {
  await shop.daemon.remove();
  rmSync(folder, { recursive: true });
});

const list = () => shop.dev.ok<Dataset[]>('GET', `/api/projects/${shop.project.id}/datasets`);
const trash = () => shop.dev.ok<TrashedDataset[]>('GET', `/api/projects/${shop.project.id}/trash`);
const files = (id: number) => existsSync(join(shop.daemon.data, 'datasets', String(id), 'pictures.pack'));
/** The next version of the screws, in no time. */
async function another(): Promise<Dataset> {
  const { id } = await shop.dev.ok<Dataset>('POST', `/api/datasets/${shop.dataset.id}/preprocess`, { chain: [{ method: 'grayscale', parameters: {} }] });
  return shop.dev.until<Dataset>(`/api/datasets/${id}`, ({ status }) => status === 'ready');
}

test('a deleted dataset is in the trash with its size and its end, and nowhere else', async () => {
  const made = await another();
  assert.is((await shop.dev.call('DELETE', `/api/datasets/${made.id}`)).status, 204);
  assert.is((await shop.dev.call('GET', `/api/datasets/${made.id}`)).status, 404);
  assert.is((await shop.dev.call('GET', `/api/datasets/${made.id}/pictures/0`)).status, 404);
  assert.equal(
    (await list()).map(({ id }) => id),
    [shop.dataset.id],
  );
  const [row, ...more] = await trash();
  assert.equal(more, []);
  assert.equal([row!.id, row!.name, row!.version, row!.count, row!.sizeBytes, row!.trashedBy], [made.id, 'screws', 2, 30, made.sizeBytes, 'dev']);
  assert.is(Date.parse(row!.endsAt) - Date.parse(row!.trashedAt), 3 * 24 * 3600_000);
  assert.ok(files(made.id));
});

test('it comes back as it was, also after a start of the daemon; only who owns the project may do that', async () => {
  const [row] = await trash();
  assert.is((await shop.colleague.call('POST', `/api/trash/${row!.id}/restore`)).status, 403);
  assert.is((await shop.colleague.call('DELETE', `/api/trash/${row!.id}`)).status, 403);
  await shop.daemon.end('SIGKILL');
  await shop.restart();
  assert.ok(files(row!.id), 'recovery keeps its files');
  const back = await shop.dev.ok<Dataset>('POST', `/api/trash/${row!.id}/restore`);
  assert.equal([back.version, back.status, back.labelledCount], [2, 'ready', 30]);
  assert.equal(await trash(), []);
  assert.is((await shop.dev.ok<PicturePage>('GET', `/api/datasets/${back.id}/items`)).total, 30);
  assert.is((await shop.dev.call('POST', `/api/trash/${row!.id}/restore`)).status, 404);
});

test('one whose version was given away comes back as the next', async () => {
  const second = (await list()).find(({ version }) => version === 2)!;
  await shop.dev.ok('DELETE', `/api/datasets/${second.id}`);
  const other = await another();
  assert.is(other.version, 2);
  assert.is((await shop.dev.ok<Dataset>('POST', `/api/trash/${second.id}/restore`)).version, 3);
  await shop.dev.ok('DELETE', `/api/datasets/${second.id}`);
  await shop.dev.ok('DELETE', `/api/datasets/${other.id}`);
});

test('deleted for good, its bytes are free', async () => {
  const [first, second] = await trash();
  assert.is((await shop.dev.call('DELETE', `/api/trash/${first!.id}`)).status, 204);
  assert.not.ok(files(first!.id));
  assert.ok(files(second!.id));
  assert.is((await shop.dev.call('DELETE', `/api/projects/${shop.project.id}/trash`)).status, 204);
  assert.equal(readdirSync(join(shop.daemon.data, 'datasets')), [String(shop.dataset.id)]);
  assert.equal(await trash(), []);
});

test('what a crash has left in both places counts as not deleted; what is overdue goes at the start, and nothing because a clock was put forward', async () => {
  const overdue = await another();
  const young = await another();
  const both = await another();
  await shop.dev.ok('DELETE', `/api/datasets/${overdue.id}`);
  await shop.dev.ok('DELETE', `/api/datasets/${young.id}`);
  await shop.daemon.end('SIGKILL');
  const db = join(shop.daemon.data, 'db');
  const record = join(db, 'trash', `${overdue.id}.json`);
  const trashed = JSON.parse(readFileSync(record, 'utf8'));
  writeFileSync(record, JSON.stringify({ ...trashed, since: -4 * 24 * 3600_000 }));
  // As if the clock had been put forward by years while nothing ran.
  const earlier = '2020-01-01T00:00:00.000Z';
  const spared = join(db, 'trash', `${young.id}.json`);
  writeFileSync(spared, JSON.stringify({ ...JSON.parse(readFileSync(spared, 'utf8')), trashedAt: earlier }));
  const clock = join(db, 'trash-clock.json');
  writeFileSync(clock, JSON.stringify({ ...JSON.parse(readFileSync(clock, 'utf8')), at: earlier }));
  const dataset = JSON.parse(readFileSync(join(db, 'datasets', `${both.id}.json`), 'utf8'));
  writeFileSync(join(db, 'trash', `${both.id}.json`), JSON.stringify({ id: both.id, dataset, trashedAt: new Date().toISOString(), trashedBy: 1 }));
  await shop.restart();
  const [left, ...others] = await trash();
  assert.equal([left!.id, others], [young.id, []]);
  const days = (Date.parse(left!.endsAt) - Date.now()) / 24 / 3600_000;
  assert.ok(days > 1.9 && days < 2.1, `of three days one may have gone by while nothing ran: ${days} are left`);
  assert.ok(files(young.id));
  await shop.dev.ok('DELETE', `/api/trash/${young.id}`);
  assert.equal(await trash(), []);
  assert.not.ok(files(overdue.id));
  assert.ok(files(both.id));
  assert.is((await shop.dev.call('GET', `/api/datasets/${both.id}`)).status, 200);
});

test('what is restored while the trash is being emptied stays whole; of two that come back at once each has its own version', async () => {
  const remove = (id: number) => shop.dev.ok('DELETE', `/api/datasets/${id}`);
  for (const { id } of (await list()).filter(({ id }) => id !== shop.dataset.id)) await remove(id);
  await shop.dev.ok('DELETE', `/api/projects/${shop.project.id}/trash`);
  const made: Dataset[] = [];
  for (let i = 0; i < 3; i++) {
    const next = await another();
    assert.is(next.version, 2);
    made.push(next);
    if (i < 2) await remove(next.id);
  }
  const restore = (id: number) => shop.dev.call<Dataset>('POST', `/api/trash/${id}/restore`);
  const back = await Promise.all(made.slice(0, 2).map(({ id }) => restore(id)));
  assert.equal(back.map(({ body }) => body.version).sort(), [3, 4]);

  for (const { id } of made) await remove(id);
  const last = made.at(-1)!.id;
  const [emptied, restored] = await Promise.all([shop.dev.call('DELETE', `/api/projects/${shop.project.id}/trash`), restore(last)]);
  assert.is(emptied.status, 204);
  assert.equal(await trash(), []);
  const isBack = restored.status === 200;
  assert.equal([files(last), (await shop.dev.call('GET', `/api/datasets/${last}/items`)).status], [isBack, isBack ? 200 : 404]);
  assert.equal(readdirSync(join(shop.daemon.data, 'datasets')).sort(), [String(shop.dataset.id), ...(isBack ? [String(last)] : [])].sort());
});

test('a project is not deleted while others need what it shares; who does is said in each language', async () => {
  const theirs = await shop.colleague.ok<Project>('POST', '/api/projects', {
    name: 'Theirs',
    groupId: 1,
    description: '',
    type: 'image',
    model: 'classification',
  });
  await shop.dev.ok('PATCH', `/api/datasets/${shop.dataset.id}`, { visibility: 'shared' });
  const draft = await shop.colleague.ok<Experiment>('POST', `/api/projects/${theirs.id}/experiments`, { datasetId: shop.dataset.id });
  for (const [path, code, language, words] of [
    [`projects/${shop.project.id}`, 'project_data_in_use', 'ko', ['‘screws’', '‘Theirs’ 프로젝트의', `실험 ${draft.id}(초안)`]],
    [`projects/${shop.project.id}`, 'project_data_in_use', 'en', ['screws', 'Theirs', `Experiment ${draft.id} (draft)`]],
    [`datasets/${shop.dataset.id}`, 'dataset_in_use', 'ko', [`예: 실험 ${draft.id}(초안)`]],
    [`datasets/${shop.dataset.id}`, 'dataset_in_use', 'en', [`Experiment ${draft.id} (draft)`]],
  ] as const) {
    await shop.dev.ok('PATCH', '/api/me', { locale: language });
    const { status, body } = await shop.dev.call<ErrorReply>('DELETE', `/api/${path}`);
    assert.equal([status, body.code], [409, code], body.message);
    for (const word of words) assert.ok(body.message.includes(word), `${word}: ${body.message}`);
  }
  assert.ok(files(shop.dataset.id));
  assert.is((await shop.dev.call('GET', `/api/projects/${shop.project.id}`)).status, 200);
  await shop.colleague.ok('DELETE', `/api/experiments/${draft.id}`);
});

test('a dataset in use is not deleted; with its project the trash goes, too', async () => {
  await shop.draft();
  const refused = await shop.dev.call<ErrorReply>('DELETE', `/api/datasets/${shop.dataset.id}`);
  assert.equal([refused.status, refused.body.code], [409, 'dataset_in_use']);
  const project = await shop.dev.ok<Project>('POST', '/api/projects/sample');
  const [sample] = await shop.dev.ok<Dataset[]>('GET', `/api/projects/${project.id}/datasets`);
  await shop.dev.until<Dataset>(`/api/datasets/${sample!.id}`, ({ status }) => status === 'ready');
  await shop.dev.ok('DELETE', `/api/datasets/${sample!.id}`);
  assert.ok(files(sample!.id));
  await shop.dev.until<Project>(`/api/projects/${project.id}`, () => true);
  await shop.dev.until(`/api/jobs/${sample!.jobId}`, (job) => (job as { finishedAt: string | null }).finishedAt !== null);
  assert.is((await shop.dev.call('DELETE', `/api/projects/${project.id}`)).status, 204);
  assert.not.ok(files(sample!.id));
});

test.run();
