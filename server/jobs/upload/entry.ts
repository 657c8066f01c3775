/** Names inside archives: decoded, judged, made fit to be shown. They are never used as paths on our disk. */
import { StudioError } from '../../errors.ts';

/** A plain file within an upload. */
export interface UploadEntry {
  /** Path as the user named it: '/' between folders, NFC, without control characters, no leading './'. */
  readonly name: string;
  /** Unpacked size as declared; reading gives exactly this many bytes or fails. */
  readonly bytes: number;
}

/** What was uploaded, whatever it came in. Opening it has judged all names, types, counts and declared sizes. */
export interface Upload {
  readonly format: 'zip' | 'tar' | 'picture';
  readonly entries: readonly UploadEntry[];
  /** The content of one entry; calls may overlap. Throws StudioError: picture_damaged, zip_method_unsupported, archive_too_large. */
  read(entry: UploadEntry): Promise<Buffer>;
  /** The content of one entry in pieces; never more of it than it declares. Throws StudioError: archive_damaged, zip_method_unsupported. */
  stream(entry: UploadEntry): AsyncIterable<Buffer>;
  close(): Promise<void>;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });
/** The encoding standard's euc-kr is code page 949, in which Korean Windows writes names into zips and Excel writes CSV. */
const cp949 = new TextDecoder('euc-kr', { fatal: true });
const western = new TextDecoder('windows-1252');

/** Text of unknown encoding: UTF-8 (with or without a byte order mark) where it is valid, else code page 949, else undefined. */
export function decodeText(bytes: Uint8Array): string | undefined {
  for (const decoder of [utf8, cp949]) {
    try {
      return decoder.decode(bytes);
    } catch {
      // Not in this encoding.
    }
  }
  return undefined;
}

/** As decodeText, but always something: a name in no encoding that we know is still shown. */
export function decodeName(bytes: Uint8Array): string {
  return decodeText(bytes) ?? western.decode(bytes);
}

/** Throws archive_unsafe_path where a name leads out of the folder that it would be unpacked in. */
export function refuseUnsafe(name: string): void {
  const path = name.replaceAll('\\', '/');
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path) || path.split('/').includes('..') || path.includes('\0')) {
    throw new StudioError('archive_unsafe_path', { name: shown(name) });
  }
}

/** A name fit to be shown, kept and compared: NFC (macOS decomposes Hangul), no control or direction characters, at most 500 characters. */
export function shown(name: string): string {
  const clean = name
    .normalize('NFC')
    .replaceAll('\\', '/')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
    .replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, '')
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
  return clean.length <= 500 ? clean : `…${clean.slice(-499)}`;
}

/** Files that operating systems leave in archives without the user's knowledge. */
export function isLitter(name: string): boolean {
  const parts = name.split('/');
  const base = parts.at(-1) ?? '';
  return parts.includes('__MACOSX') || base.startsWith('._') || /^(\.DS_Store|Thumbs\.db|desktop\.ini|ehthumbs\.db|\.directory)$/i.test(base);
}
