/** The people: who they are, their roles and groups, signing in and the first administrator. */
import { createHash, randomInt, timingSafeEqual } from 'node:crypto';
import { isDiskFull, StudioError } from '../../errors.ts';
import type { Locale, NewUser, Role, SetupRequest, User, UserChange } from '../../http/schemas.ts';
import type { Collection } from '../../store/collection.ts';
import type { Journal } from '../../store/journal.ts';
import { hashPassword, verifyPassword } from './passwords.ts';
import type { Sessions } from './sessions.ts';
import type { SignInThrottle } from './throttle.ts';

export interface StoredUser {
  id: number;
  userId: string;
  name: string;
  role: Role;
  groupIds: number[];
  locale: Locale;
  disabled: boolean;
  passwordHash: string;
  createdAt: string;
}

/** What is kept of who did what, for the administrator. */
export interface AuditEntry {
  at: string;
  action: string;
  userId: string;
  address?: string;
  about?: string;
}

export interface SetUpRules {
  /** Makes the first group and gives its id. */
  makeFirstGroup(): Promise<number>;
  groupExists(id: number): boolean;
  countOwnedProjects(userId: number): number;
  /** On a full disk, for somebody who signs in. */
  makeRoom(): Promise<void>;
}

export class Users {
  readonly #users: Collection<StoredUser>;
  readonly #sessions: Sessions;
  readonly #throttle: SignInThrottle;
  readonly #audit: Journal<AuditEntry>;
  readonly #rules: SetUpRules;
  readonly #defaultLocale: Locale;
  /** Changes that depend on all users (a user ID is unique, one administrator stays) are made one after another. */
  #busy: Promise<unknown> = Promise.resolve();
  #setUpCodeHash: Buffer | null = null;

  constructor(
    users: Collection<StoredUser>,
    sessions: Sessions,
    throttle: SignInThrottle,
    audit: Journal<AuditEntry>,
    rules: SetUpRules,
    defaultLocale: Locale,
  ) {
    this.#users = users;
    this.#sessions = sessions;
    this.#throttle = throttle;
    this.#audit = audit;
    this.#rules = rules;
    this.#defaultLocale = defaultLocale;
  }

  // ---------------------------------------------------------------- set-up

  get setUpNeeded(): boolean {
    return this.#users.size === 0;
  }

  /** A new one-time code such as 4821-0937-5562; the one before it is worth nothing any more. */
  newSetUpCode(): string {
    const digits = Array.from({ length: 12 }, () => randomInt(10)).join('');
    this.#setUpCodeHash = hashCode(digits);
    return digits.replace(/(\d{4})(?=\d)/g, '$1-');
  }

