/**
 * Room on the disk that nobody uses, for when nothing else is left: DATA/reserve for what a start has to write (the lock, the states of jobs), DATA/reserve-sign-in
 * for somebody who signs in to delete something. Each is given up when it is needed and made again when there is room.
 */
import { randomBytes } from 'node:crypto';
import { rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { writeDurably } from './durable.ts';
import { sizeOf } from './size.ts';

/** A thousand records. */
const MOST_BYTES = 4 * 2 ** 20;
const SHARE_OF_DISK = 0.01;
/** It is not to take the last of what is left. */
const TIMES_FREE = 4;

export class Reserve {
  readonly #dir: string;
  readonly #file: string;

  /** `dir` has to be there. */
  constructor(dir: string, name: 'reserve' | 'reserve-sign-in') {
    this.#dir = dir;
    this.#file = join(dir, name);
  }

  async giveUp(): Promise<void> {
    await rm(this.#file, { force: true });
  }

  async giveUpIfShort(): Promise<void> {
    const { bytes, free } = await this.#size();
    if (free < bytes) await this.giveUp();
  }

  /** Makes it where it is not and there is much more room than that. */
  async keep(): Promise<void> {
    const { bytes, free } = await this.#size();
    if (free < TIMES_FREE * bytes) return;
    // No zeros: a file system may keep these without taking room.
    if ((await sizeOf(this.#file)) !== bytes) await writeDurably(this.#file, await promisify(randomBytes)(bytes));
  }

  async #size(): Promise<{ bytes: number; free: number }> {
    const { blocks, bavail, bsize } = await statfs(this.#dir);
    return { bytes: Math.min(MOST_BYTES, Math.floor(blocks * bsize * SHARE_OF_DISK)), free: bavail * bsize };
  }
}
