/** Methods for values that are not there. */
import { StudioError } from '../../errors.ts';
import { cleaned, dateOf, numberOf } from '../cells.ts';
import { moments, quantile } from '../statistics.ts';
import {
  type CategoryColumn,
  type Column,
  categoriesOf,
  columnOf,
  countMissing,
  type Frame,
  isMissing,
  MISSING_CODE,
  onlyRows,
  replaced,
  withColumns,
  withEntry,
} from './frame.ts';
import { ALL, chosen, isNumber, method } from './method.ts';

export const drop_missing = method({
  parameters: {
    what: { kind: 'choice', choices: ['rows', 'columns'], default: 'rows' },
    columns: { kind: 'columns', types: ALL, default: [] },
    /** Of columns: from this share of missing values on. */
    share: { kind: 'number', minimum: 0, maximum: 100, default: 50, unit: '%', when: { name: 'what', is: ['columns'] } },
  },
  fit(frame: Frame, { what, columns, share }: { what: string; columns: string[]; share: number }, around) {
    // Rows without a target are of no use either: here the target counts.
    const names = columns.length > 0 ? columns : frame.columns.map(({ name }) => name);
    if (what === 'rows') return { rows: names, columns: [] as string[] };
    const gone = names.filter((name) => {
      const missing = countMissing(columnOf(frame, name));
      return name !== around.target && missing > 0 && missing >= (share / 100) * frame.rows;
    });
    return { rows: [] as string[], columns: gone };
  },
  apply(frame, { rows, columns }, { training }) {
    if (columns.length > 0) return withoutColumns(frame, columns);
    if (rows.length === 0 || !training) return frame;
    const keep = new Uint8Array(frame.rows).fill(1);
    for (const name of rows) {
      const column = frame.columns.find((one) => one.name === name);
      if (column === undefined) continue;
      for (let row = 0; row < frame.rows; row++) if (isMissing(column, row)) keep[row] = 0;
    }
    return onlyRows(frame, keep);
  },
});

export function withoutColumns(frame: Frame, names: readonly string[]): Frame {
  const gone = new Set(names);
  const left = frame.columns.filter(({ name }) => !gone.has(name));
  if (left.length === 0) throw new StudioError('preprocess_no_columns');
  return withColumns(frame, left);
}

type Filler = 'mean' | 'median' | 'mode' | 'constant';
interface Fill {
  column: string;
  /** A number, or a text; null: there was nothing to learn it from. */
  all: number | string | null;
  /** By the group's text. */
  groups: Record<string, number | string>;
}

export const fill_missing = method({
  parameters: {
    columns: { kind: 'columns', types: ALL, default: [] },
    with: { kind: 'choice', choices: ['mean', 'median', 'mode', 'constant'], default: 'median' },
    constant: { kind: 'text', default: '0', maxLength: 200, when: { name: 'with', is: ['constant'] } },
    group: { kind: 'column', types: ['categorical'], default: '', when: { name: 'with', is: ['mean', 'median', 'mode'] } },
  },
  fit(frame: Frame, values: { columns: string[]; with: Filler; constant: string; group: string }, around) {
    const names = chosen(frame, values.columns, ALL, around).filter((name) => values.columns.length > 0 || countMissing(columnOf(frame, name)) > 0);
    const by = values.group === '' || values.with === 'constant' ? null : categoriesOf(frame, values.group);
    const members = by === null ? [] : rowsByCode(by);
    const fills = names.map((name): Fill => {
      const column = columnOf(frame, name);
      if (values.with === 'constant') return { column: name, all: constantFor(column, values.constant), groups: {} };
      const groups: [string, number | string][] = [];
      if (by !== null && by.name !== name) {
        for (const [code, text] of by.dictionary.entries()) {
          const found = typical(column, values.with, members[code]!);
          if (found !== null) groups.push([text, found]);
        }
      }
      return { column: name, all: typical(column, values.with), groups: Object.fromEntries(groups) };
    });
    return { group: by?.name ?? null, fills };
  },
  apply(frame, { group, fills }) {
    const by = group === null ? null : categoriesOf(frame, group);
    return replaced(
      frame,
      fills.flatMap(({ column: name, all, groups }) => {
        const column = frame.columns.find((one) => one.name === name);
        if (column === undefined) return [];
        const byCode = by?.dictionary.map((text) => (Object.hasOwn(groups, text) ? groups[text]! : all)) ?? [];
        return [filled(column, (row) => (by === null || by.codes[row] === MISSING_CODE ? all : byCode[by.codes[row]!]!))];
      }),
    );
  },
});

