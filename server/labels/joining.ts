/**
 * One closed line for a polygon of several rings. Each ring is joined to the line made so far over a cut between the nearest corners of both, which a tree of all
 * corners finds: near n log n for n corners, where comparing each with each takes minutes for the masks of a large picture.
 */
import type { Part, Ring } from './annotation.ts';
import { reversedRing, ringArea } from './geometry.ts';

/** Holes and further parts are joined over cuts between their nearest corners; of equally near ones the first of the line. Holes run against their outer ring. */
export function joinParts(parts: readonly Part[]): Ring {
  const rings: Ring[] = [];
  let clockwise = true;
  for (const [i, part] of parts.entries()) {
    const forward = ringArea(part.outer) >= 0;
    if (i === 0) clockwise = forward;
    // All outer rings run as the first, so that the non-zero rule fills what the even-odd rule fills.
    rings.push(forward === clockwise ? part.outer : reversedRing(part.outer));
    for (const hole of part.holes) rings.push(ringArea(hole) >= 0 === clockwise ? reversedRing(hole) : hole);
  }
  if (rings.length <= 1) return rings[0] ?? [];
  const corners = rings.flat();
  const line = new Line(corners, rings[0]!.length / 2, rings.length);
  const tree = new CornerTree(corners, line);
  for (let i = 0; i < rings[0]!.length / 2; i += 1) tree.add(i);
  let start = rings[0]!.length / 2;
  for (const ring of rings.slice(1)) {
    const size = ring.length / 2;
    const [at, from] = tree.nearestTo(start, size);
    line.insert(at, start, size, from);
    // A corner that is met in the line itself is there already.
    const meets = corners[2 * at] === corners[2 * from] && corners[2 * at + 1] === corners[2 * from + 1];
    for (let i = start; i < start + size; i += 1) if (!(meets && i === from)) tree.add(i);
    start += size;
  }
  return line.ring();
}

/** A closed line that grows in its midst: a list of corners by number, with a key for each by which two can be put in order. Corners said twice come last, under new numbers. */
class Line {
  readonly #corners: Ring;
  /** Which corner stands at a place. Places up to the number of corners are the corners themselves. */
  readonly #cornerAt: Uint32Array;
  readonly #next: Int32Array;
  readonly #keys: Float64Array;
  #places: number;

  /** Of the first `size` corners; `rings` in all will be in it. */
  constructor(corners: Ring, size: number, rings: number) {
    const count = corners.length / 2;
    this.#corners = corners;
    this.#places = count;
    this.#cornerAt = Uint32Array.from({ length: count + 2 * rings }, (_, i) => i);
    this.#next = new Int32Array(count + 2 * rings).fill(-1);
    this.#keys = new Float64Array(count + 2 * rings);
    for (let i = 0; i + 1 < size; i += 1) this.#next[i] = i + 1;
    this.#number();
  }

  key(corner: number): number {
    return this.#keys[corner]!;
  }

