/**
 * The contract of the rules that end bad trials early. A rule is a pure function of the trials, like a sampler, and has two ways to save training:
 *
 * - It lets a new trial train only up to `until`. A trial that gets there without being finished is paused: its worker ends, its checkpoint is kept, its
 *   resources are free. `resume` says which paused trial goes on from its checkpoint, and how far. It never starts over.
 * - It looks at each report of a running trial, and `stops` it for good.
 *
 * Resource is whatever the study trains in, epochs as a rule; it counts from the start of the training, not from the last pause.
 */
import type { Direction, Trial } from './trial.ts';

export interface Training {
  readonly direction: Direction;
  /** Resource of a finished trial. */
  readonly maxResource: number;
}

export interface StoppingRule {
  /** How far a new trial is trained before it is looked at again; maxResource: to the end. */
  until(training: Training): number;
  /** Whether a running trial is to be ended for good after what it has reported. */
  stops(training: Training, trials: readonly Trial[], trial: Trial): boolean;
  /**
   * Which paused trial goes on now, and up to which resource. null: none, a new trial is the better use of free resources. `last`: there will be no new
   * trials any more and none is running; null then gives the paused ones up.
   */
  resume(training: Training, trials: readonly Trial[], last: boolean): { trial: number; until: number } | null;
}

/** Every trial is trained to its end. */
export const never: StoppingRule = {
  until: ({ maxResource }) => maxResource,
  stops: () => false,
  resume: () => null,
};
