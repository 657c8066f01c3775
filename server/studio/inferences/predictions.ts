/** The results of an inference, as the browser pages through them. Those that were looked at last stay in memory. */
import { setImmediate as breathe } from 'node:timers/promises';
import type { Prediction, PredictionPage, PredictionQuery } from '../../http/schemas.ts';
import type { PredictionLine } from '../../jobs/protocol.ts';
import { readJournal } from '../../store/journal.ts';

/** `top`: class and score of the likeliest, in turns; a list of objects would take many times the memory. */
interface Row extends Omit<PredictionLine, 'scores'> {
  top: number[];
}
const TOP = 5;

const CACHED = 3;
const BLOCK = 4096;

export class Predictions {
  readonly #cache = new Map<string, Promise<Row[]>>();

  async page(file: string, classes: readonly string[], query: PredictionQuery): Promise<PredictionPage> {
    const rows = await this.#rows(file);
    const search = query.search?.trim().toLowerCase() ?? '';
    const found = rows.filter(
      (row) =>
        (query.predicted === undefined || row.predicted === query.predicted) &&
        (query.wrong !== true || (row.truth !== null && row.truth !== row.predicted)) &&
        (search === '' || row.name.toLowerCase().includes(search)),
    );
    const sorted = query.sort === undefined ? found : await sortGently(found, query.sort === 'score' ? byScore : byName);
    if (query.descending) sorted.reverse();
    return { total: found.length, rows: sorted.slice(query.offset, query.offset + query.limit).map((row) => view(row, classes)) };
  }

  drop(file: string): void {
    this.#cache.delete(file);
  }

  async #rows(file: string): Promise<Row[]> {
    const reading = this.#cache.get(file) ?? readRows(file);
    this.#cache.delete(file);
    this.#cache.set(file, reading);
    for (const [other] of this.#cache) {
      if (this.#cache.size <= CACHED) break;
      this.#cache.delete(other);
    }
    try {
      return await reading;
    } catch (error) {
      this.#cache.delete(file);
      throw error;
    }
  }
}

async function readRows(file: string): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const { n, name, predicted, score, truth, scores } of readJournal<PredictionLine>(file)) {
    rows.push({ n, name, predicted, score, truth, top: likeliest(scores) });
  }
  return rows;
}

function likeliest(scores: readonly number[]): number[] {
  const order = scores.map((_, index) => index).sort((a, b) => scores[b]! - scores[a]! || a - b);
  return order.slice(0, TOP).flatMap((index) => [index, scores[index]!]);
}

/** `Class(Score)_filename`, the filename without its folders. */
export function caption(className: string, score: number, name: string): string {
  return `${className}(${score.toFixed(2)})_${name.split('/').at(-1) ?? name}`;
}

function view({ n, name, predicted, score, truth, top: pairs }: Row, classes: readonly string[]): Prediction {
  const top = Array.from({ length: pairs.length / 2 }, (_, i) => ({ class: pairs[2 * i]!, score: pairs[2 * i + 1]! }));
  return { n, name, predicted, score, caption: caption(classes[predicted] ?? String(predicted), score, name), truth, top };
}

const byScore = (a: Row, b: Row) => a.score - b.score || a.n - b.n;
const byName = (a: Row, b: Row) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.n - b.n);

/** Merge sort that lets the event loop go on between its steps. Gives a new array. */
async function sortGently(rows: readonly Row[], order: (a: Row, b: Row) => number): Promise<Row[]> {
  let runs: Row[][] = [];
  for (let i = 0; i < rows.length; i += BLOCK) {
    runs.push(rows.slice(i, i + BLOCK).sort(order));
    await breathe();
  }
  while (runs.length > 1) {
    const merged: Row[][] = [];
    for (let i = 0; i < runs.length; i += 2) merged.push(i + 1 < runs.length ? await merge(runs[i]!, runs[i + 1]!, order) : runs[i]!);
    runs = merged;
  }
  return runs[0] ?? [];
}

async function merge(a: Row[], b: Row[], order: (a: Row, b: Row) => number): Promise<Row[]> {
  const out: Row[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const fromA = j >= b.length || (i < a.length && order(a[i]!, b[j]!) <= 0);
    out.push(fromA ? a[i++]! : b[j++]!);
    if (out.length % (4 * BLOCK) === 0) await breathe();
  }
  return out;
}
