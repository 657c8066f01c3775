/**
 * The search space: which parameters are searched, and where. A space is plain JSON. Samplers work in the unit cube: a dimension maps [0, 1] onto its
 * values (logarithmically where asked), each value of a discrete dimension owning a cell of the interval.
 */

export type Value = number | string | boolean;
export type Params = Readonly<Record<string, Value>>;

/** A real number in [low, high]; `log`: uniform in its logarithm, low > 0. */
export interface FloatDimension {
  readonly kind: 'float';
  readonly name: string;
  readonly low: number;
  readonly high: number;
  readonly log?: boolean;
}

/** low, low + step, … up to high; `log` (low ≥ 1, step 1): uniform in the logarithm. */
export interface IntDimension {
  readonly kind: 'int';
  readonly name: string;
  readonly low: number;
  readonly high: number;
  readonly step?: number;
  readonly log?: boolean;
}

/** One of the choices. `ordered`: the choices are steps of a scale (batch sizes 4, 8, 16), so neighbours are alike. */
export interface CategoricalDimension {
  readonly kind: 'categorical';
  readonly name: string;
  readonly choices: readonly Value[];
  readonly ordered?: boolean;
}

export type Dimension = FloatDimension | IntDimension | CategoricalDimension;
export type Space = readonly Dimension[];

export const MAX_DIMENSIONS = 64;
export const MAX_CHOICES = 1000;

export type SpaceProblemCode =
  | 'not_a_space'
  | 'no_dimension'
  | 'too_many_dimensions'
  | 'name_missing'
  | 'name_twice'
  | 'kind_unknown'
  | 'bound_not_a_number'
  | 'low_above_high'
  | 'log_needs_positive'
  | 'step_invalid'
  | 'choices_missing'
  | 'choice_invalid'
  | 'choice_twice';

/** What is wrong with which dimension ('' for the space as a whole). */
export interface SpaceProblem {
  readonly dimension: string;
  readonly code: SpaceProblemCode;
}

export class SpaceError extends Error {
  readonly problems: readonly SpaceProblem[];

  constructor(problems: readonly SpaceProblem[]) {
    super(`The search space is not valid: ${problems.map(({ dimension, code }) => (dimension === '' ? code : `${dimension}: ${code}`)).join(', ')}`);
    this.name = 'SpaceError';
    this.problems = problems;
  }
}

const isValue = (value: unknown): value is Value =>
  typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value));

function rangeProblem(dimension: Record<string, unknown>): SpaceProblemCode | null {
  const { kind, low, high, log, step } = dimension;
  const fits = kind === 'int' ? Number.isSafeInteger : Number.isFinite;
  if (!fits(low) || !fits(high)) return 'bound_not_a_number';
  if ((low as number) > (high as number)) return 'low_above_high';
  if (log === true && !((low as number) >= (kind === 'int' ? 1 : Number.MIN_VALUE))) return 'log_needs_positive';
  if (step !== undefined && (kind !== 'int' || !Number.isSafeInteger(step) || (step as number) < 1 || (log === true && step !== 1))) return 'step_invalid';
  return null;
}

function choicesProblem(choices: unknown): SpaceProblemCode | null {
  if (!Array.isArray(choices) || choices.length === 0 || choices.length > MAX_CHOICES) return 'choices_missing';
  if (!choices.every(isValue)) return 'choice_invalid';
  return new Set(choices).size < choices.length ? 'choice_twice' : null;
}

/** Everything that is wrong with a value that should be a space; empty where it is one. */
export function spaceProblems(value: unknown): SpaceProblem[] {
  if (!Array.isArray(value)) return [{ dimension: '', code: 'not_a_space' }];
  if (value.length === 0) return [{ dimension: '', code: 'no_dimension' }];
  if (value.length > MAX_DIMENSIONS) return [{ dimension: '', code: 'too_many_dimensions' }];
  const problems: SpaceProblem[] = [];
  const names = new Set<string>();
  for (const entry of value) {
    const dimension = (typeof entry === 'object' && entry !== null ? entry : {}) as Record<string, unknown>;
    const name = typeof dimension.name === 'string' ? dimension.name : '';
    const add = (code: SpaceProblemCode | null): void => {
      if (code !== null) problems.push({ dimension: name, code });
    };
    // A parameter by this name would change the object instead of being a key of it.
    if (name === '' || name === '__proto__') add('name_missing');
    else if (names.has(name)) add('name_twice');
    names.add(name);
    if (dimension.kind === 'float' || dimension.kind === 'int') add(rangeProblem(dimension));
    else if (dimension.kind === 'categorical') add(choicesProblem(dimension.choices));
    else add('kind_unknown');
  }
  return problems;
}

/** A space from JSON, unknown fields dropped. Throws SpaceError with every problem. */
export function parseSpace(value: unknown): Space {
  const problems = spaceProblems(value);
  if (problems.length > 0) throw new SpaceError(problems);
  return (value as Dimension[]).map((dimension): Dimension => {
    const { name } = dimension;
    if (dimension.kind === 'categorical') {
      return { kind: 'categorical', name, choices: [...dimension.choices], ...(dimension.ordered === true && { ordered: true }) };
    }
    const { low, high } = dimension;
    const log = dimension.log === true && { log: true };
    if (dimension.kind === 'float') return { kind: 'float', name, low, high, ...log };
    return { kind: 'int', name, low, high, ...((dimension.step ?? 1) !== 1 && { step: dimension.step }), ...log };
  });
}

