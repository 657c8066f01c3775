/** Many pictures at once, in classification: the grid in the middle of the work screen. */
import type { AnnotationRow, LabelledMany } from '../../server/http/annotation-schemas.ts';
import { type Becomes, ClassGrid, type Replaced } from '../annotate/class-grid.ts';
import { toast, toastError } from '../components/toast.ts';
import '../i18n/areas/annotation.ts';
import { t } from '../i18n/language.ts';
import { part, type Room } from './annotation-room.ts';

export const gridPart = (room: Room) =>
  part({
    toggleGrid() {
      if (this.mode !== 'whole') return;
      this.grid = !this.grid;
      if (!this.grid) {
        room.grid?.end();
        room.grid = null;
        const n = room.list[this.place] ?? room.session?.n;
        if (n !== undefined) void this.openPicture(n);
        return;
      }
      room.saver?.flush();
      room.grid = new ClassGrid(this.$refs.grid as HTMLElement, {
        base: room.base,
        index: () => room.index,
        list: () => room.list,
        editable: (n) => this.mayEdit(n),
        name: (label) => (label ? this.nameOf(label) : ''),
        colour: (label) => this.colourOf(label),
        selected: (size) => {
          this.gridCount = size;
        },
        open: (place) => {
          this.place = place;
          this.toggleGrid();
        },
        ready: async () => {
          await room.saver?.rest(1000);
        },
        saved: (reply, to, before) => this.gridSaved(reply, to, before),
        outdated: (rows) => this.gridOutdated(rows),
        failed: toastError,
      });
    },
    gridSaved(reply: LabelledMany, to: Becomes, before: Replaced[]) {
      for (const { n, revision } of reply.saved) {
        room.index?.set(n, { state: to.state, ...(to.label === undefined ? {} : { label: to.label }) });
        room.savedAs.set(n, revision);
        room.loader.stale(n);
        room.sessions.delete(n);
        // The grid may have been left meanwhile.
        if (!this.grid && !room.coming && room.session?.n === n) void this.openPicture(n);
      }
      if (before.length) room.replaced.push(before);
      this.gridSteps = room.replaced.length;
      if (reply.refused.length) toast('error', t('work.grid.refused', { n: reply.refused.length }));
      this.gridShow();
    },
    /** Somebody else has changed them since they were shown. */
    gridOutdated(rows: readonly AnnotationRow[]) {
      for (const { n, state, review, label, partId } of rows) {
        if (room.saver?.unsaved(n)) continue;
        room.index?.set(n, { state, review, label, part: partId });
        room.loader.stale(n);
      }
      toast('error', t('work.grid.refused', { n: rows.length }));
      this.gridShow();
    },
    gridShow() {
      room.films?.refresh();
      room.grid?.refresh();
      this.count();
    },
    /** Ctrl+Z: the pictures that the last save has changed are as they were before it. */
    async gridUndo() {
      await room.grid?.putBack(room.replaced);
      this.gridSteps = room.replaced.length;
    },
    gridAll: () => room.grid?.selectAll(),
    gridNone: () => room.grid?.clear(),
    gridDelete: () => room.grid?.mark(),
  });
