/** Who has which picture open: told by the browsers, kept in memory only, forgotten when a browser falls silent. */
import type { EventBus } from '../../events.ts';

const SILENT_MS = 45_000;

interface Presence {
  taskId: number;
  n: number;
  userId: number;
  until: number;
}

export class Presences {
  /** By person and tab. */
  readonly #present = new Map<string, Presence>();
  readonly #nameOf: (userId: number) => string;
  readonly #events: EventBus;

  constructor(nameOf: (userId: number) => string, events: EventBus) {
    this.#nameOf = nameOf;
    this.#events = events;
  }

  /** A tab has opened a picture (null: none any more), or still has it open. */
  heard(userId: number, tab: string, taskId: number, n: number | null, now = Date.now()): void {
    const key = `${userId} ${tab}`;
    const before = this.#present.get(key);
    if (n === null) this.#present.delete(key);
    else this.#present.set(key, { taskId, n, userId, until: now + SILENT_MS });
    for (const [other, { until }] of this.#present) if (until < now) this.#present.delete(other);
    if (before !== undefined && (before.n !== n || before.taskId !== taskId)) this.#tell(before.taskId, before.n);
    if (n !== null && (before?.n !== n || before.taskId !== taskId)) this.#tell(taskId, n);
  }

  /** Everybody but one person; with `tab`, everybody but that tab: the same person in another one is named, too. */
  others(taskId: number, n: number, userId: number, tab?: string): { id: number; name: string }[] {
    const tabs = this.#tabs(taskId, n, (key, present) => (tab === undefined ? present.userId !== userId : key !== `${userId} ${tab}`));
    return [...tabs.keys()].map((id) => ({ id, name: this.#nameOf(id) }));
  }

  /** How many tabs have a picture open, by person. */
  #tabs(taskId: number, n: number, counts: (key: string, present: Presence) => boolean, now = Date.now()): Map<number, number> {
    const tabs = new Map<number, number>();
    for (const [key, present] of this.#present) {
      if (present.taskId !== taskId || present.n !== n || present.until < now || !counts(key, present)) continue;
      tabs.set(present.userId, (tabs.get(present.userId) ?? 0) + 1);
    }
    return tabs;
  }

  #tell(taskId: number, n: number): void {
    const people = [...this.#tabs(taskId, n, () => true)].map(([id, tabs]) => ({ id, name: this.#nameOf(id), tabs }));
    this.#events.emit('annotation', { taskId, type: 'presence', n, people });
  }
}
