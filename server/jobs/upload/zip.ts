/** Reads a zip that may have been made to harm. */
import { type FileHandle, open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { crc32, inflateRaw } from 'node:zlib';
import yauzl from 'yauzl';
import { StudioError } from '../../errors.ts';
import { openZipFile } from '../../store/zip-file.ts';
import type { IngestLimits } from '../protocol.ts';
import { decodeName, isLitter, refuseUnsafe, shown, type Upload, type UploadEntry } from './entry.ts';

const inflate = promisify(inflateRaw);

/** Deflate cannot do better than 1:1032. Real pictures stay under 1:200 but for tiny or empty ones, which are not worth refusing. */
const BOMB_RATIO = 200;
const BOMB_BYTES = 64 * 2 ** 20;
const STORED = 0;
const DEFLATED = 8;
const UTF8_NAME = 0x800;
const ENCRYPTED = 0x41;
const AES = 99;
/** In front of each file: 30 bytes, its name, and extra fields that may be others than those of the directory. PKWARE, APPNOTE 4.3.7. */
const LOCAL_HEADER = 30;
const LOCAL_MARK = 0x04034b50;
const LOCAL_EXTRA = 256;

interface ZipEntry extends UploadEntry {
  readonly record: yauzl.Entry;
}

/**
 * Opens a zip and judges its whole directory before anything is unpacked. Throws StudioError: archive_damaged, archive_unsafe_path, archive_link,
 * archive_encrypted, archive_bomb, archive_too_large, archive_too_many_files.
 */
export async function openZip(path: string, limits: IngestLimits): Promise<Upload> {
  let zip: yauzl.ZipFile;
  try {
    zip = await openZipFile(path, { decodeStrings: false });
  } catch (error) {
    throw new StudioError('archive_damaged', {}, (error as Error).message);
  }
  const file = await open(path, 'r');
  const close = async () => {
    zip.close();
    await file.close();
  };
  try {
    const { size } = await file.stat();
    const entries = await judge(zip, size, limits);
    let unpacked = 0;
    return {
      format: 'zip',
      entries,
      read: async (entry) => {
        unpacked += entry.bytes;
        if (unpacked > limits.maxUnpackedBytes) throw new StudioError('archive_too_large', { limitMb: Math.floor(limits.maxUnpackedBytes / 2 ** 20) });
        return readEntry(file, (entry as ZipEntry).record);
      },
      stream: (entry) => streamEntry(zip, (entry as ZipEntry).record),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function judge(zip: yauzl.ZipFile, size: number, limits: IngestLimits): Promise<ZipEntry[]> {
  // Folders are entries too; some programs write one for each level.
  if (zip.entryCount > 2 * limits.maxFiles + 1000) throw new StudioError('archive_too_many_files', { limit: limits.maxFiles });
  const entries: ZipEntry[] = [];
  let packed = 0;
  let unpacked = 0;
  const each = zip.eachEntry();
  for (;;) {
    let next: IteratorResult<yauzl.Entry>;
    try {
      next = await each.next();
    } catch (error) {
      throw new StudioError('archive_damaged', {}, (error as Error).message);
    }
    if (next.done === true) break;
    const record = next.value;
    const name = nameOf(record);
    refuseUnsafe(name);
    const type = (record.externalFileAttributes >>> 16) & 0o170000;
    if (type !== 0 && type !== 0o100000 && type !== 0o040000) throw new StudioError('archive_link', { name: shown(name) });
    if (/[\\/]$/.test(name) || type === 0o040000) continue;
    if ((record.generalPurposeBitFlag & ENCRYPTED) !== 0 || record.compressionMethod === AES) throw new StudioError('archive_encrypted', { name: shown(name) });
    packed += record.compressedSize;
    // Entries that share their data let a small file unpack into petabytes (D. Fifield, "A better zip bomb", WOOT 2019).
    if (packed > size) throw new StudioError('archive_bomb', { name: shown(name) });
    if (record.uncompressedSize > BOMB_BYTES && record.uncompressedSize > BOMB_RATIO * record.compressedSize) {
      throw new StudioError('archive_bomb', { name: shown(name) });
    }
    // A file over its own limit is left out later, with its reason; it is never unpacked.
    if (record.uncompressedSize <= limits.maxFileBytes) unpacked += record.uncompressedSize;
    if (unpacked > limits.maxUnpackedBytes) throw new StudioError('archive_too_large', { limitMb: Math.floor(limits.maxUnpackedBytes / 2 ** 20) });
    if (unpacked > BOMB_BYTES * 4 && unpacked > BOMB_RATIO * packed) throw new StudioError('archive_bomb', { name: shown(name) });
    const entry = { name: shown(name), bytes: record.uncompressedSize, record };
    if (entry.name === '' || isLitter(entry.name)) continue;
    entries.push(entry);
    if (entries.length > limits.maxFiles) throw new StudioError('archive_too_many_files', { limit: limits.maxFiles });
  }
  return entries;
}

/** Korean Windows writes names in code page 949 and leaves the UTF-8 flag unset; so do some programs that write UTF-8. */
function nameOf(record: yauzl.Entry): string {
  const raw = record.fileName as unknown as Buffer;
  // Info-ZIP's field 0x7075 carries the name in UTF-8; yauzl reads it, and the flag, for us.
  if ((record.generalPurposeBitFlag & UTF8_NAME) !== 0 || record.extraFields.some(({ id }) => id === 0x7075)) {
    return yauzl.getFileNameLowLevel(record.generalPurposeBitFlag, raw, record.extraFields, true);
  }
  return decodeName(raw);
}

async function readEntry(file: FileHandle, record: yauzl.Entry): Promise<Buffer> {
  if (record.compressionMethod !== STORED && record.compressionMethod !== DEFLATED) {
    throw new StudioError('zip_method_unsupported', {}, `method ${record.compressionMethod}`);
  }
  try {
    const packed = await packedContent(file, record);
    // An entry that is larger than it says fails here, before the memory is taken.
    const data = record.compressionMethod === STORED ? packed : await inflate(packed, { maxOutputLength: Math.max(1, record.uncompressedSize) });
    if (data.length !== record.uncompressedSize) throw new Error(`${data.length} bytes, ${record.uncompressedSize} declared`);
    if (crc32(data) !== record.crc32) throw new Error('checksum mismatch');
    return data;
  } catch (error) {
    throw new StudioError('picture_damaged', {}, (error as Error).message);
  }
}

/** Header and content in one read: of small files the calls cost more than the bytes. */
async function packedContent(file: FileHandle, record: yauzl.Entry): Promise<Buffer> {
  const content = record.compressedSize;
  const at = record.relativeOffsetOfLocalHeader;
  const bytes = Buffer.allocUnsafe(LOCAL_HEADER + record.fileNameLength + LOCAL_EXTRA + content);
  const { bytesRead } = await file.read(bytes, 0, bytes.length, at);
  if (bytesRead < LOCAL_HEADER || bytes.readUInt32LE(0) !== LOCAL_MARK) throw new Error('no file where the archive says');
  const start = LOCAL_HEADER + bytes.readUInt16LE(26) + bytes.readUInt16LE(28);
  if (start + content <= bytesRead) return bytes.subarray(start, start + content);
  const apart = Buffer.allocUnsafe(content);
  const second = await file.read(apart, 0, content, at + start);
  if (second.bytesRead !== content) throw new Error('the archive ends within the file');
  return apart;
}

async function* streamEntry(zip: yauzl.ZipFile, record: yauzl.Entry): AsyncGenerator<Buffer> {
  if (record.compressionMethod !== STORED && record.compressionMethod !== DEFLATED) {
    throw new StudioError('zip_method_unsupported', {}, `method ${record.compressionMethod}`);
  }
  let stream: Readable | undefined;
  try {
    stream = await zip.openReadStreamPromise(record);
    yield* stream as AsyncIterable<Buffer>;
  } catch (error) {
    // What the reader throws does not come through here: only the unpacking's own failures do.
    throw new StudioError('archive_damaged', {}, (error as Error).message);
  } finally {
    stream?.destroy();
  }
}
