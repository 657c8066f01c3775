/** A run's configuration in words: beside the steps while it is chosen, above the graphs when it runs, in the details when it has ended. */
import type { Algorithm, Dataset, Experiment, Preset, RunConfig } from '../../server/http/schemas.ts';
import { api } from '../api.ts';
import { bytes, decimal } from '../i18n/format.ts';
import type { Key } from '../i18n/keys.ts';
import { t } from '../i18n/language.ts';
import { splitFacts } from './data-split.ts';
import { parameterFacts } from './parameters.ts';
import { startText } from './start.ts';

export interface ConfigurationFact {
  name: string;
  value: string;
}

export interface ConfigurationPart {
  key: string;
  title: Key;
  done: boolean;
  facts: ConfigurationFact[];
}

export function memoryText(preset: Preset): string {
  return bytes(preset.memoryMb * 1024 * 1024);
}

export function gpuText(preset: Preset): string {
  if (!preset.gpu) return t('run.preset.noGpu');
  return preset.gpuMemoryMb ? `${preset.gpu}, ${bytes(preset.gpuMemoryMb * 1024 * 1024)}` : preset.gpu;
}

/** Small ones would all read 0.0. */
export function gflopsText(gflops: number): string {
  return decimal(gflops, gflops < 1 ? 3 : 2);
}

/** What an experiment was started with, for the figures beside the names. */
export interface Figures {
  algorithm: Algorithm | null;
  preset: Preset | null;
}

/** Without them (the dataset may be gone, or the page left) the names alone stand there. */
export async function figuresOf({ config, datasetId }: Pick<Experiment, 'config' | 'datasetId'>, signal: AbortSignal): Promise<Figures> {
  if (!config) return { algorithm: null, preset: null };
  try {
    const [presets, dataset] = await Promise.all([
      api.get<Preset[]>('/api/presets', undefined, signal),
      api.get<Dataset>(`/api/datasets/${datasetId}`, undefined, signal),
    ]);
    const query = { classes: Math.max(2, dataset.classes.length), size: config.parameters.input_size };
    const algorithms = await api.get<Algorithm[]>('/api/algorithms', query, signal);
    return {
      algorithm: algorithms.find(({ name }) => name === config.algorithm) ?? null,
      preset: presets.find(({ name }) => name === config.preset) ?? null,
    };
  } catch {
    return { algorithm: null, preset: null };
  }
}

/** `done` says which parts are confirmed; `figures` are added where they are known. */
export function configurationParts(of: {
  config: RunConfig;
  dataset: string;
  figures: Figures;
  done: { split: boolean; algorithm: boolean; resources: boolean };
}): ConfigurationPart[] {
  const { split, parameters } = of.config;
  const { algorithm, preset } = of.figures;
  return [
    {
      key: 'data',
      title: 'run.conf.data',
      done: of.done.split,
      facts: [{ name: t('run.conf.name'), value: of.dataset }, ...splitFacts(split)],
    },
    {
      key: 'algorithm',
      title: 'run.conf.algorithm',
      done: of.done.algorithm,
      facts: [
        { name: t('run.conf.name'), value: of.config.algorithm },
        ...(of.config.start ? [{ name: t('start.label'), value: startText(of.config.start) }] : []),
        ...(algorithm
          ? [
              { name: t('run.conf.size'), value: `${decimal(algorithm.parametersM)} × 10⁶` },
              { name: 'GFLOPs', value: gflopsText(algorithm.gflops) },
            ]
          : []),
      ],
    },
    {
      key: 'parameters',
      title: 'run.conf.parameters',
      done: of.done.algorithm,
      facts: parameterFacts(parameters),
    },
    {
      key: 'resources',
      title: 'run.conf.resources',
      done: of.done.resources,
      facts: [
        { name: t('run.conf.name'), value: of.config.preset },
        ...(preset
          ? [
              { name: t('run.preset.gpu'), value: gpuText(preset) },
              { name: t('run.preset.cpu'), value: t('run.preset.cores', { n: preset.cores }) },
              { name: t('run.preset.ram'), value: memoryText(preset) },
            ]
          : []),
      ],
    },
  ];
}
