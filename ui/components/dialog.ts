/**
 * The one kind of dialog. It keeps the focus, Enter presses its main button, Esc and the cross close it; where something was typed, closing
 * asks inside the same window first.
 *
 *     const made = await openDialog(newThing, { groups });        // undefined where it was closed
 *     const newThing = dialog<{ groups: Group[] }, Project>({
 *       title: 'things.new',
 *       template: `…fields… ${dialogFoot('things.create')}`,       // the foot's button calls submit()
 *       component: (args, done) => component({ form: {…}, dirty() {…}, async submit() { …; done(project); } }),
 *     });
 */

import { effect } from '../effect.ts';
import type { Key } from '../i18n/keys.ts';
import { t } from '../i18n/language.ts';
import { element, icon } from '../mount.ts';
import Alpine from '../vendor/alpine.js';

export interface DialogComponent {
  submit?(): unknown;
  /** Something was typed that closing would lose. */
  dirty?(): boolean;
}

export interface DialogDefinition<Args, Result> {
  title: Key | ((args: Args) => string);
  size?: 'small' | 'medium' | 'large';
  template: string;
  /** Its members may include those of DialogComponent. */
  component(args: Args, done: (result?: Result) => void): object;
}

export function dialog<Args, Result = true>(definition: DialogDefinition<Args, Result>): DialogDefinition<Args, Result> {
  return definition;
}

/** Cancel and the main button. `busy` is a member of the component that is true while it sends; `note` is what is to be read before it is pressed. */
export function dialogFoot(ok: Key, options: { danger?: boolean; busy?: string; disabled?: string; note?: Key } = {}): string {
  const disabled = [options.busy, options.disabled].filter(Boolean).join(' || ');
  return `<footer class="dialog-foot">${options.note ? `<p class="foot-note">${icon('lock')}<span x-t="${options.note}"></span></p>` : ''}
    <button type="button" class="button" data-close x-t="action.cancel"></button>
    <button type="submit" class="button ${options.danger ? 'danger' : 'primary'}" ${disabled ? `:disabled="${disabled}"` : ''} ${options.busy ? `:aria-busy="${options.busy}"` : ''}><span x-t="${ok}"></span></button>
  </footer>`;
}

let number = 0;
/** Dialogs that are open, the topmost last, each with what its cross does. */
const opened: (() => void)[] = [];

/** Closes the topmost dialog as its cross would (asking where something was typed); false: none is open. */
export function closeTopDialog(): boolean {
  const close = opened.at(-1);
  close?.();
  return close !== undefined;
}

/** `until`: closes it, whatever was typed. */
export function openDialog<Args, Result>(definition: DialogDefinition<Args, Result>, args: Args, until?: AbortSignal): Promise<Result | undefined> {
  return new Promise((resolve) => {
    const id = `dialog-${++number}`;
    const before = document.activeElement;
    const parts = definition.component(args, (result) => close(result));
    const window = document.createElement('dialog');
    window.className = `dialog ${definition.size ?? 'medium'}`;
    window.setAttribute('aria-labelledby', id);
    const form = element('form', 'dialog-form', '', parts) as HTMLFormElement;
    form.noValidate = true;
    form.innerHTML = `<header class="dialog-head"><h2 id="${id}"></h2><button type="button" class="icon-button" data-close x-t:aria-label="action.close">${icon('x')}</button></header>
      ${definition.template}
      <div class="dialog-unsaved" role="alert" hidden><span x-t="leave.text"></span><button type="button" class="button" data-stay x-t="leave.stay"></button><button type="button" class="button danger" data-discard x-t="leave.ok"></button></div>`;
    const heading = form.querySelector('h2') as HTMLElement;
    const title = effect(() => {
      heading.textContent = typeof definition.title === 'string' ? t(definition.title) : definition.title(args);
    });
    window.append(form);
    document.body.append(window);
    window.showModal();
    const unsaved = form.querySelector('.dialog-unsaved') as HTMLElement;
    let ended = false;
    function close(result?: Result): void {
      if (ended) return;
      ended = true;
      opened.splice(opened.indexOf(tryClose), 1);
      title();
      window.close();
      window.remove();
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
      resolve(result);
    }
    const live = () => Alpine.$data(form) as DialogComponent;
    const tryClose = () => {
      if (!live().dirty?.()) return close();
      unsaved.hidden = false;
      (unsaved.querySelector('[data-stay]') as HTMLElement).focus();
    };
    opened.push(tryClose);
    until?.addEventListener('abort', () => close());
    window.addEventListener('cancel', (event) => {
      event.preventDefault();
      if (unsaved.hidden) tryClose();
      else unsaved.hidden = true;
    });
    window.addEventListener('click', (event) => {
      const target = event.target as Element;
      if (target.closest('[data-close]')) tryClose();
      else if (target.closest('[data-stay]')) unsaved.hidden = true;
      else if (target.closest('[data-discard]')) close();
    });
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const button = form.querySelector<HTMLButtonElement>('button[type=submit]');
      if (!button?.disabled) void live().submit?.();
    });
    // The browser focuses the cross, being first; the first field, or the main button, is what one wants.
    void Alpine.nextTick(() => {
      if (ended) return;
      const fields = form.querySelectorAll<HTMLElement>('[autofocus], input:not([type=hidden], [type=radio], [disabled]), select, textarea');
      const first = [...fields].find((field) => field.checkVisibility()) ?? form.querySelector<HTMLElement>('.dialog-foot button[type=submit]');
      first?.focus();
      if (first instanceof HTMLInputElement && first.value) first.select();
    });
  });
}
