/** What lies under the pointer. Positions and `reach` are picture pixels. */
import type { Box, Part } from '../../server/labels/annotation.ts';
import { pointInParts, squaredDistanceToSegment } from '../../server/labels/geometry.ts';
import { areaOf } from '../../server/labels/shapes.ts';
import type { Drawing, Item } from './drawing.ts';
import { type Corner, editableParts, HANDLES, type Handle, handleAt } from './reshape.ts';

export function handleUnder(box: Box, x: number, y: number, reach: number): Handle | null {
  let [found, nearest]: [Handle | null, number] = [null, reach];
  for (const handle of HANDLES) {
    const [hx, hy] = handleAt(box, handle);
    const distance = Math.max(Math.abs(hx - x), Math.abs(hy - y));
    // Corners come before the middles of sides where a small box brings them together.
    if (distance < nearest || (distance === nearest && handle.length > (found?.length ?? 0))) [found, nearest] = [handle, distance];
  }
  return found;
}

export function cornerUnder(parts: readonly Part[], x: number, y: number, reach: number): Corner | null {
  let [found, nearest]: [Corner | null, number] = [null, reach * reach];
  forRings(parts, (ring, part, r) => {
    for (let i = 0; i < ring.length; i += 2) {
      const distance = ((ring[i] as number) - x) ** 2 + ((ring[i + 1] as number) - y) ** 2;
      if (distance <= nearest) [found, nearest] = [{ part, ring: r, index: i / 2 }, distance];
    }
  });
  return found;
}

/** The edge under a point, by the corner before it. */
export function edgeUnder(parts: readonly Part[], x: number, y: number, reach: number): Corner | null {
  let [found, nearest]: [Corner | null, number] = [null, reach * reach];
  forRings(parts, (ring, part, r) => {
    const n = ring.length;
    for (let i = 0; i < n; i += 2) {
      const k = (i + 2) % n;
      const distance = squaredDistanceToSegment(x, y, ring[i] as number, ring[i + 1] as number, ring[k] as number, ring[k + 1] as number);
      if (distance <= nearest) [found, nearest] = [{ part, ring: r, index: i / 2 }, distance];
    }
  });
  return found;
}

function forRings(parts: readonly Part[], run: (ring: readonly number[], part: number, ring0: number) => void): void {
  for (const [p, { outer, holes }] of parts.entries()) {
    run(outer, p, 0);
    for (const [h, hole] of holes.entries()) run(hole, p, h + 1);
  }
}

export function onBorder(item: Item, x: number, y: number, reach: number): boolean {
  const { shape } = item;
  if (shape.kind === 'box') {
    const [x0, y0, x1, y1] = [shape.x, shape.y, shape.x + shape.width, shape.y + shape.height];
    if (x < x0 - reach || x > x1 + reach || y < y0 - reach || y > y1 + reach) return false;
    return Math.min(Math.abs(x - x0), Math.abs(x - x1)) <= reach || Math.min(Math.abs(y - y0), Math.abs(y - y1)) <= reach;
  }
  return edgeUnder(editableParts(shape), x, y, reach) !== null;
}

export function inside(item: Item, x: number, y: number): boolean {
  const { shape } = item;
  if (shape.kind === 'box') return x >= shape.x && y >= shape.y && x <= shape.x + shape.width && y <= shape.y + shape.height;
  return shape.kind !== 'whole' && pointInParts(x, y, editableParts(shape));
}

export interface Hit {
  item: Item;
  /** On its line; else inside. */
  border: boolean;
}

/** The shape under a point: one whose line is there, else the smallest that it lies in. Hidden ones do not count. */
export function shapeUnder(drawing: Drawing, x: number, y: number, reach: number, visible: (item: Item) => boolean): Hit | null {
  let best: Hit | null = null;
  let least = Infinity;
  for (const id of drawing.index.near({ x: x - reach, y: y - reach, width: 2 * reach, height: 2 * reach })) {
    const item = drawing.get(id);
    if (!item || !visible(item)) continue;
    const border = onBorder(item, x, y, reach);
    if (!border && (best?.border || !inside(item, x, y))) continue;
    const area = areaOf(item.shape);
    if (best && best.border === border && area > least) continue;
    [best, least] = [{ item, border }, area];
  }
  return best;
}
