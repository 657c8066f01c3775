/** Many pictures at once, in classification: the grid in the middle of the work screen. */
import type { LabelledMany } from '../../server/http/annotation-schemas.ts';
import { ClassGrid } from '../annotate/class-grid.ts';
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
        void this.openAt(this.place);
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
        saved: (reply, label) => this.gridSaved(reply, label),
        failed: toastError,
      });
    },
    gridSaved(reply: LabelledMany, to: { state: 'todo' | 'done' | 'delete'; label?: number }) {
      for (const { n } of reply.saved) {
        room.index?.set(n, { state: to.state, ...(to.label === undefined ? {} : { label: to.label }) });
        room.loader.stale(n);
        room.sessions.delete(n);
      }
      if (reply.refused.length) toast('error', t('work.grid.refused', { n: reply.refused.length }));
      room.films?.refresh();
      room.grid?.refresh();
      this.count();
    },
    gridAll: () => room.grid?.selectAll(),
    gridNone: () => room.grid?.clear(),
    gridDelete: () => room.grid?.mark(),
  });
