/**
 * Annotation tasks: an unlabelled dataset that people of the group label together. Whoever distributes it is the reviewer, who alone completes it; then a
 * job merges the parts into labels of the dataset. Who may do what is checked here and in pictures.ts, whatever the browser shows.
 */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { StudioError } from '../../errors.ts';
import type { Audience, EventBus } from '../../events.ts';
import type {
  AnnotationAction,
  AnnotationClass,
  AnnotationClassChange,
  AnnotationClasses,
  AnnotationPart,
  AnnotationTask,
  AnnotationTaskChange,
  NewAnnotationClass,
  NewAnnotationTask,
  Reassignment,
} from '../../http/annotation-schemas.ts';
import type { Collection } from '../../store/collection.ts';
import type { Datasets, StoredDataset } from '../datasets/datasets.ts';
import type { PictureSets } from '../datasets/open-sets.ts';
import type { Notifications } from '../notifications/notifications.ts';
import type { StoredUser, Users } from '../people/users.ts';
import type { Projects } from '../projects/projects.ts';
import { addClass, changeClass, deleteClass, livingClasses, orderClasses } from './classes.ts';
import { countOfRuns, deal, noCounts, numbersOfRuns, type PartCounts, type StoredPart, type StoredTask, takeFrom } from './task.ts';
import { TaskLabels } from './task-labels.ts';

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
    const own = task.parts.some(({ userId }) => userId === reader.id);
    if (task.status === 'completed') return reviews || admin ? ['delete'] : [];
    if (task.status === 'completing') return [];
    const editable = reviews || task.parts.some(({ userId, status }) => userId === reader.id && isOpenPart(status));
    return [
      ...(editable ? (['annotate'] as const) : []),
      ...(reviews || own ? (['classes', 'auto'] as const) : []),
      ...(reviews ? (['review', 'reassign', 'complete'] as const) : []),
      ...(reviews || admin ? (['reviewer', 'delete'] as const) : []),
    ];
  }

  /** Throws annotation_completed, annotation_not_reviewer or annotation_not_yours. */
  check(reader: StoredUser, task: Readonly<StoredTask>, action: AnnotationAction): void {
    if (this.actions(reader, task).includes(action)) return;
    if (task.status !== 'working') throw new StudioError('annotation_completed');
    const reviewers: AnnotationAction[] = ['review', 'reassign', 'complete', 'reviewer', 'delete'];
    throw new StudioError(reviewers.includes(action) ? 'annotation_not_reviewer' : 'annotation_not_yours', { name: this.#nameOf(task.reviewerId) });
  }

  // ---------------------------------------------------------------- looking

  /** Newest first. */
  list(reader: StoredUser, mine: boolean): AnnotationTask[] {
    return [...this.#tasks.all()]
      .filter((task) => this.maySee(reader, task))
      .map((task) => this.view(reader, task))
      .filter((task) => !mine || task.mine)
      .reverse();
  }

  view(reader: StoredUser, task: Readonly<StoredTask>): AnnotationTask {
    const { datasets, projects } = this.#services;
    const labels = this.#ready.get(task.id);
    const dataset = datasets.get(task.datasetId);
    const parts = task.parts.map(({ id, userId, status, comment, runs }): AnnotationPart => {
      const counts = this.#countsOf(task, labels, id);
      return { id, userId, userName: this.#nameOf(userId), status, comment, ...counts, count: countOfRuns(runs) };
    });
    const sum = (field: keyof PartCounts) => parts.reduce((total, part) => total + part[field], 0);
    const saved = labels?.lastSaved ?? null;
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
      reviewerId: task.reviewerId,
      reviewerName: this.#nameOf(task.reviewerId),
      parts,
      mine: task.reviewerId === reader.id || task.parts.some(({ userId }) => userId === reader.id),
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
    return labels?.countsOf(part) ?? task.final?.[part] ?? noCounts();
  }

  #nameOf(userId: number | null): string {
    return userId === null ? '' : this.#services.users.nameOf(userId);
  }

  /** Pictures that are labelled; 0 while the task is being opened. */
  doneOf(id: number): number {
    const labels = this.#ready.get(id);
    return this.#tasks.get(id)?.parts.reduce((sum, part) => sum + (labels?.countsOf(part.id).done ?? 0), 0) ?? 0;
  }

  usesOf(datasetId: number): string[] {
    return this.#tasks.filter((task) => task.datasetId === datasetId && task.status !== 'completed').map(({ id }) => `Annotation ${id}`);
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
    for (const other of completed.slice(0, Math.max(0, completed.length - OPEN_COMPLETED))) void this.#closeLabels(other);
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
    await (await opening?.catch(() => undefined))?.close();
  }

  // ---------------------------------------------------------------- distributing

  /** Add Label. Throws annotation_dataset, annotation_exists, annotation_person_unknown, annotation_no_people and what projects.editable throws. */
  async add(reader: StoredUser, datasetId: number, request: NewAnnotationTask): Promise<AnnotationTask> {
    const { datasets, projects } = this.#services;
    const dataset = datasets.visible(reader, datasetId);
    const project = projects.editable(reader, dataset.projectId);
    this.#checkDataset(dataset);
    const people = this.#people(project.groupId, request);
    const { items } = await this.#services.pictures.get(datasets.folder(datasetId));
    const id = await this.#tasks.nextId();
    // Somebody else may have been faster.
    this.#checkDataset(datasets.get(datasetId) ?? dataset);
    const bare: StoredTask = {
      id,
      datasetId,
      projectId: project.id,
      model: project.model,
      status: 'working',
      count: items.length,
      reviewerId: reader.id,
      parts: [],
      lastPart: 0,
      classes: [],
      lastClass: 0,
      classesRevision: 1,
      jobId: null,
      failure: null,
      labelRevision: null,
      autoEvery: null,
      autoJobId: null,
      autoLabelled: 0,
      final: null,
      createdAt: new Date().toISOString(),
      updatedAt: null,
      completedAt: null,
    };
    const all = items.map(({ n }) => n);
    const task = await this.#tasks.put({ ...bare, ...deal(bare, all, people) });
    await this.labels(id);
    this.changed(id);
    for (const { userId, runs } of task.parts) {
      const count = countOfRuns(runs);
      await this.tell(userId, reader.id, task, 'info', {
        ko: `라벨링할 이미지 ${count}장을 맡았습니다: ${dataset.name}`,
        en: `You were given ${count} pictures to label: ${dataset.name}`,
      });
    }
    return this.view(reader, task);
  }

  #checkDataset(dataset: Readonly<StoredDataset>): void {
    if (dataset.status !== 'ready') throw new StudioError('dataset_ingesting');
    if (dataset.type !== 'image' || dataset.count === 0) throw new StudioError('annotation_dataset');
    if (dataset.labelledCount > 0) throw new StudioError('annotation_labelled');
    if (this.isWorking(dataset.id)) throw new StudioError('annotation_exists');
  }

  #people(groupId: number, { annotatorIds, kiosk }: NewAnnotationTask): (number | null)[] {
    const members = new Set(this.#services.users.membersOf(groupId).flatMap(({ id, disabled }) => (disabled ? [] : [id])));
    const people: (number | null)[] = [...new Set(annotatorIds)];
    if (people.some((id) => !members.has(id!))) throw new StudioError('annotation_person_unknown');
    if (kiosk === true) people.push(null);
    if (people.length === 0) throw new StudioError('annotation_no_people');
    return people;
  }

  /** What is not done of a part goes to others. */
  async reassign(reader: StoredUser, id: number, request: Reassignment): Promise<AnnotationTask> {
    this.visible(reader, id);
    const labels = await this.labels(id);
    let given = 0;
    let people: (number | null)[] = [];
    const task = await this.#change(id, (before) => {
      this.check(reader, before, 'reassign');
      const part = before.parts.find((candidate) => candidate.id === request.partId);
      if (part === undefined) throw new StudioError('not_found');
      people = this.#people(this.groupOf(before), request);
      const undone = numbersOfRuns(part.runs).filter((n) => {
        const { state, review } = labels.standing(n);
        return state === 'todo' || review === 'returned';
      });
      if (undone.length === 0) throw new StudioError('annotation_nothing_to_do');
      given = undone.length;
      const left = { ...before, parts: takeFrom(before.parts, part.id, undone) };
      return { ...left, ...deal(left, undone, people) };
    });
    labels.recount(task);
    this.#services.events.emit('annotation', { taskId: id, type: 'index' });
    for (const userId of people) {
      await this.tell(userId, reader.id, task, 'info', {
        ko: `라벨링할 이미지가 추가로 배정되었습니다(모두 ${given}장을 ${people.length}명에게).`,
        en: `More pictures were given to you (${given} in all to ${people.length}).`,
      });
    }
    return this.view(reader, task);
  }

  /** Throws annotation_person_unknown where the new reviewer is no developer of the group. */
  async change(reader: StoredUser, id: number, { reviewerId, autoEvery }: AnnotationTaskChange): Promise<AnnotationTask> {
    this.visible(reader, id);
    const task = await this.#change(id, (before) => {
      if (reviewerId !== undefined) {
        this.check(reader, before, 'reviewer');
        const person = this.#services.users.get(reviewerId);
        const project = this.#services.projects.get(before.projectId);
        const able = person !== undefined && project !== undefined && !person.disabled && this.#services.projects.maySee(person, project);
        if (!able) throw new StudioError('annotation_person_unknown');
      }
      if (autoEvery !== undefined) this.check(reader, before, 'auto');
      return { ...before, reviewerId: reviewerId ?? before.reviewerId, autoEvery: autoEvery === undefined ? before.autoEvery : autoEvery };
    });
    if (reviewerId !== undefined) {
      await this.tell(reviewerId, reader.id, task, 'info', { ko: '라벨링 작업의 검수자가 되었습니다.', en: 'You are now the reviewer of a labelling task.' });
    }
    return this.view(reader, task);
  }

  // ---------------------------------------------------------------- states of the parts

  /** The annotator tells the reviewer. Throws annotation_not_yours, annotation_part_state, annotation_not_finished. */
  async partDone(reader: StoredUser, id: number, partId: number): Promise<AnnotationTask> {
    this.visible(reader, id);
    const labels = await this.labels(id);
    const task = await this.#changePart(id, partId, (before, part) => {
      if (before.status !== 'working') throw new StudioError('annotation_completed');
      const own = part.userId === reader.id || (part.userId === null && before.reviewerId === reader.id);
      if (!own) throw new StudioError('annotation_not_yours', { name: this.#nameOf(before.reviewerId) });
      if (!isOpenPart(part.status)) throw new StudioError('annotation_part_state');
      checkFinished(labels.countsOf(partId));
      return { ...part, status: 'done' };
    });
    await this.#tellDone(task, partId, reader.id);
    return this.view(reader, task);
  }

  async #tellDone(task: Readonly<StoredTask>, partId: number, by: number | null): Promise<void> {
    const part = task.parts.find(({ id }) => id === partId);
    const count = countOfRuns(part?.runs ?? []);
    const who = part?.userId == null ? { ko: '키오스크', en: 'The kiosk stations' } : { ko: `${this.#nameOf(part.userId)} 님`, en: this.#nameOf(part.userId) };
    await this.tell(task.reviewerId, by, task, 'success', {
      ko: `${who.ko}이 맡은 이미지 ${count}장의 라벨링을 마쳤습니다. 검수해 주세요.`,
      en: `${who.en} finished labelling ${count} pictures. Please review them.`,
    });
  }

  /** The stations' part is done when all of it is: there is nobody else to say so. */
  async poolDone(id: number, partId: number): Promise<void> {
    const labels = await this.labels(id);
    const ended = () => {
      const { count, done, deleted, returned } = labels.countsOf(partId);
      return done + deleted === count && returned === 0;
    };
    let told = false;
    if (!ended()) return;
    const task = await this.#changePart(id, partId, (before, part) => {
      told = before.status === 'working' && part.userId === null && isOpenPart(part.status) && ended();
      return told ? { ...part, status: 'done' } : part;
    });
    if (told) await this.#tellDone(task, partId, null);
  }

  async acceptPart(reader: StoredUser, id: number, partId: number): Promise<AnnotationTask> {
    this.visible(reader, id);
    const labels = await this.labels(id);
    const task = await this.#changePart(id, partId, (before, part) => {
      this.check(reader, before, 'review');
      checkFinished(labels.countsOf(partId));
      return { ...part, status: 'accepted', comment: '' };
    });
    const { userId } = task.parts.find((part) => part.id === partId)!;
    await this.tell(userId, reader.id, task, 'success', { ko: '라벨링한 작업이 검수를 통과했습니다.', en: 'The reviewer has accepted your work.' });
    return this.view(reader, task);
  }

  /** All of a part can be edited again. */
  async returnPart(reader: StoredUser, id: number, partId: number, comment: string): Promise<AnnotationTask> {
    this.visible(reader, id);
    const task = await this.#changePart(id, partId, (before, part) => {
      this.check(reader, before, 'review');
      if (isOpenPart(part.status)) throw new StudioError('annotation_part_state');
      return { ...part, status: 'returned', comment: comment.trim() };
    });
    await this.#tellReturned(task, partId, reader.id, comment.trim());
    return this.view(reader, task);
  }

  /** Single pictures were returned: their part is open again. */
  async reopenPart(reader: StoredUser, id: number, partId: number, comment: string): Promise<void> {
    const before = this.#tasks.get(id)?.parts.find((part) => part.id === partId);
    const reopened = before !== undefined && !isOpenPart(before.status);
    const task = reopened ? await this.#changePart(id, partId, (_, part) => ({ ...part, status: 'returned' })) : this.#tasks.get(id);
    if (task !== undefined) await this.#tellReturned(task, partId, reader.id, comment);
  }

  async #tellReturned(task: Readonly<StoredTask>, partId: number, by: number, comment: string): Promise<void> {
    const part = task.parts.find(({ id }) => id === partId);
    const end = comment === '' ? '' : `: ${comment}`;
    await this.tell(part?.userId ?? null, by, task, 'info', {
      ko: `검수자가 이미지를 다시 확인해 달라고 했습니다${end}`,
      en: `The reviewer has returned pictures to you${end}`,
    });
  }

  // ---------------------------------------------------------------- classes

  async classes(reader: StoredUser, id: number): Promise<AnnotationClasses> {
    const task = this.visible(reader, id);
    return classesView(task, await this.labels(id));
  }

  addClass(reader: StoredUser, id: number, request: NewAnnotationClass): Promise<AnnotationClasses> {
    return this.#changeClasses(reader, id, (before) => addClass(before, request));
  }

  changeClass(reader: StoredUser, id: number, classId: number, change: AnnotationClassChange): Promise<AnnotationClasses> {
    return this.#changeClasses(reader, id, (before) => changeClass(before, classId, change));
  }

  orderClasses(reader: StoredUser, id: number, ids: readonly number[]): Promise<AnnotationClasses> {
    return this.#changeClasses(reader, id, (before) => orderClasses(before, ids));
  }

  deleteClass(reader: StoredUser, id: number, classId: number, moveTo: number | null): Promise<AnnotationClasses> {
    return this.#changeClasses(reader, id, (before) => deleteClass(before, classId, moveTo), true);
  }

  async #changeClasses(reader: StoredUser, id: number, change: (before: StoredTask) => StoredTask, deletes = false): Promise<AnnotationClasses> {
    this.visible(reader, id);
    const labels = await this.labels(id);
    const task = await this.#change(id, (before) => {
      this.check(reader, before, 'classes');
      return change(before as StoredTask);
    });
    labels.recount(task);
    this.#services.events.emit('annotation', { taskId: id, type: 'classes', revision: task.classesRevision });
    if (deletes) this.#services.events.emit('annotation', { taskId: id, type: 'index' });
    return classesView(task, labels);
  }

  /** Classes by their names, those that are missing made. For models that know more than the task. */
  async ensureClasses(id: number, names: readonly string[]): Promise<Readonly<StoredTask>> {
    const missing = (task: Pick<StoredTask, 'classes'>) => {
      const there = new Set(livingClasses(task).map(({ name }) => name.toLowerCase()));
      return names.filter((name) => !there.has(name.trim().toLowerCase()));
    };
    const now = this.#tasks.get(id);
    if (now !== undefined && missing(now).length === 0) return now;
    const task = await this.#change(id, (before) => missing(before).reduce<StoredTask>((made, name) => addClass(made, { name }), before as StoredTask));
    (await this.labels(id)).recount(task);
    this.#services.events.emit('annotation', { taskId: id, type: 'classes', revision: task.classesRevision });
    return task;
  }

  // ---------------------------------------------------------------- the end

  /** A change of a task's record, made in turn. Throws not_found. */
  async update(id: number, change: (before: Readonly<StoredTask>) => StoredTask): Promise<Readonly<StoredTask>> {
    return this.#change(id, change);
  }

  async #change(id: number, change: (before: Readonly<StoredTask>) => StoredTask): Promise<Readonly<StoredTask>> {
    const task = await this.#tasks.update(id, (before) => {
      const after = change(before);
      return after === before ? (before as StoredTask) : { ...after, updatedAt: new Date().toISOString() };
    });
    if (task === undefined) throw new StudioError('not_found');
    this.changed(id);
    return task;
  }

  #changePart(id: number, partId: number, change: (task: Readonly<StoredTask>, part: StoredPart) => StoredPart): Promise<Readonly<StoredTask>> {
    return this.#change(id, (before) => {
      const part = before.parts.find((candidate) => candidate.id === partId);
      if (part === undefined) throw new StudioError('not_found');
      const after = change(before, part);
      return after === part ? (before as StoredTask) : { ...before, parts: before.parts.map((other) => (other.id === partId ? after : other)) };
    });
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
    const told = this.#told.get(task.id);
    if (told?.timer != null) clearTimeout(told.timer);
    this.#told.delete(task.id);
    await this.#closeLabels(task.id).catch((error: unknown) => this.#services.log(error, `closing annotation ${task.id}`));
    await rm(this.folder(task.id), { recursive: true, force: true });
    this.#services.events.emit('change', { kind: 'annotation', id: task.id, projectId: task.projectId, deleted: true, audience });
  }

  /** Clears away what a crash left, and opens what is worked on. Before the queue starts. */
  async recover(): Promise<void> {
    for (const task of [...this.#tasks.all()]) {
      const orphan = this.#services.projects.get(task.projectId) === undefined || this.#services.datasets.get(task.datasetId) === undefined;
      if (orphan) await this.#tasks.delete(task.id);
    }
    for (const name of await readdir(this.#services.dir)) {
      if (this.#tasks.get(Number(name)) === undefined) await rm(join(this.#services.dir, name), { recursive: true, force: true });
    }
    for (const task of this.#tasks.filter(({ status }) => status !== 'completed')) {
      // One that cannot be opened must not keep the others from work.
      await this.labels(task.id).catch((error: unknown) => this.#services.log(error, `opening annotation ${task.id}`));
    }
  }

  async close(): Promise<void> {
    for (const id of [...this.#open.keys()]) await this.#closeLabels(id).catch((error: unknown) => this.#services.log(error, `closing annotation ${id}`));
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
    await this.#services.notifications.add(userId, level, text, `/annotation/${task.id}`);
  }
}

export const isOpenPart = (status: StoredPart['status']) => status === 'working' || status === 'returned';

/** Throws annotation_not_finished. */
export function checkFinished({ count, done, deleted, returned }: PartCounts): void {
  const left = count - done - deleted;
  if (left > 0) throw new StudioError('annotation_not_finished', { count: left });
  if (returned > 0) throw new StudioError('annotation_returned_left', { count: returned });
}

function classesView(task: Readonly<StoredTask>, labels: TaskLabels): AnnotationClasses {
  return {
    revision: task.classesRevision,
    classes: livingClasses(task).map(({ id, name, colour, hotKey }): AnnotationClass => ({ id, name, colour, hotKey, uses: labels.usesOf(id) })),
  };
}
