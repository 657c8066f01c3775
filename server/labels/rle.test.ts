import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { random, randomMask } from './random.fixture.ts';
import { checkedRle, decodeCounts, decodeMask, encodeCounts, encodeLayers, encodeMask, mergeRle, rleArea, rleBox, rleOfRuns, runsOf } from './rle.ts';

test('the examples of the definition: runs begin with zeros', () => {
  // cocodataset.org: M = [0 0 1 1 1 0 1] is [2 3 1 1], M = [1 1 1 1 1 1 0] is [0 6 1].
  assert.equal(runsOf(encodeMask([0, 0, 1, 1, 1, 0, 1], 1, 7)), [2, 3, 1, 1]);
  assert.equal(runsOf(encodeMask([1, 1, 1, 1, 1, 1, 0], 1, 7)), [0, 6, 1]);
});

test('columns come first', () => {
  // 3 wide, 2 high: 0 1 1 / 0 0 1. Down the columns: 0 0, 1 0, 1 1.
  const rle = encodeMask([0, 1, 1, 0, 0, 1], 3, 2);
  assert.equal(runsOf(rle), [2, 1, 1, 2]);
  assert.equal([...decodeMask(rle)], [0, 1, 1, 0, 0, 1]);
  assert.is(rleArea(rle), 3);
  assert.equal(rleBox(rle), { x: 1, y: 0, width: 2, height: 2 });
});

test('compressed strings, worked out by hand', () => {
  // 2 → 00010 → '2'; 3 → '3'; 1 → '1'; the fourth is 1 − 3 = −2 → 11110, last group, sign set → 30 + 48 = 78 = 'N'.
  assert.is(encodeCounts([2, 3, 1, 1]), '231N');
  // 16 needs a second group, as bit 4 would be the sign: 10000 + more → 48 + 48 = '`', then 0 → '0'.
  assert.is(encodeCounts([16]), '`0');
  assert.is(encodeCounts([15]), '?');
  // 245 = 7·32 + 21: 10101 + more → 53 + 48 = 'e', 00111 → '7'.
  assert.is(encodeCounts([245]), 'e7');
  // 245, 5, 35, 5, 35: the fourth is 5 − 5 = 0, the fifth 35 − 35 = 0. 35 = 1·32 + 3: 'S', '1'.
  assert.is(encodeCounts([245, 5, 35, 5, 35]), 'e75S100');
  assert.equal(decodeCounts('e75S100'), [245, 5, 35, 5, 35]);
  assert.equal(decodeCounts(''), []);
});

test('random masks survive encoding, and areas, boxes and merges agree with counting pixels', () => {
  const r = random(1);
  for (let round = 0; round < 300; round += 1) {
    const [width, height] = [r.int(1, 40), r.int(1, 40)];
    const [a, b] = [randomMask(r, width, height), randomMask(r, width, height)];
    const [rleA, rleB] = [encodeMask(a, width, height), encodeMask(b, width, height)];
    assert.equal(decodeMask(rleA), a);
    assert.is(
      rleArea(rleA),
      a.reduce((sum, v) => sum + v, 0),
    );
    const inside = [...a.keys()].filter((i) => a[i] === 1);
    const xs = inside.map((i) => i % width);
    const ys = inside.map((i) => Math.floor(i / width));
    const [x, y] = [Math.min(...xs), Math.min(...ys)];
    assert.equal(rleBox(rleA), inside.length === 0 ? null : { x, y, width: Math.max(...xs) - x + 1, height: Math.max(...ys) - y + 1 });
    assert.equal(
      mergeRle([rleA, rleB]),
      encodeMask(
        a.map((v, i) => v | b[i]!),
        width,
        height,
      ),
    );
    assert.equal(
      mergeRle([rleA, rleB], 'intersection'),
      encodeMask(
        a.map((v, i) => v & b[i]!),
        width,
        height,
      ),
    );
    assert.equal(
      mergeRle([rleA, rleB], 'difference'),
      encodeMask(
        a.map((v, i) => v & (1 - b[i]!)),
        width,
        height,
      ),
    );
    assert.equal(checkedRle(width, height, rleA.counts), rleA);
    assert.equal(checkedRle(width, height, runsOf(rleA)), rleA);
  }
});

test('layers of a picture of values are the masks of each value', () => {
  const r = random(2);
  for (let round = 0; round < 50; round += 1) {
    const [width, height] = [r.int(1, 20), r.int(1, 20)];
    const values = Uint8Array.from({ length: width * height }, () => r.int(0, 3));
    const layers = encodeLayers(values, width, height);
    assert.equal([...layers.keys()].sort(), [...new Set(values)].sort());
    for (const [value, rle] of layers)
      assert.equal(
        decodeMask(rle),
        values.map((v) => (v === value ? 1 : 0)),
        `value ${value}`,
      );
  }
});

test('a run over the end of a column touches top and bottom', () => {
  assert.equal(rleBox(rleOfRuns(3, 4, [3, 2, 7])), { x: 0, y: 0, width: 2, height: 4 });
});

test('large runs and long lists', () => {
  const runs = [2 ** 29, 1, 2 ** 29 - 1];
  assert.equal(decodeCounts(encodeCounts(runs)), runs);
  const many = Array.from({ length: 50_000 }, (_, i) => (i * 7919) % 1000);
  assert.equal(decodeCounts(encodeCounts(many)), many);
});

test('what is no run lengths is refused', () => {
  assert.throws(() => decodeCounts('2 3'), RangeError);
  assert.throws(() => decodeCounts('p'), RangeError, 'character 112 is over 111');
  assert.throws(() => decodeCounts('`'), RangeError, 'ends within a number');
  assert.throws(() => decodeCounts('oooooooooooo0'), RangeError, 'a number without end');
  assert.throws(() => decodeCounts('N'), RangeError, 'a negative run');
  assert.throws(() => checkedRle(2, 2, '231N'), RangeError, 'adds up to 7, not 4');
  assert.throws(() => checkedRle(7, 1, [2, 3, 1.5, 0.5]), RangeError);
  assert.throws(() => checkedRle(7, 1, [8, -1]), RangeError);
  assert.throws(() => checkedRle(1e6, 1e6, []), RangeError);
  assert.throws(() => checkedRle(7, 1, [2, 'a' as never, 5]), RangeError);
});

test.run();
