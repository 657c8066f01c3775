/**
 * HPO: an experiment that is searched for. A study (server/search/study.ts) decides; its decisions and what the trainings tell are journaled, and each trial
 * is a training in the queue, or several, one after another from the same checkpoint, where a stopping rule looks at it on the way.
 *
 * All that happens to one study happens in turn (live-study.ts). The journal comes first: what it says is done again after a crash where it had not been done.
 */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../config.ts';
import { failureOf, isDiskFull, StudioError } from '../../errors.ts';
import type { EventBus } from '../../events.ts';
import type { EpochRow, Experiment } from '../../http/schemas.ts';
import type { HpoOptions, HpoRequest } from '../../http/training-schemas.ts';
import type { JobRules, JobVerdict, StoredJob } from '../../queue/jobs.ts';
import type { Presets } from '../../queue/presets.ts';
import { isActive, type Queue } from '../../queue/queue.ts';
import type { Decision, Study } from '../../search/study.ts';
import { isPending } from '../../search/trial.ts';
import { checkAllowed } from '../experiments/actions.ts';
import { type Experiments, isGoingOn, type StoredExperiment, type StoredSearch } from '../experiments/experiments.ts';
import { dateAndTime, freeName, hpoName } from '../experiments/names.ts';
import type { Trainings } from '../experiments/trainings.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { Notifications } from '../notifications/notifications.ts';
import type { StoredUser } from '../people/users.ts';
import type { Projects } from '../projects/projects.ts';
import { LiveStudy } from './live-study.ts';
import { checkSearchedFreezing, smallestSizes } from './parameters.ts';
import { checkLimits, hpoOptions, studyConfig } from './settings.ts';
import { StudyFolder } from './study-folder.ts';
import { metricsOfEpoch, metricsOfResult, parametersOf, readResult, trainingsOf, trialName } from './trials.ts';
import { SearchViews, summaryOf } from './views.ts';

export interface HpoServices {
  /** DATA/studies */
  dir: string;
  settings: Config['hpo'];
  experiments: Experiments;
  trainings: Trainings;
  queue: Queue;
  jobs: Jobs;
  presets: Presets;
  projects: Projects;
  notifications: Notifications;
  events: EventBus;
  log(error: unknown, about: string): void;
}

export class Hpo {
  readonly #services: HpoServices;
  readonly #live = new Map<number, LiveStudy>();
  readonly views: SearchViews;

