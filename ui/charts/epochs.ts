/** The graphs of a training: accuracy and loss over the epochs, training solid, validation dashed, the same two colours everywhere. */
import type { EpochRow } from '../../server/http/schemas.ts';
import type { Key } from '../i18n/keys.ts';
import { t } from '../i18n/language.ts';
import { type Graph, Plot } from './plot.ts';

type Column = 'train_accuracy' | 'validation_accuracy' | 'train_loss' | 'validation_loss';
interface Metric {
  title: Key;
  digits: number;
  train: { column: Column; name: Key };
  validation: { column: Column; name: Key };
  frame: (low: number, high: number) => [number, number];
}

/** Accuracy keeps a round frame around its values; loss always shows its zero. */
const METRICS: Metric[] = [
  {
    title: 'graph.accuracy',
    digits: 2,
    train: { column: 'train_accuracy', name: 'graph.train_accuracy' },
    validation: { column: 'validation_accuracy', name: 'graph.valid_accuracy' },
    frame: (low) => [low >= 80 ? 80 : low >= 50 ? 50 : 0, 100],
  },
  {
    title: 'graph.loss',
    digits: 4,
    train: { column: 'train_loss', name: 'graph.train_loss' },
    validation: { column: 'validation_loss', name: 'graph.valid_loss' },
    frame: (_low, high) => [0, high > 0 ? high * 1.08 : 1],
  },
];
const HEIGHT = 220;
const FIRST_PART = 50;

class EpochCharts {
  readonly #plots: Plot[];
  readonly #name: () => string;
  /** null: the gap between two folds. */
  #rows: (EpochRow | null)[] = [];
  #x: number[] = [];

  /** `name`: whose graphs they are, for the files that are saved. */
  constructor(host: HTMLElement, name: () => string) {
    this.#name = name;
    host.classList.add('epoch-charts');
    this.#plots = METRICS.map((metric) => {
      const place = document.createElement('div');
      host.append(place);
      const plot: Plot = new Plot(place, () => this.#graph(metric), {
        sync: 'epochs',
        zoomed: (stretch) => {
          for (const other of this.#plots) if (other !== plot) other.zoomTo(stretch);
        },
      });
      return plot;
    });
  }

  end(): void {
    for (const plot of this.#plots) plot.end();
  }

  /** `rows` in the order of their epochs. */
  set(rows: readonly EpochRow[]): void {
    this.#rows = [];
    this.#x = [];
    for (const [index, row] of rows.entries()) {
      if (index > 0 && row.fold !== rows[index - 1]?.fold) {
        this.#rows.push(null);
        this.#x.push(row.epoch - 0.5);
      }
      this.#rows.push(row);
      this.#x.push(row.epoch);
    }
    for (const plot of this.#plots) plot.refresh();
  }

  #graph(metric: Metric): Graph {
    const line = ({ column, name }: Metric['train'], colour: string, dash?: number[]) => ({
      label: t(name),
      colour,
      values: this.#rows.map((row) => row?.[column] ?? null),
      ...(dash ? { dash } : {}),
    });
    return {
      title: t(metric.title),
      file: [this.#name(), t(metric.title)].filter(Boolean).join(' '),
      digits: metric.digits,
      height: HEIGHT,
      x: this.#x,
      span: this.#span(),
      lines: [line(metric.train, '--series-train'), line(metric.validation, '--series-validation', [6, 4])],
      frame: metric.frame,
      place: (index) => this.#place(index),
      markers: false,
    };
  }

  #place(index: number): string {
    const row = this.#rows[index];
    if (!row) return '–';
    const place = `${row.epoch} / ${row.of}`;
    return row.fold === undefined ? place : `${place} · ${t('graph.fold', { fold: row.fold, epoch: row.foldEpoch ?? row.epoch })}`;
  }

  /** From the first epoch to the last that is planned, so that the curves grow into their place; of a long training a part, twice as much whenever it is full. */
  #span(): [number, number] {
    const last = this.#rows.at(-1);
    const epoch = last?.epoch ?? 1;
    const of = Math.max(last?.of ?? 1, epoch);
    let to = FIRST_PART;
    while (to < epoch) to *= 2;
    return of > 1 ? [1, Math.min(of, to)] : [0, 2];
  }
}

/** The graphs of a page or a panel. The epochs may be told before it stands; `signal` ends them with it. */
export function epochGraphs(signal: AbortSignal) {
  let charts: EpochCharts | null = null;
  let shown: readonly EpochRow[] = [];
  return {
    /** `name`: whose graphs they are, for the files that are saved. */
    attach(place: HTMLElement, name: () => string): void {
      if (signal.aborted) return;
      const made = new EpochCharts(place, name);
      charts = made;
      made.set(shown);
      signal.addEventListener('abort', () => made.end());
    },
    /** `rows` in the order of their epochs. */
    set(rows: readonly EpochRow[]): void {
      shown = rows;
      charts?.set(rows);
    },
  };
}
