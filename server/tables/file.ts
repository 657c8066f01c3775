/** A table file and how to read it: what a person has corrected counts, the rest is detected. */
import { StudioError } from '../errors.ts';
import type { TableSettings } from '../http/table-schemas.ts';
import { MISSING_WORDS, missingTest } from './cells.ts';
import { openCsv, splitRows } from './csv.ts';
import { detectDateOrder, detectDecimal, detectDelimiter, detectHeader } from './dialect.ts';
import { detectEncoding, textOf } from './encoding.ts';
import type { TableLimits } from './limits.ts';
import type { RowSource } from './rows.ts';
import { isSpreadsheet, openSpreadsheet } from './spreadsheet.ts';
import { openWorkbook, type WorkbookFiles } from './workbook.ts';

/** Characters, and rows, by which the rest is judged. */
const SAMPLE = 256 * 1024;
const SAMPLE_ROWS = 200;

export interface TableFile {
  settings: TableSettings;
  /** Of a workbook. */
  sheets: readonly string[];
  source: RowSource;
  /** Cells of the last reading whose formula has no stored result, and cells with an error. */
  formulasWithoutValue(): number;
}

/** `files`: the content of a workbook; null: `path` is a text file. Throws StudioError: those of openCsv, openWorkbook and their reading. */
export async function openTableFile(path: string, files: WorkbookFiles | null, corrected: Partial<TableSettings>, limits: TableLimits): Promise<TableFile> {
  const missing = corrected.missing ?? MISSING_WORDS;
  if (files === null) {
    const encoding = corrected.encoding ?? (await detectEncoding(path));
    let text = '';
    for await (const piece of textOf(path, encoding)) {
      text += piece;
      if (text.length >= SAMPLE) break;
    }
    if (text.trim() === '') throw new StudioError('table_empty');
    text = text.slice(0, SAMPLE);
    const delimiter = corrected.delimiter ?? detectDelimiter(text);
    const cut = text.length === SAMPLE ? Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r')) : -1;
    const sample = splitRows(cut < 0 ? text : text.slice(0, cut + 1), delimiter).filter((cells) => cells.some((cell) => cell.trim() !== ''));
    const rows = sample.slice(0, SAMPLE_ROWS);
    const decimal = corrected.decimal ?? detectDecimal(rows, delimiter);
    const dateOrder = corrected.dateOrder ?? detectDateOrder(sample, decimal);
    const header = corrected.header ?? detectHeader(rows, decimal, dateOrder, missingTest(missing));
    return {
      settings: { format: 'csv', encoding, delimiter, decimal, dateOrder, header, sheet: null, missing },
      sheets: [],
      source: await openCsv(path, encoding, delimiter),
      formulasWithoutValue: () => 0,
    };
  }
  const format = (await isSpreadsheet(files)) ? 'ods' : 'xlsx';
  const workbook = await (format === 'ods' ? openSpreadsheet : openWorkbook)(files, limits);
  const sheet = corrected.sheet ?? workbook.sheets[0]!;
  const source = workbook.sheet(sheet);
  let rows: string[][] = [];
  for await (const batch of source.read()) {
    rows = rows.concat(batch.map(({ cells }) => cells));
    if (rows.length >= SAMPLE_ROWS) break;
  }
  const dateOrder = corrected.dateOrder ?? detectDateOrder(rows, '.');
  rows = rows.slice(0, SAMPLE_ROWS);
  // Numbers of a workbook are no text: only what was typed as text can have a comma.
  const decimal = corrected.decimal ?? '.';
  const header = corrected.header ?? detectHeader(rows, decimal, dateOrder, missingTest(missing));
  return {
    settings: { format, encoding: 'utf-8', delimiter: ',', decimal, dateOrder, header, sheet, missing },
    sheets: workbook.sheets,
    source,
    formulasWithoutValue: () => source.formulasWithoutValue,
  };
}
