/** The file store of tus, with answers that can be believed: a browser that was told how far an upload has come goes on from there, also after a power cut. */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { FileStore } from '@tus/file-store';
import type { Upload } from '@tus/server';
import { syncFolder } from '../../store/durable.ts';

export class DurableFileStore extends FileStore {
  override async create(upload: Upload): Promise<Upload> {
    const made = await super.create(upload);
    await this.#sync(made.id);
    await this.#sync(`${made.id}.json`);
    await syncFolder(this.directory);
    return made;
  }

  override async write(readable: Readable, id: string, offset: number): Promise<number> {
    const end = await super.write(readable, id, offset);
    await this.#sync(id);
    return end;
  }

  async #sync(name: string): Promise<void> {
    const file = await open(join(this.directory, name), 'r+');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  }
}
