/**
 * Slows down the guessing of passwords. Failures are counted for a person at an address, for an address and for a person; behind the free ones
 * each further failure doubles the waiting time. The counts are on the disk: a restart does not forget them.
 */
import { StudioError } from '../../errors.ts';
import type { Document } from '../../store/collection.ts';

export interface Failures {
  [key: string]: { count: number; last: number };
}

export interface ThrottleSettings {
  free_attempts: number;
  max_delay_seconds: number;
}

const FORGET_AFTER_MS = 24 * 3600 * 1000;
const MAX_KEYS = 5000;

export class SignInThrottle {
  readonly #failures: Document<Failures>;
  readonly #settings: ThrottleSettings;

  constructor(failures: Document<Failures>, settings: ThrottleSettings) {
    this.#failures = failures;
    this.#settings = settings;
  }

  /**
   * Counts an attempt before it is tried, so that many at once cannot slip through. Throws too_many_attempts. Call succeeded() when it was right.
   */
  async attempt(userId: string, address: string, now = Date.now()): Promise<void> {
    let wait = 0;
    await this.#failures.update((before) => {
      wait = Math.max(...this.#keys(userId, address).map(([key, free]) => this.#waitSeconds(before[key], free, now)));
      if (wait > 0) return before;
      const after = prune(before, now);
      for (const [key] of this.#keys(userId, address)) after[key] = { count: (before[key]?.count ?? 0) + 1, last: now };
      return after;
    });
    if (wait > 0) throw new StudioError('too_many_attempts', { seconds: wait });
  }

  async succeeded(userId: string, address: string): Promise<void> {
    await this.#failures.update((before) => {
      const after = { ...before };
      const [[pair], ...others] = this.#keys(userId, address);
      delete after[pair];
      for (const [key] of others) {
        const entry = after[key];
        if (entry !== undefined) after[key] = { ...entry, count: Math.max(0, entry.count - 1) };
      }
      return after;
    });
  }

  /** The keys with their free attempts. Whole addresses and persons have more, or one clumsy desk would lock out the hall. */
  #keys(userId: string, address: string): [[string, number], ...[string, number][]] {
    const id = userId.toLowerCase();
    const free = this.#settings.free_attempts;
    return [
      [`pair ${id} ${address}`, free],
      [`address ${address}`, free * 5],
      [`person ${id}`, free * 10],
    ];
  }

  #waitSeconds(entry: { count: number; last: number } | undefined, free: number, now: number): number {
    if (entry === undefined || entry.count < free) return 0;
    const delay = Math.min(this.#settings.max_delay_seconds, 2 ** Math.min(20, entry.count - free));
    // From before the clock was put back: it would lock somebody out for days.
    if (entry.last - now > this.#settings.max_delay_seconds * 1000) return 0;
    return Math.max(0, Math.ceil((entry.last + delay * 1000 - now) / 1000));
  }
}

function prune(failures: Readonly<Failures>, now: number): Failures {
  const kept = Object.entries(failures)
    .filter(([, { last }]) => now - last < FORGET_AFTER_MS)
    .sort(([, a], [, b]) => b.last - a.last)
    .slice(0, MAX_KEYS);
  return Object.fromEntries(kept);
}
