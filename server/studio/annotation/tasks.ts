/**
 * Annotation tasks: an unlabelled dataset that people of the group label together. Whoever distributes it is the reviewer, who alone completes it; then a
 * job merges the parts into labels of the dataset. Who may do what is checked here and in pictures.ts, whatever the browser shows. How tasks are divided:
 * distribution.ts; the states of their parts: parts.ts; their classes: task-classes.ts.
 */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { StudioError } from '../../errors.ts';
import type { Audience, EventBus } from '../../events.ts';
import type { AnnotationAction, AnnotationPart, AnnotationTask } from '../../http/annotation-schemas.ts';
import type { Collection } from '../../store/collection.ts';
import type { DatasetUse } from '../datasets/dataset-deletion.ts';
import type { Datasets } from '../datasets/datasets.ts';
import type { PictureSets } from '../datasets/open-sets.ts';
import type { Notifications } from '../notifications/notifications.ts';
import type { StoredUser, Users } from '../people/users.ts';
import type { Projects } from '../projects/projects.ts';
import { countOfRuns, isOpenPart, noCounts, type PartCounts, type StoredTask } from './task.ts';
import { readSummary, TaskLabels, type TaskSummary } from './task-labels.ts';

export interface TaskServices {
  tasks: Collection<StoredTask>;
  /** DATA/annotation */
  dir: string;
  datasets: Datasets;
  pictures: PictureSets;
  projects: Projects;
  users: Users;
  notifications: Notifications;
  events: EventBus;
  log(error: unknown, about: string): void;
}

/** A list hears of a task at most so often. */
const CHANGE_EVERY_MS = 1000;
/** Completed tasks that are being looked at. */
const OPEN_COMPLETED = 4;

export class AnnotationTasks {
  readonly #services: TaskServices;
  readonly #tasks: Collection<StoredTask>;
  readonly #open = new Map<number, Promise<TaskLabels>>();
  /** Those of #open that are ready: what lists count with. */
  readonly #ready = new Map<number, TaskLabels>();
  /** What lists count with of tasks that nobody has opened since the start. */
  readonly #summaries = new Map<number, TaskSummary>();
  readonly #told = new Map<number, { at: number; timer: NodeJS.Timeout | null }>();

  constructor(services: TaskServices) {
    this.#services = services;
    this.#tasks = services.tasks;
  }

  // ---------------------------------------------------------------- who may do what

  get(id: number): Readonly<StoredTask> | undefined {
    return this.#tasks.get(id);
  }

  all(): IterableIterator<Readonly<StoredTask>> {
    return this.#tasks.all();
  }

  groupOf(task: Readonly<StoredTask>): number {
    return this.#services.projects.get(task.projectId)?.groupId ?? 0;
  }

  /** Everybody of the project's group, annotators too. */
  maySee(reader: StoredUser, task: Readonly<StoredTask>): boolean {
    const project = this.#services.projects.get(task.projectId);
    if (project === undefined) return false;
    return this.#services.projects.maySee(reader, project) || reader.groupIds.includes(project.groupId);
  }

  /** Throws not_found. */
  visible(reader: StoredUser, id: number): Readonly<StoredTask> {
    const task = this.#tasks.get(id);
    if (task === undefined || !this.maySee(reader, task)) throw new StudioError('not_found');
    return task;
  }

  actions(reader: StoredUser, task: Readonly<StoredTask>): AnnotationAction[] {
    const reviews = task.reviewerId === reader.id;
    const admin = reader.role === 'admin';
    if (task.status === 'completed') return reviews || admin ? ['delete'] : [];
    if (task.status === 'completing') return [];
    const editable = reviews || task.parts.some(({ userId, status }) => userId === reader.id && isOpenPart(status));
    return [
      ...(editable ? (['annotate', 'classes', 'auto'] as const) : []),
      ...(reviews ? (['review', 'reassign', 'complete'] as const) : []),
      ...(reviews || admin ? (['reviewer', 'delete'] as const) : []),
    ];
  }

  /** Throws annotation_completed, annotation_not_reviewer, annotation_part_done or annotation_not_yours. */
  check(reader: StoredUser, task: Readonly<StoredTask>, action: AnnotationAction): void {
    if (this.actions(reader, task).includes(action)) return;
    if (task.status !== 'working') throw new StudioError('annotation_completed');
    const reviewers: AnnotationAction[] = ['review', 'reassign', 'complete', 'reviewer', 'delete'];
    const reported = task.parts.some(({ userId }) => userId === reader.id) ? 'annotation_part_done' : 'annotation_not_yours';
    throw new StudioError(reviewers.includes(action) ? 'annotation_not_reviewer' : reported, { name: this.nameOf(task.reviewerId) });
  }

  // ---------------------------------------------------------------- looking

