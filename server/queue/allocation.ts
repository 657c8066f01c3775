/** What the box has and who uses it. Nothing is ever given out twice. */
import type { DeviceSetting } from '../config.ts';

export interface GpuOfBox {
  name: string;
  memoryMb: number;
}

export interface Box {
  cores: number;
  memoryMb: number;
  gpus: readonly GpuOfBox[];
}

export interface Need {
  cores: number;
  memoryMb: number;
  /** A part of the GPU's name, or 'any'; null: none. */
  gpu: string | null;
  gpuMemoryMb: number;
  /** What it computes on; left out: 'auto'. */
  device?: DeviceSetting;
}

interface Share {
  cores: number;
  memoryMb: number;
  /** Index of the GPU; a job has it to itself. */
  gpu: number | null;
}

export class Allocation {
  #box: Box;
  #gpusKnown: boolean;
  readonly #seen: readonly GpuOfBox[];
  readonly #shares = new Map<number, Share>();

  /** `gpusKnown` false: the driver has yet to tell of its GPUs. Until it has, none is given to anybody. `seen`: GPUs that the box has had at some time. */
  constructor(box: Box, gpusKnown = true, seen: readonly GpuOfBox[] = []) {
    this.#box = box;
    this.#gpusKnown = gpusKnown;
    this.#seen = seen;
  }

  get box(): Box {
    return this.#box;
  }

  get gpusKnown(): boolean {
    return this.#gpusKnown;
  }

  /** The driver has told, or is waited for no longer. */
  know(box: Box): void {
    this.#box = box;
    this.#gpusKnown = true;
  }

  /** Could it run on the empty box? */
  fits(need: Need): boolean {
    return this.fitsButForGpu(need) && (need.gpu === null || this.box.gpus.some((gpu) => matches(gpu, need)));
  }

  /** MiB of a GPU that what asks for `need` may use: what it asks for, or all of the smallest GPU that it may be given; null where that is not known. */
  gpuMemoryFor(need: Need): number | null {
    if (need.gpu === null || need.device === 'cpu') return null;
    if (need.gpuMemoryMb > 0) return need.gpuMemoryMb;
    const least = Math.min(...this.box.gpus.filter((gpu) => matches(gpu, need)).map(({ memoryMb }) => memoryMb));
    return least > 0 && Number.isFinite(least) ? least : null;
  }

  /** As fits(), if a GPU that was there before came back: what asks for one that is missing waits for it, what asks for one that never was is refused. */
  couldFit(need: Need): boolean {
    return this.fits(need) || (this.fitsButForGpu(need) && this.#seen.some((gpu) => matches(gpu, need)));
  }

  /** It asks for a GPU that is not there, or of which the driver has yet to tell. */
  lacksGpu(need: Need): boolean {
    return need.gpu !== null && (!this.#gpusKnown || !this.fits(need));
  }

  /** As fits(), whatever GPUs there are just now: a driver may not have come up, or a card have come loose. */
  fitsButForGpu(need: Need): boolean {
    return need.cores <= this.box.cores && need.memoryMb <= this.box.memoryMb;
  }

  get free(): { cores: number; memoryMb: number } {
    let { cores, memoryMb } = this.box;
    for (const share of this.#shares.values()) {
      cores -= share.cores;
      memoryMb -= share.memoryMb;
    }
    return { cores, memoryMb };
  }

  /** Gives a job a GPU that nobody has, besides its share; null where there is none. Its index comes back. */
  takeGpu(jobId: number, need: Pick<Need, 'gpu' | 'gpuMemoryMb'>): number | null {
    const gpu = this.#freeGpu(need);
    if (gpu < 0) return null;
    const { cores, memoryMb } = this.#shares.get(jobId) ?? { cores: 0, memoryMb: 0 };
    this.#shares.set(jobId, { cores, memoryMb, gpu });
    return gpu;
  }

  isFree(need: Need): boolean {
    const { cores, memoryMb } = this.free;
    return need.cores <= cores && need.memoryMb <= memoryMb && (need.gpu === null || this.#freeGpu(need) >= 0);
  }

  /** Index of a GPU that nobody has; -1 where there is none. */
  #freeGpu(need: Pick<Need, 'gpu' | 'gpuMemoryMb'>): number {
    if (!this.#gpusKnown) return -1;
    const used = new Set([...this.#shares.values()].map((share) => share.gpu));
    return this.box.gpus.findIndex((candidate, i) => !used.has(i) && matches(candidate, need));
  }

  /** Gives a job its share; null where it is not free. The name of the GPU comes back, where there is one. */
  take(jobId: number, need: Need): { gpu: string | null } | null {
    if (this.#shares.has(jobId)) throw new Error(`job ${jobId} has its share already`);
    if (!this.isFree(need)) return null;
    const gpu = need.gpu === null ? null : this.#freeGpu(need);
    this.#shares.set(jobId, { cores: need.cores, memoryMb: need.memoryMb, gpu });
    return { gpu: gpu === null ? null : this.box.gpus[gpu]!.name };
  }

  /** Index of the GPU that a job has. */
  gpuOf(jobId: number): number | null {
    return this.#shares.get(jobId)?.gpu ?? null;
  }

  release(jobId: number): void {
    this.#shares.delete(jobId);
  }
}

function matches(gpu: GpuOfBox, need: Pick<Need, 'gpu' | 'gpuMemoryMb'>): boolean {
  return gpu.memoryMb >= need.gpuMemoryMb && (need.gpu === 'any' || gpu.name.toLowerCase().includes((need.gpu ?? '').toLowerCase()));
}
