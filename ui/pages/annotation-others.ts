/** What others do in the task while one works on it. */
import type { AnnotationClasses, AnnotationIndex, AnnotationMessage } from '../../server/http/annotation-schemas.ts';
import { TaskIndex } from '../annotate/task-index.ts';
import { api } from '../api.ts';
import { toast } from '../components/toast.ts';
import '../i18n/areas/annotation.ts';
import { t } from '../i18n/language.ts';
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
      if (pictures && n >= 0 && !room.saver?.unsaved(n)) await this.reopen();
    },
    /** The picture that is open, with what the daemon says of it now. */
    async reopen() {
      room.loader.forgetLabels();
      if (room.session && room.list[this.place] === room.session.n) await this.openAt(this.place);
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
          if (room.session?.n !== message.n || message.revision <= room.session.revision || room.saver?.unsaved(message.n)) return;
          void this.renewed(message.n, message.by);
          return;
        }
        case 'presence':
          if (room.session?.n === message.n) this.others = message.people.filter((one) => one.id !== me.user?.id);
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
    /** Somebody else has saved the picture that is open: the newer state is shown, unless it cannot be had just now. */
    async renewed(n: number, by: string) {
      try {
        await room.loader.labels(n);
      } catch {
        return;
      }
      if (room.session?.n !== n || room.saver?.unsaved(n)) return;
      toast('info', t('work.newer', { name: by }));
      await this.openAt(this.place);
    },
    async tellPresence() {
      if (document.hidden || !room.session || this.task?.status !== 'working') return;
      const reply = await api.put<{ others: { id: number; name: string }[] }>(`${room.base}/presence`, { n: room.session.n, tab: room.tab }).catch(() => null);
      if (reply) this.others = reply.others;
    },
    othersText() {
      return t('work.others', { names: this.others.map((one) => one.name).join(', ') });
    },
  });
