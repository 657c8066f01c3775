/**
 * The graphs of a training: accuracy and loss over the epochs, training solid, validation dashed, the same two colours everywhere. Legends name
 * the values under the pointer; without a pointer they name the last ones.
 */
import type uPlot from 'uplot';
import type { EpochRow } from '../../server/http/schemas.ts';
import { effect } from '../effect.ts';
import { decimal } from '../i18n/format.ts';
import type { Key } from '../i18n/keys.ts';
import { language, t } from '../i18n/language.ts';
import { vendor, vendorStyle } from '../script.ts';

type Column = 'train_accuracy' | 'validation_accuracy' | 'train_loss' | 'validation_loss';
interface Graph {
  title: Key;
  digits: number;
  train: { column: Column; name: Key };
  validation: { column: Column; name: Key };
  /** Fixed ends of the axis, or null: as the values are. */
  range: ((low: number, high: number) => [number, number]) | null;
}

/** Accuracy keeps a round frame around its values; loss always shows its zero. */
const GRAPHS: Graph[] = [
  {
    title: 'graph.accuracy',
    digits: 2,
    train: { column: 'train_accuracy', name: 'graph.train_accuracy' },
    validation: { column: 'validation_accuracy', name: 'graph.valid_accuracy' },
    range: (low) => [low >= 80 ? 80 : low >= 50 ? 50 : 0, 100],
  },
  {
    title: 'graph.loss',
    digits: 4,
    train: { column: 'train_loss', name: 'graph.train_loss' },
    validation: { column: 'validation_loss', name: 'graph.valid_loss' },
    range: (_low, high) => [0, high > 0 ? high * 1.08 : 1],
  },
];

const HEIGHT = 220;

/** The colour that a token stands for now: a canvas does not read tokens. */
function colour(host: HTMLElement, token: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${token})`;
  host.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

export class EpochCharts {
  readonly #host: HTMLElement;
  readonly #release: (() => void)[] = [];
  readonly #size: ResizeObserver;
  #rows: readonly EpochRow[] = [];
  #library: typeof uPlot | null = null;
  #plots: uPlot[] = [];
  #places: HTMLElement[] = [];
  #ended = false;

  constructor(host: HTMLElement) {
    this.#host = host;
    host.classList.add('epoch-charts');
    for (const graph of GRAPHS) {
      const place = document.createElement('figure');
      place.className = 'chart';
      place.innerHTML = '<figcaption></figcaption><div class="chart-place"></div>';
      (place.firstElementChild as HTMLElement).dataset.key = graph.title;
      this.#places.push(place.lastElementChild as HTMLElement);
      host.append(place);
    }
    this.#size = new ResizeObserver(() => this.#resize());
    this.#size.observe(host);
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    const again = () => this.#build();
    scheme.addEventListener('change', again);
    const themed = new MutationObserver(again);
    themed.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
    this.#release.push(
      () => scheme.removeEventListener('change', again),
      () => themed.disconnect(),
    );
    this.#release.push(
      effect(() => {
        // Read, so that a change of language draws anew.
        void language.now;
        for (const caption of host.querySelectorAll<HTMLElement>('figcaption')) caption.textContent = t(caption.dataset.key as Key);
        this.#build();
      }),
    );
    vendorStyle('uplot.css');
    void vendor<typeof uPlot>('uplot.js', 'uPlot').then((library) => {
      this.#library = library;
      this.#build();
    });
  }

  end(): void {
    this.#ended = true;
    this.#size.disconnect();
    for (const run of this.#release) run();
    for (const plot of this.#plots) plot.destroy();
  }

  /** `rows` in the order of their epochs. */
  set(rows: readonly EpochRow[]): void {
    this.#rows = rows;
    if (this.#plots.length !== GRAPHS.length) {
      this.#build();
      return;
    }
    for (const [index, graph] of GRAPHS.entries()) this.#plots[index]?.setData(this.#data(graph));
    this.#rest();
  }

  #data(graph: Graph): [number[], number[], number[]] {
    return [this.#rows.map((row) => row.epoch), this.#rows.map((row) => row[graph.train.column]), this.#rows.map((row) => row[graph.validation.column])];
  }

  #build(): void {
    const Library = this.#library;
    if (!Library || this.#ended) return;
    for (const plot of this.#plots) plot.destroy();
    const text = colour(this.#host, '--text-soft');
    const line = colour(this.#host, '--line');
    const tones = { train: colour(this.#host, '--series-train'), validation: colour(this.#host, '--series-validation') };
    const font = `12px ${getComputedStyle(this.#host).fontFamily}`;
    this.#plots = GRAPHS.map((graph, index) => {
      const value = (_plot: uPlot, raw: number | null) => (raw === null || raw === undefined ? '–' : decimal(raw, graph.digits));
      const axis = { stroke: text, font, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1, size: 4 } };
      return new Library(
        {
          width: this.#width(index),
          height: HEIGHT,
          padding: [12, 12, 0, 0],
          cursor: { drag: { x: false, y: false }, points: { size: 7 }, sync: { key: 'epochs' } },
          legend: { live: true, markers: { show: false } },
          scales: {
            x: { time: false, range: () => this.#span() },
            y: { range: (_plot, low, high) => graph.range?.(low ?? 0, high ?? 1) ?? [low, high] },
          },
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
            { ...axis, size: 48, space: 32 },
          ],
          series: [
            { label: t('graph.epoch'), value: (_plot, raw) => (raw === null || raw === undefined ? '–' : `${raw} / ${this.#rows.at(-1)?.of ?? raw}`) },
            { label: t(graph.train.name), stroke: tones.train, width: 2, value, points: { show: this.#rows.length < 40, size: 5, fill: tones.train } },
            {
              label: t(graph.validation.name),
              stroke: tones.validation,
              width: 2,
              dash: [6, 4],
              value,
              points: { show: this.#rows.length < 40, size: 5, fill: tones.validation },
            },
          ],
          hooks: { setCursor: [(plot) => plot.cursor.idx == null && this.#rest()] },
        },
        this.#data(graph),
        this.#places[index] as HTMLElement,
      );
    });
    for (const legend of this.#host.querySelectorAll('.u-legend')) legend.setAttribute('role', 'presentation');
    for (const [index, graph] of GRAPHS.entries()) {
      const canvas = this.#places[index]?.querySelector('canvas');
      canvas?.setAttribute('role', 'img');
      canvas?.setAttribute('aria-label', t(graph.title));
    }
    this.#rest();
  }

  /** From the first epoch to the last that is planned, so that the curves grow into their place. */
  #span(): [number, number] {
    const last = this.#rows.at(-1);
    const of = Math.max(last?.of ?? 1, last?.epoch ?? 1);
    return of > 1 ? [1, of] : [0, 2];
  }

  /** Without a pointer the legend tells the last epoch. */
  #rest(): void {
    const last = this.#rows.length - 1;
    for (const plot of this.#plots) if (plot.cursor.idx == null) plot.setLegend({ idx: last < 0 ? null : last } as { idx: number }, false);
  }

  #width(index: number): number {
    return Math.max(240, this.#places[index]?.clientWidth ?? 0);
  }

  #resize(): void {
    for (const [index, plot] of this.#plots.entries()) {
      const width = this.#width(index);
      if (plot.width !== width) plot.setSize({ width, height: HEIGHT });
    }
  }
}
