/**
 * The median rule: a trial whose best value so far is worse than the median of what the finished trials had, on average, up to the same resource, is
 * stopped. Source: D. Golovin et al. 2017, "Google Vizier: A Service for Black-Box Optimization", KDD, §3.2.2.
 */
import { never, type StoppingRule } from './stopping.ts';
import { compareValues, type Trial } from './trial.ts';

export interface MedianOptions {
  /** Finished trials before the first one is stopped: a median of few says nothing. */
  readonly minTrials: number;
  /** Resource before which no trial is stopped: first epochs are noise. */
  readonly minResource: number;
}

export const MEDIAN_DEFAULTS: MedianOptions = { minTrials: 3, minResource: 2 };

const upTo = (trial: Trial, resource: number): number[] =>
  trial.reports.filter((report) => report.resource <= resource).flatMap(({ value }) => (value === null ? [] : [value]));

function median(values: number[]): number {
  const sorted = values.sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export function medianRule(options: Partial<MedianOptions> = {}): StoppingRule {
  const { minTrials, minResource } = { ...MEDIAN_DEFAULTS, ...options };
  return {
    ...never,
    stops({ direction, maxResource }, trials, trial) {
      const resource = trial.reports.at(-1)?.resource;
      // The last report is the end: nothing is left to save.
      if (resource === undefined || resource < minResource || resource >= maxResource) return false;
      const averages = trials.flatMap((other) => {
        const values = other.state === 'succeeded' ? upTo(other, resource) : [];
        return values.length === 0 ? [] : [values.reduce((sum, value) => sum + value, 0) / values.length];
      });
      if (averages.length < minTrials) return false;
      const values = upTo(trial, resource);
      // Nothing finite in all that time: the training diverged.
      if (values.length === 0) return true;
      const best = values.reduce((a, b) => (compareValues(direction, a, b) <= 0 ? a : b));
      return compareValues(direction, best, median(averages)) > 0;
    },
  };
}
