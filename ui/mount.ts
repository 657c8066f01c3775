/** Puts a piece of screen (its markup and its component) into the page; pages, dialogs, panels and popovers all go through here. */
import Alpine, { type Magics } from './vendor/alpine.js';

/** Gives `this` its type inside an Alpine component that is written as an object. */
export function component<T extends object>(definition: T & ThisType<T & Magics>): T {
  return definition;
}

const waiting = new WeakMap<Element, object>();
Alpine.data('mounted', function () {
  const data = waiting.get(this.$el) ?? {};
  waiting.delete(this.$el);
  return data;
});

/** Makes an element whose component is `data`; Alpine starts it when it enters the document and ends it when it leaves. */
export function element(tag: string, className: string, template: string, data: object): HTMLElement {
  const made = document.createElement(tag);
  made.className = className;
  made.setAttribute('x-data', 'mounted');
  made.innerHTML = template;
  waiting.set(made, data);
  return made;
}

/** The drawing of an icon, for markup. */
export function icon(name: string, className = ''): string {
  return `<svg class="icon ${className}" aria-hidden="true" focusable="false"><use href="${iconHref(name)}"></use></svg>`;
}

const sprite = new URL('./icons/sprite.svg', import.meta.url).pathname;
export function iconHref(name: string): string {
  return `${sprite}#${name}`;
}
