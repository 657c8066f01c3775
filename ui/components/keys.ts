/** Keys of the screen that is open, and the sheet that shows them ("?"). */
import type { Key } from '../i18n/keys.ts';
import { t } from '../i18n/language.ts';
import { component } from '../mount.ts';
import { dialog, openDialog } from './dialog.ts';

export interface KeyBinding {
  /** As in KeyboardEvent.key: 'n', '/', 'ArrowLeft'. */
  key: string;
  /** How the sheet writes it, where that differs. */
  shown?: string;
  /** With Ctrl (on a Mac: the command key). */
  ctrl?: boolean;
  /** Given: only with, or only without, Shift. */
  shift?: boolean;
  text: Key | (() => string);
  /** Absent: the sheet only tells of it. */
  run?(event: KeyboardEvent): void;
}

const bound = new Set<KeyBinding>();

/** The keys work, and are on the sheet, until the signal ends them. */
export function bindKeys(signal: AbortSignal, bindings: KeyBinding[]): void {
  for (const binding of bindings) bound.add(binding);
  signal.addEventListener('abort', () => {
    for (const binding of bindings) bound.delete(binding);
  });
}

const sheet = dialog<KeyBinding[], true>({
  title: 'keys.title',
  size: 'large',
  template: `<div class="dialog-body" tabindex="0"><dl class="keys"><template x-for="row in rows()" :key="row.text"><div><dt><template x-for="key in row.keys" :key="key"><kbd x-text="key"></kbd></template></dt><dd x-text="row.text"></dd></div></template></dl></div>
    <footer class="dialog-foot"><button type="submit" class="button primary" x-t="action.close"></button></footer>`,
  component: (args, done) =>
    component({
      /** Keys that do the same stand in one row. */
      rows() {
        const rows = new Map<string, string[]>();
        for (const { key, shown, text } of args) {
          const words = typeof text === 'string' ? t(text) : text();
          rows.set(words, [...(rows.get(words) ?? []), shown ?? (key.length === 1 ? key.toUpperCase() : key)]);
        }
        return [...rows].map(([text, keys]) => ({ text, keys }));
      },
      submit() {
        done();
      },
    }),
});

export function openKeySheet(): void {
  void openDialog(sheet, [...bound]);
}

/** The key that was meant: with a Korean keyboard switched to Hangul, V gives ㅍ. */
function keyOf(event: KeyboardEvent): string {
  const letter = /^Key([A-Z])$/.exec(event.code)?.[1];
  return letter && !/^[\x20-\x7e]$/.test(event.key) ? letter.toLowerCase() : event.key.toLowerCase();
}

export function startKeys(): void {
  document.addEventListener('keydown', (event) => {
    // Under an open dialog nothing is done, wherever the focus has gone: a button that had it may have been hidden.
    if (event.altKey || event.isComposing || document.querySelector('dialog:modal')) return;
    const ctrl = event.ctrlKey || event.metaKey;
    const target = event.target as HTMLElement;
    if (target.closest('input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable], dialog, [popover]')) return;
    if (event.key === '?' && !ctrl) {
      event.preventDefault();
      openKeySheet();
      return;
    }
    for (const binding of [...bound].reverse()) {
      if (!binding.run || (binding.ctrl ?? false) !== ctrl || (binding.shift ?? event.shiftKey) !== event.shiftKey) continue;
      if (binding.key.toLowerCase() === keyOf(event)) {
        event.preventDefault();
        binding.run(event);
        return;
      }
    }
  });
}
