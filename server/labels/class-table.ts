/** Tables that say which value or colour of a mask's pixels means which class. */
import { parse } from 'csv-parse/sync';
import { StudioError } from '../errors.ts';
import type { ClassInfo } from './annotation.ts';
import { namesOfLines } from './class-names.ts';
import { type LabelFile, type LabelLimits, readText, shortened } from './files.ts';
import { objectOf, parseJson } from './json.ts';

/** Names that mean "no class", in tables of masks. */
const BACKGROUND = /^_?background_?$|^배경$/i;
/** Names that mean "count nothing here". VOC calls it void, LabelMe __ignore__, Cityscapes unlabeled. */
const IGNORED = /^(void|_*ignored?_*|unlabell?ed|border)$/i;

export const isTableName = (name: string): boolean =>
  /(^|\/)(label_?map|label_?colou?rs|colou?r_?map|class(es)?|labels|class_?names|class_?dict)\.(txt|csv|json)$/i.test(name);

export interface ClassTable {
  /** With `id`, the value of their pixels, and `colour` where the table has colours. */
  classes: ClassInfo[];
  background: ClassInfo | null;
}

interface Entry extends ClassInfo {
  background?: boolean;
}

/**
 * Reads a table: CVAT's labelmap.txt (`name:r,g,b:parts:actions`), CSV with a name and r, g, b or a value, a list of names one a line (values 0, 1, …), or
 * JSON (a list of names or of { name, id, color }, or a map of them). Throws label_structure where it is none of these, and what its reading throws.
 */
export async function readClassTable(file: LabelFile, limits: LabelLimits): Promise<ClassTable> {
  const text = await readText(file, limits.maxFileBytes);
  const entries = /\.json$/i.test(file.name) ? ofJson(text, file.name, limits) : ofText(text, file.name);
  if (entries.length === 0 || entries.length > limits.maxClasses)
    throw new StudioError('label_structure', { file: shortened(file.name), detail: 'name, color' });
  const table: ClassTable = { classes: [], background: null };
  for (const [i, entry] of entries.entries()) {
    const info: Entry = { ...entry, id: entry.id ?? i };
    const { background, ...kept } = info;
    if (table.background === null && (background ?? BACKGROUND.test(info.name))) table.background = kept;
    else table.classes.push(IGNORED.test(info.name) ? { ...kept, ignore: true } : kept);
  }
  return table;
}

function ofText(text: string, file: string): ClassInfo[] {
  const lines = namesOfLines(text).filter((line) => line !== '' && !line.startsWith('#'));
  if (lines.length > 0 && lines.every((line) => line.includes(':'))) {
    return lines.map((line) => {
      // A name may hold a colon; the colour is the first field of three numbers, or empty.
      const found = /^(.*?):\s*(?:(\d+)\s*,\s*(\d+)\s*,\s*(\d+))?\s*(?::[^:]*){0,2}$/.exec(line);
      if (found === null) throw new StudioError('label_structure', { file: shortened(file), detail: shortened(line, 80) });
      const colour = found[2] === undefined ? undefined : colourOf(found.slice(2, 5).map(Number));
      return { name: found[1]!.trim(), ...(colour === undefined ? {} : { colour }) };
    });
  }
  if (!/[,;\t]/.test(lines[0] ?? '')) return lines.map((name) => ({ name }));
  return ofCsv(text, file);
}

