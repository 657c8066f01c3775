/**
 * Classification labels, one class a picture: a CSV table `filename,label` (or a column of 0 and 1 for each class), JSON (a map of names to classes, or a
 * list of objects), or folders named like the classes.
 */
import { parse } from 'csv-parse/sync';
import { StudioError } from '../errors.ts';
import { guarded, unguarded } from '../formulas.ts';
import type { Json, LabelSource, PictureLabels } from './annotation.ts';
import { checkSize, type LabelFile, readText, safePath, shortened, type WrittenFile, WrittenNames } from './files.ts';
import { Intake, type ReadContext, type ReadResult } from './intake.ts';
import { jsonEntries, objectOf } from './json.ts';
import { type Losses, lose, type Place } from './report.ts';
import { Turns } from './turns.ts';

const FILE_COLUMN =
  /^(file|file ?name|file_name|image|image_?name|image_?id|img|picture|path|file_?path|image_?path|name|파일|파일 ?이름|파일 ?명|이미지|이미지 ?명|사진|경로)$/i;
const LABEL_COLUMN = /^(label|labels|label_?name|class|class_?name|category|target|라벨|레이블|클래스|분류|구분)$/i;
const PICTURE_NAME = /\.(jpe?g|png|webp|tiff?|bmp|gif)$/i;
/** Bytes of a file's name, with room for a number: what file systems take is 255. */
const LONGEST_NAME = 240;
/** Folder of the pictures that have no class. */
const UNLABELLED = 'unlabelled';

/** Gives a picture its class, once. */
function assign(intake: Intake, name: string, label: string, place: Place): void {
  const draft = intake.picture(name, null, place);
  if (draft === null) {
    intake.report.shapesRead += 1;
    return;
  }
  const first = draft.labels.shapes[0];
  const index = intake.declare({ name: label }, place);
  if (first !== undefined && first.label !== index) {
    intake.report.shapesRead += 1;
    intake.report.add('conflicting_label', place, `${intake.classes[first.label]!.name} / ${label}`, draft.labels.name);
    return;
  }
  intake.add(draft, { kind: 'whole' }, index, {}, place, label);
}

// ---------------------------------------------------------------- CSV

/** Reads CSV files: comma, semicolon, tab or bar; with or without a head. Throws label_csv and what reading text throws. */
export async function readCsv(files: readonly LabelFile[], context: ReadContext): Promise<ReadResult> {
  const intake = new Intake('csv', context);
  for (const file of files) readTable(await readText(file, intake.limits.maxFileBytes), file.name, intake);
  return intake.finish(true);
}

function readTable(text: string, file: string, intake: Intake): void {
  const first = text.slice(0, text.search(/[\r\n]|$/));
  const delimiter = [',', '\t', ';', '|'].map((sign) => ({ sign, count: first.split(sign).length })).sort((a, b) => b.count - a.count)[0]!.sign;
  let rows: { record: string[]; info: { lines: number } }[];
  try {
    const options = { delimiter, bom: true, info: true, relax_column_count: true, skip_empty_lines: true, trim: true } as const;
    rows = parse(text, options) as unknown as typeof rows;
  } catch (error) {
    throw new StudioError('label_csv', { file: shortened(file), detail: shortened((error as Error).message) });
  }
  if (rows.length === 0) throw new StudioError('label_csv', { file: shortened(file), detail: 'filename,label' });
  const columns = columnsOf(rows, intake);
  const width = rows[0]!.record.length;
  for (const { record, info } of rows.slice(columns.headed ? 1 : 0)) {
    const place: Place = { file, row: info.lines };
    const name = unguarded(record[columns.file] ?? '');
    if (record.length !== width) intake.report.add('ragged_row', place, record.join(delimiter), name || null);
    if (columns.oneHot !== null) {
      const set = columns.oneHot.filter(({ column }) => record[column] === '1');
      if (name === '' || set.length === 0) intake.report.add(name === '' ? 'malformed' : 'no_label', place, record.join(delimiter), name || null);
      else for (const { label } of set) assign(intake, name, label, place);
      continue;
    }
    const label = unguarded(record[columns.label] ?? '');
    if (name === '' || record.length <= columns.label) intake.report.add('malformed', place, record.join(delimiter), name || null);
    else if (label === '') intake.report.add('no_label', place, name, name);
    else assign(intake, name, label, place);
  }
}

interface Columns {
  headed: boolean;
  file: number;
  label: number;
  /** One column a class, 1 where the picture has it. */
  oneHot: { column: number; label: string }[] | null;
}

