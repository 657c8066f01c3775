/** The trainings of experiments: what one needs to be started, its job, and how the experiment ends with it. */
import { readdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { failureOf, StudioError } from '../../errors.ts';
import type { Experiment, RunConfig, Start } from '../../http/schemas.ts';
import { sizeProblem } from '../../learn/sizes.ts';
import { Again, mayPass } from '../../queue/again.ts';
import type { Need } from '../../queue/allocation.ts';
import type { JobRules, JobVerdict, StoredJob, WorkOf } from '../../queue/jobs.ts';
import type { Presets } from '../../queue/presets.ts';
import { isActive, type Queue } from '../../queue/queue.ts';
import type { Collection } from '../../store/collection.ts';
import { labelFolder } from '../../store/label-set.ts';
import type { Datasets } from '../datasets/datasets.ts';
import type { Notifications } from '../notifications/notifications.ts';
import type { StoredUser } from '../people/users.ts';
import type { Projects } from '../projects/projects.ts';
import { checkAllowed } from './actions.ts';
import { algorithmExists, checkFreezing } from './algorithms.ts';
import { type Experiments, isGoingOn, type StoredExperiment } from './experiments.ts';
import { freeName, runName } from './names.ts';

/** JOBDIR/checkpoint, see jobs/checkpoint.ts and jobs/crossvalidate.ts. */
const CHECKPOINT = 'checkpoint';

export interface TrainingServices {
  experiments: Experiments;
  /** Those of the experiments. */
  records: Collection<StoredExperiment>;
  starts: StartingPoints;
  queue: Queue;
  presets: Presets;
  projects: Projects;
  datasets: Datasets;
  notifications: Notifications;
  log(error: unknown, about: string): void;
}

/** What trainings begin with, besides random numbers; see studio/weights/starts.ts. */
export interface StartingPoints {
  checked(reader: StoredUser, start: Start, algorithm: string): Start;
  work(start: Start): NonNullable<WorkOf['train']['start']>;
}

export class Trainings {
  readonly #services: TrainingServices;
  /** What the start could not put right. */
  readonly #again: Again;

  constructor(services: TrainingServices) {
    this.#services = services;
    this.#again = new Again(services.log);
  }

  // ---------------------------------------------------------------- its start

  /** Start of a Run. */
  async run(reader: StoredUser, id: number, config: RunConfig, templateName?: string): Promise<Experiment> {
    const { experiments } = this.#services;
    const draft = experiments.may(reader, id, 'run');
    this.check(draft, config);
    const start = this.startOf(reader, config);
    await experiments.exclusively(id, 'run', async () => {
      await experiments.endPreflights(id);
      let pending = false;
      try {
        await this.queue(id, reader.id, (before, jobId) => {
          checkAllowed(before, 'run');
          pending = true;
          const name = before.name || freeName(runName(), experiments.namesIn(before.projectId));
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
        if (pending) await experiments.backToDraft(id);
        throw error;
      }
    });
    return experiments.view(reader, experiments.get(id) ?? draft);
  }

  /** Throws where a training with these settings cannot be started for an experiment's dataset. Gives what its preset asks for. */
  check({ projectId, datasetId }: Readonly<StoredExperiment>, { split, algorithm, parameters, preset }: RunConfig): Need {
    const sum = split.training + split.validation + split.test;
    if (sum !== 100) throw new StudioError('split_sum', { sum });
    if (!algorithmExists(algorithm)) throw new StudioError('algorithm_unknown', { name: algorithm });
    checkFreezing(algorithm, parameters.freeze_stages ?? 0);
    const problem = sizeProblem(algorithm, parameters.input_size, parameters.batch_size, parameters.freeze_stages);
    if (problem !== null) throw problem;
    this.#services.datasets.trainable(projectId, datasetId);
    return this.#services.presets.need(preset);
  }

  /** What a training begins with, for its settings. Throws start_missing or start_other_algorithm. */
  startOf(reader: StoredUser, { start, algorithm }: Pick<RunConfig, 'start' | 'algorithm'>): Pick<RunConfig, 'start'> {
    return start === undefined ? {} : { start: this.#services.starts.checked(reader, start, algorithm) };
  }

  /** Puts the training of an experiment into the queue. `change` gives it its job, and its settings where it has none yet. */
  async queue(
    id: number,
    ownerId: number,
    change: (before: Readonly<StoredExperiment>, jobId: number) => StoredExperiment = (before, jobId) => ({ ...before, jobId }),
  ): Promise<void> {
    let pending: Readonly<StoredExperiment> | undefined;
    await this.#services.queue.submit(
      () => {
        const { name, projectId, config } = pending!;
        const preset = { name: config!.preset, need: this.#services.presets.need(config!.preset) };
        return { kind: 'train', title: name, projectId, ownerId, subjectId: id, preset };
      },
      async (jobId) => {
        pending = await this.#services.experiments.update(id, (before) => change(before, jobId));
        if (pending === undefined) throw new StudioError('not_found');
      },
    );
  }

  // ---------------------------------------------------------------- its job

  readonly rules: JobRules<'train'> = {
    work: (job) => {
      const experiment = this.#services.records.get(job.subjectId);
      if (experiment === undefined) throw new StudioError('not_found');
      return this.work(experiment, experiment.config);
    },
    started: async (job) => {
      const experiment = await this.#services.records.update(job.subjectId, (before) => ({
        ...before,
        status: 'running',
        startedAt: before.startedAt ?? job.startedAt,
      }));
      if (experiment === undefined) return;
      this.#services.experiments.changed(experiment);
      await this.#services.projects.markWorking(experiment.projectId);
    },
    keeps: async (dir) => (await readdir(join(dir, CHECKPOINT), { recursive: true }).catch(() => [])).some((name) => basename(name) === 'state.json'),
    ended: (job, verdict, dir) => this.#ended(job, verdict, dir),
  };

  /** What a worker is told to train. Throws dataset_unreadable. */
  work(experiment: Readonly<StoredExperiment>, config: Pick<RunConfig, 'algorithm' | 'parameters' | 'split' | 'start'> | null): WorkOf['train'] {
    const dataset = this.#services.datasets.get(experiment.datasetId);
    const labels = this.#services.experiments.labelsOf(experiment);
    if (dataset === undefined || labels === undefined || config === null) throw new StudioError('dataset_unreadable');
    const folder = this.#services.datasets.folder(dataset.id);
    return {
      kind: 'train',
      dataset: folder,
      labels: labelFolder(folder, labels.revision),
      classes: labels.classes,
      algorithm: config.algorithm,
      parameters: config.parameters,
      split: config.split,
      ...(config.start === undefined ? {} : { start: this.#services.starts.work(config.start) }),
      about: {
        experiment: experiment.name,
        project: this.#services.projects.get(experiment.projectId)?.name ?? '',
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
    const experiment = await this.#services.records.update(job.subjectId, (before) => {
      if (before.jobId !== job.id || !isGoingOn(before)) return before;
      return { ...before, status, failure, usable, finishedAt: before.finishedAt ?? new Date().toISOString() };
    });
    if (experiment === undefined || experiment.jobId !== job.id) return;
    this.#services.experiments.changed(experiment);
    await this.#dropCheckpoint(job.id);
    if (verdict.state === 'stopped') return;
    const text =
      status === 'succeeded'
        ? { ko: `학습이 끝났습니다: ${experiment.name}`, en: `The training has succeeded: ${experiment.name}` }
        : { ko: `학습이 실패했습니다: ${experiment.name}. ${failure?.ko ?? ''}`, en: `The training has failed: ${experiment.name}. ${failure?.en ?? ''}` };
    await this.#services.notifications.add(job.ownerId, status === 'succeeded' ? 'success' : 'error', text, `/experiments/${experiment.id}`);
  }

  /** Nobody goes on from it any more, and a resnet152's takes a gigabyte. */
  async #dropCheckpoint(jobId: number): Promise<void> {
    const folder = join(this.#services.queue.folder(jobId), CHECKPOINT);
    await rm(folder, { recursive: true, force: true }).catch((error: unknown) => this.#services.log(error, folder));
  }

  /** Puts right what a crash left between the records, as far as there is room on the disk. Before the queue starts. */
  async recover(): Promise<void> {
    const { log } = this.#services;
    for (const experiment of [...this.#services.records.all()]) {
      const about = `experiment ${experiment.id}`;
      await this.#recover(experiment).catch((error: unknown) => {
        log(error, about);
        const job = experiment.jobId === null ? undefined : this.#services.queue.get(experiment.jobId);
        if (mayPass(error) && job !== undefined) this.#again.later(experiment.id, about, () => this.#endedBefore(job));
      });
    }
  }

  async #recover(experiment: Readonly<StoredExperiment>): Promise<void> {
    const { id, projectId, search, jobId, automlGroup } = experiment;
    if (this.#services.projects.get(projectId) === undefined) return void (await this.#services.records.delete(id));
    if (search !== undefined) return;
    if (!isGoingOn(experiment)) return jobId === null ? undefined : this.#dropCheckpoint(jobId);
    const job = jobId === null ? undefined : this.#services.queue.get(jobId);
    if (job === undefined && automlGroup !== undefined) await this.#services.records.update(id, (before) => ({ ...before, jobId: null }));
    else if (job === undefined) await this.#services.experiments.backToDraft(id);
    else await this.#endedBefore(job);
  }

  /** Of a job that was over when the daemon ended. */
  async #endedBefore(job: Readonly<StoredJob>): Promise<void> {
    if (!isActive(job)) await this.#ended(job, { state: job.state as JobVerdict['state'], failure: job.failure }, this.#services.queue.folder(job.id));
  }
}

const isFile = (path: string) =>
  stat(path).then(
    (entry) => entry.isFile(),
    () => false,
  );
