/** What AutoML is asked: which algorithms, each with its parameters. Data and resources are those of a run (see run-setup.ts). */
import type { Algorithm } from '../../server/http/schemas.ts';
import type { AutomlRequest } from '../../server/http/training-schemas.ts';
import type { StartOption } from '../../server/http/weights-schemas.ts';
import { component, icon } from '../mount.ts';
import { splitFields } from './data-split.ts';
import { advancedFold, type FormPlace, firstFields } from './parameter-form.ts';
import {
  changedAdvanced,
  isAdvanced,
  matters,
  type NumberName,
  type ParameterName,
  parameterProblem,
  type Recipe,
  rateFor,
  sent,
  wrongNumbers,
} from './parameters.ts';
import { algorithmSearch } from './run-steps.ts';
import { type StartKey, startChoices, startField, startOf, startText } from './start.ts';

export function automlSetup() {
  return component({
    chosen: [] as string[],
    suited: [] as string[],
    focused: '',
    each: {} as Record<string, Recipe>,
    defaults: {} as Record<string, Recipe>,
    edited: null as Recipe | null,
    freezableOf: {} as Record<string, number>,
    starts: [] as readonly StartOption[],
    /** By the algorithm. */
    startKeys: {} as Record<string, StartKey>,
    start: '' as StartKey,

    begin(algorithms: readonly Algorithm[], size: number, starts: readonly StartOption[]) {
      this.starts = starts;
      const own = () => Object.fromEntries(algorithms.map((one) => [one.name, { ...one.defaults, input_size: size }]));
      this.each = own();
      this.defaults = own();
      this.freezableOf = Object.fromEntries(algorithms.map((one) => [one.name, one.freezable]));
      // What suits the number of pictures and the box, as the daemon reckons.
      this.suited = algorithms.filter((one) => one.suggested).map((one) => one.name);
      this.chosen = [...this.suited];
      this.focus(this.chosen[0] ?? algorithms[0]?.name ?? '');
    },
    has(name: string) {
      return this.chosen.includes(name);
    },
    toggle(name: string) {
      this.chosen = this.has(name) ? this.chosen.filter((one) => one !== name) : [...this.chosen, name];
      this.focus(name);
    },
    chooseSuited() {
      this.chosen = [...this.suited];
    },
    chooseNone() {
      this.chosen = [];
    },
    isSuited(name: string) {
      return this.suited.includes(name);
    },
    focus(name: string) {
      this.focused = name;
      this.edited = this.each[name] ?? null;
      this.start = this.startKeys[name] ?? '';
    },
    isChanged(name: string) {
      return Boolean(this.startKeys[name]) || JSON.stringify(this.each[name]) !== JSON.stringify(this.defaults[name]);
    },
    reset() {
      const usual = this.defaults[this.focused];
      if (!usual) return;
      this.each[this.focused] = { ...usual };
      this.startKeys[this.focused] = '';
      this.focus(this.focused);
    },
    startChoices() {
      return startChoices(this.starts, this.focused);
    },
    keepStart() {
      this.startKeys[this.focused] = this.start;
    },
    startText(name: string) {
      return startText(startOf(this.starts, name, this.startKeys[name] ?? '').start);
    },
    freezable() {
      return this.freezableOf[this.focused] ?? 0;
    },
    parameterProblem(name: NumberName) {
      return this.edited ? parameterProblem(name, this.edited, this.freezable()) : '';
    },
    matters(name: ParameterName) {
      return this.edited !== null && matters(name, this.edited);
    },
    freezeRange() {
      return `0 – ${this.freezable()}`;
    },
    changedAdvanced() {
      return this.edited ? changedAdvanced(this.edited).length : 0;
    },
    advancedWrong() {
      return this.edited !== null && wrongNumbers(this.edited, this.freezable()).some(isAdvanced);
    },
    optimizerChanged() {
      if (this.edited) this.edited.learning_rate = rateFor(this.edited);
    },
    /** Chosen algorithms with a parameter out of its range. */
    wrong() {
      return this.chosen.filter((name) => {
        const parameters = this.each[name];
        return !parameters || wrongNumbers(parameters, this.freezableOf[name] ?? 0).length > 0;
      });
    },
    request(order: readonly string[]): AutomlRequest['algorithms'] {
      return order.flatMap((name) => {
        const parameters = this.each[name];
        return parameters && this.has(name) ? [{ name, parameters: sent(parameters), ...startOf(this.starts, name, this.startKeys[name] ?? '') }] : [];
      });
    },
  });
}

const autoPlace: FormPlace = { model: 'auto.edited', methods: 'auto' };

const sideHead = (part: 'data' | 'algorithm', name: string) =>
  `<div class="box-head"><h2 x-t="automl.${part}"></h2><span class="spacer"></span><button type="button" class="button small" ${part === 'algorithm' ? ':disabled="!auto.edited"' : ''} :aria-expanded="editing === '${part}' ? 'true' : 'false'" :aria-label="$t(editing === '${part}' ? 'automl.edited' : 'automl.edit') + ': ' + ${name}" @click="edit('${part}')">${icon('pencil')}<span x-text="$t(editing === '${part}' ? 'automl.edited' : 'automl.edit')"></span></button></div>`;

