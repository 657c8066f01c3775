/**
 * A drop-down of many: what is typed above it turns it into a list of what fits. Enter takes the first, a click or the arrows another one; what is chosen stays
 * until then, and stands in the list.
 *
 *     finder: finder(),   …   searchSelect({ model: 'modelId', label: 'things.model', from: 'choices()', finder: 'finder' })
 */
import { icon } from '../mount.ts';
import { type Field, select } from './field.ts';

/** So many are seen at a glance. */
const FEW = 8;
const LINES = 6;
/** Thousands are not drawn: what is typed finds them. */
export const DRAWN = 200;

export interface Option {
  value: string;
  text: string;
  /** Offered whatever is looked for. */
  always?: boolean;
}

/** Its state: a member of the component. */
export const finder = () => ({
  words: '',
  /** What happens in the list is done by a pointer, not by keys. */
  pressed: false,
  many: (all: readonly Option[]) => all.length > FEW,
  fitting(all: readonly Option[]): readonly Option[] {
    const words = this.words.trim().toLocaleLowerCase();
    return words ? all.filter((one) => !one.always && one.text.toLocaleLowerCase().includes(words)) : all;
  },
  offered(all: readonly Option[], chosen: string): readonly Option[] {
    const fitting = new Set(this.fitting(all).slice(0, DRAWN));
    return all.filter((one) => one.always || one.value === chosen || fitting.has(one));
  },
  cut(all: readonly Option[]): boolean {
    return this.fitting(all).length > DRAWN;
  },
  nothing(all: readonly Option[]): boolean {
    return this.words.trim() !== '' && !this.fitting(all).length;
  },
  lines(all: readonly Option[], chosen: string): number {
    return this.words.trim() === '' || this.nothing(all) ? 1 : Math.max(2, Math.min(LINES, this.offered(all, chosen).length));
  },
  /** What fits is in sight while a keyboard covers a part of the screen, and in a dialog that scrolls. */
  show(field: Element) {
    requestAnimationFrame(() => field.closest('.search-select')?.scrollIntoView({ block: 'nearest' }));
  },
  /** What is chosen after a key in the field. */
  typed(event: KeyboardEvent, all: readonly Option[], chosen: string): string {
    // Enter that ends a Hangul syllable belongs to the field.
    if (event.isComposing) return chosen;
    if (event.key === 'ArrowDown') {
      event.preventDefault();
      (event.target as Element).closest('.search-select')?.querySelector('select')?.focus();
    }
    if (event.key !== 'Enter') return chosen;
    // In a dialog it would press the main button.
    event.preventDefault();
    const [first] = this.words.trim() ? this.fitting(all) : [];
    if (first) this.words = '';
    return first?.value ?? chosen;
  },
  /** A line that was pressed, or Enter: the list is a drop-down again. (Arrows change it too; a click comes only where nothing has changed.) */
  picked(event: Event) {
    const isLine = event.type === 'change' ? this.pressed : event.type !== 'click' || event.target instanceof HTMLOptionElement;
    if (!this.words || !isLine) return;
    event.preventDefault();
    this.words = '';
  },
});

export function searchSelect({ finder: f, from: all, ...of }: Omit<Field, 'type' | 'above'> & { from: string; finder: string }): string {
  const { model } = of;
  const field = `<input type="search" maxlength="100" x-model="${f}.words" @input="${f}.show($el)" @keydown="${model} = ${f}.typed($event, ${all}, ${model})" x-t:placeholder="table.search" :aria-label="$t('${of.label}') + ': ' + $t('table.search')">`;
  return select({
    ...of,
    className: `search-select ${of.className ?? ''}`,
    above: `<div class="search-input" x-show="${f}.many(${all})">${icon('search')}${field}</div><p class="field-note" role="status" x-show="${f}.nothing(${all})" x-t="table.nothing"></p><p class="field-note" x-show="${f}.cut(${all})" x-text="$t('table.first', { n: ${DRAWN} })"></p>`,
    from: `${f}.offered(${all}, ${model})`,
    more: `:size="${f}.lines(${all}, ${model})" @pointerdown="${f}.pressed = true" @keydown="${f}.pressed = false" @change="${f}.picked($event)" @click="${f}.picked($event)" @keydown.enter="${f}.picked($event)"`,
  });
}
