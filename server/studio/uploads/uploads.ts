/**
 * Files on their way in: DATA/uploads/ID with what the tus server notes of it beside (ID.json). A finished upload is linked into the folder of a job
 * and then removed here; one that nobody has touched for a day is deleted.
 */
import { link, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Config } from '../../config.ts';
import { StudioError } from '../../errors.ts';
import { syncFile, syncFolder } from '../../store/durable.ts';
import { DurableFileStore } from './durable-file-store.ts';

const ID = /^[a-f0-9]{32}$/;
/** An upload that rests this long may be given up for a new one of the same person. */
const RESTING_MS = 10 * 60_000;

/** A size for people: 1.5 GB. */
export function sizeText(bytes: number): string {
  const units = ['bytes', 'KB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

export class Uploads {
  readonly store: DurableFileStore;
  readonly #dir: string;
  readonly #settings: Config['upload'];
  /** Those that a job is just being made of. */
  readonly #taken = new Set<string>();

  constructor(dir: string, settings: Config['upload']) {
    this.#dir = dir;
    this.#settings = settings;
    this.store = new DurableFileStore({ directory: dir });
  }

  get maxBytes(): number {
    return this.#settings.max_bytes;
  }

  /** May this person begin an upload of this size? Throws upload_too_large, upload_no_space or too_many_uploads. */
  async checkNew(userId: number, bytes: number): Promise<void> {
    if (bytes > this.#settings.max_bytes) throw new StudioError('upload_too_large', { limit: sizeText(this.#settings.max_bytes) });
    const disk = await statfs(this.#dir);
    const free = disk.bavail * disk.bsize - this.#settings.keep_free_bytes;
    if (bytes > free) throw new StudioError('upload_no_space', { need: sizeText(bytes), free: sizeText(Math.max(0, free)) });
    const own = (await this.#all()).filter((upload) => upload.owner === userId);
    if (own.length < this.#settings.max_at_once) return;
    const oldest = own.sort((a, b) => a.touchedAt - b.touchedAt)[0]!;
    if (Date.now() - oldest.touchedAt < RESTING_MS) throw new StudioError('too_many_uploads', { count: this.#settings.max_at_once });
    await this.remove(oldest.id);
  }

  /** Throws upload_missing where there is no such upload of this person. */
  async checkOwner(userId: number, id: string): Promise<void> {
    await this.#find(userId, id);
  }

  /** Throws upload_missing or upload_incomplete. */
  async checkFinished(userId: number, id: string): Promise<void> {
    const upload = await this.#find(userId, id);
    if (upload.size === undefined || upload.offset !== upload.size) throw new StudioError('upload_incomplete');
  }

  /** Where a finished upload of this person lies, to be read only, and its own name. Throws upload_missing or upload_incomplete. */
  async locate(userId: number, id: string): Promise<{ path: string; name: string }> {
    await this.checkFinished(userId, id);
    const upload = await this.#find(userId, id);
    return { path: join(this.#dir, id), name: (upload.metadata?.filename ?? '').slice(0, 255) };
  }

  /**
   * `work` makes a job and puts finished uploads of this person into its folder with `take`, which gives an upload's own name and throws upload_missing or
   * upload_incomplete. They are the job's when the work is done; where it fails (a full disk, say) they stay, and need not be sent again.
   */
  async handOver<T>(userId: number, work: (take: (id: string, to: string) => Promise<{ name: string }>) => Promise<T>): Promise<T> {
    const taken: string[] = [];
    const take = async (id: string, to: string) => {
      const { path, name } = await this.locate(userId, id);
      // Only one can have it.
      if (this.#taken.has(id)) throw new StudioError('upload_missing');
      this.#taken.add(id);
      taken.push(id);
      await syncFile(path);
      // Where there are no links it is moved.
      await link(path, to).catch(() => rename(path, to));
      await syncFolder(dirname(to));
      return { name };
    };
    try {
      const made = await work(take);
      // What cannot be removed now goes when it is stale.
      for (const id of taken) await this.remove(id).catch(() => {});
      return made;
    } finally {
      for (const id of taken) this.#taken.delete(id);
    }
  }

  async remove(id: string): Promise<void> {
    if (!ID.test(id)) return;
    await rm(join(this.#dir, id), { force: true });
    await rm(join(this.#dir, `${id}.json`), { force: true });
  }

  /** Deletes what nobody has touched for long. */
  async removeStale(now = Date.now()): Promise<void> {
    for (const { id, touchedAt } of await this.#all()) {
      if (now - touchedAt > this.#settings.keep_hours * 3_600_000) await this.remove(id);
    }
  }

  async #find(userId: number, id: string) {
    if (!ID.test(id)) throw new StudioError('upload_missing');
    const upload = await this.store.getUpload(id).catch(() => {
      throw new StudioError('upload_missing');
    });
    if (upload.metadata?.owner !== String(userId)) throw new StudioError('upload_missing');
    return upload;
  }

  async #all(): Promise<{ id: string; owner: number; touchedAt: number }[]> {
    const found: { id: string; owner: number; touchedAt: number }[] = [];
    const ids = new Set((await readdir(this.#dir)).map((name) => name.replace(/\.json$/, '')).filter((name) => ID.test(name)));
    for (const id of ids) {
      const times = await Promise.all(
        [join(this.#dir, id), join(this.#dir, `${id}.json`)].map((file) =>
          stat(file).then(
            ({ mtimeMs }) => mtimeMs,
            () => 0,
          ),
        ),
      );
      const upload = await this.store.getUpload(id).catch(() => undefined);
      found.push({ id, owner: Number(upload?.metadata?.owner ?? 0), touchedAt: Math.max(...times) });
    }
    return found;
  }
}
