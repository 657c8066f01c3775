/**
 * Delimited text, row by row. Papa Parse splits (RFC 4180 quotes; in the same machine 8 times the speed of csv-parse, which reads our small label
 * files); the pieces, limits and row numbers are ours.
 */
import { stat } from 'node:fs/promises';
import Papa from 'papaparse';
import { StudioError } from '../errors.ts';
import type { Delimiter, TableEncoding } from '../http/table-schemas.ts';
import { textOf } from './encoding.ts';
import type { RowSource, SourceRow } from './rows.ts';

/** One row, in characters: more is a quote that is never closed, or no table. */
const MAX_ROW = 16 * 2 ** 20;

/** Excel writes `sep=;` before the first row to say what separates. */
const SEPARATOR_LINE = /^sep=(.)\r?\n/i;

export function separatorOf(text: string): string | undefined {
  return SEPARATOR_LINE.exec(text)?.[1];
}

/** Splits text that is complete. Rows may be ragged; empty lines are rows of one empty cell. */
export function splitRows(text: string, delimiter: Delimiter): string[][] {
  return parse(text.replace(SEPARATOR_LINE, ''), delimiter, newlineOf(text), false).rows;
}

/** Files of an old Macintosh end their lines with \r alone. In all others \n does; a \r before it is taken off, for files that mix both. */
function newlineOf(text: string): '\n' | '\r' {
  return text.includes('\r') && !text.includes('\n') ? '\r' : '\n';
}

function parse(text: string, delimiter: Delimiter, newline: '\n' | '\r', more: boolean): { rows: string[][]; used: number; openQuote: boolean } {
  const parser = new Papa.Parser({ delimiter, newline });
  // Papa's types leave out what its parser has been given since version 4: where to start, and that the last row may be cut.
  const parseFrom = parser.parse as (this: unknown, input: string, baseIndex: number, ignoreLastRow: boolean) => Papa.ParseResult<string[]>;
  const { data, meta, errors } = parseFrom.call(parser, text, 0, more);
  if (newline === '\n') {
    for (const cells of data) {
      const last = cells.length - 1;
      if (cells[last]!.endsWith('\r')) cells[last] = cells[last]!.slice(0, -1);
    }
  }
  return { rows: data, used: meta.cursor, openQuote: errors.some(({ code }) => code === 'MissingQuotes') };
}

/** Throws StudioError while it is read: table_encoding, table_not_recognised, table_row_too_long, table_quote_open. */
export async function openCsv(path: string, encoding: TableEncoding, delimiter: Delimiter): Promise<RowSource> {
  const { size } = await stat(path);
  let done = 0;
  return {
    total: size,
    sparse: false,
    get done() {
      return done;
    },
    async *read() {
      done = 0;
      let text = '';
      let row = 0;
      let newline: '\n' | '\r' | undefined;
      /** Text that already did not hold a whole row is not split again before it has doubled. */
      let enough = 0;
      const take = (rows: string[][]): SourceRow[] => {
        const batch: SourceRow[] = [];
        for (const cells of rows) {
          row += 1;
          if (cells.length > 1 || cells[0] !== '') batch.push({ row, cells });
        }
        return batch;
      };
      for await (const piece of textOf(path, encoding, (bytes) => (done = bytes))) {
        text += piece;
        if (newline === undefined) {
          newline = newlineOf(text);
          text = text.replace(SEPARATOR_LINE, () => {
            row = 1;
            return '';
          });
        }
        if (text.length < Math.min(enough, MAX_ROW)) continue;
        const { rows, used } = parse(text, delimiter, newline, true);
        text = text.slice(used);
        if (text.length > MAX_ROW) throw new StudioError('table_row_too_long', { row: row + rows.length + 1 });
        enough = rows.length === 0 ? text.length * 2 : 0;
        if (rows.length > 0) yield take(rows);
      }
      if (text === '') return;
      const { rows, openQuote } = parse(text, delimiter, newline ?? '\n', false);
      if (openQuote) throw new StudioError('table_quote_open', { row: row + rows.length });
      yield take(rows);
    },
  };
}
