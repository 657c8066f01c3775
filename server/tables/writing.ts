/** Tables as CSV for spreadsheets: UTF-8 with a mark, CRLF, and nothing that a spreadsheet would take for a formula. */
import { csvCell } from '../formulas.ts';
import { dateText } from './cells.ts';
import { type Column, isMissing } from './preprocess/frame.ts';

export const MARK = '\ufeff';

export function headerLine(names: readonly string[]): string {
  return `${names.map(csvCell).join(',')}\r\n`;
}

/** All rows of the columns. */
export function csvLines(columns: readonly Column[], rows: number): string {
  const lines: string[] = [];
  for (let row = 0; row < rows; row++) lines.push(columns.map((column) => cell(column, row)).join(','));
  return rows === 0 ? '' : `${lines.join('\r\n')}\r\n`;
}

function cell(column: Column, row: number): string {
  if (isMissing(column, row)) return '';
  if (column.type === 'text') return csvCell(column.texts[row]!);
  if (column.type === 'categorical') return csvCell(column.dictionary[column.codes[row]!]!);
  return column.type === 'date' ? dateText(column.numbers[row]!) : String(column.numbers[row]!);
}
