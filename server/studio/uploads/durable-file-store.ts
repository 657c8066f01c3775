/** The file store of tus, with answers that can be believed: a browser that was told how far an upload has come goes on from there, also after a power cut. */
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { FileStore } from '@tus/file-store';
import type { Upload } from '@tus/server';
import { syncFile, syncFolder } from '../../store/durable.ts';

export class DurableFileStore extends FileStore {
  override async create(upload: Upload): Promise<Upload> {
    const made = await super.create(upload);
    await syncFile(join(this.directory, made.id));
    await syncFile(join(this.directory, `${made.id}.json`));
    await syncFolder(this.directory);
    return made;
  }

  override async write(readable: Readable, id: string, offset: number): Promise<number> {
    const end = await super.write(readable, id, offset);
    await syncFile(join(this.directory, id));
    return end;
  }
}
