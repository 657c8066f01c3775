/**
 * Datasets: pictures with their labels, or a table. A dataset is made by a job that reads an upload (or draws the sample); until then it is 'ingesting',
 * and if that fails nothing of it stays. A dataset never changes; another one of the same name in a project is its next version.
 */
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type ErrorCode, StudioError } from '../../errors.ts';
import type { EventBus } from '../../events.ts';
import type { Chain, Preprocessing } from '../../http/preprocess-schemas.ts';
import type {
  Dataset,
  DatasetChange,
  DuplicateQuery,
  Duplicates,
  Failure,
  IngestReport,
  Locale,
  NewDataset,
  PicturePage,
  PictureQuery,
  PictureRow,
  TrashedDataset as TrashedDatasetView,
} from '../../http/schemas.ts';
import type { TableSummary } from '../../http/table-schemas.ts';
import type { GroupPreview } from '../../http/training-schemas.ts';
import type { IngestLimits } from '../../jobs/protocol.ts';
import { isLabelProblem } from '../../labels/formats.ts';
import type { JobRules, JobVerdict, StoredJob } from '../../queue/jobs.ts';
import { isActive, type Queue } from '../../queue/queue.ts';
import type { Collection } from '../../store/collection.ts';
import { syncFolder } from '../../store/durable.ts';
import { type LabelSet, labelFolder } from '../../store/label-set.ts';
import { excludePictures, type PictureItem } from '../../store/pictures.ts';
import type { TableLimits } from '../../tables/limits.ts';
import type { Notifications } from '../notifications/notifications.ts';
import type { StoredUser, Users } from '../people/users.ts';
import { hasTrainer, needsTarget } from '../projects/problems.ts';
import type { Projects, StoredProject } from '../projects/projects.ts';
import { tableFolder } from '../tables/folder.ts';
import type { Uploads } from '../uploads/uploads.ts';
import { duplicatesOf } from './duplicates.ts';
import { groupPreview } from './groups.ts';
import { type MadeDataset, madePictures, madeTable } from './made.ts';
import type { LabelSets, PictureSets } from './open-sets.ts';
import type { Trash, TrashedDataset } from './trash.ts';

export interface StoredDataset {
  id: number;
  projectId: number;
  name: string;
  version: number;
  description: string;
  type: Dataset['type'];
  problem: Dataset['problem'];
  visibility: Dataset['visibility'];
  status: Dataset['status'];
  jobId: number;
  source:
    | { kind: 'upload'; uploadName: string; labelsName: string | null }
    | { kind: 'sample' }
    | { kind: 'table'; uploadName: string }
    /** `earlier`: what was done before `chain`; absent in records of before it was kept. */
    | ({ kind: 'preprocess'; earlier?: Chain } & Omit<Preprocessing, 'whole'>);
  sizeBytes: number;
  count: number;
  labelledCount: number;
  labelRevision: number | null;
  classes: Dataset['classes'];
  labelFile: string | null;
  labelFormat: string | null;
  labelFindings: number;
  labelFailure: Failure | null;
  /** A Label Upload that is going on, and the revision that it makes. */
  labelJob: { jobId: number; revision: number; uploadName: string } | null;
  report: IngestReport | null;
  /** Of a table. */
  table?: TableSummary;
  createdAt: string;
  createdBy: number;
}

/** An experiment, an inference or an annotation task that needs a dataset, as each language calls it. */
export interface DatasetUse {
  projectId: number;
  ko: string;
  en: string;
}

/** The sample project's pictures: enough to learn from, few enough for two minutes on two cores. */
const SAMPLE = { perClass: 80, size: 64, seed: 42 };
const FEWEST_TO_TRAIN = 10;

export interface DatasetOptions {
  datasets: Collection<StoredDataset>;
  trash: Trash;
  /** DATA/datasets */
  dir: string;
  limits: IngestLimits;
  tableLimits: TableLimits;
  queue: Queue;
  uploads: Uploads;
  pictures: PictureSets;
  labelSets: LabelSets;
  projects: Projects;
  users: Users;
  notifications: Notifications;
  events: EventBus;
  usesOf(datasetId: number): DatasetUse[];
  /** It is being deleted: others close what they have open of it. */
  forget(datasetId: number): void;
  /** It is gone for good: others delete what they have made of it. */
  gone(datasetId: number): Promise<void>;
}

