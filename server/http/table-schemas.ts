/** Tables on the wire: how a file is read, what was found in it, its rows and the statistics of its columns. Plain data. */
import { type Static, Type } from 'typebox';

const OneOf = <T extends string[]>(...values: readonly [...T]) => Type.Enum(values);
const OrNull = <T extends import('typebox').TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Count = Type.Integer({ minimum: 0 });

/** What a column holds. Models learn from categorical, integer and real columns; date and text are kept for the reader. */
export const ColumnType = OneOf('categorical', 'integer', 'real', 'date', 'text');
export type ColumnType = Static<typeof ColumnType>;

export const TableEncoding = OneOf('utf-8', 'utf-16le', 'utf-16be', 'euc-kr', 'windows-1252');
export type TableEncoding = Static<typeof TableEncoding>;
export const Delimiter = OneOf(',', '\t', ';', '|');
export type Delimiter = Static<typeof Delimiter>;

const ColumnName = Type.String({ minLength: 1, maxLength: 200 });

/** How a file is read. All of it is detected, and all of it can be corrected. */
export const TableSettings = Type.Object({
  format: OneOf('csv', 'xlsx', 'ods'),
  /** Of a CSV file. euc-kr is code page 949. */
  encoding: TableEncoding,
  delimiter: Delimiter,
  decimal: OneOf('.', ','),
  /** What comes first in dates that end with their year and have / or - between. */
  dateOrder: Type.Optional(OneOf('day', 'month')),
  /** The first row holds the columns' names. */
  header: Type.Boolean(),
  /** Name of a workbook's sheet; null in a CSV file. */
  sheet: OrNull(Type.String({ maxLength: 100 })),
  /** What stands for a value that is not there, besides an empty cell; compared without regard to case. */
  missing: Type.Array(Type.String({ minLength: 1, maxLength: 40 }), { maxItems: 40 }),
});
export type TableSettings = Static<typeof TableSettings>;

export const TablePreviewRequest = Type.Object({
  uploadId: Type.String({ pattern: '^[a-f0-9]{32}$' }),
  /** Those that the person has corrected; the others are detected. */
  settings: Type.Partial(TableSettings),
});
export type TablePreviewRequest = Static<typeof TablePreviewRequest>;

export const FoundColumn = Type.Object({
  name: ColumnName,
  type: ColumnType,
  missing: Count,
  /** Different values, counted up to `distinctLimit` of the preview. */
  distinct: Count,
  /** Values that would become missing if the column were one of numbers, or of dates. */
  notNumbers: Count,
  notDates: Count,
  examples: Type.Array(Type.String()),
});
export type FoundColumn = Static<typeof FoundColumn>;

export const TableFindings = Type.Object({
  settings: TableSettings,
  sheets: Type.Array(Type.String()),
  columns: Type.Array(FoundColumn),
  /** The first rows, as they are written in the file. */
  rows: Type.Array(Type.Array(Type.String())),
  /** Rows that were looked at; `complete`: that is all of them. */
  looked: Count,
  complete: Type.Boolean(),
  /** Rows with fewer cells than columns, and with more; the numbers of the first of each. */
  short: Type.Object({ count: Count, rows: Type.Array(Type.Integer()) }),
  long: Type.Object({ count: Count, rows: Type.Array(Type.Integer()) }),
  distinctLimit: Count,
});
export type TableFindings = Static<typeof TableFindings>;

/** A newly made table dataset. `columns` are all those of the file, in its order. */
export const NewTable = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 100, pattern: '\\S' }),
  description: Type.String({ maxLength: 2000 }),
  visibility: OneOf('private', 'shared'),
  uploadId: Type.String({ pattern: '^[a-f0-9]{32}$' }),
  settings: TableSettings,
  columns: Type.Array(Type.Object({ name: ColumnName, type: ColumnType, keep: Type.Boolean() }), { minItems: 1, maxItems: 10_000 }),
  /** Name of the column that is to be predicted; null where there is none. */
  target: OrNull(ColumnName),
});
export type NewTable = Static<typeof NewTable>;

const Rows = Type.Object({ count: Count, rows: Type.Array(Type.Integer()) });
/** What became of a file's rows and values. Row numbers are those of the file, as a spreadsheet counts them (the header is row 1). */
export const TableReport = Type.Object({
  rows: Count,
  /** Rows with too few cells: the rest counts as missing. */
  padded: Rows,
  /** Rows with more cells than columns: left out, for nobody can tell which cell belongs where. */
  leftOut: Rows,
  /** Values that did not fit their column's type, and infinite numbers: missing now. */
  unreadable: Type.Array(Type.Object({ column: Type.String(), count: Count, rows: Type.Array(Type.Integer()), examples: Type.Array(Type.String()) })),
  /** Headers that were empty or there twice, with the name that the column was given. */
  renamed: Type.Array(Type.Object({ column: Type.Integer(), from: Type.String(), to: Type.String() })),
  /** Cells whose formula had no stored result, and cells with an error such as #DIV/0!; a workbook's. */
  formulasWithoutValue: Count,
});
export type TableReport = Static<typeof TableReport>;

