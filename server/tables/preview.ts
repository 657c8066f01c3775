/** What a person sees of a table file before it becomes a dataset: how it would be read, its columns, its first rows. */
import type { TableFindings } from '../http/table-schemas.ts';
import { cleaned, missingTest } from './cells.ts';
import type { TableFile } from './file.ts';
import type { TableLimits } from './limits.ts';
import { TableReader } from './reading.ts';
import { ColumnJudge, DISTINCT_LIMIT } from './types.ts';

const SHOWN_ROWS = 50;
/** Fewer rows of a wide table: all of it goes to the browser in one answer. */
const SHOWN_CELLS = 50_000;
const SHOWN_CELL = 200;
/** Row numbers in each list. */
const LISTED = 20;
/** What is judged: enough to be sure, few enough to wait for. */
const MOST_ROWS = 100_000;
const MOST_CELLS = 4_000_000;
/** Different values that are held in memory, of all columns together. */
const MOST_DISTINCT = 2_000_000;

/** Throws StudioError: those of TableReader. `onRows` hears how many rows were looked at; it says false to end. */
export async function previewTable(file: TableFile, limits: TableLimits, onRows: (rows: number) => boolean): Promise<TableFindings> {
  const { settings } = file;
  const isMissing = missingTest(settings.missing);
  const reader = await TableReader.start(file.source, settings.header, limits);
  const distinctLimit = Math.max(50, Math.min(DISTINCT_LIMIT, Math.floor(MOST_DISTINCT / Math.max(1, reader.names.length))));
  const judges = reader.names.map(() => new ColumnJudge(settings.decimal, settings.dateOrder, distinctLimit));
  const shown: string[][] = [];
  const most = Math.max(1000, Math.min(MOST_ROWS, Math.floor(MOST_CELLS / Math.max(1, reader.names.length))));
  const shownRows = Math.max(5, Math.min(SHOWN_ROWS, Math.floor(SHOWN_CELLS / Math.max(1, reader.names.length))));
  let looked = 0;
  let complete = true;
  try {
    for (let batch = await reader.next(); batch !== null; batch = await reader.next()) {
      for (const { cells } of batch) {
        if (looked >= most) {
          complete = false;
          break;
        }
        looked += 1;
        if (shown.length < shownRows) shown.push(cells.map((cell) => cleaned(cell).slice(0, SHOWN_CELL)));
        for (let column = 0; column < judges.length; column++) {
          const cell = cleaned(cells[column]!);
          if (isMissing(cell)) judges[column]!.missing();
          else judges[column]!.add(cell);
        }
      }
      if (!complete || !onRows(looked)) break;
    }
  } finally {
    await reader.end();
  }
  const first = ({ count, rows }: { count: number; rows: number[] }) => ({ count, rows: rows.slice(0, LISTED) });
  return {
    settings,
    sheets: [...file.sheets],
    columns: reader.names.map((name, index) => {
      const judge = judges[index]!;
      return {
        name,
        type: judge.type(),
        missing: judge.missingCount,
        distinct: judge.distinct,
        notNumbers: judge.notNumbers,
        notDates: judge.notDates,
        examples: judge.examples.map((text) => text.slice(0, SHOWN_CELL)),
      };
    }),
    rows: shown,
    looked,
    complete,
    short: first(reader.short),
    long: first(reader.long),
    distinctLimit,
  };
}
