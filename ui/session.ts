/** Who is signed in, and what this browser remembers for them. */
import type { Session, User } from '../server/http/schemas.ts';
import { ApiError, api, connectApi } from './api.ts';
import { type Language, setLanguage } from './i18n/language.ts';
import Alpine from './vendor/alpine.js';

export const me = Alpine.reactive({
  session: null as Session | null,
  get user(): User | null {
    return this.session?.user ?? null;
  },
  get admin(): boolean {
    return this.session?.user.role === 'admin';
  },
  /** May make projects, train and infer; annotators may not. */
  get developer(): boolean {
    return this.session !== null && this.session.user.role !== 'annotator';
  },
});

let expired = () => {};
let left = () => {};
/** What happens when a request finds that the session is over, and when the person has signed out. */
export function onSessionEnd(run: { expired(): void; left(): void }): void {
  expired = run.expired;
  left = run.left;
}

connectApi({
  csrfToken: () => me.session?.csrfToken,
  signedOut: () => {
    if (me.session) expired();
  },
  renewed: renewSession,
});

let renewing: Promise<boolean> | null = null;
/** Somebody has signed in anew in another tab: the same person goes on with that session (true); where it is anybody else, this tab's person has to sign in again. */
export function renewSession(): Promise<boolean> {
  renewing ??= renew().finally(() => {
    renewing = null;
  });
  return renewing;
}
async function renew(): Promise<boolean> {
  const now = await api.get<Session>('/api/session').catch(() => null);
  if (!now || !me.session) return false;
  const same = now.user.id === me.session.user.id;
  // Only the token: whatever shows the session stays as it is.
  if (same) me.session.csrfToken = now.csrfToken;
  else expired();
  return same;
}

/** Takes over a session; its language is the person's. */
export function takeSession(session: Session): void {
  me.session = session;
  setLanguage(session.user.locale);
}

/** Asks who is signed in; false: nobody. */
export async function loadSession(): Promise<boolean> {
  try {
    takeSession(await api.get<Session>('/api/session'));
    return true;
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return false;
    throw error;
  }
}

export async function signOut(): Promise<void> {
  await api.remove('/api/session');
  me.session = null;
  left();
}

/** A small value that this browser keeps for this person. */
export function remembered(name: string): string | null {
  return localStorage.getItem(`ai-studio.${me.session?.user.id ?? 0}.${name}`);
}
export function remember(name: string, value: string | null): void {
  const key = `ai-studio.${me.session?.user.id ?? 0}.${name}`;
  if (value === null) localStorage.removeItem(key);
  else localStorage.setItem(key, value);
}

/** Changes the language at once, and for the person's next visits too. */
export function useLanguage(next: Language): void {
  setLanguage(next);
  const user = me.user;
  if (!user || user.locale === next) return;
  user.locale = next;
  // Only the next visit would be in the other language: not worth a message.
  api.patch('/api/me', { locale: next }).catch(() => {});
}
