/** What a hand does to a shape, as pure functions: every answer lies in the picture and has an area, or is null. Positions are picture pixels. */
import { type Box, type Geometry, type Part, type Ring, reshaped, type Shape } from '../../server/labels/annotation.ts';
import { clipBox } from '../../server/labels/clip.ts';
import { pointInParts, ringArea, selfCrossing } from '../../server/labels/geometry.ts';
import { areaOf, boxOf, clipShape, outlineOf } from '../../server/labels/shapes.ts';
import type { Size } from './view.ts';

export const HANDLES = ['nw', 'n', 'ne', 'e', 'se', 's', 'sw', 'w'] as const;
export type Handle = (typeof HANDLES)[number];

/** A corner of a polygon: `ring` 0 is the outer ring, the others are holes; `index` counts points. */
export interface Corner {
  part: number;
  ring: number;
  index: number;
}

/** Shapes below are slips of the hand, square pixels. */
const LEAST_AREA = 0.25;

/** Hundredths of a pixel: what a hand can mean, and half of the JSON. */
export const tidy = (value: number): number => Math.round(value * 100) / 100;

/** Cut to the picture; null where nothing, or next to nothing, is left. */
export function fittedShape(shape: Shape, picture: Size): Shape | null {
  const cut = clipShape(shape, picture.width, picture.height);
  if (!cut) return null;
  return cut.kind === 'whole' || areaOf(cut) >= LEAST_AREA ? cut : null;
}

/** The box between two points, cut to the picture. */
export function boxBetween(x0: number, y0: number, x1: number, y1: number, picture: Size): Box | null {
  const box = { x: tidy(Math.min(x0, x1)), y: tidy(Math.min(y0, y1)), width: 0, height: 0 };
  box.width = tidy(Math.max(x0, x1) - box.x);
  box.height = tidy(Math.max(y0, y1) - box.y);
  const cut = clipBox(box, { x: 0, y: 0, ...picture });
  return cut && cut.width * cut.height >= LEAST_AREA ? { x: tidy(cut.x), y: tidy(cut.y), width: tidy(cut.width), height: tidy(cut.height) } : null;
}

export function handleAt(box: Box, handle: Handle): [x: number, y: number] {
  const x = handle.includes('w') ? box.x : handle.includes('e') ? box.x + box.width : box.x + box.width / 2;
  const y = handle.startsWith('n') ? box.y : handle.startsWith('s') ? box.y + box.height : box.y + box.height / 2;
  return [x, y];
}

/** The box after one of its handles was dragged to a point; dragged past the other side it turns over. */
export function resizedBox(box: Box, handle: Handle, x: number, y: number, picture: Size): Box | null {
  let [x0, y0, x1, y1] = [box.x, box.y, box.x + box.width, box.y + box.height];
  if (handle.includes('w')) x0 = x;
  if (handle.includes('e')) x1 = x;
  if (handle.startsWith('n')) y0 = y;
  if (handle.startsWith('s')) y1 = y;
  return boxBetween(x0, y0, x1, y1, picture);
}

/** The shape moved as far as it stays in the picture. Masks and whole pictures do not move. */
export function movedShape(shape: Shape, dx: number, dy: number, picture: Size): Shape {
  const box = boxOf(shape);
  if (!box || shape.kind === 'mask') return shape;
  const mx = tidy(Math.max(-box.x, Math.min(picture.width - box.x - box.width, dx)));
  const my = tidy(Math.max(-box.y, Math.min(picture.height - box.y - box.height, dy)));
  if (!mx && !my) return shape;
  if (shape.kind === 'box') return reshaped(shape, { kind: 'box', x: tidy(box.x + mx), y: tidy(box.y + my), width: box.width, height: box.height });
  const shift = (ring: Ring): Ring => ring.map((value, i) => tidy(value + (i % 2 ? my : mx)));
  return reshaped(shape, { kind: 'polygon', parts: editableParts(shape).map(({ outer, holes }) => ({ outer: shift(outer), holes: holes.map(shift) })) });
}

/** The corners that a hand can take hold of: of a mask, those of its outline. */
export function editableParts(shape: Shape): Part[] {
  return shape.kind === 'box' || shape.kind === 'whole' ? [] : outlineOf(shape);
}

export function ringAt(parts: readonly Part[], { part, ring }: Corner): Ring {
  const of = parts[part] as Part;
  return ring === 0 ? of.outer : (of.holes[ring - 1] as Ring);
}

function withRing(parts: readonly Part[], at: Corner, ring: Ring | null): Part[] {
  return parts.flatMap((part, p) => {
    if (p !== at.part) return [part];
    if (at.ring === 0) return ring ? [{ outer: ring, holes: part.holes }] : [];
    const holes = part.holes.flatMap((hole, h) => (h === at.ring - 1 ? (ring ? [ring] : []) : [hole]));
    return [{ outer: part.outer, holes }];
  });
}

const clamp = (value: number, most: number): number => tidy(Math.max(0, Math.min(most, value)));

export function movedCorner(parts: readonly Part[], at: Corner, x: number, y: number, picture: Size): Part[] {
  const ring = [...ringAt(parts, at)];
  ring[2 * at.index] = clamp(x, picture.width);
  ring[2 * at.index + 1] = clamp(y, picture.height);
  return withRing(parts, at, ring);
}

/** A new corner behind the one at `at`. */
export function withCorner(parts: readonly Part[], at: Corner, x: number, y: number, picture: Size): Part[] {
  const ring = ringAt(parts, at);
  const cut = 2 * (at.index + 1);
  return withRing(parts, at, [...ring.slice(0, cut), clamp(x, picture.width), clamp(y, picture.height), ...ring.slice(cut)]);
}

/** Without a corner. The last three of a ring go together: with a hole's, the hole; null where nothing of the polygon would be left. */
export function withoutCorner(parts: readonly Part[], at: Corner): Part[] | null {
  const ring = ringAt(parts, at);
  const left = withRing(parts, at, ring.length <= 6 ? null : [...ring.slice(0, 2 * at.index), ...ring.slice(2 * at.index + 2)]);
  return left.length ? left : null;
}

export type HoleProblem = 'outside' | 'crosses';
/** Takes a ring out of a polygon. It must lie in one part of it and cross none of its lines. */
export function withHole(parts: readonly Part[], hole: Ring): Part[] | HoleProblem {
  for (const [p, part] of parts.entries()) {
    let inside = true;
    for (let i = 0; i < hole.length && inside; i += 2) inside = pointInParts(hole[i] as number, hole[i + 1] as number, [part]);
    if (!inside) continue;
    if (selfCrossing([part.outer, ...part.holes, hole])) return 'crosses';
    return parts.map((one, i) => (i === p ? { outer: one.outer, holes: [...one.holes, hole] } : one));
  }
  return 'outside';
}

/** What a drawn line becomes: a ring without repeated points, or null where it encloses nothing. */
export function closedRing(points: readonly number[]): Ring | null {
  const ring: Ring = [];
  for (let i = 0; i + 1 < points.length; i += 2) {
    const [x, y] = [tidy(points[i] as number), tidy(points[i + 1] as number)];
    const n = ring.length;
    if (n < 2 || ring[n - 2] !== x || ring[n - 1] !== y) ring.push(x, y);
  }
  while (ring.length > 2 && ring[0] === ring.at(-2) && ring[1] === ring.at(-1)) ring.length -= 2;
  return ring.length >= 6 && Math.abs(ringArea(ring)) >= LEAST_AREA ? ring : null;
}

/** The same geometry? Then a change is none. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

export function asShape(geometry: Geometry, label: number): Shape {
  return { ...geometry, label };
}
