/** Tabs: arrows move between them, as everywhere. The panels are the page's: `<div role="tabpanel" id="PREFIX-KEY" x-show="current === 'KEY'">`. */
import type { Key } from '../i18n/keys.ts';
import Alpine from '../vendor/alpine.js';

export function tabs(of: { label: Key; prefix: string; current: string; tabs: { key: string; text: Key; count?: string }[] }): string {
  return `<div class="tabs" role="tablist" x-t:aria-label="${of.label}" x-tab-keys>${of.tabs
    .map(
      (
        tab,
      ) => `<button type="button" role="tab" id="${of.prefix}-${tab.key}-tab" aria-controls="${of.prefix}-${tab.key}" :aria-selected="${of.current} === '${tab.key}' ? 'true' : 'false'"
        :tabindex="${of.current} === '${tab.key}' ? 0 : -1" @click="${of.current} = '${tab.key}'"><span x-t="${tab.text}"></span>${tab.count ? `<span class="tab-count" x-text="${tab.count}"></span>` : ''}</button>`,
    )
    .join('')}</div>`;
}

export function tabPanel(of: { prefix: string; key: string; current: string; content: string }): string {
  return `<div role="tabpanel" id="${of.prefix}-${of.key}" aria-labelledby="${of.prefix}-${of.key}-tab" x-show="${of.current} === '${of.key}'">${of.content}</div>`;
}

export function registerTabs(): void {
  Alpine.directive('tab-keys', (element) => {
    element.addEventListener('keydown', (event) => {
      const all = [...element.querySelectorAll<HTMLElement>('[role=tab]')];
      const index = all.indexOf(document.activeElement as HTMLElement);
      const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
      if (!step || index < 0) return;
      event.preventDefault();
      const next = all.at((index + step) % all.length);
      next?.click();
      next?.focus();
    });
  });
}
