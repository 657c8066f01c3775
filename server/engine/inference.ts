import { readFile } from 'node:fs/promises';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { decodeOnnx } from './onnx.ts';
import type { DeviceName } from './runtime.ts';
import { SHORT_SPIN } from './spin.ts';

export interface InferenceModel {
  readonly device: DeviceName;
  /** The file's metadata_props. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Side of the square input in pixels, and number of classes, read from the graph itself. */
  readonly size: number;
  readonly classes: number;
  /** images: uint8 RGB [count,size,size,3]; returns probabilities [count*classes]. */
  run(images: Uint8Array, count: number): Promise<Float32Array>;
  close(): Promise<void>;
}

/** The file is an ONNX model, but not one that classifies pictures as the studio's do. */
export class ModelInterfaceError extends Error {
  override name = 'ModelInterfaceError';
}

/**
 * Opens a classifier that the studio exported, from a path or its bytes. Throws OnnxFormatError where it is not an ONNX file,
 * ModelInterfaceError where it has other inputs and outputs.
 */
export async function openModel(
  source: string | Uint8Array,
  { threads, device = 'cpu', gpu = null }: { readonly threads: number; readonly device?: DeviceName; readonly gpu?: number | null },
): Promise<InferenceModel> {
  const file = typeof source === 'string' ? await readFile(source) : source;
  const { graph, metadata } = decodeOnnx(file);
  const input = graph.inputs.find(({ name }) => name === 'images');
  const output = graph.outputs.find(({ name }) => name === 'probabilities');
  if (!input || !output) throw new ModelInterfaceError('the model has no input "images" or no output "probabilities"');
  const [, channels, size, width] = input.shape;
  const classes = output.shape[1];
  if (input.dtype !== 'float32' || input.shape.length !== 4 || channels !== 3 || typeof size !== 'number' || size !== width) {
    throw new ModelInterfaceError(`the input is ${input.dtype} [${input.shape}], not float32 [n,3,size,size]`);
  }
  if (typeof classes !== 'number') throw new ModelInterfaceError(`the output is [${output.shape}], not [n,classes]`);
  const session = await InferenceSession.create(file, {
    // An operator that a GPU's provider lacks runs on the CPU.
    executionProviders: [device === 'cuda' ? { name: 'cuda', deviceId: gpu ?? 0 } : device],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    extra: { session: { intra_op: SHORT_SPIN } },
  });
  let planes = new Float32Array(0);
  return {
    device,
    metadata,
    size,
    classes,
    async run(images, count) {
      const area = size * size;
      if (count < 1 || images.length < count * area * 3) throw new RangeError(`${images.length} bytes do not hold ${count} RGB pictures of ${size}×${size}`);
      if (planes.length !== count * area * 3) planes = new Float32Array(count * area * 3);
      toPlanes(images, planes, count, area);
      const results = await session.run({ images: new OrtTensor('float32', planes, [count, 3, size, size]) }, ['probabilities']);
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
