/**
 * Projects: the frame of all work. Its problem (data type and model) is fixed when it is made. Colleagues of the group may look; only the owner
 * and administrators change it. A completed project can only be looked at.
 */
import { StudioError } from '../../errors.ts';
import type { Audience, EventBus } from '../../events.ts';
import type { Locale, NewProject, Project, ProjectChange } from '../../http/schemas.ts';
import type { Collection } from '../../store/collection.ts';
import type { Groups } from '../groups/groups.ts';
import type { StoredUser, Users } from '../people/users.ts';
import { problemExists } from './problems.ts';

export interface StoredProject {
  id: number;
  name: string;
  description: string;
  groupId: number;
  ownerId: number;
  type: Project['type'];
  model: Project['model'];
  status: Project['status'];
  sample: boolean;
  createdAt: string;
  updatedAt: string | null;
}

export interface ProjectContents {
  /** How many jobs of the project wait or run. */
  countActiveJobs(projectId: number): number;
  /** May its contents be deleted? Throws project_data_in_use. */
  checkNotNeeded(projectId: number): void;
  /** Deletes everything in the project. */
  deleteContents(projectId: number): Promise<void>;
}

export class Projects {
  readonly #projects: Collection<StoredProject>;
  readonly #users: Users;
  readonly #groups: Groups;
  readonly #events: EventBus;
  readonly #contents: ProjectContents;

  constructor(projects: Collection<StoredProject>, users: Users, groups: Groups, events: EventBus, contents: ProjectContents) {
    this.#projects = projects;
    this.#users = users;
    this.#groups = groups;
    this.#events = events;
    this.#contents = contents;
  }

  // ---------------------------------------------------------------- who may do what

  get(id: number): Readonly<StoredProject> | undefined {
    return this.#projects.get(id);
  }

  maySee(reader: StoredUser, project: Readonly<StoredProject>): boolean {
    return reader.role === 'admin' || (reader.role === 'developer' && (project.ownerId === reader.id || reader.groupIds.includes(project.groupId)));
  }

  mayChange(reader: StoredUser, project: Readonly<StoredProject>): boolean {
    return reader.role === 'admin' || (reader.role === 'developer' && project.ownerId === reader.id);
  }

  /** A project that the reader may see. What must not be seen looks as if it were not there. Throws not_found. */
  visible(reader: StoredUser, id: number): Readonly<StoredProject> {
    const project = this.#projects.get(id);
    if (project === undefined || !this.maySee(reader, project)) throw new StudioError('not_found');
    return project;
  }

  /** A project that the reader may change, completed or not. Throws not_found or read_only. */
  owned(reader: StoredUser, id: number): Readonly<StoredProject> {
    const project = this.visible(reader, id);
    if (!this.mayChange(reader, project)) throw new StudioError('read_only');
    return project;
  }

  /** A project in which the reader may work. Throws not_found, read_only or project_completed. */
  editable(reader: StoredUser, id: number): Readonly<StoredProject> {
    const project = this.owned(reader, id);
    if (project.status === 'completed') throw new StudioError('project_completed');
    return project;
  }

