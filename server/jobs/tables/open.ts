/** Opens an uploaded table, told apart by its content: a workbook is a zip, the rest is text. */
import { StudioError } from '../../errors.ts';
import type { TableSettings } from '../../http/table-schemas.ts';
import { openTableFile, type TableFile } from '../../tables/file.ts';
import type { TableLimits } from '../../tables/limits.ts';
import type { WorkbookFiles } from '../../tables/workbook.ts';
import type { IngestLimits } from '../protocol.ts';
import { firstBytes, isArchive, isZip, pictureFormat } from '../upload/content.ts';
import { openZip } from '../upload/zip.ts';

/** The container of XLS, and of an XLSX with a password. */
const OLE = 'd0cf11e0a1b11ae1';

/** `work` may read the file until it has ended. Throws StudioError: table_not_recognised, table_excel_old, those of openZip and openTableFile. */
export async function withTable<T>(
  path: string,
  settings: Partial<TableSettings>,
  limits: { limits: IngestLimits; table: TableLimits },
  work: (file: TableFile) => Promise<T>,
): Promise<T> {
  const head = await firstBytes(path);
  if (isZip(head)) {
    const zip = await openZip(path, limits.limits);
    try {
      const byName = new Map(zip.entries.map((entry) => [entry.name, entry]));
      const files: WorkbookFiles = {
        open: (name) => {
          const entry = byName.get(name);
          return entry === undefined ? undefined : Promise.resolve(zip.stream(entry));
        },
        size: (name) => byName.get(name)?.bytes ?? 0,
      };
      return await work(await openTableFile(path, files, settings, limits.table));
    } finally {
      await zip.close();
    }
  }
  if (head.toString('hex').startsWith(OLE)) throw new StudioError('table_excel_old');
  if (isArchive(head) || pictureFormat(head) !== undefined || head.subarray(0, 5).toString('latin1') === '%PDF-') {
    throw new StudioError('table_not_recognised', {}, `first bytes: ${head.subarray(0, 16).toString('hex')}`);
  }
  return work(await openTableFile(path, null, settings, limits.table));
}
