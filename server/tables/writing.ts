/** Tables as CSV for spreadsheets: UTF-8 with a mark, CRLF, and nothing that a spreadsheet would take for a formula. */
import { dateText } from './cells.ts';
import { type Column, isMissing } from './preprocess/frame.ts';

export const MARK = '\ufeff';

/**
 * A text that begins like a formula would be run by the spreadsheet that opens it; behind an apostrophe it is a text (OWASP, CSV injection). Numbers of
 * number columns are none.
 */
export function neutral(text: string): string {
  return /^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text;
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function headerLine(names: readonly string[]): string {
  return `${names.map((name) => quoted(neutral(name))).join(',')}\r\n`;
}

/** All rows of the columns. */
export function csvLines(columns: readonly Column[], rows: number): string {
  const lines: string[] = [];
  for (let row = 0; row < rows; row++) lines.push(columns.map((column) => cell(column, row)).join(','));
  return rows === 0 ? '' : `${lines.join('\r\n')}\r\n`;
}

function cell(column: Column, row: number): string {
  if (isMissing(column, row)) return '';
  if (column.type === 'text') return quoted(neutral(column.texts[row]!));
  if (column.type === 'categorical') return quoted(neutral(column.dictionary[column.codes[row]!]!));
  return column.type === 'date' ? dateText(column.numbers[row]!) : String(column.numbers[row]!);
}
