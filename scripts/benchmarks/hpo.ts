/**
 * Compares the samplers of server/search on functions with a known optimum. JSON lines on stdout: one a function, budget and sampler (mean rank among the
 * samplers, 1 the best; mean normalised regret: 0 the optimum, 1 the median of the space), then the means over all functions, then what the
 * stopping rules save, then a sampler's own time.
 *
 *     hpo [--seeds 20] [--first-seed 1] [--budgets 10,25,100] [--functions branin,levy4] [--samplers tpe,random] [--parallel 1]
 */
import { parseArgs } from 'node:util';
import { SAMPLER_NAMES, type SamplerName, samplers } from '../../server/search/samplers.ts';
import { sobolPoint } from '../../server/search/sobol.ts';
import { type Params, paramsAt, type Space } from '../../server/search/space.ts';
import { STOPPING_NAMES, type StoppingName } from '../../server/search/stopping-rules.ts';
import { Study } from '../../server/search/study.ts';
import type { Trial } from '../../server/search/trial.ts';

interface TestFunction {
  readonly space: Space;
  /** To be minimised. */
  value(params: Params): number;
  readonly optimum: number;
}

const cube = (dimensions: number, low: number, high: number): Space =>
  Array.from({ length: dimensions }, (_, i) => ({ kind: 'float', name: `x${i}`, low, high }));

/** A function of a vector on a cube. Definitions: Surjanovic & Bingham, "Virtual Library of Simulation Experiments"; Dixon & Szegő 1978. */
const onCube = (space: Space, optimum: number, f: (x: number[]) => number): TestFunction => ({
  space,
  optimum,
  value: (params) => f(space.map(({ name }) => Number(params[name]))),
});

const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);
const square = (x: number): number => x * x;

function ackley(x: number[]): number {
  const n = x.length;
  return -20 * Math.exp(-0.2 * Math.sqrt(sum(x.map(square)) / n)) - Math.exp(sum(x.map((v) => Math.cos(2 * Math.PI * v))) / n) + 20 + Math.E;
}

function hartmann(x: number[], a: number[][], p: number[][]): number {
  const alpha = [1, 1.2, 3, 3.2];
  return -sum(alpha.map((weight, i) => weight * Math.exp(-sum(x.map((v, j) => a[i]![j]! * square(v - p[i]![j]! * 1e-4))))));
}

const OPTIMIZERS = ['sgd', 'adam', 'rmsprop'];

