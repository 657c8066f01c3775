/** How long a worker that was asked to stop may be silent before it is ended by force. */

/** Of the longest silence before: a step of a large network on few cores takes minutes. */
const TIMES_LONGEST = 3;
/** A job that is launched only to save what it has loads everything first. */
const TIMES_WINDING_UP = 10;

export class Patience {
  readonly #graceMs: number;
  /** By job: when its worker last told something, by performance.now(), and the longest silence of its workers, ms. */
  readonly #heard = new Map<number, { at: number | null; longest: number }>();

  constructor(graceSeconds: number) {
    this.#graceMs = graceSeconds * 1000;
  }

  /** A worker of the job tells something. */
  heard(id: number): void {
    this.#heard.set(id, { at: performance.now(), longest: this.#longest(id) });
  }

  /** The worker is gone. What was seen of it goes for the next of the job. */
  gone(id: number): void {
    if (this.#heard.has(id)) this.#heard.set(id, { at: null, longest: this.#longest(id) });
  }

  forget(id: number): void {
    this.#heard.delete(id);
  }

  /** In ms, from what it has told last. */
  of(id: number, windingUp: boolean): number {
    return Math.max(this.#graceMs * (windingUp ? TIMES_WINDING_UP : 1), TIMES_LONGEST * (this.#heard.get(id)?.longest ?? 0));
  }

  #longest(id: number): number {
    const { at, longest } = this.#heard.get(id) ?? { at: null, longest: 0 };
    return at === null ? longest : Math.max(longest, performance.now() - at);
  }
}
