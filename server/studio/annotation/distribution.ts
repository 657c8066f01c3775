/** Add Label and re-assign: who labels which pictures of a task. */
import { StudioError } from '../../errors.ts';
import type { EventBus } from '../../events.ts';
import type { AnnotationTask, AnnotationTaskChange, NewAnnotationTask, Reassignment } from '../../http/annotation-schemas.ts';
import type { ModelKind } from '../../http/schemas.ts';
import type { Collection } from '../../store/collection.ts';
import type { Datasets, StoredDataset } from '../datasets/datasets.ts';
import type { PictureSets } from '../datasets/open-sets.ts';
import { checkReady } from '../datasets/ready.ts';
import type { StoredUser, Users } from '../people/users.ts';
import type { Projects } from '../projects/projects.ts';
import { countOfRuns, deal, numbersOfRuns, partOfTask, type StoredTask, takeFrom } from './task.ts';
import type { AnnotationTasks } from './tasks.ts';

export interface DistributionServices {
  records: Collection<StoredTask>;
  tasks: AnnotationTasks;
  datasets: Datasets;
  pictures: PictureSets;
  projects: Projects;
  users: Users;
  events: EventBus;
}

export class Distribution {
  readonly #services: DistributionServices;

  constructor(services: DistributionServices) {
    this.#services = services;
  }

  /**
   * Add Label. Throws annotation_dataset, annotation_exists, labels_busy, annotation_person_unknown, annotation_no_people, annotation_kiosk_problem and what
   * projects.editable throws.
   */
  async add(reader: StoredUser, datasetId: number, request: NewAnnotationTask): Promise<AnnotationTask> {
    const { records, tasks, datasets, projects } = this.#services;
    const dataset = datasets.visible(reader, datasetId);
    const project = projects.editable(reader, dataset.projectId);
    this.#checkDataset(dataset);
    const people = this.#people(project.groupId, project.model, request);
    const { items } = await this.#services.pictures.get(datasets.folder(datasetId));
    const id = await records.nextId();
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
    const task = await records.put({ ...bare, ...deal(bare, all, people) });
    await tasks.labels(id);
    tasks.changed(id);
    for (const { userId, runs } of task.parts) {
      const count = countOfRuns(runs);
      await tasks.tell(userId, reader.id, task, 'info', {
        ko: `라벨링할 이미지 ${count}장을 맡았습니다: ${dataset.name}`,
        en: `You were given ${count} pictures to label: ${dataset.name}`,
      });
    }
    return tasks.view(reader, task);
  }

  #checkDataset(dataset: Readonly<StoredDataset>): void {
    checkReady(dataset);
    if (dataset.type !== 'image' || dataset.count === 0) throw new StudioError('annotation_dataset');
    if (dataset.labelledCount > 0) throw new StudioError('annotation_labelled');
    if (dataset.labelJob !== null) throw new StudioError('labels_busy');
    if (this.#services.tasks.isWorking(dataset.id)) throw new StudioError('annotation_exists');
  }

  #people(groupId: number, model: ModelKind, { annotatorIds, kiosk }: NewAnnotationTask): (number | null)[] {
    const members = new Set(this.#services.users.membersOf(groupId).flatMap(({ id, disabled }) => (disabled ? [] : [id])));
    const people: (number | null)[] = [...new Set(annotatorIds)];
    if (people.some((id) => !members.has(id!))) throw new StudioError('annotation_person_unknown');
    // No station would ever show them, and the task could not be completed.
    if (kiosk === true && model !== 'classification') throw new StudioError('annotation_kiosk_problem');
    if (kiosk === true) people.push(null);
    if (people.length === 0) throw new StudioError('annotation_no_people');
    return people;
  }

  /** What is not done of a part goes to others. Saves that are under way are either done before it, or refused because the picture is somebody else's. */
  async reassign(reader: StoredUser, id: number, request: Reassignment): Promise<AnnotationTask> {
    const { tasks, events } = this.#services;
    tasks.visible(reader, id);
    const labels = await tasks.labels(id);
    let given = 0;
    let people: (number | null)[] = [];
    const task = await labels.exclusively(async () => {
      const changed = await tasks.update(id, (before) => {
        tasks.check(reader, before, 'reassign');
        const part = partOfTask(before, request.partId);
        people = this.#people(tasks.groupOf(before), before.model, request);
        const undone = numbersOfRuns(part.runs).filter((n) => labels.isOpen(n));
        if (undone.length === 0) throw new StudioError('annotation_nothing_to_do');
        given = undone.length;
        const left = { ...before, parts: takeFrom(before.parts, part.id, undone) };
        return { ...left, ...deal(left, undone, people) };
      });
      labels.recount(changed);
      return changed;
    });
    events.emit('annotation', { taskId: id, type: 'index' });
    for (const userId of people) {
      await tasks.tell(userId, reader.id, task, 'info', {
        ko: `라벨링할 이미지가 추가로 배정되었습니다(모두 ${given}장을 ${people.length}명에게).`,
        en: `More pictures were given to you (${given} in all to ${people.length}).`,
      });
    }
    return tasks.view(reader, task);
  }

  /** Throws annotation_person_unknown where the new reviewer is no developer of the group. */
  async change(reader: StoredUser, id: number, { reviewerId, autoEvery }: AnnotationTaskChange): Promise<AnnotationTask> {
    const { tasks, users, projects } = this.#services;
    tasks.visible(reader, id);
    const task = await tasks.update(id, (before) => {
      if (reviewerId !== undefined) {
        tasks.check(reader, before, 'reviewer');
        const person = users.get(reviewerId);
        const project = projects.get(before.projectId);
        const able = person !== undefined && project !== undefined && !person.disabled && projects.maySee(person, project);
        if (!able) throw new StudioError('annotation_person_unknown');
      }
      if (autoEvery !== undefined) tasks.check(reader, before, 'auto');
      return { ...before, reviewerId: reviewerId ?? before.reviewerId, autoEvery: autoEvery === undefined ? before.autoEvery : autoEvery };
    });
    if (reviewerId !== undefined) {
      await tasks.tell(reviewerId, reader.id, task, 'info', { ko: '라벨링 작업의 검수자가 되었습니다.', en: 'You are now the reviewer of a labelling task.' });
    }
    return tasks.look(reader, id);
  }
}
