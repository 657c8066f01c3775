import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeSafetensors, encodeSafetensors } from '../../engine/safetensors.ts';
import type { ModelVersionDetails } from '../../http/library-schemas.ts';
import type { ErrorReply, Experiment, ExperimentDetails, JobEvent, RunConfig } from '../../http/schemas.ts';
import type { Hpo } from '../../http/training-schemas.ts';
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
  const { weights: all } = await w.admin.until<WeightsList>('/api/weights', (found) => found.weights.find((one) => one.id === id)?.state !== 'reading', 60);
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
  assert.equal(await refused('cut.safetensors', weights.subarray(0, weights.length - 10)), ['failed', 'weights_damaged']);
  assert.equal(await refused('text.pth', Buffer.from('no weights here, only words')), ['failed', 'weights_unknown']);
  const { tensors } = decodeSafetensors(weights);
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
    const { experiment } = await w.dev.until<ExperimentDetails>(`/api/experiments/${id}`, (details) => isOver(details.experiment), 60);
    assert.is(experiment.status, 'succeeded');
    assert.match(await logOf(experiment.jobId!), /begins with [^"]*: (\d+) of \1 tensors/);
    const out = readFileSync(join(w.daemon.data, 'jobs', String(experiment.jobId), 'out/weights.safetensors'));
    const trained = decodeSafetensors(out).tensors.get('classifier.weight')!.data as Float32Array;
    const given = decodeSafetensors(weights).tensors.get('module.classifier.weight')!.data as Float32Array;
    assert.ok(trained.every((value, at) => Math.abs(value - given[at]!) < 1e-6));
  }
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
  const { trials, experiment } = await w.dev.until<Hpo>(`/api/experiments/${id}/hpo`, ({ trials: all }) => all[0]?.state === 'succeeded', 60);
  assert.match(await logOf(trials[0]!.jobId!), /begins with/);
  assert.is(experiment.config?.start?.id, readyId);
  await w.dev.ok('POST', `/api/experiments/${id}/stop`);
  await w.admin.ok('DELETE', `/api/weights/${readyId}`);
  assert.is(((await run({ start: { kind: 'weights', id: readyId } })).answer.body as unknown as ErrorReply).code, 'start_missing');
});

test('a power cut while a file is read costs nothing', async () => {
  const uploadId = await w.admin.upload('again.safetensors', weights);
  const { id } = await w.admin.ok<Weights>('POST', '/api/weights', { name: 'again', uploadId });
  await w.daemon.end('SIGKILL');
  await w.restart();
  assert.is((await read(id)).state, 'ready');
});

test.run();
