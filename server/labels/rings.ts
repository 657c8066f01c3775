/**
 * Which ring lies in which, and cuts: most formats know only one closed line for an object. A hole is then reached over a cut, a line walked to and fro,
 * which encloses nothing whatever the fill rule; pieces are joined in the same way. Cuts can be found and taken out again, so nothing is lost.
 */
import type { Part, Ring } from './annotation.ts';
import { pointInRing, pointOnRing, ringArea, ringsBox } from './geometry.ts';

/** Sorts rings that do not cross into parts: a ring inside an odd number of others is a hole of the smallest of them. */
export function nest(rings: readonly Ring[]): Part[] {
  if (rings.length === 1) return [{ outer: rings[0]!, holes: [] }];
  const entries = rings.map((ring) => ({ ring, area: Math.abs(ringArea(ring)), box: ringsBox([ring])!, around: [] as number[] }));
  for (const [i, inner] of entries.entries()) {
    for (const [j, outer] of entries.entries()) {
      if (i === j || outer.area < inner.area || (outer.area === inner.area && j > i)) continue;
      const [a, b] = [inner.box, outer.box];
      if (a.x < b.x || a.y < b.y || a.x + a.width > b.x + b.width || a.y + a.height > b.y + b.height) continue;
      if (ringInRing(inner.ring, outer.ring)) inner.around.push(j);
    }
  }
  const parts = new Map<number, Part>();
  for (const [i, { ring, around }] of entries.entries()) if (around.length % 2 === 0) parts.set(i, { outer: ring, holes: [] });
  for (const { ring, around } of entries) {
    if (around.length % 2 === 0) continue;
    let [owner, smallest] = [-1, Infinity];
    for (const j of around) if (parts.has(j) && entries[j]!.area < smallest) [owner, smallest] = [j, entries[j]!.area];
    parts.get(owner)?.holes.push(ring);
  }
  return [...parts.values()];
}

/** Whether a ring that does not cross another lies in it. Decided by the first corner or middle of an edge that is not on the other's line. */
function ringInRing(inner: Ring, outer: Ring): boolean {
  for (let i = 0, j = inner.length - 2; i < inner.length; j = i, i += 2) {
    const [x, y] = [inner[i]!, inner[i + 1]!];
    if (!pointOnRing(x, y, outer)) return pointInRing(x, y, outer);
    const [mx, my] = [(x + inner[j]!) / 2, (y + inner[j + 1]!) / 2];
    if (!pointOnRing(mx, my, outer)) return pointInRing(mx, my, outer);
  }
  return true;
}

/**
 * The parts of one closed line with the cuts taken out: the opposite of joinParts (joining.ts). A line without cuts is one part. Where a piece would be no region (a
 * spike), the line is left as it is.
 */
export function splitCuts(line: Ring): Part[] {
  const whole = [{ outer: line, holes: [] }];
  if (!hasRepeatedPoint(line)) return whole;
  const rings: Ring[] = [];
  // The line as far as it was walked, without the rings that were taken out of it; and where on it each edge begins.
  const walked: Ring = [];
  const edges = new Map<string, number[]>();
  for (let i = 0; i < line.length; i += 2) {
    const k = (i + 2) % line.length;
    const here = `${line[i]},${line[i + 1]}`;
    const next = `${line[k]},${line[k + 1]}`;
    const start = here === next ? undefined : edges.get(`${next} ${here}`)?.at(-1);
    if (start === undefined) {
      if (here !== next) {
        const key = `${here} ${next}`;
        const same = edges.get(key);
        if (same === undefined) edges.set(key, [walked.length]);
        else same.push(walked.length);
      }
      walked.push(line[i]!, line[i + 1]!);
      continue;
    }
    // This edge walks the one at `start` back: what lies between is a ring of its own.
    const ring = walked.slice(start + 2);
    for (let from = start; from < walked.length; from += 2) {
      const to = from + 2 < walked.length ? from + 2 : -1;
      const end = to < 0 ? here : `${walked[to]},${walked[to + 1]}`;
      edges.get(`${walked[from]},${walked[from + 1]} ${end}`)?.pop();
    }
    walked.length = start;
    if (!isRegion(ring)) return whole;
    rings.push(ring);
  }
  if (!isRegion(walked)) return whole;
  rings.push(walked);
  return rings.length === 1 ? whole : nest(rings);
}

const isRegion = (ring: Ring): boolean => ring.length >= 6 && ringArea(ring) !== 0;

function hasRepeatedPoint(ring: Ring): boolean {
  const seen = new Set<number>();
  // A hash is enough: a false alarm only costs the search.
  for (let i = 0; i + 1 < ring.length; i += 2) seen.add(ring[i]! * 1_048_573.7 + ring[i + 1]!);
  return seen.size < ring.length / 2;
}
