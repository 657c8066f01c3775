/** The deletion of datasets: into the trash and out of it again, for good, and with their project. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { StudioError } from '../../errors.ts';
import type { Dataset, TrashedDataset as TrashedDatasetView } from '../../http/schemas.ts';
import { isActive, type Queue } from '../../queue/queue.ts';
import type { StoredUser, Users } from '../people/users.ts';
import type { Projects } from '../projects/projects.ts';
import type { Datasets } from './datasets.ts';
import { failKept, hasUpload } from './kept-upload.ts';
import type { PictureSets } from './open-sets.ts';
import type { Trash, TrashedDataset } from './trash.ts';

/** An experiment, an inference or an annotation task that needs a dataset, as each language calls it. */
export interface DatasetUse {
  projectId: number;
  ko: string;
  en: string;
}

export interface DatasetDeletionOptions {
  datasets: Datasets;
  trash: Trash;
  queue: Queue;
  projects: Projects;
  users: Users;
  pictures: PictureSets;
  usesOf(datasetId: number): DatasetUse[];
  /** It is being deleted: others close what they have open of it. */
  forget(datasetId: number): void;
  /** It is gone for good: others delete what they have made of it. */
  gone(datasetId: number): Promise<void>;
}

export class DatasetDeletion {
  readonly #options: DatasetDeletionOptions;
  readonly #datasets: Datasets;
  readonly #trash: Trash;

  constructor(options: DatasetDeletionOptions) {
    this.#options = options;
    this.#datasets = options.datasets;
    this.#trash = options.trash;
  }

