/**
 * A picture set: the immutable form in which pictures lie on the disk, made for 100,000 of them.
 *
 *     DIR/pictures.pack   the encoded pictures one after another (JPEG, PNG or WebP, upright, long side within the limit)
 *     DIR/thumbs.pack     small versions of those that are larger than a thumbnail
 *     DIR/items.jsonl     one PictureItem a line, in order of n
 *     DIR/labels/R/       its labels, revision R (see label-set.ts)
 *
 * One file instead of 100,000 means one fsync, one delete and sequential reading. A set is written into a new folder, made durable, and then taken
 * over with a rename; it never changes afterwards.
 */
import { createHash } from 'node:crypto';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from './durable.ts';

export const THUMBNAIL_SIDE = 256;

export interface PictureItem {
  n: number;
  /** As the user named it (path within the archive); shown, never used as a path. */
  name: string;
  width: number;
  height: number;
  /** Where the encoded picture lies in pictures.pack. */
  offset: number;
  bytes: number;
  mime: 'image/jpeg' | 'image/png' | 'image/webp';
  /** Where its thumbnail (WebP) lies in thumbs.pack; null: the picture itself is small enough. */
  thumb: { offset: number; bytes: number } | null;
  /** Of the encoded picture. */
  sha256: string;
}

/** Reads a picture set. Open files are held until close(). */
export class PictureSet {
  readonly items: readonly PictureItem[];
  readonly #pictures: FileHandle;
  readonly #thumbs: FileHandle;

  private constructor(items: PictureItem[], pictures: FileHandle, thumbs: FileHandle) {
    this.items = items;
    this.#pictures = pictures;
    this.#thumbs = thumbs;
  }

  /** Throws where the folder is no picture set. Parsing gives way to the event loop every few thousand lines, so the daemon may call it. */
  static async open(dir: string): Promise<PictureSet> {
    const lines = (await readFile(join(dir, 'items.jsonl'), 'utf8')).split('\n');
    const items: PictureItem[] = [];
    for (const [i, line] of lines.entries()) {
      if (line !== '') items.push(JSON.parse(line) as PictureItem);
      if (i % 4096 === 4095) await new Promise((resolve) => setImmediate(resolve));
    }
    const pictures = await open(join(dir, 'pictures.pack'), 'r');
    try {
      return new PictureSet(items, pictures, await open(join(dir, 'thumbs.pack'), 'r'));
    } catch (error) {
      await pictures.close();
      throw error;
    }
  }

  /** The encoded picture n. */
  async picture(n: number): Promise<{ data: Buffer; mime: PictureItem['mime'] }> {
    const item = this.#item(n);
    return { data: await readAt(this.#pictures, item.offset, item.bytes), mime: item.mime };
  }

  /** A small version of picture n: long side at most THUMBNAIL_SIDE. */
  async thumbnail(n: number): Promise<{ data: Buffer; mime: PictureItem['mime'] }> {
    const { thumb } = this.#item(n);
    return thumb === null ? this.picture(n) : { data: await readAt(this.#thumbs, thumb.offset, thumb.bytes), mime: 'image/webp' };
  }

  async close(): Promise<void> {
    await Promise.all([this.#pictures.close(), this.#thumbs.close()]);
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

/** Writes a picture set into an empty folder. */
export class PictureSetWriter {
  readonly #items: PictureItem[] = [];
  #pictureOffset = 0;
  #thumbOffset = 0;
  readonly #dir: string;
  readonly #pictures: FileHandle;
  readonly #thumbs: FileHandle;

  private constructor(dir: string, pictures: FileHandle, thumbs: FileHandle) {
    this.#dir = dir;
    this.#pictures = pictures;
    this.#thumbs = thumbs;
  }

  static async create(dir: string): Promise<PictureSetWriter> {
    const pictures = await open(join(dir, 'pictures.pack'), 'wx');
    try {
      return new PictureSetWriter(dir, pictures, await open(join(dir, 'thumbs.pack'), 'wx'));
    } catch (error) {
      await pictures.close();
      throw error;
    }
  }

  get count(): number {
    return this.#items.length;
  }

  get sizeBytes(): number {
    return this.#pictureOffset + this.#thumbOffset;
  }

  /** Adds the next picture; calls must not overlap. */
  async add(picture: Pick<PictureItem, 'name' | 'width' | 'height' | 'mime'>, encoded: Buffer, thumb: Buffer | null): Promise<PictureItem> {
    const item: PictureItem = {
      n: this.#items.length,
      name: picture.name,
      width: picture.width,
      height: picture.height,
      offset: this.#pictureOffset,
      bytes: encoded.length,
      mime: picture.mime,
      thumb: thumb === null ? null : { offset: this.#thumbOffset, bytes: thumb.length },
      sha256: createHash('sha256').update(encoded).digest('hex'),
    };
    await this.#pictures.appendFile(encoded);
    if (thumb !== null) await this.#thumbs.appendFile(thumb);
    this.#items.push(item);
    this.#pictureOffset += encoded.length;
    this.#thumbOffset += thumb?.length ?? 0;
    return item;
  }

  /** Makes everything durable. */
  async finish(): Promise<void> {
    const index = await open(join(this.#dir, 'items.jsonl'), 'wx');
    for (let from = 0; from < this.#items.length; from += 4096) {
      const lines = this.#items.slice(from, from + 4096).map((item) => `${JSON.stringify(item)}\n`);
      await index.appendFile(lines.join(''));
    }
    for (const file of [this.#pictures, this.#thumbs, index]) {
      await file.sync();
      await file.close();
    }
    await syncFolder(this.#dir);
  }

  /** Gives up; the caller removes the folder. */
  async abandon(): Promise<void> {
    await Promise.allSettled([this.#pictures.close(), this.#thumbs.close()]);
  }
}
