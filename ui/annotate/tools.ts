/** The tools: select, box, polygon and hole, brush, eraser and fill. Each turns what the pointer does into one step of the drawing. */
import type { Box, Ring } from '../../server/labels/annotation.ts';
import { reshaped } from '../../server/labels/annotation.ts';
import { type Grip, gripCursor, takeHold } from './grip.ts';
import { inside, shapeUnder } from './hit.ts';
import { dot, strokeTwice } from './ink.ts';
import { asShape, boxBetween, closedRing, editableParts, withHole } from './reshape.ts';
import type { Desk, Press, Tool, ToolName } from './tool.ts';

const far = (a: Press, b: Press): boolean => Math.hypot(a.sx - b.sx, a.sy - b.sy) >= (a.finger ? 10 : 3);

function selectTool(desk: Desk): Tool {
  let grip: Grip | null = null;
  let frame: { from: Press; to: Press } | null = null;
  return {
    down(press) {
      grip = takeHold(desk, press, 'inside');
      if (grip) return;
      desk.corner = null;
      if (!press.shift) desk.select([]);
      frame = { from: press, to: press };
    },
    move(press) {
      grip?.move(press);
      if (frame) frame.to = press;
    },
    up(press) {
      grip?.up();
      if (frame && far(frame.from, press)) {
        const [a, b] = [frame.from, press];
        const box = { x: Math.min(a.x, b.x), y: Math.min(a.y, b.y), width: Math.abs(a.x - b.x), height: Math.abs(a.y - b.y) };
        const within = desk.drawing.index.near(box).filter((id) => {
          const own = desk.drawing.index.box(id) as Box;
          const item = desk.drawing.get(id);
          return (
            item && desk.visible(item) && own.x >= box.x && own.y >= box.y && own.x + own.width <= box.x + box.width && own.y + own.height <= box.y + box.height
          );
        });
        desk.select(press.shift ? [...new Set([...desk.selection, ...within])] : within);
      }
      grip = null;
      frame = null;
    },
    hover() {},
    cancel() {
      const busy = grip !== null || frame !== null;
      grip?.cancel();
      grip = null;
      frame = null;
      return busy;
    },
    interrupt() {
      this.cancel();
    },
    finish: () => false,
    back: () => false,
    cursor: (press) => (press && gripCursor(desk, press, 'inside')) ?? 'default',
    paint(context, pixel) {
      if (!frame) return;
      const { from, to } = frame;
      context.setLineDash([4 * pixel, 4 * pixel]);
      context.beginPath();
      context.rect(Math.min(from.x, to.x), Math.min(from.y, to.y), Math.abs(from.x - to.x), Math.abs(from.y - to.y));
      strokeTwice(context, '#ffffff', pixel, 1);
      context.setLineDash([]);
    },
  };
}

function boxTool(desk: Desk): Tool {
  let grip: Grip | null = null;
  let from: Press | null = null;
  let to: Press | null = null;
  return {
    down(press) {
      grip = takeHold(desk, press, 'border');
      if (grip || desk.locked) return;
      from = press;
      to = press;
    },
    move(press) {
      grip?.move(press);
      if (from) to = press;
    },
    up(press) {
      grip?.up();
      grip = null;
      const start = from;
      from = null;
      to = null;
      if (!start) return;
      if (!far(start, press)) {
        const hit = shapeUnder(desk.drawing, press.x, press.y, press.reach, (item) => desk.visible(item));
        desk.select(hit ? [hit.item.id] : []);
        return;
      }
      const box = boxBetween(start.x, start.y, press.x, press.y, desk.drawing.size);
      if (box) desk.make(asShape({ kind: 'box', ...box }, desk.label));
      else desk.say('empty');
    },
    hover() {},
    cancel() {
      const busy = grip !== null || from !== null;
      grip?.cancel();
      grip = null;
      from = null;
      return busy;
    },
    interrupt() {
      this.cancel();
    },
    finish: () => false,
    back: () => false,
    cursor: (press) => (press && gripCursor(desk, press, 'border')) ?? 'crosshair',
    paint(context, pixel) {
      if (!from || !to) return;
      const box = boxBetween(from.x, from.y, to.x, to.y, desk.drawing.size);
      if (!box) return;
      context.beginPath();
      context.rect(box.x, box.y, box.width, box.height);
      strokeTwice(context, '#ffffff', pixel);
    },
    extent: () => (from && to ? boxBetween(from.x, from.y, to.x, to.y, desk.drawing.size) : null),
  };
}

