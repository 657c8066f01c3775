import { parseArgs } from 'node:util';
import { cpu } from '../../server/engine/devices/cpu.ts';
import { openDevice } from '../../server/engine/devices/open.ts';
import { probe } from '../../server/engine/devices/probe.ts';
import { initialWeights } from '../../server/engine/model.ts';
import { Random } from '../../server/engine/random.ts';
import type { Device, Named } from '../../server/engine/runtime.ts';
import { deviceNames } from '../../server/engine/runtime.ts';
import type { Tensor } from '../../server/engine/tensor.ts';
import { trainingProgram } from '../../server/engine/training.ts';
import { architectures, isArchitecture } from '../../server/zoo/architectures.ts';

// The training step on a device against the CPU's: losses of some steps, milliseconds of a step. `cpu_apart` is how far the CPU's own two ways of computing are
// apart, the yardstick: with few values a channel (2 pictures of 32 px) a deep net multiplies the last bits' differences by millions. `--arch all` takes every architecture. What cannot run is printed
// with its reason, and the program ends with 1. On WebGPU nothing runs unless every operator has a place on the GPU, so a line is the proof of that.
// Without a GPU: VK_ICD_FILENAMES=/usr/lib/chromium/vk_swiftshader_icd.json, --size 32 --batch 2 --steps 1 --warm 0, and patience.
const { values } = parseArgs({
  options: {
    device: { type: 'string', default: 'webgpu' },
    arch: { type: 'string', default: 'resnet18' },
    size: { type: 'string', default: '224' },
    batch: { type: 'string', default: '8' },
    steps: { type: 'string', default: '10' },
    /** Steps before the clock runs. */
    warm: { type: 'string', default: '3' },
    threads: { type: 'string', default: '2' },
    /** Compile only: whether every operator has a place. */
    place: { type: 'boolean', default: false },
  },
});
const [size, batch, steps, warm, threads] = [values.size, values.batch, values.steps, values.warm, values.threads].map(Number) as [
  number,
  number,
  number,
  number,
  number,
];
const device = deviceNames.find((name) => name === values.device);
if (!device) throw new Error(`no device ${values.device}: ${deviceNames.join(', ')}`);
const names = values.arch === 'all' ? Object.keys(architectures) : [values.arch];
const unknown = names.find((name) => !isArchitecture(name));
if (unknown) throw new Error(`no architecture ${unknown}: all, ${Object.keys(architectures).join(', ')}`);

const say = (line: object) => console.log(JSON.stringify({ bench: 'device', ...line }));
const median = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!;

const random = new Random(0);
const inputs: Named = new Map<string, Tensor>([
  ['images', { dtype: 'uint8', shape: [batch, size, size, 3], data: Uint8Array.from({ length: batch * size * size * 3 }, () => random.integer(256)) }],
  ['labels', { dtype: 'int32', shape: [batch], data: Int32Array.from({ length: batch }, () => random.integer(10)) }],
  ['rate', { dtype: 'float32', shape: [], data: Float32Array.of(1e-3) }],
]);

/** Losses of the steps, and the milliseconds of one (null where it is only compiled). */
async function measure(runner: Device, arch: keyof typeof architectures): Promise<{ losses: number[]; ms: number | null }> {
  const input = { kind: 'pixels', mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] } as const;
  const options = { model: architectures[arch], classes: 10, size, batch, input };
  const program = trainingProgram(options, { kind: 'sgd', momentum: 0.9, weightDecay: 5e-4 });
  const store = runner.store(new Map([...initialWeights(program.parameters, 0), ...program.slots]));
  try {
    const training = await runner.compile(program, store);
    const losses: number[] = [];
    const times: number[] = [];
    if (!values.place) {
      for (let done = 0; done < warm + steps; ) {
        const count = Math.min(training.atOnce, done < warm ? warm - done : warm + steps - done);
        const from = performance.now();
        const outputs = await training.runAll(Array<Named>(count).fill(inputs));
        if (done >= warm) times.push((performance.now() - from) / count);
        losses.push(...outputs.map((each) => Number(each.get('loss')!.data[0])));
        done += count;
      }
    }
    await store.close();
    await training.close();
    return { losses, ms: times.length > 0 ? median(times) : null };
  } catch (error) {
    await store.close();
    throw error;
  }
}

say({ device, probe: await probe(device) });
for (const name of names) {
  const arch = name as keyof typeof architectures;
  try {
    const found = await measure(await openDevice(device, threads), arch);
    if (values.place) {
      say({ arch, device, size, batch, placed: true });
      continue;
    }
    const here = await measure(await cpu({ threads }), arch);
    const plain = await measure(await cpu({ threads, block: 0 }), arch);
    const farthest = (losses: readonly number[]) => Math.max(...losses.map((loss, step) => Math.abs(loss - here.losses[step]!) / Math.abs(here.losses[step]!)));
    const [apart, yardstick] = [farthest(found.losses), farthest(plain.losses)];
    say({
      arch,
      device,
      size,
      batch,
      ms: Number(found.ms!.toFixed(1)),
      cpu_ms: Number(here.ms!.toFixed(1)),
      times_faster: Number((here.ms! / found.ms!).toPrecision(3)),
      images_per_s: Number(((batch * 1000) / found.ms!).toPrecision(4)),
      losses_apart: Number(apart.toPrecision(2)),
      cpu_apart: Number(yardstick.toPrecision(2)),
    });
    if (!(apart <= Math.max(1e-3, 3 * yardstick))) process.exitCode = 1;
  } catch (error) {
    say({ arch, device, size, batch, error: (error as Error).message });
    process.exitCode = 1;
  }
}
