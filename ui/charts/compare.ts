/** One metric of several trainings over their epochs, in one graph: a colour and a letter for each, the same as in the table beside it. */
import type uPlot from 'uplot';
import { effect } from '../effect.ts';
import { decimal } from '../i18n/format.ts';
import { language, t } from '../i18n/language.ts';
import { vendor, vendorStyle } from '../script.ts';

export interface ComparedSeries {
  label: string;
  colour: string;
  values: readonly (number | null)[];
}

const HEIGHT = 300;
/** Lines are told apart without their colour too. */
const DASHES: number[][] = [[], [8, 4], [2, 3], [10, 3, 2, 3], [5, 5], [14, 4]];

export class CompareChart {
  readonly #host: HTMLElement;
  readonly #release: () => void;
  readonly #size: ResizeObserver;
  readonly #scheme = new AbortController();
  #series: readonly ComparedSeries[] = [];
  #digits = 2;
  #library: typeof uPlot | null = null;
  #plot: uPlot | null = null;

  constructor(host: HTMLElement) {
    this.#host = host;
    this.#size = new ResizeObserver(() => this.#plot?.setSize({ width: this.#width(), height: HEIGHT }));
    this.#size.observe(host);
    const again = () => this.#build();
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', again, { signal: this.#scheme.signal });
    const themed = new MutationObserver(again);
    themed.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
    this.#scheme.signal.addEventListener('abort', () => themed.disconnect());
    this.#release = effect(() => {
      void language.now;
      this.#build();
    });
    vendorStyle('uplot.css');
    void vendor<typeof uPlot>('uplot.js', 'uPlot').then((library) => {
      this.#library = library;
      this.#build();
    });
  }

  set(series: readonly ComparedSeries[], digits: number): void {
    this.#series = series;
    this.#digits = digits;
    this.#build();
  }

  end(): void {
    this.#release();
    this.#size.disconnect();
    this.#scheme.abort();
    this.#plot?.destroy();
    this.#library = null;
  }

  #width(): number {
    return Math.max(240, this.#host.clientWidth);
  }

  #colour(token: string): string {
    const probe = document.createElement('span');
    probe.style.color = `var(${token})`;
    this.#host.append(probe);
    const value = getComputedStyle(probe).color;
    probe.remove();
    return value;
  }

  #build(): void {
    const Library = this.#library;
    this.#plot?.destroy();
    this.#plot = null;
    if (!Library || !this.#series.length) return;
    const text = this.#colour('--text-soft');
    const line = this.#colour('--line');
    const font = `12px ${getComputedStyle(this.#host).fontFamily}`;
    const axis = { stroke: text, font, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1, size: 4 } };
    const epochs = Math.max(...this.#series.map((one) => one.values.length));
    const x = Array.from({ length: epochs }, (_, index) => index + 1);
    // Without a pointer the legend tells the last epoch.
    const rest = (plot: uPlot) => {
      if (plot.cursor.idx == null) plot.setLegend({ idx: epochs - 1 }, false);
    };
    const value = (_plot: uPlot, raw: number | null) => (raw === null || raw === undefined ? '–' : decimal(raw, this.#digits));
    this.#plot = new Library(
      {
        width: this.#width(),
        height: HEIGHT,
        padding: [12, 12, 0, 0],
        cursor: { drag: { x: false, y: false }, points: { size: 7 } },
        legend: { live: true },
        scales: { x: { time: false, range: [1, Math.max(2, epochs)] } },
        hooks: { ready: [rest], setCursor: [rest] },
        axes: [
          {
            ...axis,
            label: t('graph.epoch'),
            labelFont: font,
            labelSize: 20,
            size: 30,
            incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000],
            space: 40,
            values: (_plot, marks) => marks.map((mark) => (Number.isInteger(mark) ? String(mark) : '')),
          },
          { ...axis, size: 56, space: 32 },
        ],
        series: [
          { label: t('graph.epoch') },
          ...this.#series.map((one, index) => ({
            label: one.label,
            stroke: one.colour,
            width: 2,
            dash: DASHES[index % DASHES.length] ?? [],
            value,
            points: { show: epochs < 40, size: 5, fill: one.colour },
          })),
        ],
      },
      [x, ...this.#series.map((one) => x.map((_, index) => one.values[index] ?? null))],
      this.#host,
    );
    this.#host.querySelector('.u-legend')?.setAttribute('role', 'presentation');
    const canvas = this.#host.querySelector('canvas');
    canvas?.setAttribute('role', 'img');
    canvas?.setAttribute('aria-label', t('compare.graph'));
  }
}
