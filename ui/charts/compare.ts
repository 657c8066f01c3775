/** One metric of several trainings over their epochs, in one graph: a colour and a letter for each, the same as in the table beside it. */
import { type Graph, Plot } from './plot.ts';

export interface ComparedSeries {
  label: string;
  colour: string;
  values: readonly (number | null)[];
}

const HEIGHT = 300;
/** Lines are told apart without their colour too. */
const DASHES: number[][] = [[], [8, 4], [2, 3], [10, 3, 2, 3], [5, 5], [14, 4]];

export class CompareChart {
  readonly #plot: Plot;
  #series: readonly ComparedSeries[] = [];
  #metric = '';
  #digits = 2;

  constructor(host: HTMLElement) {
    this.#plot = new Plot(host, () => this.#graph());
  }

  set(series: readonly ComparedSeries[], metric: string, digits: number): void {
    this.#series = series;
    this.#metric = metric;
    this.#digits = digits;
    this.#plot.refresh();
  }

  end(): void {
    this.#plot.end();
  }

  #graph(): Graph | null {
    if (!this.#series.length) return null;
    const epochs = Math.max(...this.#series.map((one) => one.values.length));
    const x = Array.from({ length: epochs }, (_, index) => index + 1);
    return {
      title: this.#metric,
      file: this.#metric,
      digits: this.#digits,
      height: HEIGHT,
      x,
      span: [1, Math.max(2, epochs)],
      lines: this.#series.map((one, index) => ({ ...one, dash: DASHES[index % DASHES.length] ?? [], values: x.map((_, at) => one.values[at] ?? null) })),
      markers: true,
    };
  }
}
