/** The side panel: details and help beside the page that they belong to. One at a time; Esc closes it. */
import type { Key } from '../i18n/keys.ts';
import { element, icon } from '../mount.ts';
import Alpine from '../vendor/alpine.js';

export interface PanelDefinition {
  title: Key;
  template: string;
  component: object;
  onClose?(): void;
}

export const panel = Alpine.reactive({ open: false });
let shown: { host: HTMLElement; before: Element | null; onClose: (() => void) | undefined } | null = null;

export function closePanel(): void {
  if (!shown) return;
  const { host, before, onClose } = shown;
  shown = null;
  panel.open = false;
  const inside = host.contains(document.activeElement);
  host.remove();
  if (inside && before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
  onClose?.();
}

export function openPanel(definition: PanelDefinition): void {
  const before = shown?.before ?? document.activeElement;
  closePanel();
  const host = element(
    'aside',
    'panel',
    `<header class="panel-head"><h2 x-t="${definition.title}"></h2><button type="button" class="icon-button" data-close x-t:aria-label="action.close">${icon('x')}</button></header>
     <div class="panel-body" tabindex="0" role="region" x-t:aria-label="${definition.title}">${definition.template}</div>`,
    definition.component,
  );
  host.setAttribute('aria-label', '');
  host.setAttribute('x-t:aria-label', definition.title);
  host.addEventListener('click', (event) => {
    if ((event.target as Element).closest('[data-close]')) closePanel();
  });
  host.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') closePanel();
  });
  (document.getElementById('panel-place') ?? document.body).append(host);
  shown = { host, before, onClose: definition.onClose };
  panel.open = true;
  (host.querySelector('[data-close]') as HTMLElement).focus({ preventScroll: true });
}
