/** Small dialogs of the work screen: a picture that somebody else has saved meanwhile, a picture that is given back. */
import type { AnnotatedPicture, AnnotationClass, PictureSave } from '../../server/http/annotation-schemas.ts';
import { paintMiniature } from '../annotate/miniature.ts';
import type { Mode } from '../annotate/session.ts';
import type { Picture } from '../annotate/stage.ts';
import { confirm } from '../components/confirm.ts';
import { dialog, openDialog } from '../components/dialog.ts';
import { field } from '../components/field.ts';
import '../i18n/areas/annotation.ts';
import { dayAndTime } from '../i18n/format.ts';
import { t } from '../i18n/language.ts';
import { component } from '../mount.ts';

interface Conflict {
  current: AnnotatedPicture;
  mine: PictureSave | null;
  mode: Mode;
  classes: readonly AnnotationClass[];
  /** null: it could not be had, or nothing is drawn in it. */
  picture: Picture | null;
  colour(label: number): string;
}

function contentText(of: Pick<PictureSave, 'state' | 'label' | 'shapes'> | null, { mode, classes }: Conflict): string {
  if (!of) return '–';
  if (of.state === 'delete') return t('work.state.delete');
  if (mode === 'whole') return classes.find((one) => one.id === of.label)?.name ?? t('work.state.todo');
  return t('work.conflict.shapes', { n: of.shapes?.length ?? 0 });
}

const conflict = dialog<Conflict, 'mine' | 'theirs'>({
  title: 'work.conflict.title',
  template: `<div class="dialog-body"><p x-text="text()"></p>
      <div class="both"><section><b x-t="work.conflict.theirs"></b><canvas x-ref="theirs" x-show="drawn" aria-hidden="true"></canvas><p x-text="theirs()"></p><p class="field-note" x-text="when()"></p>
          <button type="button" class="button" @click="choose('theirs')" x-t="work.conflict.take-theirs"></button></section>
        <section><b x-t="work.conflict.mine"></b><canvas x-ref="mine" x-show="drawn" aria-hidden="true"></canvas><p x-text="mine()"></p><p class="field-note" x-t="work.conflict.unsent"></p>
          <button type="button" class="button" @click="choose('mine')" x-t="work.conflict.keep-mine"></button></section></div></div>
    <footer class="dialog-foot"><button type="button" class="button" data-close autofocus x-t="work.conflict.later"></button></footer>`,
  component: (args, done) =>
    component({
      text: () => t('work.conflict.text', { n: args.current.n + 1, name: args.current.by ?? '–' }),
      theirs: () => contentText(args.current, args),
      mine: () => contentText(args.mine, args),
      when: () => dayAndTime(args.current.at),
      drawn: args.picture !== null,
      init() {
        const { picture, colour, current, mine } = args;
        if (!picture) return;
        const [one, other] = [current.shapes, mine?.shapes ?? []];
        void this.$nextTick(() => {
          paintMiniature(this.$refs.theirs as HTMLCanvasElement, { picture, colour, shapes: one, others: other });
          paintMiniature(this.$refs.mine as HTMLCanvasElement, { picture, colour, shapes: other, others: one });
        });
      },
      // Enter decides nothing: either way somebody's work is given up.
      choose(what: 'mine' | 'theirs') {
        done(what);
      },
    }),
});

let open = false;
/** undefined: decided later; or a question is open already. */
export async function askConflict(args: Conflict): Promise<'mine' | 'theirs' | undefined> {
  if (open) return undefined;
  open = true;
  try {
    return await openDialog(conflict, args);
  } finally {
    open = false;
  }
}

const giveBack = dialog<{ part: boolean }, string>({
  title: ({ part }) => t(part ? 'work.return-part' : 'work.return-picture'),
  size: 'small',
  template: `<div class="dialog-body">${field({ model: 'comment', label: 'work.comment', type: 'textarea', maxLength: 1000, optional: true })}</div>
    <footer class="dialog-foot"><button type="button" class="button" data-close x-t="action.cancel"></button><button type="submit" class="button primary" x-t="work.return-picture"></button></footer>`,
  component: (_args, done) =>
    component({
      comment: '',
      dirty() {
        return this.comment !== '';
      },
      submit() {
        done(this.comment);
      },
    }),
});

/** The comment; undefined: not after all. */
export function askReturn(part = false): Promise<string | undefined> {
  return openDialog(giveBack, { part });
}

/** What a question about states comes to: go to what is left, or do it. */
export type Choice = 'see' | 'yes' | null;

async function askLeft(left: number, text: 'work.left.text' | 'work.left.complete'): Promise<Choice> {
  return (await confirm(() => ({ title: t('work.left.title', { n: left }), text: t(text), ok: t('work.todo') }))) ? 'see' : null;
}

/** Report as done. `left`: pictures of the part that are not done. */
export async function askDone(left: number, reviewer: string): Promise<Choice> {
  if (left > 0) return askLeft(left, 'work.left.text');
  return (await confirm(() => ({ title: t('work.done'), text: t('work.done.text', { name: reviewer }), ok: t('work.done') }))) ? 'yes' : null;
}

export async function askComplete(left: number, done: number, deleted: number): Promise<Choice> {
  if (left > 0) return askLeft(left, 'work.left.complete');
  const sure = await confirm(() => ({
    title: t('work.complete.title'),
    text: t('work.complete.text', { n: done }),
    points: deleted ? [t('work.complete.deletes', { n: deleted })] : [],
    ok: t('work.complete'),
    danger: deleted > 0,
  }));
  return sure ? 'yes' : null;
}

/** So many reasons are named. */
const REASONS = 8;

/** Changes that the daemon will never take as they are. `reasons`: of each picture, by its number. */
export function askDrop(reasons: ReadonlyMap<number, string>): Promise<boolean> {
  return confirm(() => ({
    title: t('work.drop.title'),
    text: t('work.drop.text', { n: reasons.size }),
    points: [...reasons].slice(0, REASONS).map(([n, reason]) => t('work.drop.point', { n: n + 1, reason })),
    ok: t('work.drop'),
    danger: true,
  }));
}
