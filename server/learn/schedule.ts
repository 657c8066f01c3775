/** Share of the training's steps over which the learning rate rises from near 0: with random weights the first gradients are wild. */
const WARM_UP = 0.05;

/**
 * Learning rate at step 0..steps-1: a linear rise, then half a cosine down to 0 (I. Loshchilov, F. Hutter, "SGDR", 2017, eq. 5, without restarts).
 * `peak` is the rate that the user gave.
 */
export function learningRate(peak: number, step: number, steps: number): number {
  const rise = Math.ceil(steps * WARM_UP);
  if (step < rise) return (peak * (step + 1)) / (rise + 1);
  return 0.5 * peak * (1 + Math.cos((Math.PI * (step - rise)) / (steps - rise)));
}
