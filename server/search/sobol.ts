/**
 * Sobol's sequence: quasi-random points that fill the space more evenly than random ones. Owen-scrambled by the seed, which keeps the evenness, makes
 * studies with other seeds independent, and never hits the corner that an unscrambled sequence begins with.
 *
 * Sources: I. M. Sobol 1967; direction numbers: joe-kuo.ts; A. B. Owen 1995, "Randomly permuted (t,m,s)-nets and (t,s)-sequences". As B. Burley 2020
 * ("Practical hash-based Owen scrambling", JCGT 9(4)) does, the random permutation tree is not stored but hashed.
 */
import { JOE_KUO } from './joe-kuo.ts';
import { hash32, stream } from './rng.ts';
import { type Sampler, Untried } from './sampler.ts';

const STREAM = 2;
const BITS = 32;

/** Dimensions with direction numbers; further ones are drawn at random. */
export const SOBOL_DIMENSIONS = JOE_KUO.length + 1;

/** V[k] of a dimension (0-based): the direction number of bit k of the index, scaled to 32 bits. Joe & Kuo 2008, equation (2). */
function directions(dimension: number): Uint32Array {
  const v = new Uint32Array(BITS);
  if (dimension === 0) return v.map((_, k) => 1 << (31 - k));
  const [s, a, ...m] = JOE_KUO[dimension - 1]!.split(' ').map(Number) as [number, number, ...number[]];
  for (let k = 0; k < BITS; k++) {
    if (k < s) {
      v[k] = m[k]! << (31 - k);
      continue;
    }
    let bits = v[k - s]! ^ (v[k - s]! >>> s);
    for (let j = 1; j < s; j++) if (((a >>> (s - 1 - j)) & 1) === 1) bits ^= v[k - j]!;
    v[k] = bits;
  }
  return v;
}

const table: Uint32Array[] = [];

/** Coordinate of point `index` (from 0, below 2³²) in a dimension (from 0), as 32 bits behind the point. Unscrambled, in the order of the index. */
export function sobolBits(index: number, dimension: number): number {
  table[dimension] ??= directions(dimension);
  const v = table[dimension];
  let bits = 0;
  for (let k = 0, rest = index >>> 0; rest !== 0; k++, rest >>>= 1) if ((rest & 1) === 1) bits ^= v[k]!;
  return bits >>> 0;
}

/** Flips each bit by a random function of the bits above it: a nested uniform scramble. */
function owen(bits: number, seed: number, dimension: number): number {
  let flips = 0;
  for (let k = 0; k < BITS; k++) {
    const above = k === 0 ? 0 : bits >>> (BITS - k);
    if ((hash32(seed, STREAM, dimension, k, above) & 1) === 1) flips |= 1 << (31 - k);
  }
  return (bits ^ flips) >>> 0;
}

/** Point `index` of the scrambled sequence in the unit cube, `dimensions` coordinates in (0, 1). */
export function sobolPoint(index: number, dimensions: number, seed: number): number[] {
  const rng = stream(seed, STREAM, index);
  return Array.from({ length: dimensions }, (_, i) =>
    // Half a step inwards, so that no point lies on the border.
    i < SOBOL_DIMENSIONS ? (owen(sobolBits(index, i), seed, i) + 0.5) / 2 ** BITS : rng.uniform(),
  );
}

export const sobol: Sampler = {
  suggest({ space, seed }, trials) {
    return new Untried(space, trials).first((attempt) => sobolPoint(trials.length + attempt, space.length, seed));
  },
};
