/** The picture and label sets that are being looked at: a few stay open, the longest unused is closed. */
import { StudioError } from '../../errors.ts';
import { LabelSet } from '../../store/label-set.ts';
import { PictureSet } from '../../store/pictures.ts';
import type { Thumbnails } from './thumbnails.ts';

const OPEN = 4;
/** A read that has begun is over long before. */
const CLOSE_AFTER_MS = 10_000;

export class OpenSets<T extends { close(): Promise<void> }> {
  readonly #open = new Map<string, Promise<T>>();
  readonly #opened: (dir: string) => Promise<T>;

  constructor(opened: (dir: string) => Promise<T>) {
    this.#opened = opened;
  }

  /** Throws dataset_unreadable. */
  async get(dir: string): Promise<T> {
    const opening = this.#open.get(dir) ?? this.#opened(dir);
    this.#open.delete(dir);
    this.#open.set(dir, opening);
    for (const [other] of this.#open) {
      if (this.#open.size <= OPEN) break;
      this.drop(other);
    }
    try {
      return await opening;
    } catch (error) {
      this.#open.delete(dir);
      throw new StudioError('dataset_unreadable', {}, (error as Error).message);
    }
  }

  /** Forgets a set: it is deleted or long unused. */
  drop(dir: string): void {
    const opening = this.#open.get(dir);
    if (opening === undefined) return;
    this.#open.delete(dir);
    setTimeout(() => {
      opening.then((set) => set.close()).catch(() => {});
    }, CLOSE_AFTER_MS).unref();
  }
}

export class PictureSets extends OpenSets<PictureSet> {
  readonly #thumbnails: Thumbnails;

  constructor(thumbnails: Thumbnails) {
    super((dir) => PictureSet.open(dir));
    this.#thumbnails = thumbnails;
  }

  async picture(dir: string, n: number, small: boolean): Promise<{ data: Buffer; mime: string }> {
    const set = await this.get(dir);
    const item = set.items[n];
    if (item === undefined) throw new StudioError('not_found');
    const thumbnail = small ? await this.#thumbnails.get(dir, item) : null;
    return thumbnail === null ? set.picture(n) : { data: thumbnail, mime: 'image/webp' };
  }
}

export class LabelSets extends OpenSets<LabelSet> {
  constructor() {
    super((dir) => LabelSet.open(dir));
  }
}
