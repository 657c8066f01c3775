/** Asks before something happens that cannot be taken back, and says what would be lost. */
import { t } from '../i18n/language.ts';
import { component } from '../mount.ts';
import { dialog, openDialog } from './dialog.ts';

export interface Question {
  title: string;
  text: string;
  /** What is lost, or what it is about: one line each. */
  points?: string[];
  ok: string;
  /** In place of “Cancel”, where that word would say the opposite. */
  stay?: string;
  danger?: boolean;
  /** Only a notice: no Cancel. */
  notice?: boolean;
}

const question = dialog<() => Question, true>({
  title: (ask) => ask().title,
  size: 'small',
  template: `<div class="dialog-body"><p class="pre-line" x-text="ask().text"></p>
      <ul class="points" x-show="points().length"><template x-for="point in points()" :key="point"><li x-text="point"></li></template></ul></div>
    <footer class="dialog-foot"><button type="button" class="button" data-close x-show="!ask().notice" x-text="cancel()"></button>
      <button type="submit" class="button" :class="ask().danger ? 'danger' : 'primary'" x-text="ask().ok"></button></footer>`,
  component: (ask, done) =>
    component({
      ask,
      points: () => ask().points ?? [],
      cancel: () => ask().stay ?? t('action.cancel'),
      submit() {
        done(true);
      },
    }),
});

/** `ask` is asked again when the language changes: the question follows it while it is open. `until`: there is nothing to ask any more. */
export async function confirm(ask: () => Question, until?: AbortSignal): Promise<boolean> {
  return (await openDialog(question, ask, until)) === true;
}
