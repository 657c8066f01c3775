/** The way through over HTTP, with the real daemon and its workers: data in, a trained model, results out; and what goes wrong on the way. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fromBuffer } from 'yauzl';
import { ZipFile } from 'yazl';
import { type Client, Daemon, listen, PASSWORD } from './daemon.fixture.ts';
import type { LabelReport } from './http/label-schemas.ts';
import type {
  Algorithm,
  Dataset,
  ErrorReply,
  Experiment,
  ExperimentDetails,
  Inference,
  Job,
  JobEvent,
  Monitor,
  Notification,
  PicturePage,
  PredictionPage,
  Preset,
  Project,
  RunConfig,
  User,
} from './http/schemas.ts';

const test = suite('the way through');
let daemon: Daemon;
let dev: Client;
let project: Project;
let dataset: Dataset;
let experiment: Experiment;

/** So many that a daemon can be ended while they go on. */
const EPOCHS = 30;
const CONFIG: RunConfig = {
  split: { training: 60, validation: 20, test: 20, seed: 42, stratify: true },
  // The smallest of them: the daemon is on trial here, not the engine.
  algorithm: 'smallnet',
  parameters: { batch_size: 8, epoch: EPOCHS, learning_rate: 0.01, momentum: 0.9, weight_decay: 0.0005, input_size: 16, augment: false },
  preset: 'CPU all',
};

/** Waits until something is so, two minutes at most; the assertions behind it tell what is missing. */
async function comes(so: () => boolean): Promise<void> {
  for (let i = 0; i < 2400 && !so(); i++) await sleep(50);
}

/** A picture of one colour, so that the classes are easy to tell apart. */
function picture(red: number, green: number, seed: number): Promise<Buffer> {
  return sharp({ create: { width: 24, height: 20, channels: 3, background: { r: red, g: green, b: (seed * 37) % 256 } } })
    .png()
    .toBuffer();
}

