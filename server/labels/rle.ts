/**
 * Run-length encoded masks as COCO defines them (cocodataset.org, "Data format"; pycocotools' maskApi): pixels are counted down the columns, column after
 * column; the first run is of zeros and may be empty, and the runs add up to width × height.
 *
 * The compressed form writes each run as a number of five-bit groups, lowest first, one character (code 48 to 111) a group: bit 5 says that more groups
 * follow, bit 4 of the last one is the sign. From the fourth run on it is the difference to the run two before, as neighbouring columns are alike.
 */
import type { Box, Rle } from './annotation.ts';

/** Largest mask, pixels: what fits into the 32-bit counts of the format with room for differences. */
export const MAX_MASK_PIXELS = 2 ** 30;

/** Run lengths of a compressed string. Throws RangeError where it is not one. */
export function decodeCounts(counts: string): number[] {
  const runs: number[] = [];
  let p = 0;
  while (p < counts.length) {
    let value = 0;
    let scale = 1;
    for (;;) {
      const group = counts.charCodeAt(p) - 48;
      if (!(group >= 0 && group < 64)) throw new RangeError(p < counts.length ? `character ${p + 1} is none of run lengths` : 'the run lengths end too early');
      if (scale > MAX_MASK_PIXELS * 2) throw new RangeError('a run is too long');
      p += 1;
      value += (group & 31) * scale;
      scale *= 32;
      if ((group & 32) !== 0) continue;
      if ((group & 16) !== 0) value -= scale;
      break;
    }
    if (runs.length > 2) value += runs[runs.length - 2]!;
    if (value < 0 || value > MAX_MASK_PIXELS) throw new RangeError(`run ${runs.length + 1} has length ${value}`);
    runs.push(value);
  }
  return runs;
}

/** The compressed string of run lengths. */
export function encodeCounts(runs: readonly number[]): string {
  const codes: number[] = [];
  let text = '';
  for (let i = 0; i < runs.length; i += 1) {
    let value = i > 2 ? runs[i]! - runs[i - 2]! : runs[i]!;
    let more = true;
    while (more) {
      const group = value & 31;
      value >>= 5;
      more = (group & 16) !== 0 ? value !== -1 : value !== 0;
      codes.push((more ? group | 32 : group) + 48);
    }
    if (codes.length > 8000) text += String.fromCharCode(...codes.splice(0));
  }
  return text + String.fromCharCode(...codes);
}

/**
 * A mask of run lengths or of a compressed string that came from outside. Throws RangeError where they are not whole numbers ≥ 0 that add up to
 * width × height.
 */
export function checkedRle(width: number, height: number, counts: string | readonly unknown[]): Rle {
  if (!Number.isInteger(width) || !Number.isInteger(height) || width < 1 || height < 1 || width * height > MAX_MASK_PIXELS)
    throw new RangeError(`a mask of ${width} × ${height}`);
  const runs = typeof counts === 'string' ? decodeCounts(counts) : counts;
  let sum = 0;
  for (const run of runs) {
    if (typeof run !== 'number' || !Number.isInteger(run) || run < 0) throw new RangeError(`a run of ${String(run)}`);
    sum += run;
  }
  if (sum !== width * height) throw new RangeError(`runs add up to ${sum}, ${width} × ${height} = ${width * height} expected`);
  return { width, height, counts: typeof counts === 'string' ? counts : encodeCounts(runs as number[]) };
}

export function rleOfRuns(width: number, height: number, runs: readonly number[]): Rle {
  return { width, height, counts: encodeCounts(runs) };
}

export function runsOf(rle: Rle): number[] {
  return decodeCounts(rle.counts);
}

/** Encodes a mask: one byte a pixel, row by row, anything but 0 (or only `value`, where given) is inside. */
export function encodeMask(mask: ArrayLike<number>, width: number, height: number, value?: number): Rle {
  const runs: number[] = [];
  let inside = false;
  let run = 0;
  for (let x = 0; x < width; x += 1) {
    for (let at = x; at < width * height; at += width) {
      const here = value === undefined ? mask[at] !== 0 : mask[at] === value;
      if (here !== inside) {
        runs.push(run);
        run = 0;
        inside = here;
      }
      run += 1;
    }
  }
  if (run > 0 || runs.length === 0) runs.push(run);
  return rleOfRuns(width, height, runs);
}

/** A mask for each value that occurs in a picture of values (row by row), in one pass. */
export function encodeLayers(values: ArrayLike<number>, width: number, height: number): Map<number, Rle> {
  const layers = new Map<number, { runs: number[]; end: number }>();
  const total = width * height;
  let start = 0;
  let current = values[0] ?? 0;
  const put = (end: number): void => {
    let layer = layers.get(current);
    if (layer === undefined) {
      layer = { runs: [], end: 0 };
      layers.set(current, layer);
    }
    layer.runs.push(start - layer.end, end - start);
    layer.end = end;
    start = end;
  };
  for (let x = 0, at = 0; x < width; x += 1) {
    for (let y = 0; y < height; y += 1, at += 1) {
      const value = values[y * width + x]!;
      if (value === current) continue;
      put(at);
      current = value;
    }
  }
  put(total);
  const out = new Map<number, Rle>();
  for (const [value, { runs, end }] of layers) out.set(value, rleOfRuns(width, height, end < total ? [...runs, total - end] : runs));
  return out;
}

