/**
 * Kiosk stations: browsers at the line that an administrator has enrolled, and who is signed in at each. A station holds a random token in a cookie, the disk
 * holds only its hash. A person signs in with a PIN or a badge number, for this station alone and for nothing but labelling.
 */
import { createHash, createHmac, randomBytes, randomInt } from 'node:crypto';
import { join } from 'node:path';
import { StudioError } from '../../errors.ts';
import type { KioskEnrolment, KioskKeys, KioskPerson, KioskSignIn, KioskStation, KioskView, NewKioskStation } from '../../http/kiosk-schemas.ts';
import { type Collection, Document } from '../../store/collection.ts';
import type { Groups } from '../groups/groups.ts';
import { hashPassword, verifyPassword } from '../people/passwords.ts';
import { csrfTokenOf } from '../people/sessions.ts';
import type { SignInThrottle } from '../people/throttle.ts';
import type { StoredUser, Users } from '../people/users.ts';

export interface StoredStation {
  id: number;
  name: string;
  groupId: number;
  /** Of the code that enrols a browser; null: used, or none asked for. */
  code: { hash: string; until: number } | null;
  tokenHash: string | null;
  session: { tokenHash: string; userId: number; at: number } | null;
  seenAt: string | null;
  createdAt: string;
}

/** By the person's id. */
export interface StoredKeys {
  id: number;
  pinHash: string | null;
  badgeHash: string | null;
}

export interface KioskSettings {
  idle_seconds: number;
  lease_minutes: number;
}

export interface StationServices {
  stations: Collection<StoredStation>;
  keys: Collection<StoredKeys>;
  /** Badge numbers are found by a keyed hash: a stolen record alone does not tell them. */
  secret: Document<{ secret: string }>;
  throttle: SignInThrottle;
  users: Users;
  groups: Groups;
  settings: KioskSettings;
}

/** A station with the person who is signed in. */
export interface AtStation {
  station: Readonly<StoredStation>;
  person: StoredUser;
}

const CODE_MS = 15 * 60_000;
/** The browser goes back to sign-in sooner; this is for one that does not. */
const LONGEST_IDLE = 3;
const SEEN_EVERY_MS = 60_000;
const sha256 = (text: string) => createHash('sha256').update(text).digest('base64url');
const newToken = () => randomBytes(32).toString('base64url');

export class KioskStations {
  readonly #services: StationServices;
  readonly #stations: Collection<StoredStation>;
  /** When each session was last used: too often to be written down each time. */
  readonly #used = new Map<number, number>();

  constructor(services: StationServices) {
    this.#services = services;
    this.#stations = services.stations;
  }

  // ---------------------------------------------------------------- for the administrator

