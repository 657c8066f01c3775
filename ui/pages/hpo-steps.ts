/**
 * Markup of the steps of an HPO: those of a run, with what is searched in the Algorithm step and a step of Settings more. The component has `setup`, `hpo`,
 * metricChoices() and stoppingProblem().
 */
import { select } from '../components/field.ts';
import type { Key } from '../i18n/keys.ts';
import { icon } from '../mount.ts';
import { advancedSummary, NUMBERS, parameterField, setupPlace } from './parameter-form.ts';
import { ADVANCED, CHOICES, isChoice, isNumber, type ParameterName, SEARCHABLE } from './parameters.ts';
import { algorithmTable, resources, split, stepsView } from './run-steps.ts';
import { startField } from './start.ts';

/** Kind, range or choices of one searched parameter. */
function space(name: ParameterName): string {
  const row = `hpo.rows.${name}`;
  const label = (key: Key) => `:aria-label="'${name} ' + $t('${key}')"`;
  if (isChoice(name)) {
    const options = CHOICES[name].map(
      (value) =>
        `<label class="check"><input type="checkbox" value="${value}" x-model="${row}.picked" @change="setup.changed('algorithm')"><span x-t="param.${name}.${value}"></span></label>`,
    );
    return `<div class="space-options" role="group" ${label('hpo.choices')}>${options.join('')}</div><p class="field-error" role="alert" x-show="hpo.problem('${name}')" x-text="hpo.problem('${name}')"></p>`;
  }
  if (!isNumber(name)) return `<span class="muted" x-t="hpo.both"></span>`;
  return `<div class="space-fields" @input="setup.changed('algorithm')" @change="setup.changed('algorithm')">
    <select x-model="${row}.mode" ${label('hpo.kind')}><option value="range" x-t="hpo.kind.range"></option><option value="choices" x-t="hpo.kind.choices"></option></select>
    <template x-if="${row}.mode === 'range'"><span class="space-range"><input type="number" step="any" x-model.number="${row}.low" ${label('hpo.low')}><span aria-hidden="true">–</span><input type="number" step="any" x-model.number="${row}.high" ${label('hpo.high')}><label class="check"><input type="checkbox" x-model="${row}.log"><span x-t="hpo.log"></span></label></span></template>
    <template x-if="${row}.mode === 'choices'"><input type="text" class="space-choices" autocomplete="off" inputmode="decimal" x-model="${row}.choices" ${label('hpo.choices')} x-t:placeholder="hpo.choices"></template></div>
    <p class="field-error" role="alert" x-show="hpo.problem('${name}')" x-text="hpo.problem('${name}')"></p>`;
}

function parameterRow(name: ParameterName): string {
  if (!SEARCHABLE.has(name)) {
    return `<tr x-show="setup.matters('${name}')"><td class="hpo-value">${parameterField(name)}</td><td></td><td class="muted wrap">${name === 'epoch' ? '<span x-t="hpo.epoch.fixed"></span>' : ''}</td></tr>`;
  }
  return `<tr x-show="setup.matters('${name}') || hpo.searched('${name}')" :class="{ searched: hpo.searched('${name}') }"><td class="hpo-value">${parameterField(name, setupPlace, true)}</td>
    <td class="choose"><label class="hit"><input type="checkbox" x-model="hpo.rows.${name}.checked" @change="setup.changed('algorithm')" aria-label="HPO ${name}"></label></td>
    <td class="wrap"><span class="muted" x-show="!hpo.searched('${name}')" x-t="hpo.fixed"></span><template x-if="hpo.searched('${name}')"><div>${space(name)}</div></template></td></tr>`;
}

const table = (names: readonly ParameterName[]): string =>
  `<div class="table-scroll hpo-table" tabindex="0" role="region" x-t:aria-label="hpo.parameters"><table class="table"><thead><tr><th scope="col" x-t="hpo.value"></th><th scope="col" class="choose" x-t="hpo.check"></th><th scope="col" class="grow"><span class="th"><span x-t="hpo.space"></span><button type="button" x-hint="hpo.log.hint"></button></span></th></tr></thead>
      <tbody>${names.map(parameterRow).join('')}</tbody></table></div>`;

const algorithm = `<section class="step" x-show="setup.step === 'algorithm'">${algorithmTable}
    <div @change="setup.changed('algorithm')">${startField('setup.start', 'setup')}</div>
    <div class="parameters-head"><h3 x-t="hpo.parameters"></h3><span class="spacer"></span><button type="button" class="button quiet small" :disabled="setup.isDefault()" @click="setup.resetParameters()">${icon('refresh-cw')}<span x-t="run.parameters.reset"></span></button></div>
    <p class="muted" x-t="hpo.parameters.note"></p>
    <template x-if="hpo.options"><div class="stack">${table([...NUMBERS, 'augment'])}
      <details class="advanced"><summary>${advancedSummary()}</summary>${table(ADVANCED.flatMap(({ names }) => names))}</details></div></template>
    <p class="field-error" role="alert" x-show="hpo.nothing()" x-text="hpo.nothing()"></p>
    <div class="step-foot"><button type="button" class="button primary large" @click="setup.confirm('algorithm')" :disabled="setup.wrongIn('algorithm')" x-t="hpo.next.settings"></button></div></section>`;

