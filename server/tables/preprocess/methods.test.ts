/** Reference numbers: scikit-learn 1.2.1 (scalers, imputer, encoders), pandas 1.5.3 (groups, dates), numpy 1.24.2 (percentiles, arithmetic). */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { StudioError } from '../../errors.ts';
import type { Chain, PreprocessValue } from '../../http/preprocess-schemas.ts';
import { type Column, type Frame, isMissing, MISSING_CODE } from './frame.ts';
import { applyChain, fitChain, TABLE_METHODS, type TableMethodName } from './methods.ts';

const test = suite('preprocessing of tables');
const NONE = Number.NaN;

function frameOf(columns: Record<string, (number | string | null)[] | { dates: (number | null)[] } | { texts: (string | null)[] }>): Frame {
  let rows = 0;
  const made = Object.entries(columns).map(([name, given]): Column => {
    if ('dates' in given) {
      rows = given.dates.length;
      return { name, type: 'date', numbers: Float64Array.from(given.dates, (value) => value ?? NONE) };
    }
    if ('texts' in given) {
      rows = given.texts.length;
      return { name, type: 'text', texts: given.texts };
    }
    rows = given.length;
    if (given.some((value) => typeof value === 'string')) {
      const dictionary = [...new Set(given.filter((value) => value !== null))] as string[];
      return {
        name,
        type: 'categorical',
        dictionary,
        codes: Uint16Array.from(given, (value) => (value === null ? MISSING_CODE : dictionary.indexOf(value as string))),
      };
    }
    const numbers = Float64Array.from(given as (number | null)[], (value) => value ?? NONE);
    return { name, type: numbers.every((value) => Number.isNaN(value) || Number.isInteger(value)) ? 'integer' : 'real', numbers };
  });
  return { rows, columns: made, origin: Uint32Array.from({ length: rows }, (_, row) => row) };
}

function valuesOf(frame: Frame): Record<string, (number | string | null)[]> {
  return Object.fromEntries(
    frame.columns.map((column) => [
      column.name,
      Array.from({ length: frame.rows }, (_, row) => {
        if (isMissing(column, row)) return null;
        if (column.type === 'text') return column.texts[row]!;
        return column.type === 'categorical' ? column.dictionary[column.codes[row]!]! : column.numbers[row]!;
      }),
    ]),
  );
}

type Steps = [method: string, parameters?: Record<string, PreprocessValue>][];
/** With all parameters, as the studio checks and completes them. */
const chainOf = (steps: Steps): Chain =>
  steps.map(([method, parameters]) => {
    const specs = TABLE_METHODS[method as TableMethodName].parameters;
    return { method, parameters: { ...Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, spec.default])), ...parameters } };
  });
const run = (frame: Frame, steps: Steps, target: string | null = null) => valuesOf(fitChain(frame, chainOf(steps), target).frame);

function near(found: (number | string | null)[] | undefined, expected: (number | null)[]): void {
  assert.is(found?.length, expected.length);
  for (const [i, value] of expected.entries()) {
    const other = found![i]!;
    assert.ok(
      value === null ? other === null : typeof other === 'number' && Math.abs(other - value) < 1e-9 * Math.max(1, Math.abs(value)),
      `${i}: ${other} instead of ${value}`,
    );
  }
}

function fails(code: string, params: object, work: () => unknown): void {
  try {
    work();
  } catch (error) {
    assert.instance(error, StudioError);
    assert.is((error as StudioError).code, code);
    for (const [name, value] of Object.entries(params)) assert.is((error as StudioError).params[name], value);
    return;
  }
  throw new Error(`${code} expected`);
}

const X = [1, 2, 4, 8, 16.5, null];

test('scaling is that of scikit-learn', () => {
  const scaled = (how: string) => run(frameOf({ x: X }), [['scale', { how }]]).x;
  near(scaled('standard'), [-0.9404498093086708, -0.7630064490617519, -0.40811972856791373, 0.3016537124197624, 1.809922274518574, null]);
  near(scaled('min_max'), [0, 0.06451612903225806, 0.1935483870967742, 0.45161290322580644, 1, null]);
  near(scaled('robust'), [-0.5, -0.3333333333333333, 0, 0.6666666666666666, 2.0833333333333335, null]);
  assert.equal(run(frameOf({ x: [5, 5, null] }), [['scale']]).x, [0, 0, null]);
});

test('missing numbers are filled as scikit-learn and pandas fill them', () => {
  const filled = (how: string) => run(frameOf({ x: [3, 1, 1, null, 3, 8] }), [['fill_missing', { with: how }]]).x;
  near(filled('mean'), [3, 1, 1, 3.2, 3, 8]);
  near(filled('median'), [3, 1, 1, 3, 3, 8]);
  near(filled('mode'), [3, 1, 1, 1, 3, 8]);
  const groups = frameOf({ g: ['a', 'a', 'b', 'b', 'b', null], v: [1, null, 10, null, 20, null] });
  const by = (how: string) => run(groups, [['fill_missing', { columns: ['v'], with: how, group: 'g' }]]).v!;
  near(by('mean'), [1, 1, 10, 15, 20, 31 / 3]);
  near(by('median'), [1, 1, 10, 15, 20, 10]);
  // Names that every object knows are categories like any other: those without a value to learn from take what all have.
  const named = frameOf({ g: ['constructor', '__proto__', '__proto__', 'b'], v: [null, 7, null, 3], c: [null, 'x', null, 'y'] });
  near(run(named, [['fill_missing', { columns: ['v'], with: 'mean', group: 'g' }]]).v!, [5, 7, 7, 3]);
  assert.equal(run(named, [['fill_missing', { columns: ['c'], with: 'mode', group: 'g' }]]).c, ['x', 'x', 'x', 'y']);
});

