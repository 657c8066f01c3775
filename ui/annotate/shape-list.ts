/** The list of shapes in the tagging panel: their labels, and what can be done with each. Choosing one shows it in the picture. */
import { t } from '../i18n/language.ts';
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
    const name = o.name(label);
    const off = o.editable() ? '' : 'disabled';
    element.dataset.id = String(item.id);
    element.classList.toggle('selected', chosen);
    element.classList.toggle('proposed', item.proposed !== null);
    const last =
      item.proposed === null
        ? `<button type="button" class="icon-button" data-do="hide" aria-pressed="${o.hidden(item.id)}" aria-label="${t('work.hide')}" title="${t('work.hide')}">${icon(o.hidden(item.id) ? 'eye-off' : 'eye')}</button>`
        : `<button type="button" class="icon-button" data-do="accept" ${off} aria-label="${t('work.accept')}" title="${t('work.accept')}">${icon('check')}</button>`;
    const score = item.proposed === null ? '' : `<span class="tag-score">${Math.round(item.proposed * 100)} %</span>`;
    element.innerHTML = `<button type="button" class="shape-number" data-do="choose" aria-pressed="${chosen}" title="${t('work.choose-shape', { n: place + 1 })}"><span class="swatch"></span>${place + 1}</button>
      <button type="button" class="shape-label" data-do="label" ${off} aria-haspopup="menu" aria-expanded="false"><span class="cut" data-verbatim></span>${icon('chevron-down')}</button>${score}${last}
      <button type="button" class="icon-button" data-do="remove" ${off} aria-label="${t('work.delete')}: ${place + 1}" title="${t('work.delete')}">${icon('trash-2')}</button>`;
    (element.querySelector('.swatch') as HTMLElement).style.backgroundColor = label ? o.colour(label) : 'transparent';
    const words = element.querySelector('.shape-label .cut') as HTMLElement;
    words.textContent = name;
    words.title = name;
    element.dataset.kind = kind;
  }
}
