import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { generator } from './random.ts';
import { deal, splitByRatio } from './split.ts';

const SHARES = { training: 80, validation: 10, test: 10 };
const labelsOf = (...counts: number[]) => counts.flatMap((count, label) => new Array<number>(count).fill(label));
const count = (part: readonly number[], labels: readonly number[], label: number) => part.filter((thing) => labels[thing] === label).length;

function randomLabels(seed: number): number[] {
  const random = generator(seed);
  const classes = 2 + Math.floor(random() * 12);
  return Array.from({ length: classes + 2 + Math.floor(random() * 300) }, (_, i) => (i < classes ? i : Math.floor(random() ** 2 * classes)));
}

test('every thing is in one part, whatever the labels and options', () => {
  for (let seed = 0; seed < 200; seed++) {
    const labels = randomLabels(seed);
    const { training, validation, test: tested } = splitByRatio(labels, SHARES, { seed, stratify: seed % 2 === 0 });
    assert.equal(
      [...training, ...validation, ...tested].sort((a, b) => a - b),
      labels.map((_, thing) => thing),
    );
    assert.ok(training.length > 0 && validation.length > 0 && tested.length > 0);
    assert.is(new Set(training.map((thing) => labels[thing])).size, new Set(labels).size, 'every class is trained on');
  }
});

test('shares hold for the whole, and with strata for each class', () => {
  const labels = labelsOf(60, 60, 60, 60);
  const { training, validation, test: tested } = splitByRatio(labels, SHARES, { seed: 42, stratify: true });
  for (let label = 0; label < 4; label++) {
    assert.equal([count(training, labels, label), count(validation, labels, label), count(tested, labels, label)], [48, 6, 6]);
  }
  const many = labelsOf(...new Array<number>(50).fill(3));
  const parts = splitByRatio(many, SHARES, { seed: 1, stratify: true });
  assert.ok(Math.abs(parts.validation.length - 15) <= 2 && Math.abs(parts.test.length - 15) <= 2, 'small classes: rounding does not add up');
  const plain = splitByRatio(labels, SHARES, { seed: 42, stratify: false });
  assert.equal([plain.training.length, plain.validation.length, plain.test.length], [192, 24, 24]);
});

test('the same seed splits alike, another one does not', () => {
  const labels = labelsOf(30, 30);
  const split = (seed: number) => splitByRatio(labels, SHARES, { seed, stratify: true });
  assert.equal(split(7), split(7));
  assert.not.equal(split(7), split(8));
  // Kept as it is: models tell which split they were made with, and it has to stay true.
  assert.equal(splitByRatio(labelsOf(5, 5), SHARES, { seed: 42, stratify: true }).validation, VALIDATION_OF_42);
  const three = Array.from({ length: 60 }, (_, thing) => ((thing * 7) % 11) % 3);
  const groups = three.map((_, thing) => thing >> 1);
  assert.equal(deal(three, [80, 10, 10], { seed: 42, stratify: true, groups }).slice(1), [
    [18, 19, 24, 25, 54, 55],
    [6, 7, 46, 47, 52, 53],
  ]);
});
const VALIDATION_OF_42 = [4];

test('folds and groups', () => {
  const labels = labelsOf(20, 10);
  const folds = deal(labels, [1, 1, 1, 1, 1], { seed: 3, stratify: true });
  for (const fold of folds) assert.equal([count(fold, labels, 0), count(fold, labels, 1)], [4, 2]);
  const groups = labels.map((label, thing) => `${label}-${thing % 5}`);
  const parts = deal(labels, [60, 20, 20], { seed: 3, stratify: true, groups });
  for (const group of new Set(groups)) {
    assert.is(parts.filter((part) => part.some((thing) => groups[thing] === group)).length, 1, 'a group stays together');
  }
  assert.equal(
    parts.map(({ length }) => length),
    [18, 6, 6],
  );
});

test('too few pictures: parts stay empty rather than training without a class', () => {
  assert.equal(splitByRatio([0, 1], SHARES, { seed: 1, stratify: true }), { training: [0, 1], validation: [], test: [] });
  assert.equal(splitByRatio(labelsOf(2, 2), { training: 80, validation: 20, test: 0 }, { seed: 1, stratify: true }).test, []);
});

test.run();
