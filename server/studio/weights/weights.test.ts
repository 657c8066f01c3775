import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeOnnx } from '../../engine/onnx.ts';
import { decodeSafetensors, encodeSafetensors } from '../../engine/safetensors.ts';
import { float32 } from '../../engine/tensor.ts';
import type { ModelVersionDetails, Template, TemplateDetails } from '../../http/library-schemas.ts';
import type { ErrorReply, Experiment, ExperimentDetails, JobEvent, RunConfig } from '../../http/schemas.ts';
import type { Hpo, Preflight } from '../../http/training-schemas.ts';
import type { StartOption, Weights, WeightsList } from '../../http/weights-schemas.ts';
import { isOver, openWorkshop, PARAMETERS, PRESET, SPLIT, type Workshop } from '../studio.fixture.ts';

const test = suite('pretrained weights');
let w: Workshop;
let version: ModelVersionDetails;
/** Of a network that was trained here; under the names of a file that came from elsewhere. */
let weights: Buffer;
test.before(async () => {
  w = await openWorkshop();
  const { id } = await w.trained();
  version = await w.dev.ok<ModelVersionDetails>('POST', `/api/experiments/${id}/register`, { name: '나사' });
  const reply = await fetch(`${w.dev.url}/api/model-versions/${version.version.id}/weights.safetensors`, { headers: w.dev.headers() });
  const { tensors } = decodeSafetensors(new Uint8Array(await reply.arrayBuffer()));
  weights = Buffer.from(encodeSafetensors(new Map([...tensors].map(([name, tensor]) => [`module.${name}`, tensor]))));
});
test.after(() => w.daemon.remove());

const code = async (answer: Promise<{ body: unknown }>) => ((await answer).body as ErrorReply).code;
const list = () => w.admin.ok<WeightsList>('GET', '/api/weights');
const read = async (id: number): Promise<Weights> => {
  const { weights: all } = await w.admin.until<WeightsList>('/api/weights', (found) => found.weights.find((one) => one.id === id)?.state !== 'reading');
  return all.find((one) => one.id === id)!;
};
const add = async (name: string, bytes: Buffer) => {
  const uploadId = await w.admin.upload(name, bytes);
  return read((await w.admin.ok<Weights>('POST', '/api/weights', { name, uploadId })).id);
};
const CONFIG: RunConfig = { split: SPLIT, algorithm: 'smallnet', parameters: { ...PARAMETERS, epoch: 1 }, preset: PRESET };
const run = async (change: Partial<RunConfig>) => {
  const { id } = await w.draft();
  return { id, answer: await w.dev.call<Experiment>('POST', `/api/experiments/${id}/run`, { ...CONFIG, ...change }) };
};
const logOf = async (jobId: number) => JSON.stringify(await w.dev.ok<JobEvent[]>('GET', `/api/jobs/${jobId}/events`));
let readyId = 0;
let templateId = 0;

test('an administrator uploads a file; it tells what fits', async () => {
  const uploadId = await w.dev.upload('x.safetensors', weights);
  assert.is((await w.dev.call('POST', '/api/weights', { name: 'x', uploadId })).status, 403);
  const ready = await add('사전 학습.safetensors', weights);
  assert.is(ready.state, 'ready', JSON.stringify(ready.failure));
  const { report } = ready;
  assert.equal([report!.architecture, report!.classes, report!.format, report!.matched], ['smallnet', 2, 'safetensors', report!.total]);
  assert.equal([report!.missing.count, report!.renamed.first[0]!.from.startsWith('module.')], [0, true]);
  readyId = ready.id;
  const kept = decodeSafetensors(readFileSync(join(w.daemon.data, 'weights', String(readyId), 'weights.safetensors'))).tensors;
  assert.ok(kept.has('classifier.weight'));
  const seen = await w.dev.ok<WeightsList>('GET', '/api/weights');
  assert.equal([seen.weights.length, seen.dropped, seen.folder], [1, [], null], 'developers see what can be used');
  const { body: starts } = await w.dev.call<StartOption[]>('GET', '/api/starts');
  assert.equal(
    starts.map(({ kind, id, architecture, classes }) => [kind, id, architecture, classes]),
    [
      ['weights', readyId, 'smallnet', 2],
      ['model', version.version.id, 'smallnet', 2],
    ],
  );
});

