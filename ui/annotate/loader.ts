/** Pictures and their labels, fetched and decoded ahead of the person: what comes next is already here. */
import type { AnnotatedPicture } from '../../server/http/annotation-schemas.ts';
import { ApiError, api } from '../api.ts';
import { t } from '../i18n/language.ts';
import type { Picture } from './stage.ts';

/** Decoded pixels that may be kept, bytes: some large pictures or many small ones. */
const MOST_BYTES = 400 * 2 ** 20;
/** Labels of pictures that may be kept: some can be a megabyte. */
const MOST_LABELS = 60;
/** Larger pictures get smaller copies. */
const LARGE = 1600;

interface Held {
  picture: Promise<Picture>;
  bytes: number;
  bitmaps: readonly ImageBitmap[];
  /** With its smaller copies, once somebody has asked for them. */
  sharp: Promise<Picture> | null;
}

export class Loader {
  readonly #base: string;
  /** The latest use last. */
  readonly #held = new Map<number, Held>();
  readonly #labels = new Map<number, Promise<AnnotatedPicture>>();
  #shown = -1;

  constructor(taskId: number) {
    this.#base = `/api/annotation/tasks/${taskId}`;
  }

  end(): void {
    for (const n of [...this.#held.keys()]) this.#drop(n);
    this.#labels.clear();
  }

  #drop(n: number): void {
    for (const bitmap of this.#held.get(n)?.bitmaps ?? []) bitmap.close();
    this.#held.delete(n);
  }

  /** Throws ApiError. */
  picture(n: number): Promise<Picture> {
    const known = this.#held.get(n);
    if (known) {
      this.#held.delete(n);
      this.#held.set(n, known);
      return known.picture;
    }
    const held: Held = { picture: this.#fetch(n), bytes: 0, bitmaps: [], sharp: null };
    this.#held.set(n, held);
    held.picture.then(
      (picture) => {
        held.bytes = picture.width * picture.height * 4;
        held.bitmaps = picture.levels as readonly ImageBitmap[];
        this.#trim();
      },
      () => this.#held.get(n) === held && this.#held.delete(n),
    );
    return held.picture;
  }

  #trim(): void {
    let sum = 0;
    for (const held of this.#held.values()) sum += held.bytes;
    for (const [n, held] of this.#held) {
      if (sum <= MOST_BYTES) break;
      if (n === this.#shown || !held.bytes) continue;
      sum -= held.bytes;
      this.#drop(n);
    }
  }

  async #fetch(n: number): Promise<Picture> {
    const response = await fetch(`${this.#base}/images/${n}`, { credentials: 'same-origin' }).catch(() => null);
    if (!response) throw new ApiError(0, { code: 'offline', message: t('error.offline'), params: {} });
    if (!response.ok)
      throw new ApiError(response.status, { code: 'unexpected', message: t('error.unexpected'), params: {}, details: `HTTP ${response.status}` });
    const bitmap = await createImageBitmap(await response.blob());
    return { width: bitmap.width, height: bitmap.height, levels: [bitmap] };
  }

  labels(n: number): Promise<AnnotatedPicture> {
    const known = this.#labels.get(n);
    if (known) return known;
    const labels = api.get<AnnotatedPicture>(`${this.#base}/pictures/${n}`);
    this.#labels.set(n, labels);
    labels.catch(() => this.#labels.get(n) === labels && this.#labels.delete(n));
    for (const old of this.#labels.keys()) if (this.#labels.size > MOST_LABELS) this.#labels.delete(old);
    return labels;
  }

  /** The picture and its labels; both are kept for the next time. */
  async open(n: number): Promise<{ picture: Picture; labels: AnnotatedPicture }> {
    this.#shown = n;
    const [picture, labels] = await Promise.all([this.picture(n), this.labels(n)]);
    return { picture, labels };
  }

  prefetch(numbers: readonly number[]): void {
    for (const n of numbers) {
      this.labels(n).catch(() => {});
      // Its smaller copies too: the change of pictures costs nothing then.
      this.picture(n)
        .then((picture) => this.sharpen(n, picture))
        .catch(() => {});
    }
  }

  /** Half, a quarter and so on of a large picture. */
  sharpen(n: number, picture: Picture): Promise<Picture> {
    const held = this.#held.get(n);
    if (!held) return Promise.resolve(picture);
    held.sharp ??= this.#levels(picture).then((sharp) => {
      held.picture = Promise.resolve(sharp);
      held.bitmaps = sharp.levels as readonly ImageBitmap[];
      return sharp;
    });
    return held.sharp;
  }

  async #levels(picture: Picture): Promise<Picture> {
    const levels = [...picture.levels] as ImageBitmap[];
    let last = levels.at(-1) as ImageBitmap;
    if (levels.length > 1 || Math.max(last.width, last.height) <= LARGE) return picture;
    while (Math.max(last.width, last.height) > LARGE / 2) {
      last = await createImageBitmap(last, {
        resizeWidth: Math.max(1, last.width >> 1),
        resizeHeight: Math.max(1, last.height >> 1),
        resizeQuality: 'medium',
      });
      levels.push(last);
    }
    return { ...picture, levels };
  }

  /** The labels have changed on the daemon: fetched anew when they are next asked for. */
  stale(n: number): void {
    this.#labels.delete(n);
  }
  forgetLabels(): void {
    this.#labels.clear();
  }
}
