/** Annotation: the services of this folder, wired together. */
import type { StoredUser } from '../people/users.ts';
import { AutoAnnotations, type AutoServices } from './auto.ts';
import { Completion, type CompletionServices } from './completion.ts';
import { AnnotatedPictures, type PictureServices } from './pictures.ts';
import { Presences } from './presence.ts';
import type { StoredTask } from './task.ts';
import { AnnotationTasks, type TaskServices } from './tasks.ts';

export type AnnotationServices = TaskServices & Omit<AutoServices & CompletionServices & PictureServices, 'tasks' | 'presences' | 'labelled'>;

export class Annotation {
  readonly tasks: AnnotationTasks;
  readonly pictures: AnnotatedPictures;
  readonly presences: Presences;
  readonly completion: Completion;
  readonly auto: AutoAnnotations;
  readonly #services: AnnotationServices;

  constructor(services: AnnotationServices) {
    this.#services = services;
    this.tasks = new AnnotationTasks(services);
    this.presences = new Presences((id) => services.users.nameOf(id), services.events);
    this.completion = new Completion({ ...services, tasks: this.tasks });
    this.auto = new AutoAnnotations({ ...services, tasks: this.tasks });
    this.pictures = new AnnotatedPictures({
      ...services,
      tasks: this.tasks,
      presences: this.presences,
      labelled: (id) => this.auto.labelled(id),
    });
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