  async setUp(request: SetupRequest, address: string): Promise<StoredUser> {
    if (!this.setUpNeeded) throw new StudioError('setup_done');
    await this.#throttle.attempt('set-up', address);
    const code = hashCode(request.code.replace(/\D/g, ''));
    if (this.#setUpCodeHash === null || !timingSafeEqual(code, this.#setUpCodeHash)) throw new StudioError('setup_code_wrong');
    await this.#throttle.succeeded('set-up', address);
    const passwordHash = await hashPassword(request.password);
    return this.#inTurn(async () => {
      if (!this.setUpNeeded) throw new StudioError('setup_done');
      const groupId = await this.#rules.makeFirstGroup();
      const user = await this.#users.add((id) => ({
        id,
        userId: request.userId,
        name: request.name.trim(),
        role: 'admin',
        groupIds: [groupId],
        locale: request.locale,
        disabled: false,
        passwordHash,
        createdAt: new Date().toISOString(),
      }));
      this.#setUpCodeHash = null;
      await this.#note('set-up', user.userId, { address });
      return user;
    });
  }

  // ---------------------------------------------------------------- signing in

  /** Throws sign_in_failed, account_disabled or too_many_attempts. */
  signIn(userId: string, password: string, address: string): Promise<{ user: StoredUser; token: string }> {
    return this.#signIn(userId, password, address).catch(async (error: unknown) => {
      if (!isDiskFull(error)) throw error;
      // Nobody could delete anything else.
      await this.#rules.makeRoom();
      return this.#signIn(userId, password, address);
    });
  }

  async #signIn(userId: string, password: string, address: string): Promise<{ user: StoredUser; token: string }> {
    await this.#throttle.attempt(userId, address);
    const found = this.#byUserId(userId);
    if (!(await verifyPassword(password, found?.passwordHash ?? null)) || found === undefined) {
      await this.#note('sign-in refused', userId, { address });
      throw new StudioError('sign_in_failed');
    }
    const user = this.#users.get(found.id);
    if (user === undefined || user.disabled) throw new StudioError('account_disabled');
    await this.#throttle.succeeded(userId, address);
    const { token } = await this.#sessions.open(user.id);
    await this.#note('signed in', user.userId, { address });
    return { user, token };
  }

  // ---------------------------------------------------------------- the people

  get(id: number): StoredUser | undefined {
    return this.#users.get(id);
  }

  nameOf(id: number): string {
    return this.#users.get(id)?.userId ?? '';
  }

  /** As people call each other, where it is about who works with whom; the user id stands for an account. */
  displayNameOf(id: number): string {
    return this.#users.get(id)?.name ?? '';
  }

  list(): User[] {
    return [...this.#users.all()].map(userView);
  }

  membersOf(groupId: number): StoredUser[] {
    return this.#users.filter((user) => user.groupIds.includes(groupId));
  }

  async add(request: NewUser, by: StoredUser): Promise<StoredUser> {
    this.#checkGroups(request.groupIds);
    const passwordHash = await hashPassword(request.password);
    return this.#inTurn(async () => {
      if (this.#byUserId(request.userId) !== undefined) throw new StudioError('user_id_taken', { userId: request.userId });
      const user = await this.#users.add((id) => ({
        id,
        userId: request.userId,
        name: request.name.trim(),
        role: request.role,
        groupIds: [...new Set(request.groupIds)],
        locale: request.locale ?? this.#defaultLocale,
        disabled: false,
        passwordHash,
        createdAt: new Date().toISOString(),
      }));
      await this.#note('user made', by.userId, { about: user.userId });
      return user;
    });
  }

  /** An administrator changes someone. A new password or role, or being disabled, ends that person's sessions. */
  async change(id: number, change: UserChange, by: StoredUser): Promise<StoredUser> {
    if (change.groupIds !== undefined) this.#checkGroups(change.groupIds);
    const passwordHash = change.password === undefined ? undefined : await hashPassword(change.password);
    return this.#inTurn(async () => {
      const user = await this.#users.update(id, (before) => {
        const after: StoredUser = {
          ...before,
          name: change.name?.trim() ?? before.name,
          role: change.role ?? before.role,
          groupIds: change.groupIds === undefined ? before.groupIds : [...new Set(change.groupIds)],
          locale: change.locale ?? before.locale,
          disabled: change.disabled ?? before.disabled,
          passwordHash: passwordHash ?? before.passwordHash,
        };
        if (isActiveAdmin(before) && !isActiveAdmin(after)) this.#keepAnAdmin(id);
        return after;
      });
      if (user === undefined) throw new StudioError('not_found');
      if (passwordHash !== undefined || change.disabled === true || change.role !== undefined) await this.#sessions.endAllOf(id);
      await this.#note('user changed', by.userId, { about: `${user.userId}: ${Object.keys(change).join(', ')}` });
      return user;
    });
  }

  /** A person changes their own name, language or password; other sessions end with a new password. */
  async changeMyself(id: number, change: UserChange, sessionId: number, address: string): Promise<StoredUser> {
    let passwordHash: string | undefined;
    if (change.password !== undefined) {
      const me = this.#users.get(id);
      if (me === undefined) throw new StudioError('not_signed_in');
      await this.#throttle.attempt(me.userId, address);
      if (!(await verifyPassword(change.currentPassword ?? '', me.passwordHash))) throw new StudioError('current_password_wrong');
      await this.#throttle.succeeded(me.userId, address);
      passwordHash = await hashPassword(change.password);
    }
    const user = await this.#users.update(id, (before) => ({
      ...before,
      name: change.name?.trim() ?? before.name,
      locale: change.locale ?? before.locale,
      passwordHash: passwordHash ?? before.passwordHash,
    }));
    if (user === undefined) throw new StudioError('not_signed_in');
    if (passwordHash !== undefined) {
      await this.#sessions.endAllOf(id, sessionId);
      await this.#note('password changed', user.userId, { address });
    }
    return user;
  }

  async delete(id: number, by: StoredUser): Promise<void> {
    await this.#inTurn(async () => {
      const user = this.#users.get(id);
      if (user === undefined) throw new StudioError('not_found');
      if (isActiveAdmin(user)) this.#keepAnAdmin(id);
      const count = this.#rules.countOwnedProjects(id);
      if (count > 0) throw new StudioError('user_owns_projects', { count });
      await this.#users.delete(id);
      await this.#sessions.endAllOf(id);
      await this.#note('user deleted', by.userId, { about: user.userId });
    });
  }

  #byUserId(userId: string): StoredUser | undefined {
    const wanted = userId.toLowerCase();
    return this.#users.find((user) => user.userId.toLowerCase() === wanted);
  }

  #keepAnAdmin(leaving: number): void {
    if (this.#users.find((user) => user.id !== leaving && isActiveAdmin(user)) === undefined) throw new StudioError('last_admin');
  }

  #checkGroups(ids: number[]): void {
    if (!ids.every((id) => this.#rules.groupExists(id))) throw new StudioError('group_unknown');
  }

  async #note(action: string, userId: string, more: Partial<AuditEntry> = {}): Promise<void> {
    await this.#audit.append({ at: new Date().toISOString(), action, userId, ...more });
  }

  #inTurn<R>(work: () => Promise<R>): Promise<R> {
    const turn = this.#busy.then(work);
    this.#busy = turn.catch(() => {});
    return turn;
  }
}

const isActiveAdmin = (user: StoredUser) => user.role === 'admin' && !user.disabled;
const hashCode = (digits: string) => createHash('sha256').update(digits).digest();

/** A person as others may see them: without the password's hash. */
export function userView({ id, userId, name, role, groupIds, locale, disabled, createdAt }: Readonly<StoredUser>): User {
  return { id, userId, name, role, groupIds: [...groupIds], locale, disabled, createdAt };
}
