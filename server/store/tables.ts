/**
 * A table set: the immutable form in which tables lie on the disk, made for 1,000,000 rows of 50 columns.
 *
 *     DIR/schema.json     TableSchema
 *     DIR/values.pack     the values, in groups of `groupRows` rows; within a group one column after another
 *     DIR/texts.pack      dictionaries of categorical columns, and the values of text columns (UTF-8)
 *     DIR/*.json          what others keep with it (statistics, report); not this file's matter
 *
 * A value has a fixed width, so that a column's part of a group lies where a sum says: a page of rows and a whole column are both a few reads.
 * integer, real, date: a double, NaN is missing. categorical: a 16-bit index into the dictionary, 65535 is missing. text: offset (double) and length
 * (32 bits) in texts.pack, length 4294967295 is missing. All little-endian. Written into a new folder, made durable, taken over with a rename.
 */
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from './durable.ts';

export type StoredType = 'categorical' | 'integer' | 'real' | 'date' | 'text';
export const MISSING_CODE = 0xffff;
const MISSING_LENGTH = 0xffffffff;
const WIDTH: { [type in StoredType]: number } = { integer: 8, real: 8, date: 8, categorical: 2, text: 12 };
/** Values that a group holds in memory while it is written. */
const GROUP_VALUES = 2 ** 21;

export interface StoredColumn {
  name: string;
  type: StoredType;
  missing: number;
  /** Of a categorical column: where its dictionary (JSON, a list of strings) lies in texts.pack. */
  dictionary: { offset: number; bytes: number; size: number } | null;
}

export interface TableSchema {
  rows: number;
  groupRows: number;
  columns: StoredColumn[];
}

/** The values of one column in some rows. */
export type Values =
  | { type: 'integer' | 'real' | 'date'; numbers: Float64Array }
  | { type: 'categorical'; codes: Uint16Array }
  | { type: 'text'; texts: (string | null)[] };

/** Reads a table set. Open files are held until close(). */
export class TableSet {
  readonly schema: TableSchema;
  readonly #values: FileHandle;
  readonly #texts: FileHandle;
  readonly #rowWidth: number;
  /** Where a column begins within a row's width. */
  readonly #starts: readonly number[];
  readonly #dictionaries = new Map<number, Promise<string[]>>();

