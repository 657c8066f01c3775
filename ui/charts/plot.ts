/**
 * One graph of lines on uPlot, as every page shows it: legends name the values under the pointer and, without a pointer, the last ones. Dragging over
 * a stretch (finger or mouse) shows it alone; a double click, a double tap or the button shows all again. The values leave as CSV, the graph as PNG.
 */
import type uPlot from 'uplot';
import { downloadBlob } from '../components/download.ts';
import { effect } from '../effect.ts';
import { language, t } from '../i18n/language.ts';
import { element, icon } from '../mount.ts';
import { vendor, vendorStyle } from '../script.ts';
import { graphCsv, graphPng } from './export.ts';
import { axisNumber, reading } from './value.ts';

export interface Line {
  label: string;
  /** A colour, or the name of a token: '--series-train'. */
  colour: string;
  dash?: number[];
  /** One for each place of `x`; null: a gap. */
  values: readonly (number | null)[];
}

export interface Graph {
  title: string;
  /** The files that are saved are called after it, without an ending. */
  file: string;
  digits: number;
  height: number;
  /** Epochs; whole ones, but for a gap between two. */
  x: readonly number[];
  /** The horizontal axis when all is shown. */
  span: [number, number];
  lines: readonly Line[];
  /** The frame around the values when all is shown; without it as uPlot chooses. */
  frame?: (low: number, high: number) => [number, number];
  /** What the legend says of the place under the pointer; the number itself without it. */
  place?: (index: number) => string;
  /** Colours beside the legend by uPlot; false where the style sheet draws them. */
  markers: boolean;
}

/** Shorter stretches (in pixels) are clicks. */
const SHORTEST = 8;
const DOUBLE_TAP_MS = 350;
const POINTS_UP_TO = 40;
const EXPORTED = { width: 1200, height: 520 };

export interface PlotOptions {
  /** Plots with the same key share their pointer. */
  sync?: string;
  /** The reader has chosen a stretch, or all (null): the other graphs of a page follow. */
  zoomed?(stretch: [number, number] | null): void;
}

export class Plot {
  readonly #host: HTMLElement;
  readonly #place: HTMLElement;
  readonly #give: () => Graph | null;
  readonly #options: PlotOptions;
  readonly #ends = new AbortController();
  #library: typeof uPlot | null = null;
  #plot: uPlot | null = null;
  #graph: Graph | null = null;
  #zoom: [number, number] | null = null;

