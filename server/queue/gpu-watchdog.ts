/**
 * Watches over the memory of the GPU. CUDA and Vulkan know no limit for a process, and onnxruntime-node hands none of ONNX Runtime's own (gpu_mem_limit) on, so what a
 * job uses is read from the driver while it runs. Memory is taken in steps and given back between them: only a job that is over its share several times
 * in a row is over.
 */

const EVERY_MS = 5000;
const TIMES = 3;

interface Watched {
  pid: number;
  limitMb: number;
  times: number;
  onOver(usedMb: number): void;
}

export class GpuWatchdog {
  readonly #read: () => Promise<ReadonlyMap<number, number> | null>;
  readonly #everyMs: number;
  readonly #watched = new Map<number, Watched>();
  #timer: NodeJS.Timeout | null = null;

  /** `read`: MiB that processes use, by pid; null: not known just now. */
  constructor(read: () => Promise<ReadonlyMap<number, number> | null>, everyMs = EVERY_MS) {
    this.#read = read;
    this.#everyMs = everyMs;
  }

  /** `onOver` is called at most once. */
  watch(jobId: number, pid: number, limitMb: number, onOver: (usedMb: number) => void): void {
    this.#watched.set(jobId, { pid, limitMb, times: 0, onOver });
    this.#next();
  }

  release(jobId: number): void {
    this.#watched.delete(jobId);
  }

  #next(): void {
    this.#timer ??= setTimeout(() => {
      const next = () => {
        this.#timer = null;
        if (this.#watched.size > 0) this.#next();
      };
      // What could not be read now is read the next time.
      this.#look().then(next, next);
    }, this.#everyMs).unref();
  }

  async #look(): Promise<void> {
    const used = this.#watched.size > 0 ? await this.#read() : null;
    if (used === null) return;
    for (const [jobId, watched] of this.#watched) {
      const usedMb = used.get(watched.pid) ?? 0;
      watched.times = usedMb > watched.limitMb ? watched.times + 1 : 0;
      if (watched.times < TIMES) continue;
      this.#watched.delete(jobId);
      watched.onOver(usedMb);
    }
  }
}
