/** Reference numbers: pandas 1.5.3 (describe, corr), numpy 1.24.2 (histogram with 20 bins) and scipy 1.10.1 (association, method cramer) on the same values. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { association, correlationRatio, cramersV, pearson } from './associations.ts';
import { type ColumnValues, columnStatistics } from './statistics.ts';

const test = suite('statistics');
const NONE = Number.NaN;
const X = Float64Array.of(2.5, -1, 4, 4, NONE, 10, 3.25, 0, 7, 1e3, -2.75, 6);
const Y = Float64Array.of(1, 2, 2, 5, 3, NONE, 2, 8, 1, 4, 0, 3);
const coded = (values: (string | null)[]) => {
  const dictionary = [...new Set(values.filter((value) => value !== null))];
  return { dictionary, codes: Uint16Array.from(values, (value) => (value === null ? 0xffff : dictionary.indexOf(value))) };
};
const C = coded(['a', 'b', 'a', 'a', 'c', 'b', null, 'c', 'b', 'a', 'c', 'b']);
const D = coded(['u', 'v', 'u', 'u', 'v', 'v', 'u', 'v', 'u', 'u', null, 'v']);

const near = (value: number | null | undefined, expected: number) =>
  assert.ok(value !== null && value !== undefined && Math.abs(value - expected) <= 1e-9 * Math.max(1, Math.abs(expected)), `${value} instead of ${expected}`);

test('numbers: as pandas describes them, with the histogram of numpy', () => {
  const { count, missing, distinct, numbers } = columnStatistics('x', 'real', { type: 'real', numbers: X }, []);
  assert.equal([count, missing, distinct], [12, 1, 10]);
  near(numbers!.mean, 93.9090909091);
  assert.ok(Math.abs(numbers!.std! - 300.53856393) < 1e-8);
  assert.equal(numbers!.quartiles, [1.25, 4, 6.5]);
  assert.equal([numbers!.min, numbers!.max, numbers!.zeros], [-2.75, 1000, 1]);
  assert.equal(numbers!.histogram.counts, [10, ...new Array(18).fill(0), 1]);
  near(numbers!.histogram.edges[1], 47.3875);
  near(numbers!.histogram.edges[19], 949.8625);
  assert.is(numbers!.histogram.edges[20], 1000);
});

test('columns without a value, with one, with the same everywhere, with the largest numbers', () => {
  const of = (...values: number[]) => columnStatistics('x', 'real', { type: 'real', numbers: Float64Array.from(values) }, []).numbers;
  assert.is(of(), null);
  assert.is(of(NONE, NONE), null);
  assert.is(of(7)!.std, null);
  assert.equal(of(7, 7)!.histogram, { edges: [6.5, 7.5], counts: [2] });
  assert.is(of(7, 7)!.std, 0);
  const wide = of(-1e150, 1e150)!.histogram;
  assert.is(
    wide.counts.reduce((sum, n) => sum + n),
    2,
  );
  assert.is(wide.edges.length, 21);
  assert.ok(wide.edges.every((edge) => Math.abs(edge) <= 1e150));
  assert.ok(Number.isFinite(of(-1e150, 1e150)!.std));
  // A large offset costs no digits of the spread: numpy.std([1e9, 1e9+1, 1e9+2], ddof=1) is 1.
  near(of(1e9, 1e9 + 1, 1e9 + 2)!.std, 1);
});

test('categories and texts', () => {
  const { top, distinct, missing } = columnStatistics('c', 'categorical', { type: 'categorical', codes: C.codes }, C.dictionary);
  assert.equal([distinct, missing], [3, 1]);
  assert.equal(top, [
    { value: 'a', count: 4 },
    { value: 'b', count: 4 },
    { value: 'c', count: 3 },
  ]);
  const text = columnStatistics('t', 'text', { type: 'text', texts: ['x', null, 'y', 'x'] }, []);
  assert.equal([text.count, text.missing, text.distinct, text.top.length], [4, 1, 2, 0]);
});

test('associations: as pandas and scipy have them', () => {
  near(pearson(X, Y), 0.17939685502000755);
  near(correlationRatio(C.codes, X), 0.408702245946197);
  near(correlationRatio(C.codes, Y), 0.29422989958618684);
  near(cramersV(C.codes, D.codes), 0.8366600265340756);
  near(cramersV(D.codes, C.codes), 0.8366600265340756);
});

test('associations of what does not change, or is not there together, are not told', () => {
  assert.is(pearson(Float64Array.of(1, 1, 1), Float64Array.of(1, 2, 3)), null);
  assert.is(pearson(Float64Array.of(1, NONE), Float64Array.of(NONE, 3)), null);
  near(pearson(Float64Array.of(1, 2, 3), Float64Array.of(-2, -4, -6)), -1);
  assert.is(correlationRatio(Uint16Array.of(0, 0), Float64Array.of(1, 2)), null);
  assert.is(cramersV(Uint16Array.of(0, 1), Uint16Array.of(0, 0)), null);
  near(cramersV(Uint16Array.of(0, 1, 2, 0), Uint16Array.of(1, 2, 0, 1)), 1);
  const text: ColumnValues = { type: 'text', texts: ['a'] };
  assert.is(association(text, { type: 'real', numbers: Float64Array.of(1) }), null);
});

test.run();
