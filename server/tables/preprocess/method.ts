/**
 * What a method of preprocessing tables is: its parameters as data, what it learns from a table (`fit`), and what it then makes of that table and of others
 * (`apply`). What was learnt is plain data, so that it can be kept with a model and new rows go the same way.
 */
import type { ParameterSpec, PreprocessValue } from '../../http/preprocess-schemas.ts';
import type { ColumnType } from '../../http/table-schemas.ts';
import type { Column, Frame } from './frame.ts';

export type ParameterSpecs = Readonly<Record<string, ParameterSpec>>;

export interface Surroundings {
  /** The column that is to be predicted; methods leave it alone unless it is named. */
  target: string | null;
  /** false: rows to be predicted; none of them may go. */
  training: boolean;
}

export interface TableMethod<Values = never, Learnt = unknown> {
  parameters: ParameterSpecs;
  fit(frame: Frame, values: Values, around: Surroundings): Learnt;
  /** Throws StudioError where the table does not allow it. */
  apply(frame: Frame, learnt: Learnt, around: Surroundings): Frame;
}

/** Keeps the types of values and of what is learnt. */
export function method<Values extends Record<string, PreprocessValue>, Learnt>(definition: TableMethod<Values, Learnt>): TableMethod<Values, Learnt> {
  return definition;
}

export const NUMBERS: ColumnType[] = ['integer', 'real'];
export const ALL: ColumnType[] = ['categorical', 'integer', 'real', 'date', 'text'];

/** Names of the columns that are meant: those that were chosen, or all of these types but for the target. */
export function chosen(frame: Frame, names: readonly string[], types: readonly ColumnType[], { target }: Surroundings): string[] {
  if (names.length > 0) return [...names];
  return frame.columns.filter(({ name, type }) => name !== target && types.includes(type)).map(({ name }) => name);
}

export const isNumber = (column: Column) => column.type === 'integer' || column.type === 'real';