const countField = (name: 'maxTrialCount' | 'parallelTrialCount' | 'maxFailedTrialCount', label: Key, hint: Key) =>
  `<div class="field" :class="{ wrong: hpo.countProblem('${name}') }"><div class="field-label"><label for="hpo-${name}" x-t="${label}"></label><button type="button" x-hint="${hint}"></button><span class="field-range" x-text="'1 – ' + hpo.limit('${name}')"></span></div>
    <div class="control"><input id="hpo-${name}" type="number" inputmode="numeric" min="1" :max="hpo.limit('${name}')" step="1" x-model.number="hpo.settings.${name}"></div><p class="field-error" role="alert" x-show="hpo.countProblem('${name}')" x-text="hpo.countProblem('${name}')"></p></div>`;

const ways = (model: 'sampler' | 'stopping', legend: Key, names: readonly string[]) =>
  `<fieldset class="cards way-cards"><legend x-t="${legend}"></legend>${names
    .map(
      (name) =>
        `<label class="card-choice"><input type="radio" name="hpo-${model}" value="${name}" x-model="hpo.${model}"><span><b x-t="hpo.${model}.${name}"></b><small x-t="hpo.${model}.${name}.text"></small></span></label>`,
    )
    .join('')}</fieldset>`;

const settings = `<section class="step" x-show="setup.step === 'settings'" @input="setup.changed('settings')" @change="setup.changed('settings')">
    <h3 x-t="hpo.settings"></h3>
    <div class="parameters">${countField('maxTrialCount', 'hpo.max', 'hpo.max.hint')}${countField('parallelTrialCount', 'hpo.parallel', 'hpo.parallel.hint')}${countField('maxFailedTrialCount', 'hpo.failed', 'hpo.failed.hint')}</div>
    <h3 x-t="hpo.objective"></h3>
    <div class="parameters"><div @change="hpo.metricChanged()">${select({ model: 'hpo.metric', label: 'hpo.metric', hint: 'hpo.metric.hint', from: 'metricChoices()' })}</div>
      ${select({
        model: 'hpo.type',
        label: 'hpo.type',
        choices: [
          { value: 'maximize', text: 'hpo.type.maximize' },
          { value: 'minimize', text: 'hpo.type.minimize' },
        ],
      })}
      <div class="field" :class="{ wrong: hpo.goalProblem() }"><div class="field-label"><label for="hpo-goal" x-t="hpo.goal"></label><span class="field-optional" x-t="form.optional"></span><button type="button" x-hint="hpo.goal.hint"></button></div><div class="control"><input id="hpo-goal" type="number" inputmode="decimal" step="any" x-model.number="hpo.goal"><span class="unit" x-show="hpo.metric.endsWith('accuracy')">%</span></div><p class="field-note" x-t="hpo.goal.note"></p><p class="field-error" role="alert" x-show="hpo.goalProblem()" x-text="hpo.goalProblem()"></p></div></div>
    <div class="metric-checks" role="group" aria-labelledby="hpo-additional"><div class="field-label"><span id="hpo-additional" class="group-label" x-t="hpo.additional"></span><button type="button" x-hint="hpo.additional.hint"></button></div><template x-for="name in hpo.others()" :key="name"><label class="check"><input type="checkbox" :checked="hpo.hasMetric(name)" @change="hpo.toggleMetric(name)"><span x-text="name"></span></label></template></div>
    ${ways('sampler', 'hpo.sampler', ['tpe', 'sobol', 'random', 'grid'])}
    ${ways('stopping', 'hpo.stopping', ['none', 'median', 'asha'])}
    <p class="field-error" role="alert" x-show="stoppingProblem()" x-text="stoppingProblem()"></p>
    <div class="step-foot"><button type="button" class="button primary large" @click="setup.confirm('settings')" :disabled="setup.wrongIn('settings')" x-t="run.next.resources"></button></div></section>`;

export const hpoSteps = stepsView(
  [
    { key: 'split', text: 'run.step.split' },
    { key: 'algorithm', text: 'run.step.algorithm' },
    { key: 'settings', text: 'hpo.step.settings' },
    { key: 'resources', text: 'run.step.resources' },
  ],
  split + algorithm + settings + resources,
);
