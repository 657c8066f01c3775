/** Taking hold of what is there: handles of boxes, corners and edges of polygons, whole shapes by their border or inside. */
import type { Shape } from '../../server/labels/annotation.ts';
import { reshaped } from '../../server/labels/annotation.ts';
import { boxOf } from '../../server/labels/shapes.ts';
import type { Item } from './drawing.ts';
import { cornerUnder, edgeUnder, handleUnder, inside, onBorder, shapeUnder } from './hit.ts';
import { type Corner, editableParts, fittedShape, type Handle, movedCorner, movedShape, resizedBox, sameShape, withCorner } from './reshape.ts';
import type { Desk, Press } from './tool.ts';

export interface Grip {
  move(press: Press): void;
  /** Makes the change one step. */
  up(): void;
  cancel(): void;
}

const CURSORS: { [handle in Handle]: string } = {
  nw: 'nwse-resize',
  se: 'nwse-resize',
  ne: 'nesw-resize',
  sw: 'nesw-resize',
  n: 'ns-resize',
  s: 'ns-resize',
  e: 'ew-resize',
  w: 'ew-resize',
};

type Found = { kind: 'handle'; item: Item; handle: Handle } | { kind: 'corner' | 'edge'; item: Item; corner: Corner } | { kind: 'body'; item: Item } | null;

/** `body`: where a shape can be moved by: its border only, or its inside too, or not at all. */
function find(desk: Desk, press: Press, body: 'border' | 'inside' | 'none'): Found {
  const { x, y, reach } = press;
  const chosen = desk.single();
  if (chosen && desk.visible(chosen)) {
    if (chosen.shape.kind === 'box') {
      const handle = handleUnder(chosen.shape, x, y, reach);
      if (handle) return { kind: 'handle', item: chosen, handle };
    } else if (chosen.shape.kind === 'polygon') {
      const parts = editableParts(chosen.shape);
      const corner = cornerUnder(parts, x, y, reach);
      if (corner) return { kind: 'corner', item: chosen, corner };
      const edge = edgeUnder(parts, x, y, reach * 0.7);
      if (edge) return { kind: 'edge', item: chosen, corner: edge };
    }
  }
  if (body === 'none') return null;
  for (const id of desk.selection) {
    const item = desk.drawing.get(id);
    if (item && desk.visible(item) && (onBorder(item, x, y, reach) || (body === 'inside' && inside(item, x, y)))) return { kind: 'body', item };
  }
  const hit = shapeUnder(desk.drawing, x, y, reach, (item) => desk.visible(item));
  return hit && (hit.border || body === 'inside') ? { kind: 'body', item: hit.item } : null;
}

export function gripCursor(desk: Desk, press: Press, body: 'border' | 'inside' | 'none'): string | null {
  const found = find(desk, press, body);
  if (!found) return null;
  if (desk.locked) return found.kind === 'body' ? 'pointer' : null;
  if (found.kind === 'handle') return CURSORS[found.handle];
  if (found.kind === 'body') return 'move';
  return found.kind === 'edge' ? 'copy' : 'pointer';
}

/** Takes hold of what is under the pointer and selects it; null where there is nothing. */
export function takeHold(desk: Desk, press: Press, body: 'border' | 'inside' | 'none'): Grip | null {
  const found = find(desk, press, body);
  if (!found) return null;
  if (found.kind === 'body') {
    if (press.shift) {
      const ids = new Set(desk.selection);
      if (!ids.delete(found.item.id)) ids.add(found.item.id);
      desk.select([...ids]);
      return { move() {}, up() {}, cancel() {} };
    }
    if (!desk.selection.has(found.item.id)) desk.select([found.item.id]);
  }
  if (desk.locked || found.item.proposed !== null) return { move() {}, up() {}, cancel() {} };
  const size = desk.drawing.size;
  const frame = boxOf(found.item.shape);
  let moved: ReadonlyMap<number, Shape> | null = null;
  const start = press;
  let begun = false;
  if (found.kind === 'corner') desk.corner = found.corner;
  else desk.corner = null;
  desk.refresh();
  const step = (to: Press): Map<number, Shape> => {
    const { item } = found;
    if (found.kind === 'handle' && frame) {
      const box = resizedBox(frame, found.handle, to.x, to.y, size);
      return new Map(box ? [[item.id, reshaped(item.shape, { kind: 'box', ...box })]] : []);
    }
    if (found.kind === 'corner') {
      const parts = movedCorner(editableParts(item.shape), found.corner, to.x, to.y, size);
      return new Map([[item.id, reshaped(item.shape, { kind: 'polygon', parts })]]);
    }
    if (found.kind === 'edge') {
      const parts = withCorner(editableParts(item.shape), found.corner, to.x, to.y, size);
      return new Map([[item.id, reshaped(item.shape, { kind: 'polygon', parts })]]);
    }
    // Several shapes move together as far as all of them stay inside.
    const items = [...desk.selection].flatMap((id) => desk.drawing.get(id) ?? []).filter((one) => one.proposed === null);
    return new Map(items.map((one) => [one.id, movedShape(one.shape, to.x - start.x, to.y - start.y, size)]));
  };
  return {
    move(to) {
      // A click is no drag, however the hand trembles.
      if (!begun && Math.hypot(to.sx - start.sx, to.sy - start.sy) < (start.finger ? 8 : 3)) return;
      begun = true;
      const next = step(to);
      if (next.size) {
        moved = next;
        desk.preview(moved);
      }
    },
    up() {
      desk.preview(null);
      const insert = found.kind === 'edge' && !begun ? step(start) : null;
      const shapes = moved ?? insert;
      if (!shapes) return;
      desk.drawing.change(
        [...shapes].flatMap(([id, shape]) => {
          const before = desk.drawing.get(id);
          const fit = fittedShape(shape, size);
          return before && fit && !sameShape(before.shape, fit) ? [{ id, shape: fit }] : [];
        }),
      );
      if (found.kind === 'corner') desk.corner = found.corner;
      if (found.kind === 'edge') desk.corner = { ...found.corner, index: found.corner.index + 1 };
      desk.refresh();
    },
    cancel() {
      moved = null;
      desk.preview(null);
    },
  };
}
