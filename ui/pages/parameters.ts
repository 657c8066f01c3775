/** Every parameter of a training: its limits and unit, what is taken where nothing is said, and how it reads. The manual's own come first, the rest are the advanced ones. */
import type { Parameters } from '../../server/http/schemas.ts';
import { shownValue } from '../charts/value.ts';
import { numberProblem } from '../components/field.ts';
import '../i18n/areas/parameters.ts';
import type { Key } from '../i18n/keys.ts';
import { t } from '../i18n/language.ts';

/** Nothing left out. */
export type Recipe = Required<Parameters>;
type Names<Kind> = { [Name in keyof Recipe]: Recipe[Name] extends Kind ? Name : never }[keyof Recipe];
export type ParameterName = keyof Recipe;
export type NumberName = Names<number>;
export type FlagName = Names<boolean>;
export type ChoiceName = Exclude<ParameterName, NumberName | FlagName>;

interface Limit {
  min: number;
  max: number;
  whole: boolean;
  step: number | 'any';
  unit?: Key;
}

const whole = (min: number, max: number, unit?: Key): Limit => ({ min, max, whole: true, step: 1, ...(unit ? { unit } : {}) });
const real = (min: number, max: number, unit?: Key): Limit => ({ min, max, whole: false, step: 'any', ...(unit ? { unit } : {}) });

/** The limits of schemas.ts, for the sentences beside the fields. */
export const LIMITS: { readonly [name in NumberName]: Limit } = {
  batch_size: whole(1, 1024, 'unit.pictures'),
  epoch: whole(1, 10000, 'unit.times'),
  learning_rate: real(0.00001, 10),
  momentum: real(0, 0.9999),
  weight_decay: real(0, 1),
  input_size: whole(16, 800, 'unit.pixels'),
  adam_beta2: real(0.5, 0.99999),
  adam_epsilon: real(1e-12, 0.1),
  cosine_floor: real(0, 1),
  step_epochs: whole(1, 10000, 'unit.epochs'),
  step_factor: real(0.001, 1),
  cycle_rise: real(0.05, 0.95),
  cycle_divisor: real(1, 1e6),
  cycle_final_divisor: real(1, 1e8),
  warmup: real(0, 50, 'unit.percent'),
  label_smoothing: real(0, 0.5),
  mixup: real(0, 4),
  gradient_clip: real(0, 1000),
  ema: real(0, 0.99999),
  early_stopping: whole(0, 1000, 'unit.epochs'),
  freeze_stages: whole(0, 20, 'unit.stages'),
};

export const CHOICES: { readonly [name in ChoiceName]: readonly Recipe[name][] } = {
  optimizer: ['sgd', 'adam', 'adamw'],
  schedule: ['cosine', 'constant', 'step', 'one_cycle'],
  class_weights: ['none', 'balanced'],
  early_stopping_on: ['validation_loss', 'validation_accuracy'],
};

/** What the daemon takes where nothing is said. */
export const USUAL = {
  optimizer: 'sgd',
  nesterov: false,
  adam_beta2: 0.999,
  adam_epsilon: 1e-8,
  schedule: 'cosine',
  warmup: 5,
  cosine_floor: 0,
  step_epochs: 10,
  step_factor: 0.1,
  cycle_rise: 0.3,
  cycle_divisor: 25,
  cycle_final_divisor: 10_000,
  label_smoothing: 0,
  class_weights: 'none',
  mixup: 0,
  dropout: true,
  gradient_clip: 0,
  ema: 0,
  freeze_stages: 0,
  early_stopping: 0,
  early_stopping_on: 'validation_loss',
} as const satisfies Partial<Recipe>;
export type AdvancedName = keyof typeof USUAL;

/** In the order of the form. */
export const ADVANCED: readonly { title: Key; names: readonly AdvancedName[] }[] = [
  { title: 'param.group.optimizer', names: ['optimizer', 'nesterov', 'adam_beta2', 'adam_epsilon', 'gradient_clip'] },
  {
    title: 'param.group.rate',
    names: ['schedule', 'cosine_floor', 'step_epochs', 'step_factor', 'cycle_rise', 'cycle_divisor', 'cycle_final_divisor', 'warmup'],
  },
  { title: 'param.group.data', names: ['label_smoothing', 'class_weights', 'mixup'] },
  { title: 'param.group.weights', names: ['dropout', 'ema', 'freeze_stages'] },
  { title: 'param.group.end', names: ['early_stopping', 'early_stopping_on'] },
];
/** What an HPO can search, as GET /api/hpo has it. */
export const SEARCHABLE: ReadonlySet<ParameterName> = new Set<ParameterName>([
  'batch_size',
  'learning_rate',
  'momentum',
  'weight_decay',
  'input_size',
  'augment',
  'optimizer',
  'gradient_clip',
  'schedule',
  'warmup',
  'label_smoothing',
  'class_weights',
  'mixup',
  'dropout',
  'ema',
  'freeze_stages',
]);
const ADVANCED_NAMES = ADVANCED.flatMap(({ names }) => names);
const FIRST = ['batch_size', 'epoch', 'learning_rate', 'momentum', 'weight_decay', 'input_size', 'augment'] as const;

