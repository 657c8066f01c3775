/**
 * YOLO's text labels as Ultralytics documents them (docs.ultralytics.com, detect and segment datasets): a .txt for each picture, a row for each object,
 * numbers as shares of the picture's width and height.
 *
 *     class x_center y_center width height [score]        box
 *     class x1 y1 x2 y2 x3 y3 … [score]                   closed line of at least three points
 *
 * Names of the classes are in data.yaml (`names`) or, older, classes.txt or obj.names. A picture without a file, or with an empty one, shows nothing.
 */
import { StudioError } from '../errors.ts';
import type { Attributes, Geometry, LabelSource, Part, Ring, Shape } from './annotation.ts';
import { namesOfLines, namesOfYaml, yamlScalar } from './class-names.ts';
import { type LabelFile, readText, safePath, shortened, type WrittenFile, WrittenNames, withoutExtension } from './files.ts';
import { settled } from './geometry.ts';
import { type Draft, Intake, type ReadContext, type ReadResult } from './intake.ts';
import { joinParts } from './joining.ts';
import { type Losses, lose, type Place } from './report.ts';
import { boxOf, outlineOf } from './shapes.ts';

/** Shares beyond this are pixels, not shares. */
const LARGEST_SHARE = 16;

const isYaml = (name: string): boolean => /\.ya?ml$/i.test(name);
/** Lists of names, and Ultralytics' lists of pictures (train.txt), which are no labels. */
const isNames = (name: string): boolean => /(^|\/)(classes|labels|obj|predefined_classes)\.(txt|names)$/i.test(name) || /\.names$/i.test(name);

/**
 * Reads the .txt files of a set. The pictures' sizes are needed: without `context.pictures` nothing can be read. Files that cannot be read are reported;
 * throws only where not one can.
 */
export async function readYolo(files: readonly LabelFile[], context: ReadContext): Promise<ReadResult> {
  const intake = new Intake('yolo', context);
  const names = await readNames(files, intake);
  const labels = new LabelNumbers(intake, names);
  let failure: unknown = null;
  let good = 0;
  for (const file of files) {
    if (isYaml(file.name) || isNames(file.name)) continue;
    if (!/\.txt$/i.test(file.name)) {
      intake.report.add('ignored_file', { file: file.name });
      continue;
    }
    try {
      readRows(await readText(file, intake.limits.maxFileBytes), file.name, intake, labels);
      good += 1;
    } catch (error) {
      if (!(error instanceof StudioError) || error.code === 'label_too_many') throw error;
      intake.report.add('unreadable_file', { file: file.name }, error.message);
      failure ??= error;
    }
  }
  if (good === 0 && failure !== null) throw failure;
  return intake.finish();
}

async function readNames(files: readonly LabelFile[], intake: Intake): Promise<Map<number, string> | null> {
  const yaml = files.filter(({ name }) => isYaml(name));
  // data.yaml before others, then the uppermost.
  yaml.sort((a, b) => Number(!/data\.ya?ml$/i.test(a.name)) - Number(!/data\.ya?ml$/i.test(b.name)) || a.name.length - b.name.length);
  for (const file of yaml) {
    try {
      const names = namesOfYaml(await readText(file, intake.limits.maxFileBytes));
      if (names !== null && names.size > 0) return names;
    } catch (error) {
      intake.report.add('unreadable_file', { file: file.name }, (error as Error).message);
    }
  }
  const list = files.filter(({ name }) => isNames(name)).sort((a, b) => a.name.length - b.name.length)[0];
  if (list === undefined) return null;
  return new Map(namesOfLines(await readText(list, intake.limits.maxFileBytes)).entries());
}

/** Class numbers of the files to classes of the set. Without a list of names the numbers mean the dataset's own classes. */
class LabelNumbers {
  readonly #intake: Intake;
  /** Classes that the dataset had before. */
  readonly #own: number;
  readonly #names: Map<number, string> | null;
  readonly #labels = new Map<number, number>();

  constructor(intake: Intake, names: Map<number, string> | null) {
    this.#intake = intake;
    this.#own = intake.classes.length;
    this.#names = names;
    if (names === null) return;
    // A number that the list leaves out keeps its place, so that the numbers stay when the set is written again.
    const last = Math.min(Math.max(-1, ...names.keys()), intake.limits.maxClasses);
    for (let id = 0; id <= last; id += 1) this.#labels.set(id, intake.declare({ name: names.get(id) ?? String(id), id }, { file: 'names' }));
  }