  private constructor(schema: TableSchema, values: FileHandle, texts: FileHandle) {
    this.schema = schema;
    this.#values = values;
    this.#texts = texts;
    let width = 0;
    this.#starts = schema.columns.map(({ type }) => {
      width += WIDTH[type];
      return width - WIDTH[type];
    });
    this.#rowWidth = width;
  }

  /** Throws where the folder is no table set. */
  static async open(dir: string): Promise<TableSet> {
    const schema = JSON.parse(await readFile(join(dir, 'schema.json'), 'utf8')) as TableSchema;
    const values = await open(join(dir, 'values.pack'), 'r');
    try {
      return new TableSet(schema, values, await open(join(dir, 'texts.pack'), 'r'));
    } catch (error) {
      await values.close();
      throw error;
    }
  }

  get rows(): number {
    return this.schema.rows;
  }

  /** Values of a column in the rows from..to (without `to`). */
  async values(column: number, from = 0, to = this.rows): Promise<Values> {
    const { type } = this.#column(column);
    if (from < 0 || to > this.rows || from > to) throw new RangeError(`rows ${from}..${to} of ${this.rows}`);
    const bytes = await this.#bytes(column, from, to);
    switch (type) {
      case 'categorical':
        return { type, codes: new Uint16Array(bytes.buffer, bytes.byteOffset, to - from) };
      case 'text':
        return { type, texts: await this.#textsAt(bytes, to - from) };
      default:
        return { type, numbers: new Float64Array(bytes.buffer, bytes.byteOffset, to - from) };
    }
  }

  /** The texts that the codes of a categorical column stand for; [] for the other types. */
  dictionary(column: number): Promise<string[]> {
    const { dictionary } = this.#column(column);
    if (dictionary === null) return Promise.resolve([]);
    const known = this.#dictionaries.get(column);
    if (known !== undefined) return known;
    const reading = this.#readDictionary(dictionary);
    this.#dictionaries.set(column, reading);
    reading.catch(() => this.#dictionaries.delete(column));
    return reading;
  }

  /** Of both packs. */
  async sizeBytes(): Promise<number> {
    const [values, texts] = await Promise.all([this.#values.stat(), this.#texts.stat()]);
    return values.size + texts.size;
  }

  async close(): Promise<void> {
    await Promise.all([this.#values.close(), this.#texts.close()]);
  }

  #column(index: number): StoredColumn {
    const column = this.schema.columns[index];
    if (column === undefined) throw new RangeError(`no column ${index} in a table of ${this.schema.columns.length}`);
    return column;
  }

  async #readDictionary({ offset, bytes }: NonNullable<StoredColumn['dictionary']>): Promise<string[]> {
    return JSON.parse((await readAt(this.#texts, Buffer.allocUnsafeSlow(bytes), offset)).toString('utf8')) as string[];
  }

  /** A column's bytes, gathered from the groups. The buffer is its own, so that it may be looked at as numbers. */
  async #bytes(column: number, from: number, to: number): Promise<Buffer> {
    const { groupRows, columns } = this.schema;
    const width = WIDTH[columns[column]!.type];
    const all = Buffer.allocUnsafeSlow((to - from) * width);
    for (let at = from; at < to; ) {
      const group = Math.floor(at / groupRows);
      const begin = group * groupRows;
      const inGroup = Math.min(groupRows, this.rows - begin);
      const end = Math.min(to, begin + inGroup);
      const offset = begin * this.#rowWidth + this.#starts[column]! * inGroup + (at - begin) * width;
      await readAt(this.#values, all.subarray((at - from) * width, (end - from) * width), offset);
      at = end;
    }
    return all;
  }

  async #textsAt(bytes: Buffer, rows: number): Promise<(string | null)[]> {
    const texts: (string | null)[] = new Array(rows).fill(null);
    let first = Infinity;
    let last = 0;
    for (let i = 0; i < rows; i++) {
      const length = bytes.readUInt32LE(i * 12 + 8);
      if (length === MISSING_LENGTH) continue;
      const offset = bytes.readDoubleLE(i * 12);
      first = Math.min(first, offset);
      last = Math.max(last, offset + length);
    }
    if (last === 0) {
      for (let i = 0; i < rows; i++) if (bytes.readUInt32LE(i * 12 + 8) !== MISSING_LENGTH) texts[i] = '';
      return texts;
    }
    // A column's texts lie between those of the others of its group: long stretches are read in pieces, far ones one by one.
    const together = last - first <= 2 ** 20 ? await readAt(this.#texts, Buffer.allocUnsafe(last - first), first) : null;
    for (let i = 0; i < rows; i++) {
      const length = bytes.readUInt32LE(i * 12 + 8);
      if (length === MISSING_LENGTH) continue;
      const offset = bytes.readDoubleLE(i * 12);
      const text = together?.subarray(offset - first, offset - first + length) ?? (await readAt(this.#texts, Buffer.allocUnsafe(length), offset));
      texts[i] = text.toString('utf8');
    }
    return texts;
  }
}

async function readAt(file: FileHandle, into: Buffer, offset: number): Promise<Buffer> {
  if (into.length === 0) return into;
  const { bytesRead } = await file.read(into, 0, into.length, offset);
  if (bytesRead !== into.length) throw new Error(`the table's file ends at ${offset + bytesRead}, ${offset + into.length} expected`);
  return into;
}

interface Group {
  bytes: Buffer[];
  /** Of text columns: where in `texts` a column's values begin is known only when the group is written. */
  texts: (string | null)[][];
}

/** Writes a table set into an empty folder, row by row. */
export class TableSetWriter {
  readonly #dir: string;
  readonly #values: FileHandle;
  readonly #texts: FileHandle;
  readonly #columns: readonly { name: string; type: StoredType }[];
  readonly #missing: number[];
  readonly #groupRows: number;
  #group: Group;
  #inGroup = 0;
  #rows = 0;
  #textBytes = 0;

  private constructor(dir: string, values: FileHandle, texts: FileHandle, columns: readonly { name: string; type: StoredType }[]) {
    this.#dir = dir;
    this.#values = values;
    this.#texts = texts;
    this.#columns = columns;
    this.#missing = columns.map(() => 0);
    this.#groupRows = Math.max(64, Math.min(16_384, Math.floor(GROUP_VALUES / Math.max(1, columns.length))));
    this.#group = this.#newGroup();
  }

  static async create(dir: string, columns: readonly { name: string; type: StoredType }[]): Promise<TableSetWriter> {
    const values = await open(join(dir, 'values.pack'), 'wx');
    try {
      return new TableSetWriter(dir, values, await open(join(dir, 'texts.pack'), 'wx'), columns);
    } catch (error) {
      await values.close();
      throw error;
    }
  }

  get rows(): number {
    return this.#rows + this.#inGroup;
  }

  #newGroup(): Group {
    return {
      bytes: this.#columns.map(({ type }) => Buffer.allocUnsafe(WIDTH[type] * this.#groupRows)),
      texts: this.#columns.map(() => []),
    };
  }

  // The next row is set value by value, then ended with endRow().

  /** integer, real, date; NaN is missing. */
  setNumber(column: number, value: number): void {
    if (Number.isNaN(value)) this.#missing[column]! += 1;
    this.#group.bytes[column]!.writeDoubleLE(value, this.#inGroup * 8);
  }

  /** categorical; MISSING_CODE is missing. */
  setCode(column: number, code: number): void {
    if (code === MISSING_CODE) this.#missing[column]! += 1;
    this.#group.bytes[column]!.writeUInt16LE(code, this.#inGroup * 2);
  }

  setText(column: number, text: string | null): void {
    if (text === null) this.#missing[column]! += 1;
    this.#group.texts[column]!.push(text);
  }

  /** true: the group is full, flush() has to be awaited before the next row. */
  endRow(): boolean {
    this.#inGroup += 1;
    return this.#inGroup === this.#groupRows;
  }

  async flush(): Promise<void> {
    const rows = this.#inGroup;
    if (rows === 0) return;
    const parts: Buffer[] = [];
    for (const [index, { type }] of this.#columns.entries()) {
      if (type === 'text') await this.#writeTexts(index);
      parts.push(this.#group.bytes[index]!.subarray(0, rows * WIDTH[type]));
    }
    await this.#values.appendFile(Buffer.concat(parts));
    this.#rows += rows;
    this.#inGroup = 0;
    for (const list of this.#group.texts) list.length = 0;
  }

  async #writeTexts(column: number): Promise<void> {
    const places = this.#group.bytes[column]!;
    const pieces: Buffer[] = [];
    for (const [row, text] of this.#group.texts[column]!.entries()) {
      const piece = text === null ? null : Buffer.from(text, 'utf8');
      places.writeDoubleLE(this.#textBytes, row * 12);
      places.writeUInt32LE(piece?.length ?? MISSING_LENGTH, row * 12 + 8);
      if (piece === null) continue;
      pieces.push(piece);
      this.#textBytes += piece.length;
    }
    await this.#texts.appendFile(Buffer.concat(pieces));
  }

  /**
   * Writes what is left and the dictionaries (by column; null for the other types), and makes everything durable. `types`: those that the values have
   * turned out to be; they must be of the width that was written (integer, real and date).
   */
  async finish(dictionaries: readonly (readonly string[] | null)[], types?: readonly StoredType[]): Promise<TableSchema> {
    await this.flush();
    const columns: StoredColumn[] = [];
    for (const [index, { name, type: written }] of this.#columns.entries()) {
      const type = types?.[index] ?? written;
      if (WIDTH[type] !== WIDTH[written]) throw new RangeError(`column ${index} was written as ${written}, it cannot be ${type}`);
      let dictionary: StoredColumn['dictionary'] = null;
      if (type === 'categorical') {
        const texts = dictionaries[index] ?? [];
        const bytes = Buffer.from(JSON.stringify(texts), 'utf8');
        await this.#texts.appendFile(bytes);
        dictionary = { offset: this.#textBytes, bytes: bytes.length, size: texts.length };
        this.#textBytes += bytes.length;
      }
      columns.push({ name, type, missing: this.#missing[index]!, dictionary });
    }
    const schema: TableSchema = { rows: this.#rows, groupRows: this.#groupRows, columns };
    const file = await open(join(this.#dir, 'schema.json'), 'wx');
    await file.appendFile(`${JSON.stringify(schema)}\n`);
    for (const one of [this.#values, this.#texts, file]) {
      await one.sync();
      await one.close();
    }
    await syncFolder(this.#dir);
    return schema;
  }

  /** Gives up; the caller removes the folder. */
  async abandon(): Promise<void> {
    await Promise.allSettled([this.#values.close(), this.#texts.close()]);
  }
}
