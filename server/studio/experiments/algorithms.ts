/** The algorithms that can be trained: what they cost at a picture size and what to start with. */
import { setImmediate as breathe } from 'node:timers/promises';
import type { Algorithm, Parameters } from '../../http/schemas.ts';
import { type ArchitectureName, architectures, describe, isArchitecture } from '../../zoo/architectures.ts';

const DEFAULTS: Parameters = {
  batch_size: 16,
  epoch: 10,
  learning_rate: 0.01,
  momentum: 0.9,
  weight_decay: 0.0005,
  input_size: 224,
  augment: true,
};

/** 1e9 multiply-adds of one picture above which a training needs much of a box. */
const MEDIUM_GFLOPS = 2;
const HIGH_GFLOPS = 6;
const CACHED = 2000;

export const algorithmExists = (name: string): name is ArchitectureName => isArchitecture(name);

export class Algorithms {
  readonly #cache = new Map<string, { gflops: number; parameters: number } | null>();

  /** Those that work at this picture size. Each is counted once, and the event loop goes on between two of them. */
  async list(classes: number, size: number): Promise<Algorithm[]> {
    const rows: Algorithm[] = [];
    for (const name of Object.keys(architectures) as ArchitectureName[]) {
      const cost = await this.#cost(name, classes, size);
      if (cost === null) continue;
      const { gflops, parameters } = cost;
      const resourceNeed = gflops >= HIGH_GFLOPS ? 'high' : gflops >= MEDIUM_GFLOPS ? 'medium' : 'low';
      rows.push({ name, gflops, parametersM: parameters / 1e6, resourceNeed, size, defaults: { ...DEFAULTS, input_size: size } });
    }
    return rows;
  }

  async #cost(name: ArchitectureName, classes: number, size: number) {
    const key = `${name} ${classes} ${size}`;
    const known = this.#cache.get(key);
    if (known !== undefined) return known;
    await breathe();
    let cost: { gflops: number; parameters: number } | null = null;
    try {
      cost = describe(name, classes, size);
    } catch {
      // Too small a picture for this architecture.
    }
    if (this.#cache.size >= CACHED) this.#cache.clear();
    this.#cache.set(key, cost);
    return cost;
  }
}