  of(id: number, place: Place): number {
    const known = this.#labels.get(id);
    if (known !== undefined) return known;
    const intake = this.#intake;
    let label = id;
    if (this.#names !== null || (this.#own > 0 && id >= this.#own)) label = intake.undeclared(String(id), place, { id });
    else if (this.#own === 0) {
      // The numbers become the names; those in between keep their places.
      for (let k = intake.classes.length; k <= id; k += 1) intake.declare({ name: String(k), id: k }, place);
      intake.report.add('class_names_missing', place, String(id));
    }
    this.#labels.set(id, label);
    return label;
  }
}

function readRows(text: string, file: string, intake: Intake, labels: LabelNumbers): void {
  const rows = text.split(/\r\n|\r|\n/);
  const picture = withoutExtension(file);
  const again = intake.has(picture);
  const draft = intake.picture(picture, 'shares', { file });
  if (draft === null) return;
  if (again) intake.report.add('duplicate_picture', { file }, '', draft.labels.name);
  const { width, height } = draft.labels;
  if (width === 0 || height === 0) throw new StudioError('label_size_unknown', { picture: shortened(draft.labels.name) });
  for (const [i, row] of rows.entries()) if (row.trim() !== '') readRow(row.trim(), { file, row: i + 1 }, draft, intake, labels);
}

function readRow(row: string, place: Place, draft: Draft, intake: Intake, labels: LabelNumbers): void {
  const fields = row.split(/[\s,]+/);
  const values = fields.map((field) => (/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(field) ? Number(field) : Number.NaN));
  const [id, ...rest] = values as [number, ...number[]];
  const notNumbers = fields.some((field, i) => Number.isNaN(values[i]) && !/^[-+]?(nan|inf(inity)?)$/i.test(field));
  if (notNumbers || !Number.isInteger(id) || id < 0 || rest.length < 4) {
    intake.report.shapesRead += 1;
    intake.report.add('malformed', place, row, draft.labels.name);
    return;
  }
  const { width, height } = draft.labels;
  const attributes: Attributes = {};
  const isBox = rest.length <= 5;
  // A row of even length after its class has no place for a score.
  if (rest.length % 2 === 1) attributes.score = rest.pop()!;
  if (rest.some((value) => Math.abs(value) > LARGEST_SHARE)) {
    intake.report.shapesRead += 1;
    intake.report.add('not_finite', place, row, draft.labels.name);
    return;
  }
  let geometry: Geometry;
  if (isBox) {
    const [cx, cy, w, h] = rest as [number, number, number, number];
    geometry = { kind: 'box', x: pixelsOf(cx - w / 2, width), y: pixelsOf(cy - h / 2, height), width: pixelsOf(w, width), height: pixelsOf(h, height) };
  } else {
    const outer: Ring = rest.map((value, i) => pixelsOf(value, i % 2 === 0 ? width : height));
    geometry = { kind: 'polygon', parts: [{ outer, holes: [] }] };
  }
  intake.add(draft, geometry, labels.of(id, place), attributes, place, row);
}

/** In pixels of a side: fifteen digits of a share and the rounding of two products. */
const pixelsOf = (share: number, side: number): number => settled(share * side, side * 1e-14);

// ---------------------------------------------------------------- writing

export interface YoloOptions {
  /** Rows of a set are all boxes or all closed lines: Ultralytics does not mix them. */
  rows: 'box' | 'segment';
  losses?: Losses;
}

/**
 * Writes data.yaml and labels/NAME.txt for every picture; the pictures belong into images/NAME beside it. A picture that shows nothing gets an empty file.
 * Throws label_size_unknown.
 */
export async function* writeYolo(source: LabelSource, { rows, losses }: YoloOptions): AsyncGenerator<WrittenFile> {
  if (source.classes.some(({ id }, i) => id !== undefined && id !== i)) lose(losses, 'classes');
  const names = source.classes.map(({ name }, i) => `  ${i}: ${yamlScalar(name)}\n`).join('');
  yield { name: 'data.yaml', content: Buffer.from(`path: .\ntrain: images\nval: images\nnames:${names === '' ? ' {}\n' : `\n${names}`}`) };
  const files = new WrittenNames();
  for await (const picture of source.pictures) {
    const { width, height } = picture;
    if (width === 0 || height === 0) throw new StudioError('label_size_unknown', { picture: shortened(picture.name) });
    let text = '';
    for (const shape of picture.shapes) text += rowOf(shape, width, height, rows, losses);
    yield { name: files.unique(`labels/${withoutExtension(safePath(picture.name))}`, '.txt'), content: Buffer.from(text) };
  }
}

function rowOf(shape: Shape, width: number, height: number, rows: 'box' | 'segment', losses: Losses | undefined): string {
  const { score, drawnAs: _, statedArea: __, statedBox: ___, ...others } = shape.attributes ?? {};
  if (Object.keys(others).length > 0) lose(losses, 'attributes');
  const box = boxOf(shape);
  if (shape.kind === 'whole' || box === null) {
    lose(losses, 'shape');
    return '';
  }
  const end = score === undefined ? '\n' : ` ${score}\n`;
  if (rows === 'box') {
    if (shape.kind !== 'box') lose(losses, 'box_from_polygon');
    const shares = [(box.x + box.width / 2) / width, (box.y + box.height / 2) / height, box.width / width, box.height / height];
    return `${shape.label} ${shares.map(shareText).join(' ')}${end}`;
  }
  if (shape.kind === 'box') lose(losses, 'polygon_from_box');
  if (shape.kind === 'mask') lose(losses, 'polygon_from_mask');
  const parts: readonly Part[] = outlineOf(shape);
  if (parts.length > 1 || parts.some(({ holes }) => holes.length > 0)) lose(losses, 'cuts');
  const line = joinParts(parts);
  return `${shape.label} ${line.map((value, i) => shareText(value / (i % 2 === 0 ? width : height))).join(' ')}${end}`;
}

/** Fifteen digits are all that a double holds for certain; fewer where they say the same. */
function shareText(share: number): string {
  return String(Number(share.toPrecision(15)));
}
