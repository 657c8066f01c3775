/**
 * Grid search: every combination of a few values of each parameter. Choices are all taken; numbers get as many evenly spaced values (ends included)
 * as the number of trials allows. The order is spread over the whole grid, so that a search that is stopped early has still seen all of it.
 */
import { hash32 } from './rng.ts';
import type { Problem, Sampler } from './sampler.ts';
import { type Dimension, fromUnit, keyOf, levels, type Params, type Value, valueAt } from './space.ts';

/** No dimension is cut finer than this, however many trials there are. */
const FINEST = 1000;
/** No grid is larger than this: what is beyond gets one value only. (Positions are exact integers up to 2⁵³.) */
const LARGEST = 2 ** 40;

const isUnordered = (dimension: Dimension): boolean => dimension.kind === 'categorical' && dimension.ordered !== true;

/**
 * Values of each dimension, in the order of the space. The dimension that is cut most coarsely is refined until the grid would exceed maxTrials;
 * each has two values at least (where it has two), so that the grid can be larger than maxTrials.
 */
export function mesh({ space, maxTrials }: Pick<Problem, 'space' | 'maxTrials'>): Value[][] {
  const most = space.map((dimension) => Math.min(levels(dimension), FINEST));
  let total = 1;
  const counts = space.map((dimension, i) => {
    const count = isUnordered(dimension) ? most[i]! : Math.min(2, most[i]!);
    if (total * count > LARGEST) return 1;
    total *= count;
    return count;
  });
  const size = (): number => counts.reduce((product, count) => product * count, 1);
  for (;;) {
    const open = counts.map((_, i) => i).filter((i) => counts[i]! < most[i]!);
    const coarsest = open.sort((a, b) => counts[a]! - counts[b]! || a - b)[0];
    if (coarsest === undefined) break;
    counts[coarsest]!++;
    if (size() > maxTrials) {
      counts[coarsest]!--;
      break;
    }
  }
  return space.map((dimension, i) => {
    const count = counts[i]!;
    const values = Array.from({ length: count }, (_, k): Value => {
      if (dimension.kind === 'float' || (dimension.kind === 'int' && dimension.log === true)) {
        return fromUnit(dimension, count === 1 ? 0.5 : k / (count - 1));
      }
      return valueAt(dimension, count === 1 ? 0 : Math.round((k * (levels(dimension) - 1)) / (count - 1)));
    });
    return [...new Set(values)];
  });
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

export const grid: Sampler = {
  suggest(problem, trials) {
    const { space, seed } = problem;
    const values = mesh(problem);
    const size = values.reduce((product, { length }) => product * length, 1);
    const tried = new Set(trials.map(({ params }) => keyOf(space, params)));
    // Steps of about the golden section visit the grid like a Weyl sequence: each point once, and any first few of them far apart.
    let stride = Math.max(1, Math.round(size * 0.6180339887498949));
    while (gcd(stride, size) !== 1) stride++;
    const start = hash32(seed) % size;
    for (let visit = 0, index = start; visit < size; visit++, index = (index + stride) % size) {
      let rest = index;
      const params: Params = Object.fromEntries(
        space.map(({ name }, i) => {
          const choices = values[i]!;
          const value = choices[rest % choices.length]!;
          rest = Math.floor(rest / choices.length);
          return [name, value];
        }),
      );
      if (!tried.has(keyOf(space, params))) return params;
    }
    return null;
  },
};
