/** Plane geometry of rings: area, box, containment, crossings, simplification, affine maps. Units are pixels; y points down. */
import type { Box, Part, Ring } from './annotation.ts';

/** Signed area by the shoelace formula, square pixels; positive where the ring runs clockwise on the screen (y points down). */
export function ringArea(ring: Ring): number {
  const n = ring.length;
  if (n < 6) return 0;
  // Relative to the first point: keeps precision for small rings far from the origin.
  const [ox, oy] = [ring[0]!, ring[1]!];
  let twice = 0;
  for (let i = 2; i + 3 < n; i += 2) twice += (ring[i]! - ox) * (ring[i + 3]! - oy) - (ring[i + 2]! - ox) * (ring[i + 1]! - oy);
  return twice / 2;
}

/** Area of a polygon, square pixels: outer rings less their holes. Parts that overlap count twice. */
export function partsArea(parts: readonly Part[]): number {
  let area = 0;
  for (const { outer, holes } of parts) {
    area += Math.abs(ringArea(outer));
    for (const hole of holes) area -= Math.abs(ringArea(hole));
  }
  return area;
}

export function ringsOf(parts: readonly Part[]): Ring[] {
  return parts.flatMap(({ outer, holes }) => [outer, ...holes]);
}

/** The smallest upright box around rings; null where there is no point. */
export function ringsBox(rings: readonly Ring[]): Box | null {
  let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const ring of rings) {
    for (let i = 0; i + 1 < ring.length; i += 2) {
      const [x, y] = [ring[i]!, ring[i + 1]!];
      if (x < x0) x0 = x;
      if (x > x1) x1 = x;
      if (y < y0) y0 = y;
      if (y > y1) y1 = y;
    }
  }
  return x1 < x0 ? null : { x: x0, y: y0, width: x1 - x0, height: y1 - y0 };
}

/** The corners of a box as a ring, clockwise on the screen from the upper left. */
export function boxRing({ x, y, width, height }: Box): Ring {
  return [x, y, x + width, y, x + width, y + height, x, y + height];
}

/** Whether a point lies inside a ring by the even-odd rule. Points exactly on the line count by the half-open rule: upper and left edges are inside. */
export function pointInRing(x: number, y: number, ring: Ring): boolean {
  let inside = false;
  const n = ring.length;
  for (let i = 0, j = n - 2; i < n; j = i, i += 2) {
    const [xi, yi, xj, yj] = [ring[i]!, ring[i + 1]!, ring[j]!, ring[j + 1]!];
    if (yi > y !== yj > y && x < xi + ((y - yi) / (yj - yi)) * (xj - xi)) inside = !inside;
  }
  return inside;
}

/** Whether a point lies in a polygon: in an outer ring and in none of its holes. */
export function pointInParts(x: number, y: number, parts: readonly Part[]): boolean {
  return parts.some(({ outer, holes }) => pointInRing(x, y, outer) && !holes.some((hole) => pointInRing(x, y, hole)));
}

/** Whether a point lies on the line of a ring (exactly, but for rounding of `tolerance` pixels). */
export function pointOnRing(x: number, y: number, ring: Ring, tolerance = 1e-9): boolean {
  const n = ring.length;
  for (let i = 0, j = n - 2; i < n; j = i, i += 2) {
    if (squaredDistanceToSegment(x, y, ring[j]!, ring[j + 1]!, ring[i]!, ring[i + 1]!) <= tolerance * tolerance) return true;
  }
  return false;
}

/**
 * Takes the rounding of a few sums and products away: a number that is a multiple of a millionth of a pixel but for `tolerance` is meant to be that. So
 * coordinates of up to six decimals go through a format with other units and come back exactly.
 */
export function settled(pixels: number, tolerance: number): number {
  const round = Math.round(pixels * 1e6) / 1e6;
  return Math.abs(round - pixels) <= tolerance ? round : pixels;
}

