/** Precision, recall and F1 of each class, from a confusion matrix. */
import { decimal } from '../i18n/format.ts';

export interface ClassScore {
  name: string;
  /** Percent; null where nothing was predicted as the class (precision), or nothing is of it (recall). */
  precision: number | null;
  recall: number | null;
  f1: number | null;
  count: number;
}

/** counts[truth][prediction] */
export function classScores(classes: readonly string[], counts: readonly (readonly number[])[]): ClassScore[] {
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  return classes.map((name, index) => {
    const right = counts[index]?.[index] ?? 0;
    const count = sum(counts[index] ?? []);
    const predicted = sum(counts.map((row) => row[index] ?? 0));
    return {
      name,
      precision: predicted ? (right / predicted) * 100 : null,
      recall: count ? (right / count) * 100 : null,
      f1: predicted + count ? ((2 * right) / (predicted + count)) * 100 : null,
      count,
    };
  });
}

export const scoreText = (percent: number | null) => (percent === null ? '–' : decimal(percent));

/** `rows`: expression of the ClassScore list; the component has scoreText. */
export function classScoresView(rows: string): string {
  const value = (name: 'precision' | 'recall' | 'f1') => `<td class="end number" x-text="scoreText(one.${name})"></td>`;
  return `<div class="table-scroll" tabindex="0" role="region" x-t:aria-label="details.classes"><table class="table class-scores"><thead><tr><th scope="col" class="grow" x-t="details.class"></th><th scope="col" class="end"><span class="th"><span x-t="details.precision"></span><button type="button" x-hint="details.precision.hint"></button></span></th><th scope="col" class="end"><span class="th"><span x-t="details.recall"></span><button type="button" x-hint="details.recall.hint"></button></span></th><th scope="col" class="end"><span class="th"><span>F1 (%)</span><button type="button" x-hint="details.f1.hint"></button></span></th><th scope="col" class="end" x-t="details.images"></th></tr></thead>
    <tbody><template x-for="one in ${rows}" :key="one.name"><tr><th scope="row" class="cut" :title="one.name" x-text="one.name"></th>${value('precision')}${value('recall')}${value('f1')}<td class="end number" x-text="$f.count(one.count)"></td></tr></template></tbody></table></div>`;
}