const FUNCTIONS: Record<string, TestFunction> = {
  branin: onCube(
    [
      { kind: 'float', name: 'x0', low: -5, high: 10 },
      { kind: 'float', name: 'x1', low: 0, high: 15 },
    ],
    0.39788735772973816,
    ([x = 0, y = 0]) => square(y - (5.1 / (4 * Math.PI ** 2)) * x * x + (5 / Math.PI) * x - 6) + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) + 10,
  ),
  camel: onCube(cube(2, -3, 3), -1.031628453489877, ([x = 0, y = 0]) => (4 - 2.1 * x * x + x ** 4 / 3) * x * x + x * y + (4 * y * y - 4) * y * y),
  hartmann3: onCube(cube(3, 0, 1), -3.86277979, (x) =>
    hartmann(
      x,
      [
        [3, 10, 30],
        [0.1, 10, 35],
        [3, 10, 30],
        [0.1, 10, 35],
      ],
      [
        [3689, 1170, 2673],
        [4699, 4387, 7470],
        [1091, 8732, 5547],
        [381, 5743, 8828],
      ],
    ),
  ),
  hartmann6: onCube(cube(6, 0, 1), -3.32236801, (x) =>
    hartmann(
      x,
      [
        [10, 3, 17, 3.5, 1.7, 8],
        [0.05, 10, 17, 0.1, 8, 14],
        [3, 3.5, 1.7, 10, 17, 8],
        [17, 8, 0.05, 10, 0.1, 14],
      ],
      [
        [1312, 1696, 5569, 124, 8283, 5886],
        [2329, 4135, 8307, 3736, 1004, 9991],
        [2348, 1451, 3522, 2883, 3047, 6650],
        [4047, 8828, 8732, 5743, 1091, 381],
      ],
    ),
  ),
  rosenbrock4: onCube(cube(4, -5, 10), 0, (x) => sum(x.slice(1).map((v, i) => 100 * square(v - x[i]! * x[i]!) + square(x[i]! - 1)))),
  // Not centred, or the grid's midpoint would be the optimum.
  ackley5: onCube(cube(5, -20, 45), 0, ackley),
  levy4: onCube(cube(4, -10, 10), 0, (x) => {
    const w = x.map((v) => 1 + (v - 1) / 4);
    const last = w.at(-1)!;
    return (
      square(Math.sin(Math.PI * w[0]!)) +
      sum(w.slice(0, -1).map((v) => square(v - 1) * (1 + 10 * square(Math.sin(Math.PI * v + 1))))) +
      square(last - 1) * (1 + square(Math.sin(2 * Math.PI * last)))
    );
  }),
  // Shaped like the training of a network: the best learning rate depends on the optimizer and on the batch size.
  trainer: {
    space: [
      { kind: 'float', name: 'learning_rate', low: 1e-5, high: 1, log: true },
      { kind: 'float', name: 'momentum', low: 0, high: 0.99 },
      { kind: 'float', name: 'weight_decay', low: 1e-6, high: 1e-1, log: true },
      { kind: 'categorical', name: 'batch_size', choices: [4, 8, 16, 32, 64, 128], ordered: true },
      { kind: 'categorical', name: 'optimizer', choices: OPTIMIZERS },
      { kind: 'int', name: 'layers', low: 1, high: 8 },
      { kind: 'int', name: 'width', low: 8, high: 512, log: true },
    ],
    optimum: 0,
    value: (p) => {
      const kind = OPTIMIZERS.indexOf(String(p.optimizer));
      const doublings = Math.log2(Number(p.batch_size) / 16);
      const rate = Math.log10(Number(p.learning_rate)) - [-1, -3, -3.5][kind]! - 0.15 * doublings;
      const width = Math.log2(Number(p.width) / 128);
      return (
        [0, 0.05, 0.12][kind]! +
        0.25 * (1 - Math.exp(-square(rate))) +
        0.02 * square(doublings) +
        (kind === 0 ? 0.2 * square(Number(p.momentum) - 0.9) : 0) +
        0.01 * square(Math.log10(Number(p.weight_decay)) + 4) +
        0.01 * square(Number(p.layers) - 5) +
        0.01 * square(width)
      );
    },
  },
  // Ackley on three real numbers, two integers and two choices without an order.
  ackley_mixed: {
    space: [
      ...cube(3, -20, 45),
      { kind: 'int', name: 'i0', low: -10, high: 20 },
      { kind: 'int', name: 'i1', low: -10, high: 20 },
      { kind: 'categorical', name: 'c0', choices: ['a', 'b', 'c', 'd', 'e'] },
      { kind: 'categorical', name: 'c1', choices: [true, false] },
    ],
    optimum: 0,
    value: (p) => {
      const choice = ({ a: 3, b: 7, c: 0, d: 12, e: 5 } as Record<string, number>)[String(p.c0)]!;
      return ackley([Number(p.x0), Number(p.x1), Number(p.x2), Number(p.i0), Number(p.i1), choice, p.c1 === true ? 0 : 4]);
    },
  },
};

const { values: options } = parseArgs({
  options: {
    seeds: { type: 'string', default: '20' },
    'first-seed': { type: 'string', default: '1' },
    budgets: { type: 'string', default: '10,25,100' },
    functions: { type: 'string', default: Object.keys(FUNCTIONS).join(',') },
    samplers: { type: 'string', default: SAMPLER_NAMES.join(',') },
    parallel: { type: 'string', default: '1' },
  },
});
const seeds = Number(options.seeds);
const firstSeed = Number(options['first-seed']);
const budgets = options.budgets.split(',').map(Number);
const functions = options.functions.split(',');
const compared = options.samplers.split(',') as SamplerName[];
const parallel = Number(options.parallel);
for (const name of functions) if (!(name in FUNCTIONS)) throw new Error(`There is no function ${name}; there are ${Object.keys(FUNCTIONS).join(', ')}`);
for (const name of compared) if (!(name in samplers)) throw new Error(`There is no sampler ${name}; there are ${SAMPLER_NAMES.join(', ')}`);
for (const number of [seeds, firstSeed, parallel, ...budgets])
  if (!Number.isInteger(number) || number < 1) throw new Error('Numbers must be whole and positive');

const print = (line: Record<string, unknown>): void => console.log(JSON.stringify(line));
const mean = (values: number[]): number => sum(values) / values.length;
const rounded = (value: number): number => Number(value.toPrecision(4));

/** The best value of a search, `parallel` trials being open at any time. */
function search(name: SamplerName, f: TestFunction, budget: number, seed: number): number {
  const trials: Trial[] = [];
  for (let id = 0; id < budget + parallel; id++) {
    const ended = id - parallel;
    if (ended >= 0 && trials[ended] !== undefined) trials[ended] = { ...trials[ended], state: 'succeeded', value: f.value(trials[ended].params) };
    const params = id < budget ? samplers[name].suggest({ space: f.space, direction: 'minimize', seed, maxTrials: budget }, trials) : null;
    if (params !== null) trials.push({ id, params, state: 'running', reports: [], value: null, until: 1 });
  }
  return Math.min(...trials.map(({ value }) => value ?? Number.POSITIVE_INFINITY));
}

