/** Preflights: a look at a training before it is started. One for an experiment at a time; it is a job, and is forgotten with the next one. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StudioError } from '../../errors.ts';
import type { RunConfig } from '../../http/schemas.ts';
import type { Preflight, PreflightResult } from '../../http/training-schemas.ts';
import type { JobRules, StoredJob } from '../../queue/jobs.ts';
import type { Presets } from '../../queue/presets.ts';
import { isActive, type Queue } from '../../queue/queue.ts';
import { writeDurably } from '../../store/durable.ts';
import type { Experiments } from '../experiments/experiments.ts';
import type { Trainings } from '../experiments/trainings.ts';
import type { StoredUser } from '../people/users.ts';

const CONFIG = 'config.json';

export class Preflights {
  readonly #experiments: Experiments;
  readonly #trainings: Trainings;
  readonly #queue: Queue;
  readonly #presets: Presets;

  constructor(experiments: Experiments, trainings: Trainings, queue: Queue, presets: Presets) {
    this.#experiments = experiments;
    this.#trainings = trainings;
    this.#queue = queue;
    this.#presets = presets;
  }

  /** Throws as a Run does. */
  async start(reader: StoredUser, id: number, config: RunConfig): Promise<Preflight> {
    const draft = this.#experiments.may(reader, id, 'run');
    const { cores, memoryMb } = this.#trainings.check(draft, config);
    this.#trainings.startOf(reader, config);
    await this.clear(id);
    const job = await this.#queue.submit(
      () => ({
        kind: 'preflight',
        title: `${config.algorithm} · ${draft.datasetName} / v${draft.datasetVersion}`,
        projectId: draft.projectId,
        ownerId: reader.id,
        subjectId: id,
        preset: null,
        wish: { cores, memoryMb },
      }),
      (_, dir) => writeDurably(join(dir, CONFIG), JSON.stringify(config)),
    );
    return this.#view(job, config);
  }

  /** Throws not_found. */
  async look(reader: StoredUser, id: number): Promise<Preflight> {
    const job = this.#queue.get(id);
    if (job?.kind !== 'preflight') throw new StudioError('not_found');
    this.#experiments.visible(reader, job.subjectId);
    return this.#view(job, await this.#config(job));
  }

  /** Ends and forgets those of an experiment. */
  async clear(experimentId: number): Promise<void> {
    for (const job of this.#queue.filter(({ kind, subjectId }) => kind === 'preflight' && subjectId === experimentId)) {
      if (isActive(job)) await this.#queue.stop(job.id).catch(ignoreOver);
      else await this.#queue.delete(job.id);
    }
  }

  async #config(job: Readonly<StoredJob>): Promise<RunConfig> {
    return JSON.parse(await readFile(join(this.#queue.folder(job.id), CONFIG), 'utf8')) as RunConfig;
  }

  async #view(job: Readonly<StoredJob>, { preset }: RunConfig): Promise<Preflight> {
    const result = await readFile(join(this.#queue.folder(job.id), 'out/preflight.json'), 'utf8').then(
      (text) => JSON.parse(text) as PreflightResult,
      () => null,
    );
    const over = !isActive(job);
    return {
      id: job.id,
      experimentId: job.subjectId,
      state: job.state,
      failure: job.failure,
      result: over ? result : null,
      queue: this.#queue.outlook(this.#presets.need(preset)),
    };
  }

  readonly rules: JobRules<'preflight'> = {
    work: async (job) => {
      const config = await this.#config(job);
      const experiment = this.#experiments.get(job.subjectId);
      if (experiment === undefined) throw new StudioError('not_found');
      const { about: _, ...work } = this.#trainings.work(experiment, config);
      const need = this.#presets.need(config.preset);
      return { ...work, kind: 'preflight', memoryLimitMb: need.memoryMb, gpuMemoryLimitMb: this.#presets.gpuMemoryFor(need) };
    },
    need: async (job) => this.#presets.need((await this.#config(job)).preset),
    ended: async () => {},
  };
}

function ignoreOver(error: unknown): void {
  if (!(error instanceof StudioError) || error.code !== 'job_over') throw error;
}
