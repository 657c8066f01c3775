/** Preflights: a look at a training before it is started. One for an experiment at a time; it is a job, and is forgotten with the next one. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StudioError } from '../../errors.ts';
import type { RunConfig } from '../../http/schemas.ts';
import type { Preflight, PreflightResult } from '../../http/training-schemas.ts';
import type { Need } from '../../queue/allocation.ts';
import type { JobRules, StoredJob } from '../../queue/jobs.ts';
import type { Presets } from '../../queue/presets.ts';
import { isActive, type Queue } from '../../queue/queue.ts';
import { writeDurably } from '../../store/durable.ts';
import type { Experiments } from '../experiments/experiments.ts';
import type { Trainings } from '../experiments/trainings.ts';
import type { StoredUser } from '../people/users.ts';

const ASKED = 'asked.json';

/** What its preset gave when it was asked for is kept beside the settings: a preset can be changed or deleted while the preflight stands. */
interface Asked {
  config: RunConfig;
  need: Need;
}

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
    const need = this.#trainings.check(draft, config);
    const { cores, memoryMb } = need;
    this.#trainings.startOf(reader, config);
    const asked: Asked = { config, need };
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
      (_, dir) => writeDurably(join(dir, ASKED), JSON.stringify(asked)),
    );
    return this.#view(job, asked);
  }

  /** Throws not_found. */
  async look(reader: StoredUser, id: number): Promise<Preflight> {
    const job = this.#queue.get(id);
    if (job?.kind !== 'preflight') throw new StudioError('not_found');
    this.#experiments.visible(reader, job.subjectId);
    return this.#view(job, await this.#asked(job));
  }

  /** Ends and forgets those of an experiment. */
  async clear(experimentId: number): Promise<void> {
    for (const job of this.#queue.filter(({ kind, subjectId }) => kind === 'preflight' && subjectId === experimentId)) {
      if (isActive(job)) await this.#queue.stop(job.id).catch(ignoreOver);
      else await this.#queue.delete(job.id);
    }
  }

  async #asked(job: Readonly<StoredJob>): Promise<Asked> {
    const text = await readFile(join(this.#queue.folder(job.id), ASKED), 'utf8').catch((error: NodeJS.ErrnoException) => {
      // One of the version before the update has none: it is asked for again.
      throw error.code === 'ENOENT' ? new StudioError('not_found') : error;
    });
    return JSON.parse(text) as Asked;
  }

  async #view(job: Readonly<StoredJob>, { need }: Asked): Promise<Preflight> {
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
      queue: this.#queue.outlook(need),
    };
  }

  readonly rules: JobRules<'preflight'> = {
    work: async (job) => {
      const { config, need } = await this.#asked(job);
      const experiment = this.#experiments.get(job.subjectId);
      if (experiment === undefined) throw new StudioError('not_found');
      const { about: _, ...work } = this.#trainings.work(experiment, config);
      return { ...work, kind: 'preflight', memoryLimitMb: need.memoryMb, gpuMemoryLimitMb: this.#presets.gpuMemoryFor(need) };
    },
    need: async (job) => (await this.#asked(job)).need,
    ended: async () => {},
  };
}

function ignoreOver(error: unknown): void {
  if (!(error instanceof StudioError) || error.code !== 'job_over') throw error;
}
