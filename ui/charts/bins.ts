/** Small distributions in a table's cell or a card: bars of a histogram, bars of categories. Drawn with elements, so that they follow the theme. */

export interface Bin {
  key: number;
  /** Of the highest, 0..1. */
  share: number;
  title: string;
}

export function bins(counts: readonly number[], title: (index: number) => string): Bin[] {
  const most = Math.max(1, ...counts);
  return counts.map((count, key) => ({ key, share: count / most, title: title(key) }));
}

/** `list`: expression of the Bin list; `label`: expression of what it shows, for those who do not see it. */
export function binsView(list: string, label: string): string {
  return `<div class="bins" role="img" :aria-label="${label}"><template x-for="bin in ${list}" :key="bin.key"><span class="bin" :title="bin.title"><span :style="{ height: (bin.share * 100) + '%' }" :class="{ some: bin.share }"></span></span></template></div>`;
}
