import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Part, Ring } from './annotation.ts';
import { clipBox, clipParts } from './clip.ts';
import {
  boxRing,
  compose,
  distinctPoints,
  flipHorizontally,
  flipVertically,
  invert,
  type Matrix,
  openRing,
  partsArea,
  pointInParts,
  pointInRing,
  reversedRing,
  ringArea,
  ringsBox,
  ringsOf,
  rotation,
  scaling,
  selfCrossing,
  simplifyRing,
  squaredDistanceToSegment,
  transformRing,
  translation,
} from './geometry.ts';
import { joinParts } from './joining.ts';
import { type Random, random, starRing } from './random.fixture.ts';
import { nest, splitCuts } from './rings.ts';

const SQUARE: Ring = [1, 1, 5, 1, 5, 5, 1, 5];
const HOLE: Ring = [2, 2, 2, 4, 4, 4, 4, 2];
const close = (a: number, b: number, tolerance = 1e-9): void => assert.ok(Math.abs(a - b) <= tolerance, `${a} is not ${b}`);

function randomParts(r: Random): Part[] {
  return Array.from({ length: r.int(1, 2) }, (_, i) => {
    const [cx, cy] = [i * 30 + 12 * r.next(), 20 * r.next()];
    return { outer: starRing(r, cx, cy, 6, 14, r.int(3, 24)), holes: r.next() < 0.5 ? [] : [starRing(r, cx, cy, 1, 4, r.int(3, 9)).reverse()].map(flipPairs) };
  }).filter(({ outer, holes }) => !selfCrossing([outer, ...holes]));
}

/** After reverse() the numbers of each point are swapped. */
function flipPairs(ring: Ring): Ring {
  return ring.map((_, i) => ring[i ^ 1]!);
}

test('area, direction and box', () => {
  assert.is(ringArea(SQUARE), 16);
  assert.is(ringArea(HOLE), -4);
  assert.is(ringArea([0, 0, 4, 0, 0, 3]), 6);
  assert.is(ringArea([0, 0, 1, 1]), 0);
  assert.is(partsArea([{ outer: SQUARE, holes: [HOLE] }]), 12);
  assert.equal(ringsBox([SQUARE, HOLE]), { x: 1, y: 1, width: 4, height: 4 });
  assert.is(ringsBox([]), null);
  // Far from the origin the small differences must not drown.
  close(ringArea([1e8, 1e8, 1e8 + 1, 1e8, 1e8 + 1, 1e8 + 1, 1e8, 1e8 + 1]), 1);
});

test('points in polygons', () => {
  assert.ok(pointInRing(2, 2, SQUARE));
  assert.not(pointInRing(6, 2, SQUARE));
  assert.ok(pointInParts(1.5, 1.5, [{ outer: SQUARE, holes: [HOLE] }]));
  assert.not(pointInParts(3, 3, [{ outer: SQUARE, holes: [HOLE] }]));
  // A line through a corner counts it once.
  assert.ok(pointInRing(2, 2, [0, 2, 2, 0, 4, 2, 2, 4]));
  assert.not(pointInRing(-1, 2, [0, 2, 2, 0, 4, 2, 2, 4]));
});

test('repeated points', () => {
  assert.equal(openRing([0, 0, 1, 0, 1, 1, 0, 0]), [0, 0, 1, 0, 1, 1]);
  assert.is(openRing(SQUARE), SQUARE);
  assert.is(distinctPoints([1, 1, 1, 1, 1, 1]), 0);
  assert.is(distinctPoints([0, 0, 0, 0, 1, 1, 2, 0]), 3);
});

test('self-crossing against trying every pair of edges', () => {
  assert.ok(selfCrossing([[0, 0, 2, 2, 2, 0, 0, 2]]));
  assert.not(selfCrossing([SQUARE]));
  assert.not(selfCrossing([SQUARE, HOLE]));
  assert.ok(selfCrossing([SQUARE, [4, 2, 6, 2, 6, 3, 4, 3]]), 'two rings that cross');
  assert.not(selfCrossing([[0, 0, 4, 0, 4, 4, 2, 0, 0, 4]]), 'touching an edge is no crossing');
  assert.not(selfCrossing([[0, 0, 6, 0, 6, 6, 0, 6, 0, 0, 2, 2, 2, 4, 4, 2, 2, 2]]), 'nor is a cut');
  const r = random(3);
  let crossed = 0;
  for (let round = 0; round < 400; round += 1) {
    const ring = Array.from({ length: 2 * r.int(3, 7) }, () => r.next() * 10);
    const expected = bruteCrossing(ring);
    crossed += expected ? 1 : 0;
    assert.is(selfCrossing([ring]), expected);
    assert.not(selfCrossing([starRing(r, 5, 5, 1, 5, r.int(4, 40))]));
  }
  assert.ok(crossed > 100 && crossed < 400);
});

