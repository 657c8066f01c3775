/**
 * An append-only file of JSON lines. append() resolves when its line is on the disk; lines that arrive while the disk is busy are written
 * together. A last line that a power cut tore is cut off when the journal is opened.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DamagedFileError, syncFolder } from './durable.ts';

const NEWLINE = 10;

/** Where a line lies in its file, without its newline. */
export interface Place {
  offset: number;
  bytes: number;
}

export class Journal<T> {
  readonly #handle: FileHandle;
  #size: number;
  #waiting: { line: string; resolve: (place: Place) => void; reject: (error: unknown) => void }[] = [];
  #flushing: Promise<void> | null = null;
  #broken: unknown = null;

  private constructor(handle: FileHandle, size: number) {
    this.#handle = handle;
    this.#size = size;
  }

  static async open<T>(file: string): Promise<Journal<T>> {
    const handle = await open(file, 'a+');
    try {
      const { size } = await handle.stat();
      const whole = await endOfLastLine(handle, size);
      if (whole < size) await handle.truncate(whole);
      await handle.sync();
      await syncFolder(dirname(file));
      return new Journal(handle, whole);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Bytes that are on the disk. */
  get size(): number {
    return this.#size;
  }

  append(entry: T): Promise<Place> {
    if (this.#broken !== null) return Promise.reject(this.#broken);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ line: `${JSON.stringify(entry)}\n`, resolve, reject });
      this.#flushing ??= this.#flush();
    });
  }

  /** The line at a place that append() or journalLines() has told. */
  async read({ offset, bytes }: Place): Promise<T> {
    return JSON.parse((await this.readBytes({ offset, bytes })).toString('utf8')) as T;
  }

  async readBytes({ offset, bytes }: Place): Promise<Buffer> {
    const line = Buffer.allocUnsafe(bytes);
    const { bytesRead } = await this.#handle.read(line, 0, bytes, offset);
    if (bytesRead !== bytes) throw new Error(`the journal ends at ${offset + bytesRead}, ${offset + bytes} expected`);
    return line;
  }

  async close(): Promise<void> {
    await this.#flushing;
    await this.#handle.close();
  }

  async #flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      const lines = batch.map(({ line }) => Buffer.from(line));
      try {
        await this.#handle.appendFile(Buffer.concat(lines));
        await this.#handle.datasync();
        for (const [i, { resolve }] of batch.entries()) {
          const bytes = lines[i]!.length;
          resolve({ offset: this.#size, bytes: bytes - 1 });
          this.#size += bytes;
        }
      } catch (error) {
        // A half-written line must not be followed by another one: put the end back, or write no more.
        await this.#handle.truncate(this.#size).catch((reason: unknown) => {
          this.#broken = reason;
        });
        for (const { reject } of batch) reject(error);
      }
    }
    this.#flushing = null;
  }
}

/** The offset behind the last newline. */
async function endOfLastLine(handle: FileHandle, size: number): Promise<number> {
  const block = Buffer.alloc(64 * 1024);
  let end = size;
  while (end > 0) {
    const start = Math.max(0, end - block.length);
    const { bytesRead } = await handle.read(block, 0, end - start, start);
    const at = block.subarray(0, bytesRead).lastIndexOf(NEWLINE);
    if (at >= 0) return start + at + 1;
    end = start;
  }
  return 0;
}

/**
 * The entries of a journal that another process may be appending to: a torn last line is left out, a damaged line elsewhere throws
 * DamagedFileError. Nothing where there is no such file. Reads piece by piece, so it never holds up the event loop.
 */
export async function* readJournal<T>(file: string): AsyncGenerator<T> {
  for await (const { entry } of journalLines<T>(file)) yield entry;
}

/** As readJournal, from an offset (of a line's beginning) on, each entry with its place. */
export async function* journalLines<T>(file: string, from = 0): AsyncGenerator<{ entry: T; place: Place }> {
  let handle: FileHandle;
  try {
    handle = await open(file, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  try {
    const block = Buffer.alloc(64 * 1024);
    let rest: Buffer[] = [];
    let start = from;
    for (let at = from; ; ) {
      const { bytesRead } = await handle.read(block, 0, block.length, at);
      if (bytesRead === 0) return;
      at += bytesRead;
      const read = block.subarray(0, bytesRead);
      const whole = read.lastIndexOf(NEWLINE) + 1;
      if (whole === 0) {
        rest.push(Buffer.from(read));
        continue;
      }
      const bytes = Buffer.concat([...rest, read.subarray(0, whole)]);
      rest = [Buffer.from(read.subarray(whole))];
      for (let line = 0; line < bytes.length; ) {
        const end = bytes.indexOf(NEWLINE, line);
        if (end > line) yield { entry: parseLine<T>(bytes.toString('utf8', line, end), file), place: { offset: start + line, bytes: end - line } };
        line = end + 1;
      }
      start += bytes.length;
    }
  } finally {
    await handle.close();
  }
}

function parseLine<T>(line: string, file: string): T {
  try {
    return JSON.parse(line) as T;
  } catch {
    throw new DamagedFileError(file, `this line is not JSON: ${line.slice(0, 80)}`);
  }
}
