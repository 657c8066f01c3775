/** The list of shapes in the tagging panel: their labels, and what can be done with each. Choosing one shows it in the picture. */
import { language, t } from '../i18n/language.ts';
import { icon } from '../mount.ts';
import type { Item } from './drawing.ts';
import { WindowList } from './window-list.ts';

export interface ShapeListOptions {
  items(): readonly Item[];
  selected(): ReadonlySet<number>;
  colour(label: number): string;
  name(label: number): string;
  editable(): boolean;
  hidden(id: number): boolean;
  choose(id: number, more: boolean): void;
  label(id: number, anchor: HTMLElement): void;
  remove(id: number): void;
  hide(id: number): void;
  accept(id: number): void;
}

export class ShapeList {
  readonly #list: WindowList;
  readonly #options: ShapeListOptions;

  constructor(host: HTMLElement, options: ShapeListOptions) {
    this.#options = options;
    this.#list = new WindowList(host, { height: 44, className: 'shape-row', draw: (element, place) => this.#draw(element, place) });
    host.addEventListener('click', (event) => {
      const button = (event.target as Element).closest<HTMLElement>('[data-do]');
      const id = Number((event.target as Element).closest<HTMLElement>('[data-id]')?.dataset.id);
      if (!id || !button) return;
      switch (button.dataset.do) {
        case 'choose':
          return options.choose(id, event.shiftKey || event.ctrlKey);
        case 'label':
          return options.label(id, button);
        case 'remove':
          return options.remove(id);
        case 'hide':
          return options.hide(id);
        case 'accept':
          return options.accept(id);
      }
    });
  }

  end(): void {
    this.#list.end();
  }

  /** Shapes were added or are gone. */
  reload(): void {
    this.#list.count = this.#options.items().length;
  }
  refresh(): void {
    this.#list.refresh();
  }
  show(id: number): void {
    const place = this.#options.items().findIndex((item) => item.id === id);
    if (place >= 0) this.#list.show(place);
  }

  #draw(element: HTMLElement, place: number): void {
    const o = this.#options;
    const item = o.items()[place];
    if (!item) return;
    const { label, kind } = item.shape;
    const chosen = o.selected().has(item.id);
    const proposed = item.proposed !== null;
    const name = o.name(label);
    const shown = [item.id, place, name, label && o.colour(label), chosen, item.proposed, o.editable(), o.hidden(item.id), language.now].join();
    if (element.dataset.shown === shown) return;
    element.dataset.shown = shown;
    element.dataset.id = String(item.id);
    element.classList.toggle('selected', chosen);
    // Built once, then only changed: what has the focus in it keeps it.
    if (!element.firstElementChild || element.classList.contains('proposed') !== proposed) {
      element.classList.toggle('proposed', proposed);
      element.innerHTML = `<button type="button" class="shape-number" data-do="choose"><span class="swatch"></span><span></span></button>
        <button type="button" class="shape-label" data-do="label" aria-haspopup="menu" aria-expanded="false"><span class="cut" data-verbatim></span>${icon('chevron-down')}</button>
        ${proposed ? '<span class="tag-score"></span>' : ''}<button type="button" class="icon-button" data-do="${proposed ? 'accept' : 'hide'}"></button>
        <button type="button" class="icon-button" data-do="remove">${icon('trash-2')}</button>`;
    }
    const button = (what: string) => element.querySelector(`[data-do=${what}]`) as HTMLButtonElement;
    const say = (on: HTMLElement, text: string, more = '') => {
      on.setAttribute('aria-label', text + more);
      on.title = text;
    };
    const number = button('choose');
    number.setAttribute('aria-pressed', String(chosen));
    number.title = t('work.choose-shape', { n: place + 1 });
    (number.lastElementChild as HTMLElement).textContent = String(place + 1);
    button('label').disabled = !o.editable();
    button('remove').disabled = !o.editable();
    say(button('remove'), t('work.delete'), `: ${place + 1}`);
    if (item.proposed !== null) {
      (element.querySelector('.tag-score') as HTMLElement).textContent = `${Math.round(item.proposed * 100)} %`;
      const accept = button('accept');
      accept.disabled = !o.editable();
      accept.innerHTML = icon('check');
      say(accept, t('work.accept'), `: ${place + 1}`);
    } else {
      const hide = button('hide');
      hide.innerHTML = icon(o.hidden(item.id) ? 'eye-off' : 'eye');
      hide.setAttribute('aria-pressed', String(o.hidden(item.id)));
      say(hide, t('work.hide'), `: ${place + 1}`);
    }
    (element.querySelector('.swatch') as HTMLElement).style.backgroundColor = label ? o.colour(label) : 'transparent';
    const words = element.querySelector('.shape-label .cut') as HTMLElement;
    words.textContent = name;
    words.title = name;
    element.dataset.kind = kind;
  }
}
