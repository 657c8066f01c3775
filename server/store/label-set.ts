/**
 * A label set: one revision of the labels of a picture set, immutable like it. Pictures and labels lie apart, because labels change and pictures do not.
 *
 *     DIR/classes.json    LabelSetHead and LabelSetSummary: the problem, the classes, and what formats need to be written back without loss
 *     DIR/labels.jsonl    one LabelLine a labelled picture, in ascending n
 *     DIR/index.jsonl     of all problems but classification: [n, offset, bytes, class, shapes of it, class, shapes of it, …] a line of labels.jsonl,
 *                         so that opening need not read the shapes of 100,000 pictures
 *
 * By convention DIR is PICTURES/labels/R, R = 1, 2, … (see labelFolder). A revision that was used by a training is never changed or taken away.
 */
import { type FileHandle, mkdir, open, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ModelKind } from '../http/schemas.ts';
import type { ClassInfo, FormatName, JsonObject, Shape } from '../labels/annotation.ts';
import { type Form, Forms } from '../labels/forms.ts';
import { DamagedFileError, syncFolder, writeDurably } from './durable.ts';
import { jsonLines } from './json-lines.ts';

type Extra = { [format in FormatName]?: JsonObject };

export interface LabelSetHead {
  problem: ModelKind;
  classes: ClassInfo[];
  /** What pixels without any label are called in masks; not one of the classes. */
  background?: ClassInfo;
  /** Fields of a format that belong to no picture: COCO's info and licenses. */
  extra?: Extra;
}

/** What the writer has seen, for those who write the labels in other formats. */
export interface LabelSetSummary {
  forms: Form[];
  /** Shapes beyond the first of their class in their picture: where pixels have classes only, they melt into one. */
  melting: number;
  /** Labelled pictures; unknown where an older version has written it. */
  labelled?: number;
}

/** What is known of one labelled picture: its class, or its shapes (none: labelled "nothing here") in pixels of the kept picture. */
export type PictureLabel = { label: number } | { shapes: Shape[]; extra?: Extra };

type LabelLine = { n: number } & PictureLabel;

/** How often a class occurs. `shapes` is absent in a classification. */
export interface ClassCount {
  name: string;
  colour?: [number, number, number];
  /** Pictures. */
  count: number;
  shapes?: number;
}

/** Where a revision of a picture set's labels lies. */
export function labelFolder(pictures: string, revision: number): string {
  return join(pictures, 'labels', String(revision));
}

/** Reads a label set. The file is held open until close(). */
export class LabelSet {
  readonly head: Readonly<LabelSetHead & LabelSetSummary>;
  /** How many pictures have a label. */
  readonly labelled: number;
  readonly #file: FileHandle;
  readonly #rows: Rows;

  private constructor(head: LabelSetHead & LabelSetSummary, file: FileHandle, rows: Rows) {
    this.head = head;
    this.labelled = rows.count;
    this.#file = file;
    this.#rows = rows;
  }

