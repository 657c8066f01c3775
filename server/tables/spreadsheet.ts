/**
 * OpenDocument spreadsheets (ODS, OASIS OpenDocument 1.3), as LibreOffice and Hancom Office write them. All sheets lie in one file, so a sheet is found by reading
 * what stands before it. Of a formula its stored result counts.
 */
import { StudioError } from '../errors.ts';
import { MAX_CELL, type TableLimits } from './limits.ts';
import type { RowSource, SourceRow } from './rows.ts';
import type { SheetSource, Workbook, WorkbookFiles } from './workbook.ts';
import { readWholeXml, readXml } from './xml.ts';

const CONTENT = 'content.xml';
const MIME = 'application/vnd.oasis.opendocument.spreadsheet';
const BATCH = 1000;

/** Elements in a cell whose texts are no part of its value: notes, and drawings that hang on it (`draw:a` does not count: `text:a` is a link in a text). */
const BESIDES = new Set(
  'annotation frame custom-shape rect line polyline polygon regular-polygon path circle ellipse g measure caption connector control scene'.split(' '),
);

type Attributes = Readonly<Record<string, string>>;

/** Whatever the prefix of its namespace. */
function attribute(attributes: Attributes, name: string): string | undefined {
  for (const key in attributes) if (key.slice(key.lastIndexOf(':') + 1) === name) return attributes[key];
  return undefined;
}

/** How often a cell or row stands there. */
function repeats(attributes: Attributes, name: string): number {
  const count = Number(attribute(attributes, name) ?? 1);
  if (!Number.isSafeInteger(count) || count < 1) throw new StudioError('table_workbook_damaged', {}, `${name} "${attribute(attributes, name)}"`);
  return count;
}

/** The file that says of what kind the archive is. */
export const MIME_FILE = 'mimetype';

export async function isSpreadsheet(files: WorkbookFiles): Promise<boolean> {
  const stream = files.size(MIME_FILE) === MIME.length ? files.open(MIME_FILE) : undefined;
  if (stream === undefined) return false;
  const pieces: Buffer[] = [];
  for await (const piece of await stream) pieces.push(piece);
  return Buffer.concat(pieces).toString('latin1') === MIME;
}

/** Throws StudioError: table_not_recognised, table_workbook_damaged, table_workbook_entities. */
export async function openSpreadsheet(files: WorkbookFiles, limits: TableLimits): Promise<Workbook> {
  const stream = files.open(CONTENT);
  if (stream === undefined) throw new StudioError('table_not_recognised', {}, `no ${CONTENT} in the archive`);
  const sheets: string[] = [];
  /** Table styles that hide their sheets, as they do with the stored values of other files (ta_extref of LibreOffice). They stand before the sheets. */
  const hiding = new Set<string>();
  let style: string | undefined;
  let depth = 0;
  await readWholeXml(await stream, {
    open: (name, attributes) => {
      if (name === 'style') style = attribute(attributes, 'family') === 'table' ? attribute(attributes, 'name') : undefined;
      else if (name === 'table-properties' && style !== undefined && attribute(attributes, 'display') === 'false') hiding.add(style);
      if (name !== 'table') return;
      depth += 1;
      const title = attribute(attributes, 'name');
      // A table within a cell is none of the sheets.
      if (depth === 1 && title !== undefined && !hiding.has(attribute(attributes, 'style-name') ?? '')) sheets.push(title);
    },
    close: (name) => {
      if (name === 'style') style = undefined;
      else if (name === 'table') depth -= 1;
    },
  });
  if (sheets.length === 0) throw new StudioError('table_not_recognised', {}, 'no sheet in the spreadsheet');
  return {
    sheets,
    sheet(wanted) {
      if (!sheets.includes(wanted)) throw new StudioError('table_no_sheet', { name: wanted });
      return new Sheet(files, wanted, limits);
    },
  };
}

class Sheet implements SheetSource, RowSource {
  readonly #files: WorkbookFiles;
  readonly #name: string;
  readonly #limits: TableLimits;
  readonly sparse = true;
  done = 0;
  formulasWithoutValue = 0;

  constructor(files: WorkbookFiles, name: string, limits: TableLimits) {
    this.#files = files;
    this.#name = name;
    this.#limits = limits;
  }

  get total(): number {
    return this.#files.size(CONTENT);
  }

