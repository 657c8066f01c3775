/**
 * An append-only file of JSON lines. append() resolves when its line is on the disk; lines that arrive while the disk is busy are written
 * together. A last line that a power cut tore is cut off when the journal is opened.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DamagedFileError, syncFolder } from './durable.ts';

const NEWLINE = 10;

export class Journal<T> {
  readonly #handle: FileHandle;
  #size: number;
  #waiting: { line: string; resolve: () => void; reject: (error: unknown) => void }[] = [];
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

  append(entry: T): Promise<void> {
    if (this.#broken !== null) return Promise.reject(this.#broken);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ line: `${JSON.stringify(entry)}\n`, resolve, reject });
      this.#flushing ??= this.#flush();
    });
  }

  async close(): Promise<void> {
    await this.#flushing;
    await this.#handle.close();
  }

  async #flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      const bytes = Buffer.from(batch.map(({ line }) => line).join(''));
      try {
        await this.#handle.appendFile(bytes);
        await this.#handle.datasync();
        this.#size += bytes.length;
        for (const { resolve } of batch) resolve();
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
  let handle: FileHandle;
  try {
    handle = await open(file, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  try {
    const block = Buffer.alloc(64 * 1024);
    let rest: Buffer = Buffer.alloc(0);
    for (;;) {
      const { bytesRead } = await handle.read(block, 0, block.length, null);
      if (bytesRead === 0) return;
      const bytes = Buffer.concat([rest, block.subarray(0, bytesRead)]);
      const whole = bytes.lastIndexOf(NEWLINE) + 1;
      rest = bytes.subarray(whole);
      for (const line of bytes.toString('utf8', 0, whole).split('\n')) {
        if (line !== '') yield parseLine<T>(line, file);
      }
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
