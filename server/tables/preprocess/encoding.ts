/** Methods that make numbers of categories. */
import { StudioError } from '../../errors.ts';
import { type Column, categoriesOf, type Frame, freeName, MISSING_CODE, withColumns } from './frame.ts';
import { chosen, method } from './method.ts';

/** Columns that one category may become. */
const MOST = 500;

interface Learnt {
  columns: { column: string; values: string[]; names: string[] }[];
}

/** Categories that occur, in natural order, so that the same data always give the same columns. */
function occurring(frame: Frame, name: string): string[] {
  const { codes, dictionary } = categoriesOf(frame, name);
  const seen = new Set(codes);
  return dictionary.filter((_, code) => seen.has(code)).sort(new Intl.Collator('en', { numeric: true }).compare);
}

function learn(
  frame: Frame,
  names: readonly string[],
  namesOf: (column: string, values: string[], taken: Set<string>) => { values: string[]; names: string[] },
): Learnt {
  const taken = new Set(frame.columns.map(({ name }) => name));
  return {
    columns: names.map((column) => {
      const values = occurring(frame, column);
      return { column, ...namesOf(column, values, taken) };
    }),
  };
}

export const one_hot = method({
  parameters: {
    columns: { kind: 'columns', types: ['categorical'], default: [] },
    /** One column less: the first category is where all others are 0. */
    drop_first: { kind: 'boolean', default: false },
  },
  fit(frame: Frame, values: { columns: string[]; drop_first: boolean }, around): Learnt {
    return learn(frame, chosen(frame, values.columns, ['categorical'], around), (column, all, taken) => {
      if (column === around.target) throw new StudioError('preprocess_target', { column });
      if (all.length > MOST) throw new StudioError('preprocess_too_many_categories', { column, count: all.length, limit: MOST });
      const kept = values.drop_first ? all.slice(1) : all;
      const names = kept.map((value) => {
        const name = freeName(taken, `${column}=${value}`);
        taken.add(name);
        return name;
      });
      return { values: kept, names };
    });
  },
  /** A category that was not there when it was learnt is 0 everywhere; a missing one too. */
  apply(frame, { columns }) {
    const byName = new Map(columns.map((one) => [one.column, one]));
    return withColumns(
      frame,
      frame.columns.flatMap((column): Column[] => {
        const learnt = byName.get(column.name);
        if (learnt === undefined) return [column];
        const { codes, dictionary } = categoriesOf(frame, column.name);
        return learnt.values.map((value, at) => {
          const wanted = dictionary.indexOf(value);
          return { name: learnt.names[at]!, type: 'integer', numbers: Float64Array.from(codes, (code) => (code === wanted && wanted >= 0 ? 1 : 0)) };
        });
      }),
    );
  },
});

export const ordinal = method({
  parameters: { columns: { kind: 'columns', types: ['categorical'], default: [] } },
  fit(frame: Frame, values: { columns: string[] }, around): Learnt {
    return learn(frame, chosen(frame, values.columns, ['categorical'], around), (column, all) => {
      if (column === around.target) throw new StudioError('preprocess_target', { column });
      return { values: all, names: [] };
    });
  },
  /** 0, 1, 2 … in natural order; what was not there when it was learnt is missing. */
  apply(frame, { columns }) {
    const byName = new Map(columns.map((one) => [one.column, one]));
    return withColumns(
      frame,
      frame.columns.map((column): Column => {
        const learnt = byName.get(column.name);
        if (learnt === undefined) return column;
        const { codes, dictionary, name } = categoriesOf(frame, column.name);
        const numbers = dictionary.map((text) => learnt.values.indexOf(text));
        return {
          name,
          type: 'integer',
          numbers: Float64Array.from(codes, (code) => (code === MISSING_CODE || numbers[code]! < 0 ? Number.NaN : numbers[code]!)),
        };
      }),
    );
  },
});
