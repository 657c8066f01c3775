/** Annotation: the services of this folder, wired together. */
import type { StoredUser } from '../people/users.ts';
import { AutoAnnotations, type AutoServices } from './auto.ts';
import { Completion, type CompletionServices } from './completion.ts';
import { Distribution } from './distribution.ts';
import { TaskParts } from './parts.ts';
import { AnnotatedPictures, type PictureServices } from './pictures.ts';
import { Presences } from './presence.ts';
import { Proposals } from './proposals.ts';
import { Reviews } from './reviews.ts';
import type { StoredTask } from './task.ts';
import { TaskClasses } from './task-classes.ts';
import { AnnotationTasks, type TaskServices } from './tasks.ts';

export type AnnotationServices = TaskServices & Omit<AutoServices & CompletionServices & PictureServices, 'tasks' | 'classes' | 'presences' | 'labelled'>;

export class Annotation {
  readonly tasks: AnnotationTasks;
  readonly distribution: Distribution;
  readonly parts: TaskParts;
  readonly classes: TaskClasses;
  readonly pictures: AnnotatedPictures;
  readonly reviews: Reviews;
  readonly proposals: Proposals;
  readonly presences: Presences;
  readonly completion: Completion;
  readonly auto: AutoAnnotations;
  readonly #services: AnnotationServices;

  constructor(services: AnnotationServices) {
    this.#services = services;
    const tasks = new AnnotationTasks(services);
    const of = { ...services, tasks };
    this.tasks = tasks;
    this.distribution = new Distribution({ ...of, records: services.tasks });
    this.parts = new TaskParts(of);
    this.classes = new TaskClasses(of);
    this.presences = new Presences((id) => tasks.nameOf(id), services.events);
    this.completion = new Completion(of);
    this.auto = new AutoAnnotations({ ...of, classes: this.classes });
    this.pictures = new AnnotatedPictures({ ...of, presences: this.presences, labelled: (id) => this.auto.labelled(id) });
    this.reviews = new Reviews({ tasks, parts: this.parts, pictures: this.pictures });
    this.proposals = new Proposals({ ...of, pictures: this.pictures });
  }

  /** Gives a task up, with its jobs. */
  async delete(reader: StoredUser, id: number): Promise<void> {
    await this.tasks.delete(reader, id);
    await this.#forgetJobs((taskId) => taskId === id);
  }

  /** All of a project or a dataset that is being deleted. */
  async deleteWhere(test: (task: Readonly<StoredTask>) => boolean): Promise<void> {
    await this.tasks.deleteWhere(test);
    await this.#forgetJobs((taskId) => this.tasks.get(taskId) === undefined);
  }

  async #forgetJobs(test: (taskId: number) => boolean): Promise<void> {
    const { queue, log } = this.#services;
    for (const job of queue.filter(({ kind, subjectId }) => (kind === 'annotate' || kind === 'merge') && test(subjectId))) {
      await (job.finishedAt === null ? queue.stop(job.id) : queue.delete(job.id)).catch((error: unknown) => log(error, `forgetting job ${job.id}`));
    }
  }

  /** Before the queue starts. */
  async recover(): Promise<void> {
    await this.tasks.recover();
    await this.completion.recover();
  }

  close(): Promise<void> {
    return this.tasks.close();
  }
}