test('categories, texts and dates are filled with what is most frequent, or a constant', () => {
  const frame = () => frameOf({ c: ['b', 'a', null, 'a'], t: { texts: ['x', null, 'y', 'y'] }, d: { dates: [1000, null, 1000, 3000] }, whole: [1, 2, 3, 4] });
  assert.equal(run(frame(), [['fill_missing', { with: 'mode' }]]), {
    c: ['b', 'a', 'a', 'a'],
    t: ['x', 'y', 'y', 'y'],
    d: [1000, 1000, 1000, 3000],
    whole: [1, 2, 3, 4],
  });
  assert.equal(run(frame(), [['fill_missing', { columns: ['c', 't'], with: 'constant', constant: '없음' }]]).c, ['b', 'a', '없음', 'a']);
  assert.equal(run(frame(), [['fill_missing', { columns: ['d'], with: 'constant', constant: '2026-03-01' }]]).d![1], Date.UTC(2026, 2, 1));
  assert.equal(run(frame(), [['fill_missing', { columns: ['d'], with: 'constant', constant: '1.3.2026' }]]).d![1], Date.UTC(2026, 2, 1));
  // Of 3/4/2026 the frame cannot know which is the month; of 13/2/2026 it would guess against what the table has.
  for (const constant of ['없음', '3/4/2026', '13/2/2026'])
    fails('preprocess_constant', { column: 'd', step: 1 }, () => run(frame(), [['fill_missing', { columns: ['d'], with: 'constant', constant }]]));
});

test('rows and columns with missing values go', () => {
  const frame = frameOf({ a: [1, null, 3, 4], b: [null, null, null, 4], c: ['x', 'y', null, 'z'] });
  assert.equal(run(frame, [['drop_missing', { columns: ['a', 'c'] }]]), { a: [1, 4], b: [null, 4], c: ['x', 'z'] });
  assert.equal(run(frame, [['drop_missing', { what: 'columns', share: 50 }]]), { a: [1, null, 3, 4], c: ['x', 'y', null, 'z'] });
  assert.equal(Object.keys(run(frame, [['drop_missing', { what: 'columns', share: 0 }]], 'c')), ['c']);
  const nothing: Steps = [['derive', { name: 'n', expression: 'a/0' }], ['drop_missing']];
  fails('preprocess_no_rows', { step: 2 }, () => run(frame, nothing));
});

test('outliers by quartiles and by standard deviations are clipped or dropped', () => {
  const v = [10, 11, 12, 12, 13, 14, 100, -50];
  near(run(frameOf({ v }), [['outliers']]).v, [10, 11, 12, 12, 13, 14, 17, 7]);
  near(run(frameOf({ v }), [['outliers', { rule: 'z', z: 2 }]]).v, [10, 11, 12, 12, 13, 14, 96.36191562984354, -50]);
  assert.equal(run(frameOf({ v }), [['outliers', { action: 'drop' }]]).v, [10, 11, 12, 12, 13, 14]);
});

test('categories become columns or numbers; the target stays; what was not there when it was learnt is nothing', () => {
  const frame = frameOf({ c: ['b', 'a', 'c', 'a', null], y: ['n', 'p', 'n', 'p', 'n'] });
  assert.equal(run(frame, [['one_hot']], 'y'), { 'c=a': [0, 1, 0, 1, 0], 'c=b': [1, 0, 0, 0, 0], 'c=c': [0, 0, 1, 0, 0], y: ['n', 'p', 'n', 'p', 'n'] });
  assert.equal(Object.keys(run(frame, [['one_hot', { drop_first: true }]], 'y')), ['c=b', 'c=c', 'y']);
  assert.equal(run(frame, [['ordinal']], 'y').c, [1, 0, 2, 0, null]);
  fails('preprocess_target', { column: 'y', step: 1 }, () => run(frame, [['one_hot', { columns: ['y'] }]], 'y'));
  const { fitted } = fitChain(
    frame,
    chainOf([
      ['one_hot', { columns: ['c'] }],
      ['ordinal', { columns: ['y'] }],
    ]),
    null,
  );
  assert.equal(valuesOf(applyChain(frameOf({ c: ['z', 'b'], y: ['p', 'new'] }), JSON.parse(JSON.stringify(fitted)), null)), {
    'c=a': [0, 0],
    'c=b': [0, 1],
    'c=c': [0, 0],
    y: [1, null],
  });
});

