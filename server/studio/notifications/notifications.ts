/** What a person should learn of even when the page that started it is closed. The newest 100 of each person are kept. */
import type { EventBus } from '../../events.ts';
import type { Notification } from '../../http/schemas.ts';
import type { Collection } from '../../store/collection.ts';

export interface StoredNotification extends Notification {
  userId: number;
}

const KEPT = 100;

/** Pages that a notification may lead to. The test looks for each of them among those of ui/router.ts. */
export const PLACES = ['/annotations/:id', '/datasets/:id', '/experiments/:id', '/projects/:id/data', '/projects/:id/inference', '/weights'] as const;
type Address<Place extends string> = Place extends `${infer Before}:id${infer After}` ? `${Before}${number}${After}` : Place;
/** The address of such a page, with or without a query. */
export type Link = Address<(typeof PLACES)[number]> | `${Address<(typeof PLACES)[number]>}?${string}`;

export class Notifications {
  readonly #notifications: Collection<StoredNotification>;
  readonly #events: EventBus;
  readonly #log: (error: unknown, about: string) => void;

  constructor(notifications: Collection<StoredNotification>, events: EventBus, log: (error: unknown, about: string) => void) {
    this.#notifications = notifications;
    this.#events = events;
    this.#log = log;
  }

  /** Newest first. */
  list(userId: number): Notification[] {
    return this.#of(userId).map(view).reverse();
  }

  get(userId: number, id: number): Notification | undefined {
    const found = this.#notifications.get(id);
    return found?.userId === userId ? view(found) : undefined;
  }

  /** Does not reject: what it tells of has happened, and has not failed because it could not be told (the disk is full). */
  async add(userId: number, level: Notification['level'], text: { ko: string; en: string }, link: Link | null): Promise<void> {
    await this.#add(userId, level, text, link).catch((error: unknown) => this.#log(error, `a notification was not kept: ${text.en}`));
  }

  async #add(userId: number, level: Notification['level'], text: { ko: string; en: string }, link: Link | null): Promise<void> {
    const { id } = await this.#notifications.add((newId) => ({
      id: newId,
      userId,
      at: new Date().toISOString(),
      level,
      ko: text.ko,
      en: text.en,
      link,
      read: false,
    }));
    this.#changed(userId, id, false);
    const all = this.#of(userId);
    for (const old of all.slice(0, Math.max(0, all.length - KEPT))) await this.#notifications.delete(old.id);
  }

  /** Marks these (or all) as read. */
  async markRead(userId: number, ids: readonly number[] | undefined): Promise<void> {
    for (const { id, read } of this.#of(userId)) {
      if (read || (ids !== undefined && !ids.includes(id))) continue;
      await this.#notifications.update(id, (before) => ({ ...before, read: true }));
      this.#changed(userId, id, false);
    }
  }

  async deleteAllOf(userId: number): Promise<void> {
    for (const { id } of this.#of(userId)) await this.#notifications.delete(id);
  }

  #of(userId: number) {
    return this.#notifications.filter((notification) => notification.userId === userId);
  }

  #changed(userId: number, id: number, deleted: boolean): void {
    this.#events.emit('change', { kind: 'notification', id, projectId: null, deleted, audience: { userId } });
  }
}

function view({ id, at, level, ko, en, link, read }: Readonly<StoredNotification>): Notification {
  return { id, at, level, ko, en, link, read };
}
