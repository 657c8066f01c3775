import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ModelDetails, ModelEntry, ModelVersionDetails } from '../../http/library-schemas.ts';
import type { ErrorReply, Experiment, ExperimentDetails } from '../../http/schemas.ts';
import { isOver, openWorkshop, PARAMETERS, PRESET, SPLIT, type Workshop } from '../studio.fixture.ts';

const test = suite('models');
let w: Workshop;
const trained: Experiment[] = [];
test.before(async () => {
  w = await openWorkshop();
  for (let i = 0; i < 3; i++) trained.push(await w.trained());
});
test.after(() => w.daemon.remove());

const code = async (answer: Promise<{ body: unknown }>) => ((await answer).body as ErrorReply).code;
const statusOf = async (i: number) => (await w.dev.ok<ExperimentDetails>('GET', `/api/experiments/${trained[i]!.id}`)).experiment.status;
const register = (i: number, body: object) => w.dev.call<ModelVersionDetails>('POST', `/api/experiments/${trained[i]!.id}/register`, body);
let modelId = 0;

test('a new model, its next version, and the experiments are published', async () => {
  assert.is(await code(w.colleague.call('POST', `/api/experiments/${trained[0]!.id}/register`, { name: 'M' })), 'read_only');
  assert.is(await code(register(0, {})), 'invalid_input');
  const weightsFile = join(w.daemon.data, 'jobs', String(trained[0]!.jobId), 'out/weights.safetensors');
  renameSync(weightsFile, `${weightsFile}.away`);
  assert.is(await code(register(0, { name: '나사 분류' })), 'model_unreadable');
  assert.equal([await w.dev.ok<ModelEntry[]>('GET', '/api/models'), readdirSync(join(w.daemon.data, 'models')), await statusOf(0)], [[], [], 'succeeded']);
  renameSync(`${weightsFile}.away`, weightsFile);
  const first = await register(0, { name: '나사 분류' });
  assert.equal([first.status, first.body.version.version, await statusOf(0)], [201, 1, 'published']);
  assert.is(await code(register(0, { name: 'again' })), 'experiment_refused', 'as the manual says');
  assert.is(await code(register(1, { name: '나사 분류' })), 'model_name_taken');
  modelId = first.body.model.id;
  const second = await register(1, { modelId });
  assert.equal([second.body.version.version, second.body.model.versions, second.body.version.developerName], [2, 2, 'dev']);
  assert.match(second.body.log[0]!.ko, /버전 2로 등록/);

  await w.dev.ok('DELETE', `/api/experiments/${trained[0]!.id}`);
  const onnx = await fetch(`${w.dev.url}/api/model-versions/${first.body.version.id}/model.onnx`, { headers: w.colleague.headers() });
  assert.is(onnx.headers.get('content-length'), String((await onnx.arrayBuffer()).byteLength), 'it outlives its experiment');
  assert.match(onnx.headers.get('content-disposition')!, /-v1\.onnx/);
  const weights = await w.dev.call('GET', `/api/model-versions/${first.body.version.id}/weights.safetensors`);
  assert.is(weights.status, 200);
  const { log } = await w.dev.ok<ModelVersionDetails>('GET', `/api/model-versions/${first.body.version.id}`);
  assert.equal(
    log.map(({ en, modifier }) => [en.split(' ')[0], modifier]),
    [
      ['Registered', 'dev'],
      ['Downloaded', 'colleague'],
      ['Downloaded', 'dev'],
    ],
  );
});

test('description and tags are logged; only those who made it may change it', async () => {
  const { versions } = await w.colleague.ok<ModelDetails>('GET', `/api/models/${modelId}`);
  const { id } = versions[0]!;
  assert.is(await code(w.colleague.call('PATCH', `/api/model-versions/${id}`, { description: 'x' })), 'not_the_owner');
  const change = { description: '라인 3', tags: ['line3', ' line3 ', '양산'] };
  const { version, log } = await w.dev.ok<ModelVersionDetails>('PATCH', `/api/model-versions/${id}`, change);
  assert.equal([version.description, version.tags, log.length], ['라인 3', ['line3', '양산'], 3]);
  assert.is((await w.dev.ok<ModelVersionDetails>('PATCH', `/api/model-versions/${id}`, change)).log.length, 3, 'what does not change is not logged');
  assert.is(await code(w.colleague.call('PATCH', `/api/models/${modelId}`, { autoDelete: true })), 'not_the_owner');
});

test('the oldest versions go when there are too many, but for one that a training begins with, and all is there after a power cut', async () => {
  const numbers = async () => (await w.dev.ok<ModelDetails>('GET', `/api/models/${modelId}`)).versions.map(({ version }) => version);
  const settings = { autoDelete: true, maxVersions: 2 };
  await w.dev.ok('PATCH', `/api/models/${modelId}`, settings);
  const { versions: before } = await w.dev.ok<ModelDetails>('GET', `/api/models/${modelId}`);
  const oldest = before.find(({ version }) => version === 1)!;
  const { id } = await w.draft();
  const config = { split: SPLIT, algorithm: 'smallnet', parameters: { ...PARAMETERS, epoch: 10_000 }, preset: PRESET, start: { kind: 'model', id: oldest.id } };
  await w.dev.ok('POST', `/api/experiments/${id}/run`, config);
  assert.is(await code(w.dev.call('DELETE', `/api/model-versions/${oldest.id}`)), 'model_in_use');
  assert.is(await code(w.dev.call('DELETE', `/api/models/${modelId}`)), 'model_in_use');
  const third = await register(2, { modelId });
  assert.equal([third.status, await numbers()], [201, [3, 2, 1]]);
  await w.dev.ok('POST', `/api/experiments/${id}/stop`);
  await w.dev.until<ExperimentDetails>(`/api/experiments/${id}`, ({ experiment }) => isOver(experiment));
  await w.dev.ok('PATCH', `/api/models/${modelId}`, settings);
  assert.equal(await numbers(), [3, 2]);
  await w.daemon.end('SIGKILL');
  // As if it had died while a model was registered.
  const made = JSON.parse(readFileSync(join(w.daemon.data, 'db/models', `${modelId}.json`), 'utf8')) as object;
  writeFileSync(join(w.daemon.data, 'db/models/999.json'), JSON.stringify({ ...made, id: 999, name: 'half made', lastVersion: 0 }));
  await w.restart();
  const { model, versions } = await w.dev.ok<ModelDetails>('GET', `/api/models/${modelId}`);
  assert.equal([model.versions, model.latestVersion, model.nextVersion, versions.map(({ version }) => version)], [2, 3, 4, [3, 2]]);
  assert.is((await w.dev.ok<ModelEntry[]>('GET', '/api/models')).length, 1);
  assert.is(readdirSync(join(w.daemon.data, 'models')).length, 2);
  const file = join(w.daemon.data, 'models', String(third.body.version.id), 'model.onnx');
  assert.is(readFileSync(file).length, third.body.version.sizeBytes);

  await w.dev.ok('DELETE', `/api/model-versions/${third.body.version.id}`);
  assert.equal([existsSync(file), await statusOf(2), await statusOf(1)], [false, 'succeeded', 'published']);
  await w.dev.ok('DELETE', `/api/models/${modelId}`);
  assert.equal([await statusOf(1), await w.dev.ok<ModelEntry[]>('GET', '/api/models')], ['succeeded', []]);
});

test.run();
