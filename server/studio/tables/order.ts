/**
 * Rows of a table sorted by a column. The order is reckoned by the preview process when it is first asked for and kept beside the table set,
 * `order/COLUMN.u32`: row numbers, 32 bits each, little-endian, ascending, missing values last. A page is a read of a few hundred bytes of it.
 */
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { StudioError } from '../../errors.ts';
import type { RowQuery } from '../../http/table-schemas.ts';
import type { PreviewProcess } from '../../queue/preview-process.ts';
import { writeDurably } from '../../store/durable.ts';
import type { TableSet } from '../../store/tables.ts';

const WIDTH = 4;
/** Row numbers that are looked at in one go. */
const PIECE = 65_536;

/** Row numbers at the places from..to of the ascending order. */
type Read = (from: number, to: number) => Promise<Uint32Array>;

export class RowOrder {
  readonly #previews: PreviewProcess;
  readonly #making = new Map<string, Promise<Uint32Array>>();

  constructor(previews: PreviewProcess) {
    this.#previews = previews;
  }

  /**
   * Numbers of the rows of a page, sorted by the column `sort`; of those in `found` (ascending) alone, where it is not null. Missing values stand last in both
   * directions. Throws invalid_input, table_sort_too_long, preview_failed.
   */
  async page(dir: string, set: TableSet, { sort, order, offset, limit }: RowQuery & { sort: number }, found: Uint32Array | null): Promise<number[]> {
    const column = set.schema.columns[sort];
    if (column === undefined) throw new StudioError('invalid_input', { field: 'sort' });
    const { read, close } = await this.#opened(dir, set, sort);
    try {
      const directed = order === 'desc' ? descending(read, set.rows - column.missing) : read;
      if (found === null) return [...(await directed(Math.min(offset, set.rows), Math.min(offset + limit, set.rows)))];
      const hits = new Uint8Array(set.rows);
      for (const row of found) hits[row] = 1;
      const page: number[] = [];
      let passed = 0;
      for (let from = 0; from < set.rows && page.length < limit; from += PIECE) {
        for (const row of await directed(from, Math.min(set.rows, from + PIECE))) {
          if (hits[row] === 0 || page.length === limit) continue;
          if (passed < offset) passed += 1;
          else page.push(row);
        }
      }
      return page;
    } finally {
      await close();
    }
  }

  async #opened(dir: string, set: TableSet, column: number): Promise<{ read: Read; close(): Promise<void> }> {
    const file = join(dir, 'order', `${column}.u32`);
    const handle = await open(file, 'r').catch(() => null);
    if (handle !== null) return { read: (from, to) => readFrom(handle, from, to), close: () => handle.close() };
    const making = this.#making.get(file) ?? this.#make(file, dir, column, set.rows);
    this.#making.set(file, making);
    try {
      const all = await making;
      return { read: async (from, to) => all.slice(from, to), close: async () => {} };
    } finally {
      this.#making.delete(file);
    }
  }

  async #make(file: string, table: string, column: number, rows: number): Promise<Uint32Array> {
    const all = await this.#previews.ask('order', { table, column });
    if (all.length !== rows) throw new StudioError('preview_failed', {}, `${all.length} of ${rows} rows`);
    try {
      await mkdir(join(table, 'order'), { recursive: true });
      await writeDurably(file, new Uint8Array(all.buffer, all.byteOffset, all.byteLength));
    } catch {
      // The disk is full, or the dataset is being deleted: it is made again next time.
    }
    return all;
  }
}

async function readFrom(handle: FileHandle, from: number, to: number): Promise<Uint32Array> {
  const bytes = Buffer.allocUnsafeSlow((to - from) * WIDTH);
  const { bytesRead } = await handle.read(bytes, 0, bytes.length, from * WIDTH);
  if (bytesRead !== bytes.length) throw new Error(`the order of the rows ends at ${from * WIDTH + bytesRead}`);
  return new Uint32Array(bytes.buffer, bytes.byteOffset, to - from);
}

/** The same from its end; `present`: from there on the values are missing, and stay behind. */
function descending(read: Read, present: number): Read {
  return async (from, to) => {
    if (from >= present) return read(from, to);
    const middle = Math.min(to, present);
    const turned = (await read(present - middle, present - from)).reverse();
    if (middle === to) return turned;
    return Uint32Array.from([...turned, ...(await read(present, to))]);
  };
}
