/**
 * The trash: deleted datasets as they were, until they are restored or their time is over. A record lies either with the datasets or here; where a crash
 * has left it in both, the deletion or the return was never acknowledged, and the dataset counts. Its files stay where they are.
 */
import type { Collection } from '../../store/collection.ts';
import type { StoredDataset } from './datasets.ts';
import { DAY_MS, type TrashClock } from './trash-clock.ts';

const SAME_MS = 3600_000;

export interface TrashedDataset {
  /** The dataset's own. */
  id: number;
  dataset: StoredDataset;
  trashedAt: string;
  /** By the trash's clock; absent in records of before there was one, which are kept for the whole time once more. */
  since?: number;
  trashedBy: number;
}

export class Trash {
  readonly #records: Collection<TrashedDataset>;
  readonly #clock: TrashClock;
  readonly #keepMs: number;

  constructor(records: Collection<TrashedDataset>, clock: TrashClock, keepDays: number) {
    this.#records = records;
    this.#clock = clock;
    this.#keepMs = keepDays * DAY_MS;
  }

  get(id: number): Readonly<TrashedDataset> | undefined {
    return this.#records.get(id);
  }

  all(): Readonly<TrashedDataset>[] {
    return [...this.#records.all()];
  }

  of(projectId: number): Readonly<TrashedDataset>[] {
    return this.#records.filter(({ dataset }) => dataset.projectId === projectId);
  }

  /** When it is deleted for good, as far as that is known. */
  endOf(record: Readonly<TrashedDataset>): string {
    const byDates = Date.parse(record.trashedAt) + this.#keepMs;
    const counted = Date.now() + Math.max(0, this.#leftOf(record));
    // The same each time it is asked for, as long as the clock goes as it should.
    return new Date(Math.abs(byDates - counted) < SAME_MS ? byDates : counted).toISOString();
  }

  overdue(): Readonly<TrashedDataset>[] {
    return this.#records.filter((record) => this.#leftOf(record) <= 0);
  }

  /** The time that has been counted outlives the daemon. Called now and then. */
  keepTime(): Promise<void> {
    return this.#clock.keep();
  }

  #leftOf({ since = 0 }: Readonly<TrashedDataset>): number {
    return this.#keepMs - (this.#clock.now() - since);
  }

  put(dataset: Readonly<StoredDataset>, by: number): Promise<Readonly<TrashedDataset>> {
    return this.#records.put({ id: dataset.id, dataset: { ...dataset }, trashedAt: new Date().toISOString(), since: this.#clock.now(), trashedBy: by });
  }

  async remove(id: number): Promise<void> {
    await this.#records.delete(id);
  }
}
