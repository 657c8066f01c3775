/**
 * Experiments: a draft made by Export to Experiment, then a training and its model.
 *
 *     draft → pending → running → succeeded | aborted (stopped, with a model) | failed (with a reason, no model)
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StudioError } from '../../errors.ts';
import type { EventBus } from '../../events.ts';
import type { EpochRow, Experiment, ExperimentAction, ExperimentDetails, Failure, HpoSummary, RunConfig, Start, TrainResult } from '../../http/schemas.ts';
import type { HpoRequest } from '../../http/training-schemas.ts';
import type { StoredJob } from '../../queue/jobs.ts';
import { isActive, type Queue } from '../../queue/queue.ts';
import type { Collection } from '../../store/collection.ts';
import type { DatasetUse } from '../datasets/dataset-deletion.ts';
import type { Datasets } from '../datasets/datasets.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { StoredUser, Users } from '../people/users.ts';
import type { Projects } from '../projects/projects.ts';
import { actionsOf, checkAllowed } from './actions.ts';

/** What an HPO was started with. */
export interface StoredSearch {
  request: HpoRequest;
  /** Who started it: the trials are queued in this person's name. */
  ownerId: number;
  /** 20210901-101048: in the names of all its trials. */
  stamp: string;
  /** The trial that was submitted. */
  submitted: number | null;
  /** When it is over. */
  summary: HpoSummary | null;
}

export interface StoredExperiment {
  id: number;
  projectId: number;
  name: string;
  mode: Experiment['mode'];
  datasetId: number;
  /** Kept here too, so that the list is right even when the dataset is renamed. */
  datasetName: string;
  datasetVersion: number;
  /** The labels that it learns from, fixed when it is started: those of the dataset may be replaced later. Absent in a draft. */
  labels?: { revision: number; classes: string[] };
  status: Experiment['status'];
  config: RunConfig | null;
  jobId: number | null;
  failure: Failure | null;
  usable: boolean;
  /** Of an HPO. */
  search?: StoredSearch;
  /** Of an AutoML: the id of the group's first experiment, which was the draft. */
  automlGroup?: number;
  templateName?: string;
  createdAt: string;
  startedAt: string | null;
  finishedAt: string | null;
}

export const isGoingOn = ({ status }: Readonly<Pick<StoredExperiment, 'status'>>) => status === 'pending' || status === 'running';

/** Kinds of jobs whose subject is an experiment. */
export const OWN_JOBS: ReadonlySet<StoredJob['kind']> = new Set<StoredJob['kind']>(['train', 'trial', 'preflight']);

export interface ExperimentOptions {
  experiments: Collection<StoredExperiment>;
  queue: Queue;
  jobs: Jobs;
  projects: Projects;
  datasets: Datasets;
  users: Users;
  events: EventBus;
  /** Is an inference with this model going on? */
  isInferring(experimentId: number): boolean;
  deleteInferencesOf(experimentId: number): Promise<void>;
  /** The HPOs, of which experiments are the frame. */
  searches: {
    summary(experimentId: number): HpoSummary | null;
    stop(experimentId: number): Promise<void>;
    forget(experimentId: number): Promise<void>;
  };
}

export class Experiments {
  readonly #options: ExperimentOptions;
  readonly #experiments: Collection<StoredExperiment>;
  /** Drafts that are just being started: a second click finds them no draft any more. */
  readonly #starting = new Set<number>();

  constructor(options: ExperimentOptions) {
    this.#options = options;
    this.#experiments = options.experiments;
  }

  // ---------------------------------------------------------------- looking

  get(id: number): Readonly<StoredExperiment> | undefined {
    return this.#experiments.get(id);
  }

  visible(reader: StoredUser, id: number): Readonly<StoredExperiment> {
    const experiment = this.#experiments.get(id);
    if (experiment === undefined) throw new StudioError('not_found');
    this.#options.projects.visible(reader, experiment.projectId);
    return experiment;
  }

