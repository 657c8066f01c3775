/**
 * A study: the search as a state machine over its trials, without processes, files or clocks. Everything that happens is an event; the same events in
 * the same order give the same state, so a study is kept as a journal of its events and is back after a power cut by replaying it.
 *
 * The study decides, its owner acts:
 *
 *     for (let event = study.next(); event !== null; event = study.next()) { append the event to the journal; study.apply(event); do what it says }
 *
 * after the start, and after each event that came from outside (a worker's, the user's), which is applied and appended alike. Applying an event that
 * says nothing new changes nothing and returns false, so that a worker's journal can be told again from its beginning after a restart.
 */
import type { Sampler } from './sampler.ts';
import { type SamplerName, samplers } from './samplers.ts';
import { contains, type Params, type Space, spaceProblems } from './space.ts';
import type { StoppingRule, Training } from './stopping.ts';
import { type Stopping, stoppingRule } from './stopping-rules.ts';
import { compareValues, type Direction, isPending, type Report, type Trial } from './trial.ts';

export interface StudyConfig {
  readonly space: Space;
  readonly sampler: SamplerName;
  readonly stopping: Stopping;
  /** Name of the metric that is optimised; its values come with the events. */
  readonly objective: string;
  readonly direction: Direction;
  /** Reached by a value at least as good; null: every finished trial will do. */
  readonly goal: number | null;
  /** Metrics that are shown beside the objective. */
  readonly additionalMetrics: readonly string[];
  readonly maxTrials: number;
  readonly parallelTrials: number;
  /** With so many failed trials the study has failed. */
  readonly maxFailedTrials: number;
  /** Resource of a finished trial: epochs. */
  readonly maxResource: number;
  readonly seed: number;
  /** Tried before the sampler is asked: what the user would have run without a search. */
  readonly first: readonly Params[];
}

export type Metrics = Readonly<Record<string, number | null>>;

/** What next() decides. */
export type Decision =
  /** A new trial: queue its training, from the beginning up to `until`. */
  | { readonly type: 'proposed'; readonly trial: number; readonly params: Params; readonly until: number }
  /** A paused trial goes on: queue its training, from its checkpoint up to `until`. */
  | { readonly type: 'resumed'; readonly trial: number; readonly until: number }
  /** The stopping rule ends a trial: stop it if it runs; its checkpoint is not needed any more. */
  | { readonly type: 'pruned'; readonly trial: number }
  /** The study is over: stop this trial, or take it out of the queue. */
  | { readonly type: 'aborted'; readonly trial: number }
  /** Nothing is left to try. */
  | { readonly type: 'exhausted' };

/** What the owner tells. A value that is not finite is null. */
export type Happening =
  /** The trial has its resources and trains. */
  | { readonly type: 'started'; readonly trial: number }
  /** The trial waits for resources again: the box was restarted. */
  | { readonly type: 'requeued'; readonly trial: number }
  /** The objective after `resource` epochs. */
  | { readonly type: 'reported'; readonly trial: number; readonly resource: number; readonly value: number | null; readonly metrics?: Metrics }
  /** Trained up to `until`, the checkpoint is kept. */
  | { readonly type: 'paused'; readonly trial: number }
  /** Trained to the end. */
  | { readonly type: 'finished'; readonly trial: number; readonly value: number | null; readonly metrics?: Metrics }
  /** `reason`: a code of the error catalogue. */
  | { readonly type: 'failed'; readonly trial: number; readonly reason: string }
  /** The user ends the study. */
  | { readonly type: 'stopped' }
  /** The user has chosen a trial to stand for the study. */
  | { readonly type: 'submitted'; readonly trial: number };

export type StudyEvent = Decision | Happening;

export interface StudyTrial extends Trial {
  /** The last values of all metrics that were told. */
  readonly metrics: Metrics;
  /** Why it failed: a code of the error catalogue, or 'no_value'. */
  readonly reason: string | null;
}

/** running (which includes: all trials have ended, one meets the goal, and the user has yet to submit), succeeded, failed, aborted. */
export type StudyStatus = 'running' | 'succeeded' | 'failed' | 'aborted';
export type StudyFailure = 'too_many_failed' | 'goal_not_reached';

/** An event that cannot be: of a trial that does not exist, out of order, out of the space. The journal is not this study's, or the caller is wrong. */
export class StudyEventError extends Error {
  constructor(event: StudyEvent, why: string) {
    super(`${why}: ${JSON.stringify(event)}`);
    this.name = 'StudyEventError';
  }
}

