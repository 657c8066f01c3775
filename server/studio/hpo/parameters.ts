/** Which parameters of a training can be searched, and the form's ranges as the space of a study. What is allowed is read from the schema of the parameters. */
import { Value } from 'typebox/value';
import { StudioError } from '../../errors.ts';
import { Parameters } from '../../http/schemas.ts';
import type { HpoOptions, HpoRequest, SearchRange } from '../../http/training-schemas.ts';
import { complete } from '../../learn/recipe.ts';
import { contains, type Dimension, type Value as ParameterValue, type Params, parseSpace, type Space, SpaceError } from '../../search/space.ts';

import { checkFreezing } from '../experiments/algorithms.ts';

type Row = HpoOptions['parameters'][number];

interface Schema {
  type?: string;
  enum?: ParameterValue[];
  minimum?: number;
  exclusiveMinimum?: number;
  maximum?: number;
}

/**
 * What can be searched, what usually pays, and what is searched where the user says nothing. Not: `epoch` and early stopping, since how long a trial trains
 * is what trials are compared at; and the figures of a single schedule or optimizer, which mean nothing where another one is tried.
 */
const SEARCHED: { readonly [Name in keyof Parameters]?: { suggestion?: SearchRange; checked?: boolean } } = {
  batch_size: { suggestion: { choices: [8, 16, 32] }, checked: true },
  learning_rate: { suggestion: { low: 0.0005, high: 0.1, log: true }, checked: true },
  momentum: { suggestion: { low: 0.8, high: 0.98 } },
  weight_decay: { suggestion: { low: 0.00001, high: 0.01, log: true } },
  input_size: { suggestion: { choices: [128, 160, 224] } },
  augment: {},
  optimizer: {},
  schedule: {},
  warmup: { suggestion: { choices: [0, 5, 10] } },
  label_smoothing: { suggestion: { low: 0, high: 0.2 } },
  class_weights: {},
  mixup: { suggestion: { choices: [0, 0.2, 0.4] } },
  gradient_clip: { suggestion: { choices: [0, 1, 5] } },
  ema: { suggestion: { choices: [0, 0.99, 0.999] } },
  dropout: {},
  freeze_stages: { suggestion: { low: 0, high: 3 } },
};
const PROPERTIES = Parameters.properties as Record<string, Schema>;
const SCHEMAS = new Map(Object.keys(SEARCHED).map((name) => [name, PROPERTIES[name]!]));

const isNumeric = ({ type }: Schema) => type === 'integer' || type === 'number';

export function searchableParameters(): Row[] {
  return [...SCHEMAS].map(([name, schema]): Row => {
    const { suggestion = everything(schema), checked = false } = SEARCHED[name as keyof Parameters] ?? {};
    const kind = schema.type === 'integer' ? 'int' : schema.type === 'number' ? 'float' : 'categorical';
    return { name, kind, minimum: schema.minimum ?? schema.exclusiveMinimum ?? null, maximum: schema.maximum ?? null, suggestion, checked };
  });
}

function everything(schema: Schema): SearchRange {
  if (isNumeric(schema)) return { low: schema.minimum ?? 0, high: schema.maximum ?? 1 };
  return { choices: schema.enum ?? [true, false] };
}

/** Throws hpo_nothing_to_search, hpo_parameter_unknown or hpo_range. */
export function spaceOf(search: Readonly<Record<string, SearchRange>>): Space {
  const entries = Object.entries(search);
  if (entries.length === 0) throw new StudioError('hpo_nothing_to_search');
  const dimensions = entries.map(([name, range]) => dimension(name, range));
  try {
    return parseSpace(dimensions);
  } catch (error) {
    if (!(error instanceof SpaceError)) throw error;
    const [problem] = error.problems;
    throw new StudioError('hpo_range', { name: problem?.dimension ?? '' }, error.message);
  }
}

function dimension(name: string, range: SearchRange): Dimension {
  const schema = SCHEMAS.get(name);
  if (schema === undefined) throw new StudioError('hpo_parameter_unknown', { name });
  const allowed = (value: unknown) => Value.Check(schema as object, value);
  if ('choices' in range) {
    if (!range.choices.every(allowed)) throw new StudioError('hpo_range', { name });
    if (!isNumeric(schema)) return { kind: 'categorical', name, choices: range.choices };
    return { kind: 'categorical', name, choices: (range.choices as number[]).toSorted((a, b) => a - b), ordered: true };
  }
  const { low, high, log = false, step } = range;
  if (!isNumeric(schema) || !allowed(low) || !allowed(high)) throw new StudioError('hpo_range', { name });
  return { kind: schema.type === 'integer' ? 'int' : 'float', name, low, high, log, ...(step === undefined ? {} : { step }) } as Dimension;
}

/** The searched ones of the form's own values, to be tried first; empty where they lie outside of the space. */
export function startingPoint(space: Space, parameters: Parameters): Params[] {
  const values = complete(parameters) as Record<string, ParameterValue>;
  const point = Object.fromEntries(space.map(({ name }) => [name, values[name]!]));
  return contains(space, point) ? [point] : [];
}

/** The smallest sizes that are to be tried: where a training is possible with these, it is with all. */
export function smallestSizes(search: HpoRequest['search']): Partial<Pick<Parameters, 'input_size' | 'batch_size'>> {
  const sizes: Partial<Record<'input_size' | 'batch_size', number>> = {};
  for (const name of ['input_size', 'batch_size'] as const) {
    const range = search[name];
    const tried: readonly ParameterValue[] = range === undefined ? [] : 'choices' in range ? range.choices : [range.low];
    // What is not allowed at all is told with the space.
    const allowed = tried.filter((value): value is number => Value.Check(SCHEMAS.get(name)! as object, value));
    if (allowed.length > 0) sizes[name] = Math.min(...allowed);
  }
  return sizes;
}

/** Throws freeze_stages_too_many where a value that is to be tried leaves nothing to train. */
export function checkSearchedFreezing({ algorithm, search }: Pick<HpoRequest, 'algorithm' | 'search'>): void {
  const range = search.freeze_stages;
  if (range !== undefined) checkFreezing(algorithm, Math.max(...('choices' in range ? range.choices.map(Number) : [range.high])));
}
