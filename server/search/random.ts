/**
 * Random search: every trial drawn uniformly (in the logarithm where asked), independent of all results. Source: Bergstra & Bengio 2012, "Random Search
 * for Hyper-Parameter Optimization", JMLR 13.
 */
import { stream } from './rng.ts';
import { type Sampler, Untried } from './sampler.ts';

const STREAM = 1;

export const random: Sampler = {
  suggest({ space, seed }, trials) {
    const rng = stream(seed, STREAM, trials.length);
    return new Untried(space, trials).first(() => space.map(() => rng.uniform()));
  },
};
