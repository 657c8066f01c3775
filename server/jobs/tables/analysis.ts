/** Statistics and associations of a table set, computed once and kept with it: statistics.jsonl (a ColumnStatistics a line), associations.json. */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Associations, ColumnStatistics } from '../../http/table-schemas.ts';
import { writeDurably } from '../../store/durable.ts';
import { TableSet } from '../../store/tables.ts';
import { association } from '../../tables/associations.ts';
import { type ColumnValues, columnStatistics } from '../../tables/statistics.ts';

/** Columns in the matrix, and rows that it is taken on: pairs cost the square of the one times the other. */
const MOST_COLUMNS = 50;
const MOST_ROWS = 100_000;
/** A category that nearly every row has for itself goes together with everything. */
const MOST_CATEGORIES = 100;

export const STATISTICS = 'statistics.jsonl';
export const ASSOCIATIONS = 'associations.json';

/** `target` comes first in the matrix. `step` hears how much is done; false: it was told to stop. */
export async function analyseTable(dir: string, target: string | null, step: (done: number, total: number) => boolean): Promise<ColumnStatistics[] | null> {
  const set = await TableSet.open(dir);
  try {
    const { columns } = set.schema;
    const total = columns.length + Math.min(MOST_COLUMNS, columns.length);
    const all: ColumnStatistics[] = [];
    for (const [index, { name, type }] of columns.entries()) {
      if (!step(index, total)) return null;
      all.push(columnStatistics(name, type, await set.values(index), await set.dictionary(index)));
      await breathe();
    }
    const lines = await open(join(dir, STATISTICS), 'w');
    await lines.appendFile(all.map((one) => `${JSON.stringify(one)}\n`).join(''));
    await lines.sync();
    await lines.close();

    const able = columns
      .map((column, index) => ({ ...column, index }))
      .filter(
        ({ index, type }) =>
          type !== 'text' && type !== 'date' && all[index]!.distinct > 1 && (type !== 'categorical' || all[index]!.distinct <= MOST_CATEGORIES),
      );
    able.sort((a, b) => Number(b.name === target) - Number(a.name === target));
    const chosen = able.slice(0, MOST_COLUMNS);
    const rows = Math.min(MOST_ROWS, set.rows);
    const values: ColumnValues[] = [];
    for (const { index } of chosen) values.push(evenly(await set.values(index), rows));
    const matrix = chosen.map(() => new Array<number | null>(chosen.length).fill(null));
    for (let i = 0; i < chosen.length; i++) {
      if (!step(columns.length + i, total)) return null;
      for (let j = 0; j <= i; j++) {
        const value = i === j ? 1 : association(values[i]!, values[j]!);
        matrix[i]![j] = value;
        matrix[j]![i] = value;
      }
      await breathe();
    }
    const associations: Associations = {
      columns: chosen.map(({ name, type }) => ({ name, type })),
      values: matrix,
      rows,
      of: set.rows,
      left: able.length - chosen.length,
    };
    await writeDurably(join(dir, ASSOCIATIONS), `${JSON.stringify(associations)}\n`);
    return all;
  } finally {
    await set.close();
  }
}

/** `rows` of the values, evenly spaced. */
function evenly(values: ColumnValues, rows: number): ColumnValues {
  const pick = <T extends Float64Array | Uint16Array>(from: T, to: T): T => {
    for (let i = 0; i < rows; i++) to[i] = from[Math.floor((i * from.length) / rows)]!;
    return to;
  };
  switch (values.type) {
    case 'text':
      return values;
    case 'categorical':
      return values.codes.length === rows ? values : { type: 'categorical', codes: pick(values.codes, new Uint16Array(rows)) };
    default:
      return values.numbers.length === rows ? values : { type: values.type, numbers: pick(values.numbers, new Float64Array(rows)) };
  }
}

/** Lets messages in. */
const breathe = () => new Promise((resolve) => setImmediate(resolve));
