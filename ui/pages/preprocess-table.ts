/** The parts of the Preprocess page that only tables have: choosing columns, and rows before and after. */
import type { ParameterSpec, TableLook, TableSample } from '../../server/http/preprocess-schemas.ts';
import type { Cell } from '../../server/http/table-schemas.ts';
import '../i18n/areas/preprocess-tables.ts';
import '../i18n/areas/tables.ts';
import * as format from '../i18n/format.ts';
import { language, t } from '../i18n/language.ts';

/** Columns of a sample that are shown; the page would not get wider by more. */
const SHOWN_COLUMNS = 60;

/** Fields of the kinds `columns`, `column` and `text`; within the loop over a step's parameters. */
export const tableFields = `<template x-if="parameter.spec.kind === 'text'"><div>
      <div class="field-label"><label :for="fieldId(step, parameter)" x-text="text(step, parameter.name)"></label></div>
      <div class="control"><input type="text" spellcheck="false" autocomplete="off" :id="fieldId(step, parameter)" :maxlength="parameter.spec.maxLength" :value="step.values[parameter.name]" @input="put(step, parameter, $el.value)" :disabled="fixed" :aria-invalid="wrong(step, parameter) ? 'true' : 'false'"></div></div></template>
    <template x-if="parameter.spec.kind === 'column'"><div>
      <div class="field-label"><label :for="fieldId(step, parameter)" x-text="text(step, parameter.name)"></label></div>
      <div class="control"><select :id="fieldId(step, parameter)" @change="put(step, parameter, $el.value)" :disabled="fixed"><option value="" x-t="preprocess.column.none" :selected="!step.values[parameter.name]"></option><template x-for="name in columnNames(step, parameter)" :key="name"><option data-verbatim :value="name" :selected="name === step.values[parameter.name]" x-text="name"></option></template></select></div></div></template>
    <template x-if="parameter.spec.kind === 'columns'"><fieldset class="column-choice"><legend><span x-text="text(step, parameter.name)"></span><span class="muted" x-text="columnsChosen(step, parameter)"></span></legend>
      <div class="column-list"><template x-for="name in columnNames(step, parameter)" :key="name"><label class="check"><input type="checkbox" :checked="step.values[parameter.name].includes(name)" @change="putColumn(step, parameter, name, $el.checked)" :disabled="fixed"><span class="cut" data-verbatim x-text="name"></span></label></template></div>
      <button type="button" class="link-button" x-show="step.values[parameter.name].length && step.method !== 'drop_columns'" @click="put(step, parameter, [])" :disabled="fixed" x-t="preprocess.columns.clear"></button></fieldset></template>`;

const sample = (which: 'before' | 'after') => `<section class="sample"><h3 x-t="preprocess.${which}"></h3><p class="muted" x-text="sampleSize('${which}')"></p>
    <div class="table-scroll" tabindex="0" role="region" x-t:aria-label="preprocess.${which}" data-verbatim><table class="table"><thead><tr><template x-for="column in sampleColumns('${which}')" :key="column.name"><th scope="col" :class="{ end: column.end, changed: column.made }"><span class="head-name" x-text="column.name" :title="column.name"></span><small class="column-type" x-text="column.about"></small></th></template></tr></thead>
    <tbody><template x-for="row in sampleRows('${which}')" :key="row.n"><tr><template x-for="(cell, at) in row.cells" :key="at"><td :class="{ end: cell.end, missing: cell.missing, changed: cell.changed }" x-text="cell.text"></td></template></tr></template></tbody></table></div></section>`;

/** Rows before and after; the component holds the TableLook in `look`. */
export const tablePreview = `<div class="stack samples" x-show="look" :class="{ old: drawing }" aria-live="polite" :aria-busy="drawing ? 'true' : 'false'">
    <p class="muted" x-show="sampledNote()" x-text="sampledNote()"></p>${sample('before')}${sample('after')}</div>`;

export interface SampleColumn {
  name: string;
  about: string;
  end: boolean;
  made: boolean;
}
export interface SampleCell {
  text: string;
  end: boolean;
  missing: boolean;
  changed: boolean;
}

const isNumber = (type: string) => type === 'integer' || type === 'real';

/** Names that fit a parameter: of the columns before and after the chain, and those that are chosen already. */
export function suitableColumns(look: TableLook | null, spec: ParameterSpec, chosen: readonly string[]): string[] {
  if (spec.kind !== 'columns' && spec.kind !== 'column') return [];
  const names = [...(look?.before.columns ?? []), ...(look?.after.columns ?? [])].flatMap(({ name, type }) => (spec.types.includes(type) ? [name] : []));
  return [...new Set([...names, ...chosen])];
}

export function sampleSize({ count, columns }: TableSample): string {
  const missing = columns.reduce((sum, column) => sum + column.missing, 0);
  return t('preprocess.table.size', { rows: format.count(count), columns: format.count(columns.length), missing: format.count(missing) });
}

export function sampledNote({ rows, of }: TableLook): string {
  return rows < of ? t('preprocess.table.sampled', { rows: format.count(rows), of: format.count(of) }) : '';
}

export function sampleColumns(look: TableLook, which: 'before' | 'after'): SampleColumn[] {
  const before = new Set(look.before.columns.map(({ name }) => name));
  return look[which].columns.slice(0, SHOWN_COLUMNS).map(({ name, type, missing }) => {
    const made = !before.has(name);
    const parts = [
      t(`tables.type.${type}`),
      ...(missing ? [`${t('tables.missingCount')} ${format.count(missing)}`] : []),
      ...(made ? [t('preprocess.table.new')] : []),
    ];
    return { name, about: parts.join(' · '), end: isNumber(type), made };
  });
}

export function sampleRows(look: TableLook, which: 'before' | 'after'): { n: number; cells: SampleCell[] }[] {
  const earlier = new Map(look.before.rows.map(({ n, cells }) => [n, cells]));
  const places = new Map(look.before.columns.map(({ name }, index) => [name, index]));
  return look[which].rows.map(({ n, cells }) => ({
    n,
    cells: look[which].columns.slice(0, SHOWN_COLUMNS).map(({ name, type }, at) => {
      const cell = cells[at] ?? null;
      const place = places.get(name);
      const was = earlier.get(n);
      const changed = which === 'after' && (place === undefined || (was !== undefined && was[place] !== cell));
      return { text: cell === null ? t('tables.cell.missing') : shown(cell), end: isNumber(type), missing: cell === null, changed };
    }),
  }));
}

function shown(cell: NonNullable<Cell>): string {
  if (typeof cell === 'string') return cell;
  return cell.toLocaleString(language.now, { maximumSignificantDigits: 6, useGrouping: false });
}
