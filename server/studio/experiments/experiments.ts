/**
 * Experiments: a draft made by Export to Experiment, then a training and its model.
 *
 *     draft → pending → running → succeeded | aborted (stopped, with a model) | failed (with a reason, no model)
 */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { failureOf, StudioError } from '../../errors.ts';
import type { EventBus } from '../../events.ts';
import type { EpochRow, Experiment, ExperimentAction, ExperimentDetails, Failure, RunConfig, TrainResult } from '../../http/schemas.ts';
import type { JobRules, JobVerdict, StoredJob } from '../../queue/jobs.ts';
import type { Presets } from '../../queue/presets.ts';
import { isActive, type Queue } from '../../queue/queue.ts';
import type { Collection } from '../../store/collection.ts';
import type { Datasets } from '../datasets/datasets.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { Notifications } from '../notifications/notifications.ts';
import type { StoredUser, Users } from '../people/users.ts';
import type { Projects } from '../projects/projects.ts';
import { algorithmExists } from './algorithms.ts';

export interface StoredExperiment {
  id: number;
  projectId: number;
  name: string;
  mode: Experiment['mode'];
  datasetId: number;
  /** Kept here too, so that the list is right even when the dataset is renamed. */
  datasetName: string;
  datasetVersion: number;
  status: Experiment['status'];
  config: RunConfig | null;
  jobId: number | null;
  failure: Failure | null;
  usable: boolean;
  createdAt: string;
  startedAt: string | null;
  finishedAt: string | null;
}

/** What the More menu of each status allows. */
const ALLOWED: { [S in Experiment['status']]: readonly ExperimentAction[] } = {
  draft: ['run', 'rename', 'delete'],
  pending: ['stop'],
  running: ['stop'],
  succeeded: ['infer', 'rename', 'delete'],
  aborted: ['infer', 'rename', 'delete'],
  failed: ['rename', 'delete'],
  published: ['infer', 'rename', 'delete'],
};

export interface ExperimentOptions {
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

  list(reader: StoredUser, projectId: number): Experiment[] {
    this.#options.projects.visible(reader, projectId);
    return this.#experiments.filter((experiment) => experiment.projectId === projectId).map((experiment) => this.view(reader, experiment));
  }

  usesOf(datasetId: number): string[] {
    return this.#experiments
      .filter((experiment) => experiment.datasetId === datasetId)
      .map(({ name, id }) => (name === '' ? `Experiment ${id} (draft)` : name));
  }

  view(reader: StoredUser, experiment: Readonly<StoredExperiment>): Experiment {
    const { projects, users } = this.#options;
    const project = projects.get(experiment.projectId);
    const { startedAt, finishedAt } = experiment;
    const until = finishedAt === null ? Date.now() : Date.parse(finishedAt);
    return {
      ...experiment,
      projectName: project?.name ?? '',
      ownerName: users.nameOf(project?.ownerId ?? 0),
      editable: project !== undefined && projects.mayChange(reader, project) && project.status !== 'completed',
      actions: [...ALLOWED[experiment.status]],
      hpo: null,
      automlGroup: null,
      templateName: null,
      runSeconds: startedAt === null ? 0 : Math.max(0, Math.round((until - Date.parse(startedAt)) / 1000)),
    };
  }

  async details(reader: StoredUser, id: number): Promise<ExperimentDetails> {
    const experiment = this.visible(reader, id);
    const { queue, jobs } = this.#options;
    const job = experiment.jobId === null ? undefined : queue.get(experiment.jobId);
    const epochs = new Map<number, EpochRow>();
    if (job !== undefined) {
      for await (const event of queue.events(job.id)) if (event.type === 'epoch') epochs.set(event.row.epoch, event.row);
    }
    return {
      experiment: this.view(reader, experiment),
      job: job === undefined ? null : jobs.view(job),
      epochs: [...epochs.values()],
      result: job === undefined || !experiment.usable ? null : await readJson<TrainResult>(join(queue.folder(job.id), 'out/result.json')),
    };
  }

