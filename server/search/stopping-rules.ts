/** All stopping rules by name. */
import { type AshaOptions, ashaRule } from './asha.ts';
import { type MedianOptions, medianRule } from './median.ts';
import { never, type StoppingRule } from './stopping.ts';

export const STOPPING_NAMES = ['none', 'median', 'asha'] as const;
export type StoppingName = (typeof STOPPING_NAMES)[number];

/** What a study's settings say about stopping; a missing option has its default. */
export type Stopping = { readonly name: 'none' } | ({ readonly name: 'median' } & Partial<MedianOptions>) | ({ readonly name: 'asha' } & Partial<AshaOptions>);

export function stoppingRule(stopping: Stopping): StoppingRule {
  switch (stopping.name) {
    case 'none':
      return never;
    case 'median':
      return medianRule(stopping);
    case 'asha':
      return ashaRule(stopping);
  }
}