  /** Newest first. */
  async list(reader: StoredUser, mine: boolean): Promise<AnnotationTask[]> {
    const tasks = [...this.#tasks.all()].filter((task) => this.maySee(reader, task) && (!mine || isOf(task, reader)));
    for (const { id } of tasks) await this.#counted(id);
    return tasks
      .flatMap(({ id }) => this.#tasks.get(id) ?? [])
      .map((task) => this.view(reader, task))
      .reverse();
  }

  /** Throws not_found. */
  async look(reader: StoredUser, id: number): Promise<AnnotationTask> {
    this.visible(reader, id);
    await this.#counted(id);
    return this.view(reader, this.visible(reader, id));
  }

  /** A task that a crash has left without its counts is opened for them; where that fails, it shows none. */
  async #counted(id: number): Promise<void> {
    const task = this.#tasks.get(id);
    if (task === undefined || task.final !== null || this.#ready.has(id) || this.#summaries.has(id)) return;
    await this.labels(id).catch((error: unknown) => this.#services.log(error, `opening annotation ${id}`));
  }

  /** With the counts as far as they are known: see look(). */
  view(reader: StoredUser, task: Readonly<StoredTask>): AnnotationTask {
    const { datasets, projects } = this.#services;
    const labels = this.#ready.get(task.id);
    const dataset = datasets.known(task.datasetId);
    const parts = task.parts.map(({ id, userId, status, comment, runs }): AnnotationPart => {
      const counts = this.#countsOf(task, labels, id);
      return { id, userId, userName: this.nameOf(userId), status, comment, ...counts, count: countOfRuns(runs) };
    });
    const sum = (field: keyof PartCounts) => parts.reduce((total, part) => total + part[field], 0);
    const saved = (labels ?? this.#summaries.get(task.id))?.lastSaved ?? null;
    return {
      id: task.id,
      datasetId: task.datasetId,
      datasetName: dataset?.name ?? '',
      datasetVersion: dataset?.version ?? 0,
      projectId: task.projectId,
      projectName: projects.get(task.projectId)?.name ?? '',
      groupId: this.groupOf(task),
      type: dataset?.type ?? 'image',
      model: task.model,
      status: task.status,
      count: task.count,
      done: sum('done'),
      deleted: sum('deleted'),
      returned: sum('returned'),
      fixed: sum('fixed'),
      accepted: sum('accepted'),
      open: sum('open'),
      reviewerId: task.reviewerId,
      reviewerName: this.nameOf(task.reviewerId),
      parts,
      mine: isOf(task, reader),
      actions: this.actions(reader, task),
      classesRevision: task.classesRevision,
      jobId: task.jobId,
      failure: task.failure,
      autoEvery: task.autoEvery,
      createdAt: task.createdAt,
      updatedAt: saved !== null && (task.updatedAt === null || saved > task.updatedAt) ? saved : task.updatedAt,
      completedAt: task.completedAt,
    };
  }

  #countsOf(task: Readonly<StoredTask>, labels: TaskLabels | undefined, part: number): PartCounts {
    // Those of a task that was completed before there was a count lack it.
    return labels?.countsOf(part) ?? this.#summaries.get(task.id)?.counts[part] ?? { ...noCounts(), ...task.final?.[part] };
  }

  /** As people call each other; '' for the stations. */
  nameOf(userId: number | null): string {
    return userId === null ? '' : this.#services.users.displayNameOf(userId);
  }

  /** Pictures that are labelled; 0 while the task is being opened. */
  doneOf(id: number): number {
    const labels = this.#ready.get(id);
    return this.#tasks.get(id)?.parts.reduce((sum, part) => sum + (labels?.countsOf(part.id).done ?? 0), 0) ?? 0;
  }

  usesOf(datasetId: number): DatasetUse[] {
    return this.#tasks
      .filter((task) => task.datasetId === datasetId && task.status !== 'completed')
      .map(({ id, projectId }) => ({ projectId, ko: `라벨링 ${id}`, en: `Annotation ${id}` }));
  }

  isWorking(datasetId: number): boolean {
    return this.usesOf(datasetId).length > 0;
  }

  folder(id: number): string {
    return join(this.#services.dir, String(id));
  }

  /** Its labels; those of a working task stay open. */
  labels(id: number): Promise<TaskLabels> {
    const opening = this.#open.get(id) ?? this.#openLabels(id);
    this.#open.delete(id);
    this.#open.set(id, opening);
    const completed = [...this.#open.keys()].filter((other) => this.#tasks.get(other)?.status === 'completed');
    for (const other of completed.slice(0, Math.max(0, completed.length - OPEN_COMPLETED))) void this.#closeLogged(other);
    return opening;
  }

  async #openLabels(id: number): Promise<TaskLabels> {
    const task = this.#tasks.get(id);
    if (task === undefined) throw new StudioError('not_found');
    const opening = (async () => {
      const { items } = await this.#services.pictures.get(this.#services.datasets.folder(task.datasetId));
      const sizes = new Uint16Array(2 * task.count);
      for (const { n, width, height } of items) sizes.set([width, height], 2 * n);
      const labels = await TaskLabels.open(this.folder(id), task, sizes);
      // What has changed while it was being opened.
      labels.recount(this.#tasks.get(id) ?? task);
      this.#ready.set(id, labels);
      this.#summaries.delete(id);
      return labels;
    })();
    this.#open.set(id, opening);
    opening.catch(() => this.#open.delete(id));
    return opening;
  }

  async #closeLabels(id: number): Promise<void> {
    const opening = this.#open.get(id);
    this.#open.delete(id);
    this.#ready.delete(id);
    await (await opening?.catch(() => undefined))?.close(this.#tasks.get(id));
  }

  /** What is lost where it fails are only the counts of a summary; the next start counts anew. */
  async #closeLogged(id: number): Promise<void> {
    await this.#closeLabels(id).catch((error: unknown) => this.#services.log(error, `closing annotation ${id}`));
  }

  // ---------------------------------------------------------------- the end

  /** A change of a task's record, made in turn and told. Throws not_found. */
  async update(id: number, change: (before: Readonly<StoredTask>) => StoredTask): Promise<Readonly<StoredTask>> {
    const task = await this.#tasks.update(id, (before) => {
      const after = change(before);
      return after === before ? (before as StoredTask) : { ...after, updatedAt: new Date().toISOString() };
    });
    if (task === undefined) throw new StudioError('not_found');
    this.changed(id);
    return task;
  }

  async delete(reader: StoredUser, id: number): Promise<void> {
    const task = this.visible(reader, id);
    this.check(reader, task, 'delete');
    await this.#remove(task);
  }

  /** All of a project or dataset that is being deleted. */
  async deleteWhere(test: (task: Readonly<StoredTask>) => boolean): Promise<void> {
    for (const task of this.#tasks.filter(test)) await this.#remove(task);
  }

  async #remove(task: Readonly<StoredTask>): Promise<void> {
    const audience = this.#audience(task);
    await this.#tasks.delete(task.id);
    this.#summaries.delete(task.id);
    const told = this.#told.get(task.id);
    if (told?.timer != null) clearTimeout(told.timer);
    this.#told.delete(task.id);
    await this.#closeLogged(task.id);
    await rm(this.folder(task.id), { recursive: true, force: true });
    this.#services.events.emit('change', { kind: 'annotation', id: task.id, projectId: task.projectId, deleted: true, audience });
  }

  /** Clears away what a crash left. Tasks are opened when somebody needs them. Before the queue starts. */
  async recover(): Promise<void> {
    for (const task of [...this.#tasks.all()]) {
      const orphan = this.#services.projects.get(task.projectId) === undefined || this.#services.datasets.known(task.datasetId) === undefined;
      if (orphan) await this.#tasks.delete(task.id);
    }
    for (const name of await readdir(this.#services.dir)) {
      if (this.#tasks.get(Number(name)) === undefined) await rm(join(this.#services.dir, name), { recursive: true, force: true });
    }
    for (const task of this.#tasks.filter(({ final }) => final === null)) {
      const summary = await readSummary(this.folder(task.id), task);
      if (summary !== null) this.#summaries.set(task.id, summary);
    }
  }

  async close(): Promise<void> {
    for (const id of [...this.#open.keys()]) await this.#closeLogged(id);
    for (const { timer } of this.#told.values()) if (timer !== null) clearTimeout(timer);
  }

  // ---------------------------------------------------------------- telling

  #audience(task: Readonly<StoredTask>): Audience {
    return { groupId: this.groupOf(task), annotators: true };
  }

  /** Lists follow, at most once a second. */
  changed(id: number): void {
    const task = this.#tasks.get(id);
    if (task === undefined) return;
    const told = this.#told.get(id) ?? { at: 0, timer: null };
    this.#told.set(id, told);
    if (told.timer !== null) return;
    const send = () => {
      told.timer = null;
      told.at = Date.now();
      const now = this.#tasks.get(id);
      if (now === undefined) return;
      this.#services.events.emit('change', { kind: 'annotation', id, projectId: now.projectId, deleted: false, audience: this.#audience(now) });
    };
    const wait = told.at + CHANGE_EVERY_MS - Date.now();
    if (wait <= 0) send();
    else told.timer = setTimeout(send, wait).unref();
  }

  /** A notification, but not of what one has done oneself; nobody is told for the stations. */
  async tell(
    userId: number | null,
    by: number | null,
    task: Readonly<StoredTask>,
    level: 'info' | 'success' | 'error',
    text: { ko: string; en: string },
  ): Promise<void> {
    if (userId === null || userId === by || this.#services.users.get(userId) === undefined) return;
    await this.#services.notifications.add(userId, level, text, `/annotations/${task.id}`);
  }
}

const isOf = (task: Readonly<StoredTask>, { id }: StoredUser) => task.reviewerId === id || task.parts.some(({ userId }) => userId === id);
