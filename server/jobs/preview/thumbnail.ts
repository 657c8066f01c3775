/** Small versions of stored pictures, made when somebody looks at them. */
import { open } from 'node:fs/promises';
import type { Sharp } from 'sharp';
import { sharp } from '../../sharp.ts';
import { THUMBNAIL_SIDE } from '../../store/pictures.ts';
import type { Questions } from './protocol.ts';

const QUALITY = 80;

export async function thumbnail({ file, offset, bytes }: Questions['thumbnail']['ask']): Promise<Uint8Array> {
  const encoded = Buffer.allocUnsafe(bytes);
  const handle = await open(file, 'r');
  try {
    await handle.read(encoded, 0, bytes, offset);
  } finally {
    await handle.close();
  }
  return small(sharp(encoded, { failOn: 'error' }), THUMBNAIL_SIDE);
}

/** WebP, long side at most `side`. */
export function small(picture: Sharp, side: number): Promise<Buffer> {
  return picture.resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true }).webp({ quality: QUALITY, effort: 2 }).toBuffer();
}
