/** What people see of a search: how far it is, its trials, and the pictures of what they have shown. */
import { setImmediate as breathe } from 'node:timers/promises';
import { StudioError } from '../../errors.ts';
import type { EpochRow, HpoSummary } from '../../http/schemas.ts';
import type { HpoPictures, Hpo as HpoView, TrialDetails } from '../../http/training-schemas.ts';
import type { StoredJob } from '../../queue/jobs.ts';
import { importances } from '../../search/importance.ts';
import { history, parallelCoordinates, slices } from '../../search/pictures.ts';
import type { Study } from '../../search/study.ts';
import type { StoredExperiment, StoredSearch } from '../experiments/experiments.ts';
import type { StoredUser } from '../people/users.ts';
import type { HpoServices } from './hpo.ts';
import { studyConfig } from './settings.ts';
import { StudyFolder } from './study-folder.ts';
import { parametersOf, readResult, trainingsOf, trialRow } from './trials.ts';

type Searched = Readonly<StoredExperiment> & { search: StoredSearch };

export class SearchViews {
  readonly #services: Pick<HpoServices, 'dir' | 'experiments' | 'queue' | 'jobs'>;
  /** Of a search that goes on. */
  readonly #liveStudy: (id: number) => Study | undefined;

  constructor(services: Pick<HpoServices, 'dir' | 'experiments' | 'queue' | 'jobs'>, liveStudy: (id: number) => Study | undefined) {
    this.#services = services;
    this.#liveStudy = liveStudy;
  }

  /** Throws not_found where the reader sees no such experiment, or it was not searched for. */
  searched(reader: StoredUser, id: number): Searched {
    const experiment = this.#services.experiments.visible(reader, id);
    if (experiment.search === undefined) throw new StudioError('not_found');
    return experiment as Searched;
  }

  /** Of a search that is over: read from its journal. */
  async #study({ id, search }: Searched): Promise<Study> {
    return this.#liveStudy(id) ?? new StudyFolder(this.#services.dir, id).replay(studyConfig(search.request));
  }

  summary(id: number): HpoSummary | null {
    const study = this.#liveStudy(id);
    return study === undefined ? (this.#services.experiments.get(id)?.search?.summary ?? null) : summaryOf(study);
  }

  async look(reader: StoredUser, id: number): Promise<HpoView> {
    const experiment = this.searched(reader, id);
    const study = await this.#study(experiment);
    const { stamp, request } = experiment.search;
    const trainings = study.trials.map((): Readonly<StoredJob>[] => []);
    for (const job of trainingsOf(this.#services.queue, id)) trainings[job.trial!.index]?.push(job);
    const frame = { experimentId: id, stamp, study, submittable: isSubmittable(study) };
    return {
      experiment: this.#services.experiments.view(reader, experiment),
      config: request,
      trials: study.trials.map((trial) => trialRow(trial, { ...frame, jobs: trainings[trial.id]! })),
      best: study.best?.id ?? null,
      canSubmit: frame.submittable,
      settled: study.settled,
    };
  }

  async trial(reader: StoredUser, id: number, n: number): Promise<TrialDetails> {
    const experiment = this.searched(reader, id);
    const { queue, jobs } = this.#services;
    const study = await this.#study(experiment);
    const trial = study.trials[n];
    if (trial === undefined) throw new StudioError('not_found');
    const frame = { experimentId: id, stamp: experiment.search.stamp, study, submittable: isSubmittable(study), jobs: trainingsOf(queue, id, n) };
    const job = frame.jobs.at(-1);
    // A training that goes on from a checkpoint tells the epochs before it once more; one that has just been queued has told nothing yet.
    const epochs = new Map<number, EpochRow>();
    for (const { id: jobId } of frame.jobs) for await (const event of queue.events(jobId)) if (event.type === 'epoch') epochs.set(event.row.epoch, event.row);
    return {
      trial: trialRow(trial, frame),
      parameters: parametersOf(experiment.search.request, study, n),
      job: job === undefined ? null : jobs.view(job),
      epochs: [...epochs.values()],
      result: trial.state === 'succeeded' && job !== undefined ? await readResult(queue.folder(job.id)) : null,
    };
  }

  /** The importances are computed piece by piece, between which others are served. */
  async pictures(reader: StoredUser, id: number): Promise<HpoPictures> {
    const experiment = this.searched(reader, id);
    const { config, trials } = await this.#study(experiment);
    const seen = [...trials];
    const past = history(seen, config.direction);
    await breathe();
    const parallel = parallelCoordinates(config.space, seen);
    await breathe();
    const pictures = { history: past, parallel, slices: slices(config.space, seen), importance: await importances(config.space, seen, config.seed) };
    // The same shapes, which the schema calls mutable.
    return pictures as unknown as HpoPictures;
  }
}

/** As Study.canSubmit says of each trial that has succeeded; the goal is met by a succeeded trial alone. */
const isSubmittable = (study: Study) => study.status === 'running' && study.goalMet;

export function summaryOf(study: Study): HpoSummary {
  const { trials, config, submitted } = study;
  return {
    maxTrialCount: config.maxTrials,
    trials: trials.length,
    ended: trials.filter(({ state }) => state !== 'draft' && state !== 'running' && state !== 'paused').length,
    failed: trials.filter(({ state }) => state === 'failed').length,
    metric: config.objective,
    best: study.best?.value ?? null,
    goalMet: study.goalMet,
    submitted,
  };
}