/** Those that mean something only where another one says so. */
const BELONGS: { readonly [name in AdvancedName]?: (of: Recipe) => boolean } = {
  nesterov: ({ optimizer }) => optimizer === 'sgd',
  adam_beta2: ({ optimizer }) => optimizer !== 'sgd',
  adam_epsilon: ({ optimizer }) => optimizer !== 'sgd',
  cosine_floor: ({ schedule }) => schedule === 'cosine',
  step_epochs: ({ schedule }) => schedule === 'step',
  step_factor: ({ schedule }) => schedule === 'step',
  cycle_rise: ({ schedule }) => schedule === 'one_cycle',
  cycle_divisor: ({ schedule }) => schedule === 'one_cycle',
  cycle_final_divisor: ({ schedule }) => schedule === 'one_cycle',
  warmup: ({ schedule }) => schedule !== 'one_cycle',
  early_stopping_on: ({ early_stopping }) => early_stopping > 0,
};

export const complete = (parameters: Parameters): Recipe => ({ ...USUAL, ...parameters });
export const isNumber = (name: ParameterName): name is NumberName => Object.hasOwn(LIMITS, name);
export const isChoice = (name: ParameterName): name is ChoiceName => Object.hasOwn(CHOICES, name);
export const matters = (name: ParameterName, of: Recipe): boolean => BELONGS[name as AdvancedName]?.(of) ?? true;

/** What means nothing is sent as it usually is: a field that is not shown cannot be wrong. */
export function sent(parameters: Recipe): Recipe {
  const idle = ADVANCED_NAMES.filter((name) => !matters(name, parameters)).map((name) => [name, USUAL[name]]);
  return { ...parameters, ...Object.fromEntries(idle) } as Recipe;
}

/** The usual learning rate of each optimizer. */
const RATES: { readonly [name in Recipe['optimizer']]: number } = { sgd: 0.01, adam: 0.001, adamw: 0.001 };
/** The learning rate after a change of the optimizer: the usual one follows, one's own stays. */
export const rateFor = ({ optimizer, learning_rate }: Recipe): number => (Object.values(RATES).includes(learning_rate) ? RATES[optimizer] : learning_rate);

/** What is wrong with a number, or ''. `freezable`: stages that the chosen algorithm can freeze. */
export function parameterProblem(name: NumberName, parameters: Recipe, freezable: number): string {
  if (!matters(name, parameters)) return '';
  const limit = LIMITS[name];
  const max = name === 'freeze_stages' ? Math.min(limit.max, freezable) : limit.max;
  return numberProblem(parameters[name], limit.min, max, limit.whole, (key: Key, params) =>
    t(key, limit.whole ? params : { min: String(limit.min), max: String(max) }),
  );
}

const NUMBERS = Object.keys(LIMITS) as NumberName[];
/** The numbers that are wrong. */
export const wrongNumbers = (parameters: Recipe, freezable: number): NumberName[] =>
  NUMBERS.filter((name) => parameterProblem(name, parameters, freezable) !== '');
export const isAdvanced = (name: string): name is AdvancedName => Object.hasOwn(USUAL, name);

/** Advanced ones that are not as usual. */
export const changedAdvanced = (parameters: Recipe): AdvancedName[] =>
  ADVANCED_NAMES.filter((name) => matters(name, parameters) && parameters[name] !== USUAL[name]);

/** Numbers of which 0 says that it is not used. */
const OFF_AT_ZERO: ReadonlySet<string> = new Set(['label_smoothing', 'mixup', 'gradient_clip', 'ema', 'freeze_stages', 'early_stopping', 'warmup']);

/** A value as people read it. */
export function parameterText(name: string, value: unknown): string {
  if (typeof value === 'boolean') return t(value ? 'run.on' : 'run.off');
  if (typeof value === 'string') return t(`param.${name as ChoiceName}.${value}` as Key);
  if (value === 0 && OFF_AT_ZERO.has(name)) return t('run.off');
  const unit = name === 'input_size' || name === 'warmup' ? LIMITS[name].unit : undefined;
  return unit ? `${value} ${t(unit)}` : String(value);
}

/** For the lists of facts: the manual's parameters, and of the others those that are not as usual. */
export function parameterFacts(parameters: Parameters): { name: string; value: string }[] {
  const all = complete(parameters);
  return [...FIRST, ...changedAdvanced(all)].map((name) => ({ name, value: parameterText(name, all[name]) }));
}

/** As parameterFacts, with all of a trial's searched ones, marked. */
export function trialFacts(parameters: Parameters, searched: Readonly<Record<string, unknown>>): { name: string; value: string; searched: boolean }[] {
  const facts = parameterFacts(parameters);
  const more = Object.entries(searched).filter(([name]) => facts.every((fact) => fact.name !== name));
  return [
    ...facts.map(({ name, value }) => ({ name, value: typeof searched[name] === 'number' ? shownValue(searched[name]) : value, searched: name in searched })),
    ...more.map(([name, value]) => ({ name, value: parameterText(name, value), searched: true })),
  ];
}

/** For a table of several: the manual's parameters, and of the others those that are not as usual anywhere. '–': it means nothing there. */
export function comparedParameters(of: readonly (Parameters | undefined)[]): { name: string; values: string[] }[] {
  const all = of.map((parameters) => parameters && complete(parameters));
  const changed = new Set(all.flatMap((parameters) => (parameters ? changedAdvanced(parameters) : [])));
  return [...FIRST, ...ADVANCED_NAMES.filter((name) => changed.has(name))].map((name) => ({
    name,
    values: all.map((parameters) => (parameters && matters(name, parameters) ? parameterText(name, parameters[name]) : '–')),
  }));
}
