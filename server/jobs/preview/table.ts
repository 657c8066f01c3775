/** What a chain makes of some rows of a table, to be looked at before it is applied to all. */
import type { TableLook, TableSample } from '../../http/preprocess-schemas.ts';
import type { Cell } from '../../http/table-schemas.ts';
import { dateText } from '../../tables/cells.ts';
import { type Column, countMissing, type Frame, isMissing } from '../../tables/preprocess/frame.ts';
import { fitChain } from '../../tables/preprocess/methods.ts';
import { loadFrame } from '../tables/frame.ts';
import type { Questions } from './protocol.ts';

/** Rows from which the methods learn, and cells: nobody waits for a preview. */
const MOST_ROWS = 10_000;
const MOST_CELLS = 1_000_000;
const STRETCHES = 20;
const SHOWN_ROWS = 12;
const SHOWN_TEXT = 200;

export async function previewTableChain({ table, target, chain }: Questions['table']['ask']): Promise<TableLook> {
  const before = await loadSample(table);
  const after = fitChain(before, chain, target).frame;
  return { before: sampleOf(before), after: sampleOf(after), rows: before.rows, of: before.of };
}

/** Evenly spaced stretches of the table; all of it where it is small. */
async function loadSample(dir: string): Promise<Frame & { of: number }> {
  const head = await loadFrame(dir, () => [[0, 0]]);
  const most = Math.max(200, Math.min(MOST_ROWS, Math.floor(MOST_CELLS / head.columns.length)));
  return loadFrame(dir, (rows) => {
    if (rows <= most) return [[0, rows]];
    const length = Math.floor(most / STRETCHES);
    return Array.from({ length: STRETCHES }, (_, i) => {
      const from = Math.floor((i * (rows - length)) / (STRETCHES - 1));
      return [from, from + length] as const;
    });
  });
}

function sampleOf(frame: Frame): TableSample {
  const rows = Array.from({ length: Math.min(SHOWN_ROWS, frame.rows) }, (_, row) => ({
    n: frame.origin[row]!,
    cells: frame.columns.map((column) => cellOf(column, row)),
  }));
  return { columns: frame.columns.map((column) => ({ name: column.name, type: column.type, missing: countMissing(column) })), rows, count: frame.rows };
}

function cellOf(column: Column, row: number): Cell {
  if (isMissing(column, row)) return null;
  if (column.type === 'text') return column.texts[row]!.slice(0, SHOWN_TEXT);
  if (column.type === 'categorical') return column.dictionary[column.codes[row]!]!;
  return column.type === 'date' ? dateText(column.numbers[row]!) : column.numbers[row]!;
}
