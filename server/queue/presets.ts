/** Presets: what a person may choose in the Resources step, from appliance.conf or as the administrator has changed them, fitted to the box. */
import { availableParallelism, totalmem } from 'node:os';
import type { Config, PresetSettings as FilePreset } from '../config.ts';
import { StudioError } from '../errors.ts';
import type { PresetSetting, PresetSettings } from '../http/preset-schemas.ts';
import type { Preset } from '../http/schemas.ts';
import type { Document } from '../store/collection.ts';
import type { Allocation, Box, GpuOfBox, Need } from './allocation.ts';
import type { StoredJob } from './jobs.ts';

/** For the system and the daemon itself, MiB. */
const RESERVED_MB = 1024;

/** What trainings may use of this machine; the memory of the slots beside them (light ones and the quick one) is set aside. */
export function boxOf(config: Pick<Config, 'box' | 'queue'>, found: readonly GpuOfBox[]): Box {
  const { box, queue } = config;
  const limit = process.constrainedMemory() ?? 0;
  const total = Math.floor((limit > 0 ? Math.min(limit, totalmem()) : totalmem()) / 2 ** 20);
  const automatic = Math.max(Math.floor(total / 2), total - RESERVED_MB - (queue.light_slots + 1) * queue.light_memory_mb);
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

/** What the administrator has changed; null: the presets are those of appliance.conf. */
export interface EditedPresets {
  presets: PresetSetting[] | null;
}

export class Presets {
  readonly #defaults: readonly PresetSetting[];
  readonly #edited: Document<EditedPresets>;
  readonly #allocation: Allocation;
  readonly #usesOf: (name: string) => number;
  readonly #tell: (names: string[]) => void;

  /** `usesOf`: how much waits or runs with a preset. `tell` hears of each change. */
  constructor(
    fromFile: readonly FilePreset[],
    edited: Document<EditedPresets>,
    allocation: Allocation,
    usesOf: (name: string) => number,
    tell: (names: string[]) => void,
  ) {
    this.#defaults = fromFile.map(({ name, gpu, gpu_memory_mb, device, cores, memory_mb }) => ({
      name,
      gpu,
      gpuMemoryMb: gpu_memory_mb,
      device,
      cores,
      memoryMb: memory_mb,
    }));
    this.#edited = edited;
    this.#allocation = allocation;
    this.#usesOf = usesOf;
    this.#tell = tell;
  }

  get #presets(): readonly PresetSetting[] {
    return this.#edited.data.presets ?? this.#defaults;
  }

  list(): Preset[] {
    return this.#presets.map((preset) => {
      const need = this.#need(preset);
      return { name: preset.name, gpu: need.gpu, gpuMemoryMb: need.gpuMemoryMb, cores: need.cores, memoryMb: need.memoryMb, ...this.#fitOf(need) };
    });
  }

  /** Whether something can be queued with it, and whether that waits for a GPU that the box has had. */
  #fitOf(need: Need): Pick<Preset, 'fits' | 'gpuMissing'> {
    const fits = this.#allocation.couldFit(need);
    return { fits, gpuMissing: fits && !this.#allocation.fits(need) };
  }

  /** What a preset asks for; a GPU that is missing just now is waited for. Throws preset_unknown or preset_too_large. */
  need(name: string): Need {
    const preset = this.#presets.find((candidate) => candidate.name === name);
    if (preset === undefined) throw new StudioError('preset_unknown', { name });
    const need = this.#need(preset);
    if (!this.#allocation.couldFit(need)) throw new StudioError('preset_too_large', { name });
    return need;
  }

  /** See Allocation.gpuMemoryFor(). */
  gpuMemoryFor(need: Need): number | null {
    return this.#allocation.gpuMemoryFor(need);
  }

  /**
   * Of a job that has waited while the daemon was away: what it was promised, or what its preset is now where the box has become too small for that. Where a
   * GPU alone is missing the promise stands, and it waits.
   */
  kept({ need, resources }: Readonly<StoredJob>): Need {
    return need !== undefined && this.#allocation.fitsButForGpu(need) ? need : this.need(resources.preset ?? '');
  }

  // ---------------------------------------------------------------- the administrator's

  settings(): PresetSettings {
    const { cores, memoryMb, gpus } = this.#allocation.box;
    return {
      presets: this.#presets.map((preset) => ({ ...preset, ...this.#fitOf(this.#need(preset)), uses: this.#usesOf(preset.name) })),
      edited: this.#edited.data.presets !== null,
      box: { cores, memoryMb, gpus: gpus.map((gpu) => ({ ...gpu })) },
    };
  }

  /** Throws preset_name_taken, preset_over_box or preset_in_use. */
  change(presets: readonly PresetSetting[]): Promise<PresetSettings> {
    const wanted = presets.map((preset) => ({ ...preset, name: preset.name.trim(), gpu: preset.gpu.trim() }));
    const names = new Set<string>();
    for (const preset of wanted) {
      if (names.has(preset.name)) throw new StudioError('preset_name_taken', { name: preset.name });
      names.add(preset.name);
      if (!this.#allocation.couldFit(this.#need(preset))) throw new StudioError('preset_over_box', { name: preset.name });
    }
    return this.#put(wanted);
  }

  /** Back to those of appliance.conf. Throws preset_in_use. */
  reset(): Promise<PresetSettings> {
    return this.#put(null);
  }

  async #put(presets: PresetSetting[] | null): Promise<PresetSettings> {
    await this.#edited.update(() => {
      const names = new Set((presets ?? this.#defaults).map(({ name }) => name));
      for (const { name } of this.#presets) {
        const count = names.has(name) ? 0 : this.#usesOf(name);
        if (count > 0) throw new StudioError('preset_in_use', { name, count });
      }
      return { presets };
    });
    this.#tell(this.#presets.map(({ name }) => name));
    return this.settings();
  }

  #need(preset: PresetSetting): Need {
    const { box } = this.#allocation;
    return {
      cores: preset.cores === 0 ? box.cores : preset.cores,
      memoryMb: preset.memoryMb === 0 ? box.memoryMb : preset.memoryMb,
      gpu: preset.gpu === '' ? null : preset.gpu,
      gpuMemoryMb: preset.gpuMemoryMb,
      device: preset.device ?? 'auto',
    };
  }
}
