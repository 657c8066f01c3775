/** Statistics of one column: what pandas' describe() tells, and a histogram as numpy's. */
import type { ColumnStatistics, ColumnType, NumberStatistics } from '../http/table-schemas.ts';

const BINS = 20;
const TOP = 20;
const MISSING_CODE = 0xffff;

/** One column's values; the store's `Values` is one. */
export type ColumnValues =
  | { type: 'integer' | 'real' | 'date'; numbers: Float64Array }
  | { type: 'categorical'; codes: Uint16Array }
  | { type: 'text'; texts: readonly (string | null)[] };

/** `dictionary`: of a categorical column. */
export function columnStatistics(name: string, type: ColumnType, values: ColumnValues, dictionary: readonly string[]): ColumnStatistics {
  if (values.type === 'categorical') {
    const counts = new Array<number>(dictionary.length).fill(0);
    let missing = 0;
    for (const code of values.codes) {
      if (code === MISSING_CODE) missing += 1;
      else counts[code]! += 1;
    }
    const top = counts
      .map((count, code) => ({ value: dictionary[code]!, count }))
      .filter(({ count }) => count > 0)
      .sort((a, b) => b.count - a.count);
    return { name, type, count: values.codes.length, missing, distinct: top.length, numbers: null, top: top.slice(0, TOP) };
  }
  if (values.type === 'text') {
    const distinct = new Set<string>();
    let missing = 0;
    for (const text of values.texts) {
      if (text === null) missing += 1;
      else distinct.add(text);
    }
    return { name, type, count: values.texts.length, missing, distinct: distinct.size, numbers: null, top: [] };
  }
  const sorted = values.numbers.filter((value) => !Number.isNaN(value)).sort();
  return {
    name,
    type,
    count: values.numbers.length,
    missing: values.numbers.length - sorted.length,
    distinct: countDistinct(sorted),
    numbers: sorted.length === 0 ? null : describe(sorted),
    top: [],
  };
}

function countDistinct(sorted: Float64Array): number {
  let distinct = sorted.length === 0 ? 0 : 1;
  for (let i = 1; i < sorted.length; i++) if (sorted[i] !== sorted[i - 1]) distinct += 1;
  return distinct;
}

/** Of numbers in ascending order, at least one, none of them NaN. */
export function describe(sorted: Float64Array): NumberStatistics {
  const { mean, squares } = moments(sorted);
  let zeros = 0;
  for (const value of sorted) if (value === 0) zeros += 1;
  return {
    min: sorted[0]!,
    max: sorted.at(-1)!,
    mean,
    std: sorted.length < 2 ? null : Math.sqrt(squares / (sorted.length - 1)),
    quartiles: [quantile(sorted, 0.25), quantile(sorted, 0.5), quantile(sorted, 0.75)],
    zeros,
    histogram: histogram(sorted),
  };
}

/** Mean, and the sum of the squared distances from it, without cancellation (Welford 1962). NaN is left out. */
export function moments(values: Float64Array): { count: number; mean: number; squares: number } {
  let count = 0;
  let mean = 0;
  let squares = 0;
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    count += 1;
    const distance = value - mean;
    mean += distance / count;
    squares += distance * (value - mean);
  }
  return { count, mean, squares };
}

/** By linear interpolation between the neighbours (Hyndman & Fan 1996, definition 7). `sorted` must not be empty. */
export function quantile(sorted: Float64Array, share: number): number {
  const at = (sorted.length - 1) * share;
  const below = Math.floor(at);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (high - low) * (at - below);
}

/** Bins of equal width; where all values are the same, one bin around them. */
function histogram(sorted: Float64Array): NumberStatistics['histogram'] {
  const min = sorted[0]!;
  const max = sorted.at(-1)!;
  if (min === max) return { edges: [min - 0.5, max + 0.5], counts: [sorted.length] };
  const step = (max - min) / BINS;
  const edges = Array.from({ length: BINS + 1 }, (_, i) => (i === BINS ? max : min + step * i));
  const counts = new Array<number>(BINS).fill(0);
  let bin = 0;
  for (const value of sorted) {
    while (bin < BINS - 1 && value >= edges[bin + 1]!) bin += 1;
    counts[bin]! += 1;
  }
  return { edges, counts };
}
