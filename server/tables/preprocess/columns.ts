/** Methods that take columns away or make new ones. */
import { StudioError } from '../../errors.ts';
import { columnsIn, evaluate, parseExpression } from './expression.ts';
import { bounded, type Column, columnOf, type Frame, freeName, numberColumn, numbersOf, withColumns } from './frame.ts';
import { ALL, chosen, method } from './method.ts';
import { withoutColumns } from './missing.ts';

export const drop_columns = method({
  parameters: { columns: { kind: 'columns', types: ALL, default: [] } },
  fit(frame: Frame, { columns }: { columns: string[] }, { target }) {
    for (const name of columns) {
      columnOf(frame, name);
      if (name === target) throw new StudioError('preprocess_target', { column: name });
    }
    return columns;
  },
  apply: (frame, columns) => withoutColumns(frame, columns),
});

export const derive = method({
  parameters: {
    name: { kind: 'text', default: 'new_column', maxLength: 100 },
    expression: { kind: 'text', default: '', maxLength: 500 },
  },
  fit(frame: Frame, { name, expression }: { name: string; expression: string }) {
    for (const column of columnsIn(parseExpression(expression))) numbersOf(frame, column);
    return { name: freeName(new Set(frame.columns.map((column) => column.name)), name.trim() || 'new_column'), expression };
  },
  apply(frame, { name, expression }) {
    const made = evaluate(parseExpression(expression), frame.rows, (column) => numbersOf(frame, column).numbers);
    return withColumns(frame, [...frame.columns, numberColumn(name, made.map(bounded))]);
  },
});

const PARTS: { readonly [part: string]: (date: Date) => number } = {
  year: (date) => date.getUTCFullYear(),
  month: (date) => date.getUTCMonth() + 1,
  day: (date) => date.getUTCDate(),
  /** 1 is Monday, 7 Sunday (ISO 8601). */
  weekday: (date) => ((date.getUTCDay() + 6) % 7) + 1,
  hour: (date) => date.getUTCHours(),
};

export const date_parts = method({
  parameters: {
    columns: { kind: 'columns', types: ['date'], default: [] },
    year: { kind: 'boolean', default: true },
    month: { kind: 'boolean', default: true },
    day: { kind: 'boolean', default: true },
    weekday: { kind: 'boolean', default: true },
    hour: { kind: 'boolean', default: false },
    keep: { kind: 'boolean', default: false },
  },
  fit(frame: Frame, values: { columns: string[]; year: boolean; month: boolean; day: boolean; weekday: boolean; hour: boolean; keep: boolean }, around) {
    const taken = new Set(frame.columns.map(({ name }) => name));
    const wanted = Object.keys(PARTS).filter((part) => values[part as 'year']);
    const columns = chosen(frame, values.columns, ['date'], around).map((column) => {
      if (columnOf(frame, column).type !== 'date') throw new StudioError('preprocess_column', { column });
      const parts = wanted.map((part) => {
        const name = freeName(taken, `${column}_${part}`);
        taken.add(name);
        return { part, name };
      });
      return { column, parts };
    });
    return { columns, keep: values.keep };
  },
  apply(frame, { columns, keep }) {
    const byName = new Map(columns.map((one) => [one.column, one.parts]));
    return withColumns(
      frame,
      frame.columns.flatMap((column): Column[] => {
        const parts = byName.get(column.name);
        if (parts === undefined || column.type !== 'date') return [column];
        const made = parts.map(
          ({ part, name }): Column => ({
            name,
            type: 'integer',
            numbers: column.numbers.map((time) => (Number.isNaN(time) ? time : PARTS[part]!(new Date(time)))),
          }),
        );
        return keep ? [column, ...made] : made;
      }),
    );
  },
});
