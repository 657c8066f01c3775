import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Schedule, WarmUp } from './schedules.ts';
import { learningRate } from './schedules.ts';

function close(schedule: Schedule, expected: readonly number[], warmUp?: WarmUp): void {
  expected.forEach((rate, step) => {
    const found = learningRate(schedule, 0.1, step, expected.length, warmUp);
    assert.ok(Math.abs(found - rate) < 1e-8, `${schedule.kind}, step ${step}: ${found} instead of ${rate}`);
  });
}

// Expected values: torch.optim.lr_scheduler 1.13.
test('schedules are those of torch', () => {
  close({ kind: 'constant' }, [0.1, 0.1, 0.1]);
  close({ kind: 'step', every: 2, factor: 0.5 }, [0.1, 0.1, 0.05, 0.05, 0.025]);
  close({ kind: 'cosine', floor: 0.1 }, [0.1, 0.091405765, 0.068905765, 0.041094235, 0.018594235]);
  close({ kind: 'oneCycle' }, [0.004, 0.052, 0.1, 0.095048463, 0.081174565, 0.061126202, 0.038874198, 0.018825835, 0.004951937, 4e-7]);
});

test('a warm-up grows evenly, then the schedule has the rest of the steps', () => {
  close({ kind: 'constant' }, [0.025, 0.04375, 0.0625, 0.08125, 0.1, 0.1], { steps: 4, from: 0.25 });
  close({ kind: 'cosine', floor: 0.1 }, [0.05, 0.075, 0.1, 0.091405765, 0.068905765, 0.041094235, 0.018594235], { steps: 2 });
});

test('schedules of very few steps are finite', () => {
  for (const kind of ['constant', 'cosine', 'oneCycle'] as const) {
    for (const total of [1, 2, 3]) {
      for (let step = 0; step < total; step++) {
        const rate = learningRate({ kind }, 0.1, step, total, { steps: 5 });
        assert.ok(rate > 0 && rate <= 0.1, `${kind}, step ${step} of ${total}: ${rate}`);
      }
    }
  }
});

test.run();