/** Points are set by clicks, or by drawing with the button held down. `hole` cuts them out of the chosen polygon. */
function polygonTool(desk: Desk, hole: boolean): Tool {
  let points: number[] = [];
  let grip: Grip | null = null;
  let at: Press | null = null;
  /** The press draws a line. */
  let drawn = false;
  /** So many numbers were in `points` before the press. */
  let before = 0;
  const nearStart = (press: Press): boolean =>
    points.length >= 6 && Math.hypot((points[0] as number) - press.x, (points[1] as number) - press.y) <= press.reach * 1.3;
  const nearLast = (press: Press): boolean =>
    points.length >= 6 && Math.hypot((points.at(-2) as number) - press.x, (points.at(-1) as number) - press.y) <= press.reach * 0.4;
  const clamped = (press: Press): [number, number] => [
    Math.max(0, Math.min(desk.drawing.size.width, press.x)),
    Math.max(0, Math.min(desk.drawing.size.height, press.y)),
  ];
  function close(): void {
    const ring = closedRing(points);
    points = [];
    desk.refresh();
    if (!ring) {
      desk.say('empty');
      return;
    }
    const { pixels } = desk.drawing;
    if (pixels) {
      const patch = pixels.fillParts([{ outer: ring, holes: [] }], desk.label);
      if (patch) desk.drawing.apply([], patch);
      return;
    }
    if (hole) cutOut(ring);
    else desk.make(asShape({ kind: 'polygon', parts: [{ outer: ring, holes: [] }] }, desk.label));
  }
  function cutOut(ring: Ring): void {
    const item = desk.single();
    if (item?.shape.kind !== 'polygon') {
      desk.say('hole.choose');
      return;
    }
    const parts = withHole(editableParts(item.shape), ring);
    if (typeof parts === 'string') desk.say(`hole.${parts}`);
    else desk.drawing.change([{ id: item.id, shape: reshaped(item.shape, { kind: 'polygon', parts }) }]);
  }
  return {
    down(press) {
      at = press;
      drawn = false;
      before = points.length;
      if (points.length) return;
      if (hole && desk.single()?.shape.kind !== 'polygon') {
        const hit = shapeUnder(desk.drawing, press.x, press.y, press.reach, (item) => desk.visible(item) && item.shape.kind === 'polygon');
        if (hit && inside(hit.item, press.x, press.y)) desk.select([hit.item.id]);
        else {
          at = null;
          desk.say('hole.choose');
        }
        return;
      }
      if (!desk.drawing.pixels) grip = takeHold(desk, press, 'none');
    },
    move(press) {
      grip?.move(press);
      if (grip || !at || desk.locked || !far(at, press)) return;
      // A line drawn with the button down becomes points at even distances.
      if (!points.length) points.push(...clamped(at));
      drawn = true;
      const gap = Math.hypot((points.at(-2) as number) - press.x, (points.at(-1) as number) - press.y);
      if (gap >= 9 * desk.pixel) points.push(...clamped(press));
    },
    up(press) {
      if (grip) {
        grip.up();
        grip = null;
        return;
      }
      const start = at;
      at = null;
      if (!start || desk.locked) return;
      if (drawn) {
        if (nearStart(press)) close();
        return;
      }
      if (nearStart(press) || nearLast(press)) {
        close();
        return;
      }
      if (!points.length && !hole) desk.select([]);
      points.push(...clamped(press));
      desk.refresh();
    },
    hover() {
      if (points.length) desk.refresh();
    },
    cancel() {
      const busy = grip !== null || points.length > 0;
      grip?.cancel();
      grip = null;
      at = null;
      points = [];
      return busy;
    },
    interrupt() {
      grip?.cancel();
      grip = null;
      if (at && drawn) points.length = Math.min(points.length, before);
      at = null;
    },
    finish() {
      if (points.length < 6 || desk.locked) return false;
      close();
      return true;
    },
    back() {
      if (!points.length) return false;
      points.length -= 2;
      desk.refresh();
      return true;
    },
    points: () => points.length / 2,
    cursor: (press) => (!points.length && press && !desk.drawing.pixels ? gripCursor(desk, press, 'none') : null) ?? 'crosshair',
    paint(context, pixel, hover) {
      if (!points.length) return;
      context.beginPath();
      context.moveTo(points[0] as number, points[1] as number);
      for (let i = 2; i < points.length; i += 2) context.lineTo(points[i] as number, points[i + 1] as number);
      if (hover) context.lineTo(hover.x, hover.y);
      strokeTwice(context, '#ffffff', pixel);
      for (let i = 2; i < points.length; i += 2) dot(context, points[i] as number, points[i + 1] as number, 3, '#ffffff', pixel);
      const closing = hover !== null && nearStart(hover);
      dot(context, points[0] as number, points[1] as number, closing ? 8 : 5, closing ? '#ffb000' : '#1f5eea', pixel);
    },
  };
}

