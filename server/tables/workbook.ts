/**
 * Excel workbooks (XLSX, ECMA-376). A small reader of our own on a streaming XML parser: the libraries that stream (exceljs) are not kept any more, and
 * those that are kept read the whole sheet into memory. Of a formula its stored result counts; nothing is ever computed.
 */
import { posix } from 'node:path';
import { StudioError } from '../errors.ts';
import { dateText } from './cells.ts';
import { MAX_CELL, type TableLimits } from './limits.ts';
import type { RowSource, SourceRow } from './rows.ts';
import { readWholeXml, readXml } from './xml.ts';

/** The unpacked files of a workbook, each as a stream. Whoever opens it has judged names, sizes and ratios. */
export interface WorkbookFiles {
  /** undefined where there is no such file. Throws StudioError. */
  open(name: string): Promise<AsyncIterable<Buffer>> | undefined;
  /** Unpacked, in bytes; 0 where there is no such file. */
  size(name: string): number;
}

const BATCH = 1000;

export interface Workbook {
  /** Names of the sheets, in their order, hidden ones left out. */
  sheets: readonly string[];
  /** Throws StudioError: table_no_sheet. */
  sheet(name: string): SheetSource;
}

export interface SheetSource extends RowSource {
  /** Cells whose formula has no stored result, and cells that hold an error; of the last reading. */
  readonly formulasWithoutValue: number;
}

/** Throws StudioError: table_not_recognised, table_workbook_damaged, table_workbook_entities. */
export async function openWorkbook(files: WorkbookFiles, limits: TableLimits): Promise<Workbook> {
  const root = (await relations(files, '_rels/.rels')).find(({ type }) => type.endsWith('/officeDocument'));
  const main = root === undefined ? 'xl/workbook.xml' : inside('', root.target);
  const stream = files.open(main);
  if (stream === undefined) throw new StudioError('table_not_recognised', {}, `no ${main} in the archive`);
  const sheets: { name: string; id: string }[] = [];
  let since1904 = false;
  await readWholeXml(await stream, {
    open: (name, attributes) => {
      if (name === 'workbookPr') since1904 = ['1', 'true'].includes(attributes.date1904 ?? '');
      if (name !== 'sheet' || (attributes.state ?? 'visible') !== 'visible') return;
      const id = Object.entries(attributes).find(([key]) => /(^|:)id$/.test(key) && key !== 'sheetId')?.[1];
      if (attributes.name !== undefined && id !== undefined) sheets.push({ name: attributes.name, id });
    },
  });
  const folder = posix.dirname(main);
  const links = await relations(files, `${folder}/_rels/${posix.basename(main)}.rels`);
  const target = (test: (link: Relation) => boolean) => {
    const found = links.find(test);
    return found === undefined ? undefined : inside(folder, found.target);
  };
  const stringsFile = target(({ type }) => type.endsWith('/sharedStrings'));
  const stylesFile = target(({ type }) => type.endsWith('/styles'));
  const usable = sheets.filter(({ id }) => links.some((link) => link.id === id && link.type.endsWith('/worksheet')));
  if (usable.length === 0) throw new StudioError('table_not_recognised', {}, 'no sheet in the workbook');
  let loaded: Promise<{ strings: string[]; dates: boolean[] }> | undefined;
  return {
    sheets: usable.map(({ name }) => name),
    sheet(wanted) {
      const sheet = usable.find(({ name }) => name === wanted);
      if (sheet === undefined) throw new StudioError('table_no_sheet', { name: wanted });
      const file = target(({ id }) => id === sheet.id)!;
      return new Sheet(files, file, limits, since1904, () => (loaded ??= loadShared(files, stringsFile, stylesFile)));
    },
  };
}

interface Relation {
  id: string;
  type: string;
  target: string;
}

