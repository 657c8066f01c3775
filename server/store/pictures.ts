/**
 * A picture set: the immutable form in which pictures lie on the disk, made for 100,000 of them.
 *
 *     DIR/pictures.pack   the encoded pictures one after another (JPEG, PNG or WebP, upright, long side within the limit)
 *     DIR/items.jsonl     one PictureItem a line, in order of n
 *     DIR/labels/R/       its labels, revision R (see label-set.ts)
 *     DIR/excluded.json   numbers of pictures that somebody has taken out while labelling; missing where there are none
 *
 * One file instead of 100,000 means one fsync, one delete and sequential reading. A set is written into a new folder, made durable, and then taken
 * over with a rename; it never changes afterwards.
 */
import { createHash } from 'node:crypto';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DamagedFileError, removeDurably, syncFolder, writeDurably } from './durable.ts';
import { jsonLines } from './json-lines.ts';

/** Long side of a thumbnail, pixels; a picture that is no larger is its own. */
export const THUMBNAIL_SIDE = 256;

/** The file in which the encoded pictures of a set lie. */
export const packOf = (dir: string) => join(dir, 'pictures.pack');

const EXCLUDED = 'excluded.json';

export interface PictureItem {
  n: number;
  /** As the user named it (path within the archive); shown, never used as a path. */
  name: string;
  width: number;
  height: number;
  /** Upright size of the uploaded file, where the picture was made smaller. */
  original?: { width: number; height: number };
  /** Where the encoded picture lies in pictures.pack. */
  offset: number;
  bytes: number;
  mime: 'image/jpeg' | 'image/png' | 'image/webp';
  /** Of the encoded picture. */
  sha256: string;
  /** Copies and tiles of one picture have the same number here, so that a split keeps them together; absent where each picture is alone. */
  origin?: number;
}

/** Reads a picture set. The pack is held open until close(). */
export class PictureSet {
  /** All, by n. */
  readonly items: readonly PictureItem[];
  /** Those that were not taken out of the set: what is shown, counted and learned from. */
  readonly kept: readonly PictureItem[];
  readonly #pack: FileHandle;

  private constructor(items: PictureItem[], excluded: ReadonlySet<number>, pack: FileHandle) {
    this.items = items;
    this.kept = excluded.size === 0 ? items : items.filter(({ n }) => !excluded.has(n));
    this.#pack = pack;
  }

  /** Throws where the folder is no picture set or has lost something. The event loop turns meanwhile, so the daemon may call it. */
  static async open(dir: string): Promise<PictureSet> {
    const index = join(dir, 'items.jsonl');
    const items: PictureItem[] = [];
    let end = 0;
    for await (const slice of jsonLines<PictureItem>(index)) {
      for (const item of slice) {
        if (item.n !== items.length || item.offset !== end) throw new DamagedFileError(index, `picture ${items.length} is not where it should be`);
        end += item.bytes;
        items.push(item);
      }
    }
    const excluded = new Set(await excludedFrom(dir));
    const pack = await open(packOf(dir), 'r');
    try {
      const { size } = await pack.stat();
      // Of a list that has lost its end, too.
      if (size !== end) throw new DamagedFileError(size < end ? packOf(dir) : index, `${size} bytes of pictures, ${end} in the list`);
      return new PictureSet(items, excluded, pack);
    } catch (error) {
      await pack.close();
      throw error;
    }
  }

  /** The encoded picture n. */
  async picture(n: number): Promise<{ data: Buffer; mime: PictureItem['mime'] }> {
    const item = this.#item(n);
    return { data: await readAt(this.#pack, item.offset, item.bytes), mime: item.mime };
  }

  async close(): Promise<void> {
    await this.#pack.close();
  }

  #item(n: number): PictureItem {
    const item = this.items[n];
    if (item === undefined) throw new RangeError(`no picture ${n} in a set of ${this.items.length}`);
    return item;
  }
}

async function readAt(file: FileHandle, offset: number, bytes: number): Promise<Buffer> {
  const data = Buffer.allocUnsafe(bytes);
  const { bytesRead } = await file.read(data, 0, bytes, offset);
  if (bytesRead !== bytes) throw new Error(`the pack ends at ${offset + bytesRead}, ${offset + bytes} expected`);
  return data;
}

/** Numbers of the pictures that somebody has taken out of a set while labelling it. */
async function excludedFrom(dir: string): Promise<number[]> {
  try {
    return JSON.parse(await readFile(join(dir, EXCLUDED), 'utf8')) as number[];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Takes these pictures, and no others, out of a set: their numbers stay, so that what refers to the others is right as it is. Open sets do not hear of it. */
export async function excludePictures(dir: string, numbers: readonly number[]): Promise<void> {
  // Taking it back must be possible on a full disk, too.
  if (numbers.length === 0) await removeDurably(join(dir, EXCLUDED));
  else await writeDurably(join(dir, EXCLUDED), `${JSON.stringify(numbers)}\n`);
}

/** Bytes that are gathered for one write: a call for each small picture would wait behind the decoders for its thread. */
const GATHERED = 2 ** 20;

/** Writes a picture set into an empty folder. */
export class PictureSetWriter {
  readonly #items: PictureItem[] = [];
  readonly #dir: string;
  readonly #pack: FileHandle;
  #bytes = 0;
  #gathered: Buffer[] = [];
  #gatheredBytes = 0;

  private constructor(dir: string, pack: FileHandle) {
    this.#dir = dir;
    this.#pack = pack;
  }

  static async create(dir: string): Promise<PictureSetWriter> {
    return new PictureSetWriter(dir, await open(packOf(dir), 'wx'));
  }

  get count(): number {
    return this.#items.length;
  }

  get sizeBytes(): number {
    return this.#bytes;
  }

  /** Adds the next picture; calls must not overlap. */
  async add(picture: Pick<PictureItem, 'name' | 'width' | 'height' | 'original' | 'mime' | 'origin'>, encoded: Buffer): Promise<PictureItem> {
    const item: PictureItem = {
      n: this.#items.length,
      name: picture.name,
      width: picture.width,
      height: picture.height,
      ...(picture.original === undefined ? {} : { original: picture.original }),
      offset: this.#bytes,
      bytes: encoded.length,
      mime: picture.mime,
      sha256: createHash('sha256').update(encoded).digest('hex'),
      ...(picture.origin === undefined ? {} : { origin: picture.origin }),
    };
    this.#items.push(item);
    this.#bytes += encoded.length;
    this.#gathered.push(encoded);
    this.#gatheredBytes += encoded.length;
    if (this.#gatheredBytes >= GATHERED) await this.#write();
    return item;
  }

  async #write(): Promise<void> {
    const bytes = Buffer.concat(this.#gathered);
    this.#gathered = [];
    this.#gatheredBytes = 0;
    await this.#pack.appendFile(bytes);
  }

  /** Makes everything durable. */
  async finish(): Promise<void> {
    await this.#write();
    const index = await open(join(this.#dir, 'items.jsonl'), 'wx');
    for (let from = 0; from < this.#items.length; from += 4096) {
      const lines = this.#items.slice(from, from + 4096).map((item) => `${JSON.stringify(item)}\n`);
      await index.appendFile(lines.join(''));
    }
    for (const file of [this.#pack, index]) {
      await file.sync();
      await file.close();
    }
    await syncFolder(this.#dir);
  }

  /** Gives up; the caller removes the folder. */
  async abandon(): Promise<void> {
    await this.#pack.close().catch(() => {});
  }
}
