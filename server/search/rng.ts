/**
 * Random numbers that are a pure function of integers: the sampler of a restarted daemon must draw what it would have drawn without the restart, so
 * no generator lives longer than one suggestion. Each stream is named by a seed and keys (what for, which trial).
 */

/** Finalizer of MurmurHash3 (Appleby 2011): every bit of the input changes about half of the 32 output bits. */
function mix(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A hash of integers, uniform in 0..2³²−1. Order matters. Numbers beyond 32 bits count with their upper half, too. */
export function hash32(...keys: number[]): number {
  let h = 0x9e3779b9;
  for (const key of keys) {
    h = mix(h ^ mix(key >>> 0)) + 0x9e3779b9;
    const upper = Math.floor(key / 2 ** 32) >>> 0;
    if (upper !== 0) h = mix(h ^ mix(upper)) + 0x7f4a7c15;
  }
  return mix(h);
}

export interface Rng {
  /** Uniform in [0, 1), 53 bits. */
  uniform(): number;
  /** Uniform in 0..n−1, n a positive integer below 2³². */
  integer(n: number): number;
  /** Standard normal. */
  normal(): number;
}

/** xoshiro128** (Blackman & Vigna 2021, "Scrambled linear pseudorandom number generators"), its state filled from a hash of the keys. */
export function stream(...keys: number[]): Rng {
  let [a, b, c, d] = [hash32(...keys, 1), hash32(...keys, 2), hash32(...keys, 3), hash32(...keys, 4) | 1];

  const next = (): number => {
    const product = Math.imul(b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return result;
  };
  const uniform = (): number => ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / 2 ** 53;
  return {
    uniform,
    integer: (n) => Math.floor(uniform() * n),
    // Box–Muller; 1 − u keeps the logarithm finite.
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
  };
}
