/** Who is signed in. The browser holds a random token; the disk holds only its hash, so a stolen backup signs nobody in. */
import { createHash, randomBytes } from 'node:crypto';
import type { EventBus } from '../../events.ts';
import type { Collection } from '../../store/collection.ts';

export interface StoredSession {
  id: number;
  tokenHash: string;
  userId: number;
  createdAt: number;
  seenAt: number;
}

export interface SessionSettings {
  idle_minutes: number;
  absolute_hours: number;
}

/** How old "last seen" may be on the disk: a write for every request would wear it out. */
const SEEN_EVERY_MS = 60_000;

const sha256 = (text: string) => createHash('sha256').update(text).digest('base64url');

/** The token that the page must send in a header: made from the session's token, so it needs no place of its own. */
export const csrfTokenOf = (token: string) => sha256(`csrf ${token}`);

export class Sessions {
  readonly #sessions: Collection<StoredSession>;
  readonly #settings: SessionSettings;
  readonly #events: EventBus;
  readonly #byHash = new Map<string, number>();

  constructor(sessions: Collection<StoredSession>, settings: SessionSettings, events: EventBus) {
    this.#sessions = sessions;
    this.#settings = settings;
    this.#events = events;
    for (const session of sessions.all()) this.#byHash.set(session.tokenHash, session.id);
  }

  /** Opens a session; the token is shown only here. */
  async open(userId: number, now = Date.now()): Promise<{ token: string; session: StoredSession }> {
    await this.endExpired(now);
    const token = randomBytes(32).toString('base64url');
    const tokenHash = sha256(token);
    const session = await this.#sessions.add((id) => ({ id, tokenHash, userId, createdAt: now, seenAt: now }));
    this.#byHash.set(tokenHash, session.id);
    return { token, session };
  }

  /** The session of a token, or undefined; marks it as seen. */
  find(token: string, now = Date.now()): StoredSession | undefined {
    const id = this.#byHash.get(sha256(token));
    const session = id === undefined ? undefined : this.#sessions.get(id);
    if (session === undefined) return undefined;
    if (this.#expired(session, now)) {
      // What stays on the disk signs nobody in; it is cleared away with the next that expires.
      this.end(session.id).catch(() => {});
      return undefined;
    }
    if (now - session.seenAt > SEEN_EVERY_MS)
      void this.#sessions.update(session.id, (before) => ({ ...before, seenAt: Math.max(before.seenAt, now) })).catch(() => {});
    return session;
  }

  /** Still open? Does not count as being seen. */
  isOpen(id: number, now = Date.now()): boolean {
    const session = this.#sessions.get(id);
    return session !== undefined && !this.#expired(session, now);
  }

  async end(id: number): Promise<void> {
    const session = this.#sessions.get(id);
    if (session === undefined) return;
    this.#byHash.delete(session.tokenHash);
    await this.#sessions.delete(id);
    this.#events.emit('sessionEnded', { sessionId: id });
  }

  /** Signs a person out everywhere, but for the session `except`. */
  async endAllOf(userId: number, except?: number): Promise<void> {
    for (const { id } of this.#sessions.filter((session) => session.userId === userId && session.id !== except)) await this.end(id);
  }

  async endExpired(now = Date.now()): Promise<void> {
    for (const { id } of this.#sessions.filter((session) => this.#expired(session, now))) await this.end(id);
  }

  #expired(session: StoredSession, now: number): boolean {
    return now - session.seenAt > this.#settings.idle_minutes * 60_000 || now - session.createdAt > this.#settings.absolute_hours * 3_600_000;
  }
}
