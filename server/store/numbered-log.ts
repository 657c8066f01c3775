/**
 * The newest values of many numbered things (the labels of 100,000 pictures), for saving one of them durably in a time that does not depend on how many
 * there are: every save appends the thing's whole new value as a line of JSON, or, where the value is large, only what is to be amended of the one before. In
 * memory there is only where the newest lines of each number lie, and a `head`: what of the value is needed to show and to check without reading it.
 *
 *     DIR/log.G.jsonl    the lines; a torn last one is cut off. G rises when the file is written anew without what is outdated
 *     DIR/heads.jsonl    places and heads up to some offset, so that opening need not read the whole log; made anew where it is missing
 */
import { createHash } from 'node:crypto';
import { type FileHandle, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DamagedFileError, makeFolder, removeLeftovers, syncFolder } from './durable.ts';
import { Journal, journalLines, type Place } from './journal.ts';

interface Entry<H> {
  /** Of the newest whole value. */
  place: Place;
  /** Of what has amended it since, in order. */
  amended: readonly Place[];
  head: H;
}

/** A line that tells only what is different from the value before; it carries its head, which cannot be told without that value. */
interface AmendedLine<H, D> {
  n: number;
  head: H;
  amend: D;
}

/** What a change gives: a whole value, what to amend of the one that is there, or null: leave it. */
export type Next<T, D> = T | { amend: D } | null;

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
/** After so many amendments, or as many bytes of them as the whole value has (and these at least), the whole value is written again. */
const MOST_AMENDED = 64;
const AMENDED_BYTES = 16 * 1024;
/** Values that are kept in memory because they were read or saved last. */
const WARM = 8;
/** Bytes that their lines have together at most. */
const WARM_BYTES = 16 * 2 ** 20;
/** Bytes that are held in memory while the log is written anew. */
const COPIED_BYTES = 4 * 2 ** 20;
const turn = () => new Promise((resolve) => setImmediate(resolve));

export interface NumberedLogSettings<T, H, D> {
  /** The value that results; both are left as they are. Where nothing is ever amended it is not needed. */
  amend?: (value: T, change: D) => T;
  /** Told in the moment in which a value that is on the disk becomes the one that head() tells. */
  changed?: (n: number, before: H | undefined, after: H) => void;
  /** Bytes below which a log is never written anew. */
  compactFrom?: number;
  /** Lines after which the heads are written again. */
  headsEvery?: number;
}

export class NumberedLog<T extends { n: number }, H, D = never> {
  readonly dir: string;
  readonly #headOf: (value: T) => H;
  readonly #amend: (value: T, change: D) => T;
  readonly #compactFrom: number;
  readonly #headsEvery: number;
  readonly #changed: ((n: number, before: H | undefined, after: H) => void) | undefined;
  readonly #entries: Map<number, Entry<H>>;
  readonly #turns = new Map<number, Promise<unknown>>();
  /** The longest unused first. Each with the entry that it is the value of. */
  readonly #warm = new Map<number, { entry: Entry<H>; value: T; bytes: number }>();
  #warmBytes = 0;
  #journal: Journal<T | AmendedLine<H, D>>;
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

  private constructor(dir: string, opened: Opened<T, H, D>, headOf: (value: T) => H, settings: NumberedLogSettings<T, H, D>) {
    this.dir = dir;
    this.#headOf = headOf;
    this.#amend = settings.amend ?? noAmendments;
    this.#compactFrom = settings.compactFrom ?? 16 * 2 ** 20;
    this.#changed = settings.changed;
    this.#headsEvery = settings.headsEvery ?? 10_000;
    this.#entries = opened.entries;
    this.#journal = opened.journal;
    this.#generation = opened.generation;
    this.#sinceHeads = opened.replayed;
    this.#liveBytes = 0;
    for (const entry of opened.entries.values()) this.#liveBytes += bytesOf(entry);
  }

