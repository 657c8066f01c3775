/** A run's configuration in words: beside the steps while it is chosen, above the graphs when it runs, in the details when it has ended. */
import type { Algorithm, Preset, RunConfig } from '../../server/http/schemas.ts';
import { bytes, decimal } from '../i18n/format.ts';
import type { Key } from '../i18n/keys.ts';
import { t } from '../i18n/language.ts';
import { splitFacts } from './data-split.ts';

export interface ConfigurationFact {
  name: string;
  value: string;
}

import { parameterFacts } from './parameters.ts';
import { startText } from './start.ts';

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

/** `done` says which parts are confirmed; `algorithm` and `preset` add their figures where they are known. */
export function configurationParts(of: {
  config: RunConfig;
  dataset: string;
  algorithm: Algorithm | null;
  preset: Preset | null;
  done: { split: boolean; algorithm: boolean; resources: boolean };
}): ConfigurationPart[] {
  const { split, parameters } = of.config;
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
        ...(of.algorithm
          ? [
              { name: t('run.conf.size'), value: `${decimal(of.algorithm.parametersM)} × 10⁶` },
              { name: 'GFLOPs', value: gflopsText(of.algorithm.gflops) },
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
        ...(of.preset
          ? [
              { name: t('run.preset.gpu'), value: gpuText(of.preset) },
              { name: t('run.preset.cpu'), value: t('run.preset.cores', { n: of.preset.cores }) },
              { name: t('run.preset.ram'), value: memoryText(of.preset) },
            ]
          : []),
      ],
    },
  ];
}
