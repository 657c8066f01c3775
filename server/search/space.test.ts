import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { stream } from './rng.ts';
import { cardinality, cell, contains, type Dimension, fromUnit, levels, parseSpace, SpaceError, spaceProblems, toUnit } from './space.ts';

const DIMENSIONS: Dimension[] = [
  { kind: 'float', name: 'a', low: -3, high: 7 },
  { kind: 'float', name: 'b', low: 1e-6, high: 1, log: true },
  { kind: 'float', name: 'c', low: 1e6, high: 1e6 + 1e-3 },
  { kind: 'float', name: 'c2', low: 1, high: 1.0001, log: true },
  { kind: 'float', name: 'd', low: 2, high: 2 },
  { kind: 'float', name: 'e', low: 0, high: 1e-9 },
  { kind: 'int', name: 'f', low: -5, high: 5 },
  { kind: 'int', name: 'g', low: 1, high: 10, step: 4 },
  { kind: 'int', name: 'h', low: 1, high: 1000, log: true },
  { kind: 'int', name: 'i', low: 3, high: 3 },
  { kind: 'int', name: 'i2', low: 0, high: 2 ** 40 },
  { kind: 'categorical', name: 'j', choices: ['a', 'b', true, 3] },
  { kind: 'categorical', name: 'k', choices: [4, 8, 16, 32], ordered: true },
];

test('every point of the unit interval is a value, and the value lies where it came from', () => {
  const rng = stream(1);
  for (const dimension of DIMENSIONS) {
    for (let i = 0; i < 500; i++) {
      const u = i === 0 ? 0 : i === 1 ? 1 : rng.uniform();
      const value = fromUnit(dimension, u);
      assert.ok(contains([dimension], { [dimension.name]: value }), `${dimension.name}: ${value}`);
      const [from, to] = cell(dimension, value);
      // Floats are rounded for the reader, by at most 1e-4 of the range.
      if (levels(dimension) > 1) assert.ok(u >= from - 1e-4 && u <= to + 1e-4, `${dimension.name}: ${u} gave ${value} in ${from}..${to}`);
      assert.is(fromUnit(dimension, toUnit(dimension, value)), value, dimension.name);
    }
  }
});

test('the cells of a discrete dimension fill the interval', () => {
  for (const dimension of DIMENSIONS.filter((d) => d.kind !== 'float' && levels(d) < 2000)) {
    const values = Array.from({ length: levels(dimension) }, (_, i) =>
      dimension.kind === 'categorical' ? dimension.choices[i]! : (dimension as { low: number }).low + i * ((dimension as { step?: number }).step ?? 1),
    );
    let at = 0;
    for (const value of values) {
      const [from, to] = cell(dimension, value);
      assert.ok(Math.abs(from - at) < 1e-12 && to > from, dimension.name);
      at = to;
    }
    assert.ok(Math.abs(at - 1) < 1e-12);
  }
});

test('floats are rounded to what a person can read', () => {
  assert.is(fromUnit({ kind: 'float', name: 'x', low: 0, high: 1 }, 1 / 3), 0.33333);
  assert.is(fromUnit({ kind: 'float', name: 'x', low: 1e-5, high: 1e-1, log: true }, 0.3), 0.00015849);
  assert.is(fromUnit({ kind: 'float', name: 'x', low: 0, high: 1000 }, 1 / 3), 333.33);
});

test('the number of points', () => {
  assert.is(cardinality([DIMENSIONS[7]!, DIMENSIONS[11]!]), 12);
  assert.is(cardinality([DIMENSIONS[0]!, DIMENSIONS[7]!]), Number.POSITIVE_INFINITY);
});

test('a space survives JSON', () => {
  assert.equal(parseSpace(JSON.parse(JSON.stringify(DIMENSIONS))), DIMENSIONS);
});

test('each way of being wrong has its code', () => {
  const code = (dimension: unknown): string => spaceProblems([dimension])[0]?.code ?? 'none';
  assert.is(spaceProblems(null)[0]?.code, 'not_a_space');
  assert.is(spaceProblems([])[0]?.code, 'no_dimension');
  assert.is(spaceProblems(Array.from({ length: 65 }, (_, i) => ({ kind: 'int', name: `x${i}`, low: 0, high: 1 })))[0]?.code, 'too_many_dimensions');
  assert.is(code(null), 'name_missing');
  assert.is(code({ kind: 'int', name: '__proto__', low: 0, high: 1 }), 'name_missing');
  assert.is(code({ kind: 'other', name: 'x' }), 'kind_unknown');
  assert.is(code({ kind: 'float', name: 'x', low: 0 }), 'bound_not_a_number');
  assert.is(code({ kind: 'float', name: 'x', low: 0, high: Number.POSITIVE_INFINITY }), 'bound_not_a_number');
  assert.is(code({ kind: 'int', name: 'x', low: 0.5, high: 1 }), 'bound_not_a_number');
  assert.is(code({ kind: 'int', name: 'x', low: 2, high: 1 }), 'low_above_high');
  assert.is(code({ kind: 'float', name: 'x', low: 0, high: 1, log: true }), 'log_needs_positive');
  assert.is(code({ kind: 'int', name: 'x', low: 0, high: 1, log: true }), 'log_needs_positive');
  assert.is(code({ kind: 'int', name: 'x', low: 1, high: 9, step: 0 }), 'step_invalid');
  assert.is(code({ kind: 'int', name: 'x', low: 1, high: 9, step: 2, log: true }), 'step_invalid');
  assert.is(code({ kind: 'float', name: 'x', low: 1, high: 9, step: 2 }), 'step_invalid');
  assert.is(code({ kind: 'categorical', name: 'x', choices: [] }), 'choices_missing');
  assert.is(code({ kind: 'categorical', name: 'x', choices: [{}] }), 'choice_invalid');
  assert.is(code({ kind: 'categorical', name: 'x', choices: [1, 1] }), 'choice_twice');
  assert.equal(spaceProblems([DIMENSIONS[0], DIMENSIONS[0]]), [{ dimension: 'a', code: 'name_twice' }]);
  assert.throws(
    () => parseSpace([{ kind: 'int', name: 'x', low: 2, high: 1 }]),
    (error: unknown) => error instanceof SpaceError,
  );
});

test.run();
