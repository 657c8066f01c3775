/** How shapes are drawn: paths in picture coordinates, a colour for each class, dashes for what a model proposes. */
import type { Box, Part, Ring } from '../../server/labels/annotation.ts';
import { ringArea } from '../../server/labels/geometry.ts';
import type { Item } from './drawing.ts';
import { editableParts, HANDLES, handleAt } from './reshape.ts';
import type { Size } from './view.ts';

export interface Look {
  /** CSS colour of a class; of an unlabelled shape for 0. */
  colour(label: number): string;
  /** Of the inside, 0 to 1. */
  opacity: number;
  /** Width of the lines, CSS pixels. */
  line?: number;
}

export const LINE = 1.75;
/** What has no class yet, and what is just being drawn. */
export const NO_CLASS = '#ffffff';

function trace(context: CanvasRenderingContext2D | Path2D, ring: Ring, backwards: boolean): void {
  const n = ring.length;
  if (backwards) {
    context.moveTo(ring[n - 2] as number, ring[n - 1] as number);
    for (let i = n - 4; i >= 0; i -= 2) context.lineTo(ring[i] as number, ring[i + 1] as number);
  } else {
    context.moveTo(ring[0] as number, ring[1] as number);
    for (let i = 2; i < n; i += 2) context.lineTo(ring[i] as number, ring[i + 1] as number);
  }
  context.closePath();
}

/** Outer rings run clockwise, holes against it: many shapes in one path fill rightly by the non-zero rule. */
export function traceParts(context: CanvasRenderingContext2D | Path2D, parts: readonly Part[]): void {
  for (const { outer, holes } of parts) {
    trace(context, outer, ringArea(outer) < 0);
    for (const hole of holes) trace(context, hole, ringArea(hole) > 0);
  }
}

/** The outline of a mask is found once. */
const outlines = new WeakMap<object, Part[]>();
export function outline(item: Item): readonly Part[] {
  const { shape } = item;
  if (shape.kind === 'polygon') return shape.parts;
  let parts = outlines.get(shape);
  if (!parts) {
    parts = editableParts(shape);
    outlines.set(shape, parts);
  }
  return parts;
}

export function traceItem(context: CanvasRenderingContext2D | Path2D, item: Item): void {
  const { shape } = item;
  if (shape.kind === 'box') context.rect(shape.x, shape.y, shape.width, shape.height);
  else if (shape.kind !== 'whole') traceParts(context, outline(item));
}

/** Shapes of one colour and kind are one path: a tile with hundreds of polygons takes a handful of draw calls. */
export function paintItems(context: CanvasRenderingContext2D, items: Iterable<Item>, look: Look, pixel: number): void {
  const sorts = new Map<string, { colour: string; dashed: boolean; items: Item[] }>();
  for (const item of items) {
    const colour = look.colour(item.shape.label);
    const key = item.proposed === null ? colour : `${colour}?`;
    const sort = sorts.get(key);
    if (sort) sort.items.push(item);
    else sorts.set(key, { colour, dashed: item.proposed !== null, items: [item] });
  }
  context.lineJoin = 'round';
  for (const { colour, dashed, items: of } of sorts.values()) {
    context.beginPath();
    for (const item of of) traceItem(context, item);
    if (look.opacity > 0 && !dashed) {
      context.fillStyle = colour;
      context.globalAlpha = look.opacity;
      context.fill();
      context.globalAlpha = 1;
    }
    context.strokeStyle = colour;
    context.lineWidth = (look.line ?? LINE) * pixel;
    context.setLineDash(dashed ? [6 * pixel, 4 * pixel] : []);
    context.stroke();
  }
  context.setLineDash([]);
}

/** A dark line under the coloured one: it is seen on any picture. */
export function strokeTwice(context: CanvasRenderingContext2D, colour: string, pixel: number, width = 2): void {
  context.lineJoin = 'round';
  context.strokeStyle = 'rgb(0 0 0 / 55%)';
  context.lineWidth = (width + 2) * pixel;
  context.stroke();
  context.strokeStyle = colour;
  context.lineWidth = width * pixel;
  context.stroke();
}

