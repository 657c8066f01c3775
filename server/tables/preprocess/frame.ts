/** A table in memory, column by column. Methods make new columns and never write into those that they were given. */
import { StudioError } from '../../errors.ts';
import { MAX_CATEGORIES, MAX_NUMBER } from '../limits.ts';

export const MISSING_CODE = 0xffff;

export interface NumberColumn {
  name: string;
  type: 'integer' | 'real' | 'date';
  /** NaN: missing. Dates in milliseconds since 1970. */
  numbers: Float64Array;
}
export interface CategoryColumn {
  name: string;
  type: 'categorical';
  /** MISSING_CODE: missing. */
  codes: Uint16Array;
  dictionary: readonly string[];
}
export interface TextColumn {
  name: string;
  type: 'text';
  texts: readonly (string | null)[];
}
export type Column = NumberColumn | CategoryColumn | TextColumn;

export interface Frame {
  rows: number;
  columns: readonly Column[];
  /** For each row, which row of the first table it was. */
  origin: Uint32Array;
}

export function isMissing(column: Column, row: number): boolean {
  if (column.type === 'text') return column.texts[row] === null;
  if (column.type === 'categorical') return column.codes[row] === MISSING_CODE;
  return Number.isNaN(column.numbers[row]);
}

export function countMissing(column: Column): number {
  let count = 0;
  const rows = column.type === 'text' ? column.texts.length : column.type === 'categorical' ? column.codes.length : column.numbers.length;
  for (let row = 0; row < rows; row++) if (isMissing(column, row)) count += 1;
  return count;
}

/** The rows for which `keep` says 1. */
export function onlyRows(frame: Frame, keep: Uint8Array): Frame {
  let rows = 0;
  for (const one of keep) rows += one;
  if (rows === frame.rows) return frame;
  const at = new Uint32Array(rows);
  for (let row = 0, next = 0; row < frame.rows; row++) if (keep[row] === 1) at[next++] = row;
  return { rows, origin: at.map((row) => frame.origin[row]!), columns: frame.columns.map((column) => pick(column, at)) };
}

function pick(column: Column, at: Uint32Array): Column {
  switch (column.type) {
    case 'text':
      return { ...column, texts: Array.from(at, (row) => column.texts[row]!) };
    case 'categorical':
      return { ...column, codes: Uint16Array.from(at, (row) => column.codes[row]!) };
    default:
      return { ...column, numbers: Float64Array.from(at, (row) => column.numbers[row]!) };
  }
}

export function withColumns(frame: Frame, columns: readonly Column[]): Frame {
  return { ...frame, columns };
}

/** `changed` in the place of the columns of the same names. */
export function replaced(frame: Frame, changed: readonly Column[]): Frame {
  const byName = new Map(changed.map((column) => [column.name, column]));
  return withColumns(
    frame,
    frame.columns.map((column) => byName.get(column.name) ?? column),
  );
}

export function columnOf(frame: Frame, name: string): Column {
  const column = frame.columns.find((one) => one.name === name);
  if (column === undefined) throw new StudioError('preprocess_column', { column: name });
  return column;
}

export function numbersOf(frame: Frame, name: string): NumberColumn {
  const column = columnOf(frame, name);
  if (column.type === 'text' || column.type === 'categorical') throw new StudioError('preprocess_column', { column: name });
  return column;
}

export function categoriesOf(frame: Frame, name: string): CategoryColumn {
  const column = columnOf(frame, name);
  if (column.type !== 'categorical') throw new StudioError('preprocess_column', { column: name });
  return column;
}

/** A number that can be reckoned with on: what is too large is missing. */
export const bounded = (value: number): number => (Math.abs(value) <= MAX_NUMBER ? value : Number.NaN);

/** real, or integer where all values are whole. */
export function numberColumn(name: string, numbers: Float64Array): NumberColumn {
  const whole = numbers.every((value) => Number.isNaN(value) || Number.isSafeInteger(value));
  return { name, type: whole ? 'integer' : 'real', numbers };
}

/** A name that no column of the frame has. */
export function freeName(taken: ReadonlySet<string>, wanted: string): string {
  const base = wanted.slice(0, 190);
  let name = base;
  for (let copy = 2; taken.has(name); copy++) name = `${base} (${copy})`;
  return name;
}

/** The code of a text in a dictionary that may grow by it. Throws table_too_many_categories. */
export function withEntry(column: CategoryColumn, text: string): { code: number; dictionary: readonly string[] } {
  const code = column.dictionary.indexOf(text);
  if (code >= 0) return { code, dictionary: column.dictionary };
  if (column.dictionary.length >= MAX_CATEGORIES) throw new StudioError('table_too_many_categories', { column: column.name, limit: MAX_CATEGORIES });
  return { code: column.dictionary.length, dictionary: [...column.dictionary, text] };
}
