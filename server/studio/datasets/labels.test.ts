import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ZipFile } from 'yazl';
import { type Client, Daemon, PASSWORD } from '../../daemon.fixture.ts';
import type { DatasetStatistics, DownloadFormat, LabelReport, PictureShapes } from '../../http/label-schemas.ts';
import type { Dataset, ErrorReply, Experiment, ExperimentDetails, Job, PicturePage, Project } from '../../http/schemas.ts';
import { tarOf } from '../../jobs/archives.fixture.ts';
import type { FormatName, PictureLabels, Shape } from '../../labels/annotation.ts';
import { contentOf } from '../../labels/files.ts';
import { FORMATS } from '../../labels/formats.ts';
import { formatsOf, type LabelProblem } from '../../labels/problems.ts';
import { encodeMask } from '../../labels/rle.ts';
import { isOver, PARAMETERS, PRESET, SPLIT } from '../studio.fixture.ts';

let daemon: Daemon;
let dev: Client;

test.before(async () => {
  daemon = await Daemon.start();
  const admin = await daemon.setUp();
  await admin.ok('POST', '/api/users', { userId: 'dev', name: 'dev', password: PASSWORD, role: 'developer', groupIds: [1] });
  dev = await daemon.client().signIn('dev');
});
test.after(() => daemon.remove());

const request = (type: string, model: string) => ({ name: `${type} ${model}`, groupId: 1, description: '', type, model });
const projects = new Map<Project['model'], Promise<Project>>();
/** The image project of a kind. */
function projectFor(model: Project['model']): Promise<Project> {
  const found = projects.get(model) ?? dev.ok<Project>('POST', '/api/projects', request('image', model));
  projects.set(model, found);
  return found;
}

