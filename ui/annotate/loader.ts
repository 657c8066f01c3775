/** Pictures and their labels, fetched and decoded ahead of the person: what comes next is already here. */
import type { AnnotatedPicture } from '../../server/http/annotation-schemas.ts';
import { ApiError, api } from '../api.ts';
import { t } from '../i18n/language.ts';
import type { Picture } from './stage.ts';

/** Decoded pixels that may be kept, bytes: some large pictures or many small ones. */
const MOST_BYTES = 400 * 2 ** 20;
/** Larger pictures get smaller copies. */
const LARGE = 1600;

interface Held {
  picture: Promise<Picture>;
  labels: Promise<AnnotatedPicture>;
  bytes: number;
  bitmap: ImageBitmap | null;
}

export class Loader {
  readonly #taskId: number;
  readonly #held = new Map<number, Held>();
  #shown = -1;

  constructor(taskId: number) {
    this.#taskId = taskId;
  }

  end(): void {
    for (const n of [...this.#held.keys()]) this.#drop(n);
  }

  #drop(n: number): void {
    this.#held.get(n)?.bitmap?.close();
    this.#held.delete(n);
  }

  #get(n: number): Held {
    const known = this.#held.get(n);
    if (known) {
      // The oldest use goes first.
      this.#held.delete(n);
      this.#held.set(n, known);
      return known;
    }
    const held: Held = { picture: this.#picture(n), labels: this.#labels(n), bytes: 0, bitmap: null };
    this.#held.set(n, held);
    for (const promise of [held.picture, held.labels]) promise.catch(() => this.#held.get(n) === held && this.#held.delete(n));
    void held.picture.then(
      (picture) => {
        held.bytes = picture.width * picture.height * 4;
        held.bitmap = picture.levels[0] as ImageBitmap;
        this.#trim();
      },
      () => {},
    );
    return held;
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

  async #picture(n: number): Promise<Picture> {
    const response = await fetch(`/api/annotation/tasks/${this.#taskId}/images/${n}`, { credentials: 'same-origin' }).catch(() => null);
    if (!response) throw new ApiError(0, { code: 'offline', message: t('error.offline'), params: {} });
    if (!response.ok)
      throw new ApiError(response.status, { code: 'unexpected', message: t('error.unexpected'), params: {}, details: `HTTP ${response.status}` });
    const bitmap = await createImageBitmap(await response.blob());
    return { width: bitmap.width, height: bitmap.height, levels: [bitmap] };
  }

  #labels(n: number): Promise<AnnotatedPicture> {
    return api.get<AnnotatedPicture>(`/api/annotation/tasks/${this.#taskId}/pictures/${n}`);
  }

  /** The picture and its labels; both are kept for the next time. */
  async open(n: number): Promise<{ picture: Picture; labels: AnnotatedPicture }> {
    this.#shown = n;
    const held = this.#get(n);
    const [picture, labels] = await Promise.all([held.picture, held.labels]);
    return { picture, labels };
  }

  labels(n: number): Promise<AnnotatedPicture> {
    return this.#get(n).labels;
  }

  prefetch(numbers: readonly number[]): void {
    for (const n of numbers) {
      // Its smaller copies too: the change of pictures costs nothing then.
      void this.#get(n)
        .picture.then((picture) => this.sharpen(n, picture))
        .catch(() => {});
    }
  }

  /** Half, a quarter and so on of a large picture. */
  async sharpen(n: number, picture: Picture): Promise<Picture> {
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
    const sharp = { ...picture, levels };
    const held = this.#held.get(n);
    if (held) held.picture = Promise.resolve(sharp);
    return sharp;
  }

  /** The labels have changed on the daemon: fetched anew when they are next asked for. */
  stale(n: number): void {
    const held = this.#held.get(n);
    if (!held) return;
    held.labels = this.#labels(n);
    held.labels.catch(() => this.#held.get(n) === held && this.#held.delete(n));
  }
  forgetLabels(except = -1): void {
    for (const n of [...this.#held.keys()]) if (n !== except) this.#drop(n);
  }
}
