import { stat } from 'node:fs/promises';
import { openSession, type Session, type SessionOptions } from './inference-session.ts';
import { openStreams, PIXELS_A_THREAD, streamsFor, together } from './inference-streams.ts';
import { readInterface } from './onnx.ts';
import { type PreparedModel, prepare } from './prepared.ts';
import type { DeviceName } from './runtime.ts';

export interface InferenceModel extends Session {
  readonly device: DeviceName;
  /** The file's metadata_props. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Side of the square input in pixels, and number of classes, read from the graph itself. */
  readonly size: number;
  readonly classes: number;
  /** How many batches it judges at the same time. */
  readonly streams: number;
  /** Pictures that are best given to it in a batch. */
  readonly batch: number;
}

/** Pixels in a batch. On the CPU a picture of a larger batch takes as long, and all of them more memory; a GPU has more units to keep busy. */
const PIXELS_OF_GPU = 1_000_000;
const MOST_PICTURES = 64;

interface OpenOptions extends Partial<Pick<SessionOptions, 'device' | 'gpu'>> {
  readonly threads: number;
  readonly memoryBytes?: number;
  readonly cache?: string;
}

/** The file is an ONNX model, but not one that classifies pictures as the studio's do. */
export class ModelInterfaceError extends Error {
  override name = 'ModelInterfaceError';
}

/**
 * Opens a classifier that the studio exported, from a path or its bytes. Throws OnnxFormatError where it is not an ONNX file,
 * ModelInterfaceError where it has other inputs and outputs. On the CPU of `threads` it is parted into as many streams as `memoryBytes`, which the process
 * may take, has room for, and a file is kept prepared (prepared.ts) in the folder `cache` if there is one.
 */
export async function openModel(
  source: string | Uint8Array,
  { threads, device = 'cpu', gpu = null, memoryBytes = 0, cache }: OpenOptions,
): Promise<InferenceModel> {
  const { metadata, inputs, outputs } = readInterface(source);
  const input = inputs.find(({ name }) => name === 'images');
  const output = outputs.find(({ name }) => name === 'probabilities');
  if (!input || !output) throw new ModelInterfaceError('the model has no input "images" or no output "probabilities"');
  const [, channels, size, width] = input.shape;
  const classes = output.shape[1];
  if (input.dtype !== 'float32' || input.shape.length !== 4 || channels !== 3 || typeof size !== 'number' || size !== width) {
    throw new ModelInterfaceError(`the input is ${input.dtype} [${input.shape}], not float32 [n,3,size,size]`);
  }
  if (typeof classes !== 'number') throw new ModelInterfaceError(`the output is [${output.shape}], not [n,classes]`);
  const fileBytes = typeof source === 'string' ? (await stat(source)).size : source.byteLength;
  const open = async (file: string | Uint8Array, found?: PreparedModel['found']) => {
    const prepared = found !== undefined;
    const streams = device === 'cpu' ? streamsFor(threads, { fileBytes, size, memoryBytes, prepared: found }) : 1;
    const sessions =
      streams > 1 ? await openStreams(file, size, { threads, streams, prepared }) : [await openSession(file, size, { threads, device, gpu, prepared })];
    return { streams, ...together(sessions) };
  };
  const quick = device === 'cpu' && cache !== undefined && typeof source === 'string' ? await opened(source, cache, open) : null;
  const { streams, run, close } = quick ?? (await open(source));
  return {
    device,
    metadata,
    size,
    classes,
    streams,
    batch: Math.max(1, Math.min(MOST_PICTURES, Math.floor((device === 'cpu' ? PIXELS_A_THREAD * Math.ceil(threads / streams) : PIXELS_OF_GPU) / size ** 2))),
    async run(images, count) {
      const bytes = count * size * size * 3;
      if (count < 1 || images.length < bytes) throw new RangeError(`${images.length} bytes do not hold ${count} RGB pictures of ${size}×${size}`);
      return run(images, count);
    },
    close,
  };
}

/** null where the disk or the runtime does not let it: then the model is opened from its own file, which tells what is wrong with that. */
async function opened<T extends Pick<Session, 'close'>>(
  model: string,
  cache: string,
  open: (file: string, found: PreparedModel['found']) => Promise<T>,
): Promise<T | null> {
  let kept: PreparedModel | null = null;
  try {
    kept = await prepare(model, cache);
    const session = await open(kept.file, kept.found);
    const keeping = kept.keep();
    return {
      ...session,
      async close() {
        await keeping;
        await session.close();
      },
    };
  } catch {
    await kept?.drop().catch(() => {});
    return null;
  }
}