  /**
   * Puts it into the trash, or stops the job that is making it, of which nothing stays; one that has failed goes for good, with its upload. `forGood`: not
   * by way of the trash, which needs room for a record. Throws dataset_in_use, trash_disk_full.
   */
  async delete(reader: StoredUser, id: number, forGood = false): Promise<void> {
    const { projects, queue, usesOf } = this.#options;
    const dataset = this.#datasets.visible(reader, id);
    projects.editable(reader, dataset.projectId);
    const made = this.#datasets.all().filter(({ status, source }) => status === 'ingesting' && source.kind === 'preprocess' && source.from.id === id);
    const versions = made.map(({ name, version }) => ({ ko: `${name} / v${version}`, en: `${name} / v${version}` }));
    const [first, ...others] = [...usesOf(id), ...versions];
    if (first !== undefined) throw new StudioError('dataset_in_use', { count: others.length + 1, ko: first.ko, en: first.en });
    const job = queue.get(dataset.jobId);
    const ingesting = dataset.status === 'ingesting' && job !== undefined && isActive(job);
    if (dataset.labelJob !== null) await queue.stop(dataset.labelJob.jobId).catch(ignoreJobOver);
    if (ingesting) await queue.stop(job.id).catch(ignoreJobOver);
    const isGone = await this.#datasets.inTurn(async () => {
      const now = this.#datasets.get(id);
      // Somebody else was faster, or its job is over: its files are not this call's.
      if (now === undefined) return false;
      const kept = now.status === 'ready' && !forGood;
      if (kept) {
        await this.#trash.put(now, reader.id).catch((error: NodeJS.ErrnoException) => {
          throw error.code === 'ENOSPC' ? new StudioError('trash_disk_full', { name: now.name }) : error;
        });
      }
      await this.#datasets.remove(now);
      return !kept;
    });
    this.#close(id);
    // What the job of one that is being made has in its own folder is cleared away at its end.
    if (isGone) await this.#removeFiles(id);
  }

  // ---------------------------------------------------------------- the trash

  /** What was deleted in a project and can still be restored, the latest first. */
  trashed(reader: StoredUser, projectId: number): TrashedDatasetView[] {
    this.#options.projects.visible(reader, projectId);
    return this.#trash
      .of(projectId)
      .map((record) => {
        const { id, name, version, type, count, sizeBytes } = record.dataset;
        return {
          id,
          name,
          version,
          type,
          count,
          sizeBytes,
          trashedAt: record.trashedAt,
          trashedBy: this.#options.users.nameOf(record.trashedBy),
          endsAt: this.#trash.endOf(record),
        };
      })
      .sort((a, b) => b.trashedAt.localeCompare(a.trashedAt));
  }

  /** Where its version has been given to another one meanwhile, it becomes the next. Throws not_found. */
  async restore(reader: StoredUser, id: number): Promise<Dataset> {
    const back = await this.#datasets.inTurn(async () => {
      const { dataset } = this.#mayEmpty(reader, id);
      const taken = this.#datasets
        .all()
        .find(
          ({ projectId, name, version }) => projectId === dataset.projectId && version === dataset.version && name.toLowerCase() === dataset.name.toLowerCase(),
        );
      const version = taken === undefined ? dataset.version : this.#datasets.nextVersion(dataset.projectId, dataset.name);
      // A Label Upload that was going on was stopped when it was deleted.
      const restored = await this.#datasets.put({ ...dataset, version, labelJob: null });
      await this.#trash.remove(id);
      return restored;
    });
    this.#datasets.tell(back);
    return this.#datasets.view(back);
  }

  /** For good. Throws not_found. */
  async purge(reader: StoredUser, id: number): Promise<void> {
    await this.#purge(this.#mayEmpty(reader, id));
  }

  /** All that is in a project's trash, for good. */
  async emptyTrash(reader: StoredUser, projectId: number): Promise<void> {
    this.#options.projects.owned(reader, projectId);
    for (const record of this.#trash.of(projectId)) await this.#purge(record);
  }

  /** Those whose time is over. Called now and then. */
  async purgeOverdue(): Promise<void> {
    try {
      for (const record of this.#trash.overdue()) await this.#purge(record);
    } finally {
      await this.#trash.keepTime();
    }
  }

  #mayEmpty(reader: StoredUser, id: number): Readonly<TrashedDataset> {
    const record = this.#trash.get(id);
    if (record === undefined) throw new StudioError('not_found');
    this.#options.projects.owned(reader, record.dataset.projectId);
    return record;
  }

  /** First the record: files that a crash leaves without one are cleared away at the next start. */
  async #purge({ id }: Readonly<TrashedDataset>): Promise<void> {
    const isGone = await this.#datasets.inTurn(async () => {
      // It may have been restored, or deleted by somebody else, while others were deleted.
      if (this.#trash.get(id) === undefined) return false;
      await this.#trash.remove(id);
      return this.#datasets.get(id) === undefined;
    });
    if (isGone) await this.#removeFiles(id);
  }

  /** A project cannot be deleted while others need what it shares. Throws project_data_in_use. */
  checkNotSharedInUse(projectId: number): void {
    const uses = this.#datasets
      .all()
      .filter((dataset) => dataset.projectId === projectId)
      .flatMap(({ id, name }) => this.#options.usesOf(id).flatMap((use) => (use.projectId === projectId ? [] : [{ ...use, dataset: name }])));
    const [first] = uses;
    if (first === undefined) return;
    const { dataset, ko, en } = first;
    const other = this.#options.projects.get(first.projectId)?.name ?? '';
    throw new StudioError('project_data_in_use', { count: uses.length, dataset, other, ko, en });
  }

  /** All of a project that is being deleted. */
  async deleteAllOf(projectId: number): Promise<void> {
    // The trash first: what was just being restored when the project went is among the datasets then.
    for (const record of this.#trash.of(projectId)) await this.#purge(record);
    for (const dataset of this.#datasets.all().filter((candidate) => candidate.projectId === projectId)) {
      await this.#datasets.remove(dataset);
      await this.#removeFiles(dataset.id);
    }
  }

  /** Clears away what a crash left half-made. Before the queue starts. */
  async recover(): Promise<void> {
    for (const dataset of this.#datasets.all()) {
      const job = this.#options.queue.get(dataset.jobId);
      const orphan = this.#options.projects.get(dataset.projectId) === undefined;
      const abandoned = dataset.status === 'ingesting' && (job === undefined || !isActive(job));
      const folder = this.#datasets.folder(dataset.id);
      if (!orphan && abandoned && (await hasUpload(folder))) await failKept(this.#datasets, dataset, folder);
      else if (orphan || abandoned) await this.#datasets.discard(dataset.id);
    }
    for (const { id, dataset } of this.#trash.all()) {
      if (this.#datasets.get(id) !== undefined || this.#options.projects.get(dataset.projectId) === undefined) await this.#trash.remove(id);
    }
    for (const record of this.#trash.overdue()) await this.#purge(record);
    for (const name of await readdir(this.#datasets.dir)) {
      // The folder of a dataset that is still 'ingesting' is kept: its job is about to be taken over again.
      const known = this.#datasets.get(Number(name)) ?? this.#trash.get(Number(name));
      if (!/^\d+$/.test(name) || known === undefined) await rm(join(this.#datasets.dir, name), { recursive: true, force: true });
    }
    // Last, since on a full disk it waits for what is cleared away here.
    await this.#trash.keepTime();
  }

  #close(id: number): void {
    this.#options.forget(id);
    this.#options.pictures.drop(this.#datasets.folder(id));
  }

  async #removeFiles(id: number): Promise<void> {
    this.#close(id);
    await rm(this.#datasets.folder(id), { recursive: true, force: true });
    await this.#options.gone(id);
  }
}

function ignoreJobOver(error: unknown): void {
  if (!(error instanceof StudioError) || error.code !== 'job_over') throw error;
}