test('dates fall into their parts', () => {
  const frame = frameOf({ d: { dates: [Date.UTC(2026, 2, 1, 14, 5), Date.UTC(2024, 1, 29), null] } });
  assert.equal(run(frame, [['date_parts', { hour: true }]]), {
    d_year: [2026, 2024, null],
    d_month: [3, 2, null],
    d_day: [1, 29, null],
    d_weekday: [7, 4, null],
    d_hour: [14, 0, null],
  });
  assert.equal(Object.keys(run(frame, [['date_parts', { keep: true, month: false, day: false, weekday: false }]])), ['d', 'd_year']);
});

test('expressions are reckoned as numpy reckons them', () => {
  const frame = frameOf({ a: [1, 4, -2], b: [2, 0, 3], '금형 온도': [10, null, 30], min: [7, 8, 9] });
  const of = (expression: string) => run(frame, [['derive', { name: 'n', expression }]]).n;
  near(of('2*a^2 - b/(a-1)'), [null, 32, 9]);
  near(of('-a^2'), [-1, -16, -4]);
  near(of('2^3^2'), [512, 512, 512]);
  near(of('max(a, b, 1)'), [2, 4, 3]);
  near(of('[금형 온도] / 10 + .5e1'), [6, null, 8]);
  near(of('sqrt(abs(a)) + log(exp(b))'), [3, 2, Math.SQRT2 + 3]);
  near(of('min'), [7, 8, 9]);
  near(of('log(a)'), [0, Math.log(4), null]);
  near(of('10 - 2 - 3'), [5, 5, 5]);
  assert.equal(Object.keys(run(frame, [['derive', { name: 'a', expression: '1' }]])).at(-1), 'a (2)');
});

test('expressions that make no sense, or mean harm, are refused with the place', () => {
  const frame = frameOf({ a: [1], c: ['x'] });
  const of = (expression: string) => () => run(frame, [['derive', { name: 'n', expression }]]);
  for (const [text, place] of [
    ['', 1],
    ['a +', 4],
    ['a b', 3],
    ['(a', 3],
    ['a ** 2', 4],
    ['min()', 5],
    ['sqrt(a, a)', 10],
    ['a; a', 2],
    ['"a"', 1],
    ['a.constructor', 2],
  ] as const) {
    fails('preprocess_expression', { place, step: 1 }, of(text));
  }
  fails('preprocess_expression', {}, of('('.repeat(400)));
  fails('preprocess_expression', {}, of(`${'-'.repeat(400)}a`));
  fails('preprocess_column', { column: 'nothing' }, of('nothing + 1'));
  fails('preprocess_column', { column: 'c' }, of('[c] * 2'));
  fails('preprocess_column', { column: '__proto__' }, of('__proto__'));
});

test('logarithms', () => {
  const frame = frameOf({ x: [0, 1, null], y: [-5, 1, 2] });
  const all = run(frame, [['log']]);
  near(all.x, [0, Math.log(2), null]);
  near(all.y, [-5, 1, 2]);
  near(run(frame, [['log', { columns: ['x'], how: 'log1p' }]]).x, [0, Math.log(2), null]);
  fails('preprocess_logarithm', { column: 'x', above: 0 }, () => run(frame, [['log', { columns: ['x'], how: 'ln' }]]));
});

test('a chain: each step sees what the one before has made; new rows go the same way and none of them is dropped', () => {
  const frame = frameOf({ x: [1, 2, 3, null, 1000], c: ['a', 'b', 'a', 'b', 'a'], y: [1, 2, 3, 4, 5] });
  const chain = chainOf([
    ['outliers', { columns: ['x'], action: 'drop' }],
    ['fill_missing', { columns: ['x'], with: 'mean' }],
    ['scale', { columns: ['x'], how: 'min_max' }],
    ['one_hot', { columns: ['c'] }],
  ]);
  const { frame: made, fitted } = fitChain(frame, chain, 'y');
  assert.equal(valuesOf(made), { x: [0, 0.5, 1, 0.5], 'c=a': [1, 0, 1, 0], 'c=b': [0, 1, 0, 1], y: [1, 2, 3, 4] });
  assert.equal([...made.origin], [0, 1, 2, 3]);
  const fresh = applyChain(frameOf({ x: [null, 500, 1], c: ['b', 'a', 'a'] }), JSON.parse(JSON.stringify(fitted)), 'y');
  assert.equal(valuesOf(fresh), { x: [0.5, 249.5, 0], 'c=a': [0, 1, 1], 'c=b': [1, 0, 0] });
  // What it was given is what it was.
  assert.equal(valuesOf(frame).x, [1, 2, 3, null, 1000]);
});

test('columns that are not there or do not suit are refused with the number of the step', () => {
  fails('preprocess_column', { column: 'gone', step: 1 }, () => run(frameOf({ x: [1] }), [['scale', { columns: ['gone'] }]]));
  fails('preprocess_column', { column: 'c', step: 1 }, () => run(frameOf({ c: ['x'] }), [['scale', { columns: ['c'] }]]));
  fails('preprocess_no_columns', { step: 1 }, () => run(frameOf({ x: [1] }), [['drop_columns', { columns: ['x'] }]]));
});

test.run();
