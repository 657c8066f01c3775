/** The jobs that wait: trainings in one line, light jobs in another. Where each of them stands, and what it waits for. */
import type { Collection } from '../store/collection.ts';
import type { Allocation, Need } from './allocation.ts';
import { PACE, type StoredJob } from './jobs.ts';
import { gpuWaiting, lightWaiting, type Waiting, waitingFor } from './waiting.ts';

export interface WaitingJobsOptions {
  jobs: Collection<StoredJob>;
  allocation: Allocation;
  lightSlots: number;
  /** What the trainings ask for, by job. */
  needs: ReadonlyMap<number, Need>;
  /** Nobody works on it, or is about to. */
  isFree(id: number): boolean;
  /** It stands at another place. */
  changed(job: Readonly<StoredJob>): void;
}

export class WaitingJobs {
  readonly #options: WaitingJobsOptions;
  #places = new Map<number, number>();

  constructor(options: WaitingJobsOptions) {
    this.#options = options;
  }

  /** The light jobs that wait, or the trainings, in their order. */
  pending(light: boolean): Readonly<StoredJob>[] {
    return this.#options.jobs.filter((job) => job.state === 'pending' && (job.resources.preset === null) === light && this.#options.isFree(job.id));
  }

  /** It waits for a GPU that the box does not have (any more). */
  isStuck({ id }: Readonly<StoredJob>): boolean {
    const need = this.#options.needs.get(id);
    return need !== undefined && !this.#options.allocation.fits(need);
  }

  /** Where a training that asks for `need` would stand if it came now. */
  outlook(need: Need): Waiting & { now: boolean } {
    const { allocation } = this.#options;
    const before = this.pending(false).filter((job) => !this.isStuck(job)).length;
    const waiting = allocation.lacksGpu(need) ? gpuWaiting(before + 1, allocation.gpusKnown) : waitingFor(before + 1, need, allocation.free);
    return { ...waiting, now: before === 0 && allocation.isFree(need) };
  }

  /** Why it waits, and where it stands. */
  waiting(job: Readonly<StoredJob>): Waiting {
    const light = job.resources.preset === null;
    const place = Math.max(1, this.#before(job).findIndex(({ id }) => id === job.id) + 1);
    if (light) return lightWaiting(place, this.#options.lightSlots + (PACE[job.kind] === 'quick' ? 1 : 0));
    const { allocation } = this.#options;
    const need = this.#options.needs.get(job.id);
    if (need !== undefined && allocation.lacksGpu(need)) return gpuWaiting(place, allocation.gpusKnown);
    return waitingFor(place, need, allocation.free);
  }

  /** The waiting jobs among which one stands: quick ones do not wait behind bulk ones. */
  #before(job: Readonly<StoredJob>): Readonly<StoredJob>[] {
    const light = job.resources.preset === null;
    const pending = this.pending(light);
    if (!light) return pending.filter((other) => other.id === job.id || !this.isStuck(other));
    return pending.filter(({ kind }) => (PACE[kind] === 'quick') === (PACE[job.kind] === 'quick'));
  }

  /** Tells of each job that stands at another place than it did. */
  tellPlaces(): void {
    const places = new Map<number, number>();
    for (const light of [true, false]) for (const job of this.pending(light)) places.set(job.id, this.#before(job).findIndex(({ id }) => id === job.id) + 1);
    const before = this.#places;
    this.#places = places;
    for (const [id, place] of places) {
      const job = this.#options.jobs.get(id);
      if (before.get(id) !== place && job !== undefined) this.#options.changed(job);
    }
  }
}