export class Datasets {
  readonly #options: DatasetOptions;
  readonly #datasets: Collection<StoredDataset>;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: DatasetOptions) {
    this.#options = options;
    this.#datasets = options.datasets;
  }

  // ---------------------------------------------------------------- looking

  get(id: number): Readonly<StoredDataset> | undefined {
    return this.#datasets.get(id);
  }

  /** Also one that lies in the trash. */
  known(id: number): Readonly<StoredDataset> | undefined {
    return this.#datasets.get(id) ?? this.#options.trash.get(id)?.dataset;
  }

  folder(id: number): string {
    return join(this.#options.dir, String(id));
  }

  /** Where its pictures and its labels lie. */
  folders({ id, labelRevision }: Readonly<StoredDataset>): { dataset: string; labels: string | null } {
    const dataset = this.folder(id);
    return { dataset, labels: labelRevision === null ? null : labelFolder(dataset, labelRevision) };
  }

  /** Throws not_found. */
  visible(reader: StoredUser, id: number): Readonly<StoredDataset> {
    const dataset = this.#datasets.get(id);
    if (dataset === undefined) throw new StudioError('not_found');
    this.#options.projects.visible(reader, dataset.projectId);
    return dataset;
  }

  /** The datasets of a project; with `shared` also those that other projects of its group share. */
  list(reader: StoredUser, projectId: number, shared: boolean): Dataset[] {
    const project = this.#options.projects.visible(reader, projectId);
    return this.#datasets
      .filter((dataset) => dataset.projectId === projectId || (shared && this.#sharedWith(dataset, project)))
      .map((dataset) => this.view(dataset));
  }

  /** Is it shared in the project's group, and made for the same problem? */
  #sharedWith({ visibility, projectId, type, problem }: Readonly<StoredDataset>, project: Readonly<StoredProject>): boolean {
    const { groupId } = this.#options.projects.get(projectId) ?? { groupId: -1 };
    return visibility === 'shared' && groupId === project.groupId && type === project.type && problem === project.model;
  }

  view(stored: Readonly<StoredDataset>): Dataset {
    const { source, createdBy, labelJob, ...dataset } = stored;
    const preprocessing = source.kind === 'preprocess' ? { from: source.from, chain: source.chain, whole: this.chainOf(stored.id) } : null;
    return {
      ...dataset,
      labelJobId: labelJob?.jobId ?? null,
      preprocessing,
      exportBlockedBy: exportBlockedBy(stored),
      createdBy: this.#options.users.nameOf(createdBy),
    };
  }

  /**
   * A ready dataset that may be used in a project: its own, or one of the same problem that is shared in its group. Throws dataset_not_here or
   * dataset_ingesting.
   */
  usable(projectId: number, datasetId: number): Readonly<StoredDataset> {
    const dataset = this.#datasets.get(datasetId);
    const project = this.#options.projects.get(projectId);
    if (dataset === undefined || project === undefined) throw new StudioError('dataset_not_here');
    if (dataset.projectId !== projectId && !this.#sharedWith(dataset, project)) throw new StudioError('dataset_not_here');
    if (dataset.status !== 'ready') throw new StudioError('dataset_ingesting');
    return dataset;
  }

  /** One that a model can be trained with. Throws what exportBlockedBy says. */
  trainable(projectId: number, datasetId: number): Readonly<StoredDataset> {
    const dataset = this.usable(projectId, datasetId);
    const reason = exportBlockedBy(dataset);
    if (reason !== null) throw new StudioError(reason, { needed: FEWEST_TO_TRAIN });
    return dataset;
  }

  async items(reader: StoredUser, id: number, query: PictureQuery): Promise<PicturePage> {
    const { items, labels } = await this.#sets(reader, id);
    const search = query.search?.trim().toLowerCase() ?? '';
    const wanted = query.label ?? null;
    const fits = (n: number) => wanted === null || (wanted === -1 ? labels?.has(n) !== true : labels?.hasClass(n, wanted) === true);
    const found = wanted === null && search === '' ? items : items.filter(({ n, name }) => fits(n) && (search === '' || name.toLowerCase().includes(search)));
    const rows = found.slice(query.offset, query.offset + query.limit);
    return { total: found.length, rows: rows.map(this.#rowOf(reader, id, labels)) };
  }

  /** How its pictures are told of. */
  #rowOf(reader: StoredUser, id: number, labels: LabelSet | null): (item: PictureItem) => PictureRow {
    const isClassified = this.visible(reader, id).problem === 'classification';
    return ({ n, name, width, height, bytes }) => {
      const row = { n, name, width, height, bytes, label: labels?.labelOf(n) ?? null };
      return isClassified ? row : { ...row, counts: labels?.has(n) === true ? labels.countsOf(n) : null };
    };
  }

  /** Its pictures, and their labels where it has any. */
  async #sets(reader: StoredUser, id: number): Promise<{ items: readonly PictureItem[]; labels: LabelSet | null }> {
    const { pictures, labelSets } = this.#options;
    const folder = this.#readyFolder(reader, id);
    const { labelRevision } = this.visible(reader, id);
    const [{ kept }, labels] = await Promise.all([pictures.get(folder), labelRevision === null ? null : labelSets.get(labelFolder(folder, labelRevision))]);
    return { items: kept, labels };
  }

  async duplicates(reader: StoredUser, id: number, query: DuplicateQuery): Promise<Duplicates> {
    const { items, labels } = await this.#sets(reader, id);
    return duplicatesOf(items, this.#rowOf(reader, id, labels), query);
  }

  /** What a group pattern makes of its pictures. */
  async groups(reader: StoredUser, id: number, pattern: string): Promise<GroupPreview> {
    const { items, labels } = await this.#sets(reader, id);
    return groupPreview(
      pattern,
      items.filter(({ n }) => labels?.has(n) === true).map(({ name }) => name),
    );
  }

  picture(reader: StoredUser, id: number, n: number, small: boolean): Promise<{ data: Buffer; mime: string }> {
    return this.#options.pictures.picture(this.#readyFolder(reader, id), n, small);
  }

  #readyFolder(reader: StoredUser, id: number): string {
    if (this.visible(reader, id).status !== 'ready') throw new StudioError('dataset_ingesting');
    return this.folder(id);
  }

  // ---------------------------------------------------------------- making

  async add(reader: StoredUser, projectId: number, request: NewDataset): Promise<Dataset> {
    const project = this.#options.projects.editable(reader, projectId);
    const { uploads } = this.#options;
    if (project.type !== 'image') throw new StudioError('dataset_other_type');
    return uploads.handOver(reader.id, (take) =>
      this.submit(reader, project, request, 'ingest', async (dir) => {
        const upload = await take(request.uploadId, join(dir, 'upload'));
        const labels = request.labelUploadId === undefined ? null : await take(request.labelUploadId, join(dir, 'labels'));
        return { kind: 'upload', uploadName: upload.name, labelsName: labels?.name ?? null };
      }),
    );
  }

  async addSample(reader: StoredUser, projectId: number, locale: Locale): Promise<Dataset> {
    const name = locale === 'ko' ? '표면 결함' : 'Surface defects';
    return this.submit(reader, this.#options.projects.visible(reader, projectId), { name, description: '', visibility: 'private' }, 'sample', async () => ({
      kind: 'sample',
    }));
  }

  /** The next version of a dataset, made by a chain that was checked. */
  async addPreprocessed(
    reader: StoredUser,
    { id, projectId, name, version, description, visibility }: Readonly<StoredDataset>,
    chain: Chain,
  ): Promise<Dataset> {
    const source = { kind: 'preprocess', from: { id, version }, chain, earlier: this.chainOf(id) } as const;
    return this.submit(reader, this.#options.projects.visible(reader, projectId), { name, description, visibility }, 'preprocess', async () => source);
  }

  /** The dataset of a project that is being made by preprocessing now. */
  beingPreprocessed(projectId: number): Readonly<StoredDataset> | undefined {
    return this.#datasets.filter((dataset) => dataset.projectId === projectId && dataset.status === 'ingesting' && dataset.source.kind === 'preprocess')[0];
  }

  /** All that was done to the data of a dataset since they were uploaded, over all of its versions. */
  chainOf(id: number): Chain {
    const source = this.#datasets.get(id)?.source;
    return source?.kind === 'preprocess' ? [...(source.earlier ?? this.chainOf(source.from.id)), ...source.chain] : [];
  }

  /** Makes the record of a new version and queues the job that fills it. `prepare` puts what the job needs into its folder. */
  async submit(
    reader: StoredUser,
    { id: projectId, type, model }: Readonly<StoredProject>,
    request: Pick<NewDataset, 'name' | 'description' | 'visibility'>,
    kind: 'ingest' | 'sample' | 'preprocess' | 'table',
    prepare: (dir: string) => Promise<StoredDataset['source']>,
  ): Promise<Dataset> {
    let dataset: Readonly<StoredDataset> | undefined;
    const name = request.name.trim();
    try {
      await this.#options.queue.submit(
        () => ({ kind, title: `${name} / v${dataset!.version}`, projectId, ownerId: reader.id, subjectId: dataset!.id, preset: null }),
        async (jobId, dir) => {
          const source = await prepare(dir);
          const id = await this.#datasets.nextId();
          dataset = await this.#inTurn(() =>
            this.#datasets.put({
              id,
              projectId,
              name,
              version: this.#nextVersion(projectId, name),
              description: request.description,
              type,
              problem: model,
              visibility: request.visibility,
              status: 'ingesting',
              jobId,
              source,
              sizeBytes: 0,
              count: 0,
              labelledCount: 0,
              labelRevision: null,
              classes: [],
              labelFile: null,
              labelFormat: null,
              labelFindings: 0,
              labelFailure: null,
              labelJob: null,
              report: null,
              createdAt: new Date().toISOString(),
              createdBy: reader.id,
            }),
          );
        },
      );
    } catch (error) {
      if (dataset !== undefined) await this.#datasets.delete(dataset.id);
      throw error;
    }
    this.#changed(dataset!);
    return this.view(dataset!);
  }

  /** One after another: what gives a version, and what puts a dataset into the trash or takes it out. Short work only. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => {});
    return turn;
  }

  #nextVersion(projectId: number, name: string): number {
    const same = this.#datasets.filter((dataset) => dataset.projectId === projectId && dataset.name.toLowerCase() === name.toLowerCase());
    return Math.max(0, ...same.map(({ version }) => version)) + 1;
  }

  /** What the queue must know of the jobs that make datasets. */
  readonly ingestRules: JobRules<'ingest'> = {
    work: (job, dir) => {
      const { source, problem } = this.#ofJob(job);
      if (source.kind !== 'upload' || !isLabelProblem(problem)) throw new StudioError('internal');
      const labels = source.labelsName === null ? null : join(dir, 'labels');
      return {
        kind: 'ingest',
        upload: join(dir, 'upload'),
        uploadName: source.uploadName,
        labels,
        labelsName: source.labelsName,
        problem,
        limits: this.#options.limits,
      };
    },
    ended: (job, verdict, dir) => this.ended(job, verdict, dir, madePictures),
  };

  readonly sampleRules: JobRules<'sample'> = {
    work: () => ({ kind: 'sample', ...SAMPLE }),
    ended: (job, verdict, dir) => this.ended(job, verdict, dir, madePictures),
  };

  readonly preprocessRules: JobRules<'preprocess'> = {
    work: (job) => {
      const { source } = this.#ofJob(job);
      if (source.kind !== 'preprocess') throw new StudioError('internal');
      const from = this.#datasets.get(source.from.id);
      if (from === undefined) throw new StudioError('not_found');
      if (from.type === 'image') {
        const { labelFile, labelFormat } = from;
        const maxPictures = this.#options.limits.maxFiles;
        return { kind: 'preprocess', type: 'image', ...this.folders(from), labelFile, labelFormat, chain: source.chain, maxPictures };
      }
      const table = tableFolder(this.folder(from.id));
      return { kind: 'preprocess', type: 'tabular', table, target: from.table?.target ?? null, chain: source.chain, limits: this.#options.tableLimits };
    },
    ended: (job, verdict, dir) => this.ended(job, verdict, dir, this.#datasets.get(job.subjectId)?.type === 'tabular' ? madeTable : madePictures),
  };

  #ofJob(job: Readonly<StoredJob>): Readonly<StoredDataset> {
    const dataset = this.#datasets.get(job.subjectId);
    if (dataset === undefined) throw new StudioError('not_found');
    return dataset;
  }

  /** Takes over what a job has made, as `made` finds it in the job's folder, or clears it away. */
  async ended(job: Readonly<StoredJob>, verdict: JobVerdict, dir: string, made: (dir: string) => Promise<MadeDataset>): Promise<void> {
    const dataset = this.#datasets.get(job.subjectId);
    if (dataset?.status === 'ingesting') {
      if (verdict.state === 'succeeded') await this.#takeOver(dataset, await made(dir));
      else await this.#giveUp(dataset, verdict);
    }
    for (const name of ['upload', 'labels', 'out', 'checkpoint']) await rm(join(dir, name), { recursive: true, force: true });
  }

  /** First the files, then the record: a crash between the two is made good when this is called again. */
  async #takeOver(dataset: Readonly<StoredDataset>, { folder, record }: MadeDataset): Promise<void> {
    const target = this.folder(dataset.id);
    if (await exists(folder)) {
      await rm(target, { recursive: true, force: true });
      await rename(folder, target);
      await syncFolder(this.#options.dir);
    }
    const ready = await this.#datasets.update(dataset.id, (before) => ({ ...before, status: 'ready', ...record }));
    if (ready === undefined) return void (await rm(target, { recursive: true, force: true }));
    this.#changed(ready);
    const what = `${ready.name} / v${ready.version}`;
    await this.#options.notifications.add(
      ready.createdBy,
      'success',
      ready.type === 'tabular'
        ? { ko: `데이터셋 ${what} 준비가 끝났습니다(${ready.count}행).`, en: `The dataset ${what} is ready (${ready.count} rows).` }
        : { ko: `데이터셋 ${what} 준비가 끝났습니다(이미지 ${ready.count}장).`, en: `The dataset ${what} is ready (${ready.count} pictures).` },
      `/datasets/${ready.id}`,
    );
  }

  async #giveUp(dataset: Readonly<StoredDataset>, { state, failure }: JobVerdict): Promise<void> {
    await rm(this.folder(dataset.id), { recursive: true, force: true });
    await this.#remove(dataset);
    if (state === 'stopped') return;
    await this.#options.notifications.add(
      dataset.createdBy,
      'error',
      {
        ko: `‘${dataset.name}’ 데이터셋을 만들지 못했습니다. ${failure?.ko ?? ''}`,
        en: `The dataset ${dataset.name} could not be made. ${failure?.en ?? ''}`,
      },
      `/projects/${dataset.projectId}/data`,
    );
  }

  // ---------------------------------------------------------------- changing

  all(): Readonly<StoredDataset>[] {
    return [...this.#datasets.all()];
  }

  /** Takes pictures out of a ready dataset, once; their numbers stay. Done again after a crash it changes nothing more. */
  async exclude(id: number, numbers: readonly number[]): Promise<void> {
    const folder = this.folder(id);
    const { items } = await this.#options.pictures.get(folder);
    await excludePictures(folder, numbers);
    this.#options.pictures.drop(folder);
    const count = items.length - numbers.length;
    await this.amend(id, (before) => (before.count === count ? (before as StoredDataset) : { ...before, count }));
  }

  /** Durable, then told. */
  async amend(id: number, change: (before: Readonly<StoredDataset>) => StoredDataset): Promise<void> {
    const dataset = await this.#datasets.update(id, change);
    if (dataset !== undefined) this.#changed(dataset);
  }

  async change(reader: StoredUser, id: number, change: DatasetChange): Promise<Dataset> {
    const { projectId } = this.visible(reader, id);
    this.#options.projects.editable(reader, projectId);
    const dataset = await this.#inTurn(() =>
      this.#datasets.update(id, (before) => {
        const name = change.name?.trim() ?? before.name;
        const renamed = name.toLowerCase() !== before.name.toLowerCase();
        return {
          ...before,
          name,
          version: renamed ? this.#nextVersion(projectId, name) : before.version,
          description: change.description ?? before.description,
          visibility: change.visibility ?? before.visibility,
        };
      }),
    );
    if (dataset === undefined) throw new StudioError('not_found');
    this.#changed(dataset);
    return this.view(dataset);
  }

  /**
   * Puts it into the trash, or stops the job that is making it, of which nothing stays. `forGood`: not by way of the trash, which needs room for a
   * record. Throws dataset_in_use, trash_disk_full.
   */
  async delete(reader: StoredUser, id: number, forGood = false): Promise<void> {
    const dataset = this.visible(reader, id);
    this.#options.projects.editable(reader, dataset.projectId);
    const made = this.#datasets.filter(({ status, source }) => status === 'ingesting' && source.kind === 'preprocess' && source.from.id === id);
    const versions = made.map(({ name, version }) => ({ ko: `${name} / v${version}`, en: `${name} / v${version}` }));
    const [first, ...others] = [...this.#options.usesOf(id), ...versions];
    if (first !== undefined) throw new StudioError('dataset_in_use', { count: others.length + 1, ko: first.ko, en: first.en });
    const job = this.#options.queue.get(dataset.jobId);
    const ingesting = dataset.status === 'ingesting' && job !== undefined && isActive(job);
    if (dataset.labelJob !== null) await this.#options.queue.stop(dataset.labelJob.jobId).catch(ignoreJobOver);
    if (ingesting) await this.#options.queue.stop(job.id).catch(ignoreJobOver);
    const isGone = await this.#inTurn(async () => {
      const now = this.#datasets.get(id);
      // Somebody else was faster, or its job is over: its files are not this call's.
      if (now === undefined) return false;
      const kept = now.status === 'ready' && !forGood;
      if (kept) {
        await this.#options.trash.put(now, reader.id).catch((error: NodeJS.ErrnoException) => {
          throw error.code === 'ENOSPC' ? new StudioError('trash_disk_full', { name: now.name }) : error;
        });
      }
      await this.#remove(now);
      return !kept;
    });
    this.#close(id);
    // The files of one that is being made are cleared away at the end of its job.
    if (isGone && !ingesting) await this.#removeFiles(id);
  }

  // ---------------------------------------------------------------- the trash

  /** What was deleted in a project and can still be restored, the latest first. */
  trashed(reader: StoredUser, projectId: number): TrashedDatasetView[] {
    this.#options.projects.visible(reader, projectId);
    const { trash, users } = this.#options;
    return trash
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
          trashedBy: users.nameOf(record.trashedBy),
          endsAt: trash.endOf(record),
        };
      })
      .sort((a, b) => b.trashedAt.localeCompare(a.trashedAt));
  }

  /** Where its version has been given to another one meanwhile, it becomes the next. Throws not_found. */
  async restore(reader: StoredUser, id: number): Promise<Dataset> {
    const back = await this.#inTurn(async () => {
      const { dataset } = this.#mayEmpty(reader, id);
      const taken = this.#datasets.find(
        ({ projectId, name, version }) => projectId === dataset.projectId && version === dataset.version && name.toLowerCase() === dataset.name.toLowerCase(),
      );
      const version = taken === undefined ? dataset.version : this.#nextVersion(dataset.projectId, dataset.name);
      // A Label Upload that was going on was stopped when it was deleted.
      const restored = await this.#datasets.put({ ...dataset, version, labelJob: null });
      await this.#options.trash.remove(id);
      return restored;
    });
    this.#changed(back);
    return this.view(back);
  }

  /** For good. Throws not_found. */
  async purge(reader: StoredUser, id: number): Promise<void> {
    await this.#purge(this.#mayEmpty(reader, id));
  }

  /** All that is in a project's trash, for good. */
  async emptyTrash(reader: StoredUser, projectId: number): Promise<void> {
    this.#options.projects.owned(reader, projectId);
    for (const record of this.#options.trash.of(projectId)) await this.#purge(record);
  }

  /** Those whose time is over. Called now and then. */
  async purgeOverdue(now = Date.now()): Promise<void> {
    for (const record of this.#options.trash.overdue(now)) await this.#purge(record);
  }

  #mayEmpty(reader: StoredUser, id: number): Readonly<TrashedDataset> {
    const record = this.#options.trash.get(id);
    if (record === undefined) throw new StudioError('not_found');
    this.#options.projects.owned(reader, record.dataset.projectId);
    return record;
  }

  /** First the record: files that a crash leaves without one are cleared away at the next start. */
  async #purge({ id }: Readonly<TrashedDataset>): Promise<void> {
    const isGone = await this.#inTurn(async () => {
      // It may have been restored, or deleted by somebody else, while others were deleted.
      if (this.#options.trash.get(id) === undefined) return false;
      await this.#options.trash.remove(id);
      return this.#datasets.get(id) === undefined;
    });
    if (isGone) await this.#removeFiles(id);
  }

  /** A project cannot be deleted while others need what it shares. Throws project_data_in_use. */
  checkNotSharedInUse(projectId: number): void {
    const uses = this.#datasets
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
    for (const record of this.#options.trash.of(projectId)) await this.#purge(record);
    for (const dataset of this.#datasets.filter((candidate) => candidate.projectId === projectId)) {
      await this.#remove(dataset);
      await this.#removeFiles(dataset.id);
    }
  }

  /** Clears away what a crash left half-made. Before the queue starts. */
  async recover(): Promise<void> {
    for (const dataset of [...this.#datasets.all()]) {
      const job = this.#options.queue.get(dataset.jobId);
      const orphan = this.#options.projects.get(dataset.projectId) === undefined;
      const abandoned = dataset.status === 'ingesting' && (job === undefined || !isActive(job));
      if (orphan || abandoned) await this.#datasets.delete(dataset.id);
    }
    const { trash } = this.#options;
    for (const { id, dataset } of trash.all()) {
      if (this.#datasets.get(id) !== undefined || this.#options.projects.get(dataset.projectId) === undefined) await trash.remove(id);
    }
    await this.purgeOverdue();
    for (const name of await readdir(this.#options.dir)) {
      // The folder of a dataset that is still 'ingesting' is kept: its job is about to be taken over again.
      const known = this.#datasets.get(Number(name)) ?? trash.get(Number(name));
      if (!/^\d+$/.test(name) || known === undefined) await rm(join(this.#options.dir, name), { recursive: true, force: true });
    }
  }

  async #remove(dataset: Readonly<StoredDataset>): Promise<void> {
    await this.#datasets.delete(dataset.id);
    const { projectId } = dataset;
    this.#options.events.emit('change', { kind: 'dataset', id: dataset.id, projectId, deleted: true, audience: this.#options.projects.audience(projectId) });
  }

  #close(id: number): void {
    this.#options.forget(id);
    this.#options.pictures.drop(this.folder(id));
  }

  async #removeFiles(id: number): Promise<void> {
    this.#close(id);
    await rm(this.folder(id), { recursive: true, force: true });
    await this.#options.gone(id);
  }

  #changed({ id, projectId }: Readonly<StoredDataset>): void {
    this.#options.events.emit('change', { kind: 'dataset', id, projectId, deleted: false, audience: this.#options.projects.audience(projectId) });
  }
}

/** Why no model can be trained with it (yet); null where it can. */
function exportBlockedBy(dataset: Readonly<StoredDataset>): ErrorCode | null {
  if (dataset.status !== 'ready') return 'dataset_ingesting';
  // What the person can do something about comes first.
  if (dataset.table !== undefined) {
    if (dataset.table.target === null && needsTarget(dataset.problem)) return 'dataset_no_target';
    if (dataset.table.missing > 0) return 'dataset_missing_values';
    if (!hasTrainer(dataset.type, dataset.problem)) return 'problem_without_trainer';
    if (dataset.problem === 'classification' && dataset.classes.length < 2) return 'dataset_one_class';
    return dataset.count < FEWEST_TO_TRAIN ? 'dataset_too_small' : null;
  }
  if (!hasTrainer(dataset.type, dataset.problem)) return 'problem_without_trainer';
  if (dataset.labelledCount < dataset.count || dataset.count === 0) return 'dataset_unlabelled';
  if (dataset.classes.filter(({ count }) => count > 0).length < 2) return 'dataset_one_class';
  if (dataset.count < FEWEST_TO_TRAIN) return 'dataset_too_small';
  return null;
}

function ignoreJobOver(error: unknown): void {
  if (!(error instanceof StudioError) || error.code !== 'job_over') throw error;
}

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );
