/**
 * The newest values of many numbered things (the labels of 100,000 pictures), for saving one of them durably in a time that does not depend on how many
 * there are: every save appends the thing's whole new value as a line of JSON. In memory there is only where the newest line of each number lies, and a
 * `head`: what of the value is needed to show and to check without reading it.
 *
 *     DIR/log.G.jsonl    the lines; a torn last one is cut off. G rises when the file is written anew without what is outdated
 *     DIR/heads.jsonl    places and heads up to some offset, so that opening need not read the whole log; made anew where it is missing
 */
import { createHash } from 'node:crypto';
import { type FileHandle, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, removeLeftovers, syncFolder } from './durable.ts';
import { Journal, journalLines, type Place } from './journal.ts';

interface Entry<H> {
  place: Place;
  head: H;
}

/** First line of heads.jsonl. `check`: of the log's bytes just before `upTo`, so that heads of another log are not believed. */
interface HeadsOf {
  generation: number;
  upTo: number;
  check: string;
}

const LOG = /^log\.(\d+)\.jsonl$/;
const HEADS = 'heads.jsonl';
/** Lines that are built or parsed between two turns of the event loop. */
const SLICE = 2048;
const CHECKED_BYTES = 256;
const turn = () => new Promise((resolve) => setImmediate(resolve));

export interface NumberedLogSettings<H> {
  /** Told in the moment in which a value that is on the disk becomes the one that head() tells. */
  changed?: (n: number, before: H | undefined, after: H) => void;
  /** Bytes below which a log is never written anew. */
  compactFrom?: number;
  /** Lines after which the heads are written again. */
  headsEvery?: number;
}

export class NumberedLog<T extends { n: number }, H> {
  readonly dir: string;
  readonly #headOf: (value: T) => H;
  readonly #compactFrom: number;
  readonly #headsEvery: number;
  readonly #changed: ((n: number, before: H | undefined, after: H) => void) | undefined;
  readonly #entries: Map<number, Entry<H>>;
  readonly #turns = new Map<number, Promise<unknown>>();
  #journal: Journal<T>;
  #generation: number;
  #liveBytes: number;
  #sinceHeads: number;
  /** Writing the heads or the log anew; one at a time. */
  #upkeep: Promise<void> | null = null;
  /** Appends wait while the log is exchanged for a new one. */
  #gate: Promise<void> | null = null;
  #appending = 0;
  #idle: (() => void) | null = null;
  #closed = false;
  #broken: unknown = null;

  private constructor(dir: string, opened: Opened<T, H>, headOf: (value: T) => H, settings: NumberedLogSettings<H>) {
    this.dir = dir;
    this.#headOf = headOf;
    this.#compactFrom = settings.compactFrom ?? 16 * 2 ** 20;
    this.#changed = settings.changed;
    this.#headsEvery = settings.headsEvery ?? 10_000;
    this.#entries = opened.entries;
    this.#journal = opened.journal;
    this.#generation = opened.generation;
    this.#sinceHeads = opened.replayed;
    this.#liveBytes = 0;
    for (const { place } of opened.entries.values()) this.#liveBytes += place.bytes + 1;
  }

  /** Throws DamagedFileError. `headOf` must give plain JSON. */
  static async open<T extends { n: number }, H>(dir: string, headOf: (value: T) => H, settings: NumberedLogSettings<H> = {}): Promise<NumberedLog<T, H>> {
    await makeFolder(dir);
    await removeLeftovers(dir);
    let generation = 0;
    const names = await readdir(dir);
    for (const name of names) generation = Math.max(generation, Number(LOG.exec(name)?.[1] ?? 0));
    for (const name of names) if (LOG.test(name) && name !== logName(generation)) await rm(join(dir, name));
    const journal = await Journal.open<T>(join(dir, logName(generation)));
    try {
      const entries = new Map<number, Entry<H>>();
      const from = await readHeads(dir, generation, journal, entries);
      let replayed = 0;
      for await (const { entry, place } of journalLines<T>(join(dir, logName(generation)), from)) {
        entries.set(entry.n, { place, head: headOf(entry) });
        replayed += 1;
      }
      return new NumberedLog(dir, { entries, journal, generation, replayed }, headOf, settings);
    } catch (error) {
      await journal.close();
      throw error;
    }
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Bytes on the disk. */
  get bytes(): number {
    return this.#journal.size;
  }

  head(n: number): H | undefined {
    return this.#entries.get(n)?.head;
  }

  *heads(): IterableIterator<[number, H]> {
    for (const [n, { head }] of this.#entries) yield [n, head];
  }

  async read(n: number): Promise<T | undefined> {
    const entry = this.#entries.get(n);
    // The read is under way before the log can be exchanged; an exchanged log is closed only after its reads.
    return entry === undefined ? undefined : this.#journal.read(entry.place);
  }

  /**
   * Changes the value of a number: `change` sees its head of that moment and gives the new value (null: leave it), or throws. Changes of one number
   * happen one after another. Resolves with the value when it is on the disk; then head() and read() tell it.
   */
  update(n: number, change: (head: H | undefined) => T | null | Promise<T | null>): Promise<T | null> {
    const work = async () => {
      const value = await change(this.head(n));
      if (value === null) return null;
      await this.#append(value);
      return value;
    };
    const running = (this.#turns.get(n) ?? Promise.resolve()).then(work);
    const settled = running
      .catch(() => {})
      .then(() => {
        if (this.#turns.get(n) === settled) this.#turns.delete(n);
      });
    this.#turns.set(n, settled);
    return running;
  }

  async #append(value: T): Promise<void> {
    while (this.#gate !== null) await this.#gate;
    if (this.#broken !== null) throw this.#broken;
    this.#appending += 1;
    try {
      const place = await this.#journal.append(value);
      const before = this.#entries.get(value.n);
      const head = this.#headOf(value);
      this.#entries.set(value.n, { place, head });
      this.#changed?.(value.n, before?.head, head);
      this.#liveBytes += place.bytes - (before?.place.bytes ?? -1);
      this.#sinceHeads += 1;
    } finally {
      this.#appending -= 1;
      if (this.#appending === 0) this.#idle?.();
    }
    this.#keepUp();
  }

  #keepUp(): void {
    if (this.#upkeep !== null || this.#closed) return;
    const wasteful = this.#journal.size > this.#compactFrom && this.#journal.size > 3 * this.#liveBytes;
    if (!wasteful && this.#sinceHeads < this.#headsEvery) return;
    this.#upkeep = (wasteful ? this.#compact() : this.#writeHeads())
      // Neither is needed to keep what was saved; the next save tries again.
      .catch(() => {})
      .finally(() => {
        this.#upkeep = null;
      });
  }

  /** Resolves when the changes that are under way now have ended, well or not. */
  async quiet(): Promise<void> {
    await Promise.allSettled(this.#turns.values());
  }

  /** Resolves when nothing is being written in the background. */
  async settled(): Promise<void> {
    while (this.#upkeep !== null) await this.#upkeep;
  }

  async close(): Promise<void> {
    await this.quiet();
    this.#closed = true;
    await this.settled();
    if (this.#sinceHeads > 0) await this.#writeHeads().catch(() => {});
    await this.#journal.close();
  }

  /** Heads newer than `upTo` may be among them: they are on the disk all the same, and are read again at the start. */
  async #writeHeads(): Promise<void> {
    const upTo = this.#journal.size;
    this.#sinceHeads = 0;
    const first: HeadsOf = { generation: this.#generation, upTo, check: await checkOf(this.#journal, upTo) };
    const numbers = [...this.#entries.keys()];
    await writeNew(this.dir, HEADS, async (file) => {
      await file.appendFile(`${JSON.stringify(first)}\n`);
      for (let from = 0; from < numbers.length; from += SLICE) {
        const lines = numbers.slice(from, from + SLICE).map((n) => {
          const { place, head } = this.#entries.get(n)!;
          return `${JSON.stringify([n, place.offset, place.bytes, head])}\n`;
        });
        await file.appendFile(lines.join(''));
        await turn();
      }
    });
  }

  /** Writes the log anew. Saves go on meanwhile; what they change is copied behind the rest while they wait for a moment. */
  async #compact(): Promise<void> {
    const old = this.#journal;
    const name = logName(this.#generation + 1);
    const copied = new Map<number, { from: Place; to: Place }>();
    let fresh: Journal<T> | null = null;
    let open = () => {};
    try {
      await writeNew(
        this.dir,
        name,
        async (file, path) => {
          let size = 0;
          const copyChanged = async () => {
            const numbers = [...this.#entries].filter(([n, { place }]) => copied.get(n)?.from !== place).map(([n]) => n);
            for (let from = 0; from < numbers.length; from += SLICE) {
              const lines: Buffer[] = [];
              for (const n of numbers.slice(from, from + SLICE)) {
                const { place } = this.#entries.get(n)!;
                lines.push(await old.readBytes(place), NEWLINE);
                copied.set(n, { from: place, to: { offset: size, bytes: place.bytes } });
                size += place.bytes + 1;
              }
              await file.appendFile(Buffer.concat(lines));
            }
          };
          await copyChanged();
          await copyChanged();
          await file.datasync();
          this.#gate = new Promise((resolve) => {
            open = resolve;
          });
          if (this.#appending > 0) {
            await new Promise<void>((resolve) => {
              this.#idle = resolve;
            });
            this.#idle = null;
          }
          await copyChanged();
          await file.sync();
          fresh = await Journal.open<T>(path);
        },
        // From here on the new file is what the next start reads.
        () => {
          this.#journal = fresh!;
          this.#generation += 1;
          for (const [n, { to }] of copied) this.#entries.get(n)!.place = to;
        },
      );
    } catch (error) {
      // Renamed, but perhaps not for good: a save that is acknowledged now might be in the wrong file after a power cut.
      if (fresh !== null && this.#journal === fresh) this.#broken = error;
      else await (fresh as Journal<T> | null)?.close();
      throw error;
    } finally {
      this.#gate = null;
      open();
    }
    await old.close();
    await rm(join(this.dir, logName(this.#generation - 1)), { force: true });
    await this.#writeHeads();
  }
}

/**
 * The newest value of each number, in ascending order of the numbers, of a log that nobody is writing to: for workers. Nothing in its folder is changed.
 * Throws DamagedFileError.
 */
export async function* readNewest<T extends { n: number }>(dir: string): AsyncGenerator<T> {
  let generation = 0;
  for (const name of await readdir(dir)) generation = Math.max(generation, Number(LOG.exec(name)?.[1] ?? 0));
  const file = join(dir, logName(generation));
  const places = new Map<number, Place>();
  for await (const { entry, place } of journalLines<T>(file)) places.set(entry.n, place);
  const handle = await open(file, 'r');
  try {
    for (const [, { offset, bytes }] of [...places].sort(([a], [b]) => a - b)) {
      const line = Buffer.allocUnsafe(bytes);
      await handle.read(line, 0, bytes, offset);
      yield JSON.parse(line.toString('utf8')) as T;
    }
  } finally {
    await handle.close();
  }
}

interface Opened<T extends { n: number }, H> {
  entries: Map<number, Entry<H>>;
  journal: Journal<T>;
  generation: number;
  replayed: number;
}

const NEWLINE = Buffer.from('\n');
const logName = (generation: number) => `log.${generation}.jsonl`;

/** A file that is there whole or not at all. */
async function writeNew(dir: string, name: string, write: (file: FileHandle, path: string) => Promise<void>, renamed?: () => void): Promise<void> {
  const temporary = join(dir, `.${name}.000000000000.tmp`);
  const file = await open(temporary, 'w');
  try {
    await write(file, temporary);
    await file.sync();
    await file.close();
    await rename(temporary, join(dir, name));
  } catch (error) {
    await file.close().catch(() => {});
    await rm(temporary, { force: true });
    throw error;
  }
  renamed?.();
  await syncFolder(dir);
}

async function checkOf(journal: Pick<Journal<unknown>, 'readBytes'>, upTo: number): Promise<string> {
  const offset = Math.max(0, upTo - CHECKED_BYTES);
  return createHash('sha256')
    .update(await journal.readBytes({ offset, bytes: upTo - offset }))
    .digest('base64url');
}

/** Fills `entries` from heads.jsonl where it belongs to this log; gives the offset from which the log is still to be read. */
async function readHeads<T extends { n: number }, H>(dir: string, generation: number, journal: Journal<T>, entries: Map<number, Entry<H>>): Promise<number> {
  try {
    let upTo: number | null = null;
    let read = 0;
    for await (const { entry } of journalLines<HeadsOf | [number, number, number, H]>(join(dir, HEADS))) {
      if (Array.isArray(entry)) {
        const [n, offset, bytes, head] = entry;
        entries.set(n, { place: { offset, bytes }, head });
        read += 1;
        if (read % SLICE === 0) await turn();
      } else if (entry.generation === generation && entry.upTo <= journal.size && entry.check === (await checkOf(journal, entry.upTo))) upTo = entry.upTo;
      else break;
    }
    if (upTo !== null) return upTo;
  } catch {
    // Damaged: the log itself tells it all.
  }
  entries.clear();
  return 0;
}
