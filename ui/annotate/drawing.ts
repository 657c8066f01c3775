/**
 * The shapes of one picture while they are edited: a list, an index of places, and a history without limit in which every step can be taken back and made
 * again. Nothing here knows of canvases or requests.
 */
import type { Shape } from '../../server/labels/annotation.ts';
import { boxOf } from '../../server/labels/shapes.ts';
import { GridIndex } from './grid-index.ts';
import type { Patch, PixelLabels } from './pixel-labels.ts';
import type { Size } from './view.ts';

export interface Item {
  /** Numbers rise in the order of making, and say what lies over what. */
  readonly id: number;
  readonly shape: Shape;
  /** The score of what a model proposes, 0 to 1; null for what a person has made or accepted. */
  readonly proposed: number | null;
}

export interface Change {
  readonly id: number;
  readonly before: Item | null;
  readonly after: Item | null;
}

export interface Step {
  readonly changes: readonly Change[];
  /** What a brush did. */
  readonly patch: Patch | null;
}

export class Drawing {
  readonly size: Size;
  readonly index: GridIndex;
  /** Labels of pixels, in semantic segmentation. */
  readonly pixels: PixelLabels | null;
  readonly #items = new Map<number, Item>();
  readonly #listeners = new Set<(step: Step) => void>();
  #done: Step[] = [];
  #undone: Step[] = [];
  #next = 1;
  #list: readonly Item[] | null = null;

  /** `id`: as the daemon knows the shape; those without one come after them. */
  constructor(size: Size, shapes: readonly { shape: Shape; proposed?: number | null; id?: number }[] = [], pixels: PixelLabels | null = null) {
    this.size = size;
    this.index = new GridIndex(size.width, size.height);
    this.pixels = pixels;
    this.#next = Math.max(0, ...shapes.map(({ id }) => id ?? 0)) + 1;
    for (const { id, shape, proposed } of shapes) this.#put({ id: id ?? this.#next++, shape, proposed: proposed ?? null });
  }

  #put(item: Item): void {
    this.#items.set(item.id, item);
    const box = boxOf(item.shape);
    if (box) this.index.set(item.id, box);
  }

  /** In the order of making. */
  list(): readonly Item[] {
    this.#list ??= [...this.#items.values()].sort((a, b) => a.id - b.id);
    return this.#list;
  }

  get(id: number): Item | undefined {
    return this.#items.get(id);
  }

  get count(): number {
    return this.#items.size;
  }

  /** An id for a shape that is about to be added. */
  newId(): number {
    return this.#next++;
  }

  onStep(run: (step: Step) => void): () => void {
    this.#listeners.add(run);
    return () => this.#listeners.delete(run);
  }

  get canUndo(): boolean {
    return this.#done.length > 0;
  }
  get canRedo(): boolean {
    return this.#undone.length > 0;
  }
  get steps(): number {
    return this.#done.length;
  }

  /** Does something that can be taken back. Changes that change nothing are no step. */
  apply(changes: readonly Change[], patch: Patch | null = null): void {
    const real = changes.filter(({ before, after }) => before !== after);
    if (!real.length && !patch) return;
    const step: Step = { changes: real, patch };
    this.#undone = [];
    this.#done.push(step);
    this.#play(step);
  }

  undo(): boolean {
    const step = this.#done.pop();
    if (!step) return false;
    this.#undone.push(step);
    this.#play(inverse(step));
    return true;
  }

  redo(): boolean {
    const step = this.#undone.pop();
    if (!step) return false;
    this.#done.push(step);
    this.#play(step);
    return true;
  }

  #play(step: Step): void {
    for (const { id, after } of step.changes) {
      this.index.delete(id);
      if (after) this.#put(after);
      else this.#items.delete(id);
    }
    if (step.patch) this.pixels?.apply(step.patch);
    this.#list = null;
    for (const run of [...this.#listeners]) run(step);
  }

  add(shapes: readonly Shape[]): Item[] {
    const items = shapes.map((shape) => ({ id: this.newId(), shape, proposed: null }));
    this.apply(items.map((after) => ({ id: after.id, before: null, after })));
    return items;
  }

  /** Several shapes in one step; null deletes. */
  change(of: readonly { id: number; shape: Shape | null }[]): void {
    this.apply(
      of.flatMap(({ id, shape }) => {
        const before = this.#items.get(id);
        return before ? [{ id, before, after: shape ? { id, shape, proposed: null } : null }] : [];
      }),
    );
  }

  /** Proposals become shapes of the picture. */
  accept(ids: readonly number[]): void {
    this.apply(
      ids.flatMap((id) => {
        const before = this.#items.get(id);
        return before && before.proposed !== null ? [{ id, before, after: { ...before, proposed: null } }] : [];
      }),
    );
  }

  remove(ids: readonly number[]): void {
    this.change(ids.map((id) => ({ id, shape: null })));
  }
}

function inverse(step: Step): Step {
  return {
    changes: [...step.changes].reverse().map(({ id, before, after }) => ({ id, before: after, after: before })),
    patch: step.patch ? { ...step.patch, before: step.patch.after, after: step.patch.before } : null,
  };
}
