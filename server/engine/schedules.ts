/** How the learning rate goes over a training; as torch.optim.lr_scheduler has it, in steps. */
export type Schedule =
  | { readonly kind: 'constant' }
  /** Multiplied by `factor` after every `every` steps. */
  | { readonly kind: 'step'; readonly every: number; readonly factor: number }
  /** Half a cosine from the rate down to `floor` times the rate (Loshchilov & Hutter 2017, equation 5, without restarts). Default floor 0. */
  | { readonly kind: 'cosine'; readonly floor?: number }
  /**
   * Up by half a cosine from peak/`divisor` for the first `rise` of the steps, then down to peak/(divisor·`finalDivisor`) (Smith & Topin 2018).
   * Defaults as torch's OneCycleLR: 0.3, 25 and 10000.
   */
  | { readonly kind: 'oneCycle'; readonly rise?: number; readonly divisor?: number; readonly finalDivisor?: number };

export interface WarmUp {
  /** Steps over which the rate grows evenly to what the schedule says. */
  readonly steps: number;
  /** Share of the rate in the first step. Default 1/steps. */
  readonly from?: number;
}

/** Half a cosine from `start` to `end` as `share` goes from 0 to 1. */
const halfCosine = (start: number, end: number, share: number) => end + ((start - end) * (1 + Math.cos(Math.PI * share))) / 2;

/**
 * The learning rate of one step.
 * @param rate the base rate; the peak of one-cycle
 * @param step from 0
 * @param total number of steps of the whole training, warm-up included
 */
export function learningRate(schedule: Schedule, rate: number, step: number, total: number, warmUp?: WarmUp): number {
  const warm = warmUp ? Math.min(warmUp.steps, total) : 0;
  if (warmUp && step < warm) {
    const { from = 1 / warm } = warmUp;
    // The share reaches 1 in the first step after the warm-up.
    return scheduled(schedule, rate, 0, total - warm) * (from + ((1 - from) * step) / warm);
  }
  return scheduled(schedule, rate, step - warm, total - warm);
}

function scheduled(schedule: Schedule, rate: number, step: number, total: number): number {
  switch (schedule.kind) {
    case 'constant':
      return rate;
    case 'step':
      return rate * schedule.factor ** Math.floor(step / schedule.every);
    case 'cosine':
      return halfCosine(rate, rate * (schedule.floor ?? 0), total > 0 ? Math.min(step / total, 1) : 0);
    case 'oneCycle': {
      const { rise = 0.3, divisor = 25, finalDivisor = 1e4 } = schedule;
      const top = rise * total - 1;
      const first = rate / divisor;
      if (step <= top) return halfCosine(first, rate, top > 0 ? step / top : 1);
      const last = total - 1;
      return halfCosine(rate, first / finalDivisor, last > top ? Math.min((step - top) / (last - top), 1) : 1);
    }
  }
}
