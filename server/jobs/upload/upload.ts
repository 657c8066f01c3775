/** Opens what a user sent, told apart by its content. */
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { StudioError } from '../../errors.ts';
import type { IngestLimits } from '../protocol.ts';
import { firstBytes, isTar, isZip, pictureFormat } from './content.ts';
import { shown, type Upload } from './entry.ts';
import { openTar } from './tar.ts';
import { openZip } from './zip.ts';

/** `name` is the file's own name, for a single picture. Throws StudioError: upload_not_recognised and those of openZip and openTar. */
export async function openUpload(path: string, name: string | undefined, limits: IngestLimits): Promise<Upload> {
  const head = await firstBytes(path);
  if (isZip(head)) return openZip(path, limits);
  const format = pictureFormat(head);
  if (format !== undefined) {
    const { size } = await stat(path);
    return {
      format: 'picture',
      entries: [{ name: shown(name ?? '') || `picture.${format}`, bytes: size }],
      read: () => readFile(path),
      stream: () => createReadStream(path),
      close: () => Promise.resolve(),
    };
  }
  if (isTar(head)) return openTar(path, limits);
  throw new StudioError('upload_not_recognised', {}, `first bytes: ${head.subarray(0, 16).toString('hex')}`);
}
