/**
 * Labels of pixels for semantic segmentation: each pixel has one class or none, as mask files have it. Brush, eraser and fill write here; every write gives
 * a patch with the values before and after, packed, so that a history of thousands of strokes stays small.
 */
import type { Box, Part, Rle } from '../../server/labels/annotation.ts';
import { ringsOf } from '../../server/labels/geometry.ts';
import { rasterise } from '../../server/labels/raster.ts';
import { encodeLayers, runsOf } from '../../server/labels/rle.ts';
import type { Size } from './view.ts';

/** Values of a rectangle, row by row, as pairs of length and value. */
export type Packed = Uint32Array;
export interface Patch {
  readonly box: Box;
  readonly before: Packed;
  readonly after: Packed;
}

/** Classes that a byte has room for; 0 is "no label". */
export const MOST_CLASSES = 255;

export class PixelLabels {
  readonly width: number;
  readonly height: number;
  /** Row by row: 0 for no label, else the number of a label in `labels` plus one. */
  readonly values: Uint8Array;
  /** The labels that occur or occurred, in the order of their first use. */
  readonly labels: number[] = [];
  readonly #listeners = new Set<(box: Box) => void>();

  constructor(size: Size, layers: readonly { label: number; rle: Rle }[] = []) {
    this.width = size.width;
    this.height = size.height;
    this.values = new Uint8Array(size.width * size.height);
    for (const { label, rle } of layers) if (rle.width === size.width && rle.height === size.height) this.#fillRuns(runsOf(rle), this.#value(label));
  }

