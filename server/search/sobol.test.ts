import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { stream } from './rng.ts';
import { SOBOL_DIMENSIONS, sobolBits, sobolPoint } from './sobol.ts';

test('the sequence is the published one', () => {
  // The first points of Joe and Kuo's generator, which walks in Gray code: their n-th point is ours with index n ^ (n >> 1).
  const published = [
    [0, 0, 0],
    [0.5, 0.5, 0.5],
    [0.75, 0.25, 0.25],
    [0.25, 0.75, 0.75],
    [0.375, 0.375, 0.625],
    [0.875, 0.875, 0.125],
    [0.625, 0.125, 0.875],
    [0.125, 0.625, 0.375],
    [0.1875, 0.3125, 0.9375],
    [0.6875, 0.8125, 0.4375],
  ];
  published.forEach((point, n) => {
    const bits = [0, 1, 2].map((dimension) => sobolBits(n ^ (n >> 1), dimension) / 2 ** 32);
    assert.equal(bits, point);
  });
});

test('high dimensions agree with another implementation (SciPy 1.17, qmc.Sobol unscrambled, point 200 of 64 dimensions)', () => {
  const point = 200 ^ (200 >> 1);
  const expected = { 3: 2533359616, 9: 2667577344, 19: 754974720, 20: 1560281088, 39: 1157627904, 63: 1526726656 };
  for (const [dimension, bits] of Object.entries(expected)) assert.is(sobolBits(point, Number(dimension)), bits);
});

test('every dimension is a (0, m, 1)-net, scrambled or not: 2^m points, one in each interval of 2^-m', () => {
  const n = 256;
  for (let dimension = 0; dimension < SOBOL_DIMENSIONS; dimension++) {
    const plain = new Set(Array.from({ length: n }, (_, index) => sobolBits(index, dimension) >>> 24));
    assert.is(plain.size, n, `dimension ${dimension}`);
  }
  const points = Array.from({ length: n }, (_, index) => sobolPoint(index, SOBOL_DIMENSIONS, 5));
  for (let dimension = 0; dimension < SOBOL_DIMENSIONS; dimension++) {
    assert.is(new Set(points.map((point) => Math.floor(point[dimension]! * n))).size, n, `dimension ${dimension} scrambled`);
  }
});

test('scrambled points stay inside, differ with the seed, and integrate far better than random ones', () => {
  // The mean of a product of 6 coordinates' functions, each with mean 1.
  const f = (x: number[]): number => x.reduce((product, v) => product * (1 + (v - 0.5)), 1);
  const error = (point: (index: number, seed: number) => number[]): number => {
    let squares = 0;
    for (let seed = 0; seed < 20; seed++) {
      let sum = 0;
      for (let index = 0; index < 256; index++) sum += f(point(index, seed));
      squares += (sum / 256 - 1) ** 2 / 20;
    }
    return Math.sqrt(squares);
  };
  const quasi = error((index, seed) => sobolPoint(index, 6, seed));
  const plain = error((index, seed) => {
    const rng = stream(99, seed, index);
    return Array.from({ length: 6 }, () => rng.uniform());
  });
  assert.ok(quasi < plain / 5, `error ${quasi} against ${plain}`);
  assert.not.equal(sobolPoint(3, 4, 1), sobolPoint(3, 4, 2));
  // Nested: which bits are flipped depends on the bits above them, unlike a mere shift.
  const flips = new Set(Array.from({ length: 64 }, (_, index) => Math.floor(sobolPoint(index, 1, 1)[0]! * 2 ** 32) ^ sobolBits(index, 0)));
  assert.is(flips.size, 64);
  for (let index = 0; index < 512; index++) for (const v of sobolPoint(index, 80, 1)) assert.ok(v > 0 && v < 1);
});

test.run();
