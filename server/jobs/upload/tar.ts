/** Reads a tar (also the form in which the browser sends many files at once) that may have been made to harm. */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import tar from 'tar-stream';
import { StudioError } from '../../errors.ts';
import type { IngestLimits } from '../protocol.ts';
import { isLitter, refuseUnsafe, shown, type Upload, type UploadEntry } from './entry.ts';

interface TarEntry extends UploadEntry {
  readonly offset: number;
}

/**
 * Goes over all headers first, then reads files where they lie. Throws StudioError: archive_damaged, archive_unsafe_path, archive_link,
 * archive_too_large, archive_too_many_files.
 */
export async function openTar(path: string, limits: IngestLimits): Promise<Upload> {
  const entries: TarEntry[] = [];
  let unpacked = 0;
  let folders = 0;
  const extract = tar.extract();
  const judge = (header: tar.Header) => {
    refuseUnsafe(header.name);
    if (header.type === 'directory') {
      folders += 1;
      if (folders > limits.maxFiles + 1000) throw new StudioError('archive_too_many_files', { limit: limits.maxFiles });
      return;
    }
    if (header.type !== 'file' && header.type !== 'contiguous-file') throw new StudioError('archive_link', { name: shown(header.name) });
    const bytes = header.size ?? 0;
    unpacked += bytes;
    if (unpacked > limits.maxUnpackedBytes) throw new StudioError('archive_too_large', { limitMb: Math.floor(limits.maxUnpackedBytes / 2 ** 20) });
    const name = shown(header.name);
    if (name === '' || isLitter(name)) return;
    // tar-stream knows where the content begins; its types do not say so.
    entries.push({ name, bytes, offset: (header as tar.Header & { byteOffset: number }).byteOffset });
    if (entries.length > limits.maxFiles) throw new StudioError('archive_too_many_files', { limit: limits.maxFiles });
  };
  extract.on('entry', (header, content, next) => {
    // The archive's own error tells it too.
    content.on('error', () => {});
    try {
      judge(header);
    } catch (error) {
      extract.destroy(error as Error);
      return;
    }
    content.on('end', next);
    content.resume();
  });
  try {
    await pipeline(createReadStream(path, { highWaterMark: 2 ** 20 }), extract);
  } catch (error) {
    if (error instanceof StudioError) throw error;
    throw new StudioError('archive_damaged', {}, (error as Error).message);
  }
  const file = await open(path, 'r');
  return {
    format: 'tar',
    entries,
    read: async (entry) => {
      const data = Buffer.allocUnsafe(entry.bytes);
      const { bytesRead } = await file.read(data, 0, data.length, (entry as TarEntry).offset);
      if (bytesRead !== data.length) throw new StudioError('picture_damaged', {}, 'the archive ends within the file');
      return data;
    },
    stream: (entry) => {
      const { offset, bytes } = entry as TarEntry;
      return bytes === 0 ? Readable.from([]) : createReadStream(path, { start: offset, end: offset + bytes - 1, highWaterMark: 2 ** 18 });
    },
    close: () => file.close(),
  };
}
