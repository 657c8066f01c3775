/**
 * The trash: deleted datasets as they were, until they are restored or their time is over. A record lies either with the datasets or here; where a crash
 * has left it in both, the deletion or the return was never acknowledged, and the dataset counts. Its files stay where they are.
 */
import type { Collection } from '../../store/collection.ts';
import type { StoredDataset } from './datasets.ts';

const DAY_MS = 24 * 3600_000;

export interface TrashedDataset {
  /** The dataset's own. */
  id: number;
  dataset: StoredDataset;
  trashedAt: string;
  trashedBy: number;
}

export class Trash {
  readonly #records: Collection<TrashedDataset>;
  readonly #keepDays: number;

  constructor(records: Collection<TrashedDataset>, keepDays: number) {
    this.#records = records;
    this.#keepDays = keepDays;
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

  /** When it is deleted for good. */
  endOf({ trashedAt }: Readonly<TrashedDataset>): string {
    return new Date(Date.parse(trashedAt) + this.#keepDays * DAY_MS).toISOString();
  }

  overdue(now: number): Readonly<TrashedDataset>[] {
    return this.#records.filter((record) => Date.parse(this.endOf(record)) <= now);
  }

  put(dataset: Readonly<StoredDataset>, by: number): Promise<Readonly<TrashedDataset>> {
    return this.#records.put({ id: dataset.id, dataset: { ...dataset }, trashedAt: new Date().toISOString(), trashedBy: by });
  }

  async remove(id: number): Promise<void> {
    await this.#records.delete(id);
  }
}
