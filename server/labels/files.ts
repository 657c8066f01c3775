/** Label files as they come in and go out, and the limits on what is read. A name is only ever compared and shown: nothing here opens a path from a file. */
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { StudioError } from '../errors.ts';

/** A file of an upload. It may be read more than once. */
export interface LabelFile {
  /** Its path within the upload, with /. */
  name: string;
  bytes: number;
  read(): Promise<Buffer>;
  chunks(): AsyncIterable<Buffer>;
}

/** A file to be written. Big ones come in chunks, so that none is whole in memory. */
export interface WrittenFile {
  /** A relative path with /, free of anything that leaves its folder. */
  name: string;
  content: Buffer | AsyncIterable<Buffer>;
}

export interface LabelLimits {
  /** JSON about many pictures (COCO), bytes: read in a stream, so memory grows with what is in it, not with its text. */
  maxStreamedBytes: number;
  /** A file that is read as a whole: CSV, txt, LabelMe JSON (may carry the picture), mask, bytes. */
  maxFileBytes: number;
  /** An XML file, bytes: it is parsed as a whole. */
  maxXmlBytes: number;
  /** Nesting of JSON and XML. */
  maxDepth: number;
  /** Shapes in all. */
  maxShapes: number;
  maxClasses: number;
  /** Points of one shape. */
  maxPoints: number;
  /** Pixels of one mask. */
  maxPixels: number;
}

export const DEFAULT_LIMITS: LabelLimits = {
  maxStreamedBytes: 2 ** 30,
  maxFileBytes: 2 ** 26,
  maxXmlBytes: 2 ** 24,
  maxDepth: 64,
  maxShapes: 5_000_000,
  maxClasses: 10_000,
  maxPoints: 200_000,
  maxPixels: 200_000_000,
};

/** A file in memory. */
export function fileOf(name: string, content: Buffer | string): LabelFile {
  const data = Buffer.from(content);
  return {
    name,
    bytes: data.length,
    read: async () => data,
    chunks: async function* () {
      yield data;
    },
  };
}

/** A file on the disk at a path that the server chose. */
export function fileAt(name: string, path: string, bytes: number): LabelFile {
  return { name, bytes, read: () => readFile(path), chunks: () => createReadStream(path, { highWaterMark: 2 ** 18 }) };
}

/** The whole content of a written file. */
export async function contentOf({ content }: WrittenFile): Promise<Buffer> {
  if (Buffer.isBuffer(content)) return content;
  const chunks: Buffer[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Throws label_file_too_large. */
export function checkSize(file: LabelFile, limit: number): void {
  if (file.bytes > limit) throw new StudioError('label_file_too_large', { file: shortened(file.name), limit: Math.floor(limit / 2 ** 20) });
}

/**
 * Text of unknown encoding: UTF-16 by its mark, UTF-8, else CP949 (Korean Windows). Throws label_encoding where it is none of them.
 */
export function decodeText(data: Uint8Array, file: string): string {
  const mark = data.length >= 2 ? (data[0]! << 8) | data[1]! : 0;
  const encodings = mark === 0xfffe ? ['utf-16le'] : mark === 0xfeff ? ['utf-16be'] : ['utf-8', 'euc-kr'];
  for (const encoding of encodings) {
    try {
      const text = new TextDecoder(encoding, { fatal: true }).decode(data);
      if (!text.includes('\0')) return text;
    } catch {
      // The next encoding.
    }
  }
  throw new StudioError('label_encoding', { file: shortened(file) });
}

export async function readText(file: LabelFile, limit: number): Promise<string> {
  checkSize(file, limit);
  return decodeText(await file.read(), file.name);
}

/** For messages and reports: a name from outside may be a megabyte long or hold line breaks. */
export function shortened(text: string, length = 200): string {
  const cut = text.length > length ? `${text.slice(0, length - 1)}…` : text;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must go
  return cut.replace(/[\u0000-\u001f\u007f]/g, '�');
}

/**
 * A picture's name as a relative path that is safe to write on any system: / between segments, no . or .., no drive, none of Windows' forbidden characters
 * and device names. Equal for most names.
 */
export function safePath(name: string): string {
  const segments: string[] = [];
  for (const raw of name.replaceAll('\\', '/').split('/')) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must go
    const segment = raw.replace(/[\u0000-\u001f\u007f<>:"|?*]/g, '_').replace(/[. ]+$/, '');
    if (segment === '') continue;
    segments.push(/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(segment) ? `_${segment}` : segment);
  }
  return segments.length === 0 ? 'unnamed' : segments.join('/');
}

/** The path without the extension of its last segment. */
export function withoutExtension(path: string): string {
  return path.replace(/\.[^./]{1,8}$/, '');
}

/** Gives every written file a name of its own: `a`, `a_2`, … Case does not tell names apart, as on Windows. */
export class WrittenNames {
  readonly #taken = new Set<string>();
  /** The number from which on to look for a free one, by the name that was wished for: thousands may be called alike. */
  readonly #next = new Map<string, number>();

  unique(stem: string, extension: string): string {
    const wished = `${stem}${extension}`;
    let name = wished;
    if (this.#taken.has(wished.toLowerCase())) {
      let n = this.#next.get(wished.toLowerCase()) ?? 2;
      for (name = `${stem}_${n}${extension}`; this.#taken.has(name.toLowerCase()); name = `${stem}_${n}${extension}`) n += 1;
      this.#next.set(wished.toLowerCase(), n + 1);
    }
    this.#taken.add(name.toLowerCase());
    return name;
  }
}
