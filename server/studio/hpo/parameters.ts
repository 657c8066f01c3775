/** Which parameters of a training can be searched, and the form's ranges as the space of a study. What is allowed is read from the schema of the parameters. */
import { Value } from 'typebox/value';
import { StudioError } from '../../errors.ts';
import { Parameters } from '../../http/schemas.ts';
import type { HpoOptions, SearchRange } from '../../http/training-schemas.ts';
import { contains, type Dimension, type Value as ParameterValue, type Params, parseSpace, type Space, SpaceError } from '../../search/space.ts';

type Row = HpoOptions['parameters'][number];

interface Schema {
  type?: string;
  enum?: ParameterValue[];
  minimum?: number;
  exclusiveMinimum?: number;
  maximum?: number;
}

/** How long a trial trains is what trials are compared at, so it is not searched. */
const FIXED = new Set(['epoch']);
const SCHEMAS = new Map(Object.entries(Parameters.properties as Record<string, Schema>).filter(([name]) => !FIXED.has(name)));

/** What usually pays. */
const SUGGESTED: Readonly<Record<string, { suggestion: SearchRange; checked: boolean }>> = {
  batch_size: { suggestion: { choices: [8, 16, 32] }, checked: true },
  learning_rate: { suggestion: { low: 0.0005, high: 0.1, log: true }, checked: true },
  momentum: { suggestion: { low: 0.8, high: 0.98 }, checked: false },
  weight_decay: { suggestion: { low: 0.00001, high: 0.01, log: true }, checked: false },
  input_size: { suggestion: { choices: [128, 160, 224] }, checked: false },
};

const isNumeric = ({ type }: Schema) => type === 'integer' || type === 'number';

export function searchableParameters(): Row[] {
  return [...SCHEMAS].map(([name, schema]): Row => {
    const { suggestion, checked } = SUGGESTED[name] ?? { suggestion: everything(schema), checked: false };
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
  const values = parameters as Record<string, ParameterValue>;
  const point = Object.fromEntries(space.map(({ name }) => [name, values[name]!]));
  return contains(space, point) ? [point] : [];
}
