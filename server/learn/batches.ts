/** Pictures into batches of pixels, decoded and augmented while the step before them runs. */
import { sharp } from '../sharp.ts';
import type { PictureSet } from '../store/pictures.ts';
import { inOrder } from './ordered.ts';
import { generator, shuffle } from './random.ts';

/** RGB, row by row: size × size × 3 bytes. The picture is stretched to the square, transparent parts on white, whatever depth and colour space it has. */
export function decodeSquare(encoded: Buffer, size: number): Promise<Uint8Array> {
  return sharp(encoded, { failOn: 'error' }).flatten({ background: '#ffffff' }).resize(size, size, { fit: 'fill' }).toColourspace('srgb').raw().toBuffer();
}

/** The pixels of a picture set's pictures at one size. */
export class Pixels {
  readonly size: number;
  readonly #set: PictureSet;
  readonly #kept: Map<number, Uint8Array> | null;

  /** Decoded pictures are kept in memory where `count` of them take at most `memoryBytes`; otherwise each is decoded whenever it is asked for. */
  constructor(set: PictureSet, size: number, count: number, memoryBytes: number) {
    this.size = size;
    this.#set = set;
    this.#kept = count * size * size * 3 <= memoryBytes ? new Map() : null;
  }

  get inMemory(): boolean {
    return this.#kept !== null;
  }

  /** Of picture n; not to be written to. Throws what the disk or the decoder throws. */
  async of(n: number): Promise<Uint8Array> {
    const kept = this.#kept?.get(n);
    if (kept !== undefined) return kept;
    const { data } = await this.#set.picture(n);
    const pixels = await decodeSquare(data, this.size);
    this.#kept?.set(n, pixels);
    return pixels;
  }
}

export interface Batch {
  /** RGB, batch × size × size × 3. */
  images: Uint8Array;
  labels: Int32Array;
  /** How many are real; the rest is black with label 0. */
  count: number;
}

export interface Example {
  /** Picture of the set. */
  n: number;
  label: number;
}

/** Begun and not yet taken: one that the decoder works on, one whose files are being read, one ready. */
export const AHEAD = 3;

/**
 * One epoch of training batches, in an order of its own. The graph's shapes are static, so the last batch is filled up with the first pictures of the
 * same order: at most batch − 1 pictures are seen twice in an epoch, others each time. Same seed and epoch: same batches, bit by bit.
 */
export function trainingBatches(
  pixels: Pixels,
  examples: readonly Example[],
  { batch, epoch, seed, augment }: { batch: number; epoch: number; seed: number; augment: boolean },
): AsyncGenerator<Batch> {
  const order = shuffle([...examples], generator(seed, 0x0bde5, epoch));
  const steps = Math.ceil(order.length / batch);
  const chunks = Array.from({ length: steps }, (_, step) => Array.from({ length: batch }, (_, i) => order[(step * batch + i) % order.length]!));
  return inOrder(chunks, AHEAD, (chunk) => assemble(pixels, chunk, batch, augment ? (n) => generator(seed, 0xa06, epoch, n) : null));
}

/** The pictures in their own order, unchanged; the last batch may hold fewer. */
export function evaluationBatches(pixels: Pixels, examples: readonly Example[], batch: number): AsyncGenerator<Batch> {
  const chunks = Array.from({ length: Math.ceil(examples.length / batch) }, (_, step) => examples.slice(step * batch, (step + 1) * batch));
  return inOrder(chunks, AHEAD, (chunk) => assemble(pixels, chunk, batch, null));
}

async function assemble(pixels: Pixels, chunk: readonly Example[], batch: number, random: ((n: number) => () => number) | null): Promise<Batch> {
  const labels = new Int32Array(batch);
  labels.set(chunk.map(({ label }) => label));
  const numbers = chunk.map(({ n }) => n);
  return { images: await imagesOf(pixels, numbers, batch, random), labels, count: chunk.length };
}

/** Pictures `numbers` as RGB, batch × size × size × 3; augmented where there is a generator of random numbers for each. */
export async function imagesOf(
  pixels: Pixels,
  numbers: readonly number[],
  batch = numbers.length,
  random: ((n: number) => () => number) | null = null,
): Promise<Uint8Array> {
  const { size } = pixels;
  const bytes = size * size * 3;
  const images = new Uint8Array(batch * bytes);
  await Promise.all(
    numbers.map(async (n, at) => {
      const picture = await pixels.of(n);
      if (random === null) images.set(picture, at * bytes);
      else augmentInto(images.subarray(at * bytes, (at + 1) * bytes), picture, size, random(n));
    }),
  );
  return images;
}

/** Shift to each side, in shares of the picture's side; brightness and contrast, ±. */
const SHIFT = 1 / 16;
const BRIGHTNESS = 0.15;
const CONTRAST = 0.15;

/**
 * Mirrored left to right every other time, shifted (the edge's pixels repeated), brightness and contrast changed. Not turned upside down: what stands
 * on a line has a top.
 */
export function augmentInto(target: Uint8Array, picture: Uint8Array, size: number, random: () => number): void {
  const mirrored = random() < 0.5;
  const reach = Math.floor(size * SHIFT);
  const dx = Math.round((2 * random() - 1) * reach);
  const dy = Math.round((2 * random() - 1) * reach);
  const brightness = 255 * BRIGHTNESS * (2 * random() - 1);
  const contrast = 1 + CONTRAST * (2 * random() - 1);
  const tone = Uint8ClampedArray.from({ length: 256 }, (_, value) => (value - 127.5) * contrast + 127.5 + brightness);
  const columns = Int32Array.from({ length: size }, (_, x) => 3 * Math.min(size - 1, Math.max(0, (mirrored ? size - 1 - x : x) + dx)));
  for (let y = 0, to = 0; y < size; y++) {
    const row = 3 * size * Math.min(size - 1, Math.max(0, y + dy));
    for (let x = 0; x < size; x++, to += 3) {
      const from = row + columns[x]!;
      target[to] = tone[picture[from]!]!;
      target[to + 1] = tone[picture[from + 1]!]!;
      target[to + 2] = tone[picture[from + 2]!]!;
    }
  }
}
