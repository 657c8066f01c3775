import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { PresetSettings } from '../../http/preset-schemas.ts';
import type { ErrorReply, Experiment, RunConfig } from '../../http/schemas.ts';
import type { Preflight } from '../../http/training-schemas.ts';
import { memoryFit } from '../../jobs/preflight-memory.ts';
import { nvidiaSmi } from '../../queue/nvidia-smi.fixture.ts';
import { openWorkshop, PARAMETERS, PRESET, SPLIT, type Workshop } from '../studio.fixture.ts';

const test = suite('preflight');
let w: Workshop;
let draft: Experiment;
test.before(async () => {
  // What the devices of this machine can do is not asked here.
  w = await openWorkshop('--set', 'box.device=cpu');
  draft = await w.draft();
});
test.after(() => w.daemon.remove());

const CONFIG: RunConfig = { split: SPLIT, algorithm: 'smallnet', parameters: PARAMETERS, preset: PRESET };
const check = async (config: RunConfig) => {
  const started = await w.dev.ok<Preflight>('POST', `/api/experiments/${draft.id}/preflight`, config);
  assert.is(started.result, null);
  return w.dev.until<Preflight>(`/api/preflights/${started.id}`, ({ state }) => state !== 'pending' && state !== 'running');
};
const codes = ({ result }: Preflight) => result!.warnings.map(({ code }) => code);

test('two real steps tell memory, times and the place in the queue', async () => {
  const { state, failure, result, queue } = await check(CONFIG);
  assert.is(state, 'succeeded', JSON.stringify(failure));
  assert.equal(
    result!.measured.map(({ batchSize }) => batchSize),
    [2, 8],
  );
  assert.equal(result!.counts, { training: 18, validation: 6, test: 6, groups: null });
  assert.ok(result!.fits && result!.memoryMb > 50 && result!.memoryMb < 2048 && result!.memoryLimitMb === 2048 && result!.proposedBatchSize === null);
  assert.is(result!.stepsPerEpoch, 3);
  assert.ok(result!.stepSeconds > 0 && result!.epochSeconds >= 3 * result!.stepSeconds && result!.totalSeconds >= 2 * result!.epochSeconds);
  assert.equal([queue.place, queue.now, codes({ result } as Preflight)], [1, true, []]);
});

test('what is odd is told, and nothing of it hinders the start', async () => {
  const found = await check({
    ...CONFIG,
    parameters: { ...PARAMETERS, batch_size: 64 },
    split: { ...SPLIT, groupPattern: 'nothing{group}here', crossValidation: { folds: 3, final: 'refit' } },
  });
  assert.equal(codes(found), ['preflight_batch_over_set', 'preflight_no_groups']);
  assert.equal(found.result!.counts, { training: 16, validation: 8, test: 6, groups: 0 });
  assert.match(found.result!.warnings[0]!.ko, /batch_size 64/);
  const grouped = await check({ ...CONFIG, split: { ...SPLIT, groupPattern: '{group}_*' } });
  assert.is(grouped.result!.counts.groups, 10);
  assert.equal(codes(grouped), []);
});

test('a batch that does not fit the preset’s memory, and the largest that does', async () => {
  const { result } = await check({ ...CONFIG, algorithm: 'resnet18', parameters: { ...PARAMETERS, input_size: 352, batch_size: 18 } });
  assert.is(result!.fits, false);
  assert.ok(result!.memoryMb > 2048 && result!.measured.at(-1)!.batchSize < 18);
  assert.ok(result!.proposedBatchSize! >= 1 && result!.proposedBatchSize! < 18);
  const [warning] = result!.warnings;
  assert.is(warning!.code, 'preflight_memory');
  assert.match(warning!.en, new RegExp(`Lower batch_size to ${result!.proposedBatchSize}`));
});

