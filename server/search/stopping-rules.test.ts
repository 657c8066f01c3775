import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ashaRule, rungs } from './asha.ts';
import { medianRule } from './median.ts';
import type { Training } from './stopping.ts';
import type { Direction, Trial, TrialState } from './trial.ts';

const training = (direction: Direction = 'minimize', maxResource = 9): Training => ({ direction, maxResource });

/** A trial that has reported these values after resource 1, 2, … */
const trial = (id: number, state: TrialState, values: (number | null)[], until = 9): Trial => ({
  id,
  params: {},
  state,
  reports: values.map((value, i) => ({ resource: i + 1, value })),
  value: state === 'succeeded' ? (values.at(-1) ?? null) : null,
  until,
});

test('median: stops what is worse than the median at the same resource', () => {
  const rule = medianRule({ minTrials: 3, minResource: 2 });
  // The best of the first two reports: 0.8, 0.6, 0.4, upside down 0.9, 0.7, 0.6; the medians are 0.6 and 0.7.
  const finished = [trial(0, 'succeeded', [0.9, 0.8, 0]), trial(1, 'succeeded', [0.6, 0.7, 0]), trial(2, 'succeeded', [0.6, 0.4, 0])];
  const stops = (values: (number | null)[], direction: Direction = 'minimize', others = finished): boolean => {
    const running = trial(3, 'running', values);
    return rule.stops(training(direction), [...others, running], running);
  };
  assert.is(stops([0.9, 0.61]), true);
  assert.is(stops([0.9, 0.6]), false, 'as good as the median');
  assert.is(stops([0.59, 5]), false, 'its best value counts');
  assert.is(stops([0.9]), false, 'before minResource');
  assert.is(stops([]), false, 'nothing reported');
  assert.is(stops([0.69, 0.1], 'maximize'), true);
  assert.is(stops([0.71, 0.1], 'maximize'), false);
  assert.is(stops([9, 9], 'minimize', finished.slice(0, 2)), false, 'fewer than minTrials');
  assert.is(stops([null, null]), true, 'diverged');
  assert.is(stops([null, 0.1]), false, 'a gap is forgiven');
  assert.is(stops([9, 9, 9, 9, 9, 9, 9, 9, 9]), false, 'at its end already');
  const unfinished = finished.map((other) => ({ ...other, state: 'pruned' as const, value: null }));
  assert.is(stops([9, 9], 'minimize', unfinished), false, 'only finished trials set the mark');
  assert.is(rule.until(training()), 9);
  assert.is(rule.resume(training(), finished, true), null);
});

test('asha: rungs grow by eta, and none is too near to the end', () => {
  assert.equal(rungs(27, { minResource: 1, eta: 3 }), [1, 3, 9, 27]);
  assert.equal(rungs(10, { minResource: 1, eta: 3 }), [1, 3, 10]);
  assert.equal(rungs(2, { minResource: 1, eta: 3 }), [2]);
  assert.equal(rungs(1, { minResource: 1, eta: 3 }), [1]);
  assert.equal(rungs(20, { minResource: 4, eta: 2 }), [4, 8, 20]);
  assert.throws(() => ashaRule({ eta: 1 }), /eta/);
});

test('asha: promotes the best third of a rung, the highest rung first', () => {
  const rule = ashaRule({ minResource: 1, eta: 3 });
  const resume = (trials: Trial[], direction: Direction = 'minimize', last = false) => rule.resume(training(direction), trials, last);
  assert.is(rule.until(training()), 1);
  const two = [trial(0, 'paused', [0.5], 1), trial(1, 'paused', [0.4], 1)];
  assert.is(resume(two), null, 'a third of two is none');
  const three = [...two, trial(2, 'paused', [0.6], 1)];
  assert.equal(resume(three), { trial: 1, until: 3 });
  assert.equal(resume(three, 'maximize'), { trial: 2, until: 3 });
  // Promoted ones stay in the count of their rung, and are not promoted again.
  const promoted = three.map((t) => (t.id === 1 ? { ...t, state: 'running' as const, until: 3 } : t));
  assert.is(resume(promoted), null);
  const more = [...promoted, trial(3, 'paused', [0.45], 1), trial(4, 'paused', [0.9], 1), trial(5, 'running', [], 1)];
  assert.is(resume(more), null, 'five on the rung still promote one');
  assert.equal(resume([...more.slice(0, 5), trial(5, 'paused', [0.8], 1)]), { trial: 3, until: 3 });
  const high = [trial(6, 'paused', [0.1, 0.2, 0.3], 3), trial(7, 'paused', [0.1, 0.2, 0.2], 3), trial(8, 'paused', [0.1, 0.2, 0.4], 3)];
  assert.equal(resume([...three, ...high]), { trial: 7, until: 9 }, 'the highest rung first');
});

test('asha: a diverged or failed trial is not promoted; a failed one leaves its place to the next', () => {
  const rule = ashaRule({ minResource: 1, eta: 3 });
  assert.is(rule.resume(training(), [trial(0, 'paused', [null], 1), trial(1, 'paused', [null], 1), trial(2, 'paused', [null], 1)], false), null);
  const failed = [trial(0, 'failed', [0.1], 3), trial(1, 'paused', [0.2], 1), trial(2, 'paused', [0.3], 1), trial(3, 'paused', [0.4], 1)];
  assert.equal(rule.resume(training(), failed, false), { trial: 1, until: 3 });
});

test('asha: at the end of a small study the best trial is brought to the end, and only then the others are given up', () => {
  const rule = ashaRule({ minResource: 1, eta: 3 });
  const low = [trial(0, 'paused', [0.5], 1), trial(1, 'paused', [0.4], 1)];
  assert.equal(rule.resume(training(), low, true), { trial: 1, until: 3 });
  const higher = [low[0]!, trial(1, 'paused', [0.4, 0.4, 0.4], 3)];
  assert.equal(rule.resume(training(), higher, true), { trial: 1, until: 9 });
  assert.is(rule.resume(training(), [low[0]!, trial(1, 'succeeded', [0.4, 0.4, 0.4])], true), null);
});

test.run();
