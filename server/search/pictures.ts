/** The data behind the pictures of a study: history, parallel coordinates, slices. Plain JSON; drawing is the browser's. */
import { type Dimension, type Params, type Space, toUnit, type Value } from './space.ts';
import { compareValues, type Direction, lastValue, type Trial, type TrialState } from './trial.ts';

/** A trial's value (for one that did not finish: the last that is known, and `final` is false) and the best final value up to this trial. */
export interface HistoryPoint {
  readonly trial: number;
  readonly state: TrialState;
  readonly value: number | null;
  readonly final: boolean;
  readonly best: number | null;
}

/** One point a trial, in the order of their ids. */
export function history(trials: readonly Trial[], direction: Direction): HistoryPoint[] {
  let best: number | null = null;
  return trials.map((trial) => {
    if (trial.value !== null && (best === null || compareValues(direction, trial.value, best) < 0)) best = trial.value;
    return { trial: trial.id, state: trial.state, value: lastValue(trial)?.value ?? null, final: trial.value !== null, best };
  });
}

export interface Axis {
  readonly name: string;
  readonly log: boolean;
  /** Marks on the axis: values with their places in 0..1. All choices, or the two ends and what lies between. */
  readonly marks: readonly { readonly at: number; readonly value: Value }[];
}

export interface ParallelCoordinates {
  readonly axes: readonly Axis[];
  /** One line a trial with a value: places on the axes (0..1, in their order) and the value. */
  readonly lines: readonly { readonly trial: number; readonly places: readonly number[]; readonly value: number; readonly final: boolean }[];
}

/** Marks on a numeric axis: the ends and three between. */
const QUARTERS = [0.25, 0.5, 0.75];

function axis(dimension: Dimension): Axis {
  const mark = (value: Value): { at: number; value: Value } => ({ at: toUnit(dimension, value), value });
  const { name } = dimension;
  if (dimension.kind === 'categorical') return { name, log: false, marks: dimension.choices.map(mark) };
  const { low, high, log = false } = dimension;
  const step = dimension.kind === 'int' ? (dimension.step ?? 1) : 0;
  const between = QUARTERS.map((u) => (log ? low * (high / low) ** u : low + u * (high - low))).map((value) =>
    step > 0 ? low + Math.round((value - low) / step) * step : Number(value.toPrecision(3)),
  );
  const top = step > 0 ? low + Math.floor((high - low) / step) * step : high;
  const values = [...new Set([low, ...between.filter((value) => value > low && value < top), top])];
  return { name, log, marks: values.map(mark) };
}

export function parallelCoordinates(space: Space, trials: readonly Trial[]): ParallelCoordinates {
  const lines = trials.flatMap((trial) => {
    const last = lastValue(trial);
    if (last === null) return [];
    return [{ trial: trial.id, places: space.map((d) => toUnit(d, trial.params[d.name]!)), value: last.value, final: trial.value !== null }];
  });
  return { axes: space.map(axis), lines };
}

export interface Slice extends Axis {
  /** The value over this parameter, one point a trial with a value. `at`: place on the axis, 0..1. */
  readonly points: readonly {
    readonly trial: number;
    readonly at: number;
    readonly parameter: Params[string];
    readonly value: number;
    readonly final: boolean;
  }[];
}

/** One slice a parameter, in the order of the space. */
export function slices(space: Space, trials: readonly Trial[]): Slice[] {
  return space.map((dimension) => ({
    ...axis(dimension),
    points: trials.flatMap((trial) => {
      const last = lastValue(trial);
      if (last === null) return [];
      const parameter = trial.params[dimension.name]!;
      return [{ trial: trial.id, at: toUnit(dimension, parameter), parameter, value: last.value, final: trial.value !== null }];
    }),
  }));
}