/** One that is chosen. */
export function paintChosen(context: CanvasRenderingContext2D, item: Item, look: Look, pixel: number): void {
  const colour = look.colour(item.shape.label);
  context.beginPath();
  traceItem(context, item);
  context.fillStyle = colour;
  context.globalAlpha = look.opacity;
  context.fill();
  context.globalAlpha = 1;
  if (item.proposed !== null) context.setLineDash([6 * pixel, 4 * pixel]);
  strokeTwice(context, colour, pixel, look.line);
  context.setLineDash([]);
}

/** A word above the upper left corner of a shape; the context is in CSS pixels. */
export function paintName(context: CanvasRenderingContext2D, text: string, colour: string, left: number, below: number): void {
  const top = Math.max(9, below - 9);
  context.font = '12px "Pretendard Variable", sans-serif';
  context.textBaseline = 'middle';
  context.fillStyle = 'rgb(0 0 0 / 72%)';
  context.fillRect(left, top - 8, context.measureText(text).width + 8, 16);
  context.fillStyle = colour;
  context.fillRect(left, top - 8, 3, 16);
  context.fillStyle = '#ffffff';
  context.fillText(text, left + 6, top + 1);
}

/** The cross-hair, from edge to edge of the picture. */
export function paintCross(context: CanvasRenderingContext2D, at: { x: number; y: number }, { width, height }: Size, pixel: number): void {
  if (at.x < 0 || at.y < 0 || at.x > width || at.y > height) return;
  context.beginPath();
  context.moveTo(0, at.y);
  context.lineTo(width, at.y);
  context.moveTo(at.x, 0);
  context.lineTo(at.x, height);
  context.globalAlpha = 0.8;
  strokeTwice(context, '#ffffff', pixel, 1);
  context.globalAlpha = 1;
}

export function dot(context: CanvasRenderingContext2D, x: number, y: number, radius: number, fill: string, pixel: number): void {
  context.beginPath();
  context.arc(x, y, radius * pixel, 0, 2 * Math.PI);
  context.fillStyle = fill;
  context.fill();
  context.strokeStyle = 'rgb(0 0 0 / 70%)';
  context.lineWidth = pixel;
  context.stroke();
}

/** The manual's blue points of a chosen box. */
export function paintHandles(context: CanvasRenderingContext2D, box: Box, pixel: number, radius: number): void {
  for (const handle of HANDLES) {
    const [x, y] = handleAt(box, handle);
    const side = radius * 2 * pixel;
    context.fillStyle = '#1f5eea';
    context.fillRect(x - side / 2, y - side / 2, side, side);
    context.strokeStyle = '#ffffff';
    context.lineWidth = pixel;
    context.strokeRect(x - side / 2, y - side / 2, side, side);
  }
}

/** Corners as points, and smaller ones in the middle of edges, where a new corner can be drawn out. However many, they are a few draw calls. */
export function paintCorners(context: CanvasRenderingContext2D, parts: readonly Part[], pixel: number, radius: number, chosen: string | null): void {
  const [corners, middles, one] = [new Path2D(), new Path2D(), new Path2D()];
  const put = (path: Path2D, x: number, y: number, r: number) => {
    path.moveTo(x + r * pixel, y);
    path.arc(x, y, r * pixel, 0, 2 * Math.PI);
  };
  for (const [p, { outer, holes }] of parts.entries()) {
    for (const [r, ring] of [outer, ...holes].entries()) {
      const n = ring.length;
      for (let i = 0; i < n; i += 2) {
        const [x, y] = [ring[i] as number, ring[i + 1] as number];
        const k = (i + 2) % n;
        const [mx, my] = [(x + (ring[k] as number)) / 2, (y + (ring[k + 1] as number)) / 2];
        if (Math.hypot((ring[k] as number) - x, (ring[k + 1] as number) - y) > 28 * pixel) put(middles, mx, my, radius * 0.55);
        put(chosen === `${p}/${r}/${i / 2}` ? one : corners, x, y, radius);
      }
    }
  }
  context.strokeStyle = 'rgb(0 0 0 / 70%)';
  context.lineWidth = pixel;
  for (const [path, fill] of [
    [middles, 'rgb(255 255 255 / 80%)'],
    [corners, '#1f5eea'],
    [one, '#ffb000'],
  ] as const) {
    context.fillStyle = fill;
    context.fill(path);
    context.stroke(path);
  }
}
