/**
 * Which ring lies in which, and cuts: most formats know only one closed line for an object. A hole is then reached over a cut, a line walked to and fro,
 * which encloses nothing whatever the fill rule; pieces are joined in the same way. Cuts can be found and taken out again, so nothing is lost.
 */
import type { Part, Ring } from './annotation.ts';
import { pointInRing, pointOnRing, reversedRing, ringArea, ringsBox } from './geometry.ts';

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

/** One closed line for a polygon: holes and further parts are joined over cuts between their nearest corners. Holes run against their outer ring. */
export function joinParts(parts: readonly Part[]): Ring {
  let line: Ring = [];
  let clockwise = true;
  for (const [i, part] of parts.entries()) {
    const forward = ringArea(part.outer) >= 0;
    if (i === 0) clockwise = forward;
    // All outer rings run as the first, so that the non-zero rule fills what the even-odd rule fills.
    const outer = forward === clockwise ? part.outer : reversedRing(part.outer);
    line = i === 0 ? outer : join(line, outer);
    for (const hole of part.holes) line = join(line, ringArea(hole) >= 0 === clockwise ? reversedRing(hole) : hole);
  }
  return line;
}

function join(line: Ring, ring: Ring): Ring {
  let [at, from, nearest] = [0, 0, Infinity];
  for (let i = 0; i < line.length; i += 2) {
    for (let j = 0; j < ring.length; j += 2) {
      const d = (line[i]! - ring[j]!) ** 2 + (line[i + 1]! - ring[j + 1]!) ** 2;
      if (d < nearest) [at, from, nearest] = [i, j, d];
    }
  }
  const turned = [...ring.slice(from), ...ring.slice(0, from + 2)];
  // Where they meet in a corner no cut is needed: the corner itself is not said twice.
  return nearest === 0 ? [...line.slice(0, at), ...turned, ...line.slice(at + 2)] : [...line.slice(0, at + 2), ...turned, ...line.slice(at)];
}

/**
 * The parts of one closed line with the cuts taken out: the opposite of joinParts. A line without cuts is one part. Where a piece would be no region (a
 * spike), the line is left as it is.
 */
export function splitCuts(line: Ring): Part[] {
  const whole = [{ outer: line, holes: [] }];
  if (!hasRepeatedPoint(line)) return whole;
  const rings: Ring[] = [];
  const stack: Ring[] = [line];
  for (let ring = stack.pop(); ring !== undefined; ring = stack.pop()) {
    const cut = findCut(ring);
    if (cut === null) {
      if (ring.length < 6 || ringArea(ring) === 0) return whole;
      rings.push(ring);
      continue;
    }
    const [i, j] = cut;
    // Edge i → i+1 is walked back by j → j+1: what lies between is a ring of its own, and so is the rest.
    stack.push([...ring.slice(0, i), ...ring.slice(j + 2)], ring.slice(i + 2, j));
  }
  return rings.length === 1 ? whole : nest(rings);
}

function hasRepeatedPoint(ring: Ring): boolean {
  const seen = new Set<number>();
  // A hash is enough: a false alarm only costs the search.
  for (let i = 0; i + 1 < ring.length; i += 2) seen.add(ring[i]! * 1_048_573.7 + ring[i + 1]!);
  return seen.size < ring.length / 2;
}

/** Offsets of two edges i < j of which one is the other walked back; null: none. */
function findCut(ring: Ring): [number, number] | null {
  const n = ring.length;
  const edges = new Map<string, number>();
  for (let i = 0; i < n; i += 2) {
    const k = (i + 2) % n;
    const here = `${ring[i]},${ring[i + 1]}`;
    const next = `${ring[k]},${ring[k + 1]}`;
    if (here === next) continue;
    const back = edges.get(`${next} ${here}`);
    if (back !== undefined) return [back, i];
    edges.set(`${here} ${next}`, i);
  }
  return null;
}