test('files that are no weights are refused with a reason', async () => {
  const fixture = (name: string) => readFileSync(fileURLToPath(new URL(`../../../../server/weights/fixtures/${name}`, import.meta.url)));
  const refused = async (name: string, bytes: Buffer) => {
    const { state, failure } = await add(name, bytes);
    return [state, failure?.code];
  };
  assert.equal(await refused('module.pth', fixture('module.pth')), ['failed', 'weights_foreign']);
  assert.equal(await refused('state.pth', fixture('state.pth')), ['failed', 'weights_no_match']);
  const graph = { name: '', nodes: [], initializers: new Map([['onnx::Conv_402', float32([1, 2])]]), inputs: [], outputs: [] };
  const onnx = encodeOnnx({ irVersion: 9, producer: '', opsets: { '': 18 }, metadata: {}, graph });
  assert.equal(await refused('merged.onnx', Buffer.from(onnx)), ['failed', 'weights_onnx_no_match']);
  assert.equal(await refused('cut.safetensors', weights.subarray(0, weights.length - 10)), ['failed', 'weights_damaged']);
  assert.equal(await refused('text.pth', Buffer.from('no weights here, only words')), ['failed', 'weights_unknown']);
  const { tensors } = decodeSafetensors(Buffer.from(weights));
  tensors.get('module.classifier.bias')!.data[0] = Number.NaN;
  assert.equal(await refused('nan.safetensors', Buffer.from(encodeSafetensors(tensors))), ['failed', 'weights_not_finite']);
  const failed = (await list()).weights.filter(({ state }) => state === 'failed');
  assert.match(failed.find(({ name }) => name === 'module.pth')!.failure!.ko, /torch\.nn\.modules\.linear\.Linear/);
  for (const { id } of failed) await w.admin.ok('DELETE', `/api/weights/${id}`);
  assert.equal(
    (await list()).weights.map(({ id }) => id),
    [readyId],
  );
});

test('files in the folder of the server are offered and read, and nothing outside of it', async () => {
  const folder = join(w.daemon.data, 'weights');
  writeFileSync(join(folder, 'dropped.safetensors'), weights);
  writeFileSync(join(folder, 'notes.txt'), 'x');
  symlinkSync('/etc/passwd', join(folder, 'link.pth'));
  const { dropped } = await list();
  assert.equal(
    dropped.map(({ file, sizeBytes }) => [file, sizeBytes]),
    [['dropped.safetensors', weights.length]],
  );
  const asked = (file: string) => code(w.admin.call('POST', '/api/weights', { name: 'x', file }));
  for (const file of ['link.pth', 'notes.txt', '../db/users/1.json', '/etc/passwd', `${readyId}/weights.safetensors`]) {
    assert.is(await asked(file), 'weights_file_gone', file);
  }
  const { id } = await w.admin.ok<Weights>('POST', '/api/weights', { name: 'from the folder', file: 'dropped.safetensors' });
  assert.is((await read(id)).state, 'ready');
  assert.ok(existsSync(join(folder, 'dropped.safetensors')), 'it is left where it is');
  await w.admin.ok('DELETE', `/api/weights/${id}`);
  assert.not.ok(readdirSync(folder).includes(String(id)));
});

