/** Where the labels of a picture set come from: folders, or a CSV file `filename,label`. */
import { parse } from 'csv-parse/sync';
import { StudioError } from '../../errors.ts';
import { decodeText, shown } from './entry.ts';

const MAX_CLASSES = 10_000;
const MAX_NAME = 100;
const FILE_COLUMN =
  /^(file|file ?name|file_name|image|image_?name|image_?id|img|picture|path|file ?path|name|파일|파일 ?이름|파일 ?명|이미지|이미지 ?명|사진|경로)$/i;
const LABEL_COLUMN = /^(label|labels|class|class_?name|category|target|라벨|레이블|클래스|분류|구분)$/i;
const PICTURE_NAME = /\.(jpe?g|png|webp|tiff?|bmp|gif)$/i;

/** A label file within an archive. */
export function isLabelFile(name: string): boolean {
  return /^labels?\.csv$/i.test(name.split('/').at(-1) ?? '');
}

/**
 * The class of each picture by its folder: that of the last folder, where every picture lies in one after a folder that all have in common is taken
 * off (zipping a folder puts it there). null for all otherwise: pictures that lie flat have no labels.
 */
export function labelsByFolder(names: readonly string[]): (string | null)[] {
  const folders = names.map((name) => name.split('/').slice(0, -1));
  const top = folders[0]?.[0];
  const common = top !== undefined && folders.every((path) => path[0] === top);
  const below = common ? folders.map((path) => path.slice(1)) : folders;
  if (below.some((path) => path.length === 0)) return names.map(() => null);
  return below.map((path) => path.at(-1)!.slice(0, MAX_NAME));
}

export interface LabelRow {
  /** Line of the file, from 1. */
  row: number;
  filename: string;
  /** null: no label. */
  label: string | null;
}

/**
 * Rows of a label file: comma, semicolon or tab; UTF-8 or code page 949; with a header (then the columns may stand anywhere) or without one (then the
 * first two). Throws StudioError: labels_unreadable, labels_bad_row, labels_empty.
 */
export function parseLabels(bytes: Uint8Array): LabelRow[] {
  const text = decodeText(bytes);
  if (text === undefined || text.includes('\0')) throw new StudioError('labels_unreadable');
  const firstLine = text.slice(0, text.search(/\r?\n|$/));
  const delimiter = [',', '\t', ';'].map((mark) => ({ mark, count: firstLine.split(mark).length })).sort((a, b) => b.count - a.count)[0]!.mark;
  let rows: { record: string[]; info: { lines: number } }[];
  try {
    const options = { delimiter, bom: true, info: true, relax_column_count: true, skip_empty_lines: true, trim: true } as const;
    rows = parse(text, options) as unknown as typeof rows;
  } catch (error) {
    const { lines } = error as { lines?: number };
    throw new StudioError('labels_bad_row', { row: lines ?? 1 }, (error as Error).message);
  }
  const header = rows[0] === undefined ? undefined : headerOf(rows[0].record);
  const fileColumn = header?.file ?? 0;
  const labelColumn = header?.label ?? 1;
  const labels = rows.slice(header === undefined ? 0 : 1).map(({ record, info }): LabelRow => {
    const filename = shown(record[fileColumn] ?? '');
    const label = record[labelColumn];
    if (filename === '' || label === undefined) throw new StudioError('labels_bad_row', { row: info.lines });
    return { row: info.lines, filename, label: className(label) };
  });
  if (labels.every(({ label }) => label === null)) throw new StudioError('labels_empty');
  return labels;
}

/** Which columns a header names; undefined where the first row is not one. */
function headerOf(cells: readonly string[]): { file: number; label: number } | undefined {
  if (cells.some((cell) => PICTURE_NAME.test(cell))) return undefined;
  const file = cells.findIndex((cell) => FILE_COLUMN.test(cell));
  const label = cells.findIndex((cell, column) => column !== file && LABEL_COLUMN.test(cell));
  // A word that we do not know, but no picture's name either: still a header. Its column is the first that the other has left.
  if (file < 0 && label < 0) return { file: 0, label: 1 };
  if (file < 0) return { file: label === 0 ? 1 : 0, label };
  return { file, label: label >= 0 ? label : file === 0 ? 1 : 0 };
}

function className(text: string): string | null {
  const name = shown(text.replaceAll('/', '∕')).trim().slice(0, MAX_NAME);
  return name === '' ? null : name;
}

export interface MatchedLabels {
  /** In the order of the pictures' names; null: no label. */
  labels: (string | null)[];
  /** Names in the file that fit no picture, or fit more than one. */
  unmatched: string[];
}

/** Gives each row's label to the picture with that path, or with that file name where only one has it. Throws StudioError: labels_conflict. */
export function matchLabels(rows: readonly LabelRow[], names: readonly string[]): MatchedLabels {
  const byPath = new Map<string, number[]>();
  const byBase = new Map<string, number[]>();
  const put = (map: Map<string, number[]>, key: string, index: number) => {
    const found = map.get(key);
    if (found === undefined) map.set(key, [index]);
    else found.push(index);
  };
  const tops = new Set(names.map((name) => name.split('/')[0]));
  for (const [index, name] of names.entries()) {
    put(byPath, name, index);
    // Zipping a folder puts its name before every path; whoever wrote the label file did not know that.
    if (tops.size === 1 && name.includes('/')) put(byPath, name.slice(name.indexOf('/') + 1), index);
    put(byBase, name.split('/').at(-1)!, index);
  }
  const labels: (string | null | undefined)[] = names.map(() => undefined);
  const unmatched: string[] = [];
  for (const { row, filename, label } of rows) {
    const sameBase = byBase.get(filename.split('/').at(-1)!) ?? [];
    // Two pictures of one path are two copies of one file to the user: both get the label.
    const oneFile = new Set(sameBase.map((index) => names[index])).size === 1;
    const found = byPath.get(filename) ?? (oneFile ? sameBase : []);
    if (found.length === 0) unmatched.push(filename);
    for (const index of found) {
      if (labels[index] !== undefined && labels[index] !== label) throw new StudioError('labels_conflict', { row, name: filename });
      labels[index] = label;
    }
  }
  return { labels: labels.map((label) => label ?? null), unmatched };
}

/** Names of the classes in use, in natural order (2 before 10), and each picture's index into them. Throws StudioError: labels_too_many_classes. */
export function classesOf(labels: readonly (string | null)[]): { names: string[]; indices: (number | null)[] } {
  const names = [...new Set(labels.filter((label) => label !== null))].sort(new Intl.Collator('en', { numeric: true }).compare);
  if (names.length > MAX_CLASSES) throw new StudioError('labels_too_many_classes', { count: names.length, limit: MAX_CLASSES });
  const index = new Map(names.map((name, at) => [name, at]));
  return { names, indices: labels.map((label) => (label === null ? null : index.get(label)!)) };
}
