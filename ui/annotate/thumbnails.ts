/** Thumbnails of lists that are scrolled: one that has gone out of sight again before its turn is never asked for. */
const TURN_MS = 80;

export class Thumbnails {
  readonly #waiting = new Map<HTMLImageElement, string>();
  #timer = 0;
  #last = -Infinity;

  end(): void {
    clearTimeout(this.#timer);
  }

  put(image: HTMLImageElement, source: string): void {
    image.removeAttribute('src');
    this.#waiting.set(image, source);
    this.#timer ||= window.setTimeout(() => this.#load(), Math.max(0, this.#last + TURN_MS - performance.now()));
  }

  #load(): void {
    this.#timer = 0;
    this.#last = performance.now();
    for (const [image, source] of this.#waiting) if (image.isConnected) image.src = source;
    this.#waiting.clear();
  }
}
