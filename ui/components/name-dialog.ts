/** A dialog that asks for one name. */
import type { Key } from '../i18n/keys.ts';
import { t } from '../i18n/language.ts';
import { component } from '../mount.ts';
import { type DialogDefinition, dialog, dialogFoot } from './dialog.ts';
import { field } from './field.ts';

export interface NameDialog<Args, Result> {
  title: Key;
  label: Key;
  /** What is said where it is left empty. */
  need: Key;
  start(args: Args): string;
  /** Lines beside the name, above or below; those without a value are left out. */
  facts?: { where: 'above' | 'below'; of(args: Args): { name: Key; value: string }[] };
  note?: Key;
  save(args: Args, name: string): Promise<Result>;
}

const FACTS = `<dl class="facts" x-show="facts.length"><template x-for="fact in facts" :key="fact.name"><div class="fact"><dt x-text="$t(fact.name)"></dt><dd x-text="fact.value"></dd></div></template></dl>`;

export function nameDialog<Args, Result>(of: NameDialog<Args, Result>): DialogDefinition<Args, Result> {
  const where = of.facts?.where;
  return dialog<Args, Result>({
    title: of.title,
    size: 'small',
    template: `<div class="dialog-body">${where === 'above' ? FACTS : ''}${field({ model: 'name', label: of.label, maxLength: 100, required: true, error: 'wrong()', autofocus: true })}
      ${where === 'below' ? FACTS : ''}${of.note ? `<p class="muted" x-t="${of.note}"></p>` : ''}<div x-problem="problem"></div></div>
    ${dialogFoot('action.ok', { busy: 'busy' })}`,
    component: (args, done) =>
      component({
        name: of.start(args),
        facts: (of.facts?.of(args) ?? []).filter((fact) => fact.value),
        busy: false,
        tried: false,
        problem: null as unknown,
        wrong() {
          return this.tried && !this.name.trim() ? t(of.need) : '';
        },
        dirty() {
          return this.name !== of.start(args);
        },
        async submit() {
          this.tried = true;
          if (!this.name.trim() || this.busy) return;
          this.busy = true;
          this.problem = null;
          try {
            done(await of.save(args, this.name.trim()));
          } catch (error) {
            this.problem = error;
          } finally {
            this.busy = false;
          }
        },
      }),
  });
}