/** Points of a ring that differ from their predecessor. */
export function distinctPoints(ring: Ring): number {
  const n = ring.length;
  let count = 0;
  for (let i = 0, j = n - 2; i < n; j = i, i += 2) if (ring[i] !== ring[j] || ring[i + 1] !== ring[j + 1]) count += 1;
  return n === 2 ? 1 : count;
}

/** Without the repeated first point at the end that some files have. The same array where there is none. */
export function openRing(ring: Ring): Ring {
  let n = ring.length;
  while (n > 2 && ring[0] === ring[n - 2] && ring[1] === ring[n - 1]) n -= 2;
  return n === ring.length ? ring : ring.slice(0, n);
}

export function reversedRing(ring: Ring): Ring {
  const out: Ring = [];
  for (let i = ring.length - 2; i >= 0; i -= 2) out.push(ring[i]!, ring[i + 1]!);
  return out;
}

const side = (ax: number, ay: number, bx: number, by: number, cx: number, cy: number): number => (bx - ax) * (cy - ay) - (by - ay) * (cx - ax);

/**
 * Whether edges of the rings cross one another: two edges that pass through each other's inside. Edges that only touch (a hole that meets its outer ring
 * in a point, a cut walked to and fro) do not count. A sweep along x over the edges that overlap there: near n log n for outlines as people draw them.
 */
export function selfCrossing(rings: readonly Ring[]): boolean {
  let count = 0;
  for (const ring of rings) count += ring.length / 2;
  const edges = new Float64Array(count * 4);
  const order = new Uint32Array(count);
  let e = 0;
  for (const ring of rings) {
    for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
      // The left end first, so that edges[4e] is the smallest x.
      const swap = ring[j]! > ring[i]!;
      const [from, to] = swap ? [i, j] : [j, i];
      edges.set([ring[from]!, ring[from + 1]!, ring[to]!, ring[to + 1]!], e * 4);
      order[e] = e;
      e += 1;
    }
  }
  order.sort((p, q) => edges[p * 4]! - edges[q * 4]!);
  const active: number[] = [];
  for (const p of order) {
    const [ax, ay, bx, by] = [edges[p * 4]!, edges[p * 4 + 1]!, edges[p * 4 + 2]!, edges[p * 4 + 3]!];
    const [low, high] = ay < by ? [ay, by] : [by, ay];
    let kept = 0;
    for (const q of active) {
      const [cx, cy, dx, dy] = [edges[q * 4]!, edges[q * 4 + 1]!, edges[q * 4 + 2]!, edges[q * 4 + 3]!];
      if (dx < ax) continue;
      active[kept] = q;
      kept += 1;
      if ((cy < low && dy < low) || (cy > high && dy > high)) continue;
      const [s1, s2] = [side(ax, ay, bx, by, cx, cy), side(ax, ay, bx, by, dx, dy)];
      if (!((s1 > 0 && s2 < 0) || (s1 < 0 && s2 > 0))) continue;
      const [s3, s4] = [side(cx, cy, dx, dy, ax, ay), side(cx, cy, dx, dy, bx, by)];
      if ((s3 > 0 && s4 < 0) || (s3 < 0 && s4 > 0)) return true;
    }
    active.length = kept;
    active.push(p);
  }
  return false;
}

export function squaredDistanceToSegment(px: number, py: number, ax: number, ay: number, bx: number, by: number): number {
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy;
  const t = length === 0 ? 0 : Math.min(1, Math.max(0, ((px - ax) * dx + (py - ay) * dy) / length));
  const [ex, ey] = [px - ax - t * dx, py - ay - t * dy];
  return ex * ex + ey * ey;
}

/**
 * Douglas–Peucker on a closed ring: fewer points, none of the dropped ones further than `tolerance` pixels from the new line. Starts from two points far
 * apart. Where a ring that did not cross itself would, the tolerance is halved, at last to nothing: the result crosses itself only if the ring did.
 */
export function simplifyRing(ring: Ring, tolerance: number): Ring {
  const crossed = selfCrossing([ring]);
  for (let t = tolerance; t > tolerance / 64; t /= 2) {
    const out = douglasPeucker(ring, t);
    if (out.length >= 6 && ringArea(out) !== 0 && (crossed || !selfCrossing([out]))) return out;
  }
  return ring;
}