async function zip(files: readonly (readonly [name: string, content: Buffer | string])[]): Promise<Buffer> {
  const file = new ZipFile();
  for (const [name, content] of files) file.addBuffer(Buffer.from(content as Buffer), name);
  file.end();
  const chunks: Buffer[] = [];
  for await (const chunk of file.outputStream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const png = (width = 40, height = 30, red = 200) =>
  sharp({ create: { width, height, channels: 3, background: { r: red, g: 90, b: 40 } } })
    .png()
    .toBuffer();

async function make(model: Project['model'], files: readonly (readonly [string, Buffer | string])[], name: string = model): Promise<Dataset> {
  return makeOf(model, await zip(files), name);
}

test('a project is made for a problem that there is; others are refused', async () => {
  for (const [type, model] of [
    ['image', 'regression'],
    ['tabular', 'detection'],
  ] as const) {
    const { status, body } = await dev.call<ErrorReply>('POST', '/api/projects', request(type, model));
    assert.equal([status, body.code], [400, 'problem_unknown']);
  }
  for (const model of ['classification', 'regression', 'clustering', 'dimension_reduction']) {
    assert.is((await dev.ok<Project>('POST', '/api/projects', request('tabular', model))).model, model);
  }
});

test('where there is no trainer yet, a dataset says so', async () => {
  const dataset = await make('detection', [
    ['a.png', await png()],
    ['b.png', await png()],
  ]);
  assert.equal([dataset.problem, dataset.exportBlockedBy, dataset.labelRevision, dataset.labelledCount], ['detection', 'problem_without_trainer', null, 0]);
});

// ---------------------------------------------------------------- labels of shapes

const CLASSES = [{ name: '긁힘' }, { name: 'dent' }, { name: 'unused' }];
const SIZE = { width: 40, height: 30 };
const box = (label: number, x: number, y: number, width: number, height: number): Shape => ({ kind: 'box', x, y, width, height, label });
const ring = (label: number, outer: number[], holes: number[][] = []): Shape => ({ kind: 'polygon', parts: [{ outer, holes }], label });
/** Rows of 40 pixels. */
const mask = (label: number, inside: (x: number, y: number) => boolean): Shape => ({
  kind: 'mask',
  rle: encodeMask(
    Uint8Array.from({ length: 40 * 30 }, (_, i) => (inside(i % 40, Math.floor(i / 40)) ? 1 : 0)),
    40,
    30,
  ),
  label,
});
const SETS: { [problem in Exclude<LabelProblem, 'classification'>]: PictureLabels[] } = {
  detection: [
    { name: 'lot 1/a.png', ...SIZE, shapes: [box(0, 1, 2, 10.5, 8), box(1, 20, 5, 20, 25)] },
    { name: 'lot 1/부품.png', ...SIZE, shapes: [] },
    { name: 'lot 2/a.png', ...SIZE, shapes: [box(1, 0, 0, 40, 30)] },
  ],
  instance_segmentation: [
    { name: 'lot 1/a.png', ...SIZE, shapes: [ring(0, [1, 1, 30.5, 2, 20, 25]), ring(1, [5, 5, 15, 5, 15, 15, 5, 15])] },
    { name: 'lot 1/부품.png', ...SIZE, shapes: [] },
    { name: 'lot 2/a.png', ...SIZE, shapes: [ring(0, [0, 0, 39, 0, 39, 29, 0, 29], [[10, 10, 20, 10, 20, 20, 10, 20]])] },
  ],
  semantic_segmentation: [
    { name: 'lot 1/a.png', ...SIZE, shapes: [mask(0, (x, y) => x < 10 && y < 10), mask(1, (x, y) => x > 20 && y % 3 === 0)] },
    { name: 'lot 2/a.png', ...SIZE, shapes: [mask(1, (x) => x === 7)] },
  ],
};

async function filesOf(format: FormatName, problem: LabelProblem, pictures: readonly PictureLabels[]): Promise<[string, Buffer][]> {
  const files: [string, Buffer][] = [];
  const source = { classes: CLASSES.map(({ name }) => ({ name })), pictures };
  for await (const file of FORMATS[format].write!(source, problem)) files.push([file.name, await contentOf(file)]);
  return files;
}

/** Names of the pictures, their labels by class name, in a form in which equal labels are equal whatever the numbers of the classes. */
async function labelsOf(dataset: Dataset): Promise<{ [name: string]: unknown }> {
  const { rows } = await dev.ok<PicturePage>('GET', `/api/datasets/${dataset.id}/items?limit=500`);
  const found: { [name: string]: unknown } = {};
  for (const { n, name, label } of rows) {
    const base = name.replace(/^(images|JPEGImages|pictures)\//, '');
    if (dataset.problem === 'classification') {
      found[base.split('/').at(-1)!] = label === null ? null : dataset.classes[label]!.name;
      continue;
    }
    const { shapes } = await dev.ok<PictureShapes>('GET', `/api/datasets/${dataset.id}/shapes/${n}?revision=${dataset.labelRevision}`);
    found[base] = shapes === null ? null : shapes.map(({ label: of, attributes: _, ...geometry }) => ({ ...geometry, class: dataset.classes[of]!.name }));
  }
  return sameRings(found) as typeof found;
}

/** A ring is the same wherever it begins and whichever way round. */
function sameRings(value: unknown): unknown {
  if (!Array.isArray(value))
    return value !== null && typeof value === 'object' ? Object.fromEntries(Object.entries(value).map(([key, of]) => [key, sameRings(of)])) : value;
  if (value.length < 6 || value.some((one) => typeof one !== 'number')) return value.map(sameRings);
  const points = Array.from({ length: value.length / 2 }, (_, i) => `${value[2 * i]} ${value[2 * i + 1]}`);
  const turned = (list: string[]) => {
    const first = list.indexOf([...list].sort()[0]!);
    return [...list.slice(first), ...list.slice(0, first)];
  };
  return [turned(points), turned(points.reverse())].map((list) => list.join(', ')).sort()[0];
}

async function download(dataset: Dataset, format: string): Promise<Buffer> {
  const answer = await fetch(`${daemon.url}/api/datasets/${dataset.id}/download?format=${format}`, { headers: dev.headers() });
  assert.is(answer.status, 200);
  assert.is(answer.headers.get('content-type'), 'application/zip');
  return Buffer.from(await answer.arrayBuffer());
}

async function makeOf(model: Project['model'], archive: Buffer, name: string): Promise<Dataset> {
  const { id } = await projectFor(model);
  const uploadId = await dev.upload('data.zip', archive);
  const made = await dev.ok<Dataset>('POST', `/api/projects/${id}/datasets`, { name, description: '', visibility: 'private', uploadId });
  return dev.until<Dataset>(`/api/datasets/${made.id}`, ({ status }) => status === 'ready');
}

/** Waits for the end of the job and gives the dataset then. */
async function giveLabels(dataset: Dataset, name: string, content: Buffer): Promise<Dataset> {
  const uploadId = await dev.upload(name, content);
  const busy = await dev.ok<Dataset>('POST', `/api/datasets/${dataset.id}/labels`, { uploadId });
  assert.ok(busy.labelJobId);
  return dev.until<Dataset>(`/api/datasets/${dataset.id}`, ({ labelJobId }) => labelJobId === null);
}

for (const problem of ['detection', 'instance_segmentation', 'semantic_segmentation'] as const) {
  test(`${problem}: labels in every format come in with the pictures, go out by download, and come back equal`, async () => {
    const set = SETS[problem];
    const pictures = await Promise.all([...set.map(({ name }) => name), 'lot 3/none.png'].map(async (name) => [`images/${name}`, await png()] as const));
    const expected: { [name: string]: unknown } = { 'lot 3/none.png': null };
    for (const { name, shapes } of set) expected[name] = shapes.map(({ label, ...geometry }) => ({ ...geometry, class: CLASSES[label]!.name }));
    const through = async (format: FormatName) => {
      const dataset = await make(problem, [...pictures, ...(await filesOf(format, problem, set))], `${problem} ${format}`);
      assert.equal([dataset.labelFormat, dataset.labelledCount, dataset.count, dataset.labelRevision], [format, set.length, set.length + 1, 1], format);
      assert.equal(await labelsOf(dataset), sameRings(expected), format);
      assert.is(dataset.exportBlockedBy, 'problem_without_trainer');
      const counts = CLASSES.slice(0, 2).map(({ name }, label) => ({
        name,
        count: set.filter(({ shapes }) => shapes.some((shape) => shape.label === label)).length,
        shapes: set.reduce((sum, { shapes }) => sum + shapes.filter((shape) => shape.label === label).length, 0),
      }));
      for (const wanted of counts) {
        const { colour: _, ...counted } = dataset.classes.find(({ name }) => name === wanted.name)!;
        assert.equal(counted, wanted, format);
      }
      const unlabelled = await dev.ok<PicturePage>('GET', `/api/datasets/${dataset.id}/items?label=-1`);
      assert.equal(
        unlabelled.rows.map(({ name }) => name.replace(/^images\//, '')),
        ['lot 3/none.png'],
      );
      const withDent = await dev.ok<PicturePage>('GET', `/api/datasets/${dataset.id}/items?label=${dataset.classes.findIndex(({ name }) => name === 'dent')}`);
      assert.is(withDent.total, counts[1]!.count);

      const back = await makeOf(problem, await download(dataset, format), `${problem} ${format} again`);
      assert.equal(await labelsOf(back), sameRings(expected), `${format}, downloaded and uploaded`);
      assert.is(back.labelFindings, 0, format);
    };
    await Promise.all(formatsOf(problem).map(through));
  });
}

test('classification: folders, CSV and JSON go out and come back', async () => {
  const pictures = ['OK/1.png', 'OK/2.png', 'NG/3.png'];
  const uploaded = await Promise.all(pictures.map(async (name) => [`set/${name}`, await png()] as const));
  const dataset = await make('classification', [...uploaded, ['set/labels.csv', 'filename,label\n1.png,양품\n3.png,불량\n']]);
  const expected = { '1.png': '양품', '2.png': null, '3.png': '불량' };
  assert.equal(await labelsOf(dataset), expected);
  const formats = await dev.ok<DownloadFormat[]>('GET', `/api/datasets/${dataset.id}/formats`);
  assert.equal(formats.map(({ format }) => format).sort(), ['csv', 'folders', 'json']);
  const through = async (format: string) => {
    const back = await makeOf('classification', await download(dataset, format), `classes ${format}`);
    assert.equal([await labelsOf(back), back.labelFindings], [expected, 0], format);
  };
  await Promise.all(['csv', 'json', 'folders'].map(through));
  const { status } = await dev.call('GET', `/api/datasets/${dataset.id}/download?format=coco`);
  assert.is(status, 400);

  // Folders that say which pictures are of one part: in class folders they are in the names, and what is labelled anew finds its picture.
  const shots = ['SN1/cam1.png', 'SN1/cam2.png', 'SN2/cam1.png', 'SN2/cam2.png'];
  const parts = await make(
    'classification',
    [
      ...(await Promise.all(shots.map(async (name, i) => [name, await png(20 + i)] as const))),
      ['labels.csv', `filename,label\n${shots.map((name) => `${name},${name.startsWith('SN1') ? '양품' : '불량'}\n`).join('')}`],
    ],
    'parts',
  );
  const again = await makeOf('classification', await download(parts, 'folders'), 'parts again');
  const kept = { 'SN1_cam1.png': '양품', 'SN1_cam2.png': '양품', 'SN2_cam1.png': '불량', 'SN2_cam2.png': '불량' };
  assert.equal(await labelsOf(again), kept);
  const relabelled = await giveLabels(again, 'labels.csv', Buffer.from('filename,label\nSN2_cam1.png,양품\n'));
  assert.equal(await labelsOf(relabelled), { 'SN1_cam1.png': null, 'SN1_cam2.png': null, 'SN2_cam1.png': '양품', 'SN2_cam2.png': null });
});

test('what a format loses is named before the download', async () => {
  const dataset = await make('instance_segmentation', [
    ['images/a.png', await png()],
    ...(await filesOf('coco', 'instance_segmentation', [
      {
        name: 'a.png',
        ...SIZE,
        shapes: [ring(0, [0, 0, 39, 0, 39, 29, 0, 29], [[10, 10, 20, 10, 20, 20, 10, 20]]), { ...mask(1, (x) => x < 3), attributes: { crowd: true } }],
      },
    ])),
  ]);
  const formats = await dev.ok<DownloadFormat[]>('GET', `/api/datasets/${dataset.id}/formats`);
  const lost = Object.fromEntries(formats.map(({ format, losses }) => [format, losses.map(({ loss }) => loss).sort()]));
  assert.equal(lost, { coco: ['cuts'], yolo: ['attributes', 'classes', 'cuts', 'polygon_from_mask'], labelme: ['attributes', 'cuts'] });
  assert.ok(formats.every(({ losses }) => losses.every(({ ko, en, count }) => /[가-힣]/.test(ko) && en !== '' && count > 0)));
});

test('a download that is read slowly waits, and one that is given up ends', async () => {
  const noise = await sharp(randomBytes(800 * 600 * 3), { raw: { width: 800, height: 600, channels: 3 } })
    .png({ compressionLevel: 0 })
    .toBuffer();
  const files = 48;
  const dataset = await makeOf('detection', tarOf(Array.from({ length: files }, (_, i) => ({ name: `${i}.png`, data: noise }))), 'noise');
  const process = `/proc/${daemon.pid}`;
  const openPacks = () =>
    readdirSync(`${process}/fd`).filter((fd) => {
      try {
        return readlinkSync(`${process}/fd/${fd}`).startsWith(join(daemon.data, 'datasets', String(dataset.id)));
      } catch {
        return false;
      }
    }).length;
  const bytesRead = () => Number(/rchar: (\d+)/.exec(readFileSync(`${process}/io`, 'utf8'))![1]);
  const [packs, before] = [openPacks(), bytesRead()];
  const answer = await new Promise<IncomingMessage>((done) => {
    get(`${daemon.url}/api/datasets/${dataset.id}/download?format=coco`, { headers: dev.headers() }, done);
  });
  assert.is(answer.statusCode, 200);
  // Until it has begun and come to rest.
  for (let waited = 0; openPacks() === packs && waited < 600; waited++) await sleep(100);
  for (let read = -1; bytesRead() - read > 2 ** 20; ) {
    read = bytesRead();
    await sleep(300);
  }
  const read = bytesRead() - before;
  assert.ok(read < (files * noise.length) / 2, `${read} bytes were read for somebody who does not take them`);
  assert.is(openPacks(), packs + 1);
  answer.destroy();
  for (let waited = 0; openPacks() > packs && waited < 600; waited++) await sleep(100);
  assert.is(openPacks(), packs);
  // The next one is whole.
  const whole = await download(dataset, 'coco');
  assert.ok(whole.length > files * noise.length);
  assert.is((await dev.call('DELETE', `/api/datasets/${dataset.id}?forGood=true`)).status, 204);
});

test('label files are written beside the daemon, large ones in parts; nothing of it goes on when nobody wants them any more', async () => {
  const writers = () =>
    readdirSync('/proc').filter((pid) => {
      try {
        const isWriter = readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('label-files.js');
        return isWriter && readFileSync(`/proc/${pid}/status`, 'utf8').includes(`PPid:\t${daemon.pid}\n`);
      } catch {
        return false;
      }
    });
  // More than COCO's writer gives out at once.
  const shapes = Array.from({ length: 2000 }, (_, i) => box(i % 2, i % 30, i % 20, 1 + (i % 7), 2 + (i % 5)));
  const dataset = await make('detection', [['images/a.png', await png()], ...(await filesOf('coco', 'detection', [{ name: 'a.png', ...SIZE, shapes }]))]);
  // In clock ticks, of all processes that the daemon has begun and seen end: cutime and cstime.
  const children = () => {
    const stat = readFileSync(`/proc/${daemon.pid}/stat`, 'utf8');
    const [user, system] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(13, 15)
      .map(Number);
    return user! + system!;
  };
  const before = children();
  let most = 0;
  const looking = setInterval(() => {
    most = Math.max(most, writers().length);
  }, 10);
  const whole = await download(dataset, 'coco');
  clearInterval(looking);
  assert.ok(most <= 1, `${most} at once`);
  for (let waited = 0; children() === before && waited < 600; waited++) await sleep(100);
  assert.ok(children() > before, 'a process of its own has written them');
  assert.equal(await labelsOf(await makeOf('detection', whole, 'in parts')), await labelsOf(dataset));

  const answer = await new Promise<IncomingMessage>((done) => {
    get(`${daemon.url}/api/datasets/${dataset.id}/download?format=coco`, { headers: dev.headers() }, done);
  });
  answer.destroy();
  for (let waited = 0; writers().length > 0 && waited < 600; waited++) await sleep(100);
  assert.equal(writers(), []);
});

test('pictures that were made smaller or turned: labels are scaled with them', async () => {
  const large = await sharp({ create: { width: 1600, height: 1200, channels: 3, background: '#888' } })
    .jpeg()
    .toBuffer();
  const turned = await sharp({ create: { width: 60, height: 20, channels: 3, background: '#888' } })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer();
  // COCO without sizes: what it means are the pixels of the uploaded file, upright.
  const coco = {
    images: [
      { id: 1, file_name: 'large.jpg' },
      { id: 2, file_name: 'turned.jpg', width: 20, height: 60 },
    ],
    categories: [{ id: 1, name: 'a' }],
    annotations: [
      { id: 1, image_id: 1, category_id: 1, bbox: [160, 120, 800, 600] },
      { id: 2, image_id: 2, category_id: 1, bbox: [5, 40, 10, 20] },
    ],
  };
  const dataset = await make('detection', [
    ['large.jpg', large],
    ['turned.jpg', turned],
    ['coco.json', JSON.stringify(coco)],
  ]);
  assert.equal(await labelsOf(dataset), {
    'large.jpg': [{ kind: 'box', x: 80, y: 60, width: 400, height: 300, class: 'a' }],
    'turned.jpg': [{ kind: 'box', x: 5, y: 40, width: 10, height: 20, class: 'a' }],
  });
  assert.is(dataset.labelFindings, 0);
  // YOLO speaks of shares, whatever the size.
  const again = await giveLabels(
    dataset,
    'yolo.zip',
    await zip([
      ['labels/large.txt', '0 0.5 0.5 0.5 0.5\n'],
      ['data.yaml', 'names: [a]\n'],
    ]),
  );
  assert.equal((await labelsOf(again))['large.jpg'], [{ kind: 'box', x: 200, y: 150, width: 400, height: 300, class: 'a' }]);
});

test('Label Upload: new revisions, reports, and an old one stays where it was used', async () => {
  const pictures = await Promise.all(Array.from({ length: 12 }, async (_, i) => [`${i}.png`, await png(24, 20, i % 2 === 0 ? 20 : 220)] as const));
  const { id: projectId } = await projectFor('classification');
  const bare = await make('classification', pictures, 'bare');
  assert.equal([bare.labelRevision, bare.exportBlockedBy], [null, 'dataset_unlabelled']);
  const rows = (name: (i: number) => string) => Buffer.from(`filename,label\n${pictures.map(([file], i) => `${file},${name(i)}\n`).join('')}ghost.png,x\n`);

  const first = await giveLabels(
    bare,
    'labels.csv',
    rows((i) => (i % 2 === 0 ? 'even' : 'odd')),
  );
  assert.equal([first.labelRevision, first.labelledCount, first.labelFile, first.labelFindings, first.exportBlockedBy], [1, 12, 'labels.csv', 1, null]);
  assert.equal(first.classes, [
    { name: 'even', count: 6 },
    { name: 'odd', count: 6 },
  ]);
  const report = await dev.ok<LabelReport>('GET', `/api/datasets/${bare.id}/labels/report`);
  assert.equal([report.format, report.file, report.matched, report.unlabelled.count], ['csv', 'labels.csv', 12, 0]);
  assert.equal(report.findings[0]!.first[0], { file: 'labels.csv', row: 14, picture: null, detail: 'ghost.png' });

  const draft = await dev.ok<Experiment>('POST', `/api/projects/${projectId}/experiments`, { datasetId: bare.id });
  const config = { split: SPLIT, algorithm: 'smallnet', parameters: { ...PARAMETERS, epoch: 1 }, preset: PRESET };
  await dev.ok('POST', `/api/experiments/${draft.id}/run`, config);
  const second = await giveLabels(first, '라벨.json', Buffer.from(JSON.stringify({ '0.png': 'even', '1.png': 'third' })));
  assert.equal(
    [second.labelRevision, second.labelledCount, second.classes],
    [
      2,
      2,
      [
        { name: 'even', count: 1 },
        { name: 'third', count: 1 },
      ],
    ],
  );
  const trained = await dev.until<ExperimentDetails>(`/api/experiments/${draft.id}`, ({ experiment }) => isOver(experiment));
  assert.equal([trained.experiment.status, trained.result?.classes], ['succeeded', ['even', 'odd']], 'it keeps to the labels that it was started with');
  const revisions = () => readdirSync(join(daemon.data, 'datasets', String(bare.id), 'labels')).sort();
  assert.equal(revisions(), ['1', '2']);
  const third = await giveLabels(
    second,
    'labels.csv',
    rows(() => 'same'),
  );
  assert.equal([third.labelRevision, third.exportBlockedBy, revisions()], [3, 'dataset_one_class', ['1', '3']], 'a revision that nobody has used is gone');

  const nothing = await giveLabels(third, 'wrong.csv', Buffer.from('filename,label\nother.png,x\n'));
  assert.equal([nothing.labelRevision, nothing.labelFailure?.code], [3, 'labels_nothing']);
  const unknown = await giveLabels(third, 'notes.md', Buffer.from('# notes'));
  assert.is(unknown.labelFailure?.code, 'label_format_unknown');
  // Sorted into class folders, as Download Dataset writes them.
  const sorted = await zip(await Promise.all(pictures.map(async ([file, data], i) => [`sorted/${i < 5 ? 'few' : 'many'}/${file}`, data] as const)));
  const byFolder = await giveLabels(third, 'sorted.zip', sorted);
  assert.equal([byFolder.labelFile, byFolder.labelFormat, byFolder.labelFailure], ['sorted.zip', 'folders', null]);
  assert.equal(
    byFolder.classes.map(({ name, count }) => [name, count]),
    [
      ['few', 5],
      ['many', 7],
    ],
  );
  const good = await giveLabels(
    third,
    'labels.csv',
    rows((i) => String(i % 2)),
  );
  assert.equal([good.labelRevision, good.labelFailure], [5, null]);
  // Deleted while labels are being read in, it comes back unlocked.
  const uploadId = await dev.upload(
    'labels.csv',
    rows(() => 'late'),
  );
  const { labelJobId } = await dev.ok<Dataset>('POST', `/api/datasets/${bare.id}/labels`, { uploadId });
  await dev.until<Job>(`/api/jobs/${labelJobId}`, ({ state }) => state !== 'pending');
  await dev.ok('DELETE', `/api/experiments/${draft.id}`);
  await dev.ok('DELETE', `/api/datasets/${bare.id}`);
  const back = await dev.ok<Dataset>('POST', `/api/trash/${bare.id}/restore`);
  assert.is(back.labelJobId, null);
  await daemon.end();
  await daemon.launch();
  dev = await daemon.client().signIn('dev');
  assert.is((await dev.ok<Dataset>('GET', `/api/datasets/${bare.id}`)).labelRevision, back.labelRevision);
  const statistics = await dev.ok<DatasetStatistics>('GET', `/api/datasets/${bare.id}/statistics`);
  assert.equal([statistics.longSide, statistics.shapes], [[{ from: 24, to: 25, count: 12 }], null]);
});

test('files that nobody vouches for', async () => {
  const pictures: [string, Buffer][] = [
    ['a.png', await png()],
    ['b.png', await png()],
  ];
  const kinds = async (dataset: Dataset) =>
    (await dev.ok<LabelReport>('GET', `/api/datasets/${dataset.id}/labels/report`)).findings.map(({ kind, count }) => `${kind} ${count}`).sort();
  const coco = (annotations: object[], images: object[] = [{ id: 1, file_name: 'a.png', width: 40, height: 30 }]) =>
    JSON.stringify({
      images,
      categories: [{ id: 1, name: 'x' }],
      annotations: annotations.map((annotation, i) => ({ id: i + 1, category_id: 1, ...annotation })),
    });

  const boxes = await make('detection', [
    ...pictures,
    [
      'instances.json',
      coco(
        [
          { image_id: 1, bbox: [10, 10, -5, 5] },
          { image_id: 1, bbox: [-1000, -1000, 5000, 5000] },
          { image_id: 1, bbox: [5, 5, 0, 5] },
          { image_id: 1, bbox: [500, 5, 5, 5] },
          { image_id: 1, bbox: [1, 1, 1e300, 5] },
          { image_id: 7, bbox: [1, 1, 2, 2] },
          { image_id: 1, category_id: 9, bbox: [1, 1, 2, 2] },
          { image_id: 1, bbox: 'x' },
        ],
        [
          { id: 1, file_name: '../../a.png', width: 40, height: 30 },
          { id: 2, file_name: 'gone.png', width: 40, height: 30 },
        ],
      ),
    ],
  ]);
  assert.equal(await kinds(boxes), [
    'huge_shape 1',
    'malformed 1',
    'missing_picture 2',
    'negative_size 1',
    'not_finite 1',
    'outside 1',
    'unknown_class 1',
    'zero_area 1',
  ]);
  assert.equal((await labelsOf(boxes))['a.png'], [
    { kind: 'box', x: 5, y: 10, width: 5, height: 5, class: 'x' },
    { kind: 'box', x: 0, y: 0, width: 40, height: 30, class: 'x' },
    { kind: 'box', x: 1, y: 1, width: 2, height: 2, class: '9' },
  ]);

  const eight = await make('instance_segmentation', [
    ...pictures,
    [
      'i.json',
      coco([
        { image_id: 1, segmentation: [[0, 0, 20, 20, 20, 0, 0, 20]] },
        { image_id: 1, bbox: [1, 1, 5, 5] },
      ]),
    ],
  ]);
  assert.equal(await kinds(eight), ['became_polygon 1', 'self_crossing 1']);

  const voc = (content: string) =>
    `<annotation>${content}<object><name>x</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>9</xmax><ymax>9</ymax></bndbox></object></annotation>`;
  const bomb = `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>${voc('<filename>&x;</filename>')}`;
  const entities = await make('detection', [...pictures, ['Annotations/a.xml', bomb]], 'entities');
  assert.equal([entities.labelRevision, entities.labelFailure?.code, entities.count], [null, 'label_xml_entities', 2]);
  const mixed = await make('detection', [...pictures, ['Annotations/a.xml', bomb], ['Annotations/b.xml', voc('')]], 'mixed');
  assert.equal([mixed.labelledCount, await kinds(mixed)], [1, ['unreadable_file 1']]);

  const wrongMask = await make('semantic_segmentation', [...pictures, ['masks/a.png', Buffer.from('\x89PNG\r\n\x1a\nno', 'latin1')]], 'mask');
  assert.is(wrongMask.labelFailure?.code, 'label_mask');
  const utf16 = await make('detection', [...pictures, ['labels/a.txt', Buffer.from('\uFEFF0 0.5 0.5 0.5 0.5\n', 'utf16le')]], 'utf16');
  assert.is(utf16.labelledCount, 1);
});

test.run();
