/**
 * Which shapes are near a place: boxes in a uniform grid over the picture. Shapes come and go with every stroke, and most are small; a grid takes both in
 * constant time.
 */
import type { Box } from '../../server/labels/annotation.ts';

const CELLS = 64;

interface Span {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
}

export class GridIndex {
  readonly #cells = new Map<number, Set<number>>();
  readonly #boxes = new Map<number, Box>();
  readonly #cell: number;

  constructor(width: number, height: number) {
    this.#cell = Math.max(1, Math.max(width, height) / CELLS);
  }

  get size(): number {
    return this.#boxes.size;
  }

  #span(box: Box): Span {
    const at = (value: number) => Math.max(0, Math.min(CELLS - 1, Math.floor(value / this.#cell)));
    return { x0: at(box.x), y0: at(box.y), x1: at(box.x + box.width), y1: at(box.y + box.height) };
  }

  /** Puts a shape in, or to its new place. */
  set(id: number, box: Box): void {
    this.delete(id);
    this.#boxes.set(id, box);
    const { x0, y0, x1, y1 } = this.#span(box);
    for (let y = y0; y <= y1; y++) {
      for (let x = x0; x <= x1; x++) {
        const key = y * CELLS + x;
        const cell = this.#cells.get(key);
        if (cell) cell.add(id);
        else this.#cells.set(key, new Set([id]));
      }
    }
  }

  delete(id: number): void {
    const box = this.#boxes.get(id);
    if (!box) return;
    this.#boxes.delete(id);
    const { x0, y0, x1, y1 } = this.#span(box);
    for (let y = y0; y <= y1; y++) for (let x = x0; x <= x1; x++) this.#cells.get(y * CELLS + x)?.delete(id);
  }

  clear(): void {
    this.#cells.clear();
    this.#boxes.clear();
  }

  box(id: number): Box | undefined {
    return this.#boxes.get(id);
  }

  /** Ids of shapes whose box meets this one, in ascending order. */
  near(box: Box): number[] {
    const found = new Set<number>();
    const { x0, y0, x1, y1 } = this.#span(box);
    for (let y = y0; y <= y1; y++) {
      for (let x = x0; x <= x1; x++) {
        for (const id of this.#cells.get(y * CELLS + x) ?? []) {
          if (!found.has(id) && meets(this.#boxes.get(id) as Box, box)) found.add(id);
        }
      }
    }
    return [...found].sort((a, b) => a - b);
  }
}

export function meets(a: Box, b: Box): boolean {
  return a.x <= b.x + b.width && b.x <= a.x + a.width && a.y <= b.y + b.height && b.y <= a.y + a.height;
}
