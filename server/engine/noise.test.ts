import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { beta, drawNoise, stepRandom } from './noise.ts';

const mask = (seed: number, step: number) =>
  drawNoise([{ name: 'noise.0', shape: [100, 100], keep: 0.8 }], stepRandom(seed, step)).get('noise.0')!.data as Float32Array;

test('a mask keeps its share and the mean', () => {
  const values = mask(1, 0);
  const kept = values.filter((value) => value > 0);
  assert.ok(kept.every((value) => value === Math.fround(1 / 0.8)));
  assert.ok(Math.abs(kept.length / values.length - 0.8) < 0.015, `${kept.length}`);
});

test('the same seed and step draw the same, others do not', () => {
  assert.equal(mask(1, 5), mask(1, 5));
  const agreement = (a: Float32Array, b: Float32Array) => a.filter((value, index) => value === b[index]).length / a.length;
  // Independent masks agree in 0.8² + 0.2² of the values.
  for (const other of [mask(1, 6), mask(2, 5), mask(5, 1)]) assert.ok(Math.abs(agreement(mask(1, 5), other) - 0.68) < 0.02);
});

test('beta has its mean and variance', () => {
  for (const alpha of [0.2, 1, 4]) {
    const random = stepRandom(3, alpha * 10);
    const draws = Array.from({ length: 20_000 }, () => beta(random, alpha));
    const mean = draws.reduce((sum, value) => sum + value, 0) / draws.length;
    const variance = draws.reduce((sum, value) => sum + (value - mean) ** 2, 0) / draws.length;
    assert.ok(Math.abs(mean - 0.5) < 0.01, `${alpha}: ${mean}`);
    assert.ok(Math.abs(variance * 4 * (2 * alpha + 1) - 1) < 0.04, `${alpha}: ${variance}`);
  }
});

test.run();
