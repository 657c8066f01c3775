/** Looking at a table dataset: its rows, its columns' statistics, its report. The heavy part was done when it was made. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { StudioError } from '../../errors.ts';
import type {
  Associations,
  Cell,
  ColumnStatistics,
  RowPage,
  RowQuery,
  StatisticsPage,
  TableDetails,
  TableReport,
  TableSettings,
} from '../../http/table-schemas.ts';
import type { PreviewProcess } from '../../queue/preview-process.ts';
import { MISSING_CODE, TableSet, type Values } from '../../store/tables.ts';
import { dateText } from '../../tables/cells.ts';
import type { Datasets, StoredDataset } from '../datasets/datasets.ts';
import { OpenSets } from '../datasets/open-sets.ts';
import { checkReady } from '../datasets/ready.ts';
import type { StoredUser } from '../people/users.ts';
import { csvOf } from './csv.ts';
import { tableFolder } from './folder.ts';
import { RowOrder } from './order.ts';
import { RowSearch } from './search.ts';

/** Characters of a text cell in a page of rows. */
const SHOWN_TEXT = 500;

export class Tables {
  readonly #datasets: Datasets;
  readonly #sets = new OpenSets<TableSet>((dir) => TableSet.open(dir));
  readonly #search = new RowSearch();
  readonly #order: RowOrder;

  constructor(datasets: Datasets, previews: PreviewProcess) {
    this.#datasets = datasets;
    this.#order = new RowOrder(previews);
  }

  /** Throws not_found, dataset_unreadable and what checkReady() throws. */
  async details(reader: StoredUser, id: number): Promise<TableDetails> {
    const { dataset, dir } = this.#ready(reader, id);
    const set = await this.#sets.get(dir);
    return {
      columns: set.schema.columns.map(({ name, type, missing }) => ({ name, type, missing })),
      rows: set.rows,
      target: dataset.table?.target ?? null,
      settings: await readJson<TableSettings>(join(dir, 'settings.json')),
      report: await readJson<TableReport>(join(dir, 'report.json')),
    };
  }

  async rows(reader: StoredUser, id: number, query: RowQuery): Promise<RowPage> {
    const { dir } = this.#ready(reader, id);
    const set = await this.#sets.get(dir);
    const found = await this.#search.find(dir, set, query);
    const total = found?.length ?? set.rows;
    const numbers = query.sort === undefined ? inPlace(query, total, found) : await this.#order.page(dir, set, { ...query, sort: query.sort }, found);
    const columns = set.schema.columns.map((_, index) => index).slice(query.from, query.from + query.columns);
    const rows = numbers.map((n) => ({ n, cells: new Array<Cell>(columns.length).fill(null) }));
    const together = stretches(numbers);
    await Promise.all(
      columns.map(async (column, at) => {
        const dictionary = await set.dictionary(column);
        for (const [first, last] of together) {
          const values = await set.values(column, numbers[first]!, numbers[last]! + 1);
          for (let i = first; i <= last; i++) rows[i]!.cells[at] = cellOf(values, numbers[i]! - numbers[first]!, dictionary);
        }
      }),
    );
    return { total, rows };
  }

  async statistics(reader: StoredUser, id: number, query: { offset: number; limit: number; search?: string }): Promise<StatisticsPage> {
    const { dir } = this.#ready(reader, id);
    const search = query.search?.trim().toLowerCase() ?? '';
    const set = await this.#sets.get(dir);
    const wanted = set.schema.columns.flatMap(({ name }, index) => (search === '' || name.toLowerCase().includes(search) ? [index] : []));
    const lines = (await readFile(join(dir, 'statistics.jsonl'), 'utf8')).split('\n');
    const page = wanted.slice(query.offset, query.offset + query.limit);
    return { total: wanted.length, columns: page.map((index) => JSON.parse(lines[index]!) as ColumnStatistics) };
  }

  async associations(reader: StoredUser, id: number): Promise<Associations> {
    const { dir } = this.#ready(reader, id);
    const found = await readJson<Associations>(join(dir, 'associations.json'));
    if (found === null) throw new StudioError('dataset_unreadable');
    return found;
  }

  /** All of it as CSV. */
  async csv(reader: StoredUser, id: number): Promise<{ csv: Readable; name: string }> {
    const { dataset, dir } = this.#ready(reader, id);
    const csv = await csvOf(dir).catch((error: Error) => {
      throw new StudioError('dataset_unreadable', {}, error.message);
    });
    return { csv, name: `${dataset.name} v${dataset.version}.csv` };
  }

  /** Forgets the open files of a dataset that is being deleted. */
  drop(datasetId: number): void {
    const dir = tableFolder(this.#datasets.folder(datasetId));
    this.#search.drop(dir);
    this.#sets.drop(dir);
  }

  #ready(reader: StoredUser, id: number): { dataset: Readonly<StoredDataset>; dir: string } {
    const dataset = this.#datasets.visible(reader, id);
    if (dataset.type !== 'tabular') throw new StudioError('not_found');
    checkReady(dataset);
    return { dataset, dir: tableFolder(this.#datasets.folder(id)) };
  }
}

/** Numbers of the rows of a page as they stand in the table; of those in `found` alone, where it is not null. */
function inPlace({ offset, limit }: RowQuery, total: number, found: Uint32Array | null): number[] {
  const from = Math.min(offset, total);
  return Array.from({ length: Math.min(limit, total - from) }, (_, i) => found?.[from + i] ?? from + i);
}

/** Parts of a page in which the row numbers follow one another: each is one read. */
function stretches(numbers: readonly number[]): [first: number, last: number][] {
  const found: [number, number][] = [];
  for (let i = 0; i < numbers.length; i++) {
    const last = found.at(-1);
    if (last !== undefined && numbers[i] === numbers[last[1]]! + 1) last[1] = i;
    else found.push([i, i]);
  }
  return found;
}

function cellOf(values: Values, at: number, dictionary: readonly string[]): Cell {
  if (values.type === 'text') return values.texts[at]?.slice(0, SHOWN_TEXT) ?? null;
  if (values.type === 'categorical') return values.codes[at] === MISSING_CODE ? null : (dictionary[values.codes[at]!] ?? null);
  const number = values.numbers[at]!;
  if (Number.isNaN(number)) return null;
  return values.type === 'date' ? dateText(number) : number;
}

const readJson = <T>(file: string): Promise<T | null> =>
  readFile(file, 'utf8').then(
    (text) => JSON.parse(text) as T,
    () => null,
  );
