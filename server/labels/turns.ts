/** Long work is done in pieces where it may be the daemon that does it, which may not be held. */
import { setImmediate as breathe } from 'node:timers/promises';

/** Longest time between two turns of the event loop, but for what cannot be parted. */
const SLICE_MS = 10;

export class Turns {
  #since = performance.now();

  /** Lets others have their turn where the last one is long ago. */
  async pass(): Promise<void> {
    if (performance.now() - this.#since < SLICE_MS) return;
    await breathe();
    this.#since = performance.now();
  }
}
