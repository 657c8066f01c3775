/** Notifications: the bell, its count and its list. Opening the list marks them as read. */
import type { Notification } from '../../server/http/schemas.ts';
import { api } from '../api.ts';
import { float } from '../components/floating.ts';
import { anew } from '../effect.ts';
import { inLanguage, t } from '../i18n/language.ts';
import { type LiveList, liveList } from '../live/list.ts';
import { component, element } from '../mount.ts';
import { me } from '../session.ts';
import Alpine from '../vendor/alpine.js';

export const notes = Alpine.reactive({ rows: [] as Notification[] });

let list: LiveList<Notification> | null = null;
anew(
  () => me.session?.user.id,
  (person, signal) => {
    notes.rows = [];
    if (person === undefined) return;
    list = liveList({
      kind: 'notification',
      signal,
      load: () => api.get<Notification[]>('/api/notifications', undefined, signal),
      changed: (rows) => {
        notes.rows = rows.toSorted((a, b) => b.id - a.id);
      },
    });
  },
);

export function unread(): number {
  return notes.rows.filter((note) => !note.read).length;
}

const ICONS = { info: 'info', success: 'circle-check', error: 'triangle-alert' };

export function openNotes(anchor: HTMLElement): void {
  const content = element(
    'div',
    'list-float notes',
    `<h2 x-t="notes.title"></h2>
     <p class="list-none" x-show="!rows().length" x-t="notes.none"></p>
     <ul><template x-for="note in rows()" :key="note.id"><li :class="note.level"><a :href="note.link || false" @click="close()">
       <span class="note-icon" x-icon="icon(note)"></span><span><span class="note-text" x-text="text(note)"></span><span class="list-sub" x-time.ago="note.at"></span></span></a></li></template></ul>`,
    component({
      rows: () => notes.rows.slice(0, 50),
      icon: (note: Notification) => ICONS[note.level],
      text: inLanguage,
      close: () => floating?.close(),
    }),
  );
  content.setAttribute('role', 'dialog');
  content.setAttribute('aria-label', t('notes.title'));
  const floating = float(anchor, content, {
    align: 'end',
    onClose: () => {
      if (!unread()) return;
      for (const note of notes.rows) note.read = true;
      api.post('/api/notifications/read').catch(() => void list?.reload());
    },
  });
}
