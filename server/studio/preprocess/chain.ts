/** Chains of methods as they come from a person: checked against what the methods say of themselves, and completed with their defaults. */
import { StudioError } from '../../errors.ts';
import type { Chain, ParameterSpec, PreprocessMethods, PreprocessStep, PreprocessValue } from '../../http/preprocess-schemas.ts';
import type { DataType } from '../../http/schemas.ts';
import { PICTURE_METHODS } from '../../pictures/methods.ts';
import { TABLE_METHODS } from '../../tables/preprocess/methods.ts';

type MethodTable = Readonly<Record<string, { parameters: Readonly<Record<string, ParameterSpec>> }>>;
const METHODS: { readonly [type in DataType]: MethodTable } = { image: PICTURE_METHODS, tabular: TABLE_METHODS };

export function methodsOf(type: DataType): PreprocessMethods {
  return Object.entries(METHODS[type]).map(([name, { parameters }]) => ({
    name,
    parameters: Object.entries(parameters).map(([parameter, spec]) => ({ name: parameter, spec })),
  }));
}

/** Every parameter of every step has a value. Throws preprocess_method_unknown, preprocess_bad_value. */
export function checkedChain(type: DataType, chain: readonly PreprocessStep[]): Chain {
  return chain.map(({ method, parameters }) => {
    const specs = Object.hasOwn(METHODS[type], method) ? METHODS[type][method]!.parameters : undefined;
    if (specs === undefined) throw new StudioError('preprocess_method_unknown', { method });
    const unknown = Object.keys(parameters).find((name) => !Object.hasOwn(specs, name));
    if (unknown !== undefined) throw new StudioError('preprocess_bad_value', { method, name: unknown }, 'no such parameter');
    const values = Object.entries(specs).map(([name, spec]): [string, PreprocessValue] => {
      const value = parameters[name] ?? spec.default;
      const wrong = wrongBecause(spec, value);
      if (wrong !== null) throw new StudioError('preprocess_bad_value', { method, name }, wrong);
      return [name, value];
    });
    return { method, parameters: Object.fromEntries(values) };
  });
}

function wrongBecause(spec: ParameterSpec, value: PreprocessValue): string | null {
  switch (spec.kind) {
    case 'integer':
    case 'number': {
      const fits = typeof value === 'number' && value >= spec.minimum && value <= spec.maximum && (spec.kind === 'number' || Number.isInteger(value));
      return fits ? null : `${spec.minimum} … ${spec.maximum}, ${spec.kind}`;
    }
    case 'choice':
      return typeof value === 'string' && spec.choices.includes(value) ? null : spec.choices.join(', ');
    case 'boolean':
      return typeof value === 'boolean' ? null : 'true or false';
    case 'colour':
      return typeof value === 'string' && /^#[0-9a-f]{6}$/i.test(value) ? null : '#rrggbb';
    case 'columns':
      return Array.isArray(value) ? null : 'a list of names';
    case 'column':
      return typeof value === 'string' ? null : 'a name';
    case 'text':
      return typeof value === 'string' && value.length <= spec.maxLength ? null : `a text of at most ${spec.maxLength} characters`;
  }
}
