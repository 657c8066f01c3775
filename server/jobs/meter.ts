/** Progress with a rate and a remaining time. */
import type { JobHost } from './job.ts';

export class Meter {
  readonly #host: JobHost;
  readonly #phase: string;
  readonly #total: number;
  readonly #window: number;
  #done = 0;
  #seen: { at: number; done: number }[] = [];

  /**
   * `total` things (pictures) have to be done in a phase (unpack, prepare, train, …); `done` of them are done already.
   * `window`: seconds over which the rate is averaged, long enough to be calm and short enough to follow.
   */
  constructor(host: JobHost, phase: string, total: number, { done = 0, window = 10 } = {}) {
    this.#host = host;
    this.#phase = phase;
    this.#total = total;
    this.#done = done;
    this.#window = window;
    this.#seen.push({ at: performance.now() / 1000, done });
    host.progress({ phase, done, total, rate: null, remainingSeconds: null });
  }

  advance(count: number): void {
    this.#done += count;
    const now = performance.now() / 1000;
    if (now - this.#seen.at(-1)!.at > 0.2) {
      this.#seen.push({ at: now, done: this.#done });
      while (this.#seen.length > 2 && now - this.#seen[0]!.at > this.#window) this.#seen.shift();
    }
    const rate = this.rate;
    this.#host.progress({
      phase: this.#phase,
      done: this.#done,
      total: this.#total,
      rate: rate === null ? null : Math.round(rate * 10) / 10,
      remainingSeconds: rate === null || rate === 0 ? null : Math.ceil((this.#total - this.#done) / rate),
    });
  }

  get done(): number {
    return this.#done;
  }

  /** Things a second over the last while; null until there is something to tell from. */
  get rate(): number | null {
    const first = this.#seen[0]!;
    const seconds = performance.now() / 1000 - first.at;
    return seconds < 0.5 ? null : (this.#done - first.done) / seconds;
  }
}
