/** Opens an uploaded table, told apart by its content: a workbook is a zip, the rest is text. A zip may also be a mere wrapping of one table. */
import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { StudioError } from '../../errors.ts';
import type { TableSettings } from '../../http/table-schemas.ts';
import { openTableFile, type TableFile } from '../../tables/file.ts';
import type { TableLimits } from '../../tables/limits.ts';
import { MIME_FILE } from '../../tables/spreadsheet.ts';
import type { WorkbookFiles } from '../../tables/workbook.ts';
import type { IngestLimits } from '../protocol.ts';
import { firstBytes, isArchive, isGzip, isZip, pictureFormat } from '../upload/content.ts';
import type { Upload } from '../upload/entry.ts';
import { openZip } from '../upload/zip.ts';

/** The container of XLS, and of an XLSX with a password. */
const OLE = 'd0cf11e0a1b11ae1';
const TABLE_NAME = /\.(csv|tsv|tab|txt|xlsx|xlsm|ods)$/i;
/** Where a workbook says what it is: of Excel, and of OpenDocument. */
const WORKBOOK_FILES: readonly string[] = ['[Content_Types].xml', MIME_FILE];

export interface Opening {
  limits: IngestLimits;
  table: TableLimits;
  /** Folder for what a table was wrapped in; it is gone when the work has ended. */
  scratch: string;
}

/**
 * `work` may read the file until it has ended. Throws StudioError: table_not_recognised, table_excel_old, table_zip_files, archive_damaged, archive_too_large,
 * those of openZip and openTableFile.
 */
export async function withTable<T>(path: string, settings: Partial<TableSettings>, around: Opening, work: (file: TableFile) => Promise<T>): Promise<T> {
  const head = await firstBytes(path);
  const refused = (why: string) => new StudioError('table_not_recognised', {}, why);
  const isWrapped = path === unpackedIn(around);
  if (isZip(head)) {
    const zip = await openZip(path, around.limits);
    try {
      if (zip.entries.some(({ name }) => WORKBOOK_FILES.includes(name))) return await work(await openTableFile(path, workbookOf(zip), settings, around.table));
      const tables = zip.entries.filter(({ name }) => TABLE_NAME.test(name));
      if (tables.length > 1) throw new StudioError('table_zip_files', { count: tables.length });
      if (tables.length === 0 || isWrapped) throw refused(`${zip.entries.length} files in the archive, ${tables.length} tables`);
      return await withUnpacked(zip.stream(tables[0]!), settings, around, work);
    } finally {
      await zip.close();
    }
  }
  if (isGzip(head) && !isWrapped) return withUnpacked(gunzipped(path), settings, around, work);
  if (head.toString('hex').startsWith(OLE)) throw new StudioError('table_excel_old');
  if (isArchive(head) || pictureFormat(head) !== undefined || head.subarray(0, 5).toString('latin1') === '%PDF-') {
    throw refused(`first bytes: ${head.subarray(0, 16).toString('hex')}`);
  }
  return work(await openTableFile(path, null, settings, around.table));
}

const unpackedIn = ({ scratch }: Opening) => join(scratch, 'unpacked');

async function withUnpacked<T>(
  content: AsyncIterable<Buffer>,
  settings: Partial<TableSettings>,
  around: Opening,
  work: (file: TableFile) => Promise<T>,
): Promise<T> {
  const path = unpackedIn(around);
  try {
    await pipeline(Readable.from(limited(content, around.limits.maxUnpackedBytes)), createWriteStream(path));
    return await withTable(path, settings, around, work);
  } finally {
    await rm(path, { force: true });
  }
}

function workbookOf(zip: Upload): WorkbookFiles {
  const byName = new Map(zip.entries.map((entry) => [entry.name, entry]));
  return {
    open: (name) => {
      const entry = byName.get(name);
      return entry === undefined ? undefined : Promise.resolve(zip.stream(entry));
    },
    size: (name) => byName.get(name)?.bytes ?? 0,
  };
}

async function* gunzipped(path: string): AsyncGenerator<Buffer> {
  const packed = createReadStream(path);
  const plain = createGunzip();
  packed.on('error', (error) => plain.destroy(error));
  try {
    yield* packed.pipe(plain) as AsyncIterable<Buffer>;
  } catch (error) {
    throw new StudioError('archive_damaged', {}, (error as Error).message);
  } finally {
    packed.destroy();
    plain.destroy();
  }
}

async function* limited(content: AsyncIterable<Buffer>, most: number): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const piece of content) {
    bytes += piece.length;
    if (bytes > most) throw new StudioError('archive_too_large', { limitMb: Math.floor(most / 2 ** 20) });
    yield piece;
  }
}