  /** Throws where the folder is no label set or has lost something. The event loop turns meanwhile, so the daemon may call it. */
  static async open(dir: string): Promise<LabelSet> {
    const head = await readHead(join(dir, 'classes.json'));
    const lines = join(dir, 'labels.jsonl');
    const index = join(dir, 'index.jsonl');
    const rows = new Rows();
    let end = 0;
    if (head.problem === 'classification') {
      for await (const slice of jsonLines<{ n: number; label: number }>(lines)) for (const { n, label } of slice) rows.add(n, 0, 0, [label, 1]);
    } else {
      for await (const slice of jsonLines<[number, number, number, ...number[]]>(index)) {
        for (const [n, offset, bytes, ...pairs] of slice) {
          rows.add(n, offset, bytes, pairs);
          end = offset + bytes + 1;
        }
      }
    }
    const file = await open(lines, 'r');
    try {
      const { size } = await file.stat();
      if (head.problem !== 'classification' && size !== end)
        throw new DamagedFileError(size < end ? lines : index, `${size} bytes of labels, ${end} in the list`);
      if (head.labelled !== undefined && rows.count !== head.labelled) {
        throw new DamagedFileError(head.problem === 'classification' ? lines : index, `${rows.count} labelled pictures, ${head.labelled} were written`);
      }
      return new LabelSet(head, file, rows);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  get classes(): readonly ClassInfo[] {
    return this.head.classes;
  }

  /** Is picture n labelled? */
  has(n: number): boolean {
    return this.#rows.of(n) >= 0;
  }

  /** The class of picture n; null without a label, and where the problem is not classification. */
  labelOf(n: number): number | null {
    return this.head.problem === 'classification' ? (this.countsOf(n)[0]?.label ?? null) : null;
  }

  /** Which classes picture n has, and how many shapes of each. */
  countsOf(n: number): { label: number; shapes: number }[] {
    return this.#rows.countsOf(n);
  }

  hasClass(n: number, label: number): boolean {
    return this.#rows.hasClass(n, label);
  }

  /** The shapes of picture n; null where it is not labelled, and in a classification. */
  async shapes(n: number): Promise<Shape[] | null> {
    return (await this.picture(n))?.shapes ?? null;
  }

  /** The shapes of picture n with what its format knew of the picture; null where it is not labelled, and in a classification. */
  async picture(n: number): Promise<{ shapes: Shape[]; extra?: Extra } | null> {
    const place = this.head.problem === 'classification' ? undefined : this.#rows.placeOf(n);
    if (place === undefined) return null;
    const line = Buffer.allocUnsafe(place.bytes);
    const { bytesRead } = await this.#file.read(line, 0, place.bytes, place.offset);
    if (bytesRead !== place.bytes) throw new Error(`labels.jsonl ends at ${place.offset + bytesRead}, ${place.offset + place.bytes} expected`);
    const { n: _, ...picture } = JSON.parse(line.toString('utf8')) as { n: number; shapes: Shape[]; extra?: Extra };
    return picture;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

async function readHead(file: string): Promise<LabelSetHead & LabelSetSummary> {
  const text = await readFile(file, 'utf8');
  try {
    return JSON.parse(text) as LabelSetHead & LabelSetSummary;
  } catch (error) {
    throw new DamagedFileError(file, (error as Error).message);
  }
}

/** Numbers of many pictures without an object for each. */
class Rows {
  count = 0;
  /** Row by n; -1: none. */
  #row = new Int32Array(1024).fill(-1);
  #offset = new Float64Array(1024);
  #bytes = new Uint32Array(1024);
  /** Where a row's pairs begin; they end where the next one's begin. */
  #start = new Uint32Array(1025);
  #pairs = new Uint32Array(2048);

  add(n: number, offset: number, bytes: number, pairs: readonly number[]): void {
    const row = this.count++;
    const from = this.#start[row]!;
    if (n >= this.#row.length) this.#row = longer(this.#row, n + 1, -1);
    if (row >= this.#offset.length) {
      this.#offset = longer(this.#offset, row + 1);
      this.#bytes = longer(this.#bytes, row + 1);
    }
    if (row + 1 >= this.#start.length) this.#start = longer(this.#start, row + 2);
    if (from + pairs.length > this.#pairs.length) this.#pairs = longer(this.#pairs, from + pairs.length);
    this.#row[n] = row;
    this.#offset[row] = offset;
    this.#bytes[row] = bytes;
    this.#pairs.set(pairs, from);
    this.#start[row + 1] = from + pairs.length;
  }

  of(n: number): number {
    return this.#row[n] ?? -1;
  }

  placeOf(n: number): { offset: number; bytes: number } | undefined {
    const row = this.of(n);
    return row < 0 ? undefined : { offset: this.#offset[row]!, bytes: this.#bytes[row]! };
  }

  countsOf(n: number): { label: number; shapes: number }[] {
    const row = this.of(n);
    const found: { label: number; shapes: number }[] = [];
    if (row >= 0) for (let at = this.#start[row]!; at < this.#start[row + 1]!; at += 2) found.push({ label: this.#pairs[at]!, shapes: this.#pairs[at + 1]! });
    return found;
  }

  hasClass(n: number, label: number): boolean {
    const row = this.of(n);
    if (row >= 0) for (let at = this.#start[row]!; at < this.#start[row + 1]!; at += 2) if (this.#pairs[at] === label) return true;
    return false;
  }
}

function longer<T extends Int32Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Float64Array<ArrayBuffer>>(array: T, least: number, filling = 0): T {
  const grown = new (array.constructor as new (length: number) => T)(Math.max(least, array.length * 2));
  grown.set(array);
  if (filling !== 0) grown.fill(filling, array.length);
  return grown;
}

/** Text that is appended in large pieces. */
class Lines {
  readonly #file: FileHandle;
  #text: string[] = [];
  #waiting = 0;
  bytes = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  async add(line: string): Promise<void> {
    const bytes = Buffer.byteLength(line) + 1;
    this.#text.push(line, '\n');
    this.#waiting += bytes;
    this.bytes += bytes;
    if (this.#waiting > 2 ** 20) await this.flush();
  }

  async flush(): Promise<void> {
    const text = this.#text.join('');
    this.#text = [];
    this.#waiting = 0;
    if (text !== '') await this.#file.appendFile(text);
  }

  async finish(): Promise<void> {
    await this.flush();
    await this.#file.sync();
    await this.#file.close();
  }

  async abandon(): Promise<void> {
    await this.#file.close().catch(() => {});
  }
}

/** Writes a label set into a new folder. It is there when finish() has returned; until then nothing of it counts. */
export class LabelSetWriter {
  readonly #dir: string;
  readonly #head: LabelSetHead;
  readonly #lines: Lines;
  readonly #index: Lines | null;
  readonly #counts: { count: number; shapes: number }[];
  readonly #forms = new Forms();
  #last = -1;
  #labelled = 0;
  #melting = 0;

  private constructor(dir: string, head: LabelSetHead, lines: FileHandle, index: FileHandle | null) {
    this.#dir = dir;
    this.#head = head;
    this.#lines = new Lines(lines);
    this.#index = index === null ? null : new Lines(index);
    this.#counts = head.classes.map(() => ({ count: 0, shapes: 0 }));
  }

  /** Makes the folder, whose parents may be missing, too. Throws where there is a label set in it already. */
  static async create(dir: string, head: LabelSetHead): Promise<LabelSetWriter> {
    await mkdir(dir, { recursive: true });
    const lines = await open(join(dir, 'labels.jsonl'), 'wx');
    try {
      return new LabelSetWriter(dir, head, lines, head.problem === 'classification' ? null : await open(join(dir, 'index.jsonl'), 'wx'));
    } catch (error) {
      await lines.close();
      throw error;
    }
  }

  /** The labels of picture n; pictures come in ascending n, those without labels are left out. Calls must not overlap. Throws RangeError. */
  async add(n: number, picture: PictureLabel): Promise<void> {
    if (n <= this.#last) throw new RangeError(`picture ${n} comes after ${this.#last}`);
    const shapes = new Map<number, number>();
    if ('label' in picture) shapes.set(picture.label, 1);
    else for (const { label } of picture.shapes) shapes.set(label, (shapes.get(label) ?? 0) + 1);
    if ('label' in picture !== (this.#index === null)) throw new RangeError(`picture ${n} has labels of another problem than ${this.#head.problem}`);
    for (const [label, times] of shapes) {
      const counts = this.#counts[label];
      if (counts === undefined) throw new RangeError(`picture ${n} has class ${label}, there are ${this.#counts.length}`);
      counts.count += 1;
      counts.shapes += times;
      this.#melting += times - 1;
    }
    if ('shapes' in picture) for (const shape of picture.shapes) this.#forms.add(shape);
    this.#last = n;
    this.#labelled += 1;
    const line: LabelLine = { n, ...picture };
    const offset = this.#lines.bytes;
    await this.#lines.add(JSON.stringify(line));
    await this.#index?.add(JSON.stringify([n, offset, this.#lines.bytes - offset - 1, ...[...shapes].flat()]));
  }

  /** Makes everything durable. */
  async finish(): Promise<{ labelled: number; classes: ClassCount[] }> {
    await this.#lines.finish();
    await this.#index?.finish();
    const summary: LabelSetSummary = { forms: this.#forms.list(), melting: this.#melting, labelled: this.#labelled };
    await writeDurably(join(this.#dir, 'classes.json'), `${JSON.stringify({ ...this.#head, ...summary })}\n`);
    await syncFolder(dirname(this.#dir));
    await syncFolder(dirname(dirname(this.#dir)));
    const classes = this.#head.classes.map(
      ({ name, colour }, label): ClassCount => ({
        name,
        ...(colour === undefined ? {} : { colour }),
        count: this.#counts[label]!.count,
        ...(this.#index === null ? {} : { shapes: this.#counts[label]!.shapes }),
      }),
    );
    return { labelled: this.#labelled, classes };
  }

  /** Gives up; the caller removes the folder. Harmless after finish(). */
  async abandon(): Promise<void> {
    await this.#lines.abandon();
    await this.#index?.abandon();
  }
}

/** The labels of a classification, by n (null: none), as a label set. */
export async function writeClassLabels(
  dir: string,
  classes: readonly string[],
  labels: readonly (number | null)[],
): Promise<{ labelled: number; classes: ClassCount[] }> {
  const writer = await LabelSetWriter.create(dir, { problem: 'classification', classes: classes.map((name) => ({ name })) });
  try {
    for (const [n, label] of labels.entries()) if (label !== null) await writer.add(n, { label });
    return await writer.finish();
  } finally {
    await writer.abandon();
  }
}
