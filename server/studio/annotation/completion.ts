/**
 * Complete: the reviewer ends a task, and a job merges its parts into the labels of the dataset. All of it happens or nothing: the dataset's record, which
 * names the new labels, is what decides. Where it was written the task is completed, if need be at the next start; where it was not, what had been prepared is
 * taken back, the task is worked on again, and Complete can be repeated.
 */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { StudioError } from '../../errors.ts';
import type { AnnotationTask } from '../../http/annotation-schemas.ts';
import type { MergeOutcome } from '../../jobs/protocol.ts';
import { isLabelProblem } from '../../labels/problems.ts';
import { Again } from '../../queue/again.ts';
import type { JobRules, JobVerdict, StoredJob } from '../../queue/jobs.ts';
import { isActive, type Queue } from '../../queue/queue.ts';
import type { DatasetLabels } from '../datasets/dataset-labels.ts';
import type { DatasetPictures } from '../datasets/dataset-pictures.ts';
import type { Datasets } from '../datasets/datasets.ts';
import type { StoredUser } from '../people/users.ts';
import { livingClasses, resolveClass } from './classes.ts';
import { checkFinished, noCounts, type PartCounts, type StoredTask } from './task.ts';
import type { AnnotationTasks } from './tasks.ts';

export interface CompletionServices {
  tasks: AnnotationTasks;
  datasets: Datasets;
  datasetPictures: DatasetPictures;
  datasetLabels: DatasetLabels;
  queue: Queue;
  log(error: unknown, about: string): void;
}

export class Completion {
  readonly #services: CompletionServices;
  /** Tasks that could not be settled. */
  readonly #again: Again;

  constructor(services: CompletionServices) {
    this.#services = services;
    this.#again = new Again(services.log);
  }

  /** Throws annotation_not_reviewer, annotation_completed, annotation_not_finished, annotation_returned_left, annotation_nothing_left. */
  async start(reader: StoredUser, id: number): Promise<AnnotationTask> {
    const { tasks, queue, datasets } = this.#services;
    tasks.visible(reader, id);
    const labels = await tasks.labels(id);
    // What was being saved is on the disk when it is counted; what comes later is refused.
    const task = await labels.exclusively(() =>
      tasks.update(id, (before) => {
        tasks.check(reader, before, 'complete');
        const counts = before.parts.map((part) => labels.countsOf(part.id));
        for (const part of counts) checkFinished(part);
        if (counts.every(({ done }) => done === 0)) throw new StudioError('annotation_nothing_left');
        return { ...before, status: 'completing', failure: null };
      }),
    );
    try {
      // The worker reads the log while nobody writes it anew.
      await labels.pictures.settled();
      const dataset = datasets.get(task.datasetId);
      const job = await queue.submit(() => ({
        kind: 'merge',
        title: `${dataset?.name ?? ''} / v${dataset?.version ?? 0}`,
        projectId: task.projectId,
        ownerId: reader.id,
        subjectId: id,
        preset: null,
      }));
      const now = await tasks.update(id, (before) => (before.status === 'completing' ? { ...before, jobId: job.id } : (before as StoredTask)));
      return tasks.view(reader, now);
    } catch (error) {
      await tasks.update(id, (before) => (before.status === 'completing' ? { ...before, status: 'working' } : (before as StoredTask)));
      throw error;
    }
  }

  readonly rules: JobRules<'merge'> = {
    work: (job) => {
      const { tasks } = this.#services;
      const task = tasks.get(job.subjectId);
      if (task === undefined || !isLabelProblem(task.model)) throw new StudioError('not_found');
      const classes = livingClasses(task).map(({ id, name, colour }) => ({
        name,
        colour: rgb(colour),
        ids: task.classes.filter((one) => resolveClass(task, one.id) === id).map((one) => one.id),
      }));
      return { kind: 'merge', log: join(tasks.folder(task.id), 'pictures'), count: task.count, problem: task.model, classes };
    },
    ended: (job, verdict, dir) => this.#ended(job, verdict, dir),
  };