  list(reader: StoredUser, projectId: number, status?: Experiment['status']): Experiment[] {
    this.#options.projects.visible(reader, projectId);
    return this.#experiments
      .filter((experiment) => experiment.projectId === projectId && (status === undefined || experiment.status === status))
      .map((experiment) => this.view(reader, experiment));
  }

  usesOf(datasetId: number): DatasetUse[] {
    return this.#experiments
      .filter((experiment) => experiment.datasetId === datasetId)
      .map(({ name, id, projectId }) => ({ projectId, ko: name || `실험 ${id}(초안)`, en: name || `Experiment ${id} (draft)` }));
  }

  view(reader: StoredUser, experiment: Readonly<StoredExperiment>): Experiment {
    const { projects, users } = this.#options;
    const project = projects.get(experiment.projectId);
    const { startedAt, finishedAt } = experiment;
    const until = finishedAt === null ? Date.now() : Date.parse(finishedAt);
    const { search, labels: _, automlGroup = null, templateName = null, ...plain } = experiment;
    return {
      ...plain,
      projectName: project?.name ?? '',
      ownerName: users.nameOf(project?.ownerId ?? 0),
      editable: project !== undefined && projects.mayChange(reader, project) && project.status !== 'completed',
      actions: [...actionsOf(experiment)],
      hpo: search === undefined ? null : this.#options.searches.summary(experiment.id),
      automlGroup,
      templateName,
      runSeconds: startedAt === null ? 0 : Math.max(0, Math.round((until - Date.parse(startedAt)) / 1000)),
    };
  }

  async details(reader: StoredUser, id: number): Promise<ExperimentDetails> {
    const experiment = this.visible(reader, id);
    const { queue, jobs } = this.#options;
    const job = experiment.jobId === null ? undefined : queue.get(experiment.jobId);
    return {
      experiment: this.view(reader, experiment),
      job: job === undefined ? null : jobs.view(job),
      epochs: await this.epochs(experiment),
      result: await this.result(experiment),
    };
  }