  /** `give` is asked at each drawing, the texts in the reader's language; null: nothing to draw. */
  constructor(host: HTMLElement, give: () => Graph | null, options: PlotOptions = {}) {
    this.#host = host;
    this.#give = give;
    this.#options = options;
    const figure = element('figure', 'chart', FIGURE, { reset: () => this.#choose(null), csv: () => this.#csv(), png: () => this.#png() });
    this.#place = figure.querySelector('.chart-place') as HTMLElement;
    host.append(figure);
    const { signal } = this.#ends;
    const size = new ResizeObserver(() => this.#resize());
    size.observe(host);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#build(), { signal });
    const themed = new MutationObserver(() => this.#build());
    themed.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
    const spoken = effect(() => {
      // Read, so that a change of language draws anew.
      void language.now;
      this.#build();
    });
    signal.addEventListener('abort', () => {
      size.disconnect();
      themed.disconnect();
      spoken();
    });
    vendorStyle('uplot.css');
    void vendor<typeof uPlot>('uplot.js', 'uPlot').then((library) => {
      this.#library = library;
      this.#build();
    });
  }

  end(): void {
    this.#ends.abort();
    this.#plot?.destroy();
    this.#plot = null;
    this.#library = null;
  }

  /** The values have changed. */
  refresh(): void {
    const before = this.#graph;
    const next = this.#give();
    const same = (a: Graph, b: Graph) =>
      a.lines.length === b.lines.length && a.lines.every((line, i) => line.label === b.lines[i]?.label) && a.title === b.title && a.digits === b.digits;
    // The points of a few epochs give way to a line of many.
    if (!this.#plot || !before || !next || !same(before, next) || pointed(before) !== pointed(next)) {
      this.#build();
      return;
    }
    this.#graph = next;
    this.#plot.setData(dataOf(next));
    this.#rest();
  }

  /** Shows a stretch alone; null: all. */
  zoomTo(stretch: [number, number] | null): void {
    this.#zoom = stretch;
    (this.#host.querySelector('.chart-reset') as HTMLElement).hidden = stretch === null;
    const [min, max] = stretch ?? this.#graph?.span ?? [0, 1];
    this.#plot?.setScale('x', { min, max });
  }

  #choose(stretch: [number, number] | null): void {
    this.zoomTo(stretch);
    this.#options.zoomed?.(stretch);
  }

  /** As uPlot wants its listeners to answer. */
  #showAll(): null {
    this.#choose(null);
    return null;
  }

  #build(): void {
    const Library = this.#library;
    this.#plot?.destroy();
    this.#plot = null;
    this.#graph = this.#give();
    const graph = this.#graph;
    (this.#host.querySelector('.chart-title') as HTMLElement).textContent = graph?.title ?? '';
    (this.#host.querySelector('.chart-tools') as HTMLElement).hidden = !graph?.x.length;
    if (!Library || !graph || this.#ends.signal.aborted) return;
    this.#plot = new Library(this.#look(Library, graph, { width: this.#width(), height: graph.height }), dataOf(graph), this.#place);
    this.#host.querySelector('.u-legend')?.setAttribute('role', 'presentation');
    const canvas = this.#host.querySelector('canvas');
    canvas?.setAttribute('role', 'img');
    canvas?.setAttribute('aria-label', graph.title);
    this.#fingers(this.#plot);
    this.#rest();
  }

  #look(Library: typeof uPlot, graph: Graph, size: { width: number; height: number }): uPlot.Options {
    const text = this.#colour('--text-soft');
    const grid = this.#colour('--line');
    const font = `12px ${getComputedStyle(this.#host).fontFamily}`;
    const axis = { stroke: text, font, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1, size: 4 } };
    const value = (_plot: uPlot, raw: number | null) => (raw === null || raw === undefined ? '–' : reading(raw, graph.digits));
    const points = pointed(graph);
    const { sync } = this.#options;
    return {
      ...size,
      // At the right for half of a label of five digits.
      padding: [12, 18, 0, 0],
      cursor: {
        points: { size: 7 },
        drag: { x: true, y: false, setScale: false, dist: SHORTEST },
        bind: { dblclick: () => () => this.#showAll() },
        // Only where the pointer is: a stretch is handed on by `zoomed`.
        ...(sync ? { sync: { key: sync, filters: { pub: (type: string) => type === 'mousemove' || type === 'mouseleave', sub: () => true } } } : {}),
      },
      legend: { live: true, markers: { show: graph.markers } },
      scales: {
        x: { time: false, range: () => this.#zoom ?? this.#graph?.span ?? [0, 1] },
        y: {
          range: (_plot, low, high) => {
            if (!this.#zoom && graph.frame) return graph.frame(low ?? 0, high ?? 1);
            const [least, most] = this.#zoom ? this.#within(this.#zoom) : [low ?? 0, high ?? 1];
            return Library.rangeNum(least, most, 0.1, true);
          },
        },
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
        { ...axis, size: 56, space: 32, values: (_plot, marks) => marks.map(axisNumber) },
      ],
      series: [
        {
          label: t('graph.epoch'),
          value: (_plot, raw, _series, index) => (raw === null || raw === undefined ? '–' : (this.#graph?.place?.(index ?? -1) ?? String(raw))),
        },
        ...graph.lines.map((line) => {
          const stroke = this.#colour(line.colour);
          return { label: line.label, stroke, width: 2, dash: line.dash ?? [], value, points: { show: points, size: 5, fill: stroke } };
        }),
      ],
      hooks: {
        setCursor: [(plot) => plot.cursor.idx == null && this.#rest()],
        setSelect: [(plot) => this.#selected(plot)],
      },
    };
  }

  #selected(plot: uPlot): void {
    const { left, width } = plot.select;
    if (width <= 0) return;
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    if (width < SHORTEST) return;
    const [from, to] = [plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x')];
    // A stretch holds at least one step between two epochs.
    const middle = (from + to) / 2;
    this.#choose(to - from < 1 ? [middle - 0.5, middle + 0.5] : [from, to]);
  }

  /** uPlot knows mice alone. A finger that goes sideways chooses a stretch, one that goes up or down scrolls the page. */
  #fingers(plot: uPlot): void {
    const { over } = plot;
    let begun: number | null = null;
    let chosen = false;
    let tapped = 0;
    const at = (event: PointerEvent) => Math.max(0, Math.min(over.clientWidth, event.clientX - over.getBoundingClientRect().left));
    over.addEventListener('pointerdown', (event) => {
      if (event.pointerType === 'mouse') return;
      begun = at(event);
      chosen = false;
      plot.setCursor({ left: begun, top: 10 });
    });
    over.addEventListener('pointermove', (event) => {
      if (begun === null || event.pointerType === 'mouse') return;
      const now = at(event);
      plot.setCursor({ left: now, top: 10 });
      if (Math.abs(now - begun) < SHORTEST) return;
      chosen = true;
      over.setPointerCapture(event.pointerId);
      plot.setSelect({ left: Math.min(begun, now), top: 0, width: Math.abs(now - begun), height: over.clientHeight }, false);
    });
    // Else a flick goes on as a scroll that moves nothing, and the next tap is taken for its end.
    over.addEventListener('touchmove', (event) => chosen && event.preventDefault(), { passive: false });
    over.addEventListener('pointerup', (event) => {
      if (begun === null || event.pointerType === 'mouse') return;
      const moved = Math.abs(at(event) - begun);
      begun = null;
      if (moved >= SHORTEST) return this.#selected(plot);
      const now = performance.now();
      if (now - tapped < DOUBLE_TAP_MS) this.#choose(null);
      tapped = now;
    });
    over.addEventListener('pointercancel', () => {
      begun = null;
      plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    });
  }

  #csv(): void {
    if (this.#graph) downloadBlob(graphCsv(this.#graph, t('graph.epoch')), `${this.#graph.file}.csv`);
  }

  /** Drawn anew, as large as a report wants it. */
  #png(): void {
    const [Library, graph] = [this.#library, this.#graph];
    if (!Library || !graph) return;
    const place = document.createElement('div');
    place.className = 'chart-export';
    this.#host.append(place);
    const plot = new Library({ ...this.#look(Library, graph, EXPORTED), cursor: { show: false }, legend: { show: false }, hooks: {} }, dataOf(graph), place);
    const lines = graph.lines.map((line) => ({ ...line, colour: this.#colour(line.colour) }));
    const { fontFamily } = getComputedStyle(this.#host);
    // uPlot has drawn when the next frame comes.
    requestAnimationFrame(() => {
      graphPng(plot.ctx.canvas, { title: graph.title, lines, text: this.#colour('--text'), paper: this.#colour('--surface'), fontFamily })
        .then(
          (picture) => downloadBlob(picture, `${graph.file}.png`),
          () => {},
        )
        .finally(() => {
          plot.destroy();
          place.remove();
        });
    });
  }

  /** Without a pointer the legend tells the last epoch. */
  #rest(): void {
    const plot = this.#plot;
    if (!plot || plot.cursor.idx != null) return;
    const last = (this.#graph?.x.length ?? 0) - 1;
    plot.setLegend({ idx: last < 0 ? null : last } as { idx: number }, false);
  }

  /** The values of a stretch, those included that its lines come from and go to. */
  #within([from, to]: [number, number]): [number, number] {
    const x = this.#graph?.x ?? [];
    const first = Math.max(0, x.findIndex((place) => place >= from) - 1);
    const after = x.findIndex((place) => place > to);
    const values = (this.#graph?.lines ?? []).flatMap((line) => line.values.slice(first, after < 0 ? x.length : after + 1)).filter((value) => value !== null);
    return values.length ? [Math.min(...values), Math.max(...values)] : [0, 1];
  }

  #width(): number {
    return Math.max(240, this.#place.clientWidth);
  }

  #resize(): void {
    const width = this.#width();
    if (this.#plot && this.#plot.width !== width) this.#plot.setSize({ width, height: this.#graph?.height ?? this.#plot.height });
  }

  /** The colour that a token stands for now: a canvas does not read tokens. */
  #colour(token: string): string {
    if (!token.startsWith('--')) return token;
    const probe = document.createElement('span');
    probe.style.color = `var(${token})`;
    this.#host.append(probe);
    const value = getComputedStyle(probe).color;
    probe.remove();
    return value;
  }
}

const pointed = (graph: Graph) => graph.x.length < POINTS_UP_TO;
const dataOf = (graph: Graph) => [[...graph.x], ...graph.lines.map((line) => [...line.values])] as uPlot.AlignedData;

const FIGURE = `<figcaption class="chart-head"><span class="chart-title"></span><span class="chart-tools" hidden><button type="button" class="button quiet small chart-reset" hidden @click="reset()">${icon('refresh-cw')}<span x-t="graph.reset"></span></button><button type="button" x-hint="graph.zoom.hint"></button><button type="button" class="button quiet small chart-csv" @click="csv()" x-t:title="graph.csv">CSV</button><button type="button" class="button quiet small chart-png" @click="png()" x-t:title="graph.png">PNG</button></span></figcaption>
  <div class="chart-place"></div>`;
