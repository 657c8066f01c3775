/** How strongly two columns go together; a measure for each pair of kinds. */
import type { ColumnValues } from './statistics.ts';

const MISSING_CODE = 0xffff;

/** Of the rows in which both are there; null where one of them does not change. */
export function pearson(a: Float64Array, b: Float64Array): number | null {
  let n = 0;
  let meanA = 0;
  let meanB = 0;
  let squaresA = 0;
  let squaresB = 0;
  let products = 0;
  for (let i = 0; i < a.length; i++) {
    const x = a[i]!;
    const y = b[i]!;
    if (Number.isNaN(x) || Number.isNaN(y)) continue;
    n += 1;
    const fromA = x - meanA;
    meanA += fromA / n;
    squaresA += fromA * (x - meanA);
    const fromB = y - meanB;
    meanB += fromB / n;
    squaresB += fromB * (y - meanB);
    products += fromA * (y - meanB);
  }
  return share(products, Math.sqrt(squaresA) * Math.sqrt(squaresB), -1);
}

/** η: the root of the share of the numbers' spread that lies between the categories. */
export function correlationRatio(codes: Uint16Array, numbers: Float64Array): number | null {
  const sums = new Map<number, { n: number; sum: number }>();
  let n = 0;
  let mean = 0;
  let total = 0;
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]!;
    const value = numbers[i]!;
    if (code === MISSING_CODE || Number.isNaN(value)) continue;
    n += 1;
    const from = value - mean;
    mean += from / n;
    total += from * (value - mean);
    const group = sums.get(code);
    if (group === undefined) sums.set(code, { n: 1, sum: value });
    else {
      group.n += 1;
      group.sum += value;
    }
  }
  if (sums.size < 2) return null;
  let between = 0;
  for (const group of sums.values()) between += group.n * (group.sum / group.n - mean) ** 2;
  const ratio = share(between, total, 0);
  return ratio === null ? null : Math.sqrt(ratio);
}

/** Cramér's V (1946), without correction for bias. */
export function cramersV(a: Uint16Array, b: Uint16Array): number | null {
  const pairs = new Map<number, number>();
  const rows = new Map<number, number>();
  const columns = new Map<number, number>();
  for (let i = 0; i < a.length; i++) {
    const x = a[i]!;
    const y = b[i]!;
    if (x === MISSING_CODE || y === MISSING_CODE) continue;
    pairs.set(x * 0x10000 + y, (pairs.get(x * 0x10000 + y) ?? 0) + 1);
    rows.set(x, (rows.get(x) ?? 0) + 1);
    columns.set(y, (columns.get(y) ?? 0) + 1);
  }
  const least = Math.min(rows.size, columns.size) - 1;
  if (least < 1) return null;
  // χ²/n = Σ o²/(r·c) − 1: pairs that never occur need no visit.
  let sum = 0;
  for (const [pair, count] of pairs) sum += (count * count) / (rows.get(Math.floor(pair / 0x10000))! * columns.get(pair % 0x10000)!);
  return Math.sqrt(Math.min(1, Math.max(0, (sum - 1) / least)));
}

/** The measure that fits two columns; null also for text. */
export function association(a: ColumnValues, b: ColumnValues): number | null {
  if (a.type === 'text' || b.type === 'text') return null;
  if (a.type === 'categorical') return b.type === 'categorical' ? cramersV(a.codes, b.codes) : correlationRatio(a.codes, b.numbers);
  return b.type === 'categorical' ? correlationRatio(b.codes, a.numbers) : pearson(a.numbers, b.numbers);
}

function share(part: number, whole: number, least: number): number | null {
  return whole > 0 && Number.isFinite(part) ? Math.max(least, Math.min(1, part / whole)) : null;
}
