/** The end of jobs: what they have made is taken over, then their record says so. With the disk full both are put off, and the verdict stands. */
import { failureOf } from '../errors.ts';
import type { NewEvent } from '../jobs/journal.ts';
import type { Collection } from '../store/collection.ts';
import { Again, mayPass } from './again.ts';
import type { JobRules, JobVerdict, StoredJob } from './jobs.ts';

export interface TakeOverOptions {
  jobs: Collection<StoredJob>;
  folder(id: number): string;
  rulesOf(kind: StoredJob['kind']): JobRules;
  /** Adds an event to the job's log, unless its end is told there. */
  tell(id: number, event: NewEvent): Promise<void>;
  /** The record says that the job is over. */
  ended(job: Readonly<StoredJob>): void;
  log(error: unknown, about: string): void;
  againMs?: number;
}

export class TakeOvers {
  readonly #options: TakeOverOptions;
  /** First attempts under way. */
  readonly #attempts = new Map<number, Promise<void>>();
  readonly #again: Again;

  constructor(options: TakeOverOptions) {
    this.#options = options;
    this.#again = new Again(options.log, options.againMs);
  }

  /** Is it being taken over, or to be when there is room on the disk? */
  has(id: number): boolean {
    return this.#attempts.has(id) || this.#again.has(id);
  }

  /** Of a job whose worker is gone. Resolves when it is over, or put off. */
  async begin(job: Readonly<StoredJob>, verdict: JobVerdict): Promise<void> {
    const { id } = job;
    const about = `end of job ${id}`;
    const attempt = this.#takeOver(job, verdict).catch((error: unknown) => {
      this.#options.log(error, about);
      this.#again.later(id, about, () => this.#takeOver(job, verdict));
    });
    this.#attempts.set(id, attempt);
    await attempt;
    this.#attempts.delete(id);
  }

  /** Resolves when it is over, or put off. */
  async attempt(id: number): Promise<void> {
    await this.#attempts.get(id);
  }

  /** What was put off is not done any more. */
  forget(id: number): void {
    this.#again.forget(id);
  }

  close(): void {
    this.#again.close();
  }

  /** Throws what may pass: it is done once more then. */
  async #takeOver(job: Readonly<StoredJob>, verdict: JobVerdict): Promise<void> {
    const { id } = job;
    const { jobs, log, tell, folder, rulesOf } = this.#options;
    const rules = rulesOf(job.kind);
    let { state, failure } = verdict;
    try {
      // Where the worker could not say how it ended, the daemon does.
      await tell(id, { type: 'end', ...verdict });
    } catch (error) {
      if (mayPass(error)) throw error;
      log(error, `log of job ${id}`);
    }
    try {
      await rules.ended(job, verdict, folder(id));
    } catch (error) {
      if (mayPass(error)) throw error;
      log(error, `taking over job ${id}`);
      state = 'failed';
      failure = failureOf(error);
      try {
        await rules.ended(job, { state, failure }, folder(id));
      } catch (again) {
        if (mayPass(again)) throw again;
        log(again, `failure of job ${id}`);
      }
    }
    const over = await jobs.update(id, ({ launchedIn: _, windingUp: __, ...before }) => ({ ...before, state, failure, finishedAt: new Date().toISOString() }));
    if (over !== undefined) this.#options.ended(over);
  }
}
