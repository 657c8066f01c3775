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

  others(taskId: number, n: number, except: number | null, now = Date.now()): { id: number; name: string }[] {
    const ids = new Set<number>();
    for (const present of this.#present.values())
      if (present.taskId === taskId && present.n === n && present.until >= now && present.userId !== except) ids.add(present.userId);
    return [...ids].map((id) => ({ id, name: this.#nameOf(id) }));
  }

  #tell(taskId: number, n: number): void {
    this.#events.emit('annotation', { taskId, type: 'presence', n, people: this.others(taskId, n, null) });
  }
}
