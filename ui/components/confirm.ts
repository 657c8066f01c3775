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

const question = dialog<Question, true>({
  title: (args) => args.title,
  size: 'small',
  template: `<div class="dialog-body"><p class="pre-line" x-text="text"></p>
      <ul class="points" x-show="points.length"><template x-for="point in points" :key="point"><li x-text="point"></li></template></ul></div>
    <footer class="dialog-foot"><button type="button" class="button" data-close x-show="!notice" x-text="cancel"></button>
      <button type="submit" class="button" :class="danger ? 'danger' : 'primary'" x-text="ok"></button></footer>`,
  component: (args, done) =>
    component({
      text: args.text,
      points: args.points ?? [],
      ok: args.ok,
      danger: args.danger ?? false,
      notice: args.notice ?? false,
      cancel: args.stay ?? t('action.cancel'),
      submit() {
        done(true);
      },
    }),
});

export async function confirm(args: Question): Promise<boolean> {
  return (await openDialog(question, args)) === true;
}