  async #ended(job: Readonly<StoredJob>, { state, failure }: JobVerdict, dir: string): Promise<void> {
    const { tasks } = this.#services;
    const task = tasks.get(job.subjectId);
    if (task?.status === 'completing' && !this.#isMergedAgain(job)) {
      if (state === 'succeeded') await this.#adopt(task, dir);
      const completed = await this.#settle(task.id, failure).catch((error: unknown) => {
        // A full disk, say: the task must not be stuck until the next start.
        this.#settleLater(task.id, failure);
        throw error;
      });
      if (!completed) {
        const why = failure === null ? { ko: '중지되었습니다.', en: 'It was stopped.' } : failure;
        await tasks.tell(task.reviewerId, null, task, 'error', { ko: `라벨을 합치지 못했습니다. ${why.ko}`, en: `The labels could not be merged. ${why.en}` });
      }
    }
    await rm(join(dir, 'out'), { recursive: true, force: true });
  }

  /** The dataset gets its labels. May be called again after a crash. */
  async #adopt(task: Readonly<StoredTask>, dir: string): Promise<void> {
    const { tasks, datasetPictures, datasetLabels } = this.#services;
    const { classes, labelled, excluded } = JSON.parse(await readFile(join(dir, 'out/merge.json'), 'utf8')) as MergeOutcome;
    const revision = task.labelRevision ?? (await datasetLabels.nextRevision(task.datasetId));
    await tasks.update(task.id, (before) => ({ ...before, labelRevision: revision }));
    await datasetPictures.exclude(task.datasetId, excluded);
    const made = { classes, labelledCount: labelled, labelFile: null, labelFormat: 'annotation' as const, labelFindings: 0 };
    await datasetLabels.adopt(task.datasetId, revision, join(dir, 'out/labels'), made);
  }

  /** Forward where the dataset has the labels, else back. True: the task is completed. */
  async #settle(id: number, failure: StoredTask['failure']): Promise<boolean> {
    const { tasks, datasets, datasetPictures } = this.#services;
    const task = tasks.get(id);
    if (task === undefined) return false;
    if (task.labelRevision !== null && datasets.get(task.datasetId)?.labelRevision === task.labelRevision) {
      await this.#complete(task);
      return true;
    }
    await datasetPictures.exclude(task.datasetId, []);
    await tasks.update(id, (before) => ({ ...before, status: 'working', failure }));
    return false;
  }

  #merges(id: number): Readonly<StoredJob>[] {
    return this.#services.queue.filter((job) => job.kind === 'merge' && job.subjectId === id && isActive(job));
  }

  /** The end of a job could not be written, its task was settled all the same, and Complete was pressed again. */
  #isMergedAgain({ id, subjectId }: Readonly<StoredJob>): boolean {
    return this.#merges(subjectId).some((job) => job.id > id);
  }

  /** Never gives up while the task is completing. */
  #settleLater(id: number, failure: StoredTask['failure']): void {
    if (this.#again.has(id)) return;
    this.#again.later(id, `settling annotation ${id}`, async () => {
      const { tasks, queue } = this.#services;
      if (tasks.get(id)?.status !== 'completing') return;
      // The record of a job whose end could not be written says that it runs.
      if (this.#merges(id).some((job) => queue.isAtWork(job.id))) throw new Error('its labels are being merged');
      await this.#settle(id, failure);
    });
  }

  async #complete(task: Readonly<StoredTask>): Promise<void> {
    const { tasks, datasets } = this.#services;
    const labels = await tasks.labels(task.id);
    const final: { [part: number]: PartCounts } = {};
    for (const { id } of task.parts) final[id] = { ...noCounts(), ...labels.countsOf(id) };
    const done = await tasks.update(task.id, (before) => ({ ...before, status: 'completed', final, completedAt: new Date().toISOString() }));
    const name = datasets.get(task.datasetId)?.name ?? '';
    for (const userId of new Set([done.reviewerId, ...done.parts.map((part) => part.userId)])) {
      await tasks.tell(userId, null, done, 'success', {
        ko: `라벨링이 완료되어 라벨이 데이터에 추가되었습니다: ${name}`,
        en: `The labels are complete and were added to the data: ${name}`,
      });
    }
  }

  /** A task whose job was never stored, or is forgotten, can be completed again. After tasks.recover(), before the queue starts. */
  async recover(): Promise<void> {
    const { tasks, log } = this.#services;
    for (const { id, status } of [...tasks.all()]) {
      if (status !== 'completing' || this.#merges(id).length > 0) continue;
      try {
        await this.#settle(id, null);
      } catch (error) {
        // A damaged file of one task, or a full disk, must not keep the whole box from starting.
        log(error, `settling annotation ${id}`);
        this.#settleLater(id, null);
      }
    }
  }
}

const rgb = (colour: string): [number, number, number] => [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16)) as [number, number, number];
