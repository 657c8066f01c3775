/** In which encoding a text file is written. */
import { isUtf8 } from 'node:buffer';
import { type FileHandle, open } from 'node:fs/promises';
import { TextDecoder } from 'node:util';
import { StudioError } from '../errors.ts';
import type { TableEncoding } from '../http/table-schemas.ts';

const CHUNK = 4 * 2 ** 20;
/** Enough of UTF-16 without a mark to see that every second byte is zero. */
const HEAD = 4096;

/**
 * By the byte order mark; else UTF-16 where every second byte of the head is zero; else UTF-8 where the whole file is valid, else code page 949 where
 * it is, else windows-1252, in which everything is. The whole file is looked at: the first Hangul may stand in its last row.
 */
export async function detectEncoding(path: string): Promise<TableEncoding> {
  const file = await open(path, 'r');
  try {
    const chunk = Buffer.allocUnsafe(CHUNK);
    const { bytesRead } = await file.read(chunk, 0, CHUNK, 0);
    const head = chunk.subarray(0, bytesRead);
    const marked = byMark(head) ?? byZeros(head.subarray(0, HEAD));
    if (marked !== undefined) return marked;
    if (await isAllUtf8(file, chunk)) return 'utf-8';
    // Only now: to decode costs many times what a look at UTF-8 does.
    return (await isAllKorean(file, chunk)) ? 'euc-kr' : 'windows-1252';
  } finally {
    await file.close();
  }
}

async function isAllUtf8(file: FileHandle, chunk: Buffer): Promise<boolean> {
  let kept = 0;
  for (let at = 0; ; ) {
    const { bytesRead } = await file.read(chunk, kept, CHUNK - kept, at);
    if (bytesRead === 0) return kept === 0;
    at += bytesRead;
    const bytes = chunk.subarray(0, kept + bytesRead);
    // A character may be cut by the chunk's end: its bytes are judged with the next.
    const rest = cutCharacter(bytes);
    if (!isUtf8(bytes.subarray(0, bytes.length - rest))) return false;
    bytes.copyWithin(0, bytes.length - rest);
    kept = rest;
  }
}

async function isAllKorean(file: FileHandle, chunk: Buffer): Promise<boolean> {
  const decoder = new TextDecoder('euc-kr', { fatal: true });
  for (let at = 0; ; ) {
    const { bytesRead } = await file.read(chunk, 0, CHUNK, at);
    if (!decodes(decoder, bytesRead === 0 ? null : chunk.subarray(0, bytesRead))) return false;
    if (bytesRead === 0) return true;
    at += bytesRead;
  }
}

function byMark(bytes: Uint8Array): TableEncoding | undefined {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8';
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  return undefined;
}

function byZeros(head: Uint8Array): TableEncoding | undefined {
  const zeros = [0, 0];
  for (let i = 0; i < head.length; i++) if (head[i] === 0) zeros[i % 2]! += 1;
  const half = head.length / 2;
  if (half < 2) return undefined;
  if (zeros[1]! > 0.4 * half && zeros[0]! < 0.1 * half) return 'utf-16le';
  if (zeros[0]! > 0.4 * half && zeros[1]! < 0.1 * half) return 'utf-16be';
  return undefined;
}

/** How many bytes at the end begin a UTF-8 character that goes on behind it. */
function cutCharacter(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0;
  }
  return 0;
}

function decodes(decoder: TextDecoder, chunk: Uint8Array | null): boolean {
  try {
    if (chunk === null) decoder.decode();
    else decoder.decode(chunk, { stream: true });
    return true;
  } catch {
    return false;
  }
}

/** A file's text, piece by piece, without its byte order mark. Throws StudioError: table_encoding. `onBytes` hears how many bytes were read. */
export async function* textOf(path: string, encoding: TableEncoding, onBytes?: (bytes: number) => void): AsyncGenerator<string> {
  const file = await open(path, 'r');
  try {
    const decoder = new TextDecoder(encoding, { fatal: true });
    const chunk = Buffer.allocUnsafe(2 ** 20);
    for (let at = 0; ; ) {
      const { bytesRead } = await file.read(chunk, 0, chunk.length, at);
      let text: string;
      try {
        text = decoder.decode(chunk.subarray(0, bytesRead), { stream: bytesRead > 0 });
      } catch (error) {
        throw new StudioError('table_encoding', { encoding: encodingName(encoding) }, `${(error as Error).message}, within bytes ${at} to ${at + bytesRead}`);
      }
      // A zero is never part of a text; a binary file has them early.
      if (text.includes('\0')) throw new StudioError('table_not_recognised', {}, `a zero byte within bytes ${at} to ${at + bytesRead}`);
      at += bytesRead;
      onBytes?.(at);
      if (text !== '') yield text;
      if (bytesRead === 0) return;
    }
  } finally {
    await file.close();
  }
}

export function encodingName(encoding: TableEncoding): string {
  const names: { [encoding in TableEncoding]: string } = {
    'utf-8': 'UTF-8',
    'utf-16le': 'UTF-16 LE',
    'utf-16be': 'UTF-16 BE',
    'euc-kr': 'CP949 (EUC-KR)',
    'windows-1252': 'Windows-1252',
  };
  return names[encoding];
}
