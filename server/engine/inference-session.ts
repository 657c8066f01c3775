import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import type { DeviceName } from './runtime.ts';
import { SHORT_SPIN } from './spin.ts';

export interface SessionOptions {
  readonly threads: number;
  readonly device: DeviceName;
  /** Which of nvidia-smi's GPUs; null: the first. */
  readonly gpu: number | null;
  /** The source is one of prepared.ts: it is opened as it is. */
  readonly prepared: boolean;
}

export interface Session {
  /** images: uint8 RGB [count,size,size,3]; returns probabilities [count*classes]. */
  run(images: Uint8Array, count: number): Promise<Float32Array>;
  close(): Promise<void>;
}

/** Runs on the thread that it is opened on, which is busy until a batch is done; one batch at a time. Throws what the runtime throws. `size`: side of the square input in pixels. */
export async function openSession(source: string | Uint8Array, size: number, { threads, device, gpu, prepared }: SessionOptions): Promise<Session> {
  const options: InferenceSession.SessionOptions = {
    // An operator that a GPU's provider lacks runs on the CPU.
    executionProviders: [device === 'cuda' ? { name: 'cuda', deviceId: gpu ?? 0 } : device],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: prepared ? 'disabled' : 'all',
    // It would be a block for the whole run for each size of batch, on top of what the first run took.
    enableMemPattern: false,
    logSeverityLevel: 3,
    extra: { session: { intra_op: SHORT_SPIN } },
  };
  // The runtime tells a path from bytes by the type; its declarations want to know which before.
  const session = await (typeof source === 'string' ? InferenceSession.create(source, options) : InferenceSession.create(source, options));
  const area = size * size;
  let planes = new Float32Array(0);
  return {
    async run(images, count) {
      const length = count * 3 * area;
      if (planes.length < length) planes = new Float32Array(length);
      toPlanes(images, planes, count, area);
      const results = await session.run({ images: new OrtTensor('float32', planes.subarray(0, length), [count, 3, size, size]) }, ['probabilities']);
      return results.probabilities!.data as Float32Array;
    },
    async close() {
      await session.release();
    },
  };
}

/** [n,h,w,3] to [n,3,h,w]. */
function toPlanes(images: Uint8Array, planes: Float32Array, count: number, area: number): void {
  for (let picture = 0; picture < count; picture++) {
    const start = picture * area * 3;
    for (let pixel = 0, at = start; pixel < area; pixel++, at += 3) {
      planes[start + pixel] = images[at]!;
      planes[start + area + pixel] = images[at + 1]!;
      planes[start + 2 * area + pixel] = images[at + 2]!;
    }
  }
}