function bruteCrossing(ring: Ring): boolean {
  const n = ring.length / 2;
  const point = (i: number): [number, number] => [ring[2 * (i % n)]!, ring[2 * (i % n) + 1]!];
  for (let i = 0; i < n; i += 1) {
    for (let j = i + 2; j < n; j += 1) {
      if (i === 0 && j === n - 1) continue;
      const [[ax, ay], [bx, by], [cx, cy], [dx, dy]] = [point(i), point(i + 1), point(j), point(j + 1)];
      // Solve a + t(b − a) = c + u(d − c).
      const det = (bx - ax) * (cy - dy) - (cx - dx) * (by - ay);
      const t = ((cx - ax) * (cy - dy) - (cx - dx) * (cy - ay)) / det;
      const u = ((bx - ax) * (cy - ay) - (cx - ax) * (by - ay)) / det;
      if (t > 0 && t < 1 && u > 0 && u < 1) return true;
    }
  }
  return false;
}

test('simplification stays within its tolerance and does not make crossings', () => {
  const r = random(4);
  for (let round = 0; round < 20; round += 1) {
    const ring = starRing(r, 50, 50, 30, 40, 150);
    for (const tolerance of [0.5, 2, 8]) {
      const simple = simplifyRing(ring, tolerance);
      assert.ok(simple.length >= 6 && simple.length <= ring.length);
      assert.not(selfCrossing([simple]));
      for (let i = 0; i < ring.length; i += 2) {
        const distances: number[] = [];
        for (let k = 0; k < simple.length; k += 2) {
          const m = (k + 2) % simple.length;
          distances.push(squaredDistanceToSegment(ring[i]!, ring[i + 1]!, simple[k]!, simple[k + 1]!, simple[m]!, simple[m + 1]!));
        }
        assert.ok(Math.min(...distances) <= tolerance ** 2 + 1e-9);
      }
    }
  }
  assert.equal(simplifyRing([0, 0, 1, 0, 2, 0, 2, 2, 0, 2], 0.1).length, 8);
});

test('affine maps', () => {
  const map = (m: Matrix, x: number, y: number): number[] => transformRing([x, y], m);
  assert.equal(map(scaling(2, 3), 1, 1), [2, 3]);
  assert.equal(map(translation(5, -1), 1, 1), [6, 0]);
  assert.equal(map(flipHorizontally(10), 1, 2), [9, 2]);
  assert.equal(map(flipVertically(10), 1, 2), [1, 8]);
  assert.equal(map(rotation(90, 0, 0), 1, 0), [0, 1], 'clockwise on the screen: right goes down');
  assert.equal(map(rotation(-270, 2, 2), 2, 0), [4, 2]);
  const r = random(5);
  for (let round = 0; round < 50; round += 1) {
    const m = compose(compose(rotation(360 * r.next(), 3, 4), scaling(0.5 + r.next(), 0.5 + r.next())), translation(r.next(), r.next()));
    const [x, y] = [10 * r.next(), 10 * r.next()];
    const back = transformRing(transformRing([x, y], m), invert(m));
    close(back[0]!, x);
    close(back[1]!, y);
    const ring = starRing(r, 0, 0, 3, 9, 12);
    close(Math.abs(ringArea(transformRing(ring, m))), Math.abs(ringArea(ring) * (m[0] * m[3] - m[1] * m[2])));
  }
  assert.throws(() => invert([1, 1, 1, 1, 0, 0]), RangeError);
});

