/** The editing model without a browser: steps back and forth, places, what lies under a pointer, what a hand does to shapes, pixels under a brush. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Part, Shape } from '../../server/labels/annotation.ts';
import { pointInParts, ringArea } from '../../server/labels/geometry.ts';
import { type Random, random as seeded, starRing } from '../../server/labels/random.fixture.ts';
import { decodeMask } from '../../server/labels/rle.ts';
import { areaOf, boxOf } from '../../server/labels/shapes.ts';
import { Drawing } from './drawing.ts';
import { GridIndex, meets } from './grid-index.ts';
import { cornerUnder, edgeUnder, handleUnder, shapeUnder } from './hit.ts';
import { PixelLabels } from './pixel-labels.ts';
import { boxBetween, closedRing, fittedShape, movedCorner, movedShape, resizedBox, withCorner, withHole, withoutCorner } from './reshape.ts';
import { fitted, inSight, showing, zoomed } from './view.ts';

const size = { width: 400, height: 300 };
const box = (x: number, y: number, width: number, height: number, label = 1): Shape => ({ kind: 'box', x, y, width, height, label });
const star = (cx: number, cy: number, radius: number, points: number, of: Random): Shape => ({
  kind: 'polygon',
  parts: [{ outer: starRing(of, cx, cy, radius / 2, radius, points), holes: [] }],
  label: 1,
});
const everything = () => true;

test('every step can be taken back and made again, whatever was done', () => {
  const source = seeded(7);
  const random = source.next;
  const drawing = new Drawing(size, [{ shape: box(1, 2, 30, 40) }, { shape: star(200, 150, 40, 9, source), proposed: 0.8 }], new PixelLabels(size));
  const look = () => JSON.stringify([drawing.list(), [...(drawing.pixels?.masks() ?? [])]]);
  const states = [look()];
  for (let n = 0; n < 300; n++) {
    const ids = drawing.list().map((item) => item.id);
    const one = ids[Math.floor(random() * ids.length)] ?? 0;
    const what = random();
    if (what < 0.35 || !ids.length) drawing.add([box(random() * 300, random() * 200, 10 + random() * 90, 10 + random() * 90, 1 + Math.floor(random() * 3))]);
    else if (what < 0.5) drawing.remove([one]);
    else if (what < 0.6) drawing.accept(ids);
    else if (what < 0.8) drawing.change([{ id: one, shape: movedShape((drawing.get(one) as { shape: Shape }).shape, random() * 20, 5, size) }]);
    else {
      const patch = drawing.pixels?.fillParts([{ outer: [random() * 400, 0, 400, 300, 0, random() * 300], holes: [] }], 1 + Math.floor(random() * 3));
      if (patch) drawing.apply([], patch);
    }
    if (drawing.steps === states.length) states.push(look());
    assert.is(drawing.steps, states.length - 1);
  }
  assert.ok(states.length > 200, `${states.length} steps`);
  for (let n = states.length - 2; n >= 0; n--) {
    assert.ok(drawing.undo());
    assert.is(look(), states[n], `back to ${n}`);
  }
  assert.not.ok(drawing.undo());
  for (let n = 1; n < states.length; n++) {
    assert.ok(drawing.redo());
    assert.is(look(), states[n], `forth to ${n}`);
  }
  assert.not.ok(drawing.redo());
  assert.is(drawing.index.size, drawing.count, 'the index follows');
});

test('the index finds what a look at every box finds', () => {
  const source = seeded(3);
  const random = source.next;
  const index = new GridIndex(4000, 3000);
  const all = new Map<number, { x: number; y: number; width: number; height: number }>();
  for (let id = 1; id <= 1500; id++) {
    const one = { x: random() * 3900, y: random() * 2900, width: random() ** 4 * 2000, height: random() ** 4 * 2000 };
    all.set(id, one);
    index.set(id, one);
  }
  for (let id = 1; id <= 1500; id += 3) {
    all.delete(id);
    index.delete(id);
  }
  for (let n = 0; n < 200; n++) {
    const window = { x: random() * 4000 - 100, y: random() * 3000 - 100, width: random() * 500, height: random() * 500 };
    const wanted = [...all].filter(([, one]) => meets(one, window)).map(([id]) => id);
    assert.equal(
      index.near(window),
      wanted.sort((a, b) => a - b),
    );
  }
});

test('the pointer finds the line before the inside, and the smallest shape', () => {
  const drawing = new Drawing(size, [{ shape: box(10, 10, 200, 200) }, { shape: box(50, 50, 40, 40) }, { shape: box(52, 52, 100, 100) }]);
  const at = (x: number, y: number) => shapeUnder(drawing, x, y, 3, everything);
  assert.is(at(70, 70)?.item.id, 2, 'the smallest around');
  assert.is(at(10, 100)?.item.id, 1);
  assert.is(at(10, 100)?.border, true);
  assert.is(at(152, 100)?.item.id, 3, 'a line is nearer than an inside');
  assert.is(at(300, 290), null);
  assert.is(shapeUnder(drawing, 70, 70, 3, (item) => item.id !== 2)?.item.id, 3, 'a hidden shape is not there');
  assert.is(handleUnder({ x: 10, y: 10, width: 200, height: 100 }, 209, 61, 4), 'e');
  assert.is(handleUnder({ x: 10, y: 10, width: 4, height: 4 }, 14, 14, 4), 'se');
  assert.is(handleUnder({ x: 10, y: 10, width: 200, height: 100 }, 100, 80, 4), null);
});

test('among thousands of polygons the pointer finds the right corner and edge', () => {
  const source = seeded(11);
  const random = source.next;
  const shapes = Array.from({ length: 3000 }, () => ({ shape: star(50 + random() * 3900, 50 + random() * 2900, 8 + random() * 30, 20, source) }));
  const drawing = new Drawing({ width: 4000, height: 3000 }, shapes);
  for (let n = 0; n < 300; n++) {
    const [x, y] = [random() * 4000, random() * 3000];
    const hit = shapeUnder(drawing, x, y, 2, everything);
    const around = drawing.list().filter((item) => item.shape.kind === 'polygon' && pointInParts(x, y, item.shape.parts));
    if (hit && !hit.border) {
      const smallest = Math.min(...around.map((item) => areaOf(item.shape)));
      assert.is(areaOf(hit.item.shape), smallest);
    } else if (!hit) assert.is(around.length, 0);
  }
  const parts = (shapes[5] as { shape: { kind: 'polygon'; parts: Part[] } & Shape }).shape.parts;
  const ring = (parts[0] as Part).outer;
  assert.equal(cornerUnder(parts, ring[6]! + 0.5, ring[7]! - 0.5, 2), { part: 0, ring: 0, index: 3 });
  const edge = edgeUnder(parts, (ring[6]! + ring[8]!) / 2, (ring[7]! + ring[9]!) / 2, 1);
  assert.equal(edge, { part: 0, ring: 0, index: 3 });
});

test('boxes stay in the picture and turn over when they are dragged through', () => {
  assert.equal(boxBetween(-20, 40, 60, 350, size), { x: 0, y: 40, width: 60, height: 260 });
  assert.is(boxBetween(10, 10, 10, 200, size), null, 'a line is no box');
  assert.is(boxBetween(-50, -50, -10, -10, size), null, 'outside is nothing');
  assert.equal(resizedBox({ x: 100, y: 100, width: 50, height: 50 }, 'w', 180, 0, size), { x: 150, y: 100, width: 30, height: 50 });
  assert.equal(resizedBox({ x: 100, y: 100, width: 50, height: 50 }, 'se', 500, 500, size), { x: 100, y: 100, width: 300, height: 200 });
  assert.equal(movedShape(box(350, 10, 40, 40), 100, -100, size), box(360, 0, 40, 40), 'as far as the edge');
});

test('corners come and go; the last three of a hole take it with them', () => {
  const outer = [0, 0, 100, 0, 100, 100, 0, 100];
  const holed = withHole([{ outer, holes: [] }], [20, 20, 60, 20, 40, 60]);
  assert.ok(Array.isArray(holed));
  const parts = holed as Part[];
  assert.is(areaOf({ kind: 'polygon', parts }), 10_000 - 800);
  assert.is(withHole([{ outer, holes: [] }], [80, 80, 120, 80, 90, 120]), 'outside');
  assert.is(withHole(parts, [10, 10, 70, 30, 10, 70]), 'crosses');
  const more = withCorner(parts, { part: 0, ring: 0, index: 1 }, 150, 50, size);
  assert.equal((more[0] as Part).outer, [0, 0, 100, 0, 150, 50, 100, 100, 0, 100]);
  assert.equal((movedCorner(more, { part: 0, ring: 0, index: 2 }, 900, -5, size)[0] as Part).outer.slice(4, 6), [400, 0]);
  assert.equal(withoutCorner(more, { part: 0, ring: 0, index: 2 }), parts);
  assert.equal((withoutCorner(parts, { part: 0, ring: 1, index: 0 }) as Part[])[0]?.holes, []);
  assert.is(withoutCorner([{ outer: [0, 0, 9, 0, 0, 9], holes: [] }], { part: 0, ring: 0, index: 0 }), null);
});

test('a drawn line that encloses nothing is refused, one that sticks out is cut', () => {
  assert.is(closedRing([5, 5, 5, 5, 90, 90, 90, 90, 5, 5]), null);
  assert.is(closedRing([5, 5, 50, 50, 95, 95]), null);
  assert.equal(closedRing([5, 5, 50, 5, 50, 5, 50, 50.001, 5, 5]), [5, 5, 50, 5, 50, 50]);
  const cut = fittedShape({ kind: 'polygon', parts: [{ outer: [350, 50, 500, 50, 500, 150, 350, 150], holes: [] }], label: 4 }, size);
  assert.is(cut?.label, 4);
  assert.equal(boxOf(cut as Shape), { x: 350, y: 50, width: 50, height: 100 });
  assert.is(fittedShape(box(500, 500, 10, 10), size), null);
  assert.ok(ringArea((cut as { parts: Part[] } & Shape).parts[0]!.outer) !== 0);
});

test('brush, eraser, fill and polygons write pixels, and give them back', () => {
  const pixels = new PixelLabels({ width: 60, height: 40 });
  const clean = pixels.values.slice();
  const copy = pixels.values.slice();
  const area = pixels.stroke(10, 20, 50, 20, 3, 900);
  assert.equal(area, { x: 7, y: 17, width: 46, height: 6 });
  assert.is(pixels.at(30, 20), 900);
  assert.is(pixels.at(30, 24), 0);
  assert.is(pixels.at(-1, 3), -1);
  const stroke = pixels.patchSince(copy, area!)!;
  const square = pixels.fillParts([{ outer: [0, 0, 20, 0, 20, 20, 0, 20], holes: [] }], 31)!;
  assert.is(pixels.at(11, 19), 31, 'what comes later covers');
  const flooded = pixels.flood(59, 39, 7)!;
  assert.is(pixels.at(59, 0), 7);
  assert.is(pixels.at(30, 20), 900, 'it ends at other labels');
  assert.is(pixels.flood(59, 39, 7), null, 'nothing to do is no step');
  const masks = pixels.masks();
  assert.equal(
    masks.map((mask) => mask.label),
    [7, 31, 900],
  );
  let sum = 0;
  for (const mask of masks) for (const value of decodeMask(mask.rle)) sum += value;
  assert.is(sum, 60 * 40, 'each pixel has one label');
  const again = new PixelLabels({ width: 60, height: 40 }, masks);
  for (let y = 0; y < 40; y++) for (let x = 0; x < 60; x++) assert.is(again.at(x, y), pixels.at(x, y));
  const gone = pixels.flood(30, 20, 0)!;
  assert.not.ok(pixels.counts().has(900));
  for (const patch of [gone, flooded, square, stroke]) pixels.apply({ box: patch.box, before: patch.after, after: patch.before });
  assert.equal(pixels.values, clean);
});

test('flood fill reaches what is connected, and nothing else', () => {
  const source = seeded(5);
  const random = source.next;
  const [width, height] = [37, 29];
  const pixels = new PixelLabels({ width, height });
  for (let n = 0; n < 40; n++) pixels.stroke(random() * width, random() * height, random() * width, random() * height, 1, 5);
  const before = pixels.values.slice();
  const start = [...before].indexOf(0);
  pixels.flood(start % width, Math.floor(start / width), 8);
  const reached = new Set([start]);
  const queue = [start];
  while (queue.length) {
    const at = queue.pop()!;
    for (const next of [at % width ? at - 1 : -1, (at + 1) % width ? at + 1 : -1, at - width, at + width]) {
      if (next < 0 || next >= before.length || before[next] !== 0 || reached.has(next)) continue;
      reached.add(next);
      queue.push(next);
    }
  }
  for (let at = 0; at < before.length; at++) assert.is(pixels.at(at % width, Math.floor(at / width)) === 8, reached.has(at));
});

test('zoom keeps the place under the pointer, and the picture stays in sight', () => {
  const [picture, window] = [
    { width: 4000, height: 3000 },
    { width: 1000, height: 700 },
  ];
  const whole = fitted(picture, window);
  assert.ok(whole.x >= 0 && whole.y >= 0 && whole.scale * 3000 <= 700);
  const near = zoomed(whole, 4, 300, 200, picture, window);
  assert.ok(Math.abs((300 - near.x) / near.scale - (300 - whole.x) / whole.scale) < 1e-9);
  assert.is(zoomed(near, 1e9, 0, 0, picture, window).scale, 64);
  const lost = inSight({ scale: 1, x: -1e6, y: 1e6 }, picture, window);
  assert.ok(lost.x + 4000 > 0 && lost.y < 700);
  const small = showing(whole, { x: 3000, y: 2000, width: 10, height: 10 }, picture, window);
  assert.ok(small.scale > whole.scale);
  assert.ok(Math.abs(small.x + 3005 * small.scale - 500) < 1);
});

test.run();
