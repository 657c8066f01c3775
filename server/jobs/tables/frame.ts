/** Between a table set on the disk and a frame in memory. */
import { TableSet, type TableSetWriter, type Values } from '../../store/tables.ts';
import type { Column, Frame } from '../../tables/preprocess/frame.ts';

/** Rows from..to of each stretch, one behind the other. */
export async function loadFrame(dir: string, stretchesOf: (rows: number) => readonly (readonly [from: number, to: number])[]): Promise<Frame & { of: number }> {
  const set = await TableSet.open(dir);
  try {
    const stretches = stretchesOf(set.rows);
    const columns: Column[] = [];
    for (const [index, { name }] of set.schema.columns.entries()) {
      const parts: Values[] = [];
      for (const [from, to] of stretches) parts.push(await set.values(index, from, to));
      columns.push(joined(name, parts, await set.dictionary(index)));
    }
    const origin = Uint32Array.from(stretches.flatMap(([from, to]) => Array.from({ length: to - from }, (_, i) => from + i)));
    return { rows: origin.length, columns, origin, of: set.rows };
  } finally {
    await set.close();
  }
}

function joined(name: string, parts: readonly Values[], dictionary: readonly string[]): Column {
  const [first] = parts;
  if (first === undefined) return { name, type: 'text', texts: [] };
  if (first.type === 'text') return { name, type: 'text', texts: parts.flatMap((part) => (part.type === 'text' ? part.texts : [])) };
  const rows = parts.reduce((sum, part) => sum + lengthOf(part), 0);
  let at = 0;
  if (first.type === 'categorical') {
    const codes = parts.length === 1 ? first.codes : new Uint16Array(rows);
    if (parts.length > 1) {
      for (const part of parts) {
        if (part.type === 'categorical') codes.set(part.codes, at);
        at += lengthOf(part);
      }
    }
    return { name, type: 'categorical', codes, dictionary };
  }
  const numbers = parts.length === 1 ? first.numbers : new Float64Array(rows);
  if (parts.length > 1) {
    for (const part of parts) {
      if (part.type !== 'categorical' && part.type !== 'text') numbers.set(part.numbers, at);
      at += lengthOf(part);
    }
  }
  return { name, type: first.type, numbers };
}

function lengthOf(values: Values): number {
  return values.type === 'text' ? values.texts.length : values.type === 'categorical' ? values.codes.length : values.numbers.length;
}

/** Writes all rows. `onRows` hears how many are done; false: it said stop. */
export async function writeFrame({ rows, columns }: Frame, writer: TableSetWriter, onRows: (done: number) => boolean): Promise<boolean> {
  for (let row = 0; row < rows; row++) {
    for (let index = 0; index < columns.length; index++) {
      const column = columns[index]!;
      if (column.type === 'text') writer.setText(index, column.texts[row]!);
      else if (column.type === 'categorical') writer.setCode(index, column.codes[row]!);
      else writer.setNumber(index, column.numbers[row]!);
    }
    if (!writer.endRow()) continue;
    await writer.flush();
    if (!onRows(row + 1)) return false;
  }
  await writer.finish(columns.map((column) => (column.type === 'categorical' ? column.dictionary : null)));
  return true;
}
