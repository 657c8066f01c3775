/** Keys of the screen that is open, and the sheet that shows them ("?"). */
import type { Key } from '../i18n/keys.ts';
import { component } from '../mount.ts';
import { dialog, openDialog } from './dialog.ts';

export interface KeyBinding {
  /** As in KeyboardEvent.key: 'n', '/', 'ArrowLeft'. */
  key: string;
  /** How the sheet writes it, where that differs. */
  shown?: string;
  text: Key;
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
  size: 'small',
  template: `<div class="dialog-body"><dl class="keys"><template x-for="row in rows" :key="row.text"><div><dt><kbd x-text="row.shown"></kbd></dt><dd x-text="$t(row.text)"></dd></div></template></dl></div>
    <footer class="dialog-foot"><button type="submit" class="button primary" x-t="action.close"></button></footer>`,
  component: (args, done) =>
    component({
      rows: args.map(({ key, shown, text }) => ({ text, shown: shown ?? (key.length === 1 ? key.toUpperCase() : key) })),
      submit() {
        done();
      },
    }),
});

export function openKeySheet(): void {
  void openDialog(sheet, [...bound]);
}

export function startKeys(): void {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const target = event.target as HTMLElement;
    if (target.closest('input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable], dialog, [popover]')) return;
    if (event.key === '?') {
      event.preventDefault();
      openKeySheet();
      return;
    }
    for (const binding of [...bound].reverse()) {
      if (binding.run && binding.key.toLowerCase() === event.key.toLowerCase()) {
        event.preventDefault();
        binding.run(event);
        return;
      }
    }
  });
}
