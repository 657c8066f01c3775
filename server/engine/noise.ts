import type { Noise } from './model.ts';
import { Random } from './random.ts';
import type { Tensor } from './tensor.ts';
import { elements } from './tensor.ts';

/** A source of random numbers for one step of a training: the same for a seed and a step, so that a resumed training draws what it would have drawn. */
export function stepRandom(seed: number, step: number): Random {
  // MurmurHash3's finaliser (A. Appleby, public domain) sets neighbouring steps apart.
  let hash = Math.imul(seed ^ 0x3c6ef372, 0xcc9e2d51) ^ Math.imul(step + 1, 0x1b873593);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return new Random((hash ^ (hash >>> 16)) >>> 0);
}

/** The random inputs of one step, by name. */
export function drawNoise(noises: readonly Noise[], random: Random): Map<string, Tensor> {
  return new Map(
    noises.map(({ name, shape, keep }) => {
      const data = new Float32Array(elements(shape));
      for (let index = 0; index < data.length; index++) data[index] = random.uniform() < keep ? 1 / keep : 0;
      return [name, { dtype: 'float32', shape, data }];
    }),
  );
}

/** From the gamma distribution of a shape > 0 and the scale 1 (Marsaglia & Tsang 2000). */
function gamma(random: Random, shape: number): number {
  if (shape < 1) return gamma(random, shape + 1) * (1 - random.uniform()) ** (1 / shape);
  const d = shape - 1 / 3;
  for (;;) {
    const normal = random.normal();
    const v = (1 + normal / Math.sqrt(9 * d)) ** 3;
    if (v > 0 && Math.log(1 - random.uniform()) < normal ** 2 / 2 + d - d * v + d * Math.log(v)) return d * v;
  }
}

/** From the symmetric beta distribution with both parameters `alpha` > 0. */
export function beta(random: Random, alpha: number): number {
  const a = gamma(random, alpha);
  const b = gamma(random, alpha);
  return a + b > 0 ? a / (a + b) : 0.5;
}