  audience(id: number): Audience {
    return { groupId: this.#projects.get(id)?.groupId ?? 0 };
  }

  countOwnedBy(userId: number): number {
    return this.#projects.filter(({ ownerId }) => ownerId === userId).length;
  }

  // ---------------------------------------------------------------- what the manual tells

  list(reader: StoredUser): Project[] {
    return this.#projects.filter((project) => this.maySee(reader, project)).map((project) => this.view(reader, project));
  }

  view(reader: StoredUser, project: Readonly<StoredProject>): Project {
    return {
      ...project,
      groupName: this.#groups.nameOf(project.groupId),
      ownerName: this.#users.nameOf(project.ownerId),
      editable: this.mayChange(reader, project),
    };
  }

  async add(reader: StoredUser, request: NewProject): Promise<Project> {
    this.#groups.checkUsable(request.groupId, reader);
    if (!problemExists(request.type, request.model)) throw new StudioError('problem_unknown');
    return this.#add(reader, request, false);
  }

  /** The project of "Create sample project", in the reader's first group, with a name that is free there. */
  async addSample(reader: StoredUser, locale: Locale): Promise<Readonly<StoredProject>> {
    const groupId = this.#groups.firstUsable(reader);
    const base = locale === 'ko' ? '샘플 프로젝트' : 'Sample project';
    const description =
      locale === 'ko'
        ? '표면 결함(OK, scratch, dent, stain)을 구분하는 예제입니다. 이미지는 AI Studio가 그린 것입니다.'
        : 'An example that tells surface defects apart (OK, scratch, dent, stain). AI Studio has drawn its pictures.';
    for (let i = 1; ; i++) {
      const name = i === 1 ? base : `${base} ${i}`;
      if (this.#taken(name, groupId, null)) continue;
      const { id } = await this.#add(reader, { name, groupId, description, type: 'image', model: 'classification' }, true);
      return this.#projects.get(id)!;
    }
  }

  async #add(reader: StoredUser, request: NewProject, sample: boolean): Promise<Project> {
    this.#checkName(request.name, request.groupId, null);
    const project = await this.#projects.add((id) => ({
      id,
      name: request.name.trim(),
      description: request.description,
      groupId: request.groupId,
      ownerId: reader.id,
      type: request.type,
      model: request.model,
      status: 'ready',
      sample,
      createdAt: new Date().toISOString(),
      updatedAt: null,
    }));
    this.#changed(project);
    return this.view(reader, project);
  }

  async change(reader: StoredUser, id: number, change: ProjectChange): Promise<Project> {
    this.owned(reader, id);
    const project = await this.#projects.update(id, (before) => {
      const status = change.status ?? before.status;
      if (status !== before.status) this.#checkStatusChange(before, status);
      else if (before.status === 'completed') throw new StudioError('project_completed');
      if (change.name !== undefined) this.#checkName(change.name, before.groupId, id);
      return {
        ...before,
        name: change.name?.trim() ?? before.name,
        description: change.description ?? before.description,
        status,
        updatedAt: new Date().toISOString(),
      };
    });
    if (project === undefined) throw new StudioError('not_found');
    this.#changed(project);
    return this.view(reader, project);
  }

  /** A training has started: a project that was only ready is now at work. */
  async markWorking(id: number): Promise<void> {
    if (this.#projects.get(id)?.status !== 'ready') return;
    const project = await this.#projects.update(id, (before) =>
      before.status === 'ready' ? { ...before, status: 'working', updatedAt: new Date().toISOString() } : before,
    );
    if (project !== undefined) this.#changed(project);
  }

  /** Throws not_found, read_only, project_busy or project_data_in_use. */
  async delete(reader: StoredUser, id: number): Promise<void> {
    const project = this.owned(reader, id);
    this.#checkIdle(id);
    this.#contents.checkNotNeeded(id);
    // The record goes first: what a crash leaves behind without a project is removed at the next start.
    await this.#projects.delete(id);
    this.#events.emit('change', { kind: 'project', id, projectId: id, deleted: true, audience: { groupId: project.groupId } });
    await this.#contents.deleteContents(id);
  }

  #checkStatusChange(before: Readonly<StoredProject>, to: Project['status']): void {
    if (to === 'completed') this.#checkIdle(before.id);
    else if (before.status !== 'completed' || to !== 'working') throw new StudioError('project_status_refused', { from: before.status, to });
  }

  #checkIdle(id: number): void {
    const count = this.#contents.countActiveJobs(id);
    if (count > 0) throw new StudioError('project_busy', { count });
  }

  #checkName(name: string, groupId: number, self: number | null): void {
    if (this.#taken(name, groupId, self)) throw new StudioError('project_name_taken', { name: name.trim() });
  }

  #taken(name: string, groupId: number, self: number | null): boolean {
    const wanted = name.trim().toLowerCase();
    return this.#projects.find((project) => project.id !== self && project.groupId === groupId && project.name.toLowerCase() === wanted) !== undefined;
  }

  #changed(project: Readonly<StoredProject>): void {
    this.#events.emit('change', { kind: 'project', id: project.id, projectId: project.id, deleted: false, audience: { groupId: project.groupId } });
  }
}
