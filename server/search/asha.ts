/**
 * Asynchronous successive halving: all trials are trained a little, the best 1/eta of them eta times as long, the best 1/eta of those again, … up to the
 * end. Nobody waits for a round to be complete: whenever resources are free, the highest trial that belongs to the best 1/eta of its rung *now* goes on
 * from its checkpoint; if there is none, a new trial starts at the bottom. Source: L. Li et al. 2020, "A System for Massively Parallel Hyperparameter
 * Tuning", MLSys, algorithm 2.
 *
 * Beyond the paper: its trials never run out, ours do. When the last one has been started, the best paused trial goes on where no trial would finish
 * otherwise (small studies have fewer than eta trials in a rung).
 */
import type { StoppingRule, Training } from './stopping.ts';
import { compareValues, type Trial } from './trial.ts';

export interface AshaOptions {
  /** Resource of the lowest rung. */
  readonly minResource: number;
  /** Reduction factor, at least 2. */
  readonly eta: number;
}

export const ASHA_DEFAULTS: AshaOptions = { minResource: 1, eta: 3 };

/** Resources of the rungs, ascending, the last being maxResource: r, r·eta, r·eta², … None lies within a factor eta of the end: it would save too little. */
export function rungs(maxResource: number, { minResource, eta }: AshaOptions): number[] {
  const resources: number[] = [];
  for (let resource = Math.max(1, minResource); resource * eta <= maxResource; resource *= eta) resources.push(Math.floor(resource));
  return [...resources, maxResource];
}

/** The objective that a trial had at a rung; undefined where it has not come so far, null where it was not finite. */
const valueAt = (trial: Trial, resource: number): number | null | undefined => trial.reports.find((report) => report.resource >= resource)?.value;

export function ashaRule(options: Partial<AshaOptions> = {}): StoppingRule {
  const resolved = { ...ASHA_DEFAULTS, ...options };
  if (!(resolved.eta >= 2)) throw new RangeError('eta must be at least 2');

  /** Those that reached a rung and have not failed since, the best first; equal ones in the order of their ids, those without a value last. */
  const onRung = ({ direction }: Training, trials: readonly Trial[], resource: number): Trial[] =>
    trials
      .filter(({ state }) => state !== 'failed' && state !== 'aborted')
      .map((trial) => ({ trial, value: valueAt(trial, resource) }))
      .filter(({ value }) => value !== undefined)
      .sort((a, b) => {
        const [x, y] = [a.value ?? null, b.value ?? null];
        if (x === null || y === null) return x === y ? a.trial.id - b.trial.id : x === null ? 1 : -1;
        return compareValues(direction, x, y) || a.trial.id - b.trial.id;
      })
      .map(({ trial }) => trial);

  /** Waits there and has learnt something: a training that diverged is not worth more. */
  const canGoOn = (trial: Trial, resource: number): boolean =>
    trial.state === 'paused' && trial.until === resource && typeof valueAt(trial, resource) === 'number';

  return {
    until: ({ maxResource }) => rungs(maxResource, resolved)[0]!,
    stops: () => false,
    resume(training, trials, last) {
      const resources = rungs(training.maxResource, resolved);
      for (let rung = resources.length - 2; rung >= 0; rung--) {
        const reached = onRung(training, trials, resources[rung]!);
        const promoted = reached.slice(0, Math.floor(reached.length / resolved.eta)).find((trial) => canGoOn(trial, resources[rung]!));
        if (promoted !== undefined) return { trial: promoted.id, until: resources[rung + 1]! };
      }
      if (!last || trials.some(({ state }) => state === 'succeeded')) return null;
      for (let rung = resources.length - 2; rung >= 0; rung--) {
        const best = onRung(training, trials, resources[rung]!).find((trial) => canGoOn(trial, resources[rung]!));
        if (best !== undefined) return { trial: best.id, until: resources[rung + 1]! };
      }
      return null;
    },
  };
}
