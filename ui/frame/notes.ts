/** Notifications: the bell, its count and its list. Opening the list marks them as read. */
import type { Notification } from '../../server/http/schemas.ts';
import { api } from '../api.ts';
import { float } from '../components/floating.ts';
import { inLanguage, t } from '../i18n/language.ts';
import { onChange, onResync } from '../live/events.ts';
import { component, element } from '../mount.ts';
import { me } from '../session.ts';
import Alpine from '../vendor/alpine.js';

export const notes = Alpine.reactive({ rows: [] as Notification[] });
const always = new AbortController().signal;

async function reload(): Promise<void> {
  if (!me.session) {
    notes.rows = [];
    return;
  }
  try {
    notes.rows = await api.get<Notification[]>('/api/notifications');
  } catch {
    // Comes right with the next resync.
  }
}
Alpine.effect(() => {
  void me.session?.user.id;
  void reload();
});
onResync(always, () => void reload());
onChange('notification', { signal: always }, (id, note) => {
  const others = notes.rows.filter((row) => row.id !== id);
  notes.rows = note ? [note, ...others].sort((a, b) => b.id - a.id) : others;
});

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
      api.post('/api/notifications/read').catch(() => void reload());
    },
  });
}