function douglasPeucker(ring: Ring, tolerance: number): Ring {
  const n = ring.length / 2;
  if (n <= 3) return ring;
  let far = 0;
  let farthest = -1;
  for (let i = 1; i < n; i += 1) {
    const d = (ring[2 * i]! - ring[0]!) ** 2 + (ring[2 * i + 1]! - ring[1]!) ** 2;
    if (d > farthest) [far, farthest] = [i, d];
  }
  const keep = new Uint8Array(n + 1);
  keep[0] = 1;
  keep[far] = 1;
  const at = (i: number): [number, number] => [ring[(2 * i) % (2 * n)]!, ring[((2 * i) % (2 * n)) + 1]!];
  const stack: [number, number][] = [
    [0, far],
    [far, n],
  ];
  for (let span = stack.pop(); span !== undefined; span = stack.pop()) {
    const [from, to] = span;
    const [ax, ay] = at(from);
    const [bx, by] = at(to);
    let worst = tolerance * tolerance;
    let split = -1;
    for (let i = from + 1; i < to; i += 1) {
      const d = squaredDistanceToSegment(...at(i), ax, ay, bx, by);
      if (d > worst) [split, worst] = [i, d];
    }
    if (split < 0) continue;
    keep[split] = 1;
    stack.push([from, split], [split, to]);
  }
  const out: Ring = [];
  for (let i = 0; i < n; i += 1) if (keep[i] === 1) out.push(ring[2 * i]!, ring[2 * i + 1]!);
  return out;
}

/** x' = a·x + c·y + e, y' = b·x + d·y + f: the order of SVG and canvas. */
export type Matrix = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

export const IDENTITY: Matrix = [1, 0, 0, 1, 0, 0];
export const scaling = (sx: number, sy: number): Matrix => [sx, 0, 0, sy, 0, 0];
export const translation = (dx: number, dy: number): Matrix => [1, 0, 0, 1, dx, dy];
/** Mirrors left and right in a picture `width` wide. */
export const flipHorizontally = (width: number): Matrix => [-1, 0, 0, 1, width, 0];
export const flipVertically = (height: number): Matrix => [1, 0, 0, -1, 0, height];
/** Clockwise on the screen by `degrees` about (cx, cy). Exact for multiples of 90°. */
export function rotation(degrees: number, cx: number, cy: number): Matrix {
  const quarter = ((degrees % 360) + 360) % 360;
  const [cos, sin] =
    quarter % 90 === 0
      ? [[1, 0, -1, 0][quarter / 90]!, [0, 1, 0, -1][quarter / 90]!]
      : [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  return [cos, sin, -sin, cos, cx - cos * cx + sin * cy, cy - sin * cx - cos * cy];
}

/** First `first`, then `second`. */
export function compose(first: Matrix, second: Matrix): Matrix {
  const [a, b, c, d, e, f] = first;
  const [A, B, C, D, E, F] = second;
  return [A * a + C * b, B * a + D * b, A * c + C * d, B * c + D * d, A * e + C * f + E, B * e + D * f + F];
}

/** The map back. Throws RangeError where there is none. */
export function invert([a, b, c, d, e, f]: Matrix): Matrix {
  const det = a * d - b * c;
  if (!(Math.abs(det) > 0 && Number.isFinite(det))) throw new RangeError('this map cannot be inverted');
  return [d / det, -b / det, -c / det, a / det, (c * f - d * e) / det, (b * e - a * f) / det];
}

/** A ring under an affine map. A mirrored ring runs the other way round; no rule here depends on that. */
export function transformRing(ring: Ring, [a, b, c, d, e, f]: Matrix): Ring {
  const out: Ring = new Array<number>(ring.length);
  for (let i = 0; i + 1 < ring.length; i += 2) {
    const [x, y] = [ring[i]!, ring[i + 1]!];
    out[i] = a * x + c * y + e;
    out[i + 1] = b * x + d * y + f;
  }
  return out;
}
