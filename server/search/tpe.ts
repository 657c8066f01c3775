/**
 * Tree-structured Parzen estimator: learns from the trials so far where good parameters lie. The finished trials are parted into the good ones and the
 * rest; a density is fitted to each; the next trial is the candidate, drawn from the density of the good ones, at which good most outweighs bad, which is
 * where the expected improvement is largest (Bergstra et al. 2011, equation 2 and §4.1).
 *
 * Trials without a final value teach, too: stopped and paused ones rank behind the finished ones, those that came further first (as S. Falkner et al. 2018,
 * BOHB, prefer the largest budget); failed ones count as bad; waiting and running ones count as bad while they are open, so that parallel trials spread
 * (the "constant liar" of D. Ginsbourger et al. 2010, with the worst value as the lie).
 */
import { ParzenEstimator } from './parzen.ts';
import { stream } from './rng.ts';
import { type Sampler, Untried } from './sampler.ts';
import { sobol } from './sobol.ts';
import { levels, type Params } from './space.ts';
import { compareValues, type Direction, isPending, lastValue, type Trial } from './trial.ts';

const STREAM = 3;
/** Trials with a result before the densities are trusted; until then, Sobol's sequence. Small, since a study has ten trials by default. */
const STARTUP = 5;
const CANDIDATES = 24;

/** How many of n results are called good. */
const goodCount = (n: number): number => Math.min(25, Math.ceil(0.15 * n));

/** Trials with a result, the best first: finished, then by how far they came, then by value. */
export function ranked(trials: readonly Trial[], direction: Direction): Trial[] {
  return trials
    .filter(({ state }) => state === 'succeeded' || state === 'pruned' || state === 'paused')
    .map((trial) => ({ trial, last: lastValue(trial) }))
    .sort((a, b) => {
      if (a.last === null || b.last === null) return a.last === b.last ? a.trial.id - b.trial.id : a.last === null ? 1 : -1;
      if (a.last.resource !== b.last.resource) return b.last.resource - a.last.resource;
      return compareValues(direction, a.last.value, b.last.value) || a.trial.id - b.trial.id;
    })
    .map(({ trial }) => trial);
}

/**
 * Weights of the good trials, 1 on average: by how much each improves on the best of the rest, so that the density follows the expected improvement
 * instead of the mere probability of one (J. Song et al. 2022, "A General Recipe for Likelihood-free Bayesian Optimization", ICML; Watanabe 2023). Values
 * are only compared among finished trials; where others are among them, all weigh the same.
 */
function improvements(good: readonly Trial[], rest: Trial | undefined): number[] {
  const threshold = rest?.value ?? null;
  const gains = good.map(({ value }) => (value === null || threshold === null ? Number.NaN : Math.abs(value - threshold)));
  const mean = gains.reduce((sum, gain) => sum + gain, 0) / gains.length;
  if (!(mean > 0 && Number.isFinite(mean))) return good.map(() => 1);
  // A tie with the threshold must keep a weight, or its logarithm has none.
  return gains.map((gain) => Math.max(gain / mean, 1e-9));
}

export const tpe: Sampler = {
  suggest(problem, trials) {
    const { space, direction, seed } = problem;
    const untried = new Untried(space, trials);
    if (untried.exhausted) return null;
    const results = ranked(trials, direction);
    if (results.length < STARTUP) return sobol.suggest(problem, trials);

    const searched = space.filter((dimension) => levels(dimension) > 1);
    const good = results.slice(0, goodCount(results.length));
    const bad = [...results.slice(good.length), ...trials.filter((trial) => trial.state === 'failed' || isPending(trial))];
    const paramsOf = (of: readonly Trial[]): Params[] => of.map(({ params }) => params);
    const likely = new ParzenEstimator(searched, paramsOf(good), improvements(good, results[good.length]));
    const unlikely = new ParzenEstimator(
      searched,
      paramsOf(bad),
      bad.map(() => 1),
    );

    const rng = stream(seed, STREAM, trials.length);
    const fixed = Object.fromEntries(
      space.filter((dimension) => levels(dimension) === 1).map((d) => [d.name, d.kind === 'categorical' ? d.choices[0]! : d.low]),
    );
    let best: Params | null = null;
    let most = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < CANDIDATES; i++) {
      const drawn = likely.sample(rng);
      const params = { ...fixed, ...drawn };
      if (!untried.has(params)) continue;
      const ratio = likely.logDensity(drawn) - unlikely.logDensity(drawn);
      if (ratio > most) [best, most] = [params, ratio];
    }
    return best ?? untried.first(() => space.map(() => rng.uniform()));
  },
};
