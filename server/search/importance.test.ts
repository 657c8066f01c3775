import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { IMPORTANCE_MIN_TRIALS, importances } from './importance.ts';
import { history, parallelCoordinates, slices } from './pictures.ts';
import { sobolPoint } from './sobol.ts';
import { type Params, paramsAt, type Space } from './space.ts';
import type { Trial } from './trial.ts';

const SPACE: Space = [
  { kind: 'float', name: 'x', low: 0, high: 1 },
  { kind: 'float', name: 'y', low: 0, high: 1 },
  { kind: 'float', name: 'idle', low: 0, high: 1 },
  { kind: 'categorical', name: 'c', choices: ['p', 'q', 'r', 's'] },
  { kind: 'int', name: 'fixed', low: 3, high: 3 },
];
const trials = (count: number, f: (p: Params) => number, space: Space = SPACE): Trial[] =>
  Array.from({ length: count }, (_, id) => {
    const params = paramsAt(space, sobolPoint(id, space.length, 1));
    return { id, params, state: 'succeeded', value: f(params), reports: [], until: 1 };
  });
const shares = (found: { name: string; share: number }[]): Record<string, number> => Object.fromEntries(found.map(({ name, share }) => [name, share]));

test('shares are those of the analysis of variance', async () => {
  // Variances: 3x → 9/12, y → 1/12, c is 1 for q and s: 1/4. Shares 0.692, 0.077, 0.231.
  const found = await importances(
    SPACE,
    trials(250, ({ x, y, c }) => 3 * Number(x) + Number(y) + (c === 'q' || c === 's' ? 1 : 0)),
    1,
  );
  assert.equal(
    found.map(({ name }) => name),
    ['x', 'c', 'y', 'idle'],
  );
  const { x, y, c, idle } = shares(found);
  assert.ok(Math.abs(x! - 0.692) < 0.07, `x ${x}`);
  assert.ok(Math.abs(c! - 0.231) < 0.06, `c ${c}`);
  assert.ok(Math.abs(y! - 0.077) < 0.05, `y ${y}`);
  assert.ok(idle! < 0.02, `idle ${idle}`);
});

test('what two parameters do together is nobody’s alone', async () => {
  // A chessboard: neither x nor y explains anything alone.
  const found = await importances(
    SPACE,
    trials(300, ({ x, y }) => (Number(x) > 0.5 === Number(y) > 0.5 ? 1 : 0)),
    1,
  );
  assert.ok(found.reduce((sum, { share }) => sum + share, 0) < 0.5, JSON.stringify(found));
});

test('the scale and the direction of the values do not matter', async () => {
  const f = ({ x, y }: Params): number => Number(x) ** 2 + 0.2 * Number(y);
  const plain = shares(await importances(SPACE, trials(60, f), 3));
  for (const scaled of [(p: Params) => 1e6 * f(p) - 5e6, (p: Params) => -1e-6 * f(p)]) {
    const other = shares(await importances(SPACE, trials(60, scaled), 3));
    for (const name of ['x', 'y', 'idle']) assert.ok(Math.abs(plain[name]! - other[name]!) < 0.02, `${name}: ${plain[name]} and ${other[name]}`);
  }
});

test('the same trials and seed give the same answer; too few, equal or unfinished ones give none', async () => {
  const some = trials(20, ({ x }) => Number(x));
  assert.equal(await importances(SPACE, some, 2), await importances(SPACE, JSON.parse(JSON.stringify(some)), 2));
  assert.equal(await importances(SPACE, some.slice(0, IMPORTANCE_MIN_TRIALS - 1), 2), []);
  assert.equal(
    await importances(
      SPACE,
      trials(20, () => 1),
      2,
    ),
    [],
  );
  assert.equal(
    await importances(
      SPACE,
      some.map((trial) => ({ ...trial, state: 'failed', value: null })),
      2,
    ),
    [],
  );
  assert.equal(
    await importances(
      [SPACE[4]!],
      trials(1, () => 1, [SPACE[4]!]),
      2,
    ),
    [],
  );
});

const OUTCOMES: Trial[] = [
  { id: 0, params: { x: 0.5, c: 'p' }, state: 'succeeded', value: 3, reports: [], until: 1 },
  { id: 1, params: { x: 0.1, c: 'q' }, state: 'pruned', value: null, reports: [{ resource: 1, value: 1 }], until: 1 },
  { id: 2, params: { x: 0.2, c: 'p' }, state: 'failed', value: null, reports: [], until: 1 },
  { id: 3, params: { x: 0, c: 'q' }, state: 'succeeded', value: 2, reports: [], until: 1 },
];
const PAIR: Space = [
  { kind: 'float', name: 'x', low: 0, high: 1 },
  { kind: 'categorical', name: 'c', choices: ['p', 'q'] },
];

test('history: the best final value so far, stopped trials beside it', async () => {
  assert.equal(
    history(OUTCOMES, 'minimize').map(({ value, final, best }) => [value, final, best]),
    [
      [3, true, 3],
      [1, false, 3],
      [null, false, 3],
      [2, true, 2],
    ],
  );
  assert.is(history(OUTCOMES, 'maximize').at(-1)?.best, 3);
});

test('parallel coordinates and slices: a line and points for each trial with a value, places within the axis', async () => {
  const { axes, lines } = parallelCoordinates(PAIR, OUTCOMES);
  assert.equal(axes[1], {
    name: 'c',
    log: false,
    marks: [
      { at: 0.25, value: 'p' },
      { at: 0.75, value: 'q' },
    ],
  });
  assert.equal(
    axes[0]?.marks.map(({ value }) => value),
    [0, 0.25, 0.5, 0.75, 1],
  );
  assert.equal(
    lines.map(({ trial, places }) => [trial, ...places]),
    [
      [0, 0.5, 0.25],
      [1, 0.1, 0.75],
      [3, 0, 0.75],
    ],
  );
  const [slice] = slices(PAIR, OUTCOMES);
  assert.equal(
    slice?.points.map(({ at, value }) => [at, value]),
    [
      [0.5, 3],
      [0.1, 1],
      [0, 2],
    ],
  );
});

test('axes of every kind have marks in ascending places', async () => {
  const space: Space = [
    { kind: 'float', name: 'a', low: 1e-5, high: 0.1, log: true },
    { kind: 'int', name: 'b', low: 1, high: 10, step: 4 },
    { kind: 'int', name: 'c', low: 1, high: 500, log: true },
    { kind: 'int', name: 'd', low: 3, high: 3 },
    { kind: 'float', name: 'e', low: 2, high: 2 },
  ];
  for (const { name, marks } of parallelCoordinates(space, []).axes) {
    assert.ok(marks.length >= 1, name);
    for (const [i, { at }] of marks.entries()) assert.ok(at >= 0 && at <= 1 && (i === 0 || at > marks[i - 1]!.at), `${name}: ${JSON.stringify(marks)}`);
  }
});

test.run();
