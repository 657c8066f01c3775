/**
 * How long things have lain in the trash. The computer's clock alone must not say so: an empty battery or a wrong time server puts it forward by years, and all that
 * is in the trash would be gone at once. So time counts while the daemon sees it go by; of what has gone by without it only the clock tells, and at most a day of
 * that counts at each start. What is deleted for good is deleted late rather than early.
 */
import type { Document } from '../../store/collection.ts';

export const DAY_MS = 24 * 3600_000;

/** `ms`: counted up to the moment `at`. */
export interface CountedTime {
  ms: number;
  at: string;
}

export class TrashClock {
  readonly #document: Document<CountedTime>;
  readonly #begin: number;
  readonly #started = performance.now();

  constructor(document: Document<CountedTime>, now = Date.now()) {
    this.#document = document;
    const { ms, at } = document.data;
    const away = now - Date.parse(at);
    this.#begin = ms + Math.min(Math.max(away, 0), DAY_MS);
  }

  /** Milliseconds that have been counted since there is a trash. */
  now(): number {
    return Math.round(this.#begin + performance.now() - this.#started);
  }

  /** Resolves when what has been counted is on the disk. */
  async keep(): Promise<void> {
    await this.#document.update(() => ({ ms: this.now(), at: new Date().toISOString() }));
  }
}
