/** Jobs as people see them: those of the projects that they may see. */
import { StudioError } from '../../errors.ts';
import type { Job, JobEvent, JobState } from '../../http/schemas.ts';
import type { StoredJob } from '../../queue/jobs.ts';
import type { Queue } from '../../queue/queue.ts';
import type { StoredUser, Users } from '../people/users.ts';
import type { Projects } from '../projects/projects.ts';

const LISTED = 500;

export class Jobs {
  readonly #queue: Queue;
  readonly #projects: Projects;
  readonly #users: Users;

  constructor(queue: Queue, projects: Projects, users: Users) {
    this.#queue = queue;
    this.#projects = projects;
    this.#users = users;
  }

  maySee(reader: StoredUser, job: Readonly<StoredJob>): boolean {
    const project = this.#projects.get(job.projectId);
    return project !== undefined && this.#projects.maySee(reader, project);
  }

  /** Throws not_found. */
  visible(reader: StoredUser, id: number): Readonly<StoredJob> {
    const job = this.#queue.get(id);
    if (job === undefined || !this.maySee(reader, job)) throw new StudioError('not_found');
    return job;
  }

  /** Newest first. */
  list(reader: StoredUser, state?: JobState): Job[] {
    const found = this.#queue.filter((job) => (state === undefined || job.state === state) && this.maySee(reader, job));
    return found
      .slice(-LISTED)
      .reverse()
      .map((job) => this.view(job));
  }

  view(job: Readonly<StoredJob>): Job {
    const { id, kind, title, projectId, ownerId, subjectId, state, resources, failure, createdAt, startedAt, finishedAt } = job;
    return {
      id,
      kind,
      title,
      projectId,
      projectName: this.#projects.get(projectId)?.name ?? '',
      ownerId,
      ownerName: this.#users.nameOf(ownerId),
      subjectId,
      state,
      resources,
      failure,
      createdAt,
      startedAt,
      finishedAt,
      ...this.#queue.live(job),
    };
  }

  /** Its events behind number `after`, at most `limit`. */
  async events(reader: StoredUser, id: number, after: number, limit: number): Promise<JobEvent[]> {
    this.visible(reader, id);
    const events: JobEvent[] = [];
    for await (const event of this.#queue.events(id, after)) {
      events.push(event);
      if (events.length >= limit) break;
    }
    return events;
  }

  allEvents(id: number, after: number): AsyncGenerator<JobEvent> {
    return this.#queue.events(id, after);
  }

  async stop(reader: StoredUser, id: number): Promise<Job> {
    const job = this.visible(reader, id);
    this.#projects.owned(reader, job.projectId);
    await this.#queue.stop(id);
    return this.view(this.#queue.get(id) ?? job);
  }

  /** All that are over of a project that is being deleted. */
  async deleteAllOf(projectId: number): Promise<void> {
    for (const { id } of this.#queue.filter((job) => job.projectId === projectId)) await this.#queue.delete(id);
  }
}
