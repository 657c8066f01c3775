/**
 * The GPUs of a box whose driver may be slow: just after the power is back nvidia-smi can take longer than anybody waits for it, and that must not fail what
 * waits for a GPU. Those that it told of the last time are taken for there, and it is asked again and again.
 */

import { readGpus } from '../engine/devices/gpus.ts';
import type { Document } from '../store/collection.ts';
import type { GpuOfBox } from './allocation.ts';

const EVERY_MS = 3000;
/** So long no job is given a GPU that the driver has not told of. */
const PATIENCE_MS = 60_000;

export interface LastGpus {
  gpus: GpuOfBox[];
  /** All that it has ever told of, the latest last; absent where they were the same always. */
  seen?: GpuOfBox[];
}

/** Cards that were changed for others long ago are forgotten. */
const REMEMBERED = 16;

export class KnownGpus {
  readonly #last: Document<LastGpus>;
  readonly #log: (error: unknown, about: string) => void;
  readonly #everyMs: number;
  readonly #patienceMs: number;

  constructor(last: Document<LastGpus>, log: (error: unknown, about: string) => void, everyMs = EVERY_MS, patienceMs = PATIENCE_MS) {
    this.#last = last;
    this.#log = log;
    this.#everyMs = everyMs;
    this.#patienceMs = patienceMs;
  }

  /** Those that the box has had at some time: what is missing of them now may come back. */
  get seen(): readonly GpuOfBox[] {
    return this.#last.data.seen ?? this.#last.data.gpus;
  }

  /** Those of now; `known` false: those of the last time, because nvidia-smi is there and does not answer. */
  async find(): Promise<{ gpus: readonly GpuOfBox[]; known: boolean }> {
    const gpus = await this.#ask();
    if (gpus !== null) return { gpus, known: true };
    this.#log(new Error('nvidia-smi does not answer'), 'the GPUs are taken to be those of the last time');
    return { gpus: this.#last.data.gpus, known: false };
  }

  /** Asks until there is an answer. `tell` hears it, and after a while without one those of the last time; then, where it comes at last, once more. */
  awaitAnswer(tell: (gpus: readonly GpuOfBox[]) => void): void {
    const from = performance.now();
    let told = false;
    const again = () =>
      setTimeout(async () => {
        const gpus = await this.#ask();
        if (gpus !== null) return tell(gpus);
        if (!told && performance.now() - from > this.#patienceMs) {
          told = true;
          tell(this.#last.data.gpus);
        }
        again();
      }, this.#everyMs).unref();
    again();
  }

  async #ask(): Promise<GpuOfBox[] | null> {
    const answer = await readGpus().catch(() => null);
    const gpus = answer?.map(({ name, memoryMb }) => ({ name, memoryMb })) ?? null;
    if (gpus === null || JSON.stringify(gpus) === JSON.stringify(this.#last.data.gpus)) return gpus;
    const others = this.seen.filter((one) => !gpus.some((gpu) => gpu.name === one.name && gpu.memoryMb === one.memoryMb));
    const seen = [...others, ...gpus].slice(-REMEMBERED);
    await this.#last.update(() => ({ gpus, ...(others.length > 0 && { seen }) })).catch((error: unknown) => this.#log(error, 'the GPUs could not be noted'));
    return gpus;
  }
}
