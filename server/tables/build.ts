/** Turns the rows of a file into typed columns. */
import { StudioError } from '../errors.ts';
import type { ColumnType, TableReport, TableSettings } from '../http/table-schemas.ts';
import { cleaned, dateOf, missingTest, numberOf } from './cells.ts';
import { LISTED, MAX_CATEGORIES, MAX_NUMBER } from './limits.ts';
import type { TableReader } from './reading.ts';

/** Takes the values, row by row; the store's writer is one. */
export interface ValueSink {
  /** NaN: missing. */
  setNumber(column: number, value: number): void;
  /** 65535: missing. */
  setCode(column: number, code: number): void;
  setText(column: number, text: string | null): void;
  /** true: flush() has to be awaited before the next row. */
  endRow(): boolean;
  flush(): Promise<void>;
}

const MISSING_CODE = 0xffff;
const EXAMPLES = 5;

/** A column of the file that is kept. */
export interface KeptColumn {
  /** Its place in the file. */
  source: number;
  name: string;
  type: ColumnType;
}

export interface Built {
  /** As the values have turned out: an integer column with a fraction in it is real. */
  types: ColumnType[];
  /** Of the categorical columns; null for the others. */
  dictionaries: (string[] | null)[];
  report: TableReport;
}

/** Throws StudioError: table_too_many_categories, and those of TableReader. `onRows` hears how many rows are done; null: it said false, stop. */
export async function buildTable(
  reader: TableReader,
  columns: readonly KeptColumn[],
  settings: TableSettings,
  sink: ValueSink,
  onRows: (rows: number) => boolean,
): Promise<Built | null> {
  const isMissing = missingTest(settings.missing);
  const types = columns.map(({ type }) => type);
  const codes = columns.map(() => new Map<string, number>());
  const unreadable = columns.map(() => ({ count: 0, rows: [] as number[], examples: [] as string[] }));
  const misfit = (index: number, row: number, cell: string) => {
    const list = unreadable[index]!;
    list.count += 1;
    if (list.rows.length < LISTED) list.rows.push(row);
    if (list.examples.length < EXAMPLES && !list.examples.includes(cell)) list.examples.push(cell.slice(0, 100));
  };
  let rows = 0;
  for (let batch = await reader.next(); batch !== null; batch = await reader.next()) {
    for (const { row, cells } of batch) {
      for (let index = 0; index < columns.length; index++) {
        const { source, type, name } = columns[index]!;
        const cell = cleaned(cells[source]!);
        const missing = isMissing(cell);
        if (type === 'text') sink.setText(index, missing ? null : cell);
        else if (type === 'categorical') {
          if (missing) sink.setCode(index, MISSING_CODE);
          else {
            const known = codes[index]!;
            let code = known.get(cell);
            if (code === undefined) {
              code = known.size;
              if (code >= MAX_CATEGORIES) throw new StudioError('table_too_many_categories', { column: name, limit: MAX_CATEGORIES });
              known.set(cell, code);
            }
            sink.setCode(index, code);
          }
        } else {
          let value = Number.NaN;
          if (!missing) {
            const read = type === 'date' ? dateOf(cell, settings.dateOrder) : numberOf(cell, settings.decimal);
            if (read === undefined || !(Math.abs(read) <= MAX_NUMBER)) misfit(index, row, cell);
            else {
              value = read;
              if (type === 'integer' && !Number.isInteger(read)) types[index] = 'real';
            }
          }
          sink.setNumber(index, value);
        }
      }
      rows += 1;
      if (sink.endRow()) await sink.flush();
    }
    if (!onRows(rows)) return null;
  }
  if (rows === 0) throw new StudioError('table_empty');
  return {
    types,
    dictionaries: columns.map(({ type }, index) => (type === 'categorical' ? [...codes[index]!.keys()] : null)),
    report: {
      rows,
      padded: reader.short,
      leftOut: reader.long,
      unreadable: columns.flatMap(({ name }, index) => (unreadable[index]!.count > 0 ? [{ column: name, ...unreadable[index]! }] : [])),
      renamed: [...reader.renamed],
      formulasWithoutValue: 0,
    },
  };
}
