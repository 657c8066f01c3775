/** Between polygons and masks: filling by the even-odd rule at pixel centres, and tracing outlines along the edges of pixels. */
import type { Part, Ring, Rle } from './annotation.ts';
import { ringArea, ringsOf } from './geometry.ts';
import { mergeRuns, rleOfRuns } from './rle.ts';

/**
 * The mask of a polygon: pixels whose centre is inside; the union of its parts, each by the even-odd rule over its rings. What lies outside the picture is
 * cut off. (pycocotools rounds points to fifths of a pixel first, so single
 * pixels on the line may differ.) Memory grows with the points, not the pixels.
 */
export function rasterise(parts: readonly Part[], width: number, height: number): Rle {
  let runs = [width * height];
  for (const [i, part] of parts.entries()) {
    const of = fillRuns(ringsOf([part]), width, height);
    runs = i === 0 ? of : mergeRuns(runs, of, 'union');
  }
  return rleOfRuns(width, height, runs);
}

/** Column-major run lengths of rings filled together by the even-odd rule. A sweep over the columns with the edges that cross each centre line. */
function fillRuns(rings: readonly Ring[], width: number, height: number): number[] {
  const edges: { first: number; last: number; x: number; y: number; slope: number }[] = [];
  for (const ring of rings) {
    for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
      const [xi, xj] = [ring[i]!, ring[j]!];
      // Half-open: a centre line through a corner crosses one of the two edges that meet there.
      const first = Math.max(0, Math.ceil(Math.min(xi, xj) - 0.5));
      const last = Math.min(width, Math.ceil(Math.max(xi, xj) - 0.5));
      if (first >= last) continue;
      edges.push({ first, last, x: xi, y: ring[i + 1]!, slope: (ring[j + 1]! - ring[i + 1]!) / (xj - xi) });
    }
  }
  edges.sort((a, b) => a.first - b.first);
  const runs: number[] = [];
  let end = 0;
  let next = 0;
  const active: typeof edges = [];
  const crossings: number[] = [];
  for (let column = edges[0]?.first ?? width; column < width; column += 1) {
    let kept = 0;
    for (const edge of active) if (edge.last > column) active[kept++] = edge;
    active.length = kept;
    while (next < edges.length && edges[next]!.first <= column) active.push(edges[next++]!);
    if (active.length === 0) {
      if (next >= edges.length) break;
      column = edges[next]!.first - 1;
      continue;
    }
    crossings.length = 0;
    for (const { x, y, slope } of active) crossings.push(y + (column + 0.5 - x) * slope);
    crossings.sort((a, b) => a - b);
    for (let k = 0; k + 1 < crossings.length; k += 2) {
      const from = Math.min(height, Math.max(0, Math.ceil(crossings[k]! - 0.5)));
      const to = Math.min(height, Math.max(0, Math.ceil(crossings[k + 1]! - 0.5)));
      if (to <= from) continue;
      const start = column * height + from;
      if (start === end && runs.length > 0) runs[runs.length - 1]! += to - from;
      else runs.push(start - end, to - from);
      end = column * height + to;
    }
  }
  if (end < width * height) runs.push(width * height - end);
  return runs;
}

/**
 * The outlines of a mask (one byte a pixel, row by row, 0 outside), along the edges of pixels: rasterising them gives the mask back exactly. Pixels that
 * only touch at a corner belong to different parts; corners are the only points. Outer rings run clockwise on the screen, holes against it.
 */
export function traceMask(mask: ArrayLike<number>, width: number, height: number): Part[] {
  const inside = (x: number, y: number): boolean => x >= 0 && y >= 0 && x < width && y < height && mask[y * width + x] !== 0;
  const { component, count } = components(mask, width, height);
  const parts: Part[] = Array.from({ length: count }, () => ({ outer: [], holes: [] }));
  const visited = new Uint8Array(width * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      // Every ring has an upper edge of a pixel that is passed to the right, with the pixel on the right hand.
      if (!inside(x, y) || inside(x, y - 1) || visited[y * width + x] === 1) continue;
      const ring: Ring = [];
      let [px, py, dx, dy] = [x, y, 1, 0];
      do {
        if (dx === 1) visited[py * width + px] = 1;
        px += dx;
        py += dy;
        // The two pixels ahead, to the left and right of the direction.
        const right = inside(px + (dx - dy - 1) / 2, py + (dy + dx - 1) / 2);
        const left = inside(px + (dx + dy - 1) / 2, py + (dy - dx - 1) / 2);
        if (right && !left) continue;
        ring.push(px, py);
        [dx, dy] = right ? [dy, -dx] : [-dy, dx];
      } while (px !== x || py !== y || dx !== 1);
      // The walk ends where it began, about to go right again; that corner came last and is the natural first.
      ring.unshift(...ring.splice(-2));
      const part = parts[component[y * width + x]! - 1]!;
      if (ringArea(ring) > 0) part.outer = ring;
      else part.holes.push(ring);
    }
  }
  return parts;
}

/**
 * Numbers the 4-connected regions from 1 in the order of their first pixel, row by row; 0 is outside. Rosenfeld and Pfaltz 1966: first every pixel takes the number of the one
 * above or to the left and it is noted which numbers meet, then those that do become one.
 */
function components(mask: ArrayLike<number>, width: number, height: number): { component: Int32Array; count: number } {
  const component = new Int32Array(width * height);
  /** By number: a smaller one of the same region; its own where there is none. */
  const smaller = [0];
  const least = (of: number): number => {
    let n = of;
    while (smaller[n] !== n) {
      smaller[n] = smaller[smaller[n]!]!;
      n = smaller[n]!;
    }
    return n;
  };
  for (let y = 0, at = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, at += 1) {
      if (mask[at] === 0) continue;
      const left = x > 0 ? component[at - 1]! : 0;
      const above = y > 0 ? component[at - width]! : 0;
      if (left === 0 && above === 0) component[at] = smaller.push(smaller.length) - 1;
      else component[at] = left || above;
      if (left === 0 || above === 0 || left === above) continue;
      const [a, b] = [least(left), least(above)];
      if (a < b) smaller[b] = a;
      else smaller[a] = b;
    }
  }
  // The first pixel of a region had the least number of it.
  const numbers = new Int32Array(smaller.length);
  let count = 0;
  for (let n = 1; n < smaller.length; n += 1) numbers[n] = least(n) === n ? ++count : numbers[least(n)]!;
  for (let at = 0; at < component.length; at += 1) component[at] = numbers[component[at]!]!;
  return { component, count };
}