  /** Goes from the corner `at` around the ring of `size` corners from `start`, which begins at its corner `from`, and back. */
  insert(at: number, start: number, size: number, from: number): void {
    const places: number[] = [];
    const meets = this.#corners[2 * at] === this.#corners[2 * from] && this.#corners[2 * at + 1] === this.#corners[2 * from + 1];
    // Where they meet in a corner no cut is needed: the corner itself is not said twice.
    for (let i = meets ? 1 : 0; i < size; i += 1) places.push(start + ((from - start + i) % size));
    places.push(this.#copy(from));
    if (!meets) places.push(this.#copy(at));
    const after = this.#next[at]!;
    const low = this.#keys[at]!;
    const high = after < 0 ? low + places.length + 1 : this.#keys[after]!;
    const step = (high - low) / (places.length + 1);
    let last = at;
    for (const [i, place] of places.entries()) {
      this.#next[last] = place;
      this.#keys[place] = low + step * (i + 1);
      last = place;
    }
    this.#next[last] = after;
    // No room for keys between these two any more.
    if (step < high * 2 ** -48) this.#number();
  }

  ring(): Ring {
    const out: Ring = [];
    for (let place = 0; place >= 0; place = this.#next[place]!)
      out.push(this.#corners[2 * this.#cornerAt[place]!]!, this.#corners[2 * this.#cornerAt[place]! + 1]!);
    return out;
  }

  #copy(corner: number): number {
    this.#cornerAt[this.#places] = corner;
    this.#places += 1;
    return this.#places - 1;
  }

  #number(): void {
    let key = 1;
    for (let place = 0; place >= 0; place = this.#next[place]!) {
      this.#keys[place] = key;
      key += 1;
    }
  }
}

/** Corners of a leaf. */
const LEAF = 8;

/** A k-d tree of all corners, of which those in the line are found. Its nodes are a heap: those below k are 2k + 1 and 2k + 2. */
class CornerTree {
  readonly #corners: Ring;
  readonly #line: Line;
  /** Numbers of corners, those of a node beside one another. */
  readonly #order: Uint32Array;
  /** Of each node: the box of its corners, and how many of them are in the line. */
  readonly #boxes: Float64Array;
  readonly #members: Uint32Array;
  readonly #isMember: Uint8Array;
  /** Where a corner is in `order`. */
  readonly #placeOf: Uint32Array;
  #best = { distance: Infinity, at: -1, from: -1 };

  constructor(corners: Ring, line: Line) {
    const count = corners.length / 2;
    let leaves = 1;
    while (leaves * LEAF < count) leaves *= 2;
    this.#corners = corners;
    this.#line = line;
    this.#order = Uint32Array.from({ length: count }, (_, i) => i);
    this.#boxes = new Float64Array(4 * (2 * leaves - 1));
    this.#members = new Uint32Array(2 * leaves - 1);
    this.#isMember = new Uint8Array(count);
    this.#placeOf = new Uint32Array(count);
    this.#build(0, 0, count);
    for (let i = 0; i < count; i += 1) this.#placeOf[this.#order[i]!] = i;
  }

  #build(node: number, low: number, high: number): void {
    let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity];
    for (let i = low; i < high; i += 1) {
      const [x, y] = [this.#corners[2 * this.#order[i]!]!, this.#corners[2 * this.#order[i]! + 1]!];
      x0 = Math.min(x0, x);
      x1 = Math.max(x1, x);
      y0 = Math.min(y0, y);
      y1 = Math.max(y1, y);
    }
    this.#boxes.set([x0, y0, x1, y1], 4 * node);
    if (2 * node + 1 >= this.#members.length) return;
    const axis = x1 - x0 >= y1 - y0 ? 0 : 1;
    this.#order.subarray(low, high).sort((a, b) => this.#corners[2 * a + axis]! - this.#corners[2 * b + axis]!);
    const middle = (low + high) >>> 1;
    this.#build(2 * node + 1, low, middle);
    this.#build(2 * node + 2, middle, high);
  }

  /** Puts a corner into the line. */
  add(corner: number): void {
    this.#isMember[corner] = 1;
    const place = this.#placeOf[corner]!;
    for (let [node, low, high] = [0, 0, this.#order.length]; node < this.#members.length; ) {
      this.#members[node]! += 1;
      const middle = (low + high) >>> 1;
      if (place < middle) [node, high] = [2 * node + 1, middle];
      else [node, low] = [2 * node + 2, middle];
    }
  }

  /** The corner of the line that is nearest to one of the `size` corners from `start`, and that one. */
  nearestTo(start: number, size: number): [at: number, from: number] {
    this.#best = { distance: Infinity, at: -1, from: -1 };
    for (let from = start; from < start + size; from += 1) this.#look(0, 0, this.#order.length, from);
    return [this.#best.at, this.#best.from];
  }

  #look(node: number, low: number, high: number, from: number): void {
    if (this.#members[node] === 0 || this.#distanceTo(node, from) > this.#best.distance) return;
    if (2 * node + 1 >= this.#members.length) {
      for (let i = low; i < high; i += 1) this.#compare(this.#order[i]!, from);
      return;
    }
    const middle = (low + high) >>> 1;
    if (this.#distanceTo(2 * node + 1, from) <= this.#distanceTo(2 * node + 2, from)) {
      this.#look(2 * node + 1, low, middle, from);
      this.#look(2 * node + 2, middle, high, from);
    } else {
      this.#look(2 * node + 2, middle, high, from);
      this.#look(2 * node + 1, low, middle, from);
    }
  }

  #compare(at: number, from: number): void {
    if (this.#isMember[at] === 0) return;
    const [x, y] = [this.#corners[2 * from]!, this.#corners[2 * from + 1]!];
    const distance = (this.#corners[2 * at]! - x) ** 2 + (this.#corners[2 * at + 1]! - y) ** 2;
    const { distance: least, at: best } = this.#best;
    // The corners of the ring come in their order, so an equal one behind the best is none.
    if (distance < least || (distance === least && this.#line.key(at) < this.#line.key(best))) this.#best = { distance, at, from };
  }

  /** Square of the distance from a corner to a node's box. */
  #distanceTo(node: number, from: number): number {
    const [x, y] = [this.#corners[2 * from]!, this.#corners[2 * from + 1]!];
    const dx = Math.max(this.#boxes[4 * node]! - x, 0, x - this.#boxes[4 * node + 2]!);
    const dy = Math.max(this.#boxes[4 * node + 1]! - y, 0, y - this.#boxes[4 * node + 3]!);
    return dx * dx + dy * dy;
  }
}
