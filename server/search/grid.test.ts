import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { grid, mesh } from './grid.ts';
import { keyOf, type Space } from './space.ts';
import type { Trial } from './trial.ts';

test('the mesh: choices whole, numbers as fine as the trials allow, ends included', () => {
  const space: Space = [
    { kind: 'float', name: 'rate', low: 1e-4, high: 1e-1, log: true },
    { kind: 'categorical', name: 'optimizer', choices: ['sgd', 'adam'] },
    { kind: 'int', name: 'layers', low: 1, high: 9 },
    { kind: 'categorical', name: 'batch', choices: [4, 8, 16], ordered: true },
    { kind: 'int', name: 'fixed', low: 3, high: 3 },
  ];
  assert.equal(mesh({ space, maxTrials: 1 }), [[1e-4, 1e-1], ['sgd', 'adam'], [1, 9], [4, 16], [3]]);
  assert.equal(mesh({ space, maxTrials: 60 }), [[1e-4, 0.0031623, 1e-1], ['sgd', 'adam'], [1, 5, 9], [4, 8, 16], [3]]);
  assert.equal(mesh({ space: space.slice(0, 1), maxTrials: 4 }), [[1e-4, 1e-3, 1e-2, 1e-1]]);
  assert.equal(mesh({ space: [{ kind: 'int', name: 'n', low: 1, high: 5000 }], maxTrials: 3 }), [[1, 2501, 5000]]);
  const wide = Array.from({ length: 64 }, (_, i): Space[number] => ({ kind: 'float', name: `x${i}`, low: 0, high: 1 }));
  assert.ok(mesh({ space: wide, maxTrials: 10 }).reduce((size, { length }) => size * length, 1) <= 2 ** 40);
});

test('every point of the grid once, whatever its size, and each value early', () => {
  for (let maxTrials = 2; maxTrials <= 60; maxTrials++) {
    const space: Space = [
      { kind: 'float', name: 'x', low: 0, high: 1 },
      { kind: 'categorical', name: 'c', choices: ['a', 'b', 'c'].slice(0, 1 + (maxTrials % 3)) },
    ];
    const values = mesh({ space, maxTrials });
    const size = values[0]!.length * values[1]!.length;
    const trials: Trial[] = [];
    for (;;) {
      const params = grid.suggest({ space, direction: 'minimize', seed: maxTrials, maxTrials }, trials);
      if (params === null) break;
      trials.push({ id: trials.length, params, state: 'succeeded', value: 0, reports: [], until: 1 });
    }
    assert.is(trials.length, size);
    assert.is(new Set(trials.map(({ params }) => keyOf(space, params))).size, size);
    const early = trials.slice(0, Math.ceil(size / 2)).map(({ params }) => params.x as number);
    if (size >= 8) assert.ok(Math.min(...early) < 0.3 && Math.max(...early) > 0.7, `${maxTrials}: ${early}`);
  }
});

test.run();
