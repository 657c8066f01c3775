/**
 * All pictures of a task in some bytes each: what state they are in, whose they are. 100,000 pictures take 100 KB on the way and half a megabyte here, so
 * filters and counts need no request.
 */
import type { AnnotationIndex, PictureReview, PictureState } from '../../server/http/annotation-schemas.ts';

const STATES: readonly PictureState[] = ['todo', 'done', 'delete'];
const REVIEWS: readonly PictureReview[] = ['none', 'returned', 'fixed', 'accepted'];

export type Filter = 'all' | 'todo' | 'done' | 'delete' | 'returned' | 'fixed' | 'proposed' | 'open';

function bytes(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
function words(base64: string, count: number): Uint16Array {
  const from = bytes(base64);
  const view = new DataView(from.buffer);
  return Uint16Array.from({ length: count }, (_, i) => view.getUint16(2 * i, true));
}

export interface Entry {
  n: number;
  state: PictureState;
  review: PictureReview;
  proposed: boolean;
  part: number;
  label: number;
}

export interface Counts {
  total: number;
  done: number;
  deleted: number;
  returned: number;
  fixed: number;
  /** Waits for the reviewer's word. */
  open: number;
  proposed: number;
}

/** Done or marked to be deleted, and not judged since: neither accepted, nor returned and still to be fixed. */
const isOpen = (state: number, review: number): boolean => state !== 0 && (review === 0 || review === 2);

export class TaskIndex {
  readonly count: number;
  readonly #states: Uint8Array;
  readonly #parts: Uint16Array;
  readonly #labels: Uint16Array | null;
  readonly #scores: Uint8Array | null;
  readonly #unsure: Uint8Array | null;

  constructor(index: AnnotationIndex) {
    this.count = index.count;
    this.#states = bytes(index.states);
    this.#parts = words(index.parts, index.count);
    this.#labels = index.labels === null ? null : words(index.labels, index.count);
    this.#scores = index.scores === null ? null : bytes(index.scores);
    this.#unsure = index.uncertainties === null ? null : bytes(index.uncertainties);
  }

  at(n: number): Entry {
    const bits = this.#states[n] ?? 0;
    return {
      n,
      state: STATES[bits & 3] ?? 'todo',
      review: REVIEWS[(bits >> 2) & 3] ?? 'none',
      proposed: (bits & 16) !== 0,
      part: this.#parts[n] ?? 0,
      label: this.#labels?.[n] ?? 0,
    };
  }

  /** What a save or a message has changed. */
  set(n: number, to: { state?: PictureState; review?: PictureReview; label?: number | null; part?: number }): void {
    if (n >= this.count) return;
    let bits = this.#states[n] as number;
    if (to.state !== undefined) bits = (bits & ~3) | STATES.indexOf(to.state);
    if (to.review !== undefined) bits = (bits & ~12) | (REVIEWS.indexOf(to.review) << 2);
    this.#states[n] = bits;
    if (to.part !== undefined) this.#parts[n] = to.part;
    if (to.label !== undefined && this.#labels) this.#labels[n] = to.label ?? 0;
  }

  /** Score of the proposal, 0 to 1. */
  score(n: number): number {
    return (this.#scores?.[n] ?? 0) / 255;
  }

  #shows(n: number, filter: Filter, label: number): boolean {
    const bits = this.#states[n] as number;
    const [state, review] = [bits & 3, (bits >> 2) & 3];
    if (label >= 0 && this.#labels?.[n] !== label) return false;
    switch (filter) {
      case 'all':
        return true;
      case 'todo':
        return state === 0;
      case 'done':
        return state === 1;
      case 'delete':
        return state === 2;
      case 'returned':
        return review === 1;
      case 'fixed':
        return review === 2;
      case 'proposed':
        return state === 0 && (bits & 16) !== 0;
      case 'open':
        return isOpen(state, review);
    }
  }

  /**
   * Numbers of the pictures that are shown, in order. `parts`: only of these; null: of all. `label`: only of this class, −1 of any. `unsure`: what the model
   * is least sure of first, then what it has not seen.
   */
  list(of: { filter: Filter; parts: ReadonlySet<number> | null; label?: number; unsure?: boolean }): Uint32Array {
    const found = new Uint32Array(this.count);
    let length = 0;
    for (let n = 0; n < this.count; n++) {
      if (of.parts && !of.parts.has(this.#parts[n] as number)) continue;
      if (this.#shows(n, of.filter, of.label ?? -1)) found[length++] = n;
    }
    const list = found.slice(0, length);
    const unsure = this.#unsure;
    if (of.unsure && unsure) {
      const key = (n: number) => ((this.#states[n] as number) & 16 ? (unsure[n] as number) : -1);
      list.sort((a, b) => key(b) - key(a) || a - b);
    }
    return list;
  }

  get ranked(): boolean {
    return this.#unsure !== null;
  }

  counts(parts: ReadonlySet<number> | null): Counts {
    const sum: Counts = { total: 0, done: 0, deleted: 0, returned: 0, fixed: 0, open: 0, proposed: 0 };
    for (let n = 0; n < this.count; n++) {
      if (parts && !parts.has(this.#parts[n] as number)) continue;
      const bits = this.#states[n] as number;
      sum.total++;
      if ((bits & 3) === 1) sum.done++;
      if ((bits & 3) === 2) sum.deleted++;
      if (((bits >> 2) & 3) === 1) sum.returned++;
      if (((bits >> 2) & 3) === 2) sum.fixed++;
      if (isOpen(bits & 3, (bits >> 2) & 3)) sum.open++;
      if ((bits & 3) === 0 && bits & 16) sum.proposed++;
    }
    return sum;
  }

  /** The next picture in the list after a place for which there is something to do; round the end to the start. −1: none is left. */
  nextTodo(list: Uint32Array, from: number): number {
    for (let step = 1; step <= list.length; step++) {
      const at = (from + step + list.length) % list.length;
      const { state, review } = this.at(list[at] as number);
      if (state === 'todo' || review === 'returned') return at;
    }
    return -1;
  }
}
