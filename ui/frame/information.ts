/** Information: the help of the screen that is open, beside it. It follows the page and the language. */
import { closePanel, openPanel, panel } from '../components/panel.ts';
import { effect } from '../effect.ts';
import { language, t } from '../i18n/language.ts';
import { component } from '../mount.ts';
import { open } from '../router.ts';

/** '# heading', '- point', anything else a paragraph: enough for a help text, and nothing that could carry a script. */
function fill(into: HTMLElement, text: string): void {
  into.replaceChildren();
  let points: HTMLElement | null = null;
  for (const raw of text.split('\n')) {
    const written = raw.trim();
    if (!written) {
      points = null;
      continue;
    }
    if (written.startsWith('- ')) {
      if (!points) {
        points = document.createElement('ul');
        into.append(points);
      }
      const point = document.createElement('li');
      point.textContent = written.slice(2);
      points.append(point);
      continue;
    }
    points = null;
    const block = document.createElement(written.startsWith('# ') ? 'h3' : 'p');
    block.textContent = written.replace(/^# /, '');
    into.append(block);
  }
}

export function openInformation(): void {
  if (panel.open && document.querySelector('.panel .help')) {
    closePanel();
    return;
  }
  let end = () => {};
  openPanel({
    title: 'menu.information',
    template: '<div class="help"></div>',
    component: component({
      init() {
        const place = this.$el.querySelector('.help') as HTMLElement;
        end = effect(() => {
          const { help } = open;
          const { now } = language;
          if (typeof help !== 'function') fill(place, help[now]);
          else {
            void help().then(
              (later) => {
                if (open.help === help && language.now === now) fill(place, later.default[now]);
              },
              () => fill(place, t('error.offline')),
            );
          }
        });
      },
    }),
    onClose: () => end(),
  });
}