async function relations(files: WorkbookFiles, name: string): Promise<Relation[]> {
  const found: Relation[] = [];
  const stream = files.open(name);
  if (stream === undefined) return found;
  await readWholeXml(await stream, {
    open: (element, { Id, Type, Target, TargetMode }) => {
      if (element === 'Relationship' && Id !== undefined && Type !== undefined && Target !== undefined && TargetMode !== 'External')
        found.push({ id: Id, type: Type, target: Target });
    },
  });
  return found;
}

/** A name within the archive; it is only looked up, never opened on the disk. */
function inside(folder: string, target: string): string {
  return posix.normalize(target.startsWith('/') ? target.slice(1) : posix.join(folder, target));
}

async function loadShared(files: WorkbookFiles, stringsFile: string | undefined, stylesFile: string | undefined) {
  const strings: string[] = [];
  const stringsStream = stringsFile === undefined ? undefined : files.open(stringsFile);
  if (stringsStream !== undefined) {
    let text = '';
    let inText = false;
    /** How a Japanese text is read aloud is no part of it. */
    let phonetic = false;
    await readWholeXml(await stringsStream, {
      open: (name) => {
        if (name === 'si') text = '';
        else if (name === 'rPh') phonetic = true;
        else if (name === 't') inText = !phonetic;
      },
      text: (piece) => {
        if (inText && text.length < MAX_CELL) text += piece;
      },
      close: (name) => {
        if (name === 'si') strings.push(text);
        else if (name === 'rPh') phonetic = false;
        else if (name === 't') inText = false;
      },
    });
  }
  return { strings, dates: await dateStyles(files, stylesFile) };
}

/** Which of the cell styles show a date. */
async function dateStyles(files: WorkbookFiles, stylesFile: string | undefined): Promise<boolean[]> {
  const stream = stylesFile === undefined ? undefined : files.open(stylesFile);
  const dates: boolean[] = [];
  if (stream === undefined) return dates;
  const custom = new Map<number, boolean>();
  let inCells = false;
  await readWholeXml(await stream, {
    open: (name, attributes) => {
      if (name === 'numFmt') custom.set(Number(attributes.numFmtId), isDateFormat(attributes.formatCode ?? ''));
      else if (name === 'cellXfs') inCells = true;
      else if (name === 'xf' && inCells) {
        const id = Number(attributes.numFmtId ?? 0);
        dates.push(custom.get(id) ?? ((id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 45 && id <= 47) || (id >= 50 && id <= 58)));
      }
    },
    close: (name) => {
      if (name === 'cellXfs') inCells = false;
    },
  });
  return dates;
}

/** A format code with parts of a date outside of quotes, colours and conditions. [h]:mm is a length of time: a number. */
function isDateFormat(code: string): boolean {
  if (/\[(h+|m+|s+)\]/i.test(code)) return false;
  const bare = code.replace(/"[^"]*"|\\.|\[[^\]]*\]|_./g, '');
  return /[ymdhs]/i.test(bare) && !/general/i.test(bare);
}

class Sheet implements SheetSource {
  readonly #files: WorkbookFiles;
  readonly #file: string;
  readonly #limits: TableLimits;
  readonly #since1904: boolean;
  readonly #shared: () => Promise<{ strings: string[]; dates: boolean[] }>;
  readonly sparse = true;
  done = 0;
  formulasWithoutValue = 0;

  constructor(files: WorkbookFiles, file: string, limits: TableLimits, since1904: boolean, shared: () => Promise<{ strings: string[]; dates: boolean[] }>) {
    this.#files = files;
    this.#file = file;
    this.#limits = limits;
    this.#since1904 = since1904;
    this.#shared = shared;
  }

  get total(): number {
    return this.#files.size(this.#file);
  }

