/** The one kind of toast: it says that something happened, is read out, and goes by itself; an error stays until it is closed. */
import { ApiError, wasAborted } from '../api.ts';
import { t } from '../i18n/language.ts';
import { icon } from '../mount.ts';

export type ToastKind = 'success' | 'info' | 'error';
const ICONS: { [kind in ToastKind]: string } = { success: 'circle-check', info: 'info', error: 'triangle-alert' };

let shelf: HTMLElement | null = null;
function shelfElement(): HTMLElement {
  if (!shelf) {
    shelf = document.createElement('div');
    shelf.className = 'toasts';
    shelf.popover = 'manual';
    shelf.setAttribute('role', 'region');
    shelf.setAttribute('aria-live', 'polite');
    document.body.append(shelf);
  }
  shelf.setAttribute('aria-label', t('toast.region'));
  return shelf;
}

export function toast(kind: ToastKind, text: string, options: { details?: string | undefined; action?: { text: string; run(): void } } = {}): void {
  const on = shelfElement();
  const one = document.createElement('div');
  one.className = `toast ${kind}`;
  if (kind === 'error') one.setAttribute('role', 'alert');
  one.innerHTML = `${icon(ICONS[kind])}<div class="toast-text"></div><button type="button" class="icon-button">${icon('x')}</button>`;
  const words = one.querySelector('.toast-text') as HTMLElement;
  words.textContent = text;
  if (options.details) {
    const fold = document.createElement('details');
    fold.innerHTML = '<summary></summary><pre></pre>';
    (fold.firstElementChild as HTMLElement).textContent = t('error.details');
    (fold.lastElementChild as HTMLElement).textContent = options.details;
    words.append(fold);
  }
  const close = one.querySelector('button') as HTMLButtonElement;
  close.setAttribute('aria-label', t('action.close'));
  let timer = 0;
  const end = () => {
    clearTimeout(timer);
    one.remove();
    if (!on.childElementCount) on.hidePopover();
  };
  close.addEventListener('click', end);
  if (options.action) {
    const act = document.createElement('button');
    act.type = 'button';
    act.className = 'link-button';
    act.textContent = options.action.text;
    const { run } = options.action;
    act.addEventListener('click', () => {
      end();
      run();
    });
    words.append(' ', act);
  }
  const start = () => {
    if (kind !== 'error') timer = window.setTimeout(end, 5000);
  };
  one.addEventListener('pointerenter', () => clearTimeout(timer));
  one.addEventListener('pointerleave', start);
  start();
  while (on.childElementCount >= 4) on.firstElementChild?.remove();
  on.append(one);
  // Shown again, it lies over a dialog that has been opened since.
  if (on.matches(':popover-open')) on.hidePopover();
  on.showPopover();
}

/** Tells of an error that has no better place. */
export function toastError(error: unknown): void {
  if (wasAborted(error)) return;
  if (error instanceof ApiError) {
    // A session that has ended leads to the sign-in page, which says so.
    if (error.code !== 'not_signed_in') toast('error', error.message, { details: error.details });
  } else {
    toast('error', t('error.unexpected'), { details: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
}
