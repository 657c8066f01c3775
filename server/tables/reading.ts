/** From rows of text to a table: header, ragged rows, limits. What preview and ingest have in common. */
import { StudioError } from '../errors.ts';
import { namesOf, type Renamed } from './header.ts';
import { LISTED, type TableLimits } from './limits.ts';
import type { RowSource, SourceRow } from './rows.ts';

/** Share of rows with too many cells above which the file as a whole was read wrongly. */
const TOO_MANY_LONG = 0.1;
/** Rows that tell how wide a file without a header is. */
const LOOKED = 100;

export interface Ragged {
  count: number;
  /** Numbers of the first of them. */
  rows: number[];
}

const note = (ragged: Ragged, row: number) => {
  ragged.count += 1;
  if (ragged.rows.length < LISTED) ragged.rows.push(row);
};

/** Goes through the rows of a source once. */
export class TableReader {
  readonly names: readonly string[];
  readonly renamed: readonly Renamed[];
  readonly short: Ragged = { count: 0, rows: [] };
  readonly long: Ragged = { count: 0, rows: [] };
  readonly #batches: AsyncIterator<SourceRow[]>;
  readonly #limits: TableLimits;
  #waiting: SourceRow[];
  readonly #sparse: boolean;
  #rows = 0;

  private constructor(names: string[], renamed: Renamed[], source: RowSource, batches: AsyncIterator<SourceRow[]>, waiting: SourceRow[], limits: TableLimits) {
    this.#sparse = source.sparse;
    this.names = names;
    this.renamed = renamed;
    this.#batches = batches;
    this.#waiting = waiting;
    this.#limits = limits;
  }

  /** Reads the header. Throws StudioError: table_empty, table_too_many_columns, and those of the source. */
  static async start(source: RowSource, header: boolean, limits: TableLimits): Promise<TableReader> {
    const batches = source.read()[Symbol.asyncIterator]();
    try {
      return await TableReader.#begin(source, batches, header, limits);
    } catch (error) {
      await batches.return?.();
      throw error;
    }
  }

  static async #begin(source: RowSource, batches: AsyncIterator<SourceRow[]>, header: boolean, limits: TableLimits): Promise<TableReader> {
    let waiting: SourceRow[] = [];
    while (waiting.length < LOOKED) {
      const next = await batches.next();
      if (next.done === true) break;
      waiting = waiting.concat(next.value);
    }
    const first = waiting[0];
    if (first === undefined) throw new StudioError('table_empty');
    // Empty cells behind the last name are a spreadsheet's habit; a column that has values counts all the same.
    const width = header ? Math.max(lastFilled(first.cells), commonWidth(waiting.slice(1, LOOKED))) : commonWidth(waiting.slice(0, LOOKED));
    if (width > limits.maxColumns) throw new StudioError('table_too_many_columns', { count: width, limit: limits.maxColumns });
    const { names, renamed } = namesOf(header ? first.cells : null, width);
    return new TableReader(names, renamed, source, batches, header ? waiting.slice(1) : waiting, limits);
  }

  /** The next rows, each as wide as the header. null: that was all. Throws StudioError: table_too_many_rows, table_too_large, table_ragged. */
  async next(): Promise<SourceRow[] | null> {
    for (;;) {
      const batch =
        this.#waiting.length > 0 ? this.#waiting : await this.#batches.next().then(({ done, value }) => (done === true ? null : (value as SourceRow[])));
      this.#waiting = [];
      if (batch === null) {
        this.#checkLong();
        return null;
      }
      const rows = batch.filter((row) => this.#fit(row));
      this.#rows += rows.length;
      const { maxRows, maxCells } = this.#limits;
      if (this.#rows > maxRows) throw new StudioError('table_too_many_rows', { limit: maxRows });
      if (this.#rows * this.names.length > maxCells)
        throw new StudioError('table_too_large', { columns: this.names.length, limit: Math.floor(maxCells / this.names.length) });
      if (this.long.count > 1000) this.#checkLong();
      if (rows.length > 0) return rows;
    }
  }

  /** Lets the source close its file. Has to be called at the end of every reading. */
  async end(): Promise<void> {
    await this.#batches.return?.();
  }

  #fit(row: SourceRow): boolean {
    const { cells } = row;
    const width = this.names.length;
    if (cells.length < width) {
      if (!this.#sparse) note(this.short, row.row);
      while (cells.length < width) cells.push('');
    } else if (cells.length > width) {
      if (lastFilled(cells) > width) {
        note(this.long, row.row);
        return false;
      }
      cells.length = width;
    }
    return true;
  }

  #checkLong(): void {
    const { count, rows } = this.long;
    if (count > TOO_MANY_LONG * (count + this.#rows)) throw new StudioError('table_ragged', { count, row: rows[0]!, columns: this.names.length });
  }
}

/** Number of cells up to the last that is not empty. */
function lastFilled(cells: readonly string[]): number {
  let last = cells.length;
  while (last > 0 && cells[last - 1]!.trim() === '') last -= 1;
  return last;
}

/** The width that most rows have; of two, the larger. */
function commonWidth(rows: readonly SourceRow[]): number {
  const counts = new Map<number, number>();
  for (const { cells } of rows) {
    const width = lastFilled(cells);
    counts.set(width, (counts.get(width) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1] || b[0] - a[0])[0]?.[0] ?? 0;
}