  /** The finished model's file and the name to save it under. Throws model_not_usable. */
  model(reader: StoredUser, id: number): { file: string; name: string } {
    return this.#model(this.visible(reader, id));
  }

  /** A model to infer with in a project. Throws dataset_not_here's sister not_found, or model_not_usable. */
  usableModel(projectId: number, id: number): { experiment: Readonly<StoredExperiment>; file: string } {
    const experiment = this.#experiments.get(id);
    if (experiment === undefined || experiment.projectId !== projectId) throw new StudioError('not_found');
    if (!ALLOWED[experiment.status].includes('infer')) throw new StudioError('model_not_usable');
    return { experiment, file: this.#model(experiment).file };
  }

  #model(experiment: Readonly<StoredExperiment>): { file: string; name: string } {
    if (!experiment.usable || experiment.jobId === null) throw new StudioError('model_not_usable');
    return { file: join(this.#options.queue.folder(experiment.jobId), 'out/model.onnx'), name: `${experiment.name}.onnx` };
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
    this.#changed(experiment);
    return this.view(reader, experiment);
  }

  async rename(reader: StoredUser, id: number, name: string): Promise<Experiment> {
    this.#editable(reader, id, 'rename');
    const experiment = await this.#experiments.update(id, (before) => {
      checkAllowed(before, 'rename');
      return { ...before, name: name.trim() };
    });
    if (experiment === undefined) throw new StudioError('not_found');
    this.#changed(experiment);
    return this.view(reader, experiment);
  }

