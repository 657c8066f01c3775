/** The normal distribution's integral, for truncated Gaussians. */

const CHEBYSHEV = [-1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223, 0.17087277];

/**
 * Complementary error function, relative error below 1.2e-7 everywhere: the tails matter, where 1 − erf would be nothing but rounding.
 * Source: W. H. Press et al., Numerical Recipes, 2nd ed. §6.2, Chebyshev fit.
 */
export function erfc(x: number): number {
  const z = Math.abs(x);
  const t = 2 / (2 + z);
  let sum = 0;
  for (let i = CHEBYSHEV.length - 1; i >= 0; i--) sum = sum * t + CHEBYSHEV[i]!;
  const tail = t * Math.exp(-z * z + sum);
  return x >= 0 ? tail : 2 - tail;
}

/** Probability of a standard normal between a and b, a ≤ b; accurate in both tails. */
export function normalMass(a: number, b: number): number {
  // Mirrored so that both ends lie in the upper tail where they are on the same side.
  if (a < 0 && b <= 0) return normalMass(-b, -a);
  return Math.max(0, (erfc(a * Math.SQRT1_2) - erfc(b * Math.SQRT1_2)) / 2);
}
