/** The list of pictures of the work screen, and which one of them is open. */
import type { AnnotationPage } from '../../server/http/annotation-schemas.ts';
import { nextMatch } from '../annotate/next-match.ts';
import { Session } from '../annotate/session.ts';
import type { Filter } from '../annotate/task-index.ts';
import { api, wasAborted } from '../api.ts';
import { toast, toastError } from '../components/toast.ts';
import '../i18n/areas/annotation.ts';
import { t } from '../i18n/language.ts';
import { remember } from '../session.ts';
import { part, type Room } from './annotation-room.ts';

/** Pictures whose drawing, and with it the way back, is kept. */
const KEPT_SESSIONS = 40;
/** Matches of a search that are asked for at once. */
const MATCHES = 500;

export const picturesPart = (room: Room) =>
  part({
    title() {
      return this.task ? `${this.task.datasetName} v${this.task.datasetVersion}` : '';
    },
    progress() {
      const { total, done, deleted } = this.counts;
      return { phase: 'annotate', done: done + deleted, total, rate: null, remainingSeconds: null };
    },
    countText() {
      const { total, done, deleted } = this.counts;
      return t('work.count', { done: done + deleted, total });
    },
    count() {
      if (!room.index) return;
      this.counts = room.index.counts(room.parts);
      this.ranked = room.index.ranked;
    },
    filters(): Filter[] {
      const all: Filter[] = ['all', 'todo', 'done', 'delete', 'returned', 'fixed', 'open', 'proposed'];
      return all.filter((one) => {
        if (one === this.filter || one === 'all' || one === 'todo' || one === 'done') return true;
        if (one === 'open') return this.may('review');
        return this.filterCount(one) > 0;
      });
    },
    filterCount(filter: Filter) {
      const { total, done, deleted, returned, fixed, open, proposed } = this.counts;
      return { all: total, todo: total - done - deleted, done, delete: deleted, returned, fixed, open, proposed }[filter];
    },
    filterText(filter: Filter) {
      return t('work.filter.count', { name: t(`work.filter.${filter}`), n: this.filterCount(filter) });
    },
    placeText() {
      return this.length ? t('work.place', { at: this.place < 0 ? '–' : this.place + 1, of: this.length }) : '';
    },
    /** The list by the present filter; the picture that was open stays open where it is still in it. */
    refilter(first?: number) {
      this.count();
      this.relist(first ?? room.session?.n ?? -1, true);
    },
    relist(n: number, open = false) {
      if (!room.index) return;
      room.list = room.index.list({ filter: this.filter, parts: room.parts, unsure: this.unsure }) as Uint32Array<ArrayBuffer>;
      this.length = room.list.length;
      room.films?.reload();
      room.grid?.reload();
      const place = room.list.indexOf(n);
      if (!open || !room.list.length) this.stand(place);
      else if (place >= 0) void this.openAt(place);
      else void this.openAt(this.filter === 'all' && n < 0 ? Math.max(0, room.index.nextTodo(room.list, -1)) : 0);
    },
    /** Where the picture that is open is in the list; -1: it is not in it. */
    stand(place: number) {
      this.place = place;
      room.films?.goto(place);
    },
    showAll() {
      this.filter = 'all';
      this.refilter();
    },
    nothingHere() {
      return !this.loading && !this.problem && this.length === 0;
    },
    start() {
      return !this.loading && !this.problem && this.length > 0 && !this.classes.length;
    },

    async openAt(place: number) {
      const n = room.list[place];
      if (n !== undefined) await this.openPicture(n);
    },
    /** Also one that is not in the list; the one that is open already is looked at anew. */
    async openPicture(n: number) {
      if (!room.stage) return;
      const open = room.session?.n ?? -1;
      if (n !== open && this.unfinished()) {
        this.stand(room.list.indexOf(open));
        return;
      }
      const now = ++room.turn;
      room.coming = true;
      this.stand(room.list.indexOf(n));
      try {
        const { picture, labels: first } = await room.loader.open(n);
        let labels = first;
        if (labels.revision < (room.savedAs.get(n) ?? 0)) {
          // Saved while it was on the way.
          room.loader.stale(n);
          labels = await room.loader.labels(n);
        }
        if (now !== room.turn || room.route.signal.aborted || !room.stage) return;
        this.problem = null;
        // The list may be another one by now.
        const place = room.list.indexOf(n);
        if (place !== this.place) this.stand(place);
        // A stroke that is not handed over yet is a change, too.
        this.settle();
        let next = room.sessions.get(n);
        const unsaved = room.saver?.unsaved(n) ?? null;
        // Where the daemon has something newer, the drawing of an earlier visit is not true any more.
        if (next && !unsaved && !next.stands(labels, (label) => room.classes.has(label))) next = undefined;
        if (!next) next = new Session(labels, this.mode, unsaved);
        else if (labels.revision >= next.revision) next.server = labels;
        room.sessions.delete(n);
        room.sessions.set(n, next);
        if (next === room.session) {
          // What is just being drawn goes on.
          this.current = next.server;
          return;
        }
        for (const old of room.sessions.keys()) if (room.sessions.size > KEPT_SESSIONS && old !== n) room.sessions.delete(old);
        const again = room.session?.n === n;
        this.take(next);
        room.stage.show({ picture, drawing: next.drawing }, again);
        const shown = next;
        // It is given up where the picture goes away meanwhile.
        room.loader.sharpen(n, picture).then(
          (sharp) => room.session === shown && room.stage?.sharpened(sharp),
          () => {},
        );
        room.loader.prefetch([room.list[place + 1], room.list[place + 2], room.list[place - 1]].filter((one) => one !== undefined));
      } catch (error) {
        if (now !== room.turn || wasAborted(error)) return;
        this.problem = error;
        return;
      } finally {
        if (now === room.turn) room.coming = false;
      }
      remember(`annotate.${room.taskId}`, String(n));
      history.replaceState(history.state, '', `${location.pathname}?n=${n + 1}`);
      void this.tellPresence();
    },
    go(by: number) {
      if (this.grid || !room.list.length) return;
      const to = this.beside(by);
      if (to >= 0) void this.openAt(to);
      else if (by > 0) toast('info', t(this.filterCount('todo') ? 'work.end.more' : 'work.end'));
    },
    /** The next place of the list, or the one before; -1: there is none. A picture that has left the list is where it would be by its number. */
    beside(by: number) {
      const n = room.session?.n ?? -1;
      const to = this.place >= 0 ? this.place + by : by > 0 ? room.list.findIndex((one) => one > n) : room.list.findLastIndex((one) => one < n);
      return to < room.list.length ? to : -1;
    },
    /** A number, or a part of a name: the next one after the picture that is open. */
    async jump(event: KeyboardEvent) {
      // Enter that ends a Hangul syllable belongs to the field.
      if (event.isComposing) return;
      event.preventDefault();
      const field = event.target as HTMLElement;
      const text = this.search.trim();
      if (!text) return;
      const { turn } = room;
      let to = /^\d+$/.test(text) ? room.list.indexOf(Number(text) - 1) : -1;
      if (to < 0) {
        const order = this.unsure ? 'uncertainty' : 'number';
        const ask = (offset: number) => api.get<AnnotationPage>(`${room.base}/pictures`, { search: text, order, offset, limit: MATCHES }, room.route.signal);
        try {
          to = room.list.indexOf(await nextMatch(ask, room.list, this.place));
        } catch (error) {
          if (!wasAborted(error)) toastError(error);
          return;
        }
        // Another picture was opened while it was looked for.
        if (turn !== room.turn) return;
      }
      if (to < 0) {
        toast('info', t('work.jump.none', { text }));
        return;
      }
      // Keys are for the picture again, not for the field.
      field.blur();
      await this.openAt(to);
    },
    nextTodo() {
      if (this.grid) this.toggleGrid();
      const to = room.index ? room.index.nextTodo(room.list, this.place) : -1;
      if (to >= 0) void this.openAt(to);
      else toast('success', t('work.all-done'));
    },
  });
