/** The algorithms that can be trained: what they cost at a picture size and what to start with. */
import { setImmediate as breathe } from 'node:timers/promises';
import { StudioError } from '../../errors.ts';
import type { Algorithm } from '../../http/schemas.ts';
import { DEFAULTS, type Recipe } from '../../learn/recipe.ts';
import type { Box } from '../../queue/allocation.ts';
import { type ArchitectureName, architectures, describe, isArchitecture } from '../../zoo/architectures.ts';

/**
 * What to start with. A training needs some hundreds of steps whatever the data: where there are few pictures the batches are small and they are seen
 * more often, where there are many they are seen less often.
 */
function defaults(size: number, pictures: number): Recipe {
  return {
    ...DEFAULTS,
    batch_size: pictures < 1000 ? 8 : 16,
    epoch: pictures < 1000 ? 12 : pictures < 20_000 ? 10 : 5,
    learning_rate: 0.01,
    momentum: 0.9,
    weight_decay: 0.0005,
    input_size: size,
    augment: true,
  };
}
/** Taken where the number is not known. */
const USUAL_PICTURES = 1000;

/** 1e9 multiply-adds of one picture above which a training needs much of a box. */
const MEDIUM_GFLOPS = 2;
const HIGH_GFLOPS = 6;
const CACHED = 2000;

export const algorithmExists = (name: string): name is ArchitectureName => isArchitecture(name);

type Cost = ReturnType<typeof describe>;

/** Stages that can be frozen; counted on the graph at a size that every architecture takes. */
const freezableStages = new Map<ArchitectureName, number>();
function freezable(name: ArchitectureName): number {
  const known = freezableStages.get(name);
  if (known !== undefined) return known;
  const stages = describe(name, 2, 64).freezable;
  freezableStages.set(name, stages);
  return stages;
}

/** Throws freeze_stages_too_many. */
export function checkFreezing(algorithm: string, stages: number): void {
  if (stages === 0 || !algorithmExists(algorithm)) return;
  const most = freezable(algorithm);
  if (stages > most) throw new StudioError('freeze_stages_too_many', { name: algorithm, stages, most });
}

export class Algorithms {
  readonly #cache = new Map<string, Cost | null>();
  readonly #allocation: { readonly box: Box };

  constructor(allocation: { readonly box: Box }) {
    this.#allocation = allocation;
  }

  /** Those that work at this picture size. Each is counted once, and the event loop goes on between two of them. */
  async list(classes: number, size: number, pictures = USUAL_PICTURES): Promise<Algorithm[]> {
    const rows: Algorithm[] = [];
    for (const name of Object.keys(architectures) as ArchitectureName[]) {
      const cost = await this.#cost(name, classes, size);
      if (cost === null) continue;
      const { gflops, parameters, freezable: stages } = cost;
      const resourceNeed = gflops >= HIGH_GFLOPS ? 'high' : gflops >= MEDIUM_GFLOPS ? 'medium' : 'low';
      rows.push({ name, gflops, parametersM: parameters / 1e6, resourceNeed, size, suggested: false, defaults: defaults(size, pictures), freezable: stages });
    }
    const suggested = suggestedFor(rows, pictures, this.#allocation.box);
    return rows.map((row) => ({ ...row, suggested: suggested.has(row.name) }));
  }

  async #cost(name: ArchitectureName, classes: number, size: number) {
    const key = `${name} ${classes} ${size}`;
    const known = this.#cache.get(key);
    if (known !== undefined) return known;
    await breathe();
    let cost: Cost | null = null;
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

/** 1e9 multiply-adds a second of a training, roughly: of a core, and of a GPU. */
const CORE_SPEED = 12;
const GPU_SPEED = 1500;
/** Work of a training step in forward passes: forward, and the gradients of pictures and weights. */
const STEP = 3;
const PATIENCE_SECONDS = 3600;
const SUGGESTED = 4;

/** Millions of parameters beyond which so few pictures are learned by heart rather than understood; a rule of thumb. */
const largestFor = (pictures: number) => (pictures < 1000 ? 15 : pictures < 10_000 ? 30 : Number.POSITIVE_INFINITY);

/** Up to four that suit the number of pictures and that the box trains within an hour, from the lightest to the heaviest; the lightest of all where none would. */
export function suggestedFor(rows: readonly Algorithm[], pictures: number, { cores, gpus }: Box): Set<string> {
  const speed = gpus.length > 0 ? GPU_SPEED : CORE_SPEED * cores;
  const byWork = rows.toSorted((a, b) => a.gflops - b.gflops);
  const affordable = byWork.filter(
    ({ gflops, parametersM, defaults: { epoch } }) => parametersM <= largestFor(pictures) && (STEP * gflops * pictures * epoch) / speed <= PATIENCE_SECONDS,
  );
  const from = affordable.length > 0 ? affordable : byWork.slice(0, 1);
  const count = Math.min(SUGGESTED, from.length);
  return new Set(Array.from({ length: count }, (_, i) => from[count === 1 ? 0 : Math.round((i * (from.length - 1)) / (count - 1))]!.name));
}
