/**
 * Experiments: a draft made by Export to Experiment, then a training and its model.
 *
 *     draft → pending → running → succeeded | aborted (stopped, with a model) | failed (with a reason, no model)
 */
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { failureOf, StudioError } from '../../errors.ts';
import type { EventBus } from '../../events.ts';
import type { EpochRow, Experiment, ExperimentAction, ExperimentDetails, Failure, HpoSummary, RunConfig, Start, TrainResult } from '../../http/schemas.ts';
import type { HpoRequest } from '../../http/training-schemas.ts';
import { sizeProblem } from '../../learn/sizes.ts';
import { Again, mayPass } from '../../queue/again.ts';
import type { Need } from '../../queue/allocation.ts';
import type { JobRules, JobVerdict, StoredJob, WorkOf } from '../../queue/jobs.ts';
import type { Presets } from '../../queue/presets.ts';
import { isActive, type Queue } from '../../queue/queue.ts';
import type { Collection } from '../../store/collection.ts';
import { labelFolder } from '../../store/label-set.ts';
import type { DatasetUse } from '../datasets/dataset-deletion.ts';
import type { Datasets } from '../datasets/datasets.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { Notifications } from '../notifications/notifications.ts';
import type { StoredUser, Users } from '../people/users.ts';
import type { Projects } from '../projects/projects.ts';
import { actionsOf, checkAllowed } from './actions.ts';
import { algorithmExists, freezable } from './algorithms.ts';
import { freeName, runName } from './names.ts';

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

/** JOBDIR/checkpoint, see jobs/checkpoint.ts and jobs/crossvalidate.ts. */
const CHECKPOINT = 'checkpoint';

/** Kinds of jobs whose subject is an experiment. */
export const OWN_JOBS: ReadonlySet<StoredJob['kind']> = new Set<StoredJob['kind']>(['train', 'trial', 'preflight']);

export interface ExperimentOptions {
  starts: StartingPoints;
  experiments: Collection<StoredExperiment>;
  queue: Queue;
  jobs: Jobs;
  presets: Presets;
  projects: Projects;
  datasets: Datasets;
  users: Users;
  notifications: Notifications;
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
  log(error: unknown, about: string): void;
}

/** What trainings begin with, besides random numbers; see studio/weights/starts.ts. */
export interface StartingPoints {
  checked(reader: StoredUser, start: Start, algorithm: string): Start;
  work(start: Start): NonNullable<WorkOf['train']['start']>;
}

export class Experiments {
  readonly #options: ExperimentOptions;
  readonly #experiments: Collection<StoredExperiment>;
  /** Drafts that are just being started: a second click finds them no draft any more. */
  readonly #starting = new Set<number>();
  /** What the start could not put right. */
  readonly #again: Again;

