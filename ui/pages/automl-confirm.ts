/** "AutoML Configuration": what will be trained, once more; what is unchecked here is left out. */
import type { Split } from '../../server/http/schemas.ts';
import { dialog, dialogFoot } from '../components/dialog.ts';
import { component } from '../mount.ts';
import { splitFacts } from './data-split.ts';

export interface AutomlQuestion {
  dataset: string;
  split: Split;
  algorithms: { name: string; details: string }[];
}

export const automlConfirm = dialog<AutomlQuestion, string[]>({
  title: 'automl.confirm.title',
  template: `<div class="dialog-body"><dl class="facts"><dt x-t="fact.dataset"></dt><dd x-text="dataset"></dd><dt x-t="automl.confirm.split"></dt><dd x-text="split"></dd></dl>
      <p x-t="automl.confirm.text"></p>
      <fieldset class="check-list automl-check"><legend class="visually-hidden" x-t="automl.list"></legend><template x-for="(one, index) in algorithms" :key="one.name"><label class="check"><input type="checkbox" :checked="has(one.name)" @change="toggle(one.name)"><span><span x-text="(index + 1) + '. ' + one.name"></span><small x-text="one.details"></small></span></label></template></fieldset>
      <p class="field-error" role="alert" x-show="!chosen.length" x-t="automl.need"></p></div>
    ${dialogFoot('automl.confirm.ok', { disabled: '!chosen.length' })}`,
  component: (args, done) =>
    component({
      dataset: args.dataset,
      split: splitFacts(args.split)
        .map(({ name, value }) => `${name} ${value}`)
        .join(' · '),
      algorithms: args.algorithms,
      chosen: args.algorithms.map((one) => one.name),
      has(name: string) {
        return this.chosen.includes(name);
      },
      toggle(name: string) {
        this.chosen = this.has(name) ? this.chosen.filter((one) => one !== name) : [...this.chosen, name];
      },
      submit() {
        if (this.chosen.length) done(args.algorithms.map((one) => one.name).filter((name) => this.has(name)));
      },
    }),
});
