/**
 * Markup of the steps and of the Configuration beside them. The component holds a `setup` (see run-setup.ts) and has mayStart(), startNote(), start() and
 * `starting`.
 */
import { stepper } from '../components/stepper.ts';
import type { Key } from '../i18n/keys.ts';
import { icon } from '../mount.ts';
import { splitFields } from './data-split.ts';
import { advancedFold, firstFields } from './parameter-form.ts';
import type { Step } from './run-setup.ts';
import { startField } from './start.ts';

export const split = `<section class="step" x-show="setup.step === 'split'">
    ${splitFields}
    <div class="step-foot"><button type="button" class="button primary large" @click="setup.confirm('split')" :disabled="setup.wrongIn('split')" x-t="run.next.algorithm"></button></div></section>`;

const heading = (key: string, title: Key, hint?: Key) =>
  `<th scope="col" class="${key === 'name' ? 'grow' : 'end'}" :aria-sort="setup.ariaSort('${key}')"><span class="th"><button type="button" class="sort" @click="setup.sortBy('${key}')"><span x-t="${title}"></span><span class="sort-mark" x-icon="setup.sortIcon('${key}')"></span></button>${hint ? `<button type="button" x-hint="${hint}"></button>` : ''}</span></th>`;

export const algorithmSearch = `<span class="search-input algorithm-search">${icon('search')}<input type="search" data-search maxlength="60" x-model="setup.query" x-t:placeholder="run.algorithm.search" x-t:aria-label="run.algorithm.search"></span>`;

export const algorithmTable = `<p class="muted" x-t="run.algorithm.note"></p>
    <div>${algorithmSearch}</div>
    <div class="choice-table" tabindex="0" role="region" x-t:aria-label="run.algorithm.title"><table class="table"><thead><tr><th scope="col" class="choose"><span class="visually-hidden" x-t="table.choose"></span></th>
      ${heading('name', 'run.algorithm.name')}${heading('gflops', 'run.algorithm.gflops', 'run.algorithm.gflops.hint')}${heading('parametersM', 'run.algorithm.size', 'run.algorithm.size.hint')}${heading('resourceNeed', 'run.algorithm.need')}</tr></thead>
      <tbody><template x-for="one in setup.found()" :key="one.name"><tr class="clickable" :class="{ selected: setup.algorithm === one.name }" @click="setup.chooseAlgorithm(one.name)">
        <td class="choose"><label class="hit"><input type="radio" name="algorithm" :value="one.name" :checked="setup.algorithm === one.name" @change="setup.chooseAlgorithm(one.name)" :aria-label="$t('run.algorithm.choose', { name: one.name })"></label></td>
        <td class="grow"><b x-text="one.name"></b></td><td class="end number" x-text="gflopsText(one.gflops)"></td><td class="end number" x-text="$f.decimal(one.parametersM)"></td>
        <td class="end"><span class="need" :class="one.resourceNeed"><span class="need-bars" aria-hidden="true"><i></i><i></i><i></i></span><span x-text="$t('run.need.' + one.resourceNeed)"></span></span></td></tr></template></tbody></table><p class="muted table-message" role="status" x-show="!setup.found().length" x-t="table.nothing"></p></div>`;

const algorithm = `<section class="step" x-show="setup.step === 'algorithm'">
    ${algorithmTable}
    <div @change="setup.changed('algorithm')">${startField('setup.start', 'setup')}</div>
    <div class="parameters-head"><h3 x-t="run.parameters"></h3><span class="spacer"></span><button type="button" class="button quiet small" :disabled="setup.isDefault()" @click="setup.resetParameters()">${icon('refresh-cw')}<span x-t="run.parameters.reset"></span></button></div>
    <div class="parameters">${firstFields()}</div>
    ${advancedFold()}
    <div class="step-foot"><button type="button" class="button primary large" @click="setup.confirm('algorithm')" :disabled="setup.wrongIn('algorithm')" x-t="run.next.resources"></button></div></section>`;

export const resources = `<section class="step" x-show="setup.step === 'resources'">
    <p class="muted" x-t="run.resources.note"></p>
    <div class="choice-table" tabindex="0" role="region" x-t:aria-label="run.presets"><table class="table"><thead><tr><th scope="col" class="choose"><span class="visually-hidden" x-t="table.choose"></span></th><th scope="col" class="grow" x-t="run.preset.name"></th><th scope="col" x-t="run.preset.gpu"></th><th scope="col" class="end" x-t="run.preset.cpu"></th><th scope="col" class="end" x-t="run.preset.ram"></th></tr></thead>
      <tbody><template x-for="one in setup.presets" :key="one.name"><tr class="clickable" :class="{ selected: setup.preset === one.name, off: !one.fits }" @click="setup.choosePreset(one)">
        <td class="choose"><label class="hit"><input type="radio" name="preset" :value="one.name" :checked="setup.preset === one.name" :disabled="!one.fits" @change="setup.choosePreset(one)" :aria-label="$t('run.preset.choose', { name: one.name })"></label></td>
        <td class="grow"><b x-text="one.name"></b><small class="preset-why" x-show="!one.fits" x-t="run.preset.tooLarge"></small><small class="preset-why" x-show="one.gpuMissing" x-t="run.preset.gpuMissing"></small></td><td x-text="gpuText(one)"></td><td class="end number" x-text="$t('run.preset.cores', { n: one.cores })"></td><td class="end number" x-text="memoryText(one)"></td></tr></template></tbody></table></div>
    <p class="field-error" role="alert" x-show="!setup.preset" x-t="run.preset.none"></p>
    <div class="step-foot"><span class="muted" x-text="startNote()"></span><button type="button" class="button primary large" x-show="!setup.done.resources" @click="setup.confirm('resources')" :disabled="setup.wrongIn('resources')" x-t="run.ok"></button><button type="button" class="button primary large" x-show="setup.done.resources" :disabled="!mayStart() || starting" :aria-busy="starting ? 'true' : 'false'" @click="start()">${icon('play')}<span x-t="run.start"></span></button></div></section>`;

export function stepsView(list: { key: Step; text: Key }[], content: string): string {
  return `<section class="box run-steps"><div class="box-head">${stepper({ label: 'run.steps', steps: list, current: 'setup.step', reach: 'setup.mayOpen', go: 'setup.go', done: 'setup.isDone' })}</div>
  <div class="box-body"><div class="stack" x-show="setup.state === 'loading'" aria-hidden="true"><span class="skeleton-block"></span><span class="skeleton-block tall"></span><span class="skeleton-block"></span></div>
    <div x-problem="setup.problem"></div><div x-show="setup.state === 'ready'">${content}</div></div></section>`;
}

export const steps = stepsView(
  [
    { key: 'split', text: 'run.step.split' },
    { key: 'algorithm', text: 'run.step.algorithm' },
    { key: 'resources', text: 'run.step.resources' },
  ],
  split + algorithm + resources,
);

/** The component's `parts()` gives them (see configuration.ts). */
export const configuration = `<section class="box configuration"><div class="box-head"><h2 x-t="run.configuration"></h2></div>
  <div class="configuration-parts"><template x-for="part in parts()" :key="part.key"><section :class="{ later: !part.done }"><h3><span class="part-mark" x-icon="part.done ? 'circle-check' : 'circle-dashed'"></span><span x-text="$t(part.title)"></span></h3>
    <p class="muted" x-show="!part.done" x-t="run.conf.later"></p>
    <dl class="conf-facts" x-show="part.done"><template x-for="fact in part.facts" :key="fact.name"><div><dt x-text="fact.name"></dt><dd x-text="fact.value"></dd></div></template></dl></section></template></div></section>`;
