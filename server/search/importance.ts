/**
 * How much each parameter matters: functional ANOVA. A random forest stands for the objective over the whole space; a parameter's importance is the share of
 * the forest's variance that the parameter explains alone, averaged over all values of the others. What is missing to 1 is due to parameters acting
 * together. Source: F. Hutter, H. Hoos, K. Leyton-Brown 2014, "An Efficient Approach for Assessing Hyperparameter Importance", ICML, §3.
 */
import { setImmediate } from 'node:timers/promises';
import { growTree, type Leaf, orders } from './forest.ts';
import { stream } from './rng.ts';
import { type Dimension, levelOf, levels, type Space, toUnit } from './space.ts';
import type { Trial } from './trial.ts';

const STREAM = 4;
const TREES = 32;
const MIN_ROWS = 3;
/** More trials than this are thinned out evenly; the picture would not change. */
const MAX_TRIALS = 300;
/** Fewer finished trials than this say nothing. */
export const IMPORTANCE_MIN_TRIALS = 4;

export interface Importance {
  readonly name: string;
  /** 0..1: the share of the variance that this parameter explains alone. All shares add up to 1 at most. */
  readonly share: number;
}

/** Choices without an order are laid out by their mean value, so that one cut can part good from bad ones (Breiman et al. 1984, CART, §4.2.2). */
function coordinates(dimension: Dimension, trials: readonly Trial[]): Float64Array {
  if (dimension.kind !== 'categorical' || dimension.ordered === true)
    return Float64Array.from(trials, ({ params }) => toUnit(dimension, params[dimension.name]!));
  const count = dimension.choices.length;
  const level = trials.map(({ params }) => levelOf(dimension, params[dimension.name]!));
  const all = trials.reduce((sum, { value }) => sum + value!, 0) / trials.length;
  const means = dimension.choices.map((_, choice) => {
    const values = trials.filter((_, i) => level[i] === choice).map(({ value }) => value!);
    return values.length === 0 ? all : values.reduce((sum, value) => sum + value, 0) / values.length;
  });
  const order = means.map((_, choice) => choice).sort((a, b) => means[a]! - means[b]! || a - b);
  const place = order.map((_, choice) => order.indexOf(choice));
  return Float64Array.from(level, (choice) => (place[choice]! + 0.5) / count);
}

/** Variance of a tree's prediction over the unit cube. */
function totalVariance(leaves: readonly Leaf[], volumes: Float64Array): { mean: number; variance: number } {
  const mean = leaves.reduce((sum, { value }, i) => sum + volumes[i]! * value, 0);
  return { mean, variance: leaves.reduce((sum, { value }, i) => sum + volumes[i]! * (value - mean) ** 2, 0) };
}

/** Variance of the prediction as a function of one coordinate alone, the others averaged out: a step function with steps at the leaves' borders. */
function marginalVariance(leaves: readonly Leaf[], volumes: Float64Array, dimension: number, mean: number): number {
  const borders = Float64Array.from(new Set(leaves.map(({ low }) => low[dimension]!))).sort();
  const place = new Map<number, number>();
  for (const [i, border] of borders.entries()) place.set(border, i);
  const steps = new Float64Array(borders.length + 1);
  leaves.forEach(({ value, low, high }, i) => {
    const [from, to] = [low[dimension]!, high[dimension]!];
    const height = (value * volumes[i]!) / (to - from);
    steps[place.get(from)!]! += height;
    // A leaf ends where another begins, or at 1.
    steps[place.get(to) ?? borders.length]! -= height;
  });
  let [variance, height] = [0, 0];
  for (let i = 0; i < borders.length; i++) {
    height += steps[i]!;
    variance += ((borders[i + 1] ?? 1) - borders[i]!) * (height - mean) ** 2;
  }
  return variance;
}

/**
 * Importances of all parameters with more than one value, the greatest first. Learns from the finished trials; empty with fewer than
 * IMPORTANCE_MIN_TRIALS of them, or where their values do not differ. The same trials and seed give the same answer. Lets others run between two trees,
 * because the daemon computes this while it serves everybody.
 */
export async function importances(space: Space, trials: readonly Trial[], seed: number): Promise<Importance[]> {
  const finished = trials.filter(({ value }) => value !== null);
  const thinned =
    finished.length <= MAX_TRIALS ? finished : Array.from({ length: MAX_TRIALS }, (_, i) => finished[Math.floor((i * finished.length) / MAX_TRIALS)]!);
  const searched = space.filter((dimension) => levels(dimension) > 1);
  if (thinned.length < IMPORTANCE_MIN_TRIALS || searched.length === 0) return [];

  const x = searched.map((dimension) => coordinates(dimension, thinned));
  const order = orders(x);
  // Scaled, so that the forest's tolerances hold for losses of 1e-6 and of 1e6.
  const values = thinned.map(({ value }) => value!);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  if (!(high > low) || !Number.isFinite(high - low)) return [];
  const y = Float64Array.from(values, (value) => (value - low) / (high - low));

  const shares = new Float64Array(searched.length);
  let trees = 0;
  for (let tree = 0; tree < TREES; tree++) {
    await setImmediate();
    const leaves = growTree(x, order, y, stream(seed, STREAM, tree), MIN_ROWS);
    const volumes = Float64Array.from(leaves, (leaf) => leaf.low.reduce((volume, from, d) => volume * (leaf.high[d]! - from), 1));
    const { mean, variance } = totalVariance(leaves, volumes);
    if (!(variance > 0)) continue;
    trees++;
    for (let d = 0; d < shares.length; d++) shares[d]! += marginalVariance(leaves, volumes, d, mean) / variance;
  }
  if (trees === 0) return [];
  return searched.map(({ name }, d) => ({ name, share: shares[d]! / trees })).sort((a, b) => b.share - a.share);
}