  async epochs({ jobId }: Readonly<StoredExperiment>): Promise<EpochRow[]> {
    const epochs = new Map<number, EpochRow>();
    if (jobId !== null) for await (const event of this.#options.queue.events(jobId)) if (event.type === 'epoch') epochs.set(event.row.epoch, event.row);
    return [...epochs.values()];
  }

  /** null where there is no model. */
  async result({ usable, jobId }: Readonly<StoredExperiment>): Promise<TrainResult | null> {
    return usable && jobId !== null ? readJson<TrainResult>(join(this.#options.queue.folder(jobId), 'out/result.json')) : null;
  }

  /** The folder with model.onnx, weights.safetensors and result.json. Throws model_not_usable. */
  outFolder({ usable, jobId }: Readonly<StoredExperiment>): string {
    if (!usable || jobId === null) throw new StudioError('model_not_usable');
    return join(this.#options.queue.folder(jobId), 'out');
  }

  /** The finished model's file and the name to save it under. Throws model_not_usable. */
  model(reader: StoredUser, id: number): { file: string; name: string } {
    return this.#model(this.visible(reader, id));
  }

  /** A model to infer with in a project. Throws dataset_not_here's sister not_found, or model_not_usable. */
  usableModel(projectId: number, id: number): { experiment: Readonly<StoredExperiment>; file: string } {
    const experiment = this.#experiments.get(id);
    if (experiment === undefined || experiment.projectId !== projectId) throw new StudioError('not_found');
    if (!actionsOf(experiment).includes('infer')) throw new StudioError('model_not_usable');
    return { experiment, file: this.#model(experiment).file };
  }

  /** All models that can be inferred with, of experiments that pass a test. */
  usableWhere(test: (experiment: Readonly<StoredExperiment>) => boolean): { experiment: Readonly<StoredExperiment>; file: string }[] {
    return this.#experiments
      .filter((experiment) => test(experiment) && actionsOf(experiment).includes('infer'))
      .map((experiment) => ({ experiment, file: this.#model(experiment).file }));
  }

  #model(experiment: Readonly<StoredExperiment>): { file: string; name: string } {
    return { file: join(this.outFolder(experiment), 'model.onnx'), name: `${experiment.name}.onnx` };
  }

  // ---------------------------------------------------------------- what the buttons do

  /** Export to Experiment. */
  async add(reader: StoredUser, projectId: number, datasetId: number): Promise<Experiment> {
    const { projects, datasets } = this.#options;
    projects.editable(reader, projectId);
    const dataset = datasets.trainable(projectId, datasetId);
    const experiment = await this.#experiments.add((id) => ({
      id,
      projectId,
      name: '',
      mode: null,
      datasetId,
      datasetName: dataset.name,
      datasetVersion: dataset.version,
      status: 'draft',
      config: null,
      jobId: null,
      failure: null,
      usable: false,
      createdAt: new Date().toISOString(),
      startedAt: null,
      finishedAt: null,
    }));
    this.changed(experiment);
    return this.view(reader, experiment);
  }

  async rename(reader: StoredUser, id: number, name: string): Promise<Experiment> {
    this.may(reader, id, 'rename');
    const experiment = await this.#experiments.update(id, (before) => {
      checkAllowed(before, 'rename');
      return { ...before, name: name.trim() };
    });
    if (experiment === undefined) throw new StudioError('not_found');
    this.changed(experiment);
    return this.view(reader, experiment);
  }

  /** Starts a draft in one way only: a second click that comes while the first is being worked on is refused. */
  async exclusively<T>(id: number, action: ExperimentAction, work: () => Promise<T>): Promise<T> {
    if (this.#starting.has(id)) throw new StudioError('experiment_refused', { action, status: 'pending' });
    this.#starting.add(id);
    try {
      return await work();
    } finally {
      this.#starting.delete(id);
    }
  }

  async stop(reader: StoredUser, id: number): Promise<Experiment> {
    const experiment = this.may(reader, id, 'stop');
    if (experiment.search !== undefined) await this.#options.searches.stop(id);
    else if (experiment.jobId === null) throw new StudioError('job_over');
    else await this.#options.queue.stop(experiment.jobId);
    return this.view(reader, this.#experiments.get(id) ?? experiment);
  }

  async delete(reader: StoredUser, id: number): Promise<void> {
    const experiment = this.may(reader, id, 'delete');
    if (this.#options.isInferring(id)) throw new StudioError('experiment_in_use');
    await this.endPreflights(id);
    if (this.#jobsOf(id).some(isActive)) throw new StudioError('experiment_winding_down');
    await this.#remove(experiment);
  }

  async deleteAllOf(projectId: number): Promise<void> {
    for (const experiment of this.#experiments.filter((candidate) => candidate.projectId === projectId)) await this.#remove(experiment);
  }

  async #remove(experiment: Readonly<StoredExperiment>): Promise<void> {
    const { id, projectId } = experiment;
    await this.#experiments.delete(id);
    this.#options.events.emit('change', { kind: 'experiment', id, projectId, deleted: true, audience: this.#options.projects.audience(projectId) });
    await this.#options.deleteInferencesOf(id);
    for (const job of this.#jobsOf(id)) await this.#options.queue.delete(job.id);
    if (experiment.search !== undefined) await this.#options.searches.forget(id);
  }

  /** A preflight that is still looking would only slow down the training. */
  async endPreflights(id: number): Promise<void> {
    for (const job of this.#jobsOf(id)) if (job.kind === 'preflight' && isActive(job)) await this.#options.queue.stop(job.id).catch(() => {});
  }

  /** Its trainings, trials and preflights. */
  #jobsOf(id: number): Readonly<StoredJob>[] {
    return this.#options.queue.filter(({ kind, subjectId }) => subjectId === id && OWN_JOBS.has(kind));
  }

  /** An experiment that the reader may change and that allows the action. Throws not_found, read_only, project_completed or experiment_refused. */
  may(reader: StoredUser, id: number, action: ExperimentAction): Readonly<StoredExperiment> {
    const experiment = this.visible(reader, id);
    this.#options.projects.editable(reader, experiment.projectId);
    checkAllowed(experiment, action);
    return experiment;
  }

  /** Experiments that wait or run with a preset; a search queues its further trials with it. */
  countActiveWith(preset: string): number {
    return this.#experiments.filter((experiment) => isGoingOn(experiment) && experiment.config?.preset === preset).length;
  }

  namesIn(projectId: number): Set<string> {
    return new Set(this.#experiments.filter((experiment) => experiment.projectId === projectId).map(({ name }) => name));
  }

  /** Names of those that are going on and begin with this. */
  beginningWith({ kind, id }: Start): string[] {
    return this.#experiments
      .filter((experiment) => isGoingOn(experiment) && experiment.config?.start?.kind === kind && experiment.config.start.id === id)
      .map(({ name }) => name);
  }

  ofAutomlGroup(group: number): Readonly<StoredExperiment>[] {
    return this.#experiments.filter(({ automlGroup }) => automlGroup === group);
  }

  all(): IterableIterator<Readonly<StoredExperiment>> {
    return this.#experiments.all();
  }

  /** Durable, then told. */
  async update(id: number, change: (before: Readonly<StoredExperiment>) => StoredExperiment): Promise<Readonly<StoredExperiment> | undefined> {
    const experiment = await this.#experiments.update(id, (before) => this.#withLabels(change(before)));
    if (experiment !== undefined) this.changed(experiment);
    return experiment;
  }

  async put(build: (id: number) => StoredExperiment): Promise<Readonly<StoredExperiment>> {
    const experiment = await this.#experiments.add((id) => this.#withLabels(build(id)));
    this.changed(experiment);
    return experiment;
  }

  /** A started experiment keeps to the labels that its dataset had then; so its trainings, trials and models are all of the same. */
  #withLabels(experiment: StoredExperiment): StoredExperiment {
    const { labels: _, ...draft } = experiment;
    if (experiment.status === 'draft') return draft;
    const labels = this.labelsOf(experiment);
    return labels === undefined ? draft : { ...draft, labels };
  }

  /** The labels that it learns from: its own, or in a draft those that its dataset has now. */
  labelsOf({ labels, datasetId }: Readonly<StoredExperiment>): StoredExperiment['labels'] {
    if (labels !== undefined) return labels;
    const dataset = this.#options.datasets.get(datasetId);
    if (dataset === undefined || dataset.labelRevision === null) return undefined;
    return { revision: dataset.labelRevision, classes: dataset.classes.map(({ name }) => name) };
  }

  /** Does an experiment that was started learn from this revision? */
  usesLabels(datasetId: number, revision: number): boolean {
    return this.#experiments.find((experiment) => experiment.datasetId === datasetId && experiment.labels?.revision === revision) !== undefined;
  }

  /** Takes back one that was never acknowledged. */
  async discard({ id, projectId }: Readonly<StoredExperiment>): Promise<void> {
    await this.#experiments.delete(id);
    this.#options.events.emit('change', { kind: 'experiment', id, projectId, deleted: true, audience: this.#options.projects.audience(projectId) });
  }

  /** Takes back a start that was never acknowledged. */
  async backToDraft(id: number): Promise<void> {
    await this.update(id, ({ templateName: _, search: __, ...before }) => ({
      ...before,
      status: 'draft',
      mode: null,
      jobId: null,
      config: null,
      startedAt: null,
    }));
  }

  changed({ id, projectId }: Readonly<StoredExperiment>): void {
    this.#options.events.emit('change', { kind: 'experiment', id, projectId, deleted: false, audience: this.#options.projects.audience(projectId) });
  }
}

async function readJson<T>(file: string): Promise<T | null> {
  return readFile(file, 'utf8').then(
    (text) => JSON.parse(text) as T,
    () => null,
  );
}
