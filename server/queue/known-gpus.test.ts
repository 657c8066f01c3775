/** GPUs whose driver is slow: nvidia-smi is a stand-in that fails until it is told what to say. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { StudioError } from '../errors.ts';
import { Document } from '../store/collection.ts';
import { Allocation, type GpuOfBox, type Need } from './allocation.ts';
import type { StoredJob } from './jobs.ts';
import { KnownGpus, type LastGpus } from './known-gpus.ts';
import { nvidiaSmi } from './nvidia-smi.fixture.ts';
import { type EditedPresets, Presets } from './presets.ts';

const test = suite('known GPUs');
const RTX = { name: 'NVIDIA GeForce RTX 3090', memoryMb: 24576 };

test('those of the last time stand in for a driver that does not answer; when it does, that is told', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'ai-studio-gpus-'));
  const file = join(dir, 'gpus.json');
  const faults: string[] = [];
  const known = async () => new KnownGpus(await Document.open<LastGpus>(file, { gpus: [] }), (error) => void faults.push(String(error)), 10, 50);
  const saying = async (memoryMb: number) => {
    const smi = await nvidiaSmi();
    await smi.says({ name: RTX.name, totalMb: memoryMb, processes: '' });
    return smi;
  };
  const before = await saying(RTX.memoryMb);
  assert.equal(await (await known()).find(), { gpus: [RTX], known: true });
  assert.equal(JSON.parse(await readFile(file, 'utf8')), { gpus: [RTX] });
  await before.remove();

  const silent = await nvidiaSmi();
  const asked = await known();
  assert.equal(await asked.find(), { gpus: [RTX], known: false });
  assert.match(faults.join(), 'does not answer');
  const told: (readonly GpuOfBox[])[] = [];
  const alive = setInterval(() => {}, 1000);
  const tells = (count: number) =>
    new Promise<void>((done) => {
      const look = setInterval(() => {
        if (told.length < count) return;
        clearInterval(look);
        done();
      }, 5);
    });
  asked.awaitAnswer((gpus) => told.push(gpus));
  await tells(1);
  assert.equal(told, [[RTX]], 'nobody waits for ever');
  const after = await saying(12288);
  await tells(2);
  assert.equal(told[1], [{ ...RTX, memoryMb: 12288 }]);
  clearInterval(alive);
  const other = { ...RTX, memoryMb: 12288 };
  assert.equal(JSON.parse(await readFile(file, 'utf8')), { gpus: [other], seen: [RTX, other] });
  await after.says();
  const none = await known();
  assert.equal([await none.find(), none.seen, (await known()).seen], [{ gpus: [], known: true }, [RTX, other], [RTX, other]], 'missing ones are not forgotten');
  await after.remove();
  await silent.remove();
  await rm(dir, { recursive: true });
});

test('a preset whose GPU is missing can be chosen, and what is queued with it waits; one of a GPU that never was there is refused', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'ai-studio-gpus-'));
  const edited = await Document.open<EditedPresets>(join(dir, 'presets.json'), { presets: null });
  const preset = { name: 'GPU', gpu: 'RTX', gpu_memory_mb: 0, device: 'auto' as const, cores: 1, memory_mb: 1000 };
  const on = (gpus: GpuOfBox[], seen: GpuOfBox[]) => {
    const allocation = new Allocation({ cores: 2, memoryMb: 4000, gpus }, true, seen);
    return new Presets(
      [preset],
      edited,
      allocation,
      () => 0,
      () => {},
    );
  };
  const fitOf = (presets: Presets) => presets.list().map(({ fits, gpuMissing }) => [fits, gpuMissing])[0];
  assert.equal(fitOf(on([RTX], [RTX])), [true, false]);
  const missing = on([], [RTX]);
  assert.equal([fitOf(missing), missing.need('GPU').gpu], [[true, true], 'RTX']);
  const never = on([], [{ name: 'NVIDIA T4', memoryMb: 15360 }]);
  assert.equal(fitOf(never), [false, false]);
  try {
    never.need('GPU');
    assert.unreachable();
  } catch (error) {
    assert.is((error as StudioError).code, 'preset_too_large');
  }
  const memoryOn = (gpus: GpuOfBox[], need: Partial<Need> = {}) => {
    const presets = on(gpus, []);
    return presets.gpuMemoryFor({ cores: 1, memoryMb: 1000, gpu: 'any', gpuMemoryMb: 0, ...need });
  };
  const [small, unknown] = [
    { name: 'NVIDIA T4', memoryMb: 15360 },
    { name: 'GPU', memoryMb: 0 },
  ];
  assert.equal([memoryOn([RTX, small]), memoryOn([RTX, small], { gpuMemoryMb: 8000 })], [15360, 8000]);
  assert.equal([memoryOn([RTX, small], { gpu: null }), memoryOn([RTX], { device: 'cpu' }), memoryOn([unknown]), memoryOn([])], [null, null, null, null]);
  await rm(dir, { recursive: true });
});

test('a job keeps what it was promised where only the GPU is missing, and not where the box is too small', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'ai-studio-gpus-'));
  const allocation = new Allocation({ cores: 2, memoryMb: 4000, gpus: [] });
  const edited = await Document.open<EditedPresets>(join(dir, 'presets.json'), { presets: null });
  const presets = new Presets(
    [],
    edited,
    allocation,
    () => 0,
    () => {},
  );
  const kept = (need: Need) => presets.kept({ need, resources: { preset: 'GPU', cores: 1, memoryMb: 1000, gpu: null } } as StoredJob);
  const need: Need = { cores: 2, memoryMb: 4000, gpu: 'RTX', gpuMemoryMb: 8000 };
  assert.equal(kept(need), need);
  try {
    kept({ ...need, cores: 3 });
    assert.unreachable();
  } catch (error) {
    assert.is((error as StudioError).code, 'preset_unknown');
  }
  await rm(dir, { recursive: true });
});

test.run();
