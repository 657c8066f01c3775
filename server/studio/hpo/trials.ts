/** A trial: its name, its trainings, what they tell of it, and the row in which people see it. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CATALOGUE, type ErrorCode, failureOf, StudioError } from '../../errors.ts';
import type { EpochRow, Failure, Parameters, TrainResult } from '../../http/schemas.ts';
import type { HpoMetric, HpoRequest, TrialRow } from '../../http/training-schemas.ts';
import type { StoredJob } from '../../queue/jobs.ts';
import type { Queue } from '../../queue/queue.ts';
import type { Metrics, Study, StudyTrial } from '../../search/study.ts';
import { lastValue } from '../../search/trial.ts';

const LETTERS = 8;

/** hpo-20210901-101048-5jq2jsrd: the same at each call, so that it need not be kept. */
export function trialName(experimentId: number, stamp: string, trial: number): string {
  const digest = createHash('sha256').update(`${experimentId} ${stamp} ${trial}`).digest();
  return `hpo-${stamp}-${BigInt(`0x${digest.toString('hex')}`)
    .toString(36)
    .slice(-LETTERS)}`;
}

/** The trainings of a trial (or of all trials) of a search, the oldest first. */
export function trainingsOf(queue: Queue, experimentId: number, trial?: number): Readonly<StoredJob>[] {
  return queue.filter((job) => job.kind === 'trial' && job.subjectId === experimentId && (trial === undefined || job.trial?.index === trial));
}

/** What a trial is trained with. */
export function parametersOf({ parameters }: HpoRequest, study: Study, trial: number): Parameters {
  return { ...parameters, ...study.trials[trial]!.params } as Parameters;
}

/** What a training has come to, in its folder; null where it has made no model. */
export const readResult = (dir: string): Promise<TrainResult | null> =>
  readFile(join(dir, 'out/result.json'), 'utf8').then(
    (text) => JSON.parse(text) as TrainResult,
    () => null,
  );

/** What an epoch tells of the metrics. */
export function metricsOfEpoch({ train_accuracy, train_loss, validation_accuracy, validation_loss }: EpochRow): Record<string, number> {
  return { train_accuracy, train_loss, validation_accuracy, validation_loss };
}

/** Of the model that a trial has made. */
export function metricsOfResult({ evaluation: { training, validation, test } }: TrainResult): { [M in HpoMetric]: number | null } {
  return {
    train_accuracy: training.accuracy,
    train_loss: training.loss,
    validation_accuracy: validation.accuracy,
    validation_loss: validation.loss,
    test_accuracy: test?.accuracy ?? null,
    test_loss: test?.loss ?? null,
  };
}

export interface TrialFrame {
  experimentId: number;
  stamp: string;
  study: Study;
  /** Submit is possible at all: asked once for all trials, because it looks at all of them. */
  submittable: boolean;
  /** Of this trial, the oldest first. */
  jobs: readonly Readonly<StoredJob>[];
}

export function trialRow(trial: StudyTrial, { experimentId, stamp, study, submittable, jobs }: TrialFrame): TrialRow {
  const { id, state, params } = trial;
  const last = jobs.at(-1);
  const over = state !== 'draft' && state !== 'running' && state !== 'paused';
  return {
    trial: id,
    name: trialName(experimentId, stamp, id),
    state,
    parameters: { ...params },
    value: lastValue(trial)?.value ?? null,
    metrics: { ...(trial.metrics as Metrics) },
    epoch: trial.reports.at(-1)?.resource ?? 0,
    epochs: study.config.maxResource,
    meetsGoal: study.meetsGoal(trial),
    canSubmit: submittable && state === 'succeeded',
    submitted: study.submitted === id,
    jobId: last?.id ?? null,
    failure: state === 'failed' ? (last?.failure ?? failureFor(trial.reason)) : null,
    createdAt: jobs[0]?.createdAt ?? new Date(0).toISOString(),
    startedAt: jobs.find(({ startedAt }) => startedAt !== null)?.startedAt ?? null,
    finishedAt: over ? (last?.finishedAt ?? null) : null,
  };
}

/** Where its training has no failure of its own: it was stopped, or could not be queued, or its end is just being stored. */
function failureFor(reason: string | null): Failure {
  return failureOf(new StudioError(reason !== null && Object.hasOwn(CATALOGUE, reason) ? (reason as ErrorCode) : 'internal'));
}
