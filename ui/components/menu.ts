/** The one kind of menu (⋮ and the person's menu): arrows, Home, End, first letters, Enter, Esc. */
import { element, icon } from '../mount.ts';
import { float } from './floating.ts';

export interface MenuItem {
  text: string;
  icon?: string;
  run?(): void;
  danger?: boolean;
  disabled?: boolean;
  /** Under the text: why it is disabled, or what it does. */
  note?: string;
  checked?: boolean;
  /** A line above it. */
  separated?: boolean;
}

export function openMenu(anchor: HTMLElement, items: MenuItem[], align: 'start' | 'end' = 'end'): void {
  const menu = element('div', 'menu', '', {});
  menu.setAttribute('role', 'menu');
  const label = anchor.getAttribute('aria-label') ?? anchor.textContent?.trim();
  if (label) menu.setAttribute('aria-label', label);
  const buttons = items.map((item) => {
    if (item.separated) {
      const rule = document.createElement('div');
      rule.className = 'menu-rule';
      rule.setAttribute('role', 'separator');
      menu.append(rule);
    }
    const button = document.createElement('button');
    button.type = 'button';
    button.className = item.danger ? 'menu-item danger' : 'menu-item';
    button.setAttribute('role', item.checked === undefined ? 'menuitem' : 'menuitemradio');
    if (item.checked !== undefined) button.setAttribute('aria-checked', String(item.checked));
    if (item.disabled) button.setAttribute('aria-disabled', 'true');
    button.tabIndex = -1;
    button.innerHTML = item.icon ? icon(item.icon) : '';
    const words = document.createElement('span');
    words.textContent = item.text;
    if (item.note) {
      const note = document.createElement('small');
      note.textContent = item.note;
      words.append(note);
    }
    button.append(words);
    if (item.checked) button.insertAdjacentHTML('beforeend', icon('check', 'menu-check'));
    button.addEventListener('click', () => {
      if (item.disabled) return;
      floating?.close();
      item.run?.();
    });
    menu.append(button);
    return button;
  });
  menu.addEventListener('keydown', (event) => {
    const index = buttons.indexOf(document.activeElement as HTMLButtonElement);
    const to = (next: number) => {
      event.preventDefault();
      buttons.at(next % buttons.length)?.focus();
    };
    if (event.key === 'ArrowDown') to(index + 1);
    else if (event.key === 'ArrowUp') to(index <= 0 ? -1 : index - 1);
    else if (event.key === 'Home') to(0);
    else if (event.key === 'End') to(-1);
    else if (event.key === 'Tab') floating?.close();
    else if (event.key.length === 1 && event.key !== ' ') {
      const order = [...buttons.slice(index + 1), ...buttons.slice(0, index + 1)];
      order.find((button) => button.textContent?.trim().toLowerCase().startsWith(event.key.toLowerCase()))?.focus();
    }
  });
  const floating = float(anchor, menu, { align });
  if (floating) buttons[0]?.focus({ preventScroll: true });
}