/** The median of the function over its space: what a first guess gets. */
function typical(f: TestFunction): number {
  const values = Array.from({ length: 1023 }, (_, i) => f.value(paramsAt(f.space, sobolPoint(i, f.space.length, 0))));
  return values.sort((a, b) => a - b)[511]!;
}

/** Ranks from 1, equal values sharing the mean of their places. */
const ranks = (values: number[]): number[] =>
  values.map((value) => 1 + values.filter((other) => other < value).length + (values.filter((other) => other === value).length - 1) / 2);

const means = new Map<string, { rank: number[]; regret: number[] }>();
for (const name of functions) {
  const f = FUNCTIONS[name]!;
  const scale = typical(f) - f.optimum;
  for (const budget of budgets) {
    const regrets = compared.map((sampler) => Array.from({ length: seeds }, (_, seed) => (search(sampler, f, budget, firstSeed + seed) - f.optimum) / scale));
    const places = Array.from({ length: seeds }, (_, seed) => ranks(regrets.map((values) => values[seed]!)));
    compared.forEach((sampler, i) => {
      const regret = mean(regrets[i]!);
      const rank = mean(places.map((place) => place[i]!));
      print({ bench: 'hpo', function: name, budget, sampler, seeds, parallel, rank: rounded(rank), regret: rounded(regret) });
      const key = `${budget} ${sampler}`;
      const all = means.get(key) ?? { rank: [], regret: [] };
      means.set(key, { rank: [...all.rank, rank], regret: [...all.regret, regret] });
    });
  }
}
for (const [key, { rank, regret }] of means) {
  const [budget, sampler] = key.split(' ');
  print({ bench: 'hpo', function: 'all', budget: Number(budget), sampler, seeds, parallel, rank: rounded(mean(rank)), regret: rounded(mean(regret)) });
}

/** Thirty trials of up to 27 epochs each, four at a time, whose loss falls towards the value of `trainer`: which share of the epochs is spent, and how good the best is. */
function spend(name: StoppingName, sampler: SamplerName, seed: number): { epochs: number; regret: number } {
  const f = FUNCTIONS.trainer!;
  const maxResource = 27;
  const study = new Study({
    ...{ space: f.space, sampler, stopping: { name }, objective: 'loss', direction: 'minimize', goal: null, additionalMetrics: [] },
    ...{ maxTrials: 30, parallelTrials: 4, maxFailedTrials: 1, maxResource, seed, first: [] },
  });
  let epochs = 0;
  for (;;) {
    for (let event = study.next(); event !== null; event = study.next()) study.apply(event);
    const running = study.trials.filter(({ state }) => state === 'draft' || state === 'running');
    if (running.length === 0) break;
    for (const trial of running) {
      const resource = (trial.reports.at(-1)?.resource ?? 0) + 1;
      // Fast learning rates fall faster, so that early epochs do not tell all.
      const value = f.value(trial.params) + Math.exp(-resource * (0.15 + 0.05 * (5 + Math.log10(Number(trial.params.learning_rate)))));
      epochs++;
      study.apply({ type: 'started', trial: trial.id });
      study.apply({ type: 'reported', trial: trial.id, resource, value });
      if (resource === maxResource) study.apply({ type: 'finished', trial: trial.id, value });
      else if (resource === trial.until) study.apply({ type: 'paused', trial: trial.id });
    }
  }
  return { epochs: epochs / (30 * maxResource), regret: (f.value(study.best!.params) - f.optimum) / (typical(f) - f.optimum) };
}

for (const sampler of compared.filter((name) => name !== 'grid')) {
  for (const rule of STOPPING_NAMES) {
    const all = Array.from({ length: seeds }, (_, seed) => spend(rule, sampler, firstSeed + seed));
    const [epochs, regret] = [mean(all.map((one) => one.epochs)), mean(all.map((one) => one.regret))];
    print({ bench: 'hpo stopping', rule, sampler, seeds, epochs: rounded(epochs), regret: rounded(regret) });
  }
}

// The time of one suggestion with 500 finished trials, on the widest mixed space.
for (const sampler of compared) {
  const f = FUNCTIONS.ackley_mixed!;
  const trials = Array.from({ length: 500 }, (_, id): Trial => {
    const params = paramsAt(f.space, sobolPoint(id, f.space.length, 1));
    return { id, params, state: 'succeeded', reports: [], value: f.value(params), until: 1 };
  });
  const times = Array.from({ length: 25 }, (_, seed) => {
    const started = performance.now();
    samplers[sampler].suggest({ space: f.space, direction: 'minimize', seed, maxTrials: 1000 }, trials);
    return performance.now() - started;
  }).sort((a, b) => a - b);
  print({ bench: 'hpo overhead', trials: 500, dimensions: f.space.length, sampler, medianMs: rounded(times[12]!), maxMs: rounded(times[24]!) });
}