  /** The byte of a label; 0 is none. Throws RangeError where there are more labels than a byte has values. */
  #value(label: number): number {
    if (label === 0) return 0;
    const known = this.labels.indexOf(label);
    if (known >= 0) return known + 1;
    if (this.labels.length >= MOST_CLASSES) throw new RangeError('more labels than a byte has values');
    return this.labels.push(label);
  }

  onWrite(run: (box: Box) => void): () => void {
    this.#listeners.add(run);
    return () => this.#listeners.delete(run);
  }
  #tell(box: Box): void {
    for (const run of [...this.#listeners]) run(box);
  }

  #fillRuns(runs: readonly number[], value: number): void {
    const { width, height, values } = this;
    let at = 0;
    for (const [i, run] of runs.entries()) {
      if (i % 2 === 1) {
        let x = Math.floor(at / height);
        let y = at % height;
        for (let k = 0; k < run; k++) {
          values[y * width + x] = value;
          if (++y === height) {
            y = 0;
            x++;
          }
        }
      }
      at += run;
    }
  }

  /** A mask for each class that has pixels. */
  masks(): { label: number; rle: Rle }[] {
    const layers = encodeLayers(this.values, this.width, this.height);
    layers.delete(0);
    return [...layers].map(([value, rle]) => ({ label: this.labels[value - 1] as number, rle })).sort((a, b) => a.label - b.label);
  }

  /** The label of a pixel, 0 for none; -1 outside. */
  at(x: number, y: number): number {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return -1;
    return this.labels[(this.values[Math.floor(y) * this.width + Math.floor(x)] as number) - 1] ?? 0;
  }

  /** No pixel has a label. */
  get empty(): boolean {
    const { values } = this;
    const words = new Uint32Array(values.buffer, 0, values.length >> 2);
    for (let i = 0; i < words.length; i++) if (words[i] !== 0) return false;
    for (let i = words.length << 2; i < values.length; i++) if (values[i] !== 0) return false;
    return true;
  }

  /** How many pixels each label has. */
  counts(): Map<number, number> {
    const by = new Uint32Array(MOST_CLASSES + 1);
    for (const value of this.values) by[value] = (by[value] as number) + 1;
    return new Map([...by.entries()].flatMap(([value, count]) => (value && count ? [[this.labels[value - 1] as number, count] as const] : [])));
  }

  /** The picture's part of a box, in whole pixels; null where they have nothing in common. */
  #whole(x0: number, y0: number, x1: number, y1: number): Box | null {
    const [l, t] = [Math.max(0, Math.floor(x0)), Math.max(0, Math.floor(y0))];
    const [r, b] = [Math.min(this.width, Math.ceil(x1)), Math.min(this.height, Math.ceil(y1))];
    return r > l && b > t ? { x: l, y: t, width: r - l, height: b - t } : null;
  }

  pack(box: Box, values: Uint8Array = this.values): Packed {
    const pairs: number[] = [];
    let [length, value] = [0, -1];
    for (let y = box.y; y < box.y + box.height; y++) {
      for (let x = box.x, at = y * this.width + box.x; x < box.x + box.width; x++, at++) {
        const here = values[at] as number;
        if (here === value) length++;
        else {
          if (length) pairs.push(length, value);
          [length, value] = [1, here];
        }
      }
    }
    if (length) pairs.push(length, value);
    return Uint32Array.from(pairs);
  }

  #unpack(box: Box, packed: Packed): void {
    let [x, y] = [0, 0];
    for (let i = 0; i < packed.length; i += 2) {
      let length = packed[i] as number;
      const value = packed[i + 1] as number;
      while (length > 0) {
        const run = Math.min(length, box.width - x);
        const from = (box.y + y) * this.width + box.x + x;
        this.values.fill(value, from, from + run);
        length -= run;
        x += run;
        if (x === box.width) {
          x = 0;
          y++;
        }
      }
    }
  }

  /** Sets the rectangle to the values after a patch. */
  apply(patch: Patch): void {
    this.#unpack(patch.box, patch.after);
    this.#tell(patch.box);
  }

  /** A thick line with round ends: what a brush of this radius covers between two points. Pixels whose centre is covered are set. */
  stroke(x0: number, y0: number, x1: number, y1: number, radius: number, label: number): Box | null {
    const box = this.#whole(Math.min(x0, x1) - radius, Math.min(y0, y1) - radius, Math.max(x0, x1) + radius, Math.max(y0, y1) + radius);
    if (!box) return null;
    const value = this.#value(label);
    const [dx, dy] = [x1 - x0, y1 - y0];
    const length = dx * dx + dy * dy;
    const most = radius * radius;
    for (let y = box.y; y < box.y + box.height; y++) {
      for (let x = box.x; x < box.x + box.width; x++) {
        const [px, py] = [x + 0.5 - x0, y + 0.5 - y0];
        const t = length === 0 ? 0 : Math.max(0, Math.min(1, (px * dx + py * dy) / length));
        if ((px - t * dx) ** 2 + (py - t * dy) ** 2 <= most) this.values[y * this.width + x] = value;
      }
    }
    this.#tell(box);
    return box;
  }

  /** Sets the inside of a polygon; the patch that says what changed, null for nothing. */
  fillParts(parts: readonly Part[], label: number): Patch | null {
    let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity];
    for (const ring of ringsOf(parts)) {
      for (let i = 0; i + 1 < ring.length; i += 2) {
        [x0, x1] = [Math.min(x0, ring[i] as number), Math.max(x1, ring[i] as number)];
        [y0, y1] = [Math.min(y0, ring[i + 1] as number), Math.max(y1, ring[i + 1] as number)];
      }
    }
    const box = this.#whole(x0, y0, x1, y1);
    return box && this.record(box, () => this.#fillRuns(runsOf(rasterise(parts, this.width, this.height)), this.#value(label)));
  }

  /** Gives the connected area of one label around a pixel another label. */
  flood(x: number, y: number, label: number): Patch | null {
    const from = this.at(x, y);
    if (from === -1 || from === label) return null;
    const { width, height, values } = this;
    const [old, value] = [this.#value(from), this.#value(label)];
    // First the extent, so that only that much is kept; the visited pixels carry the new value at once.
    const before = values.slice();
    const stack = [Math.floor(y) * width + Math.floor(x)];
    let [x0, y0, x1, y1] = [width, height, 0, 0];
    while (stack.length) {
      const at = stack.pop() as number;
      if (values[at] !== old) continue;
      const row = at - (at % width);
      let [l, r] = [at, at];
      while (l > row && values[l - 1] === old) l--;
      while (r + 1 < row + width && values[r + 1] === old) r++;
      values.fill(value, l, r + 1);
      const line = row / width;
      [x0, x1, y0, y1] = [Math.min(x0, l - row), Math.max(x1, r - row + 1), Math.min(y0, line), Math.max(y1, line + 1)];
      for (const next of [row - width, row + width]) {
        if (next < 0 || next >= values.length) continue;
        let open = false;
        for (let i = next + (l - row); i <= next + (r - row); i++) {
          const here = values[i] === old;
          if (here && !open) stack.push(i);
          open = here;
        }
      }
    }
    const box = { x: x0, y: y0, width: x1 - x0, height: y1 - y0 };
    this.#tell(box);
    return this.patchSince(before, box);
  }

  /** What `write` does inside a box, as a patch; null where it changed nothing. */
  record(box: Box, write: () => void): Patch | null {
    const before = this.pack(box);
    write();
    const after = this.pack(box);
    this.#tell(box);
    return samePacked(before, after) ? null : { box, before, after };
  }

  /** What has changed inside a box since a copy of the values was taken. */
  patchSince(copy: Uint8Array, box: Box): Patch | null {
    const before = this.pack(box, copy);
    const after = this.pack(box);
    return samePacked(before, after) ? null : { box, before, after };
  }
}

export function samePacked(a: Packed, b: Packed): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}
