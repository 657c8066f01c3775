import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Geometry, Part, Shape } from './annotation.ts';
import { compose, flipHorizontally, pointInRing, rotation, scaling, translation } from './geometry.ts';
import { random, randomMask, starRing } from './random.fixture.ts';
import { rasterise, traceMask } from './raster.ts';
import { decodeMask, encodeMask, rleArea } from './rle.ts';
import { areaOf, boxOf, clipShape, maskOf, outlineOf, transformPicture } from './shapes.ts';

const rows = (part: Part[], width: number, height: number): string[] => {
  const mask = decodeMask(rasterise(part, width, height));
  return Array.from({ length: height }, (_, y) => [...mask.subarray(y * width, (y + 1) * width)].map((v) => '.#'[v]!).join(''));
};

test('filling, by hand', () => {
  assert.equal(rows([{ outer: [1, 1, 4, 1, 4, 3, 1, 3], holes: [] }], 5, 4), ['.....', '.###.', '.###.', '.....']);
  // Centres decide: from 1.5 on the centre of pixel 1 is in, up to 3.5 (not included) that of pixel 3 is out.
  assert.equal(rows([{ outer: [1.5, 0, 3.5, 0, 3.5, 1, 1.5, 1], holes: [] }], 5, 1), ['.##..']);
  assert.equal(rows([{ outer: [1.6, 0, 3.6, 0, 3.6, 1, 1.6, 1], holes: [] }], 5, 1), ['..##.']);
  assert.equal(rows([{ outer: [0, 0, 5, 0, 5, 5, 0, 5], holes: [[1, 1, 1, 4, 4, 4, 4, 1]] }], 5, 5), ['#####', '#...#', '#...#', '#...#', '#####']);
  // Even-odd for a line that crosses itself (centres on a right or lower edge are out); the union for parts that overlap.
  assert.equal(rows([{ outer: [0, 0, 4, 0, 0, 4, 4, 4], holes: [] }], 4, 4), ['.##.', '....', '.##.', '####']);
  assert.equal(
    rows(
      [
        { outer: [0, 0, 3, 0, 3, 1, 0, 1], holes: [] },
        { outer: [2, 0, 5, 0, 5, 1, 2, 1], holes: [] },
      ],
      6,
      1,
    ),
    ['#####.'],
  );
  assert.equal(rows([{ outer: [-9, -9, 99, -9, 99, 99, -9, 99], holes: [] }], 2, 2), ['##', '##']);
  assert.equal(rows([], 2, 1), ['..']);
});

test('filling against asking every pixel', () => {
  const r = random(11);
  for (let round = 0; round < 200; round += 1) {
    const [width, height] = [r.int(1, 30), r.int(1, 30)];
    const parts: Part[] = Array.from({ length: r.int(1, 3) }, () => ({
      outer: r.next() < 0.5 ? starRing(r, width * r.next(), height * r.next(), 2, 15, 12) : Array.from({ length: 12 }, () => -5 + 40 * r.next()),
      holes: r.next() < 0.5 ? [] : [starRing(r, width / 2, height / 2, 1, 3, 6)],
    }));
    const mask = decodeMask(rasterise(parts, width, height));
    for (let y = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1) {
        const inside = parts.some(({ outer, holes }) => [outer, ...holes].reduce((odd, ring) => odd !== pointInRing(x + 0.5, y + 0.5, ring), false));
        assert.is(mask[y * width + x], inside ? 1 : 0, `round ${round}: ${x}, ${y}`);
      }
    }
  }
});

test('tracing, by hand', () => {
  assert.equal(traceMask([1], 1, 1), [{ outer: [0, 0, 1, 0, 1, 1, 0, 1], holes: [] }]);
  // Pixels that touch at a corner are two parts; a ring around a hole has one.
  assert.equal(traceMask([1, 0, 0, 1], 2, 2), [
    { outer: [0, 0, 1, 0, 1, 1, 0, 1], holes: [] },
    { outer: [1, 1, 2, 1, 2, 2, 1, 2], holes: [] },
  ]);
  assert.equal(traceMask([1, 1, 1, 1, 0, 1, 1, 1, 1], 3, 3), [{ outer: [0, 0, 3, 0, 3, 3, 0, 3], holes: [[1, 2, 2, 2, 2, 1, 1, 1]] }]);
});

