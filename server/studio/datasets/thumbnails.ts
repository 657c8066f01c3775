/**
 * Small versions of pictures, made when they are first looked at and kept beside the picture set. They can be made again at any time, so they are
 * not made durable; one that a power cut has spoilt is told by its length.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { PreviewProcess } from '../../queue/preview-process.ts';
import { type PictureItem, packOf, THUMBNAIL_SIDE } from '../../store/pictures.ts';

const A_FOLDER = 1000;

export class Thumbnails {
  readonly #previews: PreviewProcess;
  readonly #making = new Map<string, Promise<Buffer>>();

  constructor(previews: PreviewProcess) {
    this.#previews = previews;
  }

  /** WebP; null where the picture itself is small enough. Throws preview_failed. */
  async get(dir: string, item: PictureItem): Promise<Buffer | null> {
    if (Math.max(item.width, item.height) <= THUMBNAIL_SIDE) return null;
    const file = join(dir, 'thumbnails', String(Math.floor(item.n / A_FOLDER)), `${item.n}.webp`);
    const kept = await readFile(file).catch(() => null);
    if (kept !== null && isWhole(kept)) return kept;
    const making = this.#making.get(file) ?? this.#make(file, dir, item);
    this.#making.set(file, making);
    try {
      return await making;
    } finally {
      this.#making.delete(file);
    }
  }

  async #make(file: string, dir: string, { offset, bytes }: PictureItem): Promise<Buffer> {
    const webp = Buffer.from(await this.#previews.ask('thumbnail', { file: packOf(dir), offset, bytes }));
    try {
      await mkdir(dirname(file), { recursive: true });
      const temporary = `${file}.${randomBytes(4).toString('hex')}`;
      await writeFile(temporary, webp);
      await rename(temporary, file);
    } catch {
      // The disk is full, or the dataset is being deleted: it is made again next time.
    }
    return webp;
  }
}

/** RIFF files say their length behind the first four letters. */
function isWhole(webp: Buffer): boolean {
  return webp.length > 12 && webp.readUInt32LE(4) + 8 === webp.length;
}
