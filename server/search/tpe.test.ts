import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { erfc, normalMass } from './normal.ts';
import { ParzenEstimator } from './parzen.ts';
import { random } from './random.ts';
import { stream } from './rng.ts';
import type { Sampler } from './sampler.ts';
import type { Params, Space } from './space.ts';
import { ranked, tpe } from './tpe.ts';
import type { Direction, Trial } from './trial.ts';

test('the normal integral, in the middle and in the tails', () => {
  const near = (actual: number, expected: number): boolean => Math.abs(actual - expected) <= 2e-7 * expected;
  assert.ok(near(erfc(0.5), 0.4795001221869535));
  assert.ok(near(erfc(5), 1.5374597944280349e-12));
  assert.ok(near(normalMass(-1, 1), 0.6826894921370859));
  assert.ok(near(normalMass(-7, -6), normalMass(6, 7)));
  assert.ok(near(normalMass(6, 7), 9.853076e-10) || Math.abs(normalMass(6, 7) - 9.853e-10) < 1e-13);
});

test('the density of a Parzen estimator adds up to 1 over the space', () => {
  const observed: Params[] = [
    { x: 0.1, n: 3, c: 'a' },
    { x: 0.9, n: 1, c: 'b' },
    { x: 0.95, n: 1, c: 'a' },
  ];
  const space: Space = [
    { kind: 'float', name: 'x', low: 0, high: 1 },
    { kind: 'int', name: 'n', low: 1, high: 4 },
    { kind: 'categorical', name: 'c', choices: ['a', 'b', 'c'] },
  ];
  for (const count of [0, 1, 3]) {
    const estimator = new ParzenEstimator(space, observed.slice(0, count), [1, 2, 0.5].slice(0, count));
    let total = 0;
    const steps = 1000;
    for (let i = 0; i < steps; i++) {
      for (const n of [1, 2, 3, 4]) for (const c of ['a', 'b', 'c']) total += Math.exp(estimator.logDensity({ x: (i + 0.5) / steps, n, c })) / steps;
    }
    assert.ok(Math.abs(total - 1) < 1e-4, `${count} observations: ${total}`);
  }
});

test('draws follow the density', () => {
  const space: Space = [
    { kind: 'int', name: 'n', low: 1, high: 4 },
    { kind: 'categorical', name: 'c', choices: ['a', 'b'] },
  ];
  const estimator = new ParzenEstimator(
    space,
    [
      { n: 2, c: 'b' },
      { n: 3, c: 'b' },
    ],
    [1, 3],
  );
  const rng = stream(11);
  const counts = new Map<string, number>();
  const draws = 20_000;
  for (let i = 0; i < draws; i++) {
    const { n, c } = estimator.sample(rng);
    counts.set(`${n}${c}`, (counts.get(`${n}${c}`) ?? 0) + 1);
  }
  for (const n of [1, 2, 3, 4]) {
    for (const c of ['a', 'b']) {
      const expected = Math.exp(estimator.logDensity({ n, c }));
      assert.ok(Math.abs((counts.get(`${n}${c}`) ?? 0) / draws - expected) < 0.015, `${n}${c}: expected ${expected}`);
    }
  }
});

const trialOf = (id: number, params: Params, value: number): Trial => ({ id, params, state: 'succeeded', value, reports: [], until: 1 });

test('finished trials rank before stopped ones, those before the ones that came less far', () => {
  const base = { params: {}, until: 9, value: null };
  const trials: Trial[] = [
    { ...base, id: 0, state: 'pruned', reports: [{ resource: 3, value: 0.1 }] },
    { ...base, id: 1, state: 'succeeded', value: 5, reports: [] },
    { ...base, id: 2, state: 'paused', reports: [{ resource: 9, value: 7 }] },
    { ...base, id: 3, state: 'succeeded', value: 4, reports: [] },
    { ...base, id: 4, state: 'pruned', reports: [{ resource: 3, value: 0.05 }] },
    { ...base, id: 5, state: 'failed', reports: [{ resource: 3, value: 0 }] },
    { ...base, id: 6, state: 'pruned', reports: [{ resource: 3, value: null }] },
  ];
  assert.equal(
    ranked(trials, 'minimize').map(({ id }) => id),
    [3, 1, 2, 4, 0, 6],
  );
  assert.equal(
    ranked(trials, 'maximize').map(({ id }) => id),
    [1, 3, 2, 0, 4, 6],
  );
});