/** A constant as the column's type has it. Throws preprocess_constant. */
function constantFor(column: Column, text: string): number | string {
  if (column.type === 'text' || column.type === 'categorical') return cleaned(text);
  const value = column.type === 'date' ? certainDate(text.trim()) : numberOf(text.trim(), '.');
  if (value === undefined || !Number.isFinite(value)) throw new StudioError('preprocess_constant', { column: column.name, value: text });
  return value;
}

/** Only what reads the same in either order: the frame does not know whether 3/4/2026 was in April or in March where its dates were read. */
function certainDate(text: string): number | undefined {
  const at = dateOf(text, 'day');
  return at === dateOf(text, 'month') ? at : undefined;
}

/** The rows of each category, ascending, by its code. */
function rowsByCode({ codes, dictionary }: CategoryColumn): Uint32Array[] {
  const counts = new Uint32Array(dictionary.length);
  for (let row = 0; row < codes.length; row++) if (codes[row] !== MISSING_CODE) counts[codes[row]!]! += 1;
  const rows = Array.from(counts, (count) => new Uint32Array(count));
  const next = new Uint32Array(dictionary.length);
  for (let row = 0; row < codes.length; row++) if (codes[row] !== MISSING_CODE) rows[codes[row]!]![next[codes[row]!]!++] = row;
  return rows;
}

/** Of the rows `among`, else of all. Mean and median are of numbers (and dates); of texts and categories it is always the most frequent value, of several the first. */
function typical(column: Column, how: Filler, among?: Uint32Array): number | string | null {
  if (column.type === 'text' || column.type === 'categorical') {
    const counts = new Map<string, number>();
    const rows = among?.length ?? (column.type === 'text' ? column.texts.length : column.codes.length);
    for (let index = 0; index < rows; index++) {
      const row = among === undefined ? index : among[index]!;
      if (isMissing(column, row)) continue;
      const text = column.type === 'text' ? column.texts[row]! : column.dictionary[column.codes[row]!]!;
      counts.set(text, (counts.get(text) ?? 0) + 1);
    }
    return mostFrequent(counts);
  }
  const values = presentNumbers(column.numbers, among);
  if (values.length === 0) return null;
  if (how === 'mean') return moments(values).mean;
  if (how === 'median') return quantile(values.sort(), 0.5);
  const counts = new Map<number, number>();
  // Of values that are equally frequent the smallest, as pandas has it.
  for (const value of values.sort()) counts.set(value, (counts.get(value) ?? 0) + 1);
  return mostFrequent(counts);
}

function presentNumbers(numbers: Float64Array, among?: Uint32Array): Float64Array {
  const rows = among?.length ?? numbers.length;
  const found = new Float64Array(rows);
  let count = 0;
  for (let index = 0; index < rows; index++) {
    const value = numbers[among === undefined ? index : among[index]!]!;
    if (!Number.isNaN(value)) found[count++] = value;
  }
  return found.subarray(0, count);
}

function mostFrequent<T>(counts: ReadonlyMap<T, number>): T | null {
  let best: { value: T; count: number } | null = null;
  for (const [value, count] of counts) if (best === null || count > best.count) best = { value, count };
  return best?.value ?? null;
}

function filled(column: Column, filler: (row: number) => number | string | null): Column {
  if (column.type === 'text') return { ...column, texts: column.texts.map((text, row) => text ?? (filler(row) as string | null)) };
  if (column.type === 'categorical') {
    let grown = column;
    const known = new Map<string, number>();
    const codes = column.codes.map((code, row) => {
      const text = code === MISSING_CODE ? (filler(row) as string | null) : null;
      if (text === null) return code;
      const before = known.get(text);
      if (before !== undefined) return before;
      const entry = withEntry(grown, text);
      grown = { ...grown, dictionary: entry.dictionary };
      known.set(text, entry.code);
      return entry.code;
    });
    return { ...grown, codes };
  }
  const numbers = column.numbers.map((value, row) => (Number.isNaN(value) ? ((filler(row) as number | null) ?? value) : value));
  const broken = isNumber(column) && !numbers.every((value) => Number.isNaN(value) || Number.isInteger(value));
  return { ...column, type: broken ? 'real' : column.type, numbers };
}
