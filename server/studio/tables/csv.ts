/** A table set as CSV, piece by piece: the daemon answers others in between, and a slow reader slows it down. */
import { Readable } from 'node:stream';
import { TableSet } from '../../store/tables.ts';
import type { Column } from '../../tables/preprocess/frame.ts';
import { csvLines, headerLine, MARK } from '../../tables/writing.ts';

/** Cells in a piece: some ten milliseconds. */
const PIECE = 40_000;

/** Opened for this download alone: those that are looked at may be closed while it goes on. */
export async function csvOf(dir: string): Promise<Readable> {
  const set = await TableSet.open(dir);
  return Readable.from(pieces(set), { objectMode: false });
}

async function* pieces(set: TableSet): AsyncGenerator<Buffer> {
  try {
    const { columns } = set.schema;
    yield Buffer.from(MARK + headerLine(columns.map(({ name }) => name)));
    const step = Math.max(1, Math.floor(PIECE / columns.length));
    for (let from = 0; from < set.rows; from += step) {
      const to = Math.min(set.rows, from + step);
      const part: Column[] = [];
      for (const [index, { name }] of columns.entries())
        part.push({ name, ...(await set.values(index, from, to)), dictionary: await set.dictionary(index) } as Column);
      yield Buffer.from(csvLines(part, to - from));
      await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    await set.close();
  }
}