const BOWL: Space = [
  { kind: 'float', name: 'rate', low: 1e-5, high: 1, log: true },
  { kind: 'float', name: 'x', low: -5, high: 5 },
  { kind: 'int', name: 'n', low: 1, high: 12 },
  { kind: 'categorical', name: 'c', choices: ['a', 'b', 'c'] },
];
const bowl = (p: Params): number => (Math.log10(Number(p.rate)) + 3) ** 2 + (Number(p.x) - 2) ** 2 + 0.1 * (Number(p.n) - 9) ** 2 + (p.c === 'b' ? 0 : 1);

/** The best bowl value of a search; `parallel` trials are open at any time. */
function search(sampler: Sampler, seed: number, direction: Direction, budget: number, parallel = 1): number {
  const sign = direction === 'minimize' ? 1 : -1;
  const trials: Trial[] = [];
  for (let id = 0; id < budget; id++) {
    const ended = id - parallel;
    if (ended >= 0) trials[ended] = trialOf(ended, trials[ended]!.params, sign * bowl(trials[ended]!.params));
    trials.push({ ...trialOf(id, sampler.suggest({ space: BOWL, direction, seed, maxTrials: budget }, trials)!, 0), state: 'running', value: null });
  }
  return Math.min(...trials.map(({ params }) => bowl(params)));
}

test('learns: finds a far better place than random search, both ways up, also with four at a time', () => {
  const mean = (sampler: Sampler, direction: Direction, parallel: number): number => {
    let sum = 0;
    for (let seed = 0; seed < 8; seed++) sum += search(sampler, seed, direction, 60, parallel) / 8;
    return sum;
  };
  const reference = mean(random, 'minimize', 1);
  for (const direction of ['minimize', 'maximize'] satisfies Direction[]) {
    const alone = mean(tpe, direction, 1);
    assert.ok(alone < reference / 2, `${direction}: ${alone} against ${reference}`);
  }
  const together = mean(tpe, 'minimize', 4);
  assert.ok(together < reference / 2, `four at a time: ${together} against ${reference}`);
});

const LINE: Space = [{ kind: 'float', name: 'x', low: 0, high: 1 }];
/** The suggestions after these trials, of 60 seeds. */
const suggestions = (trials: Trial[]): number[] =>
  Array.from({ length: 60 }, (_, seed) => Number(tpe.suggest({ space: LINE, direction: 'minimize', seed, maxTrials: 100 }, trials)!.x));
const valley = (id: number): Trial => trialOf(id, { x: (id + 0.5) / 20 }, Math.abs((id + 0.5) / 20 - 0.5));
const far = (from: number, xs: number[]): number => xs.reduce((sum, x) => sum + Math.abs(x - from) / xs.length, 0);

test('keeps away from where trials fail', () => {
  const valleys = Array.from({ length: 20 }, (_, id) => valley(id));
  const outcome = (state: 'failed' | 'aborted'): Trial[] => [
    ...valleys,
    ...[0.52, 0.54, 0.56, 0.58].map((x, i): Trial => ({ ...trialOf(20 + i, { x }, 0), state, value: null })),
  ];
  const beyond = (xs: number[]): number => xs.filter((x) => x > 0.5).length;
  // An aborted trial says nothing, a failed one does.
  const [said, silent] = [beyond(suggestions(outcome('failed'))), beyond(suggestions(outcome('aborted')))];
  assert.ok(silent > 15 && said < silent / 2, `${said} against ${silent} of 60`);
});

test('parallel trials spread: what is being tried is not tried beside it', () => {
  const valleys = Array.from({ length: 20 }, (_, id) => valley(id));
  const beside = (state: 'running' | 'aborted'): Trial[] => [...valleys, { ...trialOf(20, { x: 0.5 }, 0), state, value: null }];
  const [open, unknown] = [far(0.5, suggestions(beside('running'))), far(0.5, suggestions(beside('aborted')))];
  assert.ok(open > 1.2 * unknown, `${open} against ${unknown}`);
});

test.run();
