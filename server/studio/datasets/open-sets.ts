/** The picture and label sets that are being looked at: they stay open while there is room, the longest unused is closed. */
import { StudioError } from '../../errors.ts';
import { LabelSet } from '../../store/label-set.ts';
import { PictureSet } from '../../store/pictures.ts';
import type { Thumbnails } from './thumbnails.ts';

/** So many stay open however large they are, and so many at most. */
const LEAST = 4;
const MOST = 64;
/** Of all that are open, pictures: some 300 bytes of memory each. */
const ROOM = 400_000;
/** A read that has begun is over long before. */
const CLOSE_AFTER_MS = 10_000;

export class OpenSets<T extends { close(): Promise<void> }> {
  readonly #open = new Map<string, Promise<T>>();
  /** Pictures of those that are open. */
  readonly #weights = new Map<string, number>();
  readonly #opened: (dir: string) => Promise<T>;
  readonly #weigh: (set: T) => number;

  /** `weigh`: pictures of a set; without it the least number stays open. */
  constructor(opened: (dir: string) => Promise<T>, weigh: (set: T) => number = () => ROOM) {
    this.#opened = opened;
    this.#weigh = weigh;
  }

  /** Throws dataset_unreadable. */
  async get(dir: string): Promise<T> {
    const opening = this.#open.get(dir) ?? this.#opened(dir);
    this.#open.delete(dir);
    this.#open.set(dir, opening);
    try {
      const set = await opening;
      if (this.#open.get(dir) === opening && !this.#weights.has(dir)) {
        this.#weights.set(dir, this.#weigh(set));
        this.#makeRoom();
      }
      return set;
    } catch (error) {
      if (this.#open.get(dir) === opening) this.#open.delete(dir);
      throw new StudioError('dataset_unreadable', {}, (error as Error).message);
    }
  }

  #makeRoom(): void {
    let weight = 0;
    for (const one of this.#weights.values()) weight += one;
    for (const dir of this.#open.keys()) {
      const { size } = this.#open;
      if (size <= LEAST || (size <= MOST && weight <= ROOM)) return;
      weight -= this.#weights.get(dir) ?? 0;
      this.drop(dir);
    }
  }

  /** Forgets a set: it is deleted or long unused. */
  drop(dir: string): void {
    const opening = this.#open.get(dir);
    if (opening === undefined) return;
    this.#open.delete(dir);
    this.#weights.delete(dir);
    setTimeout(() => {
      opening.then((set) => set.close()).catch(() => {});
    }, CLOSE_AFTER_MS).unref();
  }
}

export class PictureSets extends OpenSets<PictureSet> {
  readonly #thumbnails: Thumbnails;

  constructor(thumbnails: Thumbnails) {
    super(
      (dir) => PictureSet.open(dir),
      ({ items }) => items.length,
    );
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
    super(
      (dir) => LabelSet.open(dir),
      ({ labelled }) => labelled,
    );
  }
}