test('cutting to a rectangle: by hand', () => {
  assert.equal(clipBox({ x: -2, y: 1, width: 4, height: 10 }, { x: 0, y: 0, width: 8, height: 6 }), { x: 0, y: 1, width: 2, height: 5 });
  assert.is(clipBox({ x: 8, y: 0, width: 2, height: 2 }, { x: 0, y: 0, width: 8, height: 6 }), null);
  const frame = { x: 0, y: 0, width: 10, height: 10 };
  const inside = [{ outer: SQUARE, holes: [HOLE] }];
  assert.is(clipParts(inside, frame)[0], inside[0], 'what is inside stays the very same');
  assert.equal(clipParts([{ outer: [20, 0, 30, 0, 30, 10], holes: [] }], frame), []);
  assert.equal(clipParts([{ outer: [10, 0, 20, 0, 20, 10, 10, 10], holes: [] }], frame), [], 'touching is not lying in');
  // The teeth of a comb come apart.
  const comb: Ring = [-5, 0, 3, 0, 3, 2, -3, 2, -3, 4, 3, 4, 3, 6, -5, 6];
  const pieces = clipParts([{ outer: comb, holes: [] }], frame);
  assert.is(pieces.length, 2);
  assert.is(partsArea(pieces), 12);
  // A hole that the cut opens becomes a part of the outline, one that it does not touch stays a hole.
  const opened = clipParts([{ outer: [-4, 0, 4, 0, 4, 8, -4, 8], holes: [[-2, 2, -2, 4, 2, 4, 2, 2]] }], frame);
  assert.equal([opened.length, opened[0]!.holes.length, partsArea(opened)], [1, 0, 32 - 4]);
  const kept = clipParts([{ outer: [-4, 0, 4, 0, 4, 8, -4, 8], holes: [[1, 2, 1, 4, 3, 4, 3, 2]] }], frame);
  assert.equal([kept.length, kept[0]!.holes.length, partsArea(kept)], [1, 1, 32 - 4]);
});

test('cutting to a rectangle: every point is in the result just when it is in both', () => {
  const r = random(6);
  for (let round = 0; round < 300; round += 1) {
    const parts = randomParts(r);
    // Half of the frames have sides through whole numbers, where corners may lie exactly on them.
    const coarse = r.next() < 0.5;
    const shape = coarse ? parts.map((p) => ({ outer: p.outer.map(Math.round), holes: p.holes.map((h) => h.map(Math.round)) })) : parts;
    if (shape.some(({ outer, holes }) => selfCrossing([outer, ...holes]))) continue;
    const frame = { x: r.int(-5, 10), y: r.int(-5, 10), width: r.int(3, 30), height: r.int(3, 20) };
    const cut = clipParts(shape, frame);
    for (let k = 0; k < 60; k += 1) {
      const [x, y] = [-10 + 70 * r.next(), -20 + 60 * r.next()];
      const expected = x > frame.x && x < frame.x + frame.width && y > frame.y && y < frame.y + frame.height && shape.some((p) => evenOdd(x, y, p));
      assert.is(
        cut.some((p) => evenOdd(x, y, p)),
        expected,
        `round ${round}: ${x}, ${y}`,
      );
    }
    const box = ringsBox(ringsOf(cut));
    if (box !== null) assert.ok(box.x >= frame.x && box.y >= frame.y && box.x + box.width <= frame.x + frame.width + 1e-9);
  }
});

/** Rounded holes may reach over their outer ring: the rule that rasterising uses decides. */
function evenOdd(x: number, y: number, { outer, holes }: Part): boolean {
  return [outer, ...holes].reduce((inside, ring) => inside !== pointInRing(x, y, ring), false);
}

test('rings are sorted into parts by which lies in which', () => {
  const island: Ring = [2.5, 2.5, 3.5, 2.5, 3.5, 3.5, 2.5, 3.5];
  const parts = nest([HOLE, island, SQUARE, [8, 8, 9, 8, 9, 9]]);
  assert.is(parts.length, 3);
  assert.equal(
    parts.find(({ outer }) => outer === SQUARE),
    { outer: SQUARE, holes: [HOLE] },
  );
  assert.ok(parts.some(({ outer, holes }) => outer === island && holes.length === 0));
});

