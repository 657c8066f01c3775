/** Methods that change the size of numbers: scaling, outliers, logarithm. */
import { StudioError } from '../../errors.ts';
import { moments, quantile } from '../statistics.ts';
import { bounded, type Frame, numberColumn, numbersOf, onlyRows, replaced } from './frame.ts';
import { chosen, method, NUMBERS } from './method.ts';

const present = (numbers: Float64Array) => numbers.filter((value) => !Number.isNaN(value)).sort();

export const scale = method({
  parameters: {
    columns: { kind: 'columns', types: NUMBERS, default: [] },
    /** standard: mean 0, standard deviation 1 (of the whole, not the sample); min_max: 0 to 1; robust: median 0, distance of the quartiles 1. */
    how: { kind: 'choice', choices: ['standard', 'min_max', 'robust'], default: 'standard' },
  },
  fit(frame: Frame, { columns, how }: { columns: string[]; how: string }, around) {
    return chosen(frame, columns, NUMBERS, around).map((name) => {
      const sorted = present(numbersOf(frame, name).numbers);
      if (sorted.length === 0) return { name, offset: 0, unit: 1 };
      // A column that does not change becomes 0, not a division by nothing.
      if (how === 'min_max') return { name, offset: sorted[0]!, unit: sorted.at(-1)! - sorted[0]! || 1 };
      if (how === 'robust') return { name, offset: quantile(sorted, 0.5), unit: quantile(sorted, 0.75) - quantile(sorted, 0.25) || 1 };
      const { mean, squares } = moments(sorted);
      return { name, offset: mean, unit: Math.sqrt(squares / sorted.length) || 1 };
    });
  },
  apply(frame, learnt) {
    return replaced(
      frame,
      learnt.map(({ name, offset, unit }) => ({
        name,
        type: 'real' as const,
        numbers: numbersOf(frame, name).numbers.map((value) => bounded((value - offset) / unit)),
      })),
    );
  },
});

export const outliers = method({
  parameters: {
    columns: { kind: 'columns', types: NUMBERS, default: [] },
    /** iqr: beyond `factor` times the distance of the quartiles from them; z: beyond `z` standard deviations (of the sample) from the mean. */
    rule: { kind: 'choice', choices: ['iqr', 'z'], default: 'iqr' },
    factor: { kind: 'number', minimum: 0.5, maximum: 10, default: 1.5, when: { name: 'rule', is: ['iqr'] } },
    z: { kind: 'number', minimum: 0.5, maximum: 10, default: 3, when: { name: 'rule', is: ['z'] } },
    action: { kind: 'choice', choices: ['clip', 'drop'], default: 'clip' },
  },
  fit(frame: Frame, { columns, rule, factor, z, action }: { columns: string[]; rule: string; factor: number; z: number; action: string }, around) {
    const bounds = chosen(frame, columns, NUMBERS, around).flatMap((name) => {
      const sorted = present(numbersOf(frame, name).numbers);
      if (sorted.length < 2) return [];
      if (rule === 'iqr') {
        const low = quantile(sorted, 0.25);
        const high = quantile(sorted, 0.75);
        return [{ name, low: low - factor * (high - low), high: high + factor * (high - low) }];
      }
      const { mean, squares } = moments(sorted);
      const reach = z * Math.sqrt(squares / (sorted.length - 1));
      return [{ name, low: mean - reach, high: mean + reach }];
    });
    return { bounds, drop: action === 'drop' };
  },
  apply(frame, { bounds, drop }, { training }) {
    if (!drop) {
      return replaced(
        frame,
        bounds.map(({ name, low, high }) =>
          numberColumn(
            name,
            numbersOf(frame, name).numbers.map((value) => (value < low ? low : value > high ? high : value)),
          ),
        ),
      );
    }
    if (!training) return frame;
    const keep = new Uint8Array(frame.rows).fill(1);
    for (const { name, low, high } of bounds) {
      const { numbers } = numbersOf(frame, name);
      for (let row = 0; row < frame.rows; row++) if (numbers[row]! < low || numbers[row]! > high) keep[row] = 0;
    }
    return onlyRows(frame, keep);
  },
});

const LOGARITHMS: { readonly [how: string]: { of(value: number): number; above: number } } = {
  log1p: { of: Math.log1p, above: -1 },
  ln: { of: Math.log, above: 0 },
  log10: { of: Math.log10, above: 0 },
};

export const log = method({
  parameters: {
    columns: { kind: 'columns', types: NUMBERS, default: [] },
    /** log1p: ln(1 + x). */
    how: { kind: 'choice', choices: ['log1p', 'ln', 'log10'], default: 'log1p' },
  },
  fit(frame: Frame, { columns, how }: { columns: string[]; how: string }, around) {
    if (columns.length === 0) {
      // Without a choice it is those that allow it.
      const able = chosen(frame, [], NUMBERS, around).filter((name) => numbersOf(frame, name).numbers.every((value) => !(value <= LOGARITHMS[how]!.above)));
      return { how, names: able };
    }
    for (const name of columns) {
      if (numbersOf(frame, name).numbers.some((value) => value <= LOGARITHMS[how]!.above))
        throw new StudioError('preprocess_logarithm', { column: name, above: LOGARITHMS[how]!.above });
    }
    return { how, names: columns };
  },
  /** A new value that has no logarithm is missing. */
  apply(frame, { how, names }) {
    const { of, above } = LOGARITHMS[how]!;
    return replaced(
      frame,
      names.map((name) => ({ name, type: 'real' as const, numbers: numbersOf(frame, name).numbers.map((value) => (value > above ? of(value) : Number.NaN)) })),
    );
  },
});
