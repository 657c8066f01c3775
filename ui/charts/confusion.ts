/** The confusion matrix: numbers in every cell, the share of the row as depth of one colour (blue where right, orange where wrong). */
export interface ConfusionCell {
  key: string;
  count: number;
  right: boolean;
  /** Of its row, 0..1. */
  share: number;
  truth: string;
  prediction: string;
}

export interface ConfusionRow {
  name: string;
  cells: ConfusionCell[];
  /** Percent of the row that was right; null where the row is empty. */
  recall: number | null;
}

export function confusionRows(classes: readonly string[], counts: readonly (readonly number[])[]): ConfusionRow[] {
  return counts.map((row, truth) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    return {
      name: classes[truth] ?? '',
      recall: total ? ((row[truth] ?? 0) / total) * 100 : null,
      cells: row.map((count, prediction) => ({
        key: `${truth}-${prediction}`,
        count,
        right: truth === prediction,
        share: total ? count / total : 0,
        truth: classes[truth] ?? '',
        prediction: classes[prediction] ?? '',
      })),
    };
  });
}

export function confusionTotal(counts: readonly (readonly number[])[]): number {
  return counts.reduce((sum, row) => sum + row.reduce((a, b) => a + b, 0), 0);
}

/** `rows`: expression of the ConfusionRow list; `classes`: of the names; `cell(cell)`: method that gives the depth of colour. */
export function confusionView(of: { rows: string; classes: string; tone: string }): string {
  return `<div class="confusion-scroll" tabindex="0" role="region" x-t:aria-label="details.confusion"><table class="confusion">
    <thead><tr><td></td><th class="confusion-axis" :colspan="${of.classes}.length" scope="colgroup" x-t="details.confusion.prediction"></th><td></td></tr>
      <tr><th scope="col" class="confusion-corner" x-t="details.confusion.truth"></th><template x-for="name in ${of.classes}" :key="name"><th scope="col" class="confusion-name" :title="name"><span x-text="name"></span></th></template><th scope="col" class="confusion-recall" x-t="details.confusion.recall"></th></tr></thead>
    <tbody><template x-for="row in ${of.rows}" :key="row.name"><tr><th scope="row" class="confusion-truth" :title="row.name"><span x-text="row.name"></span></th>
      <template x-for="cell in row.cells" :key="cell.key"><td class="confusion-cell" :class="{ right: cell.right, none: !cell.count }" :style="${of.tone}(cell)" :title="$t('details.confusion.cell', { truth: cell.truth, prediction: cell.prediction, n: cell.count })" x-text="$f.count(cell.count)"></td></template>
      <td class="confusion-recall" x-text="row.recall === null ? '–' : $f.percent(row.recall)"></td></tr></template></tbody></table></div>`;
}

/** Depth by share: from a tint that leaves the text dark (or light) to a full tone; the text turns with it in the style sheet. */
export function confusionTone(cell: ConfusionCell): Record<string, string> {
  return { '--share': String(Math.round(cell.share * 100)) };
}