/** The part of a dataset that only tables have; the rows are its `count`. */
export const TableSummary = Type.Object({
  columns: Count,
  target: OrNull(ColumnName),
  targetType: OrNull(ColumnType),
  /** Missing values in all columns, and in how many of them. */
  missing: Count,
  missingColumns: Count,
});
export type TableSummary = Static<typeof TableSummary>;

/** Of the values that are there. Numbers: sample standard deviation; quartiles by linear interpolation; date columns in milliseconds since 1970. */
export const NumberStatistics = Type.Object({
  min: Type.Number(),
  max: Type.Number(),
  mean: Type.Number(),
  std: OrNull(Type.Number()),
  quartiles: Type.Tuple([Type.Number(), Type.Number(), Type.Number()]),
  zeros: Count,
  /** Counts between `edges`, one more of those than counts; the last bin holds its upper edge. */
  histogram: Type.Object({ edges: Type.Array(Type.Number()), counts: Type.Array(Count) }),
});
export type NumberStatistics = Static<typeof NumberStatistics>;

export const ColumnStatistics = Type.Object({
  name: ColumnName,
  type: ColumnType,
  count: Count,
  missing: Count,
  distinct: Count,
  numbers: OrNull(NumberStatistics),
  /** The most frequent values of categorical columns; text columns have none. */
  top: Type.Array(Type.Object({ value: Type.String(), count: Count })),
});
export type ColumnStatistics = Static<typeof ColumnStatistics>;

/**
 * How strongly columns go together. Two numbers: Pearson (−1..1); a number and a category: correlation ratio η (0..1); two categories: Cramér's V (0..1).
 * null where there is nothing to tell from. values[i][j] = values[j][i].
 */
export const Associations = Type.Object({
  columns: Type.Array(Type.Object({ name: ColumnName, type: ColumnType })),
  values: Type.Array(Type.Array(OrNull(Type.Number()))),
  /** Rows that it was taken on, evenly spaced, and how many there are. */
  rows: Count,
  of: Count,
  /** Columns that could have been in it but are not, for want of room. */
  left: Count,
});
export type Associations = Static<typeof Associations>;

export const TableColumn = Type.Object({ name: ColumnName, type: ColumnType, missing: Count });
export type TableColumn = Static<typeof TableColumn>;

export const TableDetails = Type.Object({
  columns: Type.Array(TableColumn),
  rows: Count,
  target: OrNull(ColumnName),
  settings: OrNull(TableSettings),
  report: OrNull(TableReport),
});
export type TableDetails = Static<typeof TableDetails>;

/** null: missing. Numbers as numbers, dates as text (2026-03-01 or 2026-03-01 14:05:00). */
export const Cell = Type.Union([Type.String(), Type.Number(), Type.Null()]);
export type Cell = Static<typeof Cell>;
export const RowPage = Type.Object({ total: Count, rows: Type.Array(Type.Object({ n: Count, cells: Type.Array(Cell) })) });
export type RowPage = Static<typeof RowPage>;
export const RowQuery = Type.Object({
  offset: Type.Integer({ minimum: 0, default: 0 }),
  limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
  /** Columns of the page: the first, and how many. */
  from: Type.Integer({ minimum: 0, default: 0 }),
  columns: Type.Integer({ minimum: 1, maximum: 100, default: 50 }),
  /** Rows in which this stands; in all columns, or in the one with this index. `missing`: rows in which a value is missing. */
  search: Type.Optional(Type.String({ maxLength: 200 })),
  column: Type.Optional(Type.Integer({ minimum: 0 })),
  missing: Type.Optional(Type.Boolean()),
  /** Sorted by the column with this index, missing values last in both directions; without it as they stand in the table. */
  sort: Type.Optional(Type.Integer({ minimum: 0 })),
  order: Type.Enum(['asc', 'desc'], { default: 'asc' }),
});
export type RowQuery = Static<typeof RowQuery>;

export const StatisticsQuery = Type.Object({
  offset: Type.Integer({ minimum: 0, default: 0 }),
  limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
  search: Type.Optional(Type.String({ maxLength: 200 })),
});
export const StatisticsPage = Type.Object({ total: Count, columns: Type.Array(ColumnStatistics) });
export type StatisticsPage = Static<typeof StatisticsPage>;