function brushTool(desk: Desk, erase: boolean): Tool {
  let before: Uint8Array | null = null;
  let last: Press | null = null;
  let area: { x0: number; y0: number; x1: number; y1: number } | null = null;
  function paintTo(press: Press): void {
    const { pixels } = desk.drawing;
    if (!pixels || !last) return;
    const box = pixels.stroke(last.x, last.y, press.x, press.y, desk.brush, erase ? 0 : desk.label);
    last = press;
    if (!box) return;
    area = area
      ? {
          x0: Math.min(area.x0, box.x),
          y0: Math.min(area.y0, box.y),
          x1: Math.max(area.x1, box.x + box.width),
          y1: Math.max(area.y1, box.y + box.height),
        }
      : { x0: box.x, y0: box.y, x1: box.x + box.width, y1: box.y + box.height };
  }
  const patch = () => {
    if (!before || !area) return null;
    const { pixels } = desk.drawing;
    if (!pixels) return null;
    return pixels.patchSince(before, { x: area.x0, y: area.y0, width: area.x1 - area.x0, height: area.y1 - area.y0 });
  };
  return {
    down(press) {
      if (desk.locked || !desk.drawing.pixels) return;
      before = desk.drawing.pixels.values.slice();
      last = press;
      area = null;
      paintTo(press);
    },
    move(press) {
      if (before) paintTo(press);
    },
    up(press) {
      if (!before) return;
      paintTo(press);
      const done = patch();
      before = null;
      last = null;
      if (done) desk.drawing.apply([], done);
    },
    hover() {
      desk.refresh();
    },
    cancel() {
      const done = patch();
      if (done) desk.drawing.pixels?.apply({ box: done.box, before: done.after, after: done.before });
      const busy = before !== null;
      before = null;
      last = null;
      return busy;
    },
    interrupt() {
      this.cancel();
    },
    finish: () => false,
    back: () => false,
    cursor: () => 'none',
    paint(context, pixel, hover) {
      if (!hover) return;
      context.beginPath();
      context.arc(hover.x, hover.y, desk.brush, 0, 2 * Math.PI);
      strokeTwice(context, '#ffffff', pixel, 1);
      if (desk.brush < 3 * pixel) dot(context, hover.x, hover.y, 2, '#ffffff', pixel);
    },
  };
}

function fillTool(desk: Desk): Tool {
  return {
    down() {},
    move() {},
    up(press) {
      const patch = desk.locked ? null : desk.drawing.pixels?.flood(press.x, press.y, desk.label);
      if (patch) desk.drawing.apply([], patch);
    },
    hover() {},
    cancel: () => false,
    interrupt() {},
    finish: () => false,
    back: () => false,
    cursor: () => 'crosshair',
    paint() {},
  };
}

const idle: Tool = {
  down() {},
  move() {},
  up() {},
  hover() {},
  cancel: () => false,
  interrupt() {},
  finish: () => false,
  back: () => false,
  cursor: () => 'grab',
  paint() {},
};

export function makeTool(name: ToolName, desk: Desk): Tool {
  switch (name) {
    case 'select':
      return selectTool(desk);
    case 'pan':
      return idle;
    case 'box':
      return boxTool(desk);
    case 'polygon':
      return polygonTool(desk, false);
    case 'hole':
      return polygonTool(desk, true);
    case 'brush':
      return brushTool(desk, false);
    case 'eraser':
      return brushTool(desk, true);
    case 'fill':
      return fillTool(desk);
  }
}
