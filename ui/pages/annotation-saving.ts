/** What the saver of the work screen asks and tells: sending, conflicts, and the words beside the title. */
import type { AnnotatedPicture, AnnotationShape, PictureSave, PictureSaved } from '../../server/http/annotation-schemas.ts';
import type { Answer, SaveState } from '../annotate/saving.ts';
import { ApiError, api } from '../api.ts';
import { float } from '../components/floating.ts';
import { toast, toastError } from '../components/toast.ts';
import '../i18n/areas/annotation.ts';
import { t } from '../i18n/language.ts';
import { me } from '../session.ts';
import { askConflict, askDrop } from './annotation-dialogs.ts';
import { part, type Room } from './annotation-room.ts';

const SAVE_ICONS: { [state in SaveState]: string } = {
  saved: 'circle-check',
  waiting: 'cloud-upload',
  sending: 'cloud-upload',
  unsent: 'cloud-alert',
  conflict: 'triangle-alert',
  refused: 'lock',
};

/** Why nothing can be changed in a picture, as lockedBy has it. */
const LOCKS = ['annotation_completed', 'annotation_not_yours', 'annotation_part_done', 'annotation_picture_accepted'];

export const savingPart = (room: Room) =>
  part({
    async send(n: number, save: PictureSave): Promise<Answer> {
      try {
        return { kind: 'saved', reply: await api.put<PictureSaved>(`${room.base}/pictures/${n}`, save) };
      } catch (error) {
        if (!(error instanceof ApiError)) return { kind: 'failed' };
        const current = (error.body as { current?: AnnotatedPicture } | undefined)?.current;
        if (error.status === 409 && current) return { kind: 'conflict', current };
        // An ended session, or somebody else's in another tab, comes back after signing in; a busy or absent daemon comes back by itself.
        const later = error.status === 0 || error.status === 401 || error.status === 429 || error.status >= 500;
        if (later || error.code === 'stale_page') return { kind: 'failed' };
        return { kind: 'refused', error };
      }
    },
    saverChanged() {
      if (!room.saver) return;
      this.saveState = room.settling && room.saver.overall === 'saved' ? 'waiting' : room.saver.overall;
      this.unsentCount = room.saver.count;
    },
    saved(n: number, reply: PictureSaved, shapes: readonly AnnotationShape[] | null) {
      const of = room.sessions.get(n);
      room.savedAs.set(n, reply.revision);
      room.refusals.delete(n);
      room.loader.stale(n);
      room.index?.set(n, { ...(room.saver?.unsaved(n) ? {} : { state: reply.state }), review: reply.review });
      room.films?.refresh();
      this.count();
      if (!of) return;
      of.server = {
        ...of.server,
        revision: reply.revision,
        ...(shapes ? { shapes: [...shapes] } : {}),
        state: reply.state,
        review: reply.review,
        by: me.user?.name ?? null,
        at: new Date().toISOString(),
      };
      if (room.session === of) this.current = of.server;
      // A label that was merged into another one meanwhile: what is drawn here still has the old one.
      const looked = this.mode !== 'pixel' || reply.shapes !== null;
      if (!looked || room.saver?.unsaved(n) || of.stands(of.server, (label) => room.classes.has(label))) return;
      room.sessions.delete(n);
      if (room.session === of) void this.lookAgain(n);
    },
    async conflict(n: number, current: AnnotatedPicture) {
      const of = room.sessions.get(n);
      const picture = this.mode === 'whole' ? null : await room.loader.picture(n).catch(() => null);
      const mine = room.saver?.unsaved(n) ?? null;
      const choice = await askConflict({ current, mine, mode: this.mode, classes: this.classes, picture, colour: (label) => this.colourOf(label) });
      if (!choice || !room.saver) return;
      room.saver.resolve(n, choice, current.revision);
      if (choice === 'mine') {
        if (of) of.server = current;
        if (room.session === of && of) this.current = current;
        return;
      }
      room.sessions.delete(n);
      room.loader.stale(n);
      room.index?.set(n, { state: current.state, review: current.review, label: current.label });
      this.count();
      room.films?.refresh();
      if (room.session?.n === n) await this.openPicture(n);
    },
    refused(n: number, error: unknown) {
      if (!(error instanceof ApiError)) {
        toastError(error);
        return;
      }
      room.refusals.set(n, error.message);
      toast('error', t('work.refused', { n: n + 1, reason: error.message }), { details: error.details });
      const of = room.sessions.get(n);
      if (!of || !LOCKS.includes(error.code)) return;
      // Somebody else's by now, or reported, or completed: nothing more is taken.
      of.server = { ...of.server, lockedBy: error.code };
      if (room.session === of) this.current = of.server;
    },
    saveNow() {
      this.settle();
      room.saver?.flush();
      if (this.saveState === 'saved') toast('success', t('work.saved.all'));
    },
    saveIcon() {
      return SAVE_ICONS[this.saveState];
    },
    saveText() {
      return t(`work.save.${this.saveState}`, { n: this.unsentCount });
    },
    async explainSave(anchor: HTMLElement) {
      const [first] = room.saver?.numbers('conflict') ?? [];
      if (first !== undefined) {
        const current = await api.get<AnnotatedPicture>(`${room.base}/pictures/${first}`).catch(() => null);
        if (current) void this.conflict(first, current);
        return;
      }
      const refused = room.saver?.numbers('refused') ?? [];
      if (refused[0] !== undefined) {
        // One sees what it is about before one decides.
        if (this.grid) this.toggleGrid();
        await this.openPicture(refused[0]);
        const reasons = new Map(refused.map((n) => [n, room.refusals.get(n) ?? '']));
        if (await askDrop(reasons)) {
          for (const n of refused) {
            room.saver?.drop(n);
            room.sessions.delete(n);
            room.refusals.delete(n);
          }
          await this.reloadIndex(true);
        }
        return;
      }
      const note = document.createElement('div');
      note.className = 'hint-note';
      note.setAttribute('role', 'status');
      note.textContent = t(this.saveState === 'unsent' ? 'work.save.explain.unsent' : 'work.save.explain');
      float(anchor, note);
    },
  });
