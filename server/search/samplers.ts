/** All samplers by name. */
import { grid } from './grid.ts';
import { random } from './random.ts';
import type { Sampler } from './sampler.ts';
import { sobol } from './sobol.ts';
import { tpe } from './tpe.ts';

export const SAMPLER_NAMES = ['tpe', 'sobol', 'random', 'grid'] as const;
export type SamplerName = (typeof SAMPLER_NAMES)[number];

export const samplers: { readonly [name in SamplerName]: Sampler } = { tpe, sobol, random, grid };