/** Where the pixels of a mask go: pixel (x, y) to index y × stride + x - origin. */
interface Canvas {
  target: Uint8Array | Uint16Array;
  stride: number;
  origin: number;
  value: number;
}

/** Paints `length` pixels, counted down the columns of a mask of this height. */
function paintRun({ target, stride, origin, value }: Canvas, height: number, from: number, length: number): void {
  let x = Math.floor(from / height) - origin;
  let y = from % height;
  for (let k = 0; k < length; k += 1) {
    target[y * stride + x] = value;
    y += 1;
    if (y === height) {
      y = 0;
      x += 1;
    }
  }
}

function paintRuns(rle: Rle, canvas: Canvas): void {
  let at = 0;
  for (const [i, run] of runsOf(rle).entries()) {
    if (i % 2 === 1) paintRun(canvas, rle.height, at, run);
    at += run;
  }
}

/** Decodes into one byte a pixel, row by row: 1 inside. */
export function decodeMask(rle: Rle): Uint8Array {
  const target = new Uint8Array(rle.width * rle.height);
  paintRuns(rle, { target, stride: rle.width, origin: 0, value: 1 });
  return target;
}

/** The smallest box around the inside, and one byte a pixel of it, as decodeMask; null for an empty mask. Objects are small in large pictures. */
export function decodeInBox(rle: Rle): { box: Box; mask: Uint8Array } | null {
  const box = rleBox(rle);
  if (box === null) return null;
  const mask = new Uint8Array(box.width * box.height);
  paintRuns(rle, { target: mask, stride: box.width, origin: box.y * box.width + box.x, value: 1 });
  return { box, mask };
}

/** Pixels between two pauses. */
const PIECE = 2 ** 17;

/** Writes `value` where the mask is inside, and nothing elsewhere: regions can be painted over one another. In pieces of a millisecond or two, with pauses between. */
export async function paintMask(rle: Rle, target: Uint8Array | Uint16Array, value: number, pause: () => Promise<void>): Promise<void> {
  const canvas = { target, stride: rle.width, origin: 0, value };
  let at = 0;
  let painted = 0;
  for (const [i, run] of runsOf(rle).entries()) {
    for (let done = 0; i % 2 === 1 && done < run; ) {
      const part = Math.min(run - done, PIECE - painted);
      paintRun(canvas, rle.height, at + done, part);
      done += part;
      painted += part;
      if (painted < PIECE) continue;
      painted = 0;
      await pause();
    }
    at += run;
  }
}

/** Pixels inside. */
export function rleArea(rle: Rle): number {
  return runsArea(runsOf(rle));
}

export function runsArea(runs: readonly number[]): number {
  let area = 0;
  for (let i = 1; i < runs.length; i += 2) area += runs[i]!;
  return area;
}

/** The smallest box around the inside; null for an empty mask. */
export function rleBox(rle: Rle): Box | null {
  const { height } = rle;
  let [x0, y0, x1, y1] = [Infinity, Infinity, -1, -1];
  let at = 0;
  for (const [i, run] of runsOf(rle).entries()) {
    if (i % 2 === 1 && run > 0) {
      const [first, last] = [at, at + run - 1];
      const [left, right] = [Math.floor(first / height), Math.floor(last / height)];
      x0 = Math.min(x0, left);
      x1 = Math.max(x1, right);
      // A run that goes on in the next column touches both the bottom and the top.
      y0 = Math.min(y0, left === right ? first % height : 0);
      y1 = Math.max(y1, left === right ? last % height : height - 1);
    }
    at += run;
  }
  return x1 < 0 ? null : { x: x0, y: y0, width: x1 - x0 + 1, height: y1 - y0 + 1 };
}

/** Union or intersection of masks of one size, without decoding them. Throws RangeError where sizes differ or there is none. */
export function mergeRle(masks: readonly Rle[], how: 'union' | 'intersection' | 'difference' = 'union'): Rle {
  const first = masks[0];
  if (first === undefined) throw new RangeError('no mask to merge');
  let runs = runsOf(first);
  for (const mask of masks.slice(1)) {
    if (mask.width !== first.width || mask.height !== first.height) throw new RangeError('masks of different sizes');
    runs = mergeRuns(runs, runsOf(mask), how);
  }
  return rleOfRuns(first.width, first.height, runs);
}

/** As mergeRle, of two lists of runs; 'difference' is what is in `a` and not in `b`. */
export function mergeRuns(a: readonly number[], b: readonly number[], how: 'union' | 'intersection' | 'difference'): number[] {
  const out: number[] = [];
  let [i, j, leftA, leftB] = [0, 0, a[0] ?? 0, b[0] ?? 0];
  let inside = false;
  let run = 0;
  for (;;) {
    while (leftA === 0 && i < a.length) leftA = a[++i] ?? 0;
    while (leftB === 0 && j < b.length) leftB = b[++j] ?? 0;
    if (i >= a.length || j >= b.length) break;
    const [inA, inB] = [i % 2 === 1, j % 2 === 1];
    const here = how === 'union' ? inA || inB : how === 'intersection' ? inA && inB : inA && !inB;
    const step = Math.min(leftA, leftB);
    if (here !== inside) {
      out.push(run);
      run = 0;
      inside = here;
    }
    run += step;
    leftA -= step;
    leftB -= step;
  }
  if (run > 0 || out.length === 0) out.push(run);
  return out;
}