  async *read(): AsyncGenerator<SourceRow[]> {
    this.done = 0;
    this.formulasWithoutValue = 0;
    const read: { first: number; times: number; cells: string[] }[] = [];
    let rows: SourceRow[] = [];
    let row = 0;
    let rowRepeats = 1;
    let cells: string[] = [];
    let column = 0;
    let cell: Cell | null = null;
    let tables = 0;
    let inside = false;
    let over = false;
    /** Within how many elements of BESIDES. */
    let besides = 0;
    let paragraphs = 0;
    let inText = false;
    const handler = {
      open: (name: string, attributes: Attributes) => {
        if (name === 'table') {
          tables += 1;
          if (tables === 1) inside = !over && attribute(attributes, 'name') === this.#name;
        }
        if (!inside || tables !== 1) return;
        if (name === 'table-row') {
          cells = [];
          column = 0;
          rowRepeats = repeats(attributes, 'number-rows-repeated');
        } else if (name === 'table-cell' || name === 'covered-table-cell') {
          cell = new Cell(attributes);
          paragraphs = 0;
        } else if (cell !== null && BESIDES.has(name)) besides += 1;
        else if (cell !== null && besides === 0) {
          if (name === 'p') {
            if (paragraphs++ > 0) cell.add('\n');
            inText = true;
          } else if (name === 's') cell.add(' '.repeat(Math.min(MAX_CELL, repeats(attributes, 'c'))));
          else if (name === 'tab') cell.add('\t');
          else if (name === 'line-break') cell.add('\n');
        }
      },
      text: (piece: string) => {
        if (inText && besides === 0) cell?.add(piece);
      },
      close: (name: string) => {
        if (name === 'table') {
          if (tables === 1 && inside) {
            inside = false;
            over = true;
          }
          tables -= 1;
          return;
        }
        if (!inside || tables !== 1) return;
        if (cell !== null && BESIDES.has(name)) besides -= 1;
        else if (besides > 0) return;
        else if (name === 'p') inText = false;
        else if (cell !== null && (name === 'table-cell' || name === 'covered-table-cell')) {
          const text = cell.value();
          if (cell.formula && text === '') this.formulasWithoutValue += 1;
          // The empty end of a row is written as thousands of cells.
          if (text === '') column += cell.times;
          else {
            if (column + cell.times > this.#limits.maxColumns)
              throw new StudioError('table_too_many_columns', { count: column + cell.times, limit: this.#limits.maxColumns });
            while (cells.length < column) cells.push('');
            for (let i = 0; i < cell.times; i++) cells.push(text);
            column += cell.times;
          }
          cell = null;
        } else if (name === 'table-row') {
          const first = row + 1;
          row += rowRepeats;
          if (cells.length === 0) return;
          if (rowRepeats > this.#limits.maxRows) throw new StudioError('table_too_many_rows', { limit: this.#limits.maxRows });
          if (rowRepeats * cells.length > this.#limits.maxCells)
            throw new StudioError('table_too_large', { columns: cells.length, limit: Math.floor(this.#limits.maxCells / cells.length) });
          read.push({ first, times: rowRepeats, cells });
        }
      },
    };
    const counted = async function* (this: Sheet, pieces: AsyncIterable<Buffer>) {
      for await (const piece of pieces) {
        this.done += piece.length;
        yield piece;
      }
    };
    for await (const _ of readXml(counted.call(this, await this.#files.open(CONTENT)!), handler)) {
      for (const { first, times, cells: repeated } of read.splice(0)) {
        for (let i = 0; i < times; i++) {
          rows.push({ row: first + i, cells: [...repeated] });
          if (rows.length < BATCH) continue;
          yield rows;
          rows = [];
        }
      }
      if (over) break;
    }
    if (rows.length > 0) yield rows;
  }
}

class Cell {
  readonly times: number;
  readonly formula: boolean;
  readonly #type: string;
  readonly #attributes: Attributes;
  #text = '';

  constructor(attributes: Attributes) {
    this.times = repeats(attributes, 'number-columns-repeated');
    this.formula = attribute(attributes, 'formula') !== undefined;
    this.#type = attribute(attributes, 'value-type') ?? '';
    this.#attributes = attributes;
  }

  add(text: string): void {
    if (this.#text.length < MAX_CELL) this.#text += text;
  }

  value(): string {
    const stored = (name: string) => attribute(this.#attributes, name);
    switch (this.#type) {
      case 'float':
      case 'percentage':
      case 'currency':
        return stored('value') ?? this.#text;
      case 'date':
        return stored('date-value')?.replace('T', ' ') ?? this.#text;
      case 'time':
        return timeOfDay(stored('time-value') ?? '') ?? this.#text;
      case 'boolean':
        return (stored('boolean-value') ?? this.#text).toUpperCase();
      default:
        return stored('string-value') ?? this.#text;
    }
  }
}

/** PT14H05M07S → 14:05:07. */
function timeOfDay(duration: string): string | undefined {
  const match = /^PT(\d{1,2})H(\d{1,2})M(\d{1,2})(?:[.,]\d+)?S$/.exec(duration);
  return match
    ?.slice(1)
    .map((part) => part.padStart(2, '0'))
    .join(':');
}