  list(): KioskStation[] {
    return [...this.#stations.all()].map((station) => this.#view(station));
  }

  /** Throws group_unknown. */
  async add({ name, groupId }: NewKioskStation): Promise<KioskEnrolment> {
    if (!this.#services.groups.exists(groupId)) throw new StudioError('group_unknown');
    const createdAt = new Date().toISOString();
    const station = await this.#stations.add((id) => ({ id, name: name.trim(), groupId, code: null, tokenHash: null, session: null, seenAt: null, createdAt }));
    return this.newCode(station.id);
  }

  /** The browser that was enrolled before is no station any more. */
  async newCode(id: number, now = Date.now()): Promise<KioskEnrolment> {
    const digits = Array.from({ length: 8 }, () => randomInt(10)).join('');
    const until = now + CODE_MS;
    const station = await this.#stations.update(id, (before) => ({ ...before, code: { hash: sha256(digits), until }, tokenHash: null, session: null }));
    if (station === undefined) throw new StudioError('not_found');
    return { station: this.#view(station), code: `${digits.slice(0, 4)}-${digits.slice(4)}`, expiresAt: new Date(until).toISOString() };
  }

  async delete(id: number): Promise<void> {
    if (!(await this.#stations.delete(id))) throw new StudioError('not_found');
  }

  people(): KioskPerson[] {
    return this.#services.users.list().map(({ id }) => this.#person(id));
  }

  /** Of a person who is deleted: the badge may be given to somebody else. */
  async forget(userId: number): Promise<void> {
    await this.#services.keys.delete(userId);
  }

  /** Throws not_found or kiosk_badge_taken. */
  async setKeys(userId: number, { pin, badge }: KioskKeys): Promise<KioskPerson> {
    const { keys, users } = this.#services;
    if (users.get(userId) === undefined) throw new StudioError('not_found');
    const badgeHash = badge == null ? badge : this.#badgeHash(badge);
    for (const { id } of keys.filter((other) => other.id !== userId && other.badgeHash !== null && other.badgeHash === badgeHash)) {
      if (users.get(id) !== undefined) throw new StudioError('kiosk_badge_taken');
      await this.forget(id);
    }
    const pinHash = pin == null ? pin : await hashPassword(pin);
    const before = keys.get(userId) ?? { id: userId, pinHash: null, badgeHash: null };
    await keys.put({
      id: userId,
      pinHash: pinHash === undefined ? before.pinHash : pinHash,
      badgeHash: badgeHash === undefined ? before.badgeHash : badgeHash,
    });
    return this.#person(userId);
  }

  #person(userId: number): KioskPerson {
    const user = this.#services.users.get(userId)!;
    const keys = this.#services.keys.get(userId);
    return { id: user.id, userId: user.userId, name: user.name, hasPin: keys?.pinHash != null, hasBadge: keys?.badgeHash != null };
  }

  #badgeHash(badge: string): string {
    return createHmac('sha256', this.#services.secret.data.secret).update(badge.trim().toLowerCase()).digest('base64url');
  }

  #view({ id, name, groupId, tokenHash, seenAt, createdAt }: Readonly<StoredStation>): KioskStation {
    return { id, name, groupId, groupName: this.#services.groups.nameOf(groupId), enrolled: tokenHash !== null, seenAt, createdAt };
  }

  // ---------------------------------------------------------------- at the station

  /** Makes a browser a station; the token is shown only here. Throws kiosk_code_wrong or too_many_attempts. */
  async enrol(code: string, address: string, now = Date.now()): Promise<{ station: Readonly<StoredStation>; token: string }> {
    const { throttle } = this.#services;
    await throttle.attempt('enrol', address, now);
    const hash = sha256(code.replace(/\D/g, ''));
    const found = this.#stations.find((station) => station.code?.hash === hash && station.code.until >= now);
    const token = newToken();
    let taken = false;
    const station =
      found === undefined
        ? undefined
        : await this.#stations.update(found.id, (before) => {
            taken = before.code?.hash === hash;
            return taken ? { ...before, code: null, tokenHash: sha256(token), session: null, seenAt: new Date(now).toISOString() } : (before as StoredStation);
          });
    if (station === undefined || !taken) throw new StudioError('kiosk_code_wrong');
    await throttle.succeeded('enrol', address);
    return { station, token };
  }

  /** The station of a token, or undefined; marks it as seen. */
  find(token: string | undefined, now = Date.now()): Readonly<StoredStation> | undefined {
    if (token === undefined) return undefined;
    const hash = sha256(token);
    const station = this.#stations.find(({ tokenHash }) => tokenHash === hash);
    if (station !== undefined && now - Date.parse(station.seenAt ?? '1970-01-01') > SEEN_EVERY_MS)
      void this.#stations.update(station.id, (before) => ({ ...before, seenAt: new Date(now).toISOString() })).catch(() => {});
    return station;
  }

  /** Who is signed in at a station by a session's token; undefined where nobody is, or the session was idle for too long. */
  personAt(station: Readonly<StoredStation>, token: string | undefined, now = Date.now()): StoredUser | undefined {
    const { session } = station;
    if (session === null || token === undefined || session.tokenHash !== sha256(token)) return undefined;
    const last = Math.max(session.at, this.#used.get(station.id) ?? 0);
    if (now - last > LONGEST_IDLE * this.#services.settings.idle_seconds * 1000) return undefined;
    const person = this.#services.users.get(session.userId);
    if (person === undefined || !this.#mayUse(person, station)) return undefined;
    this.#used.set(station.id, now);
    return person;
  }

  #mayUse(person: Readonly<StoredUser>, { groupId }: Readonly<StoredStation>): boolean {
    return !person.disabled && person.groupIds.includes(groupId);
  }

  view(station: Readonly<StoredStation>, token: string | undefined): KioskView {
    const { users, groups, keys, settings } = this.#services;
    const person = this.personAt(station, token);
    const people = users.membersOf(station.groupId).filter((one) => this.#mayUse(one, station) && keys.get(one.id)?.pinHash != null);
    return {
      station: { id: station.id, name: station.name, groupName: groups.nameOf(station.groupId) },
      people: people.map(({ id, name }) => ({ id, name })),
      idleSeconds: settings.idle_seconds,
      session: person === undefined || token === undefined ? null : { person: personView(person), csrfToken: csrfTokenOf(token) },
    };
  }

  /** Throws kiosk_sign_in_failed or too_many_attempts. Whoever was signed in here is no more. */
  async signIn(station: Readonly<StoredStation>, request: KioskSignIn, now = Date.now()): Promise<{ person: StoredUser; token: string }> {
    const { throttle, keys, users } = this.#services;
    const address = `station ${station.id}`;
    const who = 'badge' in request ? `badge at ${address}` : `pin ${request.personId}`;
    await throttle.attempt(who, address, now);
    let person: StoredUser | undefined;
    if ('badge' in request) {
      const hash = this.#badgeHash(request.badge);
      const found = keys.find(({ badgeHash }) => badgeHash === hash);
      person = found === undefined ? undefined : users.get(found.id);
    } else if (await verifyPassword(request.pin, keys.get(request.personId)?.pinHash ?? null)) person = users.get(request.personId);
    if (person === undefined || !this.#mayUse(person, station)) throw new StudioError('kiosk_sign_in_failed');
    await throttle.succeeded(who, address);
    const token = newToken();
    const { id } = person;
    const updated = await this.#stations.update(station.id, (before) => ({ ...before, session: { tokenHash: sha256(token), userId: id, at: now } }));
    if (updated === undefined) throw new StudioError('kiosk_not_enrolled');
    this.#used.set(station.id, now);
    return { person, token };
  }

  async signOut(station: Readonly<StoredStation>): Promise<void> {
    await this.#stations.update(station.id, (before) => ({ ...before, session: null }));
  }
}

export const personView = ({ id, name, locale }: Readonly<StoredUser>) => ({ id, name, locale });

/** The key of the badge numbers, made at the first start. `db`: DATA/db. */
export async function kioskSecret(db: string): Promise<Document<{ secret: string }>> {
  const document = await Document.open<{ secret: string }>(join(db, 'kiosk-secret.json'), { secret: '' });
  if (document.data.secret === '') await document.update(() => ({ secret: randomBytes(32).toString('base64url') }));
  return document;
}
