/** Which format the label files of an upload are in, told by their names and the beginnings of their contents. */
import { StudioError } from '../errors.ts';
import { FORMAT_NAMES, type FormatName } from './annotation.ts';
import { isTableName } from './class-table.ts';
import type { LabelFile } from './files.ts';
import { isPng } from './png.ts';

export interface Detection {
  format: FormatName;
  /** The files to give to its reader, tables of classes among them. */
  files: LabelFile[];
  /** Files that look like labels of another format; the report should name them. */
  others: LabelFile[];
}

const PICTURE = /\.(jpe?g|png|webp|tiff?|bmp|gif)$/i;
/** Folders that by custom hold masks. */
const MASK_FOLDER = /(^|\/)(SegmentationClass(Aug|Raw)?|SegmentationObject|masks?|labels?|labelIds|annotations?|gt|gtFine|ground_?truth)\//i;
const MASK_SUFFIX = /[_-](mask|label|labelids|seg|segmentation|gt)\.(png|tiff?|webp)$/i;
const HEAD_BYTES = 2 ** 16;
/** So many files of an extension are looked into: a set is of one piece. */
const LOOKED_INTO = 200;

/** What a file is on its own; null: no label file. `table`: a list of classes or other company of one format or several. */
type Guess = FormatName | 'table' | null;

/**
 * The format of a set of files, pictures among them. One format is read at a time: that of the most telling files, in the order COCO, VOC, LabelMe, YOLO,
 * masks, CSV, JSON. Class folders are no files: `folders` is never the answer. Where some files are masks by their names, indexed pictures elsewhere are
 * none. `formats`: those that are looked for. Throws label_format_unknown where nothing looks like labels.
 */
export async function detectFormat(files: readonly LabelFile[], formats: readonly FormatName[] = FORMAT_NAMES): Promise<Detection> {
  const guesses = new Map<LabelFile, Guess>();
  const masksByName = files.some((file) => byName(file.name, extensionOf(file.name)) === 'masks');
  const looked = new Map<string, { count: number; last: Guess }>();
  for (const file of files) {
    const extension = extensionOf(file.name);
    const named = byName(file.name, extension);
    if (named !== undefined) {
      guesses.set(file, named);
      continue;
    }
    if (masksByName && extension === 'png') continue;
    let seen = looked.get(extension);
    if (seen === undefined) {
      seen = { count: 0, last: null };
      looked.set(extension, seen);
    }
    if (seen.count < LOOKED_INTO) {
      seen.count += 1;
      const guess = await byContent(file, extension);
      guesses.set(file, guess);
      if (guess !== null && guess !== 'table') seen.last = guess;
    } else guesses.set(file, seen.last);
  }
  const found = new Set(guesses.values());
  const format = (['coco', 'voc', 'labelme', 'yolo', 'masks', 'csv', 'json'] as const).find((name) => formats.includes(name) && found.has(name));
  if (format === undefined) throw new StudioError('label_format_unknown');
  const usesTables = format === 'yolo' || format === 'masks';
  const of = files.filter((file) => guesses.get(file) === format || (usesTables && guesses.get(file) === 'table'));
  const others = files.filter((file) => !of.includes(file) && ![null, undefined, 'table'].includes(guesses.get(file)));
  return { format, files: of, others };
}

function extensionOf(name: string): string {
  return /\.([^./]{1,8})$/.exec(name)?.[1]?.toLowerCase() ?? '';
}

/** undefined: the content must be looked at. */
function byName(name: string, extension: string): Guess | undefined {
  const base = name.split('/').at(-1)!;
  if (base.startsWith('.') || name.startsWith('__MACOSX/')) return null;
  if (extension === 'yaml' || extension === 'yml' || extension === 'names' || isTableName(name)) {
    // labels.csv and labels.json are class tables by name alone, but as often the labels themselves.
    return /^labels\.(csv|json)$/i.test(base) || (extension !== 'txt' && /^class(es)?\.(csv|json)$/i.test(base)) ? undefined : 'table';
  }
  if (PICTURE.test(name)) {
    if (!/^(png|tiff?|webp)$/.test(extension)) return null;
    return MASK_FOLDER.test(name) || MASK_SUFFIX.test(name) ? 'masks' : extension === 'png' ? undefined : null;
  }
  if (['json', 'xml', 'txt', 'csv', 'tsv'].includes(extension)) return undefined;
  return null;
}

async function byContent(file: LabelFile, extension: string): Promise<Guess> {
  const head = await headOf(file);
  if (extension === 'png') {
    // An indexed PNG among photographs is a mask: cameras write none. Colour type is byte 25.
    return isPng(head) && head[25] === 3 ? 'masks' : null;
  }
  const text = textOf(head);
  if (extension === 'xml') return /<annotation[\s/>]/.test(text) ? 'voc' : null;
  if (extension === 'json') return ofJson(text);
  if (extension === 'csv' || extension === 'tsv')
    return /(^|[,;\t])\s*"?(r|red)"?\s*[,;\t]\s*"?(g|green)"?\s*[,;\t]/i.test(text.split('\n', 1)[0]!) ? 'table' : 'csv';
  const row = text.split(/\r?\n/).find((line) => line.trim() !== '');
  // An empty .txt is YOLO's way to say that nothing is shown.
  if (row === undefined) return 'yolo';
  if (/^\s*\d+(\s+[-+\d.eE]+|\s+-?(nan|inf)){4,}\s*$/i.test(row)) return 'yolo';
  return null;
}

function ofJson(text: string): Guess {
  const keys = outerKeys(text);
  if (keys.has('shapes') || (keys.has('version') && (keys.has('imagePath') || keys.has('imageData')))) return 'labelme';
  if (keys.has('images') && (keys.has('annotations') || keys.has('categories') || /"(file_name|coco_url)"/.test(text))) return 'coco';
  if (keys.has('annotations') && (keys.has('categories') || /"(image_id|category_id|segmentation)"/.test(text))) return 'coco';
  if (keys.has('info') && keys.has('categories')) return 'coco';
  if (keys.has('categories') && /"supercategory"/.test(text)) return 'coco';
  if (/"colou?r"\s*:/.test(text)) return 'table';
  return 'json';
}

/** Keys of the outermost object, as far as the head of the file goes. LabelMe's keys may come after a picture of megabytes: `version` comes first. */
function outerKeys(text: string): Set<string> {
  const keys = new Set<string>();
  let depth = 0;
  for (let i = 0; i < text.length; i += 1) {
    const c = text[i]!;
    if (c === '{' || c === '[') depth += 1;
    else if (c === '}' || c === ']') depth -= 1;
    else if (c === '"') {
      const start = i + 1;
      for (i += 1; i < text.length && text[i] !== '"'; i += 1) if (text[i] === '\\') i += 1;
      if (depth === 1 && /^\s*:/.test(text.slice(i + 1, i + 20))) keys.add(text.slice(start, i));
    }
  }
  return keys;
}

async function headOf(file: LabelFile): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of file.chunks()) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= HEAD_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, HEAD_BYTES);
}

/** Only ASCII matters here, so a character that the end of the head cuts does no harm. */
function textOf(head: Buffer): string {
  const mark = head.length >= 2 ? head.readUInt16BE(0) : 0;
  if (mark === 0xfffe) return head.toString('utf16le');
  if (mark === 0xfeff)
    return Buffer.from(head.subarray(0, head.length & ~1))
      .swap16()
      .toString('utf16le');
  return head.toString('utf8').replace(/^\uFEFF/, '');
}