test('cuts: by hand', () => {
  const line = joinParts([{ outer: SQUARE, holes: [HOLE] }]);
  // From the corner (1, 1) to the hole's (2, 2), around it and back.
  assert.equal(line, [1, 1, 2, 2, 2, 4, 4, 4, 4, 2, 2, 2, 1, 1, 5, 1, 5, 5, 1, 5]);
  assert.is(ringArea(line), 12);
  assert.equal(
    splitCuts(line),
    [{ outer: SQUARE, holes: [HOLE] }].map(({ outer, holes }) => ({ outer: [...outer], holes: holes.map((h) => [...h]) })),
  );
  assert.is(splitCuts(SQUARE)[0]!.outer, SQUARE);
  const spike: Ring = [0, 0, 4, 0, 6, 0, 4, 0, 4, 4, 0, 4];
  assert.equal(splitCuts(spike), [{ outer: spike, holes: [] }]);
});

test('cuts: what was joined comes apart into the same region', () => {
  const r = random(7);
  for (let round = 0; round < 200; round += 1) {
    const parts = randomParts(r);
    if (parts.length === 0) continue;
    const line = joinParts(parts);
    const back = splitCuts(line);
    assert.is(back.length, parts.length);
    close(partsArea(back), partsArea(parts));
    close(Math.abs(ringArea(line)), partsArea(parts), 1e-6);
    for (let k = 0; k < 40; k += 1) {
      const [x, y] = [-10 + 70 * r.next(), -20 + 60 * r.next()];
      assert.is(pointInParts(x, y, back), pointInParts(x, y, parts));
      assert.is(pointInRing(x, y, line), pointInParts(x, y, parts), 'a tool that knows one line sees the same region');
    }
  }
});

/** The cut of each ring by comparing all corners with all: of equally near ones the first of the line, then the first of the ring. */
function joinPlainly(rings: readonly Ring[]): Ring {
  return rings.slice(1).reduce((line, ring) => {
    let [at, from, nearest] = [0, 0, Infinity];
    for (let i = 0; i < line.length; i += 2) {
      for (let j = 0; j < ring.length; j += 2) {
        const d = (line[i]! - ring[j]!) ** 2 + (line[i + 1]! - ring[j + 1]!) ** 2;
        if (d < nearest) [at, from, nearest] = [i, j, d];
      }
    }
    const turned = [...ring.slice(from), ...ring.slice(0, from + 2)];
    return nearest === 0 ? [...line.slice(0, at), ...turned, ...line.slice(at + 2)] : [...line.slice(0, at + 2), ...turned, ...line.slice(at)];
  }, rings[0]!);
}

test('cuts: they go between the nearest corners, also where many are equally near or meet', () => {
  const r = random(11);
  for (let round = 0; round < 1500; round += 1) {
    const size = r.int(2, 40);
    const anyRing = (): Ring => Array.from({ length: 2 * r.int(1, 12) }, () => r.int(0, size));
    const parts = Array.from({ length: r.int(1, 12) }, () => ({ outer: anyRing(), holes: Array.from({ length: r.int(0, 3) }, anyRing) }));
    const clockwise = ringArea(parts[0]!.outer) >= 0;
    const turned = (ring: Ring, so: boolean): Ring => (ringArea(ring) >= 0 === so ? ring : reversedRing(ring));
    const rings = parts.flatMap(({ outer, holes }) => [
      turned(outer, clockwise),
      ...holes.map((hole) => (ringArea(hole) >= 0 === clockwise ? reversedRing(hole) : hole)),
    ]);
    assert.equal(joinParts(parts), joinPlainly(rings));
  }
});

test('cuts: hundreds of pieces are joined and come apart as they were', () => {
  const r = random(12);
  const parts: Part[] = Array.from({ length: 900 }, (_, i) => {
    const [cx, cy] = [34 + 68 * (i % 30), 34 + 68 * Math.floor(i / 30)];
    const outer = starRing(r, cx, cy, 14, 30, 40).map(Math.round);
    return { outer, holes: i % 4 === 0 ? [flipPairs(starRing(r, cx, cy, 3, 8, 12).map(Math.round).reverse())] : [] };
  }).filter(({ outer, holes }) => !selfCrossing([outer, ...holes]) && [outer, ...holes].every((ring) => splitCuts(ring).length === 1 && ringArea(ring) !== 0));
  assert.ok(parts.length > 500);
  const line = joinParts(parts);
  close(Math.abs(ringArea(line)), partsArea(parts), 1e-6);
  const back = splitCuts(line);
  close(partsArea(back), partsArea(parts), 1e-6);
});

test('boxes as rings', () => {
  assert.equal(boxRing({ x: 1, y: 1, width: 4, height: 4 }), SQUARE);
});

test.run();
