/**
 * Files that survive a power cut. A file is replaced as a whole: a temporary file in the same folder, fsync, rename over the old one, fsync of
 * the folder. At any moment the disk holds the old or the new content, never a mixture.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Adapter } from 'lowdb';

const TEMPORARY = /^\..+\.[0-9a-f]{12}\.tmp$/;

/** A stored file that cannot be understood. Nothing is changed; the person decides (usually: restore it from a backup). */
export class DamagedFileError extends Error {
  readonly file: string;

  constructor(file: string, reason: string) {
    super(`The stored file ${file} is damaged (${reason}). Restore it from a backup, or move it away to do without it; it was left as it is.`);
    this.name = 'DamagedFileError';
    this.file = file;
  }
}

/** Puts on the disk what somebody else has written into a file. */
export async function syncFile(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export async function syncFolder(dir: string): Promise<void> {
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a folder and its parents, durably. */
export async function makeFolder(dir: string): Promise<void> {
  const first = await mkdir(dir, { recursive: true });
  if (first === undefined) return;
  for (let at = dir; at.length >= first.length; at = dirname(at)) await syncFolder(dirname(at));
}

/** Renames within one file system, durably. */
export async function moveDurably(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncFolder(dirname(to));
  if (dirname(from) !== dirname(to)) await syncFolder(dirname(from));
}

/** Resolves when the new content is on the disk; it may come in pieces. On failure the old content stays. */
export async function writeDurably(file: string, content: string | Uint8Array | Iterable<Uint8Array>): Promise<void> {
  const dir = dirname(file);
  const temporary = join(dir, `.${basename(file)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    const handle = await open(temporary, 'wx');
    try {
      await writeFile(handle, content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dir);
}

export async function removeDurably(file: string): Promise<void> {
  await rm(file, { force: true });
  await syncFolder(dirname(file));
}

/** Deletes the temporary files that a crash left in a folder. */
export async function removeLeftovers(dir: string): Promise<void> {
  for (const name of await readdir(dir)) {
    if (TEMPORARY.test(name)) await rm(join(dir, name), { force: true });
  }
}

/** lowdb adapter: one JSON document a file, replaced durably. Writes of one document must not overlap (Collection and Document see to it). */
export class DurableJson<T> implements Adapter<T> {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  /** null where there is no such file. Throws DamagedFileError. */
  async read(): Promise<T | null> {
    let text: string;
    try {
      text = await readFile(this.#file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
    try {
      return JSON.parse(text) as T;
    } catch (error) {
      throw new DamagedFileError(this.#file, text === '' ? 'it is empty' : (error as Error).message);
    }
  }

  write(data: T): Promise<void> {
    return writeDurably(this.#file, `${JSON.stringify(data, null, 1)}\n`);
  }
}
