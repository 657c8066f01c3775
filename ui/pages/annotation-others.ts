/** What others do in the task while one works on it. */
import type { AnnotationClasses, AnnotationIndex, AnnotationMessage, AnnotationTask } from '../../server/http/annotation-schemas.ts';
import { TaskIndex } from '../annotate/task-index.ts';
import { ApiError, api } from '../api.ts';
import { toast } from '../components/toast.ts';
import '../i18n/areas/annotation.ts';
import { type Said, t } from '../i18n/language.ts';
import { me } from '../session.ts';
import { part, type Room } from './annotation-room.ts';

export const othersPart = (room: Room) =>
  part({
    async reloadClasses() {
      const next = await api.get<AnnotationClasses>(`${room.base}/classes`, undefined, room.route.signal).catch(() => null);
      if (next) this.takeClasses(next);
    },
    /** `pictures`: their labels may have changed, too. What is not sent yet stays as it is here. */
    async reloadIndex(pictures = false) {
      const next = await api.get<AnnotationIndex>(`${room.base}/index`, undefined, room.route.signal).catch(() => null);
      if (!next) return;
      room.index = new TaskIndex(next);
      for (const [n, { state, label }] of room.saver?.all() ?? []) room.index.set(n, { state, label: label ?? null });
      if (pictures) {
        for (const n of [...room.sessions.keys()]) if (n !== room.session?.n && !room.saver?.unsaved(n)) room.sessions.delete(n);
        room.loader.forgetLabels();
      }
      const n = room.session?.n ?? -1;
      this.count();
      this.relist(n);
      if (pictures) await this.reopen();
    },
    async reopen() {
      room.loader.forgetLabels();
      if (room.session) await this.lookAgain(room.session.n);
    },
    /**
     * The picture that is open, with what the daemon says of it now (it may be somebody else's), unless that cannot be had just now. `by`: somebody has saved
     * it, which is told; where it was changed here meanwhile, saving that will ask.
     */
    async lookAgain(n: number, by?: string) {
      try {
        await room.loader.labels(n);
      } catch {
        return;
      }
      // Somebody has gone on meanwhile.
      if (room.session?.n !== n || room.coming) return;
      if (by !== undefined) {
        this.settle();
        if (room.saver?.unsaved(n)) return;
        toast('info', t('work.newer', { name: by }));
      }
      await this.openPicture(n);
    },
    /** The live line has had a gap: whatever may have been said meanwhile is asked for. */
    async catchUp() {
      room.saver?.flush();
      try {
        this.takeTask(await api.get<AnnotationTask>(room.base, undefined, room.route.signal));
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) this.problem = { key: 'work.gone' } satisfies Said;
        return;
      }
      await this.reloadClasses();
      await this.reloadIndex();
      await this.reopen();
    },
    heard(message: AnnotationMessage) {
      switch (message.type) {
        case 'picture': {
          if (message.saveId && room.mine.has(message.saveId)) return;
          room.index?.set(message.n, { state: message.state, review: message.review, label: message.label, part: message.partId });
          room.loader.stale(message.n);
          room.films?.refresh();
          room.grid?.refresh();
          this.count();
          if (this.grid || room.session?.n !== message.n || message.revision <= room.session.revision) return;
          void this.lookAgain(message.n, message.by);
          return;
        }
        case 'presence':
          if (room.session?.n === message.n) this.others = message.people.filter((one) => one.id !== me.user?.id || one.tabs > 1);
          return;
        case 'classes':
          if (message.revision > this.classesRevision) void this.reloadClasses();
          return;
        case 'index':
          void this.reloadIndex(true);
          return;
        case 'auto':
          if (message.job?.state === 'succeeded') void this.reloadIndex(true);
          return;
      }
    },
    async tellPresence() {
      if (document.hidden || !room.session || this.task?.status !== 'working') return;
      const reply = await api.put<{ others: { id: number; name: string }[] }>(`${room.base}/presence`, { n: room.session.n, tab: room.tab }).catch(() => null);
      if (reply) this.others = reply.others;
    },
    othersText() {
      return t('work.others', { names: this.others.map((one) => (one.id === me.user?.id ? t('work.others.self') : one.name)).join(', ') });
    },
  });
