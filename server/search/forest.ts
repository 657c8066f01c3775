/**
 * A random forest over the unit cube whose trees are kept as partitions: each leaf is a box with a value, which is what functional ANOVA integrates over.
 * Source: L. Breiman 2001, "Random Forests", Machine Learning 45.
 */
import type { Rng } from './rng.ts';

export interface Leaf {
  readonly value: number;
  /** The box: the leaf covers [low[d], high[d]] in dimension d of the unit cube. */
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/** Mean of some values and the sum of their squared differences to it. */
function spread(y: Float64Array, rows: Int32Array): { mean: number; sse: number } {
  let [sum, squares] = [0, 0];
  for (const row of rows) sum += y[row]!;
  const mean = sum / rows.length;
  for (const row of rows) squares += (y[row]! - mean) ** 2;
  return { mean, sse: squares };
}

/** The cut that lowers the squared error most: dimension and threshold. null where nothing differs. `sorted[d]`: the rows by coordinate d. */
function bestCut(x: readonly Float64Array[], y: Float64Array, sorted: readonly Int32Array[], mean: number): { dimension: number; threshold: number } | null {
  let best: { dimension: number; threshold: number } | null = null;
  let most = 1e-12;
  sorted.forEach((rows, dimension) => {
    const at = x[dimension]!;
    if (at[rows[0]!] === at[rows[rows.length - 1]!]) return;
    // Sums of the differences to the mean: the gain of a cut is l²/n_l + r²/n_r, and the two sums cancel each other.
    let left = 0;
    for (let i = 0; i + 1 < rows.length; i++) {
      left += y[rows[i]!]! - mean;
      const [here, next] = [at[rows[i]!]!, at[rows[i + 1]!]!];
      if (here === next) continue;
      const gain = (left * left) / (i + 1) + (left * left) / (rows.length - i - 1);
      if (gain > most) {
        most = gain;
        best = { dimension, threshold: (here + next) / 2 };
      }
    }
  });
  return best;
}

/** The rows in the order of one coordinate, each as often as the sample has it. */
function repeated(order: Int32Array, times: Uint16Array, total: number): Int32Array {
  const rows = new Int32Array(total);
  let end = 0;
  for (const row of order) for (let i = 0; i < times[row]!; i++) rows[end++] = row;
  return rows;
}

/** Parts rows by a threshold on one coordinate, keeping their order; `left` of them are not above it. */
function part(rows: Int32Array, at: Float64Array, threshold: number, left: number): [Int32Array, Int32Array] {
  const parts: [Int32Array, Int32Array] = [new Int32Array(left), new Int32Array(rows.length - left)];
  let [below, above] = [0, 0];
  for (const row of rows) {
    if (at[row]! <= threshold) parts[0][below++] = row;
    else parts[1][above++] = row;
  }
  return parts;
}

/** The rows in the order of each coordinate: what all trees of a forest share. */
export const orders = (x: readonly Float64Array[]): Int32Array[] => x.map((at) => Int32Array.from(at.keys()).sort((a, b) => at[a]! - at[b]! || a - b));

/**
 * One tree on a bootstrap sample. x: one array a dimension, each with a coordinate in [0, 1] a row; order: orders(x); y: a value a row. Grown until the
 * rows of a leaf are equal or fewer than `minRows`.
 */
export function growTree(x: readonly Float64Array[], order: readonly Int32Array[], y: Float64Array, rng: Rng, minRows: number): Leaf[] {
  const times = new Uint16Array(y.length);
  for (let i = 0; i < y.length; i++) times[rng.integer(y.length)]!++;
  const leaves: Leaf[] = [];
  const grow = (sorted: readonly Int32Array[], low: Float64Array, high: Float64Array): void => {
    const { mean, sse } = spread(y, sorted[0]!);
    const cut = sorted[0]!.length < minRows || sse <= 1e-12 ? null : bestCut(x, y, sorted, mean);
    if (cut === null) {
      leaves.push({ value: mean, low, high });
      return;
    }
    const { dimension, threshold } = cut;
    const at = x[dimension]!;
    const left = sorted[dimension]!.findIndex((row) => at[row]! > threshold);
    const parts = sorted.map((rows) => part(rows, at, threshold, left));
    grow(
      parts.map(([below]) => below),
      low,
      high.with(dimension, threshold),
    );
    grow(
      parts.map(([, above]) => above),
      low.with(dimension, threshold),
      high,
    );
  };
  grow(
    order.map((rows) => repeated(rows, times, y.length)),
    new Float64Array(x.length),
    new Float64Array(x.length).fill(1),
  );
  return leaves;
}
