/**
 * The median rule: a trial whose best value so far is worse than the median of what the finished trials had reached, at best, with the same resource, is
 * stopped. Source: D. Golovin et al. 2017, "Google Vizier: A Service for Black-Box Optimization", KDD, §3.2.2. There the median is taken of the running
 * averages; but on curves that rise from the first epoch to the last, as ours do, even a bad trial's best lies above a good one's average, and hardly
 * any is stopped. Like is compared with like here.
 */
import { never, type StoppingRule } from './stopping.ts';
import { compareValues, type Direction, type Trial } from './trial.ts';

export interface MedianOptions {
  /** Finished trials before the first one is stopped: a median of few says nothing. */
  readonly minTrials: number;
  /** Resource before which no trial is stopped: first epochs are noise. */
  readonly minResource: number;
}

export const MEDIAN_DEFAULTS: MedianOptions = { minTrials: 3, minResource: 2 };

/** The best finite value up to a resource; null where there is none. */
function bestUpTo({ reports }: Trial, resource: number, direction: Direction): number | null {
  let best: number | null = null;
  for (const report of reports) {
    if (report.resource > resource) break;
    if (report.value !== null && (best === null || compareValues(direction, report.value, best) < 0)) best = report.value;
  }
  return best;
}

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
      const marks = trials.flatMap((other) => (other.state === 'succeeded' ? (bestUpTo(other, resource, direction) ?? []) : []));
      if (marks.length < minTrials) return false;
      const best = bestUpTo(trial, resource, direction);
      // Nothing finite in all that time: the training diverged.
      return best === null || compareValues(direction, best, median(marks)) > 0;
    },
  };
}
