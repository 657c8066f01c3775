import { availableParallelism } from 'node:os';
import { listSupportedBackends } from 'onnxruntime-node';
import type { Architecture } from '../model.ts';
import { initialWeights } from '../model.ts';
import { Random } from '../random.ts';
import type { Device, DeviceName, Executable, Named } from '../runtime.ts';
import type { Tensor } from '../tensor.ts';
import { trainingProgram } from '../training.ts';
import { openDevice } from './open.ts';

/** Seconds of a step, here and on the CPU; null where the device was so slow that it was not worth measuring. */
export interface Speed {
  readonly device: number;
  readonly cpu: number;
}

export type Probe =
  | { readonly state: 'works'; readonly speed: Speed | null }
  /** Not built into this onnxruntime-node; its libraries are not installed; no GPU that it can use; another result than the CPU's; anything else. */
  | { readonly state: 'unsupported' | 'not_installed' | 'no_gpu' | 'wrong' | 'failed'; readonly details: string };

interface Size {
  readonly channels: number;
  readonly side: number;
  readonly batch: number;
}

/** To see whether it computes; whether it is worth more; and what is worth measuring, about the work of a layer of resnet18. */
const tiny: Size = { channels: 4, side: 8, batch: 4 };
const middle: Size = { channels: 16, side: 16, batch: 4 };
const fair: Size = { channels: 64, side: 32, batch: 8 };
/** Seconds that steps up to the middle size take on no GPU, but on one that is only software: there nothing larger is tried. */
const software = 0.06;

function net(channels: number): Architecture {
  return {
    name: 'probe',
    build(model, images, classes) {
      let x = model.relu(model.batchNorm('bn1', model.conv('conv1', images, { out: channels, kernel: 3, padding: 1 })));
      x = model.maxPool(x, { kernel: 3, stride: 2, padding: 1 });
      x = model.relu(model.batchNorm('bn2', model.conv('conv2', x, { out: channels, kernel: 3, padding: 1 })));
      return model.linear('fc', model.globalAveragePool(x), classes);
    },
  };
}

/** A training step of the probe's net, with its inputs. */
async function training(device: Device, { channels, side, batch }: Size): Promise<{ steps(count: number): Promise<number[]>; close(): Promise<void> }> {
  const input = { kind: 'pixels', mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] } as const;
  const program = trainingProgram({ model: net(channels), classes: 4, size: side, batch, input }, { kind: 'sgd', momentum: 0.9, weightDecay: 1e-4 });
  const store = device.store(new Map([...initialWeights(program.parameters, 1), ...program.slots]));
  let executable: Executable;
  try {
    executable = await device.compile(program, store);
  } catch (error) {
    await store.close();
    throw error;
  }
  const random = new Random(1);
  const inputs: Named = new Map<string, Tensor>([
    ['images', { dtype: 'uint8', shape: [batch, side, side, 3], data: Uint8Array.from({ length: batch * side * side * 3 }, () => random.integer(256)) }],
    ['labels', { dtype: 'int32', shape: [batch], data: Int32Array.from({ length: batch }, (_, index) => index % 4) }],
    ['rate', { dtype: 'float32', shape: [], data: Float32Array.of(0.01) }],
  ]);
  return {
    steps: async (count) => (await executable.runAll(Array<Named>(count).fill(inputs))).map((outputs) => Number(outputs.get('loss')!.data[0])),
    close: async () => {
      await store.close();
      await executable.close();
    },
  };
}

/** Seconds of a step, the best of some rounds, once everything has been done for the first time. */
async function stepSeconds(device: Device, size: Size, rounds: number, count: number): Promise<number> {
  const run = await training(device, size);
  try {
    await run.steps(count);
    let best = Number.POSITIVE_INFINITY;
    for (let round = 0; round < rounds; round++) {
      const from = performance.now();
      await run.steps(count);
      best = Math.min(best, (performance.now() - from) / 1000 / count);
    }
    return best;
  } finally {
    await run.close();
  }
}

/**
 * Tries a device: a few training steps, held against the CPU's, then the speed of both. A broken driver may end the process or never answer, so this
 * belongs into a process of its own.
 */
export async function probe(name: DeviceName): Promise<Probe> {
  const threads = availableParallelism();
  if (!listSupportedBackends().some((backend) => backend.name === name)) {
    return { state: 'unsupported', details: `onnxruntime-node for ${process.platform} ${process.arch} has no ${name}` };
  }
  const reference = await openDevice('cpu', threads);
  try {
    const device = await openDevice(name, threads);
    const [expected, found] = [await training(reference, tiny), await training(device, tiny)];
    const losses = [await expected.steps(3), await found.steps(3)] as const;
    let seconds = Number.POSITIVE_INFINITY;
    for (let round = 0; round < 3; round++) {
      const from = performance.now();
      await found.steps(1);
      seconds = Math.min(seconds, (performance.now() - from) / 1000);
    }
    await expected.close();
    await found.close();
    if (losses[0].some((loss, step) => !(Math.abs(loss - losses[1][step]!) <= 1e-3 * loss))) {
      return { state: 'wrong', details: `losses of three steps: ${losses[1].join(', ')}; on the CPU ${losses[0].join(', ')}` };
    }
    if (seconds > software || (await stepSeconds(device, middle, 3, 1)) > software) return { state: 'works', speed: null };
    return { state: 'works', speed: { device: await stepSeconds(device, fair, 3, 16), cpu: await stepSeconds(reference, fair, 3, 1) } };
  } catch (error) {
    return refusal((error as Error).message);
  }
}

/** What the runtime's sentence means. */
export function refusal(details: string): Probe {
  if (/Failed to load (shared )?library|cannot open shared object|libonnxruntime_providers/i.test(details)) return { state: 'not_installed', details };
  if (/adapter|no CUDA-capable device|driver version is insufficient|CUDA failure (35|100)\b|libcuda/i.test(details)) return { state: 'no_gpu', details };
  return { state: 'failed', details };
}
