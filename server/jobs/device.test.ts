import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { swiftshader } from '../engine/devices/swiftshader.fixture.ts';
import { createTrainer, type Trainer } from '../engine/trainer.ts';
import type { TrainResult } from '../http/schemas.ts';
import { labelFolder } from '../store/label-set.ts';
import { architectures } from '../zoo/architectures.ts';
import { asStudioError } from './failure.ts';
import type { DeviceOfJob, InferSpec, PredictionLine, TrainSpec, WorkerMessage } from './protocol.ts';
import { rehearse } from './training-setup.ts';
import { endOf, readJson, removeTemporaryFolders, runToEnd, startJob, temporaryFolder } from './workers.fixture.ts';

test.after(removeTemporaryFolders);

// There is no such GPU, or it is hidden: CUDA cannot be opened.
const withoutGpu = { CUDA_VISIBLE_DEVICES: '' };
const common = { jobId: 1, threads: 1, memoryMb: 4096 };
const sample = await runToEnd({ kind: 'sample', ...common, perClass: 6, size: 32, seed: 1 });
const dataset = join(sample.dir, 'out/pictures');
const { classes } = readJson<{ classes: { name: string }[] }>(sample.dir, 'out/ingest.json');
const cuda: DeviceOfJob = { name: 'cuda', index: null, fallback: true, why: { ko: '시험에서 더 빨랐습니다.', en: 'It was faster when it was tried.' } };
const webgpu: DeviceOfJob = { name: 'webgpu', index: null, fallback: false, why: { ko: '설정에서 지정했습니다.', en: 'The settings say so.' } };
const spec: TrainSpec = {
  kind: 'train',
  ...common,
  dataset,
  labels: labelFolder(dataset, 1),
  classes: classes.map(({ name }) => name),
  algorithm: 'smallnet',
  parameters: { batch_size: 4, epoch: 1, learning_rate: 0.01, momentum: 0.9, weight_decay: 5e-4, input_size: 32, augment: false },
  split: { training: 60, validation: 20, test: 20, seed: 1, stratify: true },
  about: {},
};
let model = '';

test('a device that was chosen by itself and does not serve leaves the training to the CPU, and the log says so', async () => {
  const job = await endOf(startJob({ ...spec, device: cuda }, join(temporaryFolder(), 'job'), withoutGpu));
  assert.is(job.end.state, 'succeeded', job.log);
  assert.match(job.log, /computes on cuda: It was faster when it was tried/);
  assert.match(job.log, /cuda cannot do this work, so the CPU does it: /);
  assert.is(readJson<TrainResult>(job.dir, 'out/result.json').device, 'cpu');
  model = join(job.dir, 'out/model.onnx');
});

test('a device that the settings name fails the work, with a reason; what is no model is none on any device', async () => {
  const named = { ...cuda, fallback: false };
  const failure = async (work: TrainSpec | InferSpec) => {
    const { end } = await endOf(startJob({ ...work, device: named }, join(temporaryFolder(), 'job'), withoutGpu));
    return [end.state, end.failure?.code];
  };
  const work: InferSpec = { kind: 'infer', ...common, model, source: { kind: 'dataset', dataset, labels: null } };
  assert.equal(await failure(spec), ['failed', 'device_unfit']);
  assert.equal(await failure(work), ['failed', 'device_unfit']);
  assert.equal(await failure({ ...work, model: join(dataset, 'items.jsonl') }), ['failed', 'model_unreadable']);
  assert.equal(await failure({ ...work, model: join(dataset, 'nothing.onnx') }), ['failed', 'model_unreadable']);
});

test('a GPU that is found too small when it first runs leaves the training to the CPU', async () => {
  // Its activations are larger than any buffer of the software GPU; its graph is as small as ever.
  const large = { ...spec, parameters: { ...spec.parameters, input_size: 800, batch_size: 14 } };
  const job = startJob({ ...large, device: { ...webgpu, fallback: true } }, join(temporaryFolder(), 'job'), swiftshader);
  const text = await new Promise<string>((found) => {
    job.child.on('message', (message) => {
      const told = message as WorkerMessage;
      if (told.type === 'event' && told.event.type === 'log' && /so the CPU does it/.test(told.event.text)) found(told.event.text);
    });
    job.child.on('exit', () => found('it ended'));
  });
  job.child.kill('SIGKILL');
  await job.ended;
  assert.match(text, /^webgpu cannot do this work, so the CPU does it: /);
});

test('what is tried before a training leaves no trace in it', async () => {
  const size = 16;
  const batch = 4;
  const images = Uint8Array.from({ length: batch * size * size * 3 }, (_, at) => (at * 7919) % 251);
  const labels = Int32Array.of(0, 1, 2, 0);
  const trained = async (before: (trainer: Trainer) => Promise<void>) => {
    const [mean, std] = [
      [0.5, 0.5, 0.5],
      [0.2, 0.2, 0.2],
    ] as const;
    const settings = { model: architectures.smallnet, classes: 3, size, batch, mean, std, threads: 1, seed: 1 };
    // All that a training counts and keeps besides its weights.
    const trainer = await createTrainer({ ...settings, optimizer: { kind: 'adamw', weightDecay: 0.01 }, averageDecay: 0.9, mixup: 0.2 });
    await before(trainer);
    for (let step = 0; step < 2; step++) await trainer.step(images, labels, 0.01);
    const state = await trainer.state();
    await trainer.close();
    return state;
  };
  const [plain, rehearsed] = [await trained(async () => {}), await trained((trainer) => rehearse(trainer, batch, size))];
  assert.equal(rehearsed, plain);
});

test('a GPU that refuses memory is named, and the memory of the process is not blamed for it', () => {
  const codeOf = (message: string, device: 'cpu' | 'cuda', batch_size = 16, kind: 'train' | 'infer' = 'train') =>
    asStudioError(new Error(message), { kind, memoryMb: 4096, ...(kind === 'train' ? { parameters: { batch_size } } : {}) }, device).code;
  const refused = 'CUDA error 2: out of memory';
  assert.is(codeOf(refused, 'cuda'), 'gpu_full_batch');
  assert.is(codeOf(refused, 'cuda', 1), 'gpu_full');
  assert.is(codeOf(refused, 'cuda', 1, 'infer'), 'gpu_full_now');
  assert.is(codeOf(refused, 'cpu'), 'out_of_memory_batch', 'the CPU has taken over');
  assert.is(codeOf('std::bad_alloc', 'cuda'), 'out_of_memory_batch');
});

test('inference on WebGPU predicts what the CPU predicts', async () => {
  const work: InferSpec = { kind: 'infer', ...common, model, source: { kind: 'dataset', dataset, labels: null } };
  const [here, there] = [await runToEnd(work), await endOf(startJob({ ...work, device: webgpu }, join(temporaryFolder(), 'job'), swiftshader))];
  assert.match(there.log, /computes on webgpu/);
  const lines = ({ dir }: { dir: string }) =>
    readFileSync(join(dir, 'out/predictions.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as PredictionLine);
  const [expected, found] = [lines(here), lines(there)];
  assert.is(found.length, expected.length);
  expected.forEach(({ name, scores }, n) => {
    assert.is(found[n]!.name, name);
    const farthest = Math.max(...found[n]!.scores.map((score, index) => Math.abs(score - scores[index]!)));
    assert.ok(farthest < 1e-3, `${name}: ${farthest} apart`);
  });
});

test.run();
