/** Figures of a dataset for its page. */
import type { DatasetStatistics } from '../../http/label-schemas.ts';
import type { LabelSet } from '../../store/label-set.ts';
import type { PictureItem } from '../../store/pictures.ts';

type Bins = DatasetStatistics['longSide'];
const BINS = 16;
const ROUND = [1, 2, 2.5, 5, 10];

/** Bins of equal, round width over the values. */
export function binsOf(values: readonly number[]): Bins {
  if (values.length === 0) return [];
  let [least, most] = [values[0]!, values[0]!];
  for (const value of values) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  const rough = Math.max(1, (most - least) / BINS);
  const power = 10 ** Math.floor(Math.log10(rough));
  const width = Math.ceil(power * ROUND.find((step) => step * power >= rough)!);
  const first = Math.floor(least / width) * width;
  const bins: Bins = [];
  for (let from = first; from <= most; from += width) bins.push({ from, to: from + width, count: 0 });
  for (const value of values) bins[Math.floor((value - first) / width)]!.count += 1;
  return bins;
}

export async function statisticsOf(items: readonly PictureItem[], labels: LabelSet | null): Promise<DatasetStatistics> {
  const breathe = () => new Promise((resolve) => setImmediate(resolve));
  const longSide = binsOf(items.map(({ width, height }) => Math.max(width, height)));
  await breathe();
  const bytes = binsOf(items.map((item) => item.bytes));
  if (labels === null || labels.head.problem === 'classification') return { longSide, bytes, shapes: null };
  const shapes: number[] = [];
  for (const { n } of items) {
    if (labels.has(n)) shapes.push(labels.countsOf(n).reduce((sum, count) => sum + count.shapes, 0));
    if (n % 8192 === 8191) await breathe();
  }
  return { longSide, bytes, shapes: binsOf(shapes) };
}
