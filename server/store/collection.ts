/**
 * Records of one kind, one JSON file each: DATA/db/NAME/ID.json. All are held in memory; what is in memory is what is on the disk, because a
 * change is shown only after it is durable. Changes of one record happen one after another. Ids are never used again, not even after a delete.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Low } from 'lowdb';
import { DamagedFileError, DurableJson, makeFolder, removeDurably, removeLeftovers } from './durable.ts';

export interface Stored {
  readonly id: number;
}

const RECORD = /^([1-9]\d{0,14})\.json$/;
const SEQUENCE = 'sequence.json';

export class Collection<T extends Stored> {
  readonly name: string;
  readonly #dir: string;
  readonly #records: Map<number, Low<T>>;
  readonly #busy = new Map<number, Promise<unknown>>();
  readonly #sequence: Low<{ last: number }>;
  #sequenceBusy: Promise<unknown> = Promise.resolve();

  private constructor(name: string, dir: string, records: Map<number, Low<T>>, sequence: Low<{ last: number }>) {
    this.name = name;
    this.#dir = dir;
    this.#records = records;
    this.#sequence = sequence;
  }

  /** Reads all records. Throws DamagedFileError that names a file which cannot be understood. */
  static async open<T extends Stored>(db: string, name: string): Promise<Collection<T>> {
    const dir = join(db, name);
    await makeFolder(dir);
    await removeLeftovers(dir);
    const records = new Map<number, Low<T>>();
    let highest = 0;
    for (const file of await readdir(dir)) {
      const [, digits] = RECORD.exec(file) ?? [];
      if (digits === undefined) continue;
      const path = join(dir, file);
      const adapter = new DurableJson<T>(path);
      const record = await adapter.read();
      if (record === null) continue;
      const id = Number(digits);
      if (typeof record !== 'object' || record.id !== id) throw new DamagedFileError(path, `it does not hold the record ${id}`);
      records.set(id, new Low(adapter, record));
      highest = Math.max(highest, id);
    }
    const sequenceFile = join(dir, SEQUENCE);
    const sequence = new Low(new DurableJson<{ last: number }>(sequenceFile), { last: 0 });
    await sequence.read();
    if (!Number.isSafeInteger(sequence.data.last)) throw new DamagedFileError(sequenceFile, 'it holds no number');
    sequence.data.last = Math.max(sequence.data.last, highest);
    const sorted = new Map([...records].sort(([a], [b]) => a - b));
    return new Collection(name, dir, sorted, sequence);
  }

  get size(): number {
    return this.#records.size;
  }

  get(id: number): Readonly<T> | undefined {
    return this.#records.get(id)?.data;
  }

  /** In order of their ids. */
  *all(): IterableIterator<Readonly<T>> {
    for (const low of this.#records.values()) yield low.data;
  }

  filter(test: (record: Readonly<T>) => boolean): Readonly<T>[] {
    const found: Readonly<T>[] = [];
    for (const { data } of this.#records.values()) if (test(data)) found.push(data);
    return found;
  }

  find(test: (record: Readonly<T>) => boolean): Readonly<T> | undefined {
    for (const { data } of this.#records.values()) if (test(data)) return data;
    return undefined;
  }

  /** A new id, durable before it is handed out. */
  nextId(): Promise<number> {
    const turn = this.#sequenceBusy.then(async () => {
      const last = this.#sequence.data.last + 1;
      await this.#sequence.adapter.write({ last });
      this.#sequence.data.last = last;
      return last;
    });
    this.#sequenceBusy = turn.catch(() => {});
    return turn;
  }

  /** Makes a record with a new id. */
  async add(build: (id: number) => T): Promise<Readonly<T>> {
    const id = await this.nextId();
    return this.put(build(id));
  }

  /** Resolves when the record is on the disk; then it is seen by get(). */
  put(record: T): Promise<Readonly<T>> {
    return this.#inTurn(record.id, async () => {
      await this.#write(record);
      return record;
    });
  }

  /**
   * Changes a record: `change` gets its state of that moment and gives the new one, or throws to leave it. Undefined where there is no such
   * record (any more). Rules are checked inside `change`, so that nothing comes between check and change.
   */
  update(id: number, change: (record: Readonly<T>) => T): Promise<Readonly<T> | undefined> {
    return this.#inTurn(id, async () => {
      const before = this.get(id);
      if (before === undefined) return undefined;
      const after = change(before);
      if (after !== before) await this.#write(after);
      return after;
    });
  }

  /** Resolves when the deletion is on the disk; true where there was such a record. */
  delete(id: number): Promise<boolean> {
    return this.#inTurn(id, async () => {
      if (!this.#records.has(id)) return false;
      await removeDurably(join(this.#dir, `${id}.json`));
      this.#records.delete(id);
      return true;
    });
  }

  async #write(record: T): Promise<void> {
    const low = this.#records.get(record.id);
    if (low !== undefined) {
      await low.adapter.write(record);
      low.data = record;
      return;
    }
    const fresh = new Low<T>(new DurableJson(join(this.#dir, `${record.id}.json`)), record);
    await fresh.write();
    this.#records.set(record.id, fresh);
  }

  #inTurn<R>(id: number, work: () => Promise<R>): Promise<R> {
    const turn = (this.#busy.get(id) ?? Promise.resolve()).then(work);
    const settled = turn
      .catch(() => {})
      .then(() => {
        if (this.#busy.get(id) === settled) this.#busy.delete(id);
      });
    this.#busy.set(id, settled);
    return turn;
  }
}

/** A single durable JSON document. */
export class Document<T extends object> {
  readonly #low: Low<T>;
  #busy: Promise<unknown> = Promise.resolve();

  private constructor(low: Low<T>) {
    this.#low = low;
  }

  /** What `initial` has must be in the file, too, or it is damaged. Throws DamagedFileError. */
  static async open<T extends object>(file: string, initial: T): Promise<Document<T>> {
    const low = new Low<T>(new DurableJson<T>(file), initial);
    await low.read();
    if (typeof low.data !== 'object') throw new DamagedFileError(file, 'it holds no document');
    const missing = Object.keys(initial).find((key) => !(key in low.data));
    if (missing !== undefined) throw new DamagedFileError(file, `it holds no ${missing}`);
    return new Document(low);
  }

  get data(): Readonly<T> {
    return this.#low.data;
  }

  update(change: (data: Readonly<T>) => T): Promise<Readonly<T>> {
    const turn = this.#busy.then(async () => {
      const after = change(this.#low.data);
      await this.#low.adapter.write(after);
      this.#low.data = after;
      return after;
    });
    this.#busy = turn.catch(() => {});
    return turn;
  }
}
