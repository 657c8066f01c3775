/** Groups: colleagues who see each other's projects. A group whose end date has passed is ended: it can be looked at, nothing new begins in it. */
import { StudioError } from '../../errors.ts';
import type { Group, NewGroup } from '../../http/schemas.ts';
import type { Collection } from '../../store/collection.ts';
import type { StoredUser } from '../people/users.ts';

export interface StoredGroup {
  id: number;
  name: string;
  description: string;
  startDate: string;
  endDate: string | null;
}

export const FIRST_GROUP = 'basic_group';

/** The box's own calendar day, YYYY-MM-DD. */
export function localDate(at = new Date()): string {
  return [at.getFullYear(), at.getMonth() + 1, at.getDate()].map((part) => String(part).padStart(2, '0')).join('-');
}

export class Groups {
  readonly #groups: Collection<StoredGroup>;
  readonly #membersOf: (groupId: number) => Readonly<StoredUser>[];

  constructor(groups: Collection<StoredGroup>, membersOf: (groupId: number) => Readonly<StoredUser>[]) {
    this.#groups = groups;
    this.#membersOf = membersOf;
  }

  exists(id: number): boolean {
    return this.#groups.get(id) !== undefined;
  }

  nameOf(id: number): string {
    return this.#groups.get(id)?.name ?? '';
  }

  /** Throws group_unknown, group_not_yours or group_ended where `reader` may begin nothing in the group. */
  checkUsable(id: number, reader: StoredUser): void {
    const group = this.#groups.get(id);
    if (group === undefined) throw new StudioError('group_unknown');
    if (reader.role !== 'admin' && !reader.groupIds.includes(id)) throw new StudioError('group_not_yours');
    if (isEnded(group)) throw new StudioError('group_ended', { name: group.name });
  }

  /** The first group in which the reader can begin something. Throws no_group. */
  firstUsable(reader: StoredUser): number {
    const own = reader.groupIds.map((id) => this.#groups.get(id)).find((group) => group !== undefined && !isEnded(group));
    if (own === undefined) throw new StudioError('no_group');
    return own.id;
  }

  /** Own groups; an administrator sees all. */
  list(reader: StoredUser): Group[] {
    return this.#groups.filter((group) => reader.role === 'admin' || reader.groupIds.includes(group.id)).map((group) => this.#view(group));
  }

  /** Id and name of the groups that a person is in. */
  ofUser(user: StoredUser): { id: number; name: string }[] {
    return user.groupIds.filter((id) => this.exists(id)).map((id) => ({ id, name: this.nameOf(id) }));
  }

  async add(request: NewGroup): Promise<Group> {
    this.#checkName(request.name, null);
    const group = await this.#groups.add((id) => ({
      id,
      name: request.name.trim(),
      description: request.description,
      startDate: localDate(),
      endDate: request.endDate ?? null,
    }));
    return this.#view(group);
  }

  async change(id: number, change: Partial<NewGroup>): Promise<Group> {
    const group = await this.#groups.update(id, (before) => {
      if (change.name !== undefined) this.#checkName(change.name, id);
      return {
        ...before,
        name: change.name?.trim() ?? before.name,
        description: change.description ?? before.description,
        endDate: change.endDate === undefined ? before.endDate : change.endDate,
      };
    });
    if (group === undefined) throw new StudioError('not_found');
    return this.#view(group);
  }

  /** The first group of a new appliance; made once, even if the set-up was cut off behind it. */
  async makeFirst(): Promise<number> {
    const there = this.#groups.find(({ name }) => name === FIRST_GROUP);
    return there?.id ?? (await this.add({ name: FIRST_GROUP, description: '' })).id;
  }

  #checkName(name: string, self: number | null): void {
    const wanted = name.trim().toLowerCase();
    if (this.#groups.find((group) => group.id !== self && group.name.toLowerCase() === wanted))
      throw new StudioError('group_name_taken', { name: name.trim() });
  }

  #view(group: Readonly<StoredGroup>): Group {
    return {
      ...group,
      status: isEnded(group) ? 'ended' : 'using',
      members: this.#membersOf(group.id).map(({ id, userId, name, role, disabled }) => ({ id, userId, name, role, disabled })),
    };
  }
}

const isEnded = (group: Readonly<StoredGroup>) => group.endDate !== null && group.endDate < localDate();
