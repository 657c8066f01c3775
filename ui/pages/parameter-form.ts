/** The fields of a training's parameters: the manual's own, and a fold with the advanced ones. Used by Run, HPO and AutoML. */
import { checkbox, field, select } from '../components/field.ts';
import type { Key } from '../i18n/keys.ts';
import { ADVANCED, type AdvancedName, CHOICES, type FlagName, isChoice, isNumber, LIMITS, type NumberName, type ParameterName } from './parameters.ts';

/** Where the values live, and the methods that tell about them; what a change sets off, as attributes. */
export interface FormPlace {
  model: string;
  /** Has parameterProblem(name), matters(name), changedAdvanced(), advancedWrong(), freezeRange(), optimizerChanged(). */
  methods: string;
  events?(name: ParameterName): string;
}

/** Run and HPO. */
export const setupPlace: FormPlace = {
  model: 'setup.parameters',
  methods: 'setup',
  events: (name) => `@input="setup.changed('algorithm')" @change="${name === 'input_size' ? 'setup.measure()' : "setup.changed('algorithm')"}"`,
};

export const NUMBERS = ['batch_size', 'epoch', 'learning_rate', 'momentum', 'weight_decay', 'input_size'] as const satisfies readonly NumberName[];
const labels = (name: ParameterName) => {
  const area = isAdvancedLabel(name) ? 'param' : 'run';
  return { label: `${area}.${name}` as Key, hint: `${area}.${name}.hint` as Key };
};
const isAdvancedLabel = (name: ParameterName) => ADVANCED.some(({ names }) => names.includes(name as AdvancedName));

function control(name: ParameterName, { model, methods }: FormPlace): string {
  const shown = { model: `${model}.${name}`, ...labels(name) };
  if (isNumber(name)) {
    const { min, max, step, unit } = LIMITS[name];
    return field({
      ...shown,
      type: 'number',
      min,
      max,
      step,
      error: `${methods}.parameterProblem('${name}')`,
      ...(unit ? { unit } : {}),
      ...(name === 'freeze_stages' ? { range: `${methods}.freezeRange()` } : {}),
    });
  }
  if (isChoice(name)) return select({ ...shown, choices: CHOICES[name].map((value) => ({ value, text: `param.${name}.${value}` as Key })) });
  return checkbox({ ...shown, ...(name === 'augment' ? { note: 'run.augment.note' as const } : {}) });
}

/** The field of one parameter; hidden where it means nothing, or `always` there. */
export function parameterField(name: ParameterName, place: FormPlace = setupPlace, always = false): string {
  const { methods, events } = place;
  const inner = name === 'optimizer' ? `<div @change="${methods}.optimizerChanged()">${control(name, place)}</div>` : control(name, place);
  const check = isNumber(name) || isChoice(name) ? '' : 'class="parameters-check"';
  return `<div ${check} ${always ? '' : `x-show="${methods}.matters('${name}')"`} ${events?.(name) ?? ''}>${inner}</div>`;
}

/** The line of the fold. */
export const advancedSummary = ({ methods }: FormPlace = setupPlace): string =>
  `<span x-t="param.advanced"></span><span class="chip plain amber" x-show="${methods}.changedAdvanced() > 0" x-text="$t('param.advanced.changed', { n: ${methods}.changedAdvanced() })"></span><span class="field-error" role="alert" x-show="${methods}.advancedWrong()" x-t="param.advanced.wrong"></span>`;

/** The fold: its line says how many are not as usual. */
export function advancedFold(place: FormPlace = setupPlace): string {
  return `<details class="advanced"><summary>${advancedSummary(place)}</summary>
    ${ADVANCED.map(({ title, names }) => `<fieldset class="advanced-group"><legend x-t="${title}"></legend><div class="parameters">${names.map((name) => parameterField(name, place)).join('')}</div></fieldset>`).join('')}</details>`;
}

export const firstFields = (place: FormPlace = setupPlace): string =>
  [...NUMBERS, 'augment' satisfies FlagName].map((name) => parameterField(name as ParameterName, place)).join('');