async function zip(files: [name: string, data: Buffer][]): Promise<Buffer> {
  const file = new ZipFile();
  for (const [name, data] of files) file.addBuffer(data, name);
  file.end();
  const chunks: Buffer[] = [];
  for await (const chunk of file.outputStream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function classFolders(perClass: number): Promise<[string, Buffer][]> {
  const files: [string, Buffer][] = [];
  for (let i = 0; i < perClass; i++) {
    files.push([`OK/${i}.png`, await picture(20, 220, i)], [`NG/=${i}.png`, await picture(220, 20, i)]);
  }
  return files;
}

function unzip(data: Buffer): Promise<Map<string, string>> {
  return new Promise((done, fail) => {
    fromBuffer(data, { lazyEntries: true }, (error, file) => {
      if (error) return fail(error);
      const found = new Map<string, string>();
      file.on('entry', (entry) => {
        file.openReadStream(entry, (problem, stream) => {
          if (problem) return fail(problem);
          const chunks: Buffer[] = [];
          stream.on('data', (chunk: Buffer) => chunks.push(chunk));
          stream.on('end', () => {
            found.set(entry.fileName, Buffer.concat(chunks).toString('utf8'));
            file.readEntry();
          });
        });
      });
      file.on('end', () => done(found));
      file.readEntry();
    });
  });
}

const isOver = ({ status }: Experiment) => !['pending', 'running'].includes(status);
const code = async (answer: Promise<{ body: ErrorReply }>) => (await answer).body.code;

test.before(async () => {
  daemon = await Daemon.start('--set', 'queue.stop_grace_seconds=60');
  const admin = await daemon.setUp();
  for (const userId of ['dev', 'colleague']) {
    await admin.ok('POST', '/api/users', { userId, name: userId, password: PASSWORD, role: 'developer', groupIds: [1] });
  }
  dev = await daemon.client().signIn('dev');
  project = await dev.ok<Project>('POST', '/api/projects', { name: 'Screws', groupId: 1, description: '', type: 'image', model: 'classification' });
});
test.after(() => daemon.remove());

test('an upload becomes a dataset, and its progress and end are heard', async () => {
  const changes = await listen(dev, '/api/events');
  const files: [string, Buffer][] = [...(await classFolders(12)), ['OK/broken.png', Buffer.from('not a picture')]];
  const uploadId = await dev.upload('screws.zip', await zip(files));
  const made = await dev.ok<Dataset>('POST', `/api/projects/${project.id}/datasets`, { name: 'screws', description: 'd', visibility: 'private', uploadId });
  assert.is(made.status, 'ingesting');
  assert.is(made.exportBlockedBy, 'dataset_ingesting');
  dataset = await dev.until<Dataset>(`/api/datasets/${made.id}`, ({ status }) => status === 'ready');
  assert.is(dataset.count, 24);
  assert.equal(dataset.classes.map(({ name, count }) => [name, count]).sort(), [
    ['NG', 12],
    ['OK', 12],
  ]);
  assert.is(dataset.report?.skipped, 1);
  assert.is(dataset.report?.skippedFiles[0]?.name, 'OK/broken.png');
  assert.is(dataset.exportBlockedBy, null);

  const kinds = () => changes.messages.filter(({ event }) => event === 'change').map(({ data }) => (data as { kind: string }).kind);
  const WANTED = ['dataset', 'job', 'notification'];
  await comes(() => WANTED.every((kind) => kinds().includes(kind)) && readdirSync(join(daemon.data, 'uploads')).length === 0);
  await changes.close();
  for (const kind of WANTED) assert.ok(kinds().includes(kind), `a ${kind} has changed`);
  assert.equal(readdirSync(join(daemon.data, 'uploads')), []);
  assert.equal(readdirSync(join(daemon.data, 'jobs', String(dataset.jobId))).includes('upload'), false);

  const page = await dev.ok<PicturePage>('GET', `/api/datasets/${dataset.id}/items?limit=5&search=ng/`);
  assert.is(page.total, 12);
  assert.is(page.rows.length, 5);
  assert.equal((await dev.ok<PicturePage>('GET', `/api/datasets/${dataset.id}/items?label=-1`)).total, 0);
  const shown = await fetch(`${daemon.url}/api/datasets/${dataset.id}/pictures/${page.rows[0]!.n}`, { headers: dev.headers() });
  assert.match(shown.headers.get('content-type')!, /^image\//);
  assert.match(shown.headers.get('cache-control')!, /private/);
  assert.is((await sharp(Buffer.from(await shown.arrayBuffer())).metadata()).width, 24);
  assert.is(await code(dev.call('GET', `/api/datasets/${dataset.id}/pictures/99999`)), 'not_found');
});

test('an upload belongs to the one who sent it, and a bad one leaves nothing behind', async () => {
  const colleague = await daemon.client().signIn('colleague');
  const uploadId = await dev.upload('x.zip', Buffer.from('this is no archive'));
  const request = { name: 'bad', description: '', visibility: 'private', uploadId };
  const theirs = await colleague.ok<Project>('POST', '/api/projects', { name: 'Theirs', groupId: 1, description: '', type: 'image', model: 'classification' });
  assert.is(await code(colleague.call('POST', `/api/projects/${theirs.id}/datasets`, request)), 'upload_missing');
  assert.is(await code(colleague.call('DELETE', `/api/uploads/${uploadId}`, undefined, { 'tus-resumable': '1.0.0' })), 'upload_missing');
  for (const id of ['..%2f..%2fdb', 'a'.repeat(32)]) {
    assert.ok((await dev.call('HEAD', `/api/uploads/${id}`, undefined, { 'tus-resumable': '1.0.0' })).status >= 400);
  }
  const begun = await dev.call('POST', '/api/uploads', undefined, { 'tus-resumable': '1.0.0', 'upload-length': '100' });
  const unfinished = begun.headers.get('location')!.split('/').at(-1)!;
  assert.is(await code(dev.call('POST', `/api/projects/${project.id}/datasets`, { ...request, uploadId: unfinished })), 'upload_incomplete');
  assert.is((await dev.call('DELETE', `/api/uploads/${unfinished}`, undefined, { 'tus-resumable': '1.0.0' })).status, 204);
  assert.is(await code(dev.call('POST', '/api/uploads', undefined, { 'tus-resumable': '1.0.0', 'upload-length': String(2 ** 50) })), 'upload_too_large');
  assert.is(await code(dev.call('POST', '/api/uploads', undefined, { 'tus-resumable': '1.0.0', 'upload-defer-length': '1' })), 'upload_size_missing');

  // Where its record cannot be written, the upload stays and need not be sent again; once it is a dataset's, nobody else has it.
  const sequence = join(daemon.data, 'db/datasets/sequence.json');
  const last = readFileSync(sequence);
  rmSync(sequence);
  mkdirSync(sequence);
  assert.is((await dev.call('POST', `/api/projects/${project.id}/datasets`, request)).status, 500);
  rmSync(sequence, { recursive: true });
  writeFileSync(sequence, last);
  const both = await Promise.all([1, 2].map(() => dev.call<Dataset & ErrorReply>('POST', `/api/projects/${project.id}/datasets`, request)));
  assert.equal(both.map(({ status, body }) => (status === 201 ? 'made' : body.code)).sort(), ['made', 'upload_missing']);
  assert.is(await code(dev.call('POST', `/api/projects/${project.id}/datasets`, request)), 'upload_missing');
  assert.equal(readdirSync(join(daemon.data, 'uploads')), []);
  const made = both.find(({ status }) => status === 201)!.body;
  const job = await dev.until<Job>(`/api/jobs/${made.jobId}`, ({ state }) => state === 'failed');
  assert.is(job.failure?.code, 'upload_not_recognised');
  assert.is((await dev.call('GET', `/api/datasets/${made.id}`)).status, 404);
  assert.is(existsSync(join(daemon.data, 'datasets', String(made.id))), false);
  const events = await dev.ok<JobEvent[]>('GET', `/api/jobs/${made.jobId}/events`);
  const end = events.at(-1)!;
  assert.ok(end.type === 'end' && end.failure?.code === 'upload_not_recognised');
  const [newest] = await dev.ok<Notification[]>('GET', '/api/notifications');
  assert.is(newest?.level, 'error');
  assert.match(newest!.ko, 'bad');
  await dev.ok('POST', '/api/notifications/read', { ids: [newest!.id] });
  assert.is((await dev.ok<Notification[]>('GET', '/api/notifications'))[0]!.read, true);
});

test('deleting a dataset that is being made stops its job', async () => {
  const many = await zip(await classFolders(60));
  const uploadId = await dev.upload('many.zip', many);
  const made = await dev.ok<Dataset>('POST', `/api/projects/${project.id}/datasets`, { name: 'many', description: '', visibility: 'private', uploadId });
  assert.is((await dev.call('DELETE', `/api/datasets/${made.id}`)).status, 204);
  assert.is((await dev.call('GET', `/api/datasets/${made.id}`)).status, 404);
  await dev.until<Job>(`/api/jobs/${made.jobId}`, ({ state }) => state === 'stopped' || state === 'succeeded');
  await comes(() => readdirSync(join(daemon.data, 'datasets')).length === 1);
  assert.equal(readdirSync(join(daemon.data, 'datasets')), [String(dataset.id)]);
});

test('only data that a model can learn from is exported', async () => {
  const pictures = await Promise.all([0, 1, 2].map(async (i): Promise<[string, Buffer]> => [`${i}.png`, await picture(20, 220, i)]));
  const uploadId = await dev.upload('one.zip', await zip(pictures));
  const labelUploadId = await dev.upload('labels.csv', Buffer.from('filename,label\n0.png,OK\n1.png,OK\n2.png,OK\nghost.png,OK\n'));
  const made = await dev.ok<Dataset>('POST', `/api/projects/${project.id}/datasets`, {
    name: 'Screws',
    description: '',
    visibility: 'shared',
    uploadId,
    labelUploadId,
  });
  assert.is(made.version, 2, 'another dataset of the same name is its next version');
  const one = await dev.until<Dataset>(`/api/datasets/${made.id}`, ({ status }) => status === 'ready');
  assert.is(one.labelFile, 'labels.csv');
  const report = await dev.ok<LabelReport>('GET', `/api/datasets/${one.id}/labels/report`);
  assert.equal(
    report.findings.map(({ kind, count, first }) => [kind, count, first[0]?.detail, first[0]?.row]),
    [['missing_picture', 1, 'ghost.png', 5]],
  );
  assert.is(one.exportBlockedBy, 'dataset_one_class');
  assert.is(await code(dev.call('POST', `/api/projects/${project.id}/experiments`, { datasetId: one.id })), 'dataset_one_class');
  assert.is(await code(dev.call('POST', `/api/projects/${project.id}/experiments`, { datasetId: 4711 })), 'dataset_not_here');
  await dev.ok('DELETE', `/api/datasets/${one.id}`);
});

test('algorithms and presets say what they cost', async () => {
  const algorithms = await dev.ok<Algorithm[]>('GET', '/api/algorithms?classes=1000&size=224');
  const resnet18 = algorithms.find(({ name }) => name === 'resnet18')!;
  assert.ok(Math.abs(resnet18.gflops - 1.81) < 0.02, String(resnet18.gflops));
  assert.ok(Math.abs(resnet18.parametersM - 11.69) < 0.01, String(resnet18.parametersM));
  const presets = await dev.ok<Preset[]>('GET', '/api/presets');
  assert.equal(
    presets.map(({ name, fits }) => [name, fits]),
    [
      ['CPU small', true],
      ['CPU all', true],
    ],
  );
  const monitor = await dev.ok<Monitor>('GET', '/api/monitor');
  assert.ok(monitor.memory.totalBytes > 0 && monitor.disk.freeBytes > 0 && monitor.cpu.cores > 0);
});

test('a draft, its rules, and a training that survives the death of the daemon', async () => {
  const draft = await dev.ok<Experiment>('POST', `/api/projects/${project.id}/experiments`, { datasetId: dataset.id });
  assert.is(draft.status, 'draft');
  assert.is(draft.name, '');
  const run = (change: object) => code(dev.call('POST', `/api/experiments/${draft.id}/run`, { ...CONFIG, ...change }));
  assert.is(await run({ split: { ...CONFIG.split, training: 70 } }), 'split_sum');
  assert.is(await run({ algorithm: 'resnet19' }), 'algorithm_unknown');
  assert.is(await run({ preset: 'none' }), 'preset_unknown');
  assert.is(await run({ parameters: { ...CONFIG.parameters, epoch: 0 } }), 'invalid_input');
  assert.is(await run({ parameters: { ...CONFIG.parameters, optimizer: 'lion' } }), 'invalid_input');
  assert.is(await run({ parameters: { ...CONFIG.parameters, ema: 1 } }), 'invalid_input');
  assert.is(await run({ parameters: { ...CONFIG.parameters, freeze_stages: 6 } }), 'freeze_stages_too_many');
  assert.is(await run({ algorithm: 'densenet121', parameters: { ...CONFIG.parameters, input_size: 24 } }), 'input_size_too_small');
  assert.is(await run({ algorithm: 'resnet18', parameters: { ...CONFIG.parameters, input_size: 32, batch_size: 1 } }), 'batch_of_one');
  assert.is(await code(dev.call('POST', `/api/experiments/${draft.id}/stop`)), 'experiment_refused');
  assert.is(await code(dev.call('GET', `/api/experiments/${draft.id}/model.onnx`)), 'model_not_usable');
  assert.is(
    await code(dev.call('POST', `/api/projects/${project.id}/inferences`, { experimentId: draft.id, source: { kind: 'dataset', datasetId: dataset.id } })),
    'model_not_usable',
  );
  const colleague = await daemon.client().signIn('colleague');
  assert.is(await code(colleague.call('POST', `/api/experiments/${draft.id}/run`, CONFIG)), 'read_only');

  const [first, second] = await Promise.all([0, 1].map(() => dev.call<Experiment & ErrorReply>('POST', `/api/experiments/${draft.id}/run`, CONFIG)));
  assert.equal([first!.status, second!.status].sort(), [200, 409], 'two clicks start one training');
  experiment = (first!.status === 200 ? first! : second!).body;
  assert.match(experiment.name, /^Run_\d{8}_\d{6}$/);
  const jobId = experiment.jobId!;
  const events = await listen(dev, `/api/events?job=${jobId}`);
  assert.is(await code(dev.call('PATCH', `/api/experiments/${experiment.id}`, { name: 'x' })), 'experiment_refused');
  assert.is(await code(dev.call('PATCH', `/api/projects/${project.id}`, { status: 'completed' })), 'project_busy');
  assert.is(await code(dev.call('DELETE', `/api/projects/${project.id}`)), 'project_busy');

  // The daemon dies behind the first epoch.
  await comes(() => events.messages.some(({ data }) => (data as JobEvent).type === 'epoch'));
  await daemon.end('SIGKILL');
  await events.close();
  const heard = events.messages.filter(({ event }) => event === 'job');
  assert.equal(
    heard.map(({ id }) => Number(id)),
    heard.map((_, i) => i + 1),
    'numbered from 1 without a gap',
  );
  await daemon.launch();
  const { cookie, csrf } = dev;
  dev = daemon.client();
  Object.assign(dev, { cookie, csrf });

  // The browser comes back with the last number that it has seen.
  const last = Number(heard.at(-1)!.id);
  const again = await listen(dev, `/api/events?job=${jobId}`, { 'last-event-id': String(last) });
  const details = await dev.until<ExperimentDetails>(`/api/experiments/${experiment.id}`, (body) => isOver(body.experiment));
  await comes(() => again.messages.some(({ data }) => (data as JobEvent).type === 'end'));
  await again.close();
  assert.is(details.experiment.status, 'succeeded', JSON.stringify(details.experiment.failure));
  assert.equal(
    details.epochs.map(({ epoch }) => epoch),
    Array.from({ length: EPOCHS }, (_, i) => i + 1),
    'no epoch is missing and none is done twice',
  );
  assert.is(details.result?.evaluation.training.count, 14);
  const rest = again.messages.filter(({ event }) => event === 'job');
  assert.equal(
    rest.map(({ id }) => Number(id)),
    rest.map((_, i) => last + 1 + i),
    'what was missed comes, and nothing twice',
  );
  assert.is((rest.at(-1)!.data as JobEvent).type, 'end');
  const all = await dev.ok<JobEvent[]>('GET', `/api/jobs/${jobId}/events?after=${last}`);
  assert.equal(
    all,
    rest.map(({ data }) => data),
  );
  assert.is((await dev.ok<Project>('GET', `/api/projects/${project.id}`)).status, 'working');

  // A log that is longer than what waits for a reader at once is told to its end, and its many waits leave nothing behind.
  const log = join(daemon.data, 'jobs', String(jobId), 'events.jsonl');
  const kept = readFileSync(log);
  const end = all.at(-1)!.seq;
  const text = 'long '.repeat(200);
  const lines = Array.from({ length: 2000 }, (_, i) => ({ seq: end + 1 + i, at: new Date().toISOString(), type: 'log', level: 'info', text }));
  writeFileSync(log, Buffer.concat([kept, Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))]));
  const long = await listen(dev, `/api/events?job=${jobId}&after=${end}`);
  await comes(() => long.messages.some(({ id }) => Number(id) === end + lines.length));
  await long.close();
  writeFileSync(log, kept);
  assert.not.match(daemon.output, /MaxListenersExceededWarning/);
});

test('Change Model Name, the model itself, and a dataset in use', async () => {
  const renamed = await dev.ok<Experiment>('PATCH', `/api/experiments/${experiment.id}`, { name: '나사 "v1"/최종' });
  assert.is(renamed.name, '나사 "v1"/최종');
  const model = await fetch(`${daemon.url}/api/experiments/${experiment.id}/model.onnx`, { headers: dev.headers() });
  assert.is(model.status, 200);
  assert.match(model.headers.get('content-disposition')!, /^attachment; filename="[\w.-]+"; filename\*=UTF-8''[\w%.-]+\.onnx$/);
  assert.ok((await model.arrayBuffer()).byteLength > 1e5);
  const refused = await dev.call<ErrorReply>('DELETE', `/api/datasets/${dataset.id}`);
  assert.is(refused.body.code, 'dataset_in_use');
  assert.match(refused.body.message, '나사');
});

test('inference on an upload: pictures, captions, pages and Save Results', async () => {
  const uploadId = await dev.upload('new.zip', await zip(await classFolders(3)));
  const request = { experimentId: experiment.id, source: { kind: 'upload', uploadId } };
  const made = await dev.ok<Inference>('POST', `/api/projects/${project.id}/inferences`, request);
  assert.is(await code(dev.call('GET', `/api/inferences/${made.id}/results.zip`)), 'results_not_ready');
  const inference = await dev.until<Inference>(`/api/inferences/${made.id}`, ({ state }) => !['pending', 'running'].includes(state));
  assert.is(inference.state, 'succeeded', JSON.stringify(inference.failure));
  assert.is(inference.count, 6);
  assert.is(inference.report?.accepted, 6);
  assert.is(
    inference.perClass.reduce((sum, count) => sum + count, 0),
    6,
  );
  const page = await dev.ok<PredictionPage>('GET', `/api/inferences/${inference.id}/predictions?sort=score&descending=true&limit=4`);
  assert.is(page.total, 6);
  assert.is(page.rows.length, 4);
  const scores = page.rows.map(({ score }) => score);
  assert.equal(
    scores,
    [...scores].sort((a, b) => b - a),
  );
  const [row] = page.rows;
  assert.is(row!.caption, `${inference.classes[row!.predicted]}(${row!.score.toFixed(2)})_${row!.name.split('/').at(-1)}`);
  const thumbnail = await fetch(`${daemon.url}/api/inferences/${inference.id}/thumbnails/${row!.n}`, { headers: dev.headers() });
  assert.is(thumbnail.status, 200);

  const saved = await fetch(`${daemon.url}/api/inferences/${inference.id}/results.zip`, { headers: dev.headers() });
  const files = await unzip(Buffer.from(await saved.arrayBuffer()));
  assert.equal([...files.keys()].sort(), ['results.csv', 'results.json']);
  const csv = files.get('results.csv')!;
  assert.ok(csv.startsWith('\uFEFFfilename,'));
  assert.is(csv.trim().split('\r\n').length, 7);
  const json = JSON.parse(files.get('results.json')!) as { predictions: { filename: string; scores: number[] }[]; model: string };
  assert.is(json.predictions.length, 6);
  assert.is(json.model, '나사 "v1"/최종');
  assert.is(json.predictions[0]!.scores.length, 2);

  const predictions = join(daemon.data, 'jobs', String(inference.jobId), 'out/predictions.jsonl');
  const whole = await readFile(predictions, 'utf8');
  await writeFile(predictions, whole.replace('\n', '\n{"damaged\n'));
  const broken = await fetch(`${daemon.url}/api/inferences/${inference.id}/results.zip`, { headers: dev.headers() })
    .then(async (reply) => reply.ok && (await reply.arrayBuffer()))
    .catch(() => false);
  assert.is(broken, false, 'it breaks off, and nothing else does');
  await writeFile(predictions, whole);
  const again = await fetch(`${daemon.url}/api/inferences/${inference.id}/results.zip`, { headers: dev.headers() });
  assert.equal([...(await unzip(Buffer.from(await again.arrayBuffer()))).keys()].sort(), ['results.csv', 'results.json']);

  const onDataset = await dev.ok<Inference>('POST', `/api/projects/${project.id}/inferences`, {
    experimentId: experiment.id,
    source: { kind: 'dataset', datasetId: dataset.id },
  });
  const over = await dev.until<Inference>(`/api/inferences/${onDataset.id}`, ({ state }) => !['pending', 'running'].includes(state));
  assert.type(over.accuracy, 'number');
  assert.is((await dev.ok<Inference[]>('GET', `/api/projects/${project.id}/inferences`)).length, 2);
  await dev.ok('DELETE', `/api/inferences/${onDataset.id}`);
  assert.is(existsSync(join(daemon.data, 'jobs', String(onDataset.jobId))), false);
});

test('Stop: without an epoch it has failed, behind one it is aborted and usable', async () => {
  const start = async (epoch: number) => {
    const draft = await dev.ok<Experiment>('POST', `/api/projects/${project.id}/experiments`, { datasetId: dataset.id });
    return dev.ok<Experiment>('POST', `/api/experiments/${draft.id}/run`, { ...CONFIG, parameters: { ...CONFIG.parameters, epoch } });
  };
  const long = await start(5000);
  const waiting = await start(1);
  const job = await dev.ok<Job>('GET', `/api/jobs/${waiting.jobId}`);
  assert.is(job.waiting?.place, 1);
  await dev.ok('POST', `/api/experiments/${waiting.id}/stop`);
  const failed = await dev.until<ExperimentDetails>(`/api/experiments/${waiting.id}`, (body) => isOver(body.experiment));
  assert.is(failed.experiment.status, 'failed');
  assert.is(failed.experiment.failure?.code, 'stopped_before_model');
  assert.is(await code(dev.call('POST', `/api/experiments/${waiting.id}/run`, CONFIG)), 'experiment_refused');
  await dev.ok('PATCH', `/api/experiments/${waiting.id}`, { name: 'renamed' });

  await dev.until<ExperimentDetails>(`/api/experiments/${long.id}`, ({ epochs }) => epochs.length > 0);
  const colleague = await daemon.client().signIn('colleague');
  assert.is(await code(colleague.call('POST', `/api/jobs/${long.jobId}/stop`)), 'read_only');
  const admin = await daemon.client().signIn('admin');
  const { id } = (await admin.ok<User[]>('GET', '/api/users')).find(({ userId }) => userId === 'colleague')!;
  const [theirs, own] = await Promise.all([colleague, dev].map((client) => listen(client, `/api/events?job=${long.jobId}`)));
  for (let i = 0; i < 1200 && !theirs!.messages.some(({ event }) => event === 'job'); i++) await sleep(50);
  await admin.ok('PATCH', `/api/users/${id}`, { groupIds: [] });
  await dev.ok('POST', `/api/jobs/${long.jobId}/stop`);
  const hasEnded = ({ messages }: { messages: { event: string; data: unknown }[] }) =>
    messages.some(({ event, data }) => event === 'job' && (data as JobEvent).type === 'end');
  for (let i = 0; i < 600 && !hasEnded(own!); i++) await sleep(100);
  assert.equal([hasEnded(own!), hasEnded(theirs!)], [true, false], 'whoever has left the group hears no more of its trainings');
  await Promise.all([theirs!.close(), own!.close()]);
  await admin.ok('PATCH', `/api/users/${id}`, { groupIds: [1] });
  const aborted = await dev.until<ExperimentDetails>(`/api/experiments/${long.id}`, (body) => isOver(body.experiment));
  assert.is(aborted.experiment.status, 'aborted');
  assert.is(aborted.experiment.usable, true);
  assert.ok(aborted.result !== null);
});

test('a completed project can only be looked at, and a deleted one leaves nothing', async () => {
  await dev.ok('PATCH', `/api/projects/${project.id}`, { status: 'completed' });
  for (const [method, path, body] of [
    ['PATCH', `/api/projects/${project.id}`, { description: 'x' }],
    ['POST', `/api/projects/${project.id}/experiments`, { datasetId: dataset.id }],
    ['PATCH', `/api/experiments/${experiment.id}`, { name: 'x' }],
    ['DELETE', `/api/experiments/${experiment.id}`, undefined],
    ['PATCH', `/api/datasets/${dataset.id}`, { name: 'x' }],
    ['POST', `/api/projects/${project.id}/inferences`, { experimentId: experiment.id, source: { kind: 'dataset', datasetId: dataset.id } }],
  ] as const) {
    assert.is(await code(dev.call(method, path, body)), 'project_completed', `${method} ${path}`);
  }
  assert.is((await dev.call('GET', `/api/experiments/${experiment.id}`)).status, 200);
  await dev.ok('PATCH', `/api/projects/${project.id}`, { status: 'working' });
  await dev.ok('DELETE', `/api/projects/${project.id}`);
  for (const name of ['datasets', 'jobs']) assert.equal(readdirSync(join(daemon.data, name)), []);
  for (const name of ['datasets', 'experiments', 'inferences', 'jobs']) {
    assert.equal(
      readdirSync(join(daemon.data, 'db', name)).filter((file) => file !== 'sequence.json'),
      [],
      name,
    );
  }
});

test('events end with the session, and show nobody what is not for them', async () => {
  const admin = await daemon.client().signIn('admin');
  await admin.ok('POST', '/api/groups', { name: 'elsewhere', description: '' });
  await admin.ok('POST', '/api/users', { userId: 'outsider', name: 'o', password: PASSWORD, role: 'developer', groupIds: [2] });
  await admin.ok('POST', '/api/users', { userId: 'labels', name: 'l', password: PASSWORD, role: 'annotator', groupIds: [1] });
  const outsider = await daemon.client().signIn('outsider');
  const annotator = await daemon.client().signIn('labels');
  const streams = await Promise.all([outsider, annotator, dev].map((client) => listen(client, '/api/events')));
  const made = await dev.ok<Project>('POST', '/api/projects', { name: 'Secret', groupId: 1, description: '', type: 'image', model: 'classification' });
  await comes(() => JSON.stringify(streams[2]!.messages).includes('Secret'));
  await sleep(200);
  const [theirs, annotators, own] = streams.map(({ messages }) => JSON.stringify(messages));
  assert.not.match(theirs!, 'Secret');
  assert.not.match(annotators!, 'Secret');
  assert.match(own!, 'Secret');
  await dev.ok('DELETE', `/api/projects/${made.id}`);
  assert.is(await code(outsider.call('GET', '/api/events?job=999')), 'not_found');
  await outsider.ok('DELETE', '/api/session');
  await comes(() => streams[0]!.ended);
  assert.is(streams[0]!.ended, true);
  await Promise.all(streams.map((stream) => stream.close()));
});

test('two daemons never share a folder, and a damaged file stops the start with its name', async () => {
  const second = await new Promise<string>((done) => {
    Daemon.start('--data', daemon.data).then(
      () => done('it started'),
      (error: Error) => done(error.message),
    );
  });
  assert.match(second, 'in use by another AI Studio');
  assert.is(await daemon.end(), 0);
  const file = join(daemon.data, 'db', 'groups', '1.json');
  const before = await readFile(file);
  await writeFile(file, '{"id": 1, "na');
  const damaged = await daemon.launch().then(
    () => 'it started',
    (error: Error) => error.message,
  );
  assert.match(damaged, file);
  assert.match(damaged, 'damaged');
  await writeFile(file, before);
  await daemon.launch();
});

test.run();
