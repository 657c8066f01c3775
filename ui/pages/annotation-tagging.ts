/** The tagging panel of the work screen: labels of pictures and shapes, proposals of a model, marks to delete. */

import type { Shape } from '../../server/labels/annotation.ts';
import { movedShape } from '../annotate/reshape.ts';
import { Session } from '../annotate/session.ts';
import { api } from '../api.ts';
import { openMenu } from '../components/menu.ts';
import { toast, toastError } from '../components/toast.ts';
import '../i18n/areas/annotation.ts';
import { t } from '../i18n/language.ts';
import { remember } from '../session.ts';
import { part, type Room } from './annotation-room.ts';

const ADVANCE_MS = 120;

export const taggingPart = (room: Room) =>
  part({
    picked(label: number) {
      if (this.grid) return false;
      if (this.mode === 'whole') return this.pictureLabel === label;
      const [only] = this.selected;
      const item = this.selected.length === 1 && only !== undefined ? room.session?.drawing.get(only) : undefined;
      return item ? item.shape.label === label : this.label === label;
    },
    pick(label: number) {
      if (this.grid) {
        room.grid?.label(label);
        return;
      }
      if (!room.session || !this.editable()) return;
      if (this.mode === 'whole') {
        // A key that was meant for the picture that is just coming must not label the one before it.
        if (room.coming) return;
        room.session.choose(label);
        if (room.session.label) this.advanceSoon();
        return;
      }
      this.label = label;
      this.showLayers([label]);
      if (this.selected.length && label && !room.coming) this.relabel(this.selected, label);
    },
    /** One sees for a moment what was chosen. */
    advanceSoon() {
      if (!this.advance || this.beside(1) < 0) return;
      const { turn } = room;
      room.coming = true;
      setTimeout(() => {
        // Another picture that was asked for meanwhile is on its way by itself.
        if (room.turn !== turn) return;
        room.coming = false;
        this.go(1);
      }, ADVANCE_MS);
    },
    relabel(ids: readonly number[], label: number) {
      room.session?.drawing.change(
        ids.flatMap((id) => {
          const item = room.session?.drawing.get(id);
          // The manual: the same label again takes it away.
          const next = item?.shape.label === label && ids.length === 1 ? 0 : label;
          return item ? [{ id, shape: { ...item.shape, label: next } as Shape }] : [];
        }),
      );
    },
    chooseLabel(id: number, anchor: HTMLElement) {
      const now = room.session?.drawing.get(id)?.shape.label;
      room.stage?.select([id], true);
      openMenu(
        anchor,
        this.classes.map((one) => ({ text: one.name, checked: one.id === now, run: () => this.relabel([id], one.id) })),
      );
    },
    proposedScore(label: number) {
      if (this.mode !== 'whole' || !this.proposals) return '';
      const item = room.session?.proposals().find((one) => one.shape.label === label);
      return item ? `${Math.round((item.proposed ?? 0) * 100)} %` : '';
    },
    wholeProposal() {
      const item = this.proposals ? room.session?.proposals()[0] : null;
      return item ? t('work.proposal', { name: this.nameOf(item.shape.label), score: Math.round((item.proposed ?? 0) * 100) }) : '';
    },
    acceptAbove() {
      if (!room.session || !this.editable()) return;
      if (room.coming) return;
      const least = this.mode === 'whole' ? 0 : this.above / 100;
      room.session.accept(room.session.proposals().filter((item) => (item.proposed ?? 0) >= least));
      if (this.mode === 'whole') this.advanceSoon();
    },
    async rejectAll() {
      if (!room.session || room.coming) return;
      room.session.drawing.remove(room.session.proposals().map((item) => item.id));
      await api.post(`${room.base}/proposals/reject`, { pictures: [room.session.n] }).catch(toastError);
    },
    remove() {
      if (!this.grid && !room.coming) room.stage?.remove();
    },
    setNothing(nothing: boolean) {
      if (!room.session || !this.editable() || room.coming) return;
      room.session.nothing = nothing;
      this.refresh();
      this.keep();
    },
    toggleDelete() {
      if (this.grid) this.gridDelete();
      else if (room.session && this.editable() && !room.coming) void this.markDelete(room.session.n);
    },
    async markDelete(n: number) {
      if (!room.index || !room.saver) return;
      let of = room.sessions.get(n);
      if (!of) {
        try {
          of = new Session(await room.loader.labels(n), this.mode, room.saver.unsaved(n));
        } catch (error) {
          toastError(error);
          return;
        }
        room.sessions.set(n, of);
      }
      if (of.server.lockedBy) {
        toast('info', this.lockedText(of.server.lockedBy));
        return;
      }
      of.deleted = !of.deleted;
      const body = of.body();
      room.saver.change(n, body, of.revision, of.server.shapes);
      room.index.set(n, { state: body.state });
      if (room.session?.n === n) this.deleted = of.deleted;
      room.films?.refresh();
      this.count();
    },
    /** Takes the shapes of this picture over to the next one. */
    async copyOn() {
      const [from, to] = [room.session, this.beside(1)];
      if (!from || to < 0) return;
      const chosen = this.selected.length ? from.shapes().filter((item) => this.selected.includes(item.id)) : from.shapes();
      const copies = chosen.map((item) => structuredClone(item.shape));
      await this.openAt(to);
      if (!room.session || room.session === from || !this.editable()) return;
      const { width, height } = room.session.drawing.size;
      const fit = copies.flatMap((shape) => {
        const moved = movedShape(shape, 0, 0, { width, height });
        return moved ? [moved] : [];
      });
      room.stage?.select(room.session.drawing.add(fit).map((item) => item.id));
      toast('success', t('work.copied', { n: fit.length }));
    },

    keepAdvance() {
      remember('annotate.advance', this.advance ? null : 'off');
    },
  });