test('a training begins with weights or with a model; the wrong ones are refused', async () => {
  const start = { kind: 'weights', id: readyId } as const;
  const other = await run({ algorithm: 'resnet18', start });
  assert.is((other.answer.body as unknown as ErrorReply).code, 'start_other_algorithm');
  assert.is(((await run({ start: { kind: 'weights', id: 999 } })).answer.body as unknown as ErrorReply).code, 'start_missing');
  assert.is(((await run({ start: { kind: 'model', id: 999 } })).answer.body as unknown as ErrorReply).code, 'start_missing');

  // So small a rate that the weights stay what they are: what is trained is what it has begun with.
  const parameters = { ...CONFIG.parameters, learning_rate: 1e-12, weight_decay: 0 };
  for (const begin of [start, { kind: 'model', id: version.version.id } as const]) {
    const { id, answer } = await run({ start: begin, parameters });
    assert.is(answer.status, 200, JSON.stringify(answer.body));
    assert.is(answer.body.config?.start?.name, begin.kind === 'weights' ? '사전 학습.safetensors' : '나사 v1');
    const { experiment } = await w.dev.until<ExperimentDetails>(`/api/experiments/${id}`, (details) => isOver(details.experiment));
    assert.is(experiment.status, 'succeeded');
    assert.match(await logOf(experiment.jobId!), /begins with [^"]*: (\d+) of \1 tensors/);
    const out = readFileSync(join(w.daemon.data, 'jobs', String(experiment.jobId), 'out/weights.safetensors'));
    const trained = decodeSafetensors(out).tensors.get('classifier.weight')!.data as Float32Array;
    const given = decodeSafetensors(weights).tensors.get('module.classifier.weight')!.data as Float32Array;
    assert.ok(trained.every((value, at) => Math.abs(value - given[at]!) < 1e-6));
  }
});

test('where the number of classes differs the head is drawn anew, and the rest is theirs', async () => {
  const { tensors } = decodeSafetensors(weights);
  const three = new Map(
    [...tensors].map(([name, tensor]) => {
      if (!name.startsWith('module.classifier.')) return [name, tensor];
      const shape = [3, ...tensor.shape.slice(1)];
      return [name, { dtype: 'float32' as const, shape, data: new Float32Array(shape.reduce((all, size) => all * size)).fill(0.5) }];
    }),
  );
  const brought = await add('세 클래스.safetensors', Buffer.from(encodeSafetensors(three)));
  assert.equal([brought.state, brought.report?.classes], ['ready', 3]);
  const parameters = { ...CONFIG.parameters, learning_rate: 1e-12, weight_decay: 0 };
  const { id } = await run({ start: { kind: 'weights', id: brought.id }, parameters });
  const { experiment } = await w.dev.until<ExperimentDetails>(`/api/experiments/${id}`, (details) => isOver(details.experiment));
  assert.is(experiment.status, 'succeeded', JSON.stringify(experiment.failure));
  assert.match(await logOf(experiment.jobId!), /tensors; anew: classifier\.weight, classifier\.bias"/);
  const trained = decodeSafetensors(readFileSync(join(w.daemon.data, 'jobs', String(experiment.jobId), 'out/weights.safetensors'))).tensors;
  assert.equal(trained.get('classifier.weight')!.shape[0], 2);
  assert.ok((trained.get('classifier.weight')!.data as Float32Array).some((value) => Math.abs(value - 0.5) > 0.01));
  const [first] = [...trained].find(([, { shape }]) => shape.length === 4)!;
  const given = tensors.get(`module.${first}`)!.data as Float32Array;
  assert.ok((trained.get(first)!.data as Float32Array).every((value, at) => Math.abs(value - given[at]!) < 1e-6));

  // The file rots on the disk: told before the start, and by a training that is started all the same.
  const draft = await w.draft();
  const check = async (start: RunConfig['start']) => {
    const { id: preflight } = await w.dev.ok<Preflight>('POST', `/api/experiments/${draft.id}/preflight`, { ...CONFIG, start });
    return w.dev.until<Preflight>(`/api/preflights/${preflight}`, ({ state }) => state !== 'pending' && state !== 'running');
  };
  const fine = await check({ kind: 'weights', id: brought.id });
  assert.is(fine.state, 'succeeded', JSON.stringify(fine.failure));
  assert.match(await logOf(fine.id), /begins with 세 클래스/);
  writeFileSync(join(w.daemon.data, 'weights', String(brought.id), 'weights.safetensors'), 'no tensors any more');
  const { failure, result } = await check({ kind: 'weights', id: brought.id });
  assert.equal([failure?.code, result], ['start_unreadable', null]);
  assert.match(failure!.ko, /읽을 수 없습니다: 세 클래스\.safetensors/);
  assert.is(await code(w.dev.call('POST', `/api/experiments/${draft.id}/preflight`, { ...CONFIG, start: { kind: 'weights', id: 999 } })), 'start_missing');
  const late = await run({ start: { kind: 'weights', id: brought.id } });
  const ended = await w.dev.until<ExperimentDetails>(`/api/experiments/${late.id}`, (details) => isOver(details.experiment));
  assert.equal([ended.experiment.status, ended.experiment.failure?.code], ['failed', 'start_unreadable']);
  await w.admin.ok('DELETE', `/api/weights/${brought.id}`);
});

test('an AutoML begins with them where they fit, and a template keeps them', async () => {
  const start = { kind: 'weights', id: readyId } as const;
  const small = { name: 'smallnet', parameters: CONFIG.parameters, start };
  const other = { name: 'mobilenet_v3_small', parameters: CONFIG.parameters };
  const { id } = await w.draft();
  const begin = (...algorithms: object[]) => w.dev.call<Experiment[]>('POST', `/api/experiments/${id}/automl`, { algorithms, split: SPLIT, preset: PRESET });
  assert.is(await code(begin(small, { ...other, start })), 'start_other_algorithm');
  const { body: group } = await begin(small, other);
  assert.equal(
    group.map(({ config }) => config?.start),
    [{ ...start, name: '사전 학습.safetensors' }, undefined],
  );
  const logs: string[] = [];
  for (const member of group) {
    const { experiment } = await w.dev.until<ExperimentDetails>(`/api/experiments/${member.id}`, (details) => isOver(details.experiment));
    assert.is(experiment.status, 'succeeded', JSON.stringify(experiment.failure));
    logs.push(await logOf(experiment.jobId!));
  }
  assert.equal(
    logs.map((log) => log.includes('begins with')),
    [true, false],
  );

  templateId = (await w.dev.ok<Template>('POST', `/api/experiments/${id}/template`, { name: '사전 학습에서' })).id;
  const draft = await w.draft();
  const started = await w.dev.ok<Experiment>('POST', `/api/experiments/${draft.id}/run-template`, { templateId });
  assert.equal(started.config?.start, { ...start, name: '사전 학습.safetensors' });
  await w.dev.until<ExperimentDetails>(`/api/experiments/${draft.id}`, ({ experiment }) => experiment.status === 'succeeded');
  assert.match(await logOf(started.jobId!), /begins with 사전 학습/);
});

test('a search begins each trial with them; what is in use is not deleted; what was deleted is missed', async () => {
  const { id } = await w.draft();
  await w.dev.ok('POST', `/api/experiments/${id}/hpo`, {
    ...CONFIG,
    parameters: { ...CONFIG.parameters, epoch: 3 },
    start: { kind: 'weights', id: readyId },
    search: { momentum: { low: 0.5, high: 0.9 } },
    settings: { maxTrialCount: 1, parallelTrialCount: 1, maxFailedTrialCount: 1 },
    sampler: 'random',
    stopping: 'none',
    objective: { metric: 'validation_accuracy', type: 'maximize', goal: 1 },
    additionalMetrics: [],
  });
  assert.is(await code(w.admin.call('DELETE', `/api/weights/${readyId}`)), 'weights_in_use');
  const { trials, experiment } = await w.dev.until<Hpo>(`/api/experiments/${id}/hpo`, ({ trials: all }) => all[0]?.state === 'succeeded');
  assert.match(await logOf(trials[0]!.jobId!), /begins with/);
  assert.is(experiment.config?.start?.id, readyId);
  await w.dev.ok('POST', `/api/experiments/${id}/stop`);
  await w.admin.ok('DELETE', `/api/weights/${readyId}`);
  assert.is(((await run({ start: { kind: 'weights', id: readyId } })).answer.body as unknown as ErrorReply).code, 'start_missing');

  const { template } = await w.dev.ok<TemplateDetails>('GET', `/api/templates/${templateId}?projectId=${w.project.id}`);
  assert.is(template.misfit?.code, 'start_missing', 'a template says so before it is used');
  const draft = await w.draft();
  assert.is(await code(w.dev.call('POST', `/api/experiments/${draft.id}/run-template`, { templateId })), 'start_missing');
});

test('a power cut while a file is read costs nothing', async () => {
  const uploadId = await w.admin.upload('again.safetensors', weights);
  const { id } = await w.admin.ok<Weights>('POST', '/api/weights', { name: 'again', uploadId });
  await w.daemon.end('SIGKILL');
  await w.restart();
  assert.is((await read(id)).state, 'ready');
});

test.run();