  /** Throws DamagedFileError. `headOf` must give plain JSON. */
  static async open<T extends { n: number }, H, D = never>(
    dir: string,
    headOf: (value: T) => H,
    settings: NumberedLogSettings<T, H, D> = {},
  ): Promise<NumberedLog<T, H, D>> {
    await makeFolder(dir);
    await removeLeftovers(dir);
    const names = await readdir(dir);
    const generation = generationOf(names);
    for (const name of names) if (LOG.test(name) && name !== logName(generation)) await rm(join(dir, name));
    const file = join(dir, logName(generation));
    const journal = await Journal.open<T | AmendedLine<H, D>>(file);
    try {
      const entries = new Map<number, Entry<H>>();
      const from = await readHeads(dir, generation, journal, entries);
      let replayed = 0;
      for await (const { entry: line, place } of journalLines<T | AmendedLine<H, D>>(file, from)) {
        const before = entries.get(line.n);
        // The heads may know what was written after their mark.
        if (before !== undefined && newestOf(before).offset >= place.offset) continue;
        if (!amends(line)) entries.set(line.n, { place, amended: NONE, head: headOf(line) });
        else if (before === undefined) throw new DamagedFileError(file, `the line at ${place.offset} amends what is not there`);
        else entries.set(line.n, { place: before.place, amended: [...before.amended, place], head: line.head });
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

  /** What it gives is shared with other readers and must be left as it is. */
  async read(n: number): Promise<Readonly<T> | undefined> {
    const entry = this.#entries.get(n);
    if (entry === undefined) return undefined;
    const warm = this.#warm.get(n);
    const value = warm?.entry === entry ? warm.value : await this.#add(this.#journal, entry);
    if (this.#entries.get(n) === entry) this.#keepWarm(n, entry, value);
    return value;
  }

  /** The reads are under way before the log can be exchanged; an exchanged log is closed only after its reads. */
  async #add(journal: Journal<T | AmendedLine<H, D>>, { place, amended }: Entry<H>): Promise<T> {
    const [whole, ...changes] = await Promise.all([place, ...amended].map((one) => journal.read(one)));
    return changes.reduce<T>((value, line) => this.#amend(value, (line as AmendedLine<H, D>).amend), whole as T);
  }

  #keepWarm(n: number, entry: Entry<H>, value: T): void {
    this.#letCool(n);
    const bytes = bytesOf(entry);
    if (bytes > WARM_BYTES) return;
    this.#warm.set(n, { entry, value, bytes });
    this.#warmBytes += bytes;
    for (const oldest of this.#warm.keys()) {
      if (this.#warm.size <= WARM && this.#warmBytes <= WARM_BYTES) break;
      this.#letCool(oldest);
    }
  }

  #letCool(n: number): void {
    this.#warmBytes -= this.#warm.get(n)?.bytes ?? 0;
    this.#warm.delete(n);
  }

  /**
   * Changes the value of a number: `change` sees its head of that moment and gives the new value, or what to amend of it (null: leave it), or throws. Changes
   * of one number happen one after another. Resolves with the value when it is on the disk; then head() and read() tell it.
   */
  update(n: number, change: (head: H | undefined) => Next<T, D> | Promise<Next<T, D>>): Promise<Readonly<T> | null> {
    return this.#inTurn(n, async () => {
      const next = await change(this.head(n));
      if (next === null) return null;
      if (!amends(next)) {
        await this.#append(next);
        return next;
      }
      const before = await this.read(n);
      if (before === undefined) throw new Error(`there is no value ${n} to be amended`);
      const value = this.#amend(before, next.amend);
      const { amended, place } = await this.#append(value, next);
      const bytes = amended.reduce((sum, one) => sum + one.bytes, 0);
      if (amended.length >= MOST_AMENDED || bytes > Math.max(place.bytes, AMENDED_BYTES)) this.#makeWhole(n);
      return value;
    });
  }

  /** Writes the whole value again, after the save that has made it due. Where it cannot be written, the next save tries again. */
  #makeWhole(n: number): void {
    this.#inTurn(n, async () => {
      const value = this.#closed ? undefined : await this.read(n);
      if (value !== undefined && this.#entries.get(n)!.amended.length > 0) await this.#append(value);
    }).catch(() => {});
  }

  #inTurn<R>(n: number, work: () => Promise<R>): Promise<R> {
    const running = (this.#turns.get(n) ?? Promise.resolve()).then(work);
    const settled = running
      .catch(() => {})
      .then(() => {
        if (this.#turns.get(n) === settled) this.#turns.delete(n);
      });
    this.#turns.set(n, settled);
    return running;
  }

  async #append(value: T, change?: { amend: D }): Promise<Entry<H>> {
    while (this.#gate !== null) await this.#gate;
    if (this.#broken !== null) throw this.#broken;
    this.#appending += 1;
    let entry: Entry<H>;
    try {
      const { n } = value;
      const head = this.#headOf(value);
      const place = await this.#journal.append(change === undefined ? value : { n, head, amend: change.amend });
      const before = this.#entries.get(n);
      entry =
        change === undefined || before === undefined ? { place, amended: NONE, head } : { place: before.place, amended: [...before.amended, place], head };
      this.#entries.set(n, entry);
      this.#keepWarm(n, entry, value);
      this.#changed?.(n, before?.head, head);
      this.#liveBytes += bytesOf(entry) - (before === undefined ? 0 : bytesOf(before));
      this.#sinceHeads += 1;
    } finally {
      this.#appending -= 1;
      if (this.#appending === 0) this.#idle?.();
    }
    this.#keepUp();
    return entry;
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

  /** Resolves when no change is under way, well or not: a save may have made a whole value due, which is written behind it. */
  async quiet(): Promise<void> {
    while (this.#turns.size > 0) await Promise.allSettled(this.#turns.values());
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
          const { place, amended, head } = this.#entries.get(n)!;
          return `${JSON.stringify([n, place.offset, place.bytes, head, ...amended.flatMap(({ offset, bytes }) => [offset, bytes])])}\n`;
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
    const copied = new Map<number, { from: Entry<H>; to: Place }>();
    let fresh: Journal<T | AmendedLine<H, D>> | null = null;
    let open = () => {};
    try {
      await writeNew(
        this.dir,
        name,
        async (file, path) => {
          let size = 0;
          const copyChanged = async () => {
            const numbers = [...this.#entries].filter(([n, entry]) => copied.get(n)?.from !== entry).map(([n]) => n);
            for (let from = 0; from < numbers.length; ) {
              const lines: Buffer[] = [];
              for (let held = 0; from < numbers.length && lines.length < 2 * SLICE && held < COPIED_BYTES; from++) {
                const n = numbers[from]!;
                const entry = this.#entries.get(n)!;
                const line = entry.amended.length === 0 ? await old.readBytes(entry.place) : Buffer.from(JSON.stringify(await this.#add(old, entry)));
                lines.push(line, NEWLINE);
                copied.set(n, { from: entry, to: { offset: size, bytes: line.length } });
                size += line.length + 1;
                held += line.length;
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
          fresh = await Journal.open<T | AmendedLine<H, D>>(path);
        },
        // From here on the new file is what the next start reads.
        () => {
          this.#journal = fresh!;
          this.#generation += 1;
          this.#liveBytes = 0;
          for (const [n, { to }] of copied) {
            const entry = this.#entries.get(n)!;
            entry.place = to;
            entry.amended = NONE;
            this.#liveBytes += bytesOf(entry);
          }
        },
      );
    } catch (error) {
      // Renamed, but perhaps not for good: a save that is acknowledged now might be in the wrong file after a power cut.
      if (fresh !== null && this.#journal === fresh) this.#broken = error;
      else await (fresh as Journal<T | AmendedLine<H, D>> | null)?.close();
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
export async function* readNewest<T extends { n: number }, D = never>(dir: string, amend: (value: T, change: D) => T = noAmendments): AsyncGenerator<T> {
  const generation = generationOf(await readdir(dir));
  const file = join(dir, logName(generation));
  const places = new Map<number, Place[]>();
  for await (const { entry, place } of journalLines<T | AmendedLine<unknown, D>>(file)) {
    const before = places.get(entry.n);
    if (!amends(entry)) places.set(entry.n, [place]);
    else if (before === undefined) throw new DamagedFileError(file, `the line at ${place.offset} amends what is not there`);
    else before.push(place);
  }
  const handle = await open(file, 'r');
  const read = async ({ offset, bytes }: Place) => {
    const line = Buffer.allocUnsafe(bytes);
    await handle.read(line, 0, bytes, offset);
    return JSON.parse(line.toString('utf8')) as unknown;
  };
  try {
    for (const [, [whole, ...amended]] of [...places].sort(([a], [b]) => a - b)) {
      let value = (await read(whole!)) as T;
      for (const place of amended) value = amend(value, ((await read(place)) as AmendedLine<unknown, D>).amend);
      yield value;
    }
  } finally {
    await handle.close();
  }
}

/** Tells one state of a log from any other, without opening it: its newest file and how long that is. */
export async function newestLog(dir: string): Promise<string> {
  const generation = generationOf(await readdir(dir));
  const { size } = await stat(join(dir, logName(generation)));
  return `${generation} ${size}`;
}

const generationOf = (names: readonly string[]) => Math.max(0, ...names.map((name) => Number(LOG.exec(name)?.[1] ?? 0)));

interface Opened<T extends { n: number }, H, D> {
  entries: Map<number, Entry<H>>;
  journal: Journal<T | AmendedLine<H, D>>;
  generation: number;
  replayed: number;
}

function noAmendments(): never {
  throw new Error('this log was opened without a way to amend its values');
}

const amends = <T extends object, A extends { amend: unknown }>(one: T | A): one is A => 'amend' in one;

const NONE: readonly Place[] = [];
const newestOf = ({ place, amended }: Entry<unknown>): Place => amended.at(-1) ?? place;
/** Of its lines with their newlines. */
const bytesOf = ({ place, amended }: Entry<unknown>): number => amended.reduce((sum, { bytes }) => sum + bytes + 1, place.bytes + 1);
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
async function readHeads<H>(
  dir: string,
  generation: number,
  journal: Pick<Journal<unknown>, 'readBytes' | 'size'>,
  entries: Map<number, Entry<H>>,
): Promise<number> {
  try {
    let upTo: number | null = null;
    let read = 0;
    for await (const { entry } of journalLines<HeadsOf | [number, number, number, H, ...number[]]>(join(dir, HEADS))) {
      if (Array.isArray(entry)) {
        const [n, offset, bytes, head, ...rest] = entry;
        const amended = rest.length === 0 ? NONE : Array.from({ length: rest.length / 2 }, (_, i) => ({ offset: rest[2 * i]!, bytes: rest[2 * i + 1]! }));
        entries.set(n, { place: { offset, bytes }, amended, head });
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
