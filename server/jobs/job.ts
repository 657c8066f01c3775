/** What a job sees of the process that runs it, and what it has to be. */
import type { EpochRow, JobSpec, Progress } from './protocol.ts';

export interface JobHost {
  /** JOBDIR. */
  readonly dir: string;
  /** JOBDIR/out. Made by the job. */
  readonly out: string;
  /** Stop was asked for: finish the step, save what can be used, return 'stopped'. */
  readonly stopping: boolean;
  /** Epochs that the journal holds already, from before this launch. */
  readonly journaledEpochs: ReadonlySet<number>;
  /** A line in English, and the same in Korean. On the disk when it returns: a few lines a second at most. */
  log(level: 'info' | 'warning' | 'error', text: string, ko: string): void;
  /** On the disk when it returns. */
  epoch(row: EpochRow): void;
  /** Sent to the daemon at most four times a second; the rest is dropped. Call as often as you like. */
  progress(progress: Progress): void;
}

export type JobEnd = 'succeeded' | 'stopped';

/** Does the job. Throws a StudioError for what a person can understand and repair, anything else for what they cannot. */
export type Job<Spec extends JobSpec> = (spec: Spec, host: JobHost) => Promise<JobEnd>;