  async *read(): AsyncGenerator<SourceRow[]> {
    this.done = 0;
    this.formulasWithoutValue = 0;
    const { strings, dates } = await this.#shared();
    const stream = this.#files.open(this.#file);
    if (stream === undefined) throw new StudioError('table_workbook_damaged', {}, `no ${this.#file} in the archive`);
    let rows: SourceRow[] = [];
    let row = 0;
    let cells: string[] = [];
    let column = 0;
    let type = 'n';
    let style = 0;
    let value = '';
    let hasFormula = false;
    let hasValue = false;
    let reading: 'value' | 'text' | null = null;
    let phonetic = false;
    const finishCell = () => {
      let text = value;
      if (hasFormula && !hasValue) {
        this.formulasWithoutValue += 1;
        text = '';
      } else if (type === 's') {
        const string = strings[Number(value)];
        if (value !== '' && string === undefined) throw new StudioError('table_workbook_damaged', {}, `row ${row}: no shared string ${value}`);
        text = string ?? '';
      } else if (type === 'b') text = value === '1' ? 'TRUE' : 'FALSE';
      else if (type === 'e') this.formulasWithoutValue += 1;
      else if (type === 'n' && value !== '' && dates[style] === true) text = serialDate(Number(value), this.#since1904) ?? value;
      else if (type === 'd') text = value.replace('T', ' ');
      if (text === '') return;
      while (cells.length < column - 1) cells.push('');
      cells[column - 1] = text;
    };
    const handler = {
      open: (name: string, attributes: Readonly<Record<string, string>>) => {
        if (name === 'row') {
          row = Number(attributes.r ?? row + 1);
          if (!Number.isSafeInteger(row)) throw new StudioError('table_workbook_damaged', {}, `row "${attributes.r}"`);
          cells = [];
          column = 0;
        } else if (name === 'c') {
          column = attributes.r === undefined ? column + 1 : columnOf(attributes.r);
          if (column > this.#limits.maxColumns) throw new StudioError('table_too_many_columns', { limit: this.#limits.maxColumns });
          type = attributes.t ?? 'n';
          style = Number(attributes.s ?? 0);
          value = '';
          hasFormula = false;
          hasValue = false;
        } else if (name === 'v') {
          reading = 'value';
          hasValue = true;
        } else if (name === 'f') hasFormula = true;
        else if (name === 'rPh') phonetic = true;
        else if (name === 't' && type === 'inlineStr' && !phonetic) reading = 'text';
      },
      text: (piece: string) => {
        if (reading !== null && value.length < MAX_CELL) value += piece;
      },
      close: (name: string) => {
        if (name === 'v' || name === 't') reading = null;
        else if (name === 'rPh') phonetic = false;
        else if (name === 'c') finishCell();
        else if (name === 'row' && cells.length > 0) rows.push({ row, cells });
      },
    };
    const counted = async function* (this: Sheet, pieces: AsyncIterable<Buffer>) {
      for await (const piece of pieces) {
        this.done += piece.length;
        yield piece;
      }
    };
    for await (const _ of readXml(counted.call(this, await stream), handler)) {
      if (rows.length < BATCH) continue;
      yield rows;
      rows = [];
    }
    if (rows.length > 0) yield rows;
  }
}

/** 'AB12' → 28. */
function columnOf(reference: string): number {
  let column = 0;
  for (let i = 0; i < reference.length && i < 4; i++) {
    const code = reference.charCodeAt(i) & ~32;
    if (code < 65 || code > 90) break;
    column = column * 26 + code - 64;
  }
  if (column === 0) throw new StudioError('table_workbook_damaged', {}, `cell "${reference.slice(0, 20)}"`);
  return column;
}

/** Days since 1900 (or 1904) as text; a mere time of day as 14:05:00. undefined where it is no date. */
function serialDate(serial: number, since1904: boolean): string | undefined {
  if (!Number.isFinite(serial) || serial < 0 || serial > 2_958_466) return undefined;
  if (serial < 1 && !since1904) return new Date(Math.round(serial * 86_400_000)).toISOString().slice(11, 19);
  // Excel believes that there was a 29 February 1900.
  const days = since1904 ? serial - 24_107 : serial - 25_569 + (serial < 60 ? 1 : 0);
  return dateText(Math.round(days * 86_400) * 1000);
}
