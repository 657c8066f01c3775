/** Pages that only say something: not found, no rights, could not be loaded. */
import '../i18n/areas/home.ts';
import { emptyState } from '../components/table.ts';
import type { Key } from '../i18n/keys.ts';
import { component } from '../mount.ts';
import { type Page, page } from '../page.ts';

export function messagePage(of: { icon: string; title: Key; text: Key; button: { text: Key; run(): void } }): Page {
  return page({
    title: of.title,
    help: { ko: '', en: '' },
    template: `<div class="message">${emptyState({ icon: of.icon, title: of.title, text: of.text, buttons: `<button type="button" class="button primary" @click="run()" x-t="${of.button.text}"></button>` })}</div>`,
    component: () => component({ run: of.button.run }),
  });
}
