/**
 * The picture on a kiosk's screen, and the next ones, fetched ahead. A label is for what somebody has looked at: a picture is open to one only when it has been
 * on the screen for a moment.
 */
import type { KioskPicture } from '../../server/http/kiosk-schemas.ts';

/**
 * coming: on its way, the one before still stands there. late: on its way, the place is empty. missing: it could not be fetched. fresh: there, but a tap was
 * meant for the one before.
 */
export type Sight = 'none' | 'coming' | 'late' | 'missing' | 'fresh' | 'open';

export interface ShowingOptions {
  image(): HTMLImageElement;
  changed(sight: Sight): void;
  /** It is time to try again to fetch a missing picture. */
  again(): void;
}

const LATE_MS = 150;
const LOOK_MS = 300;
const AGAIN_MS = 5000;

export const keyOf = (one: { taskId: number; n: number }) => `${one.taskId}/${one.n}`;

export class Showing {
  readonly #options: ShowingOptions;
  /** Addresses of what was fetched. */
  readonly #pictures = new Map<string, Promise<string>>();
  #wanted = '';
  #sight: Sight = 'none';
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ShowingOptions) {
    this.#options = options;
  }

  /** Fetches a picture before it is needed. */
  prepare(one: KioskPicture): void {
    this.#fetch(one).catch(() => {});
  }

  /** Is this the picture that can be labelled now? */
  isOpen(one: KioskPicture): boolean {
    return this.#sight === 'open' && this.#wanted === keyOf(one);
  }

  async show(one: KioskPicture): Promise<void> {
    const key = keyOf(one);
    if (this.#wanted === key) return;
    this.#wanted = key;
    // An empty place stays empty: the picture before would be seen again.
    if (this.#sight === 'late' || this.#sight === 'missing') this.#become('late');
    else this.#become('coming', LATE_MS, () => this.#become('late'));
    const there = await this.#paint(one);
    if (this.#wanted !== key) return;
    if (there) this.#become('fresh', LOOK_MS, () => this.#become('open'));
    else this.#become('missing', AGAIN_MS, () => this.#options.again());
  }

  hide(): void {
    this.#wanted = '';
    this.#become('none');
  }

  /** The next show() fetches the missing picture anew. */
  retry(): void {
    this.#pictures.delete(this.#wanted);
    this.#wanted = '';
  }

  /** Not needed any more. */
  forget(one: KioskPicture): void {
    this.#release(keyOf(one));
  }

  /** Nothing is left for whoever comes next. */
  clear(): void {
    this.hide();
    for (const key of [...this.#pictures.keys()]) this.#release(key);
    this.#options.image().removeAttribute('src');
  }

  #release(key: string): void {
    this.#pictures.get(key)?.then(
      (url) => URL.revokeObjectURL(url),
      () => {},
    );
    this.#pictures.delete(key);
  }

  #become(sight: Sight, ms?: number, then?: () => void): void {
    clearTimeout(this.#timer);
    this.#sight = sight;
    this.#options.changed(sight);
    if (then) this.#timer = setTimeout(then, ms);
  }

  /** false: it could not be fetched, or another one is to be seen meanwhile. */
  async #paint(one: KioskPicture): Promise<boolean> {
    try {
      const url = await this.#fetch(one);
      if (this.#wanted !== keyOf(one)) return false;
      const image = this.#options.image();
      image.src = url;
      await image.decode();
      return true;
    } catch {
      return false;
    }
  }

  #fetch(one: KioskPicture): Promise<string> {
    const key = keyOf(one);
    let url = this.#pictures.get(key);
    if (!url) {
      url = fetch(`/api/kiosk/images/${key}`, { credentials: 'same-origin' }).then(async (response) => {
        if (!response.ok) throw new Error(`HTTP ${response.status}`);
        return URL.createObjectURL(await response.blob());
      });
      url.catch(() => this.#pictures.delete(key));
      this.#pictures.set(key, url);
    }
    return url;
  }
}
