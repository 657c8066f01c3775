/** A job as it is stored, and what the queue must know of each kind. What the jobs are for is the studio's matter. */
import type { Failure, JobKind, JobState } from '../http/schemas.ts';
import type {
  AnnotateSpec,
  InferSpec,
  IngestSpec,
  LabelsSpec,
  MergeSpec,
  PicturePreprocessSpec,
  PreflightSpec,
  SampleSpec,
  TablePreprocessSpec,
  TablePreviewSpec,
  TableSpec,
  TrainSpec,
  WeightsSpec,
} from '../jobs/protocol.ts';
import type { Need } from './allocation.ts';

export interface StoredJob {
  id: number;
  kind: JobKind;
  title: string;
  projectId: number;
  ownerId: number;
  /** The dataset, experiment, inference or annotation task that the job is for. */
  subjectId: number;
  state: JobState;
  /** Of a trial: which one of the experiment's, and up to which epoch it is trained. */
  trial?: { index: number; until: number };
  /** preset null: a light job, which runs in a slot of its own beside the trainings. */
  resources: { preset: string | null; cores: number; memoryMb: number; gpu: string | null };
  /** What its preset asked for when it was queued: an edited preset does not change what waits. */
  need?: Need;
  stopRequested: boolean;
  /** How often the job was launched again because the daemon had died right behind its launch; back to 0 when it gets on. */
  relaunches: number;
  /** The boot of the machine in which it was launched. Gone when it gets on: whatever ends the daemon then, it is not the launch of this job. */
  launchedIn?: string;
  /** Its last launch: it is stopped at once, and only saves what it has (JobRules.keeps). */
  windingUp?: true;
  /** The daemon was stopped in order: the next launch is no sign of trouble. */
  interrupted: boolean;
  failure: Failure | null;
  createdAt: string;
  startedAt: string | null;
  finishedAt: string | null;
}

/**
 * How the jobs that are no trainings share the slots beside these. bulk: as long as there are pictures, so that they are counted. quick: somebody waits
 * for it at the screen, for seconds; a slot more is kept for them, which bulk ones never take.
 */
export const PACE: { [K in JobKind]: 'training' | 'bulk' | 'quick' } = {
  ingest: 'bulk',
  sample: 'bulk',
  infer: 'bulk',
  labels: 'bulk',
  annotate: 'bulk',
  merge: 'quick',
  table: 'bulk',
  preprocess: 'bulk',
  table_preview: 'quick',
  preflight: 'quick',
  weights: 'bulk',
  train: 'training',
  trial: 'training',
};

/** Light jobs that compute: they use the cores that no training has when they begin, too, and leave them to the system to share when one begins later. */
export const USES_IDLE_CORES: ReadonlySet<JobKind> = new Set(['infer', 'annotate']);

type Work<Spec> = Omit<Spec, 'jobId' | 'threads' | 'memoryMb' | 'device'>;
/** What a worker is to do, without the share of the box that the queue gives it. */
export interface WorkOf {
  ingest: Work<IngestSpec>;
  labels: Work<LabelsSpec>;
  sample: Work<SampleSpec>;
  table_preview: Work<TablePreviewSpec>;
  table: Work<TableSpec>;
  preprocess: Work<PicturePreprocessSpec> | Work<TablePreprocessSpec>;
  train: Work<TrainSpec>;
  trial: Work<TrainSpec>;
  preflight: Work<PreflightSpec>;
  infer: Work<InferSpec>;
  annotate: Work<AnnotateSpec>;
  merge: Work<MergeSpec>;
  weights: Work<WeightsSpec>;
}

/** How a job ended. */
export interface JobVerdict {
  state: 'succeeded' | 'stopped' | 'failed';
  failure: Failure | null;
}

/** What the studio tells the queue of a kind of job. */
export interface JobRules<K extends JobKind = JobKind> {
  /** The work, asked for at each launch. Throws where it cannot be done any more: the job fails with that. */
  work(job: Readonly<StoredJob>, dir: string): Promise<WorkOf[K]> | WorkOf[K];
  /** Of a job without a preset that computes as one with a preset does: what that one asks for. */
  need?(job: Readonly<StoredJob>): Promise<Need>;
  started?(job: Readonly<StoredJob>): Promise<void>;
  /** Whether a job that was ended by force would save something if it were launched once more and stopped at once. */
  keeps?(dir: string): Promise<boolean>;
  /**
   * Takes over what the job has made, or clears it away. Called when the worker is gone and before the job's end is stored; after a crash of the
   * daemon, or where it fails for a reason that passes (a full disk), it is called again, so it must stand that. Where it throws anything else the job has
   * failed, and it is called with that verdict.
   */
  ended(job: Readonly<StoredJob>, verdict: JobVerdict, dir: string): Promise<void>;
}

export type RulesTable = { [K in JobKind]: JobRules<K> };