  constructor(options: ExperimentOptions) {
    this.#options = options;
    this.#experiments = options.experiments;
    this.#again = new Again(options.log);
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

  /** Start. */
  async run(reader: StoredUser, id: number, config: RunConfig, templateName?: string): Promise<Experiment> {
    const draft = this.may(reader, id, 'run');
    this.check(draft, config);
    const start = this.startOf(reader, config);
    await this.exclusively(id, 'run', async () => {
      await this.#endPreflights(id);
      let pending = false;
      try {
        await this.queueTraining(id, reader.id, (before, jobId) => {
          checkAllowed(before, 'run');
          pending = true;
          const name = before.name || freeName(runName(), this.namesIn(before.projectId));
          return {
            ...before,
            name,
            mode: 'run',
            status: 'pending',
            config: { ...config, ...start },
            jobId,
            ...(templateName === undefined ? {} : { templateName }),
          };
        });
      } catch (error) {
        if (pending) await this.backToDraft(id);
        throw error;
      }
    });
    return this.view(reader, this.#experiments.get(id) ?? draft);
  }

  /** Throws where a training with these settings cannot be started for an experiment's dataset. Gives what its preset asks for. */
  check({ projectId, datasetId }: Readonly<StoredExperiment>, { split, algorithm, parameters, preset }: RunConfig): Need {
    const sum = split.training + split.validation + split.test;
    if (sum !== 100) throw new StudioError('split_sum', { sum });
    if (!algorithmExists(algorithm)) throw new StudioError('algorithm_unknown', { name: algorithm });
    checkFreezing(algorithm, parameters.freeze_stages ?? 0);
    const problem = sizeProblem(algorithm, parameters.input_size, parameters.batch_size, parameters.freeze_stages);
    if (problem !== null) throw problem;
    this.#options.datasets.trainable(projectId, datasetId);
    return this.#options.presets.need(preset);
  }

  /** What a training begins with, for its settings. Throws start_missing or start_other_algorithm. */
  startOf(reader: StoredUser, { start, algorithm }: Pick<RunConfig, 'start' | 'algorithm'>): Pick<RunConfig, 'start'> {
    return start === undefined ? {} : { start: this.#options.starts.checked(reader, start, algorithm) };
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

  /** Puts the training of an experiment into the queue. `change` gives it its job, and its settings where it has none yet. */
  async queueTraining(
    id: number,
    ownerId: number,
    change: (before: Readonly<StoredExperiment>, jobId: number) => StoredExperiment = (before, jobId) => ({ ...before, jobId }),
  ): Promise<void> {
    let pending: Readonly<StoredExperiment> | undefined;
    await this.#options.queue.submit(
      () => {
        const { name, projectId, config } = pending!;
        const preset = { name: config!.preset, need: this.#options.presets.need(config!.preset) };
        return { kind: 'train', title: name, projectId, ownerId, subjectId: id, preset };
      },
      async (jobId) => {
        pending = await this.update(id, (before) => change(before, jobId));
        if (pending === undefined) throw new StudioError('not_found');
      },
    );
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
    await this.#endPreflights(id);
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
  async #endPreflights(id: number): Promise<void> {
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
    return this.#experiments.filter(({ status, config }) => (status === 'pending' || status === 'running') && config?.preset === preset).length;
  }

  namesIn(projectId: number): Set<string> {
    return new Set(this.#experiments.filter((experiment) => experiment.projectId === projectId).map(({ name }) => name));
  }

  /** Names of those that are going on and begin with this. */
  beginningWith({ kind, id }: Start): string[] {
    return this.#experiments
      .filter(({ status, config }) => (status === 'pending' || status === 'running') && config?.start?.kind === kind && config.start.id === id)
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
    const { labels, ...draft } = experiment;
    if (experiment.status === 'draft') return draft;
    const found = labels ?? this.#labelsOf(experiment);
    return found === undefined ? draft : { ...draft, labels: found };
  }

  #labelsOf({ datasetId }: Readonly<StoredExperiment>): StoredExperiment['labels'] {
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

  // ---------------------------------------------------------------- its job

  readonly rules: JobRules<'train'> = {
    work: (job) => {
      const experiment = this.#experiments.get(job.subjectId);
      if (experiment === undefined) throw new StudioError('not_found');
      return this.trainWork(experiment, experiment.config);
    },
    started: async (job) => {
      const experiment = await this.#experiments.update(job.subjectId, (before) => ({
        ...before,
        status: 'running',
        startedAt: before.startedAt ?? job.startedAt,
      }));
      if (experiment === undefined) return;
      this.changed(experiment);
      await this.#options.projects.markWorking(experiment.projectId);
    },
    keeps: async (dir) => (await readdir(join(dir, CHECKPOINT), { recursive: true }).catch(() => [])).some((name) => basename(name) === 'state.json'),
    ended: (job, verdict, dir) => this.#ended(job, verdict, dir),
  };

  /** What a worker is told to train. Throws dataset_unreadable. */
  trainWork(experiment: Readonly<StoredExperiment>, config: Pick<RunConfig, 'algorithm' | 'parameters' | 'split' | 'start'> | null): WorkOf['train'] {
    const dataset = this.#options.datasets.get(experiment.datasetId);
    const labels = experiment.labels ?? this.#labelsOf(experiment);
    if (dataset === undefined || labels === undefined || config === null) throw new StudioError('dataset_unreadable');
    const folder = this.#options.datasets.folder(dataset.id);
    return {
      kind: 'train',
      dataset: folder,
      labels: labelFolder(folder, labels.revision),
      classes: labels.classes,
      algorithm: config.algorithm,
      parameters: config.parameters,
      split: config.split,
      ...(config.start === undefined ? {} : { start: this.#options.starts.work(config.start) }),
      about: {
        experiment: experiment.name,
        project: this.#options.projects.get(experiment.projectId)?.name ?? '',
        dataset: `${experiment.datasetName} / v${experiment.datasetVersion}`,
      },
    };
  }

  async #ended(job: Readonly<StoredJob>, verdict: JobVerdict, dir: string): Promise<void> {
    const hasModel = (await isFile(join(dir, 'out/model.onnx'))) && (await isFile(join(dir, 'out/result.json')));
    const usable = verdict.state !== 'failed' && hasModel;
    let status: Experiment['status'] = 'failed';
    let { failure } = verdict;
    if (verdict.state === 'succeeded') {
      if (usable) status = 'succeeded';
      else failure = failureOf(new StudioError('model_unreadable'));
    } else if (verdict.state === 'stopped') {
      if (usable) status = 'aborted';
      else failure = failureOf(new StudioError('stopped_before_model'));
    }
    const experiment = await this.#experiments.update(job.subjectId, (before) =>
      before.jobId !== job.id || before.finishedAt !== null ? before : { ...before, status, failure, usable, finishedAt: new Date().toISOString() },
    );
    if (experiment === undefined || experiment.jobId !== job.id) return;
    this.changed(experiment);
    await this.#dropCheckpoint(job.id);
    if (verdict.state === 'stopped') return;
    const text =
      status === 'succeeded'
        ? { ko: `학습이 끝났습니다: ${experiment.name}`, en: `The training has succeeded: ${experiment.name}` }
        : { ko: `학습이 실패했습니다: ${experiment.name}. ${failure?.ko ?? ''}`, en: `The training has failed: ${experiment.name}. ${failure?.en ?? ''}` };
    await this.#options.notifications.add(job.ownerId, status === 'succeeded' ? 'success' : 'error', text, `/experiments/${experiment.id}`);
  }

  /** Nobody goes on from it any more, and a resnet152's takes a gigabyte. */
  async #dropCheckpoint(jobId: number): Promise<void> {
    const folder = join(this.#options.queue.folder(jobId), CHECKPOINT);
    await rm(folder, { recursive: true, force: true }).catch((error: unknown) => this.#options.log(error, folder));
  }

  /** Puts right what a crash left between the records, as far as there is room on the disk. Before the queue starts. */
  async recover(): Promise<void> {
    const { log } = this.#options;
    for (const experiment of [...this.#experiments.all()]) {
      const about = `experiment ${experiment.id}`;
      await this.#recover(experiment).catch((error: unknown) => {
        log(error, about);
        const job = experiment.jobId === null ? undefined : this.#options.queue.get(experiment.jobId);
        if (mayPass(error) && job !== undefined) this.#again.later(experiment.id, about, () => this.#endedBefore(job));
      });
    }
  }

  async #recover(experiment: Readonly<StoredExperiment>): Promise<void> {
    const { id, projectId, status, search, jobId, automlGroup } = experiment;
    if (this.#options.projects.get(projectId) === undefined) return void (await this.#experiments.delete(id));
    if (search !== undefined) return;
    if (status !== 'pending' && status !== 'running') return jobId === null ? undefined : this.#dropCheckpoint(jobId);
    const job = jobId === null ? undefined : this.#options.queue.get(jobId);
    if (job === undefined && automlGroup !== undefined) await this.#experiments.update(id, (before) => ({ ...before, jobId: null }));
    else if (job === undefined) await this.backToDraft(id);
    else await this.#endedBefore(job);
  }

  /** Of a job that was over when the daemon ended. */
  async #endedBefore(job: Readonly<StoredJob>): Promise<void> {
    if (!isActive(job)) await this.#ended(job, { state: job.state as JobVerdict['state'], failure: job.failure }, this.#options.queue.folder(job.id));
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

/** Throws freeze_stages_too_many. */
export function checkFreezing(algorithm: string, stages: number): void {
  if (stages === 0 || !algorithmExists(algorithm)) return;
  const most = freezable(algorithm);
  if (stages > most) throw new StudioError('freeze_stages_too_many', { name: algorithm, stages, most });
}

const isFile = (path: string) =>
  stat(path).then(
    (entry) => entry.isFile(),
    () => false,
  );

async function readJson<T>(file: string): Promise<T | null> {
  return readFile(file, 'utf8').then(
    (text) => JSON.parse(text) as T,
    () => null,
  );
}
