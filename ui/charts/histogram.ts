/** A distribution as bars over an axis with its ends; each bar tells its range and number. */
export interface HistogramBar {
  key: number;
  /** Of the highest, 0..1. */
  share: number;
  title: string;
}
export interface Histogram {
  bars: HistogramBar[];
  from: string;
  to: string;
}

export function histogram(
  bins: readonly { from: number; to: number; count: number }[],
  value: (of: number) => string,
  count: (of: number) => string,
): Histogram {
  const most = Math.max(1, ...bins.map((bin) => bin.count));
  return {
    bars: bins.map((bin, key) => ({ key, share: bin.count / most, title: `${value(bin.from)} – ${value(bin.to)}: ${count(bin.count)}` })),
    from: value(bins[0]?.from ?? 0),
    to: value(bins.at(-1)?.to ?? 0),
  };
}

/** `of`: expression of the Histogram; `title`: key of what is counted. */
export function histogramView(of: string, title: string): string {
  return `<figure class="histogram"><figcaption x-t="${title}"></figcaption>
    <ul class="histogram-bars" x-t:aria-label="${title}"><template x-for="bar in ${of}.bars" :key="bar.key"><li :title="bar.title"><span class="histogram-bar" :style="{ height: (bar.share * 100) + '%' }"></span><span class="visually-hidden" x-text="bar.title"></span></li></template></ul>
    <div class="histogram-axis" aria-hidden="true"><span x-text="${of}.from"></span><span x-text="${of}.to"></span></div></figure>`;
}
