/**
 * Datasets: pictures with their labels, or a table. A dataset is made by a job (dataset-jobs.ts); until that has ended it is 'ingesting', and if it fails
 * nothing of it stays, but where the same upload may do later: then it is 'failed' and keeps that (kept-upload.ts). A dataset never changes; another one of the same name in a project is its next version.
 */
import { join } from 'node:path';
import { type ErrorCode, StudioError } from '../../errors.ts';
import type { EventBus } from '../../events.ts';
import type { Chain, Preprocessing } from '../../http/preprocess-schemas.ts';
import type { Dataset, DatasetChange, Failure, IngestReport } from '../../http/schemas.ts';
import type { TableSummary } from '../../http/table-schemas.ts';
import type { Collection } from '../../store/collection.ts';
import { labelFolder } from '../../store/label-set.ts';
import type { StoredUser, Users } from '../people/users.ts';
import { hasTrainer, needsTarget } from '../projects/problems.ts';
import type { Projects, StoredProject } from '../projects/projects.ts';
import { checkReady, notReady } from './ready.ts';
import type { Trash } from './trash.ts';

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
  /** Why it has 'failed', or had before it was tried again. */
  failure?: Failure;
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

const FEWEST_TO_TRAIN = 10;

export interface DatasetOptions {
  datasets: Collection<StoredDataset>;
  trash: Trash;
  /** DATA/datasets */
  dir: string;
  projects: Projects;
  users: Users;
  events: EventBus;
}

export class Datasets {
  readonly #options: DatasetOptions;
  readonly #datasets: Collection<StoredDataset>;
  /** DATA/datasets */
  readonly dir: string;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: DatasetOptions) {
    this.#options = options;
    this.#datasets = options.datasets;
    this.dir = options.dir;
  }

  // ---------------------------------------------------------------- looking

  get(id: number): Readonly<StoredDataset> | undefined {
    return this.#datasets.get(id);
  }

  all(): Readonly<StoredDataset>[] {
    return [...this.#datasets.all()];
  }

  /** Also one that lies in the trash. */
  known(id: number): Readonly<StoredDataset> | undefined {
    return this.#datasets.get(id) ?? this.#options.trash.get(id)?.dataset;
  }

  folder(id: number): string {
    return join(this.dir, String(id));
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
    const { source, createdBy, labelJob, failure = null, ...dataset } = stored;
    const preprocessing = source.kind === 'preprocess' ? { from: source.from, chain: source.chain, whole: this.chainOf(stored.id) } : null;
    return {
      ...dataset,
      failure: stored.status === 'failed' ? failure : null,
      labelJobId: labelJob?.jobId ?? null,
      preprocessing,
      exportBlockedBy: exportBlockedBy(stored),
      createdBy: this.#options.users.nameOf(createdBy),
    };
  }

  /**
   * A ready dataset that may be used in a project: its own, or one of the same problem that is shared in its group. Throws dataset_not_here and what
   * checkReady() throws.
   */
  usable(projectId: number, datasetId: number): Readonly<StoredDataset> {
    const dataset = this.#datasets.get(datasetId);
    const project = this.#options.projects.get(projectId);
    if (dataset === undefined || project === undefined) throw new StudioError('dataset_not_here');
    if (dataset.projectId !== projectId && !this.#sharedWith(dataset, project)) throw new StudioError('dataset_not_here');
    checkReady(dataset);
    return dataset;
  }

  /** One that a model can be trained with. Throws what exportBlockedBy says. */
  trainable(projectId: number, datasetId: number): Readonly<StoredDataset> {
    const dataset = this.usable(projectId, datasetId);
    const reason = exportBlockedBy(dataset);
    if (reason !== null) throw new StudioError(reason, { needed: FEWEST_TO_TRAIN });
    return dataset;
  }

  /** All that was done to the data of a dataset since they were uploaded, over all of its versions. */
  chainOf(id: number): Chain {
    const source = this.#datasets.get(id)?.source;
    return source?.kind === 'preprocess' ? [...(source.earlier ?? this.chainOf(source.from.id)), ...source.chain] : [];
  }

  // ---------------------------------------------------------------- changing

  /** Makes the record of a new version. Nobody is told yet. */
  async add(record: Omit<StoredDataset, 'id' | 'version'>): Promise<Readonly<StoredDataset>> {
    const id = await this.#datasets.nextId();
    return this.inTurn(() => this.#datasets.put({ id, ...record, version: this.nextVersion(record.projectId, record.name) }));
  }

  /** Stores a record as it is. Nobody is told yet. */
  put(record: StoredDataset): Promise<Readonly<StoredDataset>> {
    return this.#datasets.put(record);
  }

  /** Durable, then told. Undefined where there is no such dataset (any more). */
  async amend(id: number, change: (before: Readonly<StoredDataset>) => StoredDataset): Promise<Readonly<StoredDataset> | undefined> {
    const dataset = await this.#datasets.update(id, change);
    if (dataset !== undefined) this.tell(dataset);
    return dataset;
  }

  /** Durable, then told. The files are another matter. */
  async remove(dataset: Readonly<StoredDataset>): Promise<void> {
    await this.discard(dataset.id);
    this.tell(dataset, true);
  }

  /** As remove(), of one that nobody has been told of. */
  async discard(id: number): Promise<void> {
    await this.#datasets.delete(id);
  }

  /** Tells those who may see it that it is new, another than it was, or gone. */
  tell({ id, projectId }: Readonly<StoredDataset>, deleted = false): void {
    this.#options.events.emit('change', { kind: 'dataset', id, projectId, deleted, audience: this.#options.projects.audience(projectId) });
  }

  /** One after another: what gives a version, and what puts a dataset into the trash or takes it out. Short work only. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => {});
    return turn;
  }

  nextVersion(projectId: number, name: string): number {
    const same = this.#datasets.filter((dataset) => dataset.projectId === projectId && dataset.name.toLowerCase() === name.toLowerCase());
    return Math.max(0, ...same.map(({ version }) => version)) + 1;
  }

  async change(reader: StoredUser, id: number, change: DatasetChange): Promise<Dataset> {
    const { projectId } = this.visible(reader, id);
    this.#options.projects.editable(reader, projectId);
    const dataset = await this.inTurn(() =>
      this.#datasets.update(id, (before) => {
        const name = change.name?.trim() ?? before.name;
        const renamed = name.toLowerCase() !== before.name.toLowerCase();
        return {
          ...before,
          name,
          version: renamed ? this.nextVersion(projectId, name) : before.version,
          description: change.description ?? before.description,
          visibility: change.visibility ?? before.visibility,
        };
      }),
    );
    if (dataset === undefined) throw new StudioError('not_found');
    this.tell(dataset);
    return this.view(dataset);
  }
}

/** Why no model can be trained with it (yet); null where it can. */
function exportBlockedBy(dataset: Readonly<StoredDataset>): ErrorCode | null {
  const unready = notReady(dataset);
  if (unready !== null) return unready;
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
