/** Tells files apart by their first bytes: names and extensions are not to be trusted. */
import { open } from 'node:fs/promises';

/** What is called like a picture, whatever it is. */
export const PICTURE_NAME = /\.(jpe?g|png|webp|tiff?|bmp|gif)$/i;

export type PictureFormat = 'jpeg' | 'png' | 'webp' | 'tiff' | 'gif' | 'bmp';

/** Bytes from the start that are needed: up to the end of a tar header. */
const HEAD_BYTES = 512;

/** As many of a file as are needed to tell it; fewer where it is shorter. */
export async function firstBytes(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const head = Buffer.alloc(HEAD_BYTES);
    const { bytesRead } = await file.read(head, 0, head.length, 0);
    return head.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

const starts = (head: Uint8Array, text: string, at = 0): boolean => {
  for (let i = 0; i < text.length; i++) if (head[at + i] !== text.charCodeAt(i)) return false;
  return head.length >= at + text.length;
};

export function pictureFormat(head: Uint8Array): PictureFormat | undefined {
  if (starts(head, '\xff\xd8\xff')) return 'jpeg';
  if (starts(head, '\x89PNG\r\n\x1a\n')) return 'png';
  if (starts(head, 'RIFF') && starts(head, 'WEBP', 8)) return 'webp';
  if (starts(head, 'II*\0') || starts(head, 'MM\0*') || starts(head, 'II+\0') || starts(head, 'MM\0+')) return 'tiff';
  if (starts(head, 'GIF87a') || starts(head, 'GIF89a')) return 'gif';
  // A bitmap's second field repeats the file's size; only with the size of the next header is 'BM' more than two letters.
  if (starts(head, 'BM') && head.length >= 18 && [12, 40, 52, 56, 64, 108, 124].includes(head[14]!) && head[15] === 0) return 'bmp';
  return undefined;
}

export function isZip(head: Uint8Array): boolean {
  return starts(head, 'PK\x03\x04') || starts(head, 'PK\x05\x06') || starts(head, 'PK\x07\x08');
}

export function isGzip(head: Uint8Array): boolean {
  return starts(head, '\x1f\x8b');
}

/** By the header's checksum, so that the tars of before 1988 count as well. */
export function isTar(head: Uint8Array): boolean {
  if (head.length < 512) return false;
  let sum = 0;
  for (let i = 0; i < 512; i++) sum += i >= 148 && i < 156 ? 32 : head[i]!;
  const stated = Number.parseInt(Buffer.from(head.subarray(148, 156)).toString('latin1').replace(/\0/g, ' ').trim(), 8);
  // The sum of an empty block is 256: an archive without a file.
  return stated === sum && head[0] !== 0;
}

/** Any kind of archive, also those that we do not open. */
export function isArchive(head: Uint8Array): boolean {
  return (
    isZip(head) ||
    isTar(head) ||
    isGzip(head) ||
    starts(head, 'BZh') ||
    starts(head, "7z\xbc\xaf'\x1c") ||
    starts(head, 'Rar!\x1a\x07') ||
    starts(head, '\xfd7zXZ\0') ||
    starts(head, '(\xb5/\xfd')
  );
}
