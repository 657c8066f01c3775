/** Preprocessing over HTTP, with the real daemon, its worker and its preview process. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ZipFile } from 'yazl';
import type { Client, Daemon } from '../../daemon.fixture.ts';
import type { PictureShapes } from '../../http/label-schemas.ts';
import type { Chain, PreprocessMethods, Preview } from '../../http/preprocess-schemas.ts';
import type { Dataset, ErrorReply, Job, PicturePage, Project } from '../../http/schemas.ts';
import type { Shape } from '../../labels/annotation.ts';
import { LabelSet, labelFolder } from '../../store/label-set.ts';
import { PictureSet } from '../../store/pictures.ts';
import { openWorkshop, type Workshop } from '../studio.fixture.ts';
import { checkedChain, methodsOf } from './chain.ts';

const test = suite('preprocessing');
let shop: Workshop;
let daemon: Daemon;
let folder: string;
let dev: Client;

test.before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ai-studio-preprocess-'));
  writeFileSync(join(folder, 'appliance.conf'), '[upload]\nmax_files = 500\n');
  shop = await openWorkshop('--config', join(folder, 'appliance.conf'));
  ({ daemon, dev } = shop);
});
test.after(async () => {
  await daemon.remove();
  rmSync(folder, { recursive: true });
});

const start = (client: Client, id: number, chain: Chain) => client.call<Dataset & ErrorReply>('POST', `/api/datasets/${id}/preprocess`, { chain });
const ready = (id: number) => dev.until<Dataset>(`/api/datasets/${id}`, ({ status }) => status === 'ready');
const step = (method: string, parameters: Chain[number]['parameters'] = {}) => ({ method, parameters });

async function zip(files: [name: string, data: Buffer][]): Promise<Buffer> {
  const file = new ZipFile();
  for (const [name, data] of files) file.addBuffer(data, name);
  file.end();
  const chunks: Buffer[] = [];
  for await (const chunk of file.outputStream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

test('the methods say what they are', async () => {
  const methods = await dev.ok<PreprocessMethods>('GET', '/api/preprocess/methods?type=image');
  assert.ok(methods.length >= 10);
  const resize = methods.find(({ name }) => name === 'resize')!;
  assert.equal(resize.parameters[0], { name: 'mode', spec: { kind: 'choice', choices: ['long_side', 'exact', 'pad'], default: 'long_side' } });
  // Each method's defaults are allowed by its own rules, and names that a form would show twice do not occur.
  for (const { name, parameters } of methods) {
    assert.is(checkedChain('image', [step(name)]).length, 1);
    assert.is(new Set(parameters.map((parameter) => parameter.name)).size, parameters.length);
  }
  assert.equal(methods, methodsOf('image'));
});

test('the result is the next version, with labels, and says how it was made', async () => {
  const answer = await start(dev, shop.dataset.id, [step('resize', { mode: 'pad', width: 32, height: 32, enlarge: true }), step('grayscale')]);
  assert.is(answer.status, 201, JSON.stringify(answer.body));
  assert.equal([answer.body.name, answer.body.version, answer.body.status], ['screws', 2, 'ingesting']);
  const made = await ready(answer.body.id);
  assert.equal([made.count, made.labelledCount, made.exportBlockedBy, made.report], [30, 30, null, null]);
  assert.equal(made.classes, shop.dataset.classes);
  assert.equal(made.preprocessing?.from, { id: shop.dataset.id, version: 1 });
  assert.equal(
    made.preprocessing?.chain.map(({ method }) => method),
    ['resize', 'grayscale'],
  );
  const before = await dev.ok<PicturePage>('GET', `/api/datasets/${shop.dataset.id}/items?limit=100`);
  const after = await dev.ok<PicturePage>('GET', `/api/datasets/${made.id}/items?limit=100`);
  assert.equal(
    after.rows.map(({ name, label, width, height }) => ({ name, label, width, height })),
    before.rows.map(({ name, label }) => ({ name, label, width: 32, height: 32 })),
  );
  const picture = await fetch(`${daemon.url}/api/datasets/${made.id}/pictures/0`, { headers: dev.headers() });
  const { channels, width } = await sharp(Buffer.from(await picture.arrayBuffer())).metadata();
  assert.equal([channels, width], [1, 32]);
  const original = await dev.ok<Dataset>('GET', `/api/datasets/${shop.dataset.id}`);
  assert.equal({ ...original, labelledCount: 0 }, { ...shop.dataset, labelledCount: 0 });
});

test('boxes move with a crop and tiles; pictures without labels are preprocessed all the same', async () => {
  const project = await dev.ok<Project>('POST', '/api/projects', { name: 'Boxes', groupId: 1, description: '', type: 'image', model: 'detection' });
  const png = await sharp({ create: { width: 80, height: 40, channels: 3, background: '#123456' } })
    .png()
    .toBuffer();
  const uploadId = await dev.upload(
    'two.zip',
    await zip([
      ['a.png', png],
      ['b.png', png],
    ]),
  );
  const body = { name: 'two', description: '', visibility: 'private', uploadId };
  const { id } = await dev.ok<Dataset>('POST', `/api/projects/${project.id}/datasets`, body);
  await ready(id);
  const tiles = await start(dev, id, [step('tile', { width: 40, height: 40, overlap: 0 })]);
  const made = await ready(tiles.body.id);
  assert.equal([made.count, made.labelledCount, made.labelRevision], [4, 0, null]);
  assert.is((await dev.ok<PicturePage>('GET', `/api/datasets/${made.id}/items`)).rows[1]!.name, 'a_r1c2.png');

  const coco = {
    images: [{ id: 1, file_name: 'a.png', width: 80, height: 40 }],
    categories: [
      { id: 1, name: 'dent' },
      { id: 2, name: 'scratch' },
    ],
    annotations: [
      { id: 1, image_id: 1, category_id: 1, bbox: [10, 5, 30, 20] },
      { id: 2, image_id: 1, category_id: 2, bbox: [45, 10, 20, 20] },
    ],
  };
  await dev.ok('POST', `/api/datasets/${id}/labels`, { uploadId: await dev.upload('labels.json', Buffer.from(JSON.stringify(coco))) });
  const labelled = await dev.until<Dataset>(`/api/datasets/${id}`, ({ labelJobId }) => labelJobId === null);
  assert.equal([labelled.labelledCount, labelled.labelFailure], [1, null]);
  // A quarter is cut off on the left and at the bottom; of the 60 × 30 that are left two tiles become.
  const chain = [step('crop', { left: 25, top: 0, right: 0, bottom: 25 }), step('tile', { width: 30, height: 30, overlap: 0 })];
  const cut = await ready((await start(dev, id, chain)).body.id);
  assert.equal([cut.count, cut.labelledCount], [4, 2]);
  const { rows } = await dev.ok<PicturePage>('GET', `/api/datasets/${cut.id}/items`);
  const boxesOf = async (n: number) => {
    const { shapes } = await dev.ok<PictureShapes>('GET', `/api/datasets/${cut.id}/shapes/${n}?revision=${cut.labelRevision}`);
    return shapes?.map(({ attributes: _, label, ...box }) => ({ ...box, class: cut.classes[label]!.name })) ?? null;
  };
  assert.equal(await Promise.all(rows.map(async ({ n, name, width, height }) => [name, width, height, await boxesOf(n)])), [
    [
      'a_r1c1.png',
      30,
      30,
      [
        { kind: 'box', x: 0, y: 5, width: 20, height: 20, class: 'dent' },
        { kind: 'box', x: 25, y: 10, width: 5, height: 20, class: 'scratch' },
      ],
    ],
    ['a_r1c2.png', 30, 30, [{ kind: 'box', x: 0, y: 10, width: 15, height: 20, class: 'scratch' }]],
    ['b_r1c1.png', 30, 30, null],
    ['b_r1c2.png', 30, 30, null],
  ]);
});

test('a preview shows what would be made, and keeps nothing', async () => {
  const list = await dev.ok<Dataset[]>('GET', `/api/projects/${shop.project.id}/datasets`);
  const preview = await dev.ok<Preview>('POST', `/api/datasets/${shop.dataset.id}/preprocess/preview`, {
    chain: [step('augment', { copies: 3 })],
    pictures: [0, 7],
  });
  assert.equal(
    preview.map(({ n, made, after, before }) => [n, made, after.length, before.width, before.height]),
    [
      [0, 4, 4, 24, 20],
      [7, 4, 4, 24, 20],
    ],
  );
  const shown = await sharp(Buffer.from(preview[0]!.after[1]!.image, 'base64')).metadata();
  assert.is(shown.format, 'webp');
  assert.equal(preview[0]!.before.shapes, [{ kind: 'whole', label: shop.dataset.classes.findIndex(({ name }) => name === 'OK') } satisfies Shape]);
  assert.equal(await dev.ok<Dataset[]>('GET', `/api/projects/${shop.project.id}/datasets`), list);
});

test('the same chain makes the same copies as its preview', async () => {
  const chain = [step('augment', { copies: 1, rotate: 45 })];
  const [previewed] = await dev.ok<Preview>('POST', `/api/datasets/${shop.dataset.id}/preprocess/preview`, { chain, pictures: [3] });
  const made = await ready((await start(dev, shop.dataset.id, chain)).body.id);
  assert.equal([made.count, made.labelFormat], [60, 'folders'], 'its labels come from where those of the source came from');
  const set = await PictureSet.open(join(daemon.data, 'datasets', String(made.id)));
  await set.close();
  assert.equal(
    set.items.slice(0, 4).map(({ origin }) => origin),
    [0, 0, 1, 1],
  );
  const copy = await fetch(`${daemon.url}/api/datasets/${made.id}/pictures/7`, { headers: dev.headers() });
  const { width, height } = await sharp(Buffer.from(await copy.arrayBuffer())).metadata();
  const shown = previewed!.after[1]!;
  assert.equal([shown.width, shown.height], [width, height]);
});

test('bad chains are refused with what is wrong', async () => {
  for (const [chain, code] of [
    [[step('melt')], 'preprocess_method_unknown'],
    [[step('__proto__')], 'preprocess_method_unknown'],
    [[step('resize', { width: 7 })], 'preprocess_bad_value'],
    [[step('resize', { width: 32.5 })], 'preprocess_bad_value'],
    [[step('resize', { mode: 'melt' })], 'preprocess_bad_value'],
    [[step('resize', { background: 'red' })], 'preprocess_bad_value'],
    [[step('resize', { depth: 3 })], 'preprocess_bad_value'],
    [[], 'invalid_input'],
  ] as [Chain, string][]) {
    const { status, body } = await start(dev, shop.dataset.id, chain);
    assert.equal([status, body.code], [400, code], JSON.stringify(body));
  }
  const none = await dev.ok<Preview>('POST', `/api/datasets/${shop.dataset.id}/preprocess/preview`, { chain: [], pictures: [9999] });
  assert.equal(none, []);
});

test('only who may change the project may preprocess; a colleague may look at a preview', async () => {
  const refused = await start(shop.colleague, shop.dataset.id, [step('grayscale')]);
  assert.equal([refused.status, refused.body.code], [403, 'read_only']);
  const looked = await shop.colleague.call('POST', `/api/datasets/${shop.dataset.id}/preprocess/preview`, { chain: [], pictures: [0] });
  assert.is(looked.status, 200);
});

test('one at a time in a project; stopped, it leaves nothing', async () => {
  const slow = [step('resize', { mode: 'exact', width: 1000, height: 1000 }), step('augment', { copies: 10, rotate: 90 })];
  const first = await start(dev, shop.dataset.id, slow);
  assert.is(first.status, 201);
  const second = await start(dev, shop.dataset.id, [step('grayscale')]);
  assert.equal([second.status, second.body.code], [409, 'preprocess_busy']);
  const inUse = await dev.call<ErrorReply>('DELETE', `/api/datasets/${shop.dataset.id}`);
  assert.equal([inUse.status, inUse.body.code], [409, 'dataset_in_use']);
  await dev.until<Job>(`/api/jobs/${first.body.jobId}`, ({ state }) => state === 'running');
  await dev.ok('POST', `/api/jobs/${first.body.jobId}/stop`);
  const job = await dev.until<Job>(`/api/jobs/${first.body.jobId}`, ({ finishedAt }) => finishedAt !== null);
  assert.is(job.state, 'stopped');
  assert.is((await dev.call('GET', `/api/datasets/${first.body.id}`)).status, 404);
  const folders = readdirSync(join(daemon.data, 'datasets'));
  assert.not.ok(folders.includes(String(first.body.id)), folders.join());
  const third = await start(dev, shop.dataset.id, [step('grayscale')]);
  assert.is(third.status, 201);
  await ready(third.body.id);
});

test('what would become too many pictures fails with a reason', async () => {
  const many = step('augment', { copies: 10, rotate: 0 });
  const answer = await start(dev, shop.dataset.id, [many, many]);
  const job = await dev.until<Job>(`/api/jobs/${answer.body.jobId}`, ({ finishedAt }) => finishedAt !== null);
  assert.equal([job.state, job.failure?.code], ['failed', 'preprocess_too_many']);
  assert.is((await dev.call('GET', `/api/datasets/${answer.body.id}`)).status, 404);
});

test('a daemon that dies in the middle makes it again from the start, once', async () => {
  const before = (await dev.ok<Dataset[]>('GET', `/api/projects/${shop.project.id}/datasets`)).length;
  const answer = await start(dev, shop.dataset.id, [step('resize', { mode: 'exact', width: 500, height: 500 }), step('denoise')]);
  await dev.until<Job>(`/api/jobs/${answer.body.jobId}`, ({ state }) => state === 'running');
  await daemon.end('SIGKILL');
  await shop.restart();
  dev = shop.dev;
  const made = await ready(answer.body.id);
  assert.is(made.count, 30);
  assert.is((await dev.ok<Dataset[]>('GET', `/api/projects/${shop.project.id}/datasets`)).length, before + 1);
  const labels = await LabelSet.open(labelFolder(join(daemon.data, 'datasets', String(made.id)), 1));
  assert.is(labels.labelled, 30);
  await labels.close();
});

test('thumbnails are made when they are looked at, kept, and made again where a power cut has spoilt them', async () => {
  const { id } = (await dev.ok<Dataset[]>('GET', `/api/projects/${shop.project.id}/datasets`)).find(({ version }) => version > 1)!;
  const large = await start(dev, id, [step('resize', { mode: 'exact', width: 600, height: 300 })]);
  const made = await ready(large.body.id);
  const kept = join(daemon.data, 'datasets', String(made.id), 'thumbnails');
  const thumbnail = async (n: number) => {
    const answer = await fetch(`${daemon.url}/api/datasets/${made.id}/thumbnails/${n}`, { headers: dev.headers() });
    const { format, width, height } = await sharp(Buffer.from(await answer.arrayBuffer())).metadata();
    return [format, width, height];
  };
  const all = await Promise.all(Array.from({ length: 30 }, (_, n) => thumbnail(n)));
  assert.equal(all, Array(30).fill(['webp', 256, 128]));
  assert.is(readdirSync(join(kept, '0')).length, 30);
  await truncate(join(kept, '0', '4.webp'), 60);
  assert.equal(await thumbnail(4), ['webp', 256, 128]);
  rmSync(kept, { recursive: true });
  assert.equal(await thumbnail(4), ['webp', 256, 128]);
  assert.is((await fetch(`${daemon.url}/api/datasets/${made.id}/thumbnails/30`, { headers: dev.headers() })).status, 404);
});

test('the daemon itself has loaded neither a decoder of pictures nor a runtime for models', () => {
  const loaded = readFileSync(`/proc/${daemon.pid}/maps`, 'utf8');
  assert.match(loaded, 'node');
  assert.not.match(loaded, /sharp|vips|onnxruntime/);
});

test.run();
