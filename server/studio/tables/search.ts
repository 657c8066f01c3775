/** Finds rows of a table by what stands in them. Read group by group, so that the daemon answers others in between; the last searches are kept. */
import type { RowQuery } from '../../http/table-schemas.ts';
import { MISSING_CODE, type StoredColumn, type TableSet, type Values } from '../../store/tables.ts';
import { dateText, numberOf } from '../../tables/cells.ts';

/** Searches that are kept, and the rows that they may have found together: of a large table fewer are kept. */
const KEPT = 8;
const KEPT_ROWS = 8_000_000;
/** Rows of a column that are looked at in one go: about a millisecond. */
const PIECE = 8192;

type Query = Pick<RowQuery, 'search' | 'column' | 'missing'>;
type Test = (values: Values, at: number) => boolean;

export class RowSearch {
  readonly #found = new Map<string, Promise<Uint32Array>>();

  /** Numbers of the rows, ascending; null: all of them. */
  find(dir: string, set: TableSet, { search, column, missing }: Query): Promise<Uint32Array | null> {
    const text = search?.trim().toLowerCase() ?? '';
    if (text === '' && missing !== true) return Promise.resolve(null);
    const key = JSON.stringify([dir, text, column ?? null, missing === true]);
    const finding = this.#found.get(key) ?? look(set, text, column, missing === true);
    this.#found.delete(key);
    this.#found.set(key, finding);
    finding.catch(() => this.#found.delete(key));
    for (const other of this.#found.keys()) {
      if (this.#found.size <= Math.max(1, Math.min(KEPT, Math.floor(KEPT_ROWS / set.rows)))) break;
      this.#found.delete(other);
    }
    return finding;
  }

  drop(dir: string): void {
    for (const key of this.#found.keys()) if ((JSON.parse(key) as string[])[0] === dir) this.#found.delete(key);
  }
}

async function look(set: TableSet, text: string, only: number | undefined, missing: boolean): Promise<Uint32Array> {
  const columns = set.schema.columns.map((column, index) => ({ column, index })).filter(({ index }) => only === undefined || index === only);
  const tests: { index: number; has: Test }[] = [];
  for (const { column, index } of columns) {
    if (missing && column.missing === 0) continue;
    const has = missing ? isMissing : await testOf(column, text, await set.dictionary(index));
    if (has !== null) tests.push({ index, has });
  }
  const hits = new Uint8Array(set.rows);
  for (let from = 0; from < set.rows; from += PIECE) {
    const to = Math.min(set.rows, from + PIECE);
    for (const { index, has } of tests) {
      const values = await set.values(index, from, to);
      for (let i = from; i < to; i++) if (hits[i] === 0 && has(values, i - from)) hits[i] = 1;
    }
  }
  let count = 0;
  for (const hit of hits) count += hit;
  const found = new Uint32Array(count);
  for (let i = 0, at = 0; i < hits.length; i++) if (hits[i] === 1) found[at++] = i;
  return found;
}

function isMissing(values: Values, at: number): boolean {
  if (values.type === 'text') return values.texts[at] === null;
  if (values.type === 'categorical') return values.codes[at] === MISSING_CODE;
  return Number.isNaN(values.numbers[at]);
}

/** Texts and dates have it somewhere within, numbers are it. null: no value of the column can. */
async function testOf({ type }: StoredColumn, text: string, dictionary: readonly string[]): Promise<Test | null> {
  if (type === 'text') return (values, at) => values.type === 'text' && values.texts[at]?.toLowerCase().includes(text) === true;
  if (type === 'categorical') {
    const codes = new Set(dictionary.flatMap((word, code) => (word.toLowerCase().includes(text) ? [code] : [])));
    return codes.size === 0 ? null : (values, at) => values.type === 'categorical' && codes.has(values.codes[at]!);
  }
  if (type === 'date') {
    if (!/^[\d :.-]+$/.test(text)) return null;
    return (values, at) => values.type === 'date' && !Number.isNaN(values.numbers[at]) && dateText(values.numbers[at]!).includes(text);
  }
  const number = numberOf(text, '.');
  return number === undefined ? null : (values, at) => (values.type === 'integer' || values.type === 'real') && values.numbers[at] === number;
}