/** The component has `setup`, `auto`, `editing`, edit(part), rows(), dataFacts(), parameterFacts(), locked(), start(). */
export const automlView = `<div class="run-setup" x-show="draft()" :inert="locked() ? '' : false"><div class="stack">
    <section class="box"><div class="box-head"><h2 x-t="automl.list"></h2><button type="button" x-hint="automl.suited.hint"></button><span class="spacer"></span><span class="muted" aria-live="polite" x-text="$t('automl.chosen', { n: auto.chosen.length })"></span></div>
      <div class="box-body stack"><div class="stack" x-show="setup.state === 'loading'" aria-hidden="true"><span class="skeleton-block"></span><span class="skeleton-block tall"></span></div><div x-problem="setup.problem"></div>
      <div class="automl-tools" x-show="setup.state === 'ready'">${algorithmSearch}<span class="spacer"></span><button type="button" class="button quiet small" @click="auto.chooseSuited()" x-t="automl.choose.suited"></button><button type="button" class="button quiet small" @click="auto.chooseNone()" x-t="automl.choose.none"></button></div>
      <div class="choice-table automl-list" x-show="setup.state === 'ready'" tabindex="0" role="region" x-t:aria-label="automl.list"><table class="table"><thead><tr><th scope="col" class="choose"><span class="visually-hidden" x-t="table.choose"></span></th>
        ${(['name', 'gflops', 'parametersM', 'resourceNeed'] as const)
          .map((key) => {
            const titles = {
              name: 'run.algorithm.name',
              gflops: 'run.algorithm.gflops',
              parametersM: 'run.algorithm.size',
              resourceNeed: 'run.algorithm.need',
            };
            return `<th scope="col" class="${key === 'name' ? 'grow' : 'end'}" :aria-sort="setup.ariaSort('${key}')"><span class="th"><button type="button" class="sort" @click="setup.sortBy('${key}')"><span x-t="${titles[key]}"></span><span class="sort-mark" x-icon="setup.sortIcon('${key}')"></span></button></span></th>`;
          })
          .join('')}</tr></thead>
        <tbody><template x-for="one in rows()" :key="one.name"><tr class="clickable" :class="{ selected: auto.focused === one.name }" @click="auto.focus(one.name)">
          <td class="choose" @click.stop><label class="hit"><input type="checkbox" :checked="auto.has(one.name)" @change="auto.toggle(one.name)" :aria-label="$t('run.algorithm.choose', { name: one.name })"></label></td>
          <td class="grow"><button type="button" class="link-button algorithm-name" @click.stop="auto.focus(one.name)" x-text="one.name"></button><span class="chip plain green" x-show="auto.isSuited(one.name)" x-t="automl.suited"></span><span class="chip plain amber" x-show="auto.isChanged(one.name)" x-t="automl.changed"></span></td>
          <td class="end number" x-text="gflopsText(one.gflops)"></td><td class="end number" x-text="$f.decimal(one.parametersM)"></td>
          <td class="end"><span class="need" :class="one.resourceNeed"><span class="need-bars" aria-hidden="true"><i></i><i></i><i></i></span><span x-text="$t('run.need.' + one.resourceNeed)"></span></span></td></tr></template></tbody></table>
        <p class="table-message" x-show="!rows().length" x-t="automl.nothing"></p></div></div></section></div>
  <aside class="side-edit" x-show="setup.state === 'ready'">
    <section class="box">${sideHead('data', "$t('automl.data')")}<div class="box-body">
      <dl class="conf-facts" x-show="editing !== 'data'"><template x-for="fact in dataFacts()" :key="fact.name"><div><dt x-text="fact.name"></dt><dd x-text="fact.value"></dd></div></template></dl>
      <div class="stack" x-show="editing === 'data'">${splitFields}</div></div></section>
    <section class="box">${sideHead('algorithm', 'auto.focused')}<div class="box-body">
      <p class="muted" x-show="!auto.edited" x-t="automl.choose.first"></p>
      <dl class="conf-facts" x-show="auto.edited && editing !== 'algorithm'"><template x-for="fact in parameterFacts()" :key="fact.name"><div><dt x-text="fact.name"></dt><dd x-text="fact.value"></dd></div></template></dl>
      <template x-if="auto.edited"><div class="stack" x-show="editing === 'algorithm'"><h3 x-text="auto.focused"></h3><div @change="auto.keepStart()">${startField('auto.start', 'auto')}</div>${firstFields(autoPlace)}${advancedFold(autoPlace)}
        <button type="button" class="button quiet small" :disabled="!auto.isChanged(auto.focused)" @click="auto.reset()">${icon('refresh-cw')}<span x-t="run.parameters.reset"></span></button></div></template></div></section>
    <section class="box"><div class="box-head"><h2 x-t="automl.resources"></h2></div><div class="box-body"><select x-model="setup.preset" x-t:aria-label="automl.resources"><template x-for="one in setup.presets" :key="one.name"><option :value="one.name" :disabled="!one.fits" :selected="one.name === setup.preset" x-text="presetText(one)"></option></template></select><p class="field-error" role="alert" x-show="!setup.preset" x-t="run.preset.none"></p><p class="muted" x-show="setup.gpuMissing()" x-t="run.preset.gpuMissing"></p></div></section>
  </aside></div>`;
