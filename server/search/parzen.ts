/**
 * A Parzen estimator over a search space: the density of a set of parameters as a mixture of one kernel an observation and one broad prior. Each
 * kernel is a product over the dimensions, so that the mixture keeps which values of different parameters go together ("multivariate").
 * On numbers a kernel is a Gaussian in the unit interval, truncated to it and integrated over cells where the dimension is discrete; on choices it
 * puts most of its mass on the observed one.
 *
 * Sources: J. Bergstra et al. 2011, "Algorithms for Hyper-Parameter Optimization", NeurIPS 24, §4; S. Falkner, A. Klein, F. Hutter 2018, "BOHB", ICML
 * (multivariate); S. Watanabe 2023, "Tree-structured Parzen
 * estimator", arXiv:2304.11127 (what each component is good for).
 */
import { normalMass } from './normal.ts';
import type { Rng } from './rng.ts';
import { cell, type Dimension, fromUnit, levelOf, levels, type Params, type Space, toUnit } from './space.ts';

/** A discrete dimension with more values than this is integrated as if it were continuous: its cells are about as narrow as the narrowest kernels. */
const FINE = 24;
/** Below any density that matters, above the underflow. */
const TINY = 1e-300;

interface Axis {
  readonly dimension: Dimension;
  /** Adds the log density of a value under each kernel, the prior last. */
  addLogKernels(params: Params, sum: Float64Array): void;
  /** A draw from kernel k. */
  draw(k: number, rng: Rng): Params[string];
}

/** Kernels on the choices: the observed choice gets the mass of one observation, and all share the mass of one prior observation. */
function choiceAxis(dimension: Dimension & { kind: 'categorical' }, observed: readonly Params[]): Axis {
  const count = dimension.choices.length;
  const kernels = observed.length + 1;
  const shared = 1 / kernels;
  const seen = observed.map((params) => levelOf(dimension, params[dimension.name]!));
  const other = Math.log(shared / count / (1 + shared));
  const same = Math.log((1 + shared / count) / (1 + shared));
  return {
    dimension,
    addLogKernels(params, sum) {
      const level = levelOf(dimension, params[dimension.name]!);
      for (let k = 0; k < seen.length; k++) sum[k]! += seen[k] === level ? same : other;
      sum[seen.length]! -= Math.log(count);
    },
    draw(k, rng) {
      const keep = k < seen.length && rng.uniform() < 1 / (1 + shared);
      return dimension.choices[keep ? seen[k]! : rng.integer(count)]!;
    },
  };
}

/** Kernels on a number, or on choices with an order. `width` is the bandwidth of the observations in the unit interval. */
function numberAxis(dimension: Dimension, observed: readonly Params[], width: number): Axis {
  const kernels = observed.length + 1;
  const mu = Float64Array.from({ length: kernels }, (_, k) => (k < observed.length ? toUnit(dimension, observed[k]![dimension.name]!) : 0.5));
  const sigma = Float64Array.from({ length: kernels }, (_, k) => (k < observed.length ? width : 1));
  // Of the part of the Gaussian that lies within [0, 1].
  const logMass = mu.map((m, k) => Math.log(normalMass(-m / sigma[k]!, (1 - m) / sigma[k]!)));
  const logNormalizer = logMass.map((mass, k) => -mass - Math.log(sigma[k]! * Math.sqrt(2 * Math.PI)));
  const discrete = levels(dimension) <= FINE;
  const rows = new Map<Params[string], Float64Array>();

  const mass = (from: number, to: number): Float64Array => {
    const row = new Float64Array(kernels);
    for (let k = 0; k < kernels; k++) {
      row[k] = Math.log(Math.max(TINY, normalMass((from - mu[k]!) / sigma[k]!, (to - mu[k]!) / sigma[k]!))) - logMass[k]!;
    }
    return row;
  };
  return {
    dimension,
    addLogKernels(params, sum) {
      const value = params[dimension.name]!;
      if (!discrete) {
        const u = toUnit(dimension, value);
        for (let k = 0; k < kernels; k++) {
          const z = (u - mu[k]!) / sigma[k]!;
          sum[k]! += logNormalizer[k]! - z * z * 0.5;
        }
        return;
      }
      const row = rows.get(value) ?? mass(...cell(dimension, value));
      rows.set(value, row);
      for (let k = 0; k < kernels; k++) sum[k]! += row[k]!;
    },
    draw(k, rng) {
      // By rejection: its middle lies in [0, 1] and its width is 1 at most, so at least every third draw fits.
      for (;;) {
        const u = mu[k]! + sigma[k]! * rng.normal();
        if (u >= 0 && u <= 1) return fromUnit(dimension, u);
      }
    },
  };
}

/**
 * The bandwidth of all kernels of an estimator, in the unit interval: Scott's rule n^(−1/(4+d)) for n kernels in d dimensions (D. W. Scott 1992,
 * "Multivariate Density Estimation", §6.3), times a spread that was chosen on the functions of `bench hpo`. It takes no notice of where the observations
 * lie: once the good ones crowd together their own spread would tell the search to look nowhere else.
 */
const bandwidth = (kernels: number, dimensions: number): number => 0.12 * kernels ** (-1 / (4 + dimensions));

export class ParzenEstimator {
  readonly #axes: Axis[];
  readonly #logWeights: Float64Array;
  readonly #cumulative: Float64Array;
  readonly #sum: Float64Array;

  /** `weights`: one positive number an observation, relative to the prior's weight of 1. */
  constructor(space: Space, observed: readonly Params[], weights: readonly number[]) {
    this.#axes = space.map((dimension) =>
      dimension.kind === 'categorical' && dimension.ordered !== true
        ? choiceAxis(dimension, observed)
        : numberAxis(dimension, observed, bandwidth(observed.length + 1, space.length)),
    );
    const all = Float64Array.from([...weights, 1]);
    const total = all.reduce((sum, weight) => sum + weight, 0);
    this.#logWeights = all.map((weight) => Math.log(weight / total));
    let sum = 0;
    this.#cumulative = all.map((weight) => (sum += weight / total));
    this.#sum = new Float64Array(all.length);
  }

  sample(rng: Rng): Params {
    const u = rng.uniform();
    const found = this.#cumulative.findIndex((sum) => u < sum);
    const k = found < 0 ? this.#cumulative.length - 1 : found;
    return Object.fromEntries(this.#axes.map((axis) => [axis.dimension.name, axis.draw(k, rng)]));
  }

  /** Natural logarithm of the density at a point (of the mass, in discrete dimensions). */
  logDensity(params: Params): number {
    const sum = this.#sum;
    sum.set(this.#logWeights);
    for (const axis of this.#axes) axis.addLogKernels(params, sum);
    let most = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < sum.length; k++) if (sum[k]! > most) most = sum[k]!;
    let scaled = 0;
    for (let k = 0; k < sum.length; k++) scaled += Math.exp(sum[k]! - most);
    return most + Math.log(scaled);
  }
}