function ofCsv(text: string, file: string): ClassInfo[] {
  const delimiter = [',', ';', '\t'].find((sign) => text.split('\n', 1)[0]!.includes(sign)) ?? ',';
  let rows: string[][];
  try {
    rows = parse(text, { delimiter, bom: true, trim: true, skip_empty_lines: true, relax_column_count: true });
  } catch (error) {
    throw new StudioError('label_csv', { file: shortened(file), detail: shortened((error as Error).message) });
  }
  const head = rows[0]!.map((cell) => cell.toLowerCase());
  const column = (pattern: RegExp): number => head.findIndex((cell) => pattern.test(cell));
  let [name, r, g, b, id] = [
    column(/^(name|class|label|클래스)(_?name)?$/),
    column(/^r(ed)?$/),
    column(/^g(reen)?$/),
    column(/^b(lue)?$/),
    column(/^(id|index|value|번호)$/),
  ];
  const headed = name >= 0;
  if (!headed) {
    // Without a head: the column that is not numbers is the name; three numbers are a colour, one is the value.
    const numeric = rows[0]!.map((cell) => /^\d+$/.test(cell));
    name = numeric.indexOf(false);
    const values = numeric.flatMap((is, i) => (is ? [i] : []));
    if (values.length >= 3) [r, g, b] = values.slice(-3) as [number, number, number];
    if (values.length === 1 || values.length === 4) id = values[0]!;
  }
  if (name < 0) throw new StudioError('label_structure', { file: shortened(file), detail: 'name, r, g, b' });
  return rows.slice(headed ? 1 : 0).map((row) => {
    const colour = r >= 0 && g >= 0 && b >= 0 ? colourOf([row[r], row[g], row[b]].map((cell) => Number(cell || Number.NaN))) : undefined;
    const value = id >= 0 ? Number(row[id] || Number.NaN) : Number.NaN;
    return { name: row[name] ?? '', ...(colour === undefined ? {} : { colour }), ...(Number.isInteger(value) ? { id: value } : {}) };
  });
}

function ofJson(text: string, file: string, limits: LabelLimits): Entry[] {
  const root = parseJson(text, file, limits.maxDepth);
  const inner = objectOf(root);
  const list = inner === null ? root : (inner.classes ?? inner.labels ?? inner.categories ?? inner.items ?? root);
  const entries: Entry[] = [];
  const pairs = Array.isArray(list) ? list.map((value, i) => [String(i), value] as const) : Object.entries(objectOf(list) ?? {});
  for (const [key, value] of pairs) {
    const number = /^\d{1,9}$/.test(key) ? Number(key) : undefined;
    const object = objectOf(value);
    if (typeof value === 'string' && number !== undefined) entries.push({ name: value, id: number });
    else if (typeof value === 'number') entries.push({ name: key, id: value });
    else if (Array.isArray(value)) {
      const colour = colourOf(value.map(Number));
      entries.push({ name: key, ...(colour === undefined ? {} : { colour }) });
    } else if (object !== null) {
      const name = object.name ?? object.label ?? (number === undefined ? key : undefined);
      if (typeof name !== 'string') throw new StudioError('label_structure', { file: shortened(file), detail: 'name' });
      const stated = object.color ?? object.colour;
      const colour = Array.isArray(stated) ? colourOf(stated.map(Number)) : typeof stated === 'string' ? colourOfHex(stated) : undefined;
      const id = typeof object.id === 'number' ? object.id : typeof object.value === 'number' ? object.value : number;
      const entry: Entry = { name };
      if (colour !== undefined) entry.colour = colour;
      if (id !== undefined) entry.id = id;
      if (object.ignore === true) entry.ignore = true;
      if (typeof object.background === 'boolean') entry.background = object.background;
      entries.push(entry);
    } else throw new StudioError('label_structure', { file: shortened(file), detail: 'name, color' });
  }
  return entries;
}

function colourOf(values: readonly number[]): [number, number, number] | undefined {
  if (values.length < 3 || values.slice(0, 3).some((v) => !Number.isInteger(v) || v < 0 || v > 255)) return undefined;
  return [values[0]!, values[1]!, values[2]!];
}

function colourOfHex(text: string): [number, number, number] | undefined {
  const found = /^#?([0-9a-f]{6})$/i.exec(text.trim());
  if (found === null) return undefined;
  const value = Number.parseInt(found[1]!, 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/**
 * VOC's colour of a value, by which palettes of masks are made: bit 0 of the value goes to red's highest bit, bit 1 to green's, bit 2 to blue's, bit 3 to
 * red's second, and so on.
 */
export function vocColour(value: number): [number, number, number] {
  const colour: [number, number, number] = [0, 0, 0];
  for (let bit = 0; bit < 8; bit += 1) for (let c = 0; c < 3; c += 1) colour[c]! |= ((value >> (3 * bit + c)) & 1) << (7 - bit);
  return colour;
}

/** The text of a labelmap.txt. */
export function labelmapText(entries: readonly { name: string; colour: readonly number[] }[]): string {
  return `# label:color_rgb:parts:actions\n${entries.map(({ name, colour }) => `${name.replace(/[\r\n]/g, ' ')}:${colour.join(',')}::\n`).join('')}`;
}
