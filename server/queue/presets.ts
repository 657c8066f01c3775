/** Presets: what a person may choose in the Resources step, from appliance.conf, fitted to the box. */
import { availableParallelism, totalmem } from 'node:os';
import type { Config, PresetSettings } from '../config.ts';
import { StudioError } from '../errors.ts';
import type { Preset } from '../http/schemas.ts';
import type { Allocation, Box, GpuOfBox, Need } from './allocation.ts';

/** For the system and the daemon itself, MiB. */
const RESERVED_MB = 1024;

/** What trainings may use of this machine; the memory of the light jobs' slots is set aside. */
export function boxOf(config: Pick<Config, 'box' | 'queue'>, found: readonly GpuOfBox[]): Box {
  const { box, queue } = config;
  const limit = process.constrainedMemory() ?? 0;
  const total = Math.floor((limit > 0 ? Math.min(limit, totalmem()) : totalmem()) / 2 ** 20);
  const automatic = Math.max(Math.floor(total / 2), total - RESERVED_MB - queue.light_slots * queue.light_memory_mb);
  const gpus =
    box.gpus === 'auto'
      ? found
      : Array.from({ length: box.gpus }, (_, i) => ({ name: found[i]?.name ?? 'GPU', memoryMb: box.gpu_memory_mb || (found[i]?.memoryMb ?? 0) }));
  return {
    cores: box.cores === 'auto' ? availableParallelism() : box.cores,
    memoryMb: box.memory_mb === 'auto' ? automatic : box.memory_mb,
    gpus,
  };
}

export class Presets {
  readonly #presets: readonly PresetSettings[];
  readonly #allocation: Allocation;

  constructor(presets: readonly PresetSettings[], allocation: Allocation) {
    this.#presets = presets;
    this.#allocation = allocation;
  }

  list(): Preset[] {
    return this.#presets.map((preset) => {
      const need = this.#need(preset);
      return { name: preset.name, gpu: need.gpu, gpuMemoryMb: need.gpuMemoryMb, cores: need.cores, memoryMb: need.memoryMb, fits: this.#allocation.fits(need) };
    });
  }

  /** What a preset asks for. Throws preset_unknown or preset_too_large. */
  need(name: string): Need {
    const preset = this.#presets.find((candidate) => candidate.name === name);
    if (preset === undefined) throw new StudioError('preset_unknown', { name });
    const need = this.#need(preset);
    if (!this.#allocation.fits(need)) throw new StudioError('preset_too_large', { name });
    return need;
  }

  #need(preset: PresetSettings): Need {
    const { box } = this.#allocation;
    return {
      cores: preset.cores === 0 ? box.cores : preset.cores,
      memoryMb: preset.memory_mb === 0 ? box.memoryMb : preset.memory_mb,
      gpu: preset.gpu === '' ? null : preset.gpu,
      gpuMemoryMb: preset.gpu_memory_mb,
    };
  }
}