test('tracing and filling again gives the mask', () => {
  const r = random(12);
  for (let round = 0; round < 300; round += 1) {
    const [width, height] = [r.int(1, 30), r.int(1, 30)];
    const mask = randomMask(r, width, height);
    const parts = traceMask(mask, width, height);
    assert.equal(decodeMask(rasterise(parts, width, height)), mask);
    assert.is(areaOf({ kind: 'polygon', parts }), rleArea(encodeMask(mask, width, height)), 'outer rings less holes is the number of pixels');
    assert.ok(parts.every(({ outer }) => outer.length >= 8));
  }
});

test('masks, outlines, boxes and areas of shapes agree', () => {
  const r = random(13);
  for (let round = 0; round < 100; round += 1) {
    const [width, height] = [40, 30];
    const mask: Geometry = { kind: 'mask', rle: encodeMask(randomMask(r, width, height), width, height) };
    const outline: Geometry = { kind: 'polygon', parts: outlineOf(mask) };
    assert.equal(maskOf(outline, width, height), maskOf(mask, width, height));
    assert.equal(boxOf(outline), boxOf(mask));
    assert.is(areaOf(outline), areaOf(mask));
  }
  const box: Geometry = { kind: 'box', x: 2, y: 3, width: 4, height: 5 };
  assert.equal([areaOf(box), rleArea(maskOf(box, 10, 10))], [20, 20]);
  assert.is(rleArea(maskOf({ kind: 'whole' }, 10, 7)), 70);
});

test('a picture that is resized, flipped, turned and cropped takes its labels with it', () => {
  const mask = new Uint8Array(48);
  for (const at of [9, 10, 17]) mask[at] = 1;
  const shapes: Shape[] = [
    { kind: 'box', x: 1, y: 1, width: 2, height: 3, label: 0, attributes: { difficult: true, statedArea: 7 } },
    { kind: 'polygon', parts: [{ outer: [1, 1, 4, 1, 1, 4], holes: [] }], label: 1 },
    { kind: 'mask', rle: encodeMask(mask, 8, 6), label: 0 },
    { kind: 'whole', label: 1 },
  ];
  const picture = { name: 'a', width: 8, height: 6, shapes };

  const flipped = transformPicture(picture, { matrix: flipHorizontally(8), width: 8, height: 6 }).labels.shapes;
  assert.equal(flipped[0], { kind: 'box', x: 5, y: 1, width: 2, height: 3, label: 0, attributes: { difficult: true } }, 'a stated area does not go along');
  assert.equal(
    [...decodeMask((flipped[2] as Shape & { kind: 'mask' }).rle)].flatMap((v, i) => (v === 1 ? [i] : [])),
    [13, 14, 22],
  );
  assert.equal(flipped[3], shapes[3]);

  // A quarter turn clockwise about the corner, moved back into the picture, four times: everything is where it was.
  let turned = picture;
  for (let k = 0; k < 4; k += 1) {
    const matrix = compose(rotation(90, 0, 0), translation(turned.height, 0));
    turned = transformPicture(turned, { matrix, width: turned.height, height: turned.width }).labels;
  }
  assert.equal(
    turned.shapes.map((shape) => boxOf(shape)),
    shapes.map((shape) => boxOf(shape)),
  );
  assert.equal(turned.shapes[2], shapes[2]);

  const doubled = transformPicture(picture, { matrix: scaling(2, 2), width: 16, height: 12 }).labels.shapes;
  assert.equal(
    doubled.map((shape) => areaOf(shape)),
    shapes.map((shape) => areaOf(shape) * 4),
  );

  // The right half: the box is cut off to nothing, of the triangle a part is left.
  const half = transformPicture(picture, { matrix: translation(-3, 0), width: 5, height: 6 });
  assert.is(half.dropped, 2);
  assert.equal(
    half.labels.shapes.map(({ kind }) => kind),
    ['polygon', 'whole'],
  );
  assert.is(areaOf(half.labels.shapes[0]!), 0.5);
  assert.is(transformPicture(picture, { matrix: translation(-3, 0), width: 5, height: 6, leastVisible: 0.5 }).dropped, 3);
});

test('cutting shapes keeps those that fit as they are', () => {
  const box: Shape = { kind: 'box', x: 0.1, y: 0.2, width: 0.3, height: 0.4, label: 0, attributes: { score: 0.5, statedArea: 3 } };
  assert.is(clipShape(box, 1, 1), box);
  assert.equal(clipShape({ ...box, x: -0.1 }, 1, 1)?.attributes, { score: 0.5 });
  assert.is(clipShape({ ...box, x: 5 }, 1, 1), null);
});

test.run();