function columnsOf(rows: readonly { record: string[] }[], intake: Intake): Columns {
  const head = rows[0]!.record;
  const isPicture = (cell: string): boolean => PICTURE_NAME.test(cell) || (intake.index !== null && typeof intake.index.find(cell) === 'number');
  const picture = head.findIndex(isPicture);
  if (picture >= 0) return { headed: false, file: picture, label: picture === 0 ? 1 : 0, oneHot: null };
  const file = Math.max(
    0,
    head.findIndex((cell) => FILE_COLUMN.test(cell)),
  );
  const label = head.findIndex((cell, column) => column !== file && LABEL_COLUMN.test(cell));
  const others = head.flatMap((cell, column) => (column === file ? [] : [{ column, label: unguarded(cell) }]));
  const binary =
    others.length > 1 && rows.length > 1 && rows.slice(1, 100).every(({ record }) => others.every(({ column }) => /^[01]$/.test(record[column] ?? '')));
  if (label < 0 && binary) return { headed: true, file, label: -1, oneHot: others };
  return { headed: true, file, label: label >= 0 ? label : file === 0 ? 1 : 0, oneHot: null };
}

/** Quoted also where the reader would take another sign than the comma for the delimiter, or white space away. */
function csvCell(text: string): string {
  const safe = guarded(text);
  return /[",;\t|\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export interface ClassificationOptions {
  /** Name of the file; default labels.csv or labels.json. */
  name?: string;
  losses?: Losses;
}

/** The class of a picture; undefined where it has none. Further classes and other shapes cannot be said in classification formats. */
function classOf(picture: PictureLabels, source: LabelSource, losses: Losses | undefined): string | undefined {
  const whole = picture.shapes.filter(({ kind }) => kind === 'whole');
  lose(losses, 'shape', picture.shapes.length - Math.min(1, whole.length));
  if (whole[0]?.attributes !== undefined) lose(losses, 'attributes');
  return whole[0] === undefined ? undefined : source.classes[whole[0].label]!.name;
}

/** Writes `filename,label` in UTF-8 with a mark, so that Excel shows Korean. Cells that would be formulas get an apostrophe before them. */
export async function* writeCsv(source: LabelSource, { name = 'labels.csv', losses }: ClassificationOptions = {}): AsyncGenerator<WrittenFile> {
  yield { name, content: joined('\uFEFFfilename,label\r\n', source, losses, (file, label) => `${csvCell(file)},${csvCell(label)}\r\n`, '') };
}

async function* joined(
  head: string,
  source: LabelSource,
  losses: Losses | undefined,
  row: (name: string, label: string, first: boolean) => string,
  tail: string,
): AsyncGenerator<Buffer> {
  let text = head;
  let first = true;
  for await (const picture of source.pictures) {
    const label = classOf(picture, source, losses);
    if (label === undefined) continue;
    text += row(picture.name, label, first);
    first = false;
    if (text.length < 2 ** 16) continue;
    yield Buffer.from(text);
    text = '';
  }
  yield Buffer.from(text + tail);
}

// ---------------------------------------------------------------- JSON

/** Reads JSON: { "a.jpg": "cat" }, a list of { filename, label }, either of them under a key, and `classes`, a list of names. */
export async function readJson(files: readonly LabelFile[], context: ReadContext): Promise<ReadResult> {
  const intake = new Intake('json', context);
  let listed = false;
  for (const file of files) {
    checkSize(file, intake.limits.maxStreamedBytes);
    for await (const { key, index, value } of jsonEntries(file, intake.limits)) {
      const place: Place = index < 0 ? { file: file.name, id: key } : { file: file.name, item: index + 1 };
      const object = objectOf(value);
      if (/^(classes|names)$/i.test(key) && typeof value === 'string' && index >= 0) {
        intake.declare({ name: value }, place);
        listed = true;
      } else if (index >= 0 && object === null && PICTURE_NAME.test(key)) {
        // A list of classes for a picture.
        if (isName(value)) assign(intake, key, String(value), place);
        else intake.report.add('malformed', place, value, key);
      } else if (index >= 0) readItem(object, value, place, intake);
      else if (isName(value) && (PICTURE_NAME.test(key) || typeof intake.index?.find(key) === 'number')) assign(intake, key, String(value), place);
      else if (object !== null && PICTURE_NAME.test(key)) readItem({ ...object, filename: key }, value, place, intake);
      else if (object !== null) readMap(object, file.name, intake);
      else intake.report.add('malformed', place, value);
    }
  }
  return intake.finish(!listed);
}

/** What may be a class: a word or a number. */
const isName = (value: Json | undefined): boolean => (typeof value === 'string' && value !== '') || typeof value === 'number';

function readMap(object: { [key: string]: Json }, file: string, intake: Intake): void {
  for (const [name, value] of Object.entries(object)) {
    const place: Place = { file, id: name };
    const label = Array.isArray(value) && value.length === 1 ? value[0] : value;
    if (isName(label)) assign(intake, name, String(label), place);
    else intake.report.add(label === null || label === '' ? 'no_label' : 'malformed', place, value, name);
  }
}

function readItem(object: { [key: string]: Json } | null, value: Json, place: Place, intake: Intake): void {
  const entries = Object.entries(object ?? {});
  const name = entries.find(([key, cell]) => FILE_COLUMN.test(key) && typeof cell === 'string')?.[1];
  const label = entries.find(([key]) => LABEL_COLUMN.test(key))?.[1];
  const one = Array.isArray(label) && label.length === 1 ? label[0] : label;
  if (typeof name !== 'string' || name === '') intake.report.add('malformed', place, value);
  else if (isName(one)) assign(intake, name, String(one), place);
  else intake.report.add(one === undefined || one === null || one === '' ? 'no_label' : 'malformed', place, value, name);
}

/** Writes { classes: [names], labels: [{ filename, label }] }. */
export async function* writeJson(source: LabelSource, { name = 'labels.json', losses }: ClassificationOptions = {}): AsyncGenerator<WrittenFile> {
  const head = `{"classes":${JSON.stringify(source.classes.map((info) => info.name))},"labels":[`;
  yield { name, content: joined(head, source, losses, (filename, label, first) => `${first ? '' : ','}\n${JSON.stringify({ filename, label })}`, '\n]}\n') };
}

// ---------------------------------------------------------------- folders

/**
 * The class of each picture is the last folder of its name, where every picture lies in one after a folder that all have in common is taken off: the rule by
 * which pictures are labelled when they are uploaded. null: those in a folder `unlabelled`, and all of them where some lie flat.
 */
export function classFolders(names: readonly string[]): (string | null)[] {
  const folders = names.map((name) => name.replaceAll('\\', '/').split('/').slice(0, -1));
  const top = folders[0]?.[0];
  const common = top !== undefined && folders.every((path) => path[0] === top);
  const below = common ? folders.map((path) => path.slice(1)) : folders;
  if (below.some((path) => path.length === 0)) return names.map(() => null);
  return below.map((path) => (path.at(-1) === UNLABELLED ? null : path.at(-1)!));
}

/** By the names of `files`, which are not looked into; without any by those of the pictures that the context knows (and that could be used). */
export async function readFolders(files: readonly LabelFile[], context: ReadContext): Promise<ReadResult> {
  const intake = new Intake('folders', context);
  const known = intake.index?.pictures.flatMap(({ name, unusable }) => (unusable === true ? [] : [name])) ?? [];
  const names = files.length > 0 ? files.map(({ name }) => name) : known;
  for (const [i, folder] of classFolders(names).entries()) if (folder !== null) assign(intake, names[i]!, folder, { file: names[i]! });
  return intake.finish(true);
}

/**
 * Where each picture belongs in class folders: CLASS/NAME, every one unique; pictures without a class in `unlabelled/`. The folders of a picture are lost, but
 * where several of `names` (those of all pictures) end alike they go into the name, so that it still says what belongs together: SN001/cam1.png becomes
 * CLASS/SN001_cam1.png. Not those that all pictures are in, nor one that says the class. The pictures themselves are not ours, so this is a plan and not files.
 */
export async function* planFolders(source: LabelSource, names: Iterable<string>, losses?: Losses): AsyncGenerator<{ from: string; to: string }> {
  const { common, alike } = await lostFolders(names);
  const files = new WrittenNames();
  const folders = new WrittenNames();
  const unlabelled = folders.unique(UNLABELLED, '');
  const folderOf = new Map(source.classes.map(({ name }) => [name, folders.unique(safePath(name.replace(/[/\\]/g, '_')), '')]));
  for await (const picture of source.pictures) {
    const label = classOf(picture, source, losses);
    const folder = label === undefined ? unlabelled : folderOf.get(label)!;
    const path = safePath(picture.name).split('/');
    const file = path.pop()!;
    const telling = alike.has(file.toLowerCase()) ? path.slice(common).filter((part) => part !== folder) : [];
    while (Buffer.byteLength([...telling, file].join('_')) > LONGEST_NAME && telling.length > 0) telling.shift();
    const [, stem, extension] = /^(.*?)(\.[^.]*)?$/s.exec(file)!;
    yield { from: picture.name, to: files.unique(`${folder}/${[...telling, stem].join('_')}`, extension ?? '') };
  }
}

/** How many folders all pictures are in, and the files' names, in lower case, that there are more than once. */
async function lostFolders(names: Iterable<string>): Promise<{ common: number; alike: Set<string> }> {
  const turns = new Turns();
  const [seen, alike] = [new Set<string>(), new Set<string>()];
  let shared: string[] | null = null;
  for (const name of names) {
    await turns.pass();
    const path = safePath(name).split('/');
    const file = path.pop()!.toLowerCase();
    if (seen.has(file)) alike.add(file);
    seen.add(file);
    shared ??= path;
    const differs = shared.findIndex((part, depth) => part !== path[depth]);
    if (differs >= 0) shared = shared.slice(0, differs);
  }
  return { common: shared?.length ?? 0, alike };
}