export type StudyProblem = 'space' | 'maxTrials' | 'parallelTrials' | 'maxFailedTrials' | 'maxResource' | 'seed' | 'goal' | 'first' | 'stopping';

/** The settings of a study that cannot be; empty where all is well. */
export function studyProblems(config: StudyConfig): StudyProblem[] {
  const counts = (['maxTrials', 'parallelTrials', 'maxFailedTrials', 'maxResource'] as const).filter(
    (field) => !Number.isSafeInteger(config[field]) || config[field] < 1,
  );
  const spaceIsValid = spaceProblems(config.space).length === 0;
  const problems: StudyProblem[] = [...counts];
  if (!spaceIsValid) problems.push('space');
  if (spaceIsValid && !config.first.every((params) => contains(config.space, params))) problems.push('first');
  if (!Number.isSafeInteger(config.seed) || config.seed < 0) problems.push('seed');
  if (config.goal !== null && !Number.isFinite(config.goal)) problems.push('goal');
  try {
    stoppingRule(config.stopping);
  } catch {
    problems.push('stopping');
  }
  return problems;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type MutableTrial = Mutable<Omit<StudyTrial, 'reports'>> & { reports: Report[] };

const finite = (value: number | null): number | null => (value !== null && Number.isFinite(value) ? value : null);

export class Study {
  readonly config: StudyConfig;
  readonly #sampler: Sampler;
  readonly #rule: StoppingRule;
  readonly #training: Training;
  readonly #trials: MutableTrial[] = [];
  #exhausted = false;
  #stopped = false;
  #submitted: number | null = null;

  /** Throws RangeError where studyProblems() finds something. */
  constructor(config: StudyConfig) {
    const problems = studyProblems(config);
    if (problems.length > 0) throw new RangeError(`These settings of the study are not valid: ${problems.join(', ')}`);
    this.config = config;
    this.#sampler = samplers[config.sampler];
    this.#rule = stoppingRule(config.stopping);
    this.#training = { direction: config.direction, maxResource: config.maxResource };
  }

  static replay(config: StudyConfig, events: Iterable<StudyEvent>): Study {
    const study = new Study(config);
    for (const event of events) study.apply(event);
    return study;
  }

  get trials(): readonly StudyTrial[] {
    return this.#trials;
  }

  /** The trial that the user chose. */
  get submitted(): number | null {
    return this.#submitted;
  }

  get status(): StudyStatus {
    if (this.#submitted !== null) return 'succeeded';
    if (this.#stopped) return 'aborted';
    return this.failure === null ? 'running' : 'failed';
  }

  /** Why the study has failed, null where it has not. A goal that was met is not lost by trials that fail afterwards: submitting stays possible. */
  get failure(): StudyFailure | null {
    if (this.#submitted !== null || this.#stopped || this.goalMet) return null;
    if (this.#tooManyFailed) return 'too_many_failed';
    return this.settled ? 'goal_not_reached' : null;
  }

  /** Nothing runs, waits or could still be started. */
  get settled(): boolean {
    return this.#closed && !this.#trials.some((trial) => isPending(trial) || trial.state === 'paused');
  }

  meetsGoal({ value }: Trial): boolean {
    return value !== null && (this.config.goal === null || compareValues(this.config.direction, value, this.config.goal) <= 0);
  }

  /** At least one trial meets the goal: the study can be submitted. */
  get goalMet(): boolean {
    return this.#trials.some((trial) => this.meetsGoal(trial));
  }

  /** The finished trial with the best value, the earliest of equal ones. */
  get best(): StudyTrial | null {
    let best: StudyTrial | null = null;
    for (const trial of this.#trials) {
      if (trial.value !== null && (best === null || compareValues(this.config.direction, trial.value, best.value!) < 0)) best = trial;
    }
    return best;
  }

  /** Any finished trial may stand for the study, once one meets the goal: the user may like a smaller model better. */
  canSubmit(trial: number): boolean {
    return this.status === 'running' && this.goalMet && this.#trials[trial]?.state === 'succeeded';
  }

  get #tooManyFailed(): boolean {
    return this.#trials.filter(({ state }) => state === 'failed').length >= this.config.maxFailedTrials;
  }

  /** No new trial will be started. */
  get #closed(): boolean {
    return this.#exhausted || this.#stopped || this.#submitted !== null || this.#trials.length >= this.config.maxTrials || this.#tooManyFailed;
  }

  /** What is to be done next; null: nothing before something happens. Changes nothing: the event takes effect by apply(). */
  next(): Decision | null {
    const pending = this.#trials.filter(isPending);
    if (this.status !== 'running') {
      const open = this.#trials.find((trial) => isPending(trial) || trial.state === 'paused');
      return open === undefined ? null : { type: 'aborted', trial: open.id };
    }
    const bad = pending.find((trial) => trial.state === 'running' && this.#rule.stops(this.#training, this.#trials, trial));
    if (bad !== undefined) return { type: 'pruned', trial: bad.id };
    if (pending.length >= this.config.parallelTrials) return null;

    const last = this.#closed && pending.length === 0;
    const resumed = this.#tooManyFailed ? null : this.#rule.resume(this.#training, this.#trials, last);
    if (resumed !== null) return { type: 'resumed', ...resumed };
    if (last) {
      const paused = this.#trials.find(({ state }) => state === 'paused');
      return paused === undefined ? null : { type: 'pruned', trial: paused.id };
    }
    if (this.#closed) return null;
    const trial = this.#trials.length;
    const { space, direction, seed, maxTrials, first } = this.config;
    const params = first[trial] ?? this.#sampler.suggest({ space, direction, seed, maxTrials }, this.#trials);
    return params === null ? { type: 'exhausted' } : { type: 'proposed', trial, params, until: this.#rule.until(this.#training) };
  }

  /**
   * Takes an event in. Returns false where it says nothing new, or comes too late to matter: it need not be journaled then. Throws StudyEventError where
   * it cannot be, and has changed nothing.
   */
  apply(event: StudyEvent): boolean {
    switch (event.type) {
      case 'proposed':
        return this.#propose(event);
      case 'exhausted': {
        const changed = !this.#exhausted;
        this.#exhausted = true;
        return changed;
      }
      case 'stopped':
        if (this.status !== 'running') return false;
        this.#stopped = true;
        return true;
      case 'submitted':
        if (this.#submitted === event.trial) return false;
        if (!this.canSubmit(event.trial)) throw new StudyEventError(event, 'This trial cannot be submitted');
        this.#submitted = event.trial;
        return true;
      default:
        return this.#change(event);
    }
  }

  #propose(event: StudyEvent & { type: 'proposed' }): boolean {
    const { trial: id, params, until } = event;
    if (id < this.#trials.length) return false;
    if (id > this.#trials.length) throw new StudyEventError(event, 'A trial is missing before this one');
    if (!contains(this.config.space, params)) throw new StudyEventError(event, 'These parameters are not in the space');
    this.#trials.push({ id, params, state: 'draft', reports: [], value: null, until, metrics: {}, reason: null });
    return true;
  }

  #change(event: Exclude<StudyEvent, { type: 'proposed' | 'exhausted' | 'stopped' | 'submitted' }>): boolean {
    const trial = this.#trials[event.trial];
    if (trial === undefined) throw new StudyEventError(event, 'There is no such trial');
    const { state } = trial;
    const pending = isPending(trial);
    if (!pending && state !== 'paused') return false;
    switch (event.type) {
      case 'started':
        if (state !== 'draft') return false;
        trial.state = 'running';
        return true;
      case 'requeued':
        if (state !== 'running') return false;
        trial.state = 'draft';
        return true;
      case 'reported': {
        const { resource } = event;
        // A worker that went on from its checkpoint tells the epochs since then once more.
        if (!pending || resource <= (trial.reports.at(-1)?.resource ?? 0)) return false;
        trial.reports.push({ resource, value: finite(event.value) });
        trial.metrics = { ...trial.metrics, ...event.metrics };
        return true;
      }
      case 'paused':
        if (pending && trial.until >= this.config.maxResource) throw new StudyEventError(event, 'This trial was to be trained to the end');
        // Not there yet: told again from a time before the trial was resumed.
        if (!pending || (trial.reports.at(-1)?.resource ?? 0) < trial.until) return false;
        trial.state = 'paused';
        return true;
      case 'resumed':
        if (state !== 'paused' || event.until <= trial.until) return false;
        trial.state = 'draft';
        trial.until = event.until;
        return true;
      case 'finished':
        if (!pending) return false;
        trial.value = finite(event.value);
        trial.state = trial.value === null ? 'failed' : 'succeeded';
        trial.reason = trial.value === null ? 'no_value' : null;
        trial.metrics = { ...trial.metrics, ...event.metrics };
        return true;
      case 'failed':
        trial.state = 'failed';
        trial.reason = event.reason;
        return true;
      case 'pruned':
      case 'aborted':
        trial.state = event.type;
        return true;
    }
  }
}