test('a preset that is deleted meanwhile takes nothing from it', async () => {
  const settings = '/api/presets/settings';
  const { presets } = await w.admin.ok<PresetSettings>('GET', settings);
  const bare = presets.map(({ name, gpu, gpuMemoryMb, cores, memoryMb }) => ({ name, gpu, gpuMemoryMb, cores, memoryMb }));
  await w.admin.ok('PUT', settings, { presets: [...bare, { name: 'Night', gpu: '', gpuMemoryMb: 0, cores: 1, memoryMb: 1500 }] });
  const { id } = await w.dev.ok<Preflight>('POST', `/api/experiments/${draft.id}/preflight`, { ...CONFIG, preset: 'Night' });
  await w.admin.ok('DELETE', settings);
  const { state, result } = await w.dev.until<Preflight>(`/api/preflights/${id}`, ({ state }) => state !== 'pending' && state !== 'running');
  assert.equal([state, result?.memoryLimitMb], ['succeeded', 1500]);
});

test('only for those who may start it, and gone with the experiment', async () => {
  assert.is((await w.colleague.call<ErrorReply>('POST', `/api/experiments/${draft.id}/preflight`, CONFIG)).body.code, 'read_only');
  const refused = await w.dev.call<ErrorReply>('POST', `/api/experiments/${draft.id}/preflight`, { ...CONFIG, preset: 'none' });
  assert.is(refused.body.code, 'preset_unknown');
  const { id } = await w.dev.ok<Preflight>('POST', `/api/experiments/${draft.id}/preflight`, CONFIG);
  await w.dev.until<Preflight>(`/api/preflights/${id}`, ({ state }) => state !== 'pending');
  const { status } = await w.dev.call('DELETE', `/api/experiments/${draft.id}`);
  assert.ok(status === 204 || status === 409);
});

test('what two batches took tells what the wanted one needs, and the largest that fits', () => {
  const [small, large] = [
    { batchSize: 2, mb: 500 },
    { batchSize: 32, mb: 2000 },
  ];
  assert.equal(memoryFit(small, large, { idle: 400, besides: 100, limit: 8000, wanted: 64 }), { needed: 3700, limit: 8000, fits: true, proposed: null });
  assert.equal(memoryFit(small, large, { idle: 400, besides: 0, limit: 3000, wanted: 64 }), { needed: 3600, limit: 3000, fits: false, proposed: 48 });
  assert.equal(memoryFit(small, null, { idle: 400, besides: 0, limit: 1000, wanted: 64 }), { needed: 3600, limit: 1000, fits: false, proposed: 10 });
  assert.equal(memoryFit(small, large, { idle: 400, besides: 0, limit: 300, wanted: 64 }).proposed, null);
});

test('where the preset has a GPU, its memory is compared too', async () => {
  const smi = await nvidiaSmi();
  const gpu = { name: 'NVIDIA GeForce RTX 3090', totalMb: 24576 };
  await smi.says({ ...gpu, processes: '' });
  await w.daemon.end();
  await w.restart();
  await w.admin.ok('PUT', '/api/presets/settings', { presets: [{ name: 'GPU', gpu: 'RTX', gpuMemoryMb: 500, cores: 1, memoryMb: 2048 }] });
  const experiment = await w.draft();
  const { id } = await w.dev.ok<Preflight>('POST', `/api/experiments/${experiment.id}/preflight`, { ...CONFIG, preset: 'GPU' });
  const pidFile = join(w.daemon.data, 'jobs', String(id), 'worker.pid');
  for (let waited = 0; !existsSync(pidFile) && waited < 3000; waited++) await sleep(20);
  const pid = Number.parseInt(readFileSync(pidFile, 'utf8'), 10);
  // The driver tells of it before it asks.
  process.kill(pid, 'SIGSTOP');
  await smi.says({ ...gpu, processes: [{ pid, memory: '612 MiB' }] });
  process.kill(pid, 'SIGCONT');
  const { result } = await w.dev.until<Preflight>(`/api/preflights/${id}`, ({ state }) => state !== 'pending' && state !== 'running', 180);
  assert.equal([result!.gpuMemory, result!.fits, result!.proposedBatchSize], [{ memoryMb: 612, limitMb: 500 }, false, null]);
  assert.equal(codes({ result } as Preflight), ['preflight_gpu_memory_none']);
  assert.match(result!.warnings[0]!.en, /612 MB of GPU memory are needed.*500 MB/);
  await smi.remove();
});

test.run();