/** How many values a dimension has; Infinity for a float with a width. */
export function levels(dimension: Dimension): number {
  if (dimension.kind === 'categorical') return dimension.choices.length;
  if (dimension.kind === 'int') return Math.floor((dimension.high - dimension.low) / (dimension.step ?? 1)) + 1;
  return dimension.low === dimension.high ? 1 : Number.POSITIVE_INFINITY;
}

/** How many points a space has. */
export const cardinality = (space: Space): number => space.reduce((product, dimension) => product * levels(dimension), 1);

/** Ends of an int's logarithmic scale: each integer v owns [v − ½, v + ½]. */
const logEnds = ({ low, high }: IntDimension): [number, number] => [Math.log(low - 0.5), Math.log(high + 0.5)];

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

/** Digits that a person can read and that lose nothing: at least 10⁵ different values over the range, five significant digits on a log scale. */
function rounded(value: number, { low, high, log }: FloatDimension): number {
  if (log === true) {
    const narrow = Math.max(0, -Math.floor(Math.log10(Math.log(high / low))));
    return clamp(Number(value.toPrecision(Math.min(17, 5 + narrow))), low, high);
  }
  const decimals = Math.ceil(5 - Math.log10(high - low));
  return clamp(decimals > 100 ? value : Number(value.toFixed(Math.max(0, decimals))), low, high);
}

/** The value of level i (0-based) of a discrete dimension. */
export function valueAt(dimension: IntDimension | CategoricalDimension, level: number): Value {
  return dimension.kind === 'categorical' ? dimension.choices[level]! : dimension.low + level * (dimension.step ?? 1);
}

/** From [0, 1] to a value of the dimension. */
export function fromUnit(dimension: Dimension, u: number): Value {
  const count = levels(dimension);
  if (dimension.kind === 'float') {
    const { low, high, log } = dimension;
    if (count === 1) return low;
    return rounded(log === true ? Math.exp(Math.log(low) + u * (Math.log(high) - Math.log(low))) : low + u * (high - low), dimension);
  }
  if (dimension.kind === 'int' && dimension.log === true) {
    const [low, high] = logEnds(dimension);
    return clamp(Math.round(Math.exp(low + u * (high - low))), dimension.low, dimension.high);
  }
  return valueAt(dimension, clamp(Math.floor(u * count), 0, count - 1));
}

/** The level (0-based) of a value in a discrete dimension; throws RangeError where the value is none of it. */
export function levelOf(dimension: IntDimension | CategoricalDimension, value: Value): number {
  const level = dimension.kind === 'categorical' ? dimension.choices.indexOf(value) : (Number(value) - dimension.low) / (dimension.step ?? 1);
  if (!Number.isInteger(level) || level < 0 || level >= levels(dimension)) throw new RangeError(`${dimension.name} cannot be ${JSON.stringify(value)}`);
  return level;
}

/** The part of [0, 1] that maps to this value: a cell for a discrete dimension, a point (both ends equal) for a float. */
export function cell(dimension: Dimension, value: Value): [number, number] {
  if (dimension.kind === 'float') {
    const { low, high, log } = dimension;
    if (typeof value !== 'number' || !(value >= low && value <= high)) throw new RangeError(`${dimension.name} cannot be ${JSON.stringify(value)}`);
    if (low === high) return [0.5, 0.5];
    const u = log === true ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
    return [clamp(u, 0, 1), clamp(u, 0, 1)];
  }
  const level = levelOf(dimension, value);
  if (dimension.kind === 'int' && dimension.log === true) {
    const [low, high] = logEnds(dimension);
    const at = (v: number): number => clamp((Math.log(v) - low) / (high - low), 0, 1);
    return [at(dimension.low + level - 0.5), at(dimension.low + level + 0.5)];
  }
  const count = levels(dimension);
  return [level / count, (level + 1) / count];
}

/** From a value to the middle of its cell in [0, 1]. */
export function toUnit(dimension: Dimension, value: Value): number {
  const [from, to] = cell(dimension, value);
  return (from + to) / 2;
}

/** Parameters from a point of the unit cube, one coordinate a dimension in the order of the space. */
export function paramsAt(space: Space, point: ArrayLike<number>): Params {
  return Object.fromEntries(space.map((dimension, i) => [dimension.name, fromUnit(dimension, point[i]!)]));
}

/** Whether every parameter of the space, and nothing else, has a value of its dimension. */
export function contains(space: Space, params: Params): boolean {
  if (Object.keys(params).length !== space.length) return false;
  return space.every((dimension) => {
    const value = params[dimension.name];
    if (value === undefined) return false;
    try {
      cell(dimension, value);
      return true;
    } catch {
      return false;
    }
  });
}

/** Equal for equal parameters. */
export const keyOf = (space: Space, params: Params): string => JSON.stringify(space.map(({ name }) => params[name]));
