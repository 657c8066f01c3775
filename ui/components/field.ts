/**
 * Form fields, written once: label, control, range and unit, explanation, error under the field.
 *
 *     field({ model: 'form.epoch', label: 'run.epoch', type: 'number', min: 1, max: 10000, unit: 'unit.times', hint: 'run.epoch.hint', error: 'errors.epoch' })
 */
import type { Key } from '../i18n/keys.ts';

export interface Field {
  /** Where the value lives in the component: 'form.name'. */
  model: string;
  label: Key;
  type?: 'text' | 'password' | 'number' | 'date' | 'textarea';
  /** Two sentences behind a "?". */
  hint?: Key;
  /** A line under the field. */
  note?: Key;
  min?: number;
  max?: number;
  /** Expression that gives the range in words, where the numbers alone are not it. */
  range?: string;
  step?: number | 'any';
  unit?: Key;
  maxLength?: number;
  /** Expression that gives the sentence of what is wrong, or ''. A member called `error` or `errors.x` holds the key of the sentence instead, and is emptied as soon as one types. */
  error?: string;
  required?: boolean;
  optional?: boolean;
  autofocus?: boolean;
  autocomplete?: string;
  disabled?: string;
  placeholder?: Key;
  /** A class for the whole field: 'wide' spans both columns. */
  className?: string;
  /** Markup between the label and the control. */
  above?: string;
}

let number = 0;

function rangeEnd(value: number): string {
  return value !== 0 && Math.abs(value) < 1e-6 ? String(value) : value.toLocaleString('en', { maximumFractionDigits: 6 });
}

function around(id: string, field: Omit<Field, 'model'>, control: string): string {
  const described: string[] = [];
  const range =
    field.min !== undefined && field.max !== undefined
      ? `<span class="field-range" id="${id}-range" ${field.range ? `x-text="${field.range}"` : ''}>${rangeEnd(field.min)} – ${rangeEnd(field.max)}</span>`
      : '';
  if (range) described.push(`${id}-range`);
  if (field.note) described.push(`${id}-note`);
  if (field.error) described.push(`${id}-error`);
  const member = /^errors?(\.\w+)?$/.exec(field.error ?? '')?.[0];
  return `<div class="field ${field.className ?? ''}" ${field.error ? `:class="{ wrong: ${field.error} }"` : ''} ${member ? `@input="${member} = ''"` : ''}>
    <div class="field-label"><label for="${id}" x-t="${field.label}"></label>${field.optional ? '<span class="field-optional" x-t="form.optional"></span>' : ''}${field.hint ? `<button type="button" x-hint="${field.hint}"></button>` : ''}${range}</div>${field.above ?? ''}
    <div class="control">${control.replace('@@', `id="${id}" ${described.length ? `aria-describedby="${described.join(' ')}"` : ''} ${field.error ? `:aria-invalid="${field.error} ? 'true' : 'false'"` : ''} ${field.required ? 'aria-required="true"' : ''} ${field.autofocus ? 'autofocus' : ''} ${field.disabled ? `:disabled="${field.disabled}"` : ''} ${field.placeholder ? `x-t:placeholder="${field.placeholder}"` : ''}`)}${field.unit ? `<span class="unit" x-t="${field.unit}"></span>` : ''}</div>
    ${field.note ? `<p class="field-note" id="${id}-note" x-t="${field.note}"></p>` : ''}
    ${field.error ? `<p class="field-error" id="${id}-error" x-show="${field.error}" x-text="${member ? `${member} ? $t(${member}) : ''` : field.error}"></p>` : ''}
  </div>`;
}

export function field(of: Field): string {
  const id = `field-${++number}`;
  const length = of.maxLength ? `maxlength="${of.maxLength}"` : '';
  if (of.type === 'textarea') return around(id, of, `<textarea rows="3" ${length} x-model="${of.model}" @@></textarea>`);
  if (of.type === 'number') {
    const limits = `${of.min === undefined ? '' : `min="${of.min}"`} ${of.max === undefined ? '' : `max="${of.max}"`} step="${of.step ?? 1}"`;
    return around(id, of, `<input type="number" inputmode="decimal" ${limits} x-model.number="${of.model}" @@>`);
  }
  return around(id, of, `<input type="${of.type ?? 'text'}" ${length} autocomplete="${of.autocomplete ?? 'off'}" spellcheck="false" x-model="${of.model}" @@>`);
}

export interface Choice {
  value: string;
  text: Key;
}

/** A drop-down; `choices` known beforehand, or `from`: an expression giving [{ value, text }]. `more`: attributes of its own. */
export function select(of: Omit<Field, 'type'> & { choices?: Choice[]; from?: string; more?: string }): string {
  const id = `field-${++number}`;
  const options = of.from
    ? `<template x-for="choice in ${of.from}" :key="choice.value"><option :value="choice.value" :selected="choice.value == ${of.model}" x-text="choice.text"></option></template>`
    : (of.choices ?? []).map((choice) => `<option value="${choice.value}" x-t="${choice.text}"></option>`).join('');
  return around(id, of, `<select x-model="${of.model}" ${of.more ?? ''} @@>${options}</select>`);
}

export function checkbox(of: { model: string; label: Key; note?: Key; hint?: Key; disabled?: string }): string {
  return `<div class="check-field"><label class="check"><input type="checkbox" x-model="${of.model}" ${of.disabled ? `:disabled="${of.disabled}"` : ''}><span><span x-t="${of.label}"></span>${of.note ? `<small x-t="${of.note}"></small>` : ''}</span></label>${of.hint ? `<button type="button" x-hint="${of.hint}"></button>` : ''}</div>`;
}

/** A few choices side by side, one of them chosen. `change` is an expression that runs after a choice. */
export function segmented(of: { model: string; label: Key; choices: Choice[]; change?: string }): string {
  const name = `choice-${++number}`;
  return `<div class="segmented" role="radiogroup" x-t:aria-label="${of.label}">${of.choices
    .map(
      (choice) =>
        `<label><input type="radio" name="${name}" value="${choice.value}" x-model="${of.model}" ${of.change ? `@change="${of.change}"` : ''}><span x-t="${choice.text}"></span></label>`,
    )
    .join('')}</div>`;
}

/** Large choices with an explanation, as in "Data type: Image". */
export function cards(of: { model: string; label: Key; choices: (Choice & { note: Key; icon: string; chip?: Key })[] }): string {
  const name = `choice-${++number}`;
  return `<fieldset class="cards"><legend x-t="${of.label}"></legend>${of.choices
    .map(
      (choice) =>
        `<label class="card-choice"><input type="radio" name="${name}" value="${choice.value}" x-model="${of.model}"><span x-icon="'${choice.icon}'"></span><span><b x-t="${choice.text}"></b>${choice.chip ? `<span class="chip plain amber" x-t="${choice.chip}"></span>` : ''}<small x-t="${choice.note}"></small></span></label>`,
    )
    .join('')}</fieldset>`;
}

/** What is wrong with a number, in words, or ''. */
export function numberProblem(value: unknown, min: number, max: number, whole: boolean, say: (key: Key, params: Record<string, number>) => string): string {
  if (typeof value !== 'number' || Number.isNaN(value) || value < min || value > max) return say('form.range', { min, max });
  if (whole && !Number.isInteger(value)) return say('form.whole', { min, max });
  return '';
}
