/** The task behind the work screen: who may do what, its labels, reporting, review and Complete. */
import type { AnnotationAction, AnnotationClass, AnnotationClasses, AnnotationTask, LabelledMany } from '../../server/http/annotation-schemas.ts';
import { NO_CLASS } from '../annotate/ink.ts';
import { api } from '../api.ts';
import { toast, toastError } from '../components/toast.ts';
import '../i18n/areas/annotation.ts';
import { t, textOf } from '../i18n/language.ts';
import { me } from '../session.ts';
import { openAuto } from './annotation-auto.ts';
import { askComplete, askDone, askReturn } from './annotation-dialogs.ts';
import { manageLabels } from './annotation-labels.ts';
import { part, type Room } from './annotation-room.ts';

export const taskPart = (room: Room) =>
  part({
    takeTask(task: AnnotationTask) {
      this.task = task;
      // An annotator works on the own parts; the reviewer sees all of them.
      const own = task.parts.filter((part) => part.userId === me.user?.id).map((part) => part.id);
      const before = room.parts;
      const states = [task.status, ...task.parts.map((part) => part.status)].join();
      const other = room.states !== '' && room.states !== states;
      room.states = states;
      room.parts = task.actions.includes('review') || !own.length ? null : new Set(own);
      if (task.classesRevision > this.classesRevision && this.classesRevision) void this.reloadClasses();
      if (before !== room.parts && room.index && before?.size !== room.parts?.size) this.refilter();
      else room.films?.refresh();
      // Reported, returned, completed: other pictures can be changed now.
      if (other) void this.reopen();
    },
    takeClasses({ revision, classes }: AnnotationClasses) {
      const now = new Map(classes.map((one) => [one.id, one]));
      const gone = [...room.classes.keys()].some((id) => !now.has(id));
      this.classesRevision = revision;
      this.classes = classes;
      room.classes = now;
      if (!classes.some((one) => one.id === this.label)) this.label = classes[0]?.id ?? 0;
      room.stage?.recolour();
      room.shapes?.refresh();
      room.grid?.refresh();
      if (room.stage) this.bind();
      // Shapes of a deleted class have moved or gone: what is shown is fetched anew.
      if (gone) void this.reloadIndex(true);
    },
    may(action: AnnotationAction) {
      return this.task?.actions.includes(action) ?? false;
    },
    mayEdit(n: number) {
      return this.may('annotate') && room.index !== null && (!room.parts || room.parts.has(room.index.at(n).part));
    },
    editable() {
      return this.current !== null && this.current.lockedBy === null && this.may('annotate');
    },
    colourOf(label: number) {
      return room.classes.get(label)?.colour ?? NO_CLASS;
    },
    nameOf(label: number) {
      return room.classes.get(label)?.name ?? t('work.select-label');
    },
    key: (one: AnnotationClass) => one.hotKey?.toUpperCase() ?? '',
    pictureName() {
      return this.current?.name ?? '';
    },
    /** Why nothing can be changed here, or what the reviewer has said. */
    note() {
      const { current } = this;
      if (!current) return '';
      if (current.lockedBy) return this.lockedText(current.lockedBy);
      const part = this.task?.parts.find((one) => one.id === current.partId);
      if (part?.status === 'returned' && part.comment && part.userId === me.user?.id && current.review === 'none') {
        return t('work.returned.part', { text: part.comment });
      }
      if (current.review === 'returned') return current.comment ? t('work.returned.comment', { text: current.comment }) : t('work.returned');
      return '';
    },
    lockedText: (code: string) => textOf(`work.locked.${code}`) ?? t('work.locked'),
    noteIcon() {
      return this.current?.lockedBy ? 'lock' : 'message-square';
    },
    async manage() {
      if (!this.may('classes')) return;
      // The numbers of uses are those of a moment ago otherwise.
      await room.saver?.rest(1000);
      await this.reloadClasses();
      const unit = this.mode === 'whole' ? 'pictures' : 'shapes';
      await manageLabels({ base: room.base, classes: this.classes, unit, reviewer: this.task?.reviewerName ?? '' }, (next) => this.takeClasses(next));
    },
    async auto() {
      await room.saver?.rest(1000);
      const selected = this.grid ? [...(room.grid?.chosen ?? [])] : room.session ? [room.session.n] : [];
      await openAuto({
        base: room.base,
        signal: room.route.signal,
        pictures: selected,
        every: this.task?.autoEvery ?? null,
        accepted: () => void this.reloadIndex(true),
      });
    },
    /** The reviewer has nobody to tell. */
    finishPart() {
      if (this.may('review')) return false;
      return this.task?.parts.some((part) => part.userId === me.user?.id && (part.status === 'working' || part.status === 'returned')) ?? false;
    },
    async tellDone() {
      const own = this.task?.parts.find((part) => part.userId === me.user?.id && (part.status === 'working' || part.status === 'returned'));
      if (!own || !room.index) return;
      // The task's own figures come a moment later.
      const { total, done, deleted } = room.index.counts(new Set([own.id]));
      const choice = await askDone(total - done - deleted, this.task?.reviewerName ?? '');
      if (choice === 'see') this.nextTodo();
      else if (choice === 'yes') await this.act(`/parts/${own.id}/done`, t('work.done.said'));
    },
    async complete() {
      const { total, done, deleted } = this.counts;
      const choice = await askComplete(total - done - deleted, done, deleted);
      if (choice === 'see') this.nextTodo();
      else if (choice === 'yes') await this.act('/complete', t('work.complete.said'));
    },
    async act(path: string, said: string) {
      this.busy = true;
      await room.saver?.rest(3000);
      try {
        this.takeTask(await api.post<AnnotationTask>(room.base + path));
        toast('success', said);
      } catch (error) {
        toastError(error);
      } finally {
        this.busy = false;
      }
    },
    reviewable() {
      // As the daemon judges: what is marked to be deleted, too.
      return !this.grid && this.current !== null && this.current.state !== 'todo' && room.saver?.state(this.current.n) === 'saved';
    },
    reviewText() {
      const { current } = this;
      if (!current || !room.index) return '';
      const part = this.task?.parts.find((one) => one.id === current.partId);
      return t('work.review', { name: part?.userName || t('work.pool'), state: t(`work.review.${current.review}`) });
    },
    async review(verdict: 'accept' | 'return') {
      // A second press is neither meant for this picture again, nor for the next one before it can be seen.
      if (!room.session || !this.reviewable() || this.busy) return;
      const { n } = room.session;
      let comment: string | undefined;
      if (verdict === 'return') {
        comment = await askReturn();
        if (comment === undefined) return;
      }
      this.busy = true;
      try {
        const reply = await api.post<LabelledMany>(`${room.base}/review`, { verdict, pictures: [n], ...(comment === undefined ? {} : { comment }) });
        const [refused] = reply.refused;
        if (refused) {
          toast('error', textOf(`work.locked.${refused.code}`) ?? t('work.review.refused'));
          return;
        }
        room.index?.set(n, { review: verdict === 'accept' ? 'accepted' : 'returned' });
        room.sessions.delete(n);
        room.loader.stale(n);
        room.films?.refresh();
        this.count();
        const next = this.beside(1);
        await (next >= 0 ? this.openAt(next) : this.openPicture(n));
      } catch (error) {
        toastError(error);
      } finally {
        this.busy = false;
      }
    },
  });