  constructor(services: HpoServices) {
    this.#services = services;
    this.views = new SearchViews(services, (id) => this.#live.get(id)?.study);
    services.events.on('jobEvent', ({ jobId, event }) => {
      if (event.type !== 'epoch') return;
      const job = services.queue.get(jobId);
      if (job?.kind === 'trial') void this.#inTurn(job.subjectId, (live) => this.#hearEpoch(live, job, event.row));
    });
  }

  options(): HpoOptions {
    return hpoOptions(this.#services.settings);
  }

  // ---------------------------------------------------------------- what the buttons do

  /** Start. Throws as a Run does, and hpo_…. */
  async start(reader: StoredUser, id: number, asked: HpoRequest): Promise<Experiment> {
    const { experiments, trainings, dir } = this.#services;
    const draft = experiments.may(reader, id, 'hpo');
    trainings.check(draft, { ...asked, parameters: { ...asked.parameters, ...smallestSizes(asked.search) } });
    const start = trainings.startOf(reader, asked);
    const request = { ...asked, ...start };
    checkSearchedFreezing(request);
    checkLimits(request, this.#services.settings);
    const config = studyConfig(request);
    return experiments.exclusively(id, 'hpo', async () => {
      await new StudyFolder(dir, id).remove();
      const live = await this.#open(id, config);
      const { split, algorithm, parameters, preset } = request;
      const at = new Date();
      const stamp = dateAndTime(at).join('-');
      const search: StoredSearch = { request, ownerId: reader.id, stamp, submitted: null, summary: null };
      try {
        await experiments.update(id, (before) => {
          checkAllowed(before, 'hpo');
          const name = before.name || freeName(hpoName(at), experiments.namesIn(before.projectId));
          return { ...before, name, mode: 'hpo', status: 'pending', config: { split, algorithm, parameters, preset, ...start }, search };
        });
      } catch (error) {
        await live.close();
        await live.folder.remove();
        throw error;
      }
      this.#live.set(id, live);
      await this.#begin(id);
      return experiments.view(reader, experiments.get(id)!);
    });
  }

  /** The first decisions. Where they cannot be kept the experiment is a draft again, and the reason is thrown. */
  async #begin(id: number): Promise<void> {
    let reason: unknown = null;
    await this.#inTurn(id, async (live) => {
      try {
        await this.#drive(id, live);
      } catch (error) {
        if (this.#trainings(id).length > 0) throw error;
        await this.#services.experiments.backToDraft(id);
        await this.#close(id);
        await live.folder.remove();
        reason = error;
      }
    }).catch(() => {
      // Something was begun already, or cannot be taken back: it is started, and goes on by itself as soon as it can.
    });
    if (reason !== null) throw reason;
  }

  /** Stop: as for any experiment, see Experiments.stop. */
  async stop(id: number): Promise<void> {
    await this.#inTurn(id, async (live) => {
      if (await live.take({ type: 'stopped' })) await this.#drive(id, live);
    });
  }

  /** Throws experiment_refused or hpo_submit_refused. */
  async submit(reader: StoredUser, id: number, trial: number): Promise<Experiment> {
    const { experiments, projects } = this.#services;
    const experiment = this.views.searched(reader, id);
    projects.editable(reader, experiment.projectId);
    if (experiment.status !== 'running') throw new StudioError('experiment_refused', { action: 'submit', status: experiment.status });
    await this.#inTurn(id, async (live) => {
      if (!live.study.canSubmit(trial)) throw new StudioError('hpo_submit_refused');
      await live.take({ type: 'submitted', trial });
      await this.#drive(id, live);
    });
    return experiments.view(reader, experiments.get(id)!);
  }

  /** What is left of a search when its experiment is deleted. */
  async forget(id: number): Promise<void> {
    await this.#close(id);
    await new StudyFolder(this.#services.dir, id).remove();
  }

  /** Searches of a project that go on or wait for Submit or Stop. */
  countLive(projectId: number): number {
    const { experiments } = this.#services;
    return [...this.#live.keys()].filter((id) => experiments.get(id)?.projectId === projectId).length;
  }

  // ---------------------------------------------------------------- the study and its trainings

  #trainings(id: number, trial?: number): Readonly<StoredJob>[] {
    return trainingsOf(this.#services.queue, id, trial);
  }

  #open(id: number, config: Study['config']): Promise<LiveStudy> {
    const { dir, log } = this.#services;
    return LiveStudy.open({ folder: new StudyFolder(dir, id), config, log, catchUp: (live) => this.#catchUp(id, live) });
  }

  /** Nothing where the study is not going on (any more). */
  #inTurn(id: number, work: (live: LiveStudy) => Promise<void>): Promise<void> {
    const live = this.#live.get(id);
    return live === undefined ? Promise.resolve() : live.inTurn(() => work(live));
  }

  /** Does what the study decides, until it waits for something. */
  async #drive(id: number, live: LiveStudy): Promise<void> {
    for (let decision = await live.decide(); decision !== null; decision = await live.decide()) await this.#act(id, live, decision);
    await this.#settle(id, live);
  }

  async #act(id: number, live: LiveStudy, decision: Decision): Promise<void> {
    switch (decision.type) {
      case 'proposed':
      case 'resumed':
        return this.#train(id, live, decision.trial);
      case 'pruned':
      case 'aborted':
        this.#stopTrainings(id, decision.trial);
        // Of one that was paused; a running one is still writing there.
        if (!this.#trainings(id, decision.trial).some(isActive)) await live.folder.dropCheckpoint(decision.trial);
        return;
      case 'exhausted':
        return;
    }
  }

  /** Queues a trial's training, up to where the study wants it now. One that cannot be queued has failed; on a full disk it waits for room. */
  async #train(id: number, live: LiveStudy, trial: number): Promise<void> {
    const { experiments, queue, presets } = this.#services;
    const experiment = experiments.get(id);
    if (experiment?.search === undefined) return;
    const { request, ownerId, stamp } = experiment.search;
    try {
      const preset = { name: request.preset, need: presets.need(request.preset) };
      const { until } = live.study.trials[trial]!;
      const title = trialName(id, stamp, trial);
      await queue.submit(() => ({ kind: 'trial', title, projectId: experiment.projectId, ownerId, subjectId: id, preset, trial: { index: trial, until } }));
    } catch (error) {
      if (isDiskFull(error)) throw error;
      if (!(error instanceof StudioError)) this.#services.log(error, `queuing of trial ${trial} of experiment ${id}`);
      await live.take({ type: 'failed', trial, reason: failureOf(error).code });
    }
  }

  /** Not waited for: the end of each comes back here as an event. */
  #stopTrainings(id: number, trial?: number): void {
    for (const job of this.#trainings(id, trial).filter(isActive)) {
      this.#services.queue.stop(job.id).catch((error: unknown) => {
        if (!(error instanceof StudioError)) this.#services.log(error, `stopping of job ${job.id}`);
      });
    }
  }

  async #hearEpoch(live: LiveStudy, job: Readonly<StoredJob>, row: EpochRow): Promise<void> {
    const metrics = metricsOfEpoch(row);
    const value = metrics[live.study.config.objective] ?? null;
    const heard = await live.take({ type: 'reported', trial: job.trial!.index, resource: row.epoch, value, metrics });
    if (heard) await this.#drive(job.subjectId, live);
  }

  /** All epochs of a training, of which some may have been heard already. */
  async #hearEpochs(live: LiveStudy, job: Readonly<StoredJob>): Promise<void> {
    const rows: EpochRow[] = [];
    try {
      for await (const event of this.#services.queue.events(job.id)) if (event.type === 'epoch') rows.push(event.row);
    } catch (error) {
      // A damaged log hides epochs from the stopping rule, no more: the study goes on.
      this.#services.log(error, `log of job ${job.id}`);
    }
    for (const row of rows) await this.#hearEpoch(live, job, row);
  }

  async #hearStart(live: LiveStudy, job: Readonly<StoredJob>): Promise<void> {
    const { experiments, projects } = this.#services;
    await live.take({ type: 'started', trial: job.trial!.index });
    if (experiments.get(job.subjectId)?.status !== 'pending') return;
    const experiment = await experiments.update(job.subjectId, (before) =>
      before.status === 'pending' ? { ...before, status: 'running', startedAt: before.startedAt ?? new Date().toISOString() } : (before as StoredExperiment),
    );
    if (experiment !== undefined) await projects.markWorking(experiment.projectId);
  }

  /** The end of a trial's training, told once more where it was told already. */
  async #hearEnd(live: LiveStudy, job: Readonly<StoredJob>, { state, failure }: JobVerdict, dir: string): Promise<void> {
    const { index: trial, until } = job.trial!;
    await this.#hearEpochs(live, job);
    const current = live.study.trials[trial];
    // An older training of a trial that has gone on since.
    if (current === undefined || current.until !== until) return;
    // Where its start could not be written.
    if (job.startedAt !== null) await this.#hearStart(live, job);
    const couldSubmit = live.study.goalMet;
    if (state === 'failed') await live.take({ type: 'failed', trial, reason: failure?.code ?? 'internal' });
    else if (state === 'stopped') await live.take({ type: 'failed', trial, reason: 'trial_stopped' });
    else {
      const result = await readResult(dir);
      // With a model it has ended, whatever epoch it was to be trained to: early stopping has seen to that.
      if (result === null && until < live.study.config.maxResource) await live.take({ type: 'paused', trial });
      else if (result === null) await live.take({ type: 'failed', trial, reason: 'model_unreadable' });
      else {
        const metrics = metricsOfResult(result);
        const value = metrics[live.study.config.objective as keyof typeof metrics];
        await live.take({ type: 'finished', trial, value, metrics });
      }
    }
    const after = live.study.trials[trial]!.state;
    if (after !== 'paused' && !isPending(live.study.trials[trial]!)) await live.folder.dropCheckpoint(trial);
    if (!couldSubmit && live.study.goalMet && live.study.status === 'running') await this.#tell(job.subjectId, 'success', GOAL_MET);
  }

  readonly rules: JobRules<'trial'> = {
    work: async (job) => {
      const experiment = this.#services.experiments.get(job.subjectId);
      const live = this.#live.get(job.subjectId);
      if (experiment?.search === undefined || job.trial === undefined || live === undefined) throw new StudioError('not_found');
      const { index, until } = job.trial;
      const { request } = experiment.search;
      const work = this.#services.trainings.work(experiment, { ...request, parameters: parametersOf(request, live.study, index) });
      return { ...work, about: { ...work.about, trial: job.title }, until, checkpoint: live.folder.checkpoint(index) };
    },
    started: async (job) => {
      await this.#inTurn(job.subjectId, (live) => this.#hearStart(live, job)).catch((error: unknown) => {
        // The study hears of it when it catches up.
        if (!isDiskFull(error)) throw error;
      });
    },
    ended: async (job, verdict, dir) => {
      await this.#inTurn(job.subjectId, async (live) => {
        await this.#hearEnd(live, job, verdict, dir);
        await this.#drive(job.subjectId, live);
      });
      await this.#tidy(job);
    },
  };

  // ---------------------------------------------------------------- the end of a study

  /** Brings the experiment to where the study is. */
  async #settle(id: number, live: LiveStudy): Promise<void> {
    const { study } = live;
    const { experiments } = this.#services;
    const { status } = study;
    if (status === 'running') {
      const experiment = experiments.get(id);
      if (experiment !== undefined) experiments.changed(experiment);
      return;
    }
    const finishedAt = new Date().toISOString();
    const end = await experiments.update(id, (before) => {
      if (before.search === undefined || !isGoingOn(before)) return before as StoredExperiment;
      const search = { ...before.search, summary: summaryOf(study), submitted: study.submitted };
      if (status === 'aborted') return { ...before, search, status: 'aborted', finishedAt };
      if (study.submitted === null) {
        const code = study.failure === 'too_many_failed' ? 'hpo_too_many_failed' : 'hpo_goal_not_reached';
        const { objective, settings } = before.search.request;
        const params = {
          metric: objective.metric,
          goal: objective.goal ?? '-',
          best: shown(study.best?.value, objective.goal),
          count: settings.maxFailedTrialCount,
        };
        return { ...before, search, status: 'failed', failure: failureOf(new StudioError(code, params)), finishedAt };
      }
      const job = this.#trainings(id, study.submitted).at(-1);
      const config = { ...before.config!, parameters: parametersOf(before.search.request, study, study.submitted) };
      return { ...before, search, config, status: 'succeeded', usable: true, jobId: job?.id ?? null, finishedAt };
    });
    await this.#close(id);
    this.#stopTrainings(id);
    if (end?.status === 'failed' && end.finishedAt === finishedAt) await this.#tell(id, 'error', end.failure!);
    for (const job of this.#trainings(id)) await this.#tidy(job);
  }

  /** What a trial that stands for nothing need not keep: a search of resnet152s leaves gigabytes. Its log, epochs and scores stay. */
  async #tidy(job: Readonly<StoredJob>): Promise<void> {
    const experiment = this.#services.experiments.get(job.subjectId);
    // While the daemon ends, a study that goes on is closed too.
    if (experiment === undefined || experiment.finishedAt === null) return;
    if (experiment.jobId !== job.id) {
      const out = join(this.#services.queue.folder(job.id), 'out');
      for (const name of ['model.onnx', 'weights.safetensors']) await rm(join(out, name), { force: true });
    }
    const others = this.#trainings(job.subjectId).filter((other) => other.id !== job.id && isActive(other));
    if (others.length === 0) await new StudyFolder(this.#services.dir, job.subjectId).dropCheckpoints();
  }

  async #close(id: number): Promise<void> {
    const live = this.#live.get(id);
    this.#live.delete(id);
    await live?.close();
  }

  async #tell(id: number, level: 'success' | 'error', text: { ko: string; en: string }): Promise<void> {
    const experiment = this.#services.experiments.get(id);
    if (experiment?.search === undefined) return;
    const { name, search } = experiment;
    await this.#services.notifications.add(search.ownerId, level, { ko: `${name}: ${text.ko}`, en: `${name}: ${text.en}` }, `/experiments/${id}`);
  }

  // ---------------------------------------------------------------- start of the daemon

  /** Before the queue starts: the studies as their journals tell them. */
  async recover(): Promise<void> {
    const { experiments, dir, log } = this.#services;
    for (const name of await readdir(dir)) {
      // The experiment was deleted, and the daemon died before its search was.
      if (experiments.get(Number(name))?.search !== undefined) continue;
      await rm(join(dir, name), { recursive: true, force: true }).catch((error: unknown) => log(error, `left over: study ${name}`));
    }
    for (const experiment of [...experiments.all()]) {
      const { id, search } = experiment;
      if (search === undefined || !isGoingOn(experiment)) continue;
      try {
        const live = await this.#open(id, studyConfig(search.request));
        this.#live.set(id, live);
        // Where this cannot be written now it does not matter: the next start of the training tells the study the same.
        await live.inTurn(() => this.#requeue(live)).catch(() => {});
      } catch (error) {
        log(error, `study of experiment ${id}`);
        await experiments
          .update(id, (before) => ({ ...before, status: 'failed', failure: failureOf(error), finishedAt: new Date().toISOString() }))
          .catch((reason: unknown) => log(reason, `study of experiment ${id}`));
      }
    }
  }

  async #requeue(live: LiveStudy): Promise<void> {
    for (const { id: trial } of live.study.trials) if (live.study.trials[trial]!.state === 'running') await live.take({ type: 'requeued', trial });
  }

  /** When the queue has started. */
  async goOn(): Promise<void> {
    // One that cannot be written now is tried again.
    for (const [id, live] of [...this.#live]) await live.inTurn(() => this.#catchUp(id, live)).catch(() => {});
  }

  /** What the journal says and had not been done is done, and what the trainings told meanwhile is heard. */
  async #catchUp(id: number, live: LiveStudy): Promise<void> {
    const { queue } = this.#services;
    for (const { id: trial } of live.study.trials) {
      const { until } = live.study.trials[trial]!;
      const job = this.#trainings(id, trial).findLast((candidate) => candidate.trial?.until === until);
      const { state } = live.study.trials[trial]!;
      const pending = isPending(live.study.trials[trial]!);
      if (job === undefined) {
        if (pending) await this.#train(id, live, trial);
      } else if (!isActive(job)) {
        if (pending) await this.#hearEnd(live, job, { state: job.state as JobVerdict['state'], failure: job.failure }, queue.folder(job.id));
      } else if (state === 'pruned' || state === 'aborted') this.#stopTrainings(id, trial);
      else if (pending && job.state === 'running') {
        await this.#hearStart(live, job);
        await this.#hearEpochs(live, job);
      }
    }
    await this.#drive(id, live);
  }

  /** Nothing is written any more when it resolves. */
  async close(): Promise<void> {
    for (const [id, live] of [...this.#live]) {
      await live.settled();
      await this.#close(id);
    }
  }
}

const GOAL_MET = {
  ko: '목표를 달성한 Trial이 있습니다. Submit으로 HPO를 마치거나 더 좋은 결과를 기다릴 수 있습니다.',
  en: 'A trial has reached the goal. Finish the HPO with Submit, or wait for a better one.',
};

/** As many digits as tell it apart from the goal. */
function shown(value: number | null | undefined, goal: number | null | undefined): number | string {
  if (value === null || value === undefined) return '-';
  for (let digits = 4; digits < 15; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (rounded !== goal) return rounded;
  }
  return value;
}
