/** A trial: one training with one set of parameters. Samplers and stopping rules see nothing else. */
import type { Params } from './space.ts';

/**
 * draft      proposed, waits for resources (at first, or again after it was promoted)
 * running    being trained
 * paused     trained up to `until`; its checkpoint is kept and the stopping rule may let it go on
 * succeeded  trained to the end and has a value
 * pruned     ended early by the stopping rule
 * failed     could not be trained, or has no finite value
 * aborted    stopped because the study was
 */
export type TrialState = 'draft' | 'running' | 'paused' | 'succeeded' | 'pruned' | 'failed' | 'aborted';

/** The objective after so much training. `resource` counts epochs (or whatever the study trains in); `value` is null where it was not finite. */
export interface Report {
  readonly resource: number;
  readonly value: number | null;
}

export interface Trial {
  /** From 0, in the order of proposal. */
  readonly id: number;
  readonly params: Params;
  readonly state: TrialState;
  /** In ascending order of resource. */
  readonly reports: readonly Report[];
  /** The objective of a succeeded trial; null for all others. */
  readonly value: number | null;
  /** How far it may be trained before the stopping rule is asked again. */
  readonly until: number;
}

export type Direction = 'minimize' | 'maximize';

/** Negative where `a` is the better objective, positive where `b` is. */
export const compareValues = (direction: Direction, a: number, b: number): number => (direction === 'minimize' ? a - b : b - a);

/** Waiting or running: its parameters are taken, its outcome is open. */
export const isPending = ({ state }: Trial): boolean => state === 'draft' || state === 'running';

/** The last finite objective that is known, with the resource it was reached at; null where there is none. A succeeded trial has resource Infinity. */
export function lastValue(trial: Trial): { resource: number; value: number } | null {
  if (trial.value !== null) return { resource: Number.POSITIVE_INFINITY, value: trial.value };
  for (let i = trial.reports.length - 1; i >= 0; i--) {
    const { resource, value } = trial.reports[i]!;
    if (value !== null) return { resource, value };
  }
  return null;
}