  /** Start. */
  async run(reader: StoredUser, id: number, config: RunConfig): Promise<Experiment> {
    const { queue, presets, datasets } = this.#options;
    const draft = this.#editable(reader, id, 'run');
    const sum = config.split.training + config.split.validation + config.split.test;
    if (sum !== 100) throw new StudioError('split_sum', { sum });
    if (!algorithmExists(config.algorithm)) throw new StudioError('algorithm_unknown', { name: config.algorithm });
    const need = presets.need(config.preset);
    datasets.trainable(draft.projectId, draft.datasetId);
    if (this.#starting.has(id)) throw new StudioError('experiment_refused', { action: 'run', status: 'pending' });
    this.#starting.add(id);
    let pending: Readonly<StoredExperiment> | undefined;
    try {
      await queue.submit(
        () => ({
          kind: 'train',
          title: pending!.name,
          projectId: draft.projectId,
          ownerId: reader.id,
          subjectId: id,
          preset: { name: config.preset, need },
        }),
        async (jobId) => {
          pending = await this.#experiments.update(id, (before) => {
            checkAllowed(before, 'run');
            return { ...before, name: before.name || this.#newName(before.projectId), mode: 'run', status: 'pending', config, jobId };
          });
          if (pending === undefined) throw new StudioError('not_found');
          this.#changed(pending);
        },
      );
    } catch (error) {
      if (pending !== undefined) await this.#backToDraft(id);
      throw error;
    } finally {
      this.#starting.delete(id);
    }
    return this.view(reader, this.#experiments.get(id) ?? pending!);
  }

  async stop(reader: StoredUser, id: number): Promise<Experiment> {
    const experiment = this.#editable(reader, id, 'stop');
    if (experiment.jobId === null) throw new StudioError('job_over');
    await this.#options.queue.stop(experiment.jobId);
    return this.view(reader, this.#experiments.get(id) ?? experiment);
  }

  async delete(reader: StoredUser, id: number): Promise<void> {
    const experiment = this.#editable(reader, id, 'delete');
    if (this.#options.isInferring(id)) throw new StudioError('experiment_in_use');
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
    if (experiment.jobId !== null) await this.#options.queue.delete(experiment.jobId);
  }

  #editable(reader: StoredUser, id: number, action: ExperimentAction): Readonly<StoredExperiment> {
    const experiment = this.visible(reader, id);
    this.#options.projects.editable(reader, experiment.projectId);
    checkAllowed(experiment, action);
    return experiment;
  }

  /** Run_20220111_103542, by the box's clock; unique in the project. */
  #newName(projectId: number): string {
    const now = new Date();
    const two = (value: number) => String(value).padStart(2, '0');
    const date = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
    const base = `Run_${date}_${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
    const taken = new Set(this.#experiments.filter((experiment) => experiment.projectId === projectId).map(({ name }) => name));
    let name = base;
    for (let i = 2; taken.has(name); i++) name = `${base}_${i}`;
    return name;
  }

  // ---------------------------------------------------------------- its job

  readonly rules: JobRules<'train'> = {
    work: (job) => {
      const experiment = this.#ofJob(job);
      const dataset = this.#options.datasets.get(experiment.datasetId);
      if (dataset === undefined || experiment.config === null) throw new StudioError('dataset_unreadable');
      const { algorithm, parameters, split } = experiment.config;
      return {
        kind: 'train',
        dataset: this.#options.datasets.folder(dataset.id),
        classes: dataset.classes.map(({ name }) => name),
        algorithm,
        parameters,
        split,
        about: {
          experiment: experiment.name,
          project: this.#options.projects.get(experiment.projectId)?.name ?? '',
          dataset: `${experiment.datasetName} / v${experiment.datasetVersion}`,
        },
      };
    },
    started: async (job) => {
      const experiment = await this.#experiments.update(job.subjectId, (before) => ({
        ...before,
        status: 'running',
        startedAt: before.startedAt ?? job.startedAt,
      }));
      if (experiment === undefined) return;
      this.#changed(experiment);
      await this.#options.projects.markWorking(experiment.projectId);
    },
    ended: (job, verdict, dir) => this.#ended(job, verdict, dir),
  };

  #ofJob(job: Readonly<StoredJob>): Readonly<StoredExperiment> {
    const experiment = this.#experiments.get(job.subjectId);
    if (experiment === undefined) throw new StudioError('not_found');
    return experiment;
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
    this.#changed(experiment);
    if (verdict.state === 'stopped') return;
    const text =
      status === 'succeeded'
        ? { ko: `학습이 끝났습니다: ${experiment.name}`, en: `The training has succeeded: ${experiment.name}` }
        : { ko: `학습이 실패했습니다: ${experiment.name}. ${failure?.ko ?? ''}`, en: `The training has failed: ${experiment.name}. ${failure?.en ?? ''}` };
    await this.#options.notifications.add(job.ownerId, status === 'succeeded' ? 'success' : 'error', text, `/experiments/${experiment.id}`);
  }

  /** Puts right what a crash left between the records. Before the queue starts. */
  async recover(): Promise<void> {
    for (const experiment of [...this.#experiments.all()]) {
      if (this.#options.projects.get(experiment.projectId) === undefined) {
        await this.#experiments.delete(experiment.id);
        continue;
      }
      if (experiment.status !== 'pending' && experiment.status !== 'running') continue;
      const job = experiment.jobId === null ? undefined : this.#options.queue.get(experiment.jobId);
      if (job === undefined) await this.#backToDraft(experiment.id);
      else if (!isActive(job)) await this.#ended(job, { state: job.state as JobVerdict['state'], failure: job.failure }, this.#options.queue.folder(job.id));
    }
  }

  async #backToDraft(id: number): Promise<void> {
    const draft = await this.#experiments.update(id, (before) => ({ ...before, status: 'draft', mode: null, jobId: null, config: null, startedAt: null }));
    if (draft !== undefined) this.#changed(draft);
  }

  #changed({ id, projectId }: Readonly<StoredExperiment>): void {
    this.#options.events.emit('change', { kind: 'experiment', id, projectId, deleted: false, audience: this.#options.projects.audience(projectId) });
  }
}

function checkAllowed({ status }: Readonly<StoredExperiment>, action: ExperimentAction): void {
  if (!ALLOWED[status].includes(action)) throw new StudioError('experiment_refused', { action, status });
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
