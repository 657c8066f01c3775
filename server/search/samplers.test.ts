/** What every sampler promises, checked on all of them. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { stream } from './rng.ts';
import type { Problem } from './sampler.ts';
import { SAMPLER_NAMES, samplers } from './samplers.ts';
import { cardinality, contains, keyOf, type Params, paramsAt, type Space } from './space.ts';
import type { Direction, Trial, TrialState } from './trial.ts';

const MIXED: Space = [
  { kind: 'float', name: 'rate', low: 1e-5, high: 1e-1, log: true },
  { kind: 'float', name: 'momentum', low: 0.5, high: 0.99 },
  { kind: 'int', name: 'layers', low: 1, high: 9, step: 2 },
  { kind: 'int', name: 'width', low: 8, high: 512, log: true },
  { kind: 'categorical', name: 'batch', choices: [4, 8, 16], ordered: true },
  { kind: 'categorical', name: 'optimizer', choices: ['sgd', 'adam', 'rmsprop'] },
  { kind: 'categorical', name: 'augment', choices: [true, false] },
];
const CHOICES: Space = [
  { kind: 'categorical', name: 'a', choices: ['x', 'y', 'z'] },
  { kind: 'categorical', name: 'b', choices: [1, 2, 3, 4] },
];
const SINGLE: Space = [
  { kind: 'float', name: 'fixed', low: 0.3, high: 0.3 },
  { kind: 'int', name: 'one', low: 5, high: 5 },
  { kind: 'categorical', name: 'only', choices: ['it'] },
];

const problem = (space: Space, options: Partial<Problem> = {}): Problem => ({ space, direction: 'minimize', seed: 7, maxTrials: 1000, ...options });
const trial = (id: number, params: Params, state: TrialState, value: number | null = null, reports: Trial['reports'] = []): Trial => ({
  id,
  params,
  state,
  value,
  reports,
  until: 10,
});
const loss = (params: Params): number =>
  (Math.log10(Number(params.rate ?? 1e-3)) + 3) ** 2 + Number(params.momentum ?? 0) + (params.optimizer === 'adam' ? 0 : 1);

for (const name of SAMPLER_NAMES) {
  const sampler = samplers[name];
  const test = suite(name);

  /** Suggests `count` trials, each of which ends as `end` says before the next is asked for. */
  const search = (asked: Problem, count: number, end: (id: number, params: Params) => Trial): Trial[] => {
    const trials: Trial[] = [];
    for (let id = 0; id < count; id++) {
      const params = sampler.suggest(asked, trials);
      if (params === null) break;
      trials.push(end(id, params));
    }
    return trials;
  };
  const succeed = (id: number, params: Params): Trial => trial(id, params, 'succeeded', loss(params));

  test('stays in the space, with the types of the space', () => {
    for (const direction of ['minimize', 'maximize'] satisfies Direction[]) {
      const trials = search(problem(MIXED, { direction }), 60, succeed);
      assert.is(trials.length, 60);
      for (const { params } of trials) assert.ok(contains(MIXED, params), JSON.stringify(params));
    }
  });

  test('is a pure function: the same seed and trials, the same parameters', () => {
    const trials = search(problem(MIXED), 30, succeed);
    for (const count of [0, 1, 4, 12, 30]) {
      const before = JSON.stringify(trials);
      const first = sampler.suggest(problem(MIXED), trials.slice(0, count));
      // As a daemon does that read its journal again.
      assert.equal(sampler.suggest(problem(MIXED), JSON.parse(before).slice(0, count)), first);
      if (count < 30) assert.equal(trials[count]!.params, first);
      assert.is(JSON.stringify(trials), before, 'the trials are not changed');
    }
  });

  test('goes elsewhere with another seed', () => {
    assert.not.equal(
      search(problem(MIXED, { seed: 1 }), 12, succeed).map(({ params }) => params),
      search(problem(MIXED, { seed: 2 }), 12, succeed).map(({ params }) => params),
    );
  });

  test('does not repeat itself among parallel trials, whether or not there are results', () => {
    for (const finished of [0, 15]) {
      const trials = search(problem(MIXED), finished, succeed);
      while (trials.length < finished + 10) {
        const params = sampler.suggest(problem(MIXED), trials)!;
        trials.push(trial(trials.length, params, trials.length % 2 === 0 ? 'draft' : 'running'));
      }
      assert.is(new Set(trials.map(({ params }) => keyOf(MIXED, params))).size, trials.length);
    }
  });

  test('works with trials of every outcome', () => {
    const rng = stream(3);
    const trials = search(problem(MIXED), 40, (id, params) => {
      const reports = [
        { resource: 1, value: rng.uniform() },
        { resource: 2, value: id % 3 === 0 ? null : rng.uniform() },
      ];
      const outcomes = [
        trial(id, params, 'succeeded', loss(params), reports),
        trial(id, params, 'pruned', null, reports),
        trial(id, params, 'paused', null, reports.slice(0, 1)),
        trial(id, params, 'failed'),
        trial(id, params, 'aborted'),
        trial(id, params, 'pruned'),
        trial(id, params, 'failed', null, reports),
        trial(id, params, 'running', null, reports),
      ];
      return outcomes[id % outcomes.length]!;
    });
    assert.is(trials.length, 40);
    for (const { params } of trials) assert.ok(contains(MIXED, params));
  });

  test('works where every trial failed, and where all values are equal', () => {
    assert.is(search(problem(MIXED), 30, (id, params) => trial(id, params, 'failed')).length, 30);
    assert.is(search(problem(MIXED), 30, (id, params) => trial(id, params, 'succeeded', 1)).length, 30);
    assert.is(search(problem(MIXED), 30, (id, params) => trial(id, params, 'succeeded', id % 2 === 0 ? 1e300 : -1e300)).length, 30);
  });

  test('tries each point of a finite space once, then ends', () => {
    for (const space of [CHOICES, SINGLE]) {
      const trials = search(problem(space), 1000, succeed);
      assert.is(trials.length, cardinality(space));
      assert.is(new Set(trials.map(({ params }) => keyOf(space, params))).size, trials.length);
      assert.is(sampler.suggest(problem(space), trials), null);
    }
  });

  test('keeps dimensions with a single value beside others', () => {
    const space: Space = [...SINGLE, { kind: 'float', name: 'x', low: 0, high: 1 }];
    for (const { params } of search(problem(space), 25, (id, params) => trial(id, params, 'succeeded', Number(params.x)))) {
      assert.equal({ ...params, x: 0 }, { fixed: 0.3, one: 5, only: 'it', x: 0 });
    }
  });

  test('takes a log scale for what it is: each decade gets its share', () => {
    const space: Space = [MIXED[0]!, { kind: 'float', name: 'other', low: 0, high: 1 }];
    // Nothing to learn, so that the model-based ones have no reason to leave the scale; the four decades expect 25 % each.
    const trials = search(problem(space, { maxTrials: 200 }), 200, (id, params) => trial(id, params, 'aborted'));
    const shares = [0, 0, 0, 0];
    for (const { params } of trials) shares[Math.min(3, Math.floor(Math.log10(Number(params.rate)) + 5))]! += 1 / trials.length;
    for (const share of shares) assert.ok(Math.abs(share - 0.25) < 0.07, `shares of the decades: ${shares}`);
  });

  test('goes on after parameters that it did not suggest', () => {
    const own: Params = { a: 'z', b: 4 };
    const trials = [trial(0, own, 'succeeded', 1)];
    for (let params = sampler.suggest(problem(CHOICES), trials); params !== null; params = sampler.suggest(problem(CHOICES), trials)) {
      trials.push(trial(trials.length, params, 'succeeded', 1));
    }
    assert.is(new Set(trials.map(({ params }) => keyOf(CHOICES, params))).size, 12);
  });

  test('manages 500 trials', () => {
    const trials = Array.from({ length: 490 }, (_, id) => {
      const rng = stream(5, id);
      return succeed(
        id,
        paramsAt(
          MIXED,
          MIXED.map(() => rng.uniform()),
        ),
      );
    });
    while (trials.length < 500) trials.push(succeed(trials.length, sampler.suggest(problem(MIXED), trials)!));
    for (const { params } of trials.slice(490)) assert.ok(contains(MIXED, params));
    assert.is(new Set(trials.map(({ params }) => keyOf(MIXED, params))).size, 500);
  });

  test.run();
}
