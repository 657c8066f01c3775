/**
 * Cutting polygons to a rectangle, one side after another. Unlike Sutherland and Hodgman's method, which leaves edges along the border between the pieces
 * of a concave ring, each cut pairs the crossings in their order along the line, so that pieces come apart and opened holes join the outline.
 */
import type { Box, Part, Ring } from './annotation.ts';
import { ringArea, ringsBox, ringsOf } from './geometry.ts';
import { nest } from './rings.ts';

/** Regions smaller than this after a cut are rounding, square pixels. */
const LEAST_AREA = 1e-9;

/** The part of a polygon that lies in a rectangle: the very same parts where nothing sticks out, none where nothing is in. */
export function clipParts(parts: readonly Part[], to: Box): Part[] {
  const out: Part[] = [];
  for (const part of parts) {
    const box = ringsBox([part.outer]);
    if (box === null) continue;
    if (box.x >= to.x && box.y >= to.y && box.x + box.width <= to.x + to.width && box.y + box.height <= to.y + to.height) {
      out.push(part);
      continue;
    }
    if (box.x >= to.x + to.width || box.y >= to.y + to.height || box.x + box.width <= to.x || box.y + box.height <= to.y) continue;
    let rings = ringsOf([part]);
    rings = cut(rings, 0, to.x, 1);
    rings = cut(rings, 0, to.x + to.width, -1);
    rings = cut(rings, 1, to.y, 1);
    rings = cut(rings, 1, to.y + to.height, -1);
    if (rings.length > 0) out.push(...nest(rings));
  }
  return out;
}

/** The intersection of a box with a rectangle; null where they have no area in common. */
export function clipBox(box: Box, to: Box): Box | null {
  const [x0, y0] = [Math.max(box.x, to.x), Math.max(box.y, to.y)];
  const [x1, y1] = [Math.min(box.x + box.width, to.x + to.width), Math.min(box.y + box.height, to.y + to.height)];
  return x1 > x0 && y1 > y0 ? { x: x0, y: y0, width: x1 - x0, height: y1 - y0 } : null;
}

/** Keeps what lies on one side of a line: coordinate `axis` (0: x, 1: y) at least `at` for sign 1, at most for sign −1. */
function cut(rings: readonly Ring[], axis: 0 | 1, at: number, sign: 1 | -1): Ring[] {
  const whole: Ring[] = [];
  // An open line on the inside, between two crossings; `ends` are their positions along the cut.
  const chains: { points: Ring; ends: [number, number] }[] = [];
  const inside = (ring: Ring, i: number): boolean => sign * (ring[i + axis]! - at) >= 0;
  for (const ring of rings) {
    const n = ring.length;
    let start = -1;
    let any = false;
    for (let i = 0; i < n; i += 2) {
      if (!inside(ring, i)) continue;
      any = true;
      if (!inside(ring, (i + n - 2) % n)) start = i;
    }
    if (!any) continue;
    if (start < 0) {
      whole.push(ring);
      continue;
    }
    // From an entry once around: every run of inside points is a chain, with the crossings at both ends.
    for (let k = 0; k < n; ) {
      const i = (start + k) % n;
      if (!inside(ring, i)) {
        k += 2;
        continue;
      }
      const entry = crossing(ring, (i + n - 2) % n, i, axis, at);
      const points: Ring = [...entry];
      let j = i;
      while (inside(ring, j)) {
        points.push(ring[j]!, ring[j + 1]!);
        k += 2;
        j = (start + k) % n;
      }
      const exit = crossing(ring, (j + n - 2) % n, j, axis, at);
      points.push(...exit);
      chains.push({ points, ends: [entry[1 - axis]!, exit[1 - axis]!] });
    }
  }
  for (const ring of close(chains)) {
    const tidy = withoutRepeats(ring);
    if (tidy.length >= 6 && Math.abs(ringArea(tidy)) > LEAST_AREA) whole.push(tidy);
  }
  return whole;
}

function crossing(ring: Ring, i: number, j: number, axis: 0 | 1, at: number): [number, number] {
  const t = (at - ring[i + axis]!) / (ring[j + axis]! - ring[i + axis]!);
  const other = ring[i + 1 - axis]! + t * (ring[j + 1 - axis]! - ring[i + 1 - axis]!);
  return axis === 0 ? [at, other] : [other, at];
}

/** Joins chains into rings: along the cut the inside lies between the first and second crossing, the third and fourth, and so on. */
function close(chains: readonly { points: Ring; ends: [number, number] }[]): Ring[] {
  const ends = chains.flatMap(({ ends }, c) => [
    { c, e: 0, along: ends[0] },
    { c, e: 1, along: ends[1] },
  ]);
  ends.sort((a, b) => a.along - b.along);
  const partner = new Map<number, number>();
  for (let i = 0; i + 1 < ends.length; i += 2) {
    const [a, b] = [ends[i]!, ends[i + 1]!];
    partner.set(a.c * 2 + a.e, b.c * 2 + b.e);
    partner.set(b.c * 2 + b.e, a.c * 2 + a.e);
  }
  const used = new Uint8Array(chains.length);
  const rings: Ring[] = [];
  for (let first = 0; first < chains.length; first += 1) {
    if (used[first] === 1) continue;
    const ring: Ring = [];
    let [c, from] = [first, 0];
    while (used[c] === 0) {
      used[c] = 1;
      const { points } = chains[c]!;
      if (from === 0) for (const value of points) ring.push(value);
      else for (let i = points.length - 2; i >= 0; i -= 2) ring.push(points[i]!, points[i + 1]!);
      const next = partner.get(c * 2 + (1 - from))!;
      c = next >> 1;
      from = next & 1;
    }
    rings.push(ring);
  }
  return rings;
}

function withoutRepeats(ring: Ring): Ring {
  const out: Ring = [];
  for (let i = 0; i < ring.length; i += 2) {
    const n = out.length;
    if (n === 0 || out[n - 2] !== ring[i] || out[n - 1] !== ring[i + 1]) out.push(ring[i]!, ring[i + 1]!);
  }
  while (out.length > 2 && out[0] === out[out.length - 2] && out[1] === out[out.length - 1]) out.length -= 2;
  return out;
}
