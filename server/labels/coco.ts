/**
 * COCO's instance annotations (cocodataset.org, "Data format", object detection): one JSON file with images, categories and annotations that refer to them
 * by id. A segmentation is a list of closed lines (their union is the object), run lengths column by column, or missing, where only the box is known.
 *
 * The file is scanned twice, first for images and categories, then for annotations, so that their order does not matter and the text is never whole in
 * memory. Writing streams too: annotations first, then the images that were met.
 */
import { StudioError } from '../errors.ts';
import type { Attributes, ClassInfo, Geometry, Json, JsonObject, LabelSource, Part, Ring, Shape } from './annotation.ts';
import { checkSize, type LabelFile, shortened, type WrittenFile } from './files.ts';
import { type Draft, Intake, type ReadContext, type ReadResult } from './intake.ts';
import { joinParts } from './joining.ts';
import { jsonEntries, objectOf, without } from './json.ts';
import { type Losses, lose, type Place } from './report.ts';
import { checkedRle, runsOf } from './rle.ts';
import { areaOf, boxOf } from './shapes.ts';

const IMAGE_KEYS = new Set(['file_name', 'width', 'height']);
const CATEGORY_KEYS = new Set(['id', 'name']);
const ANNOTATION_KEYS = new Set(['image_id', 'category_id', 'bbox', 'segmentation', 'area', 'iscrowd', 'score']);
const TABLES = new Set(['images', 'categories', 'annotations']);

type Id = number | string;
const isId = (value: Json | undefined): value is Id => typeof value === 'number' || typeof value === 'string';

/** Reads one or several COCO files (a set split into train and val is two); ids are their own within each. Throws for a file that is no JSON or no COCO. */
export async function readCoco(files: readonly LabelFile[], context: ReadContext): Promise<ReadResult> {
  const intake = new Intake('coco', context);
  for (const file of files) await readFile(file, intake);
  return intake.finish();
}

async function readFile(file: LabelFile, intake: Intake): Promise<void> {
  checkSize(file, intake.limits.maxStreamedBytes);
  const images = new Map<Id, Draft | null>();
  const categories = new Map<Id, number>();
  const tables = new Set<string>();
  const wanted = (key: string): boolean => {
    if (key === '') throw new StudioError('label_structure', { file: shortened(file.name), detail: 'images, annotations, categories' });
    tables.add(key);
    return key !== 'annotations';
  };
  for await (const { key, index, value } of jsonEntries(file, intake.limits, wanted)) {
    const entry = objectOf(value);
    const place: Place = { file: file.name, item: index + 1 };
    if (key === 'images' && index >= 0) readImage(entry, value, place, intake, images);
    else if (key === 'categories' && index >= 0) readCategory(entry, value, place, intake, categories);
    else if (!TABLES.has(key)) intake.extra = { ...intake.extra, coco: { ...intake.extra?.coco, ...collected(intake.extra?.coco, key, index, value) } };
  }
  if (!tables.has('images')) throw new StudioError('label_structure', { file: shortened(file.name), detail: 'images' });
  for await (const { index, value } of jsonEntries(file, intake.limits, (key) => key === 'annotations')) {
    if (index < 0) continue;
    const entry = objectOf(value);
    const place: Place = { file: file.name, item: index + 1 };
    const before = intake.report.shapesRead;
    if (entry === null) intake.report.add('malformed', place, value);
    else {
      if (isId(entry.id)) place.id = String(entry.id);
      readAnnotation(entry, place, intake, images, categories);
    }
    intake.report.shapesRead = before + 1;
  }
}

/** Other tables (info, licenses) as they were, element by element. */
function collected(before: JsonObject | undefined, key: string, index: number, value: Json): JsonObject {
  const list = before?.[key];
  return Object.fromEntries([[key, index < 0 ? value : index > 0 && Array.isArray(list) ? [...list, value] : [value]]]);
}

function readImage(entry: JsonObject | null, value: Json, place: Place, intake: Intake, images: Map<Id, Draft | null>): void {
  if (entry === null || !isId(entry.id) || typeof entry.file_name !== 'string') {
    intake.report.add('malformed', place, value);
    return;
  }
  place.id = String(entry.id);
  if (intake.has(entry.file_name)) intake.report.add('duplicate_picture', place, entry.file_name, entry.file_name);
  const size = typeof entry.width === 'number' && typeof entry.height === 'number' ? { width: entry.width, height: entry.height } : null;
  const draft = intake.picture(entry.file_name, size, place);
  if (draft !== null) intake.setExtra(draft, without(entry, IMAGE_KEYS));
  images.set(entry.id, draft);
}

function readCategory(entry: JsonObject | null, value: Json, place: Place, intake: Intake, categories: Map<Id, number>): void {
  if (entry === null || !isId(entry.id) || typeof entry.name !== 'string') {
    intake.report.add('malformed', place, value);
    return;
  }
  const info: ClassInfo = { name: entry.name };
  if (typeof entry.id === 'number') info.id = entry.id;
  const extra = without(entry, CATEGORY_KEYS);
  if (extra !== undefined) info.extra = { coco: extra };
  categories.set(entry.id, intake.declare(info, place));
}

function readAnnotation(entry: JsonObject, place: Place, intake: Intake, images: Map<Id, Draft | null>, categories: Map<Id, number>): void {
  const draft = isId(entry.image_id) ? images.get(entry.image_id) : undefined;
  if (draft === undefined) {
    intake.report.add('missing_picture', place, { image_id: entry.image_id ?? null });
    return;
  }
  // Of a picture that is not in the dataset: said once, where the picture is listed.
  if (draft === null) return;
  if (!isId(entry.category_id)) {
    intake.report.add('malformed', place, { category_id: entry.category_id ?? null }, draft.labels.name);
    return;
  }
  let geometry: Geometry | null;
  try {
    geometry = geometryOfAnnotation(entry);
  } catch (error) {
    intake.report.add('malformed', place, (error as Error).message, draft.labels.name);
    return;
  }
  if (geometry === null) {
    intake.report.add('malformed', place, { bbox: entry.bbox ?? null, segmentation: entry.segmentation ?? null }, draft.labels.name);
    return;
  }
  let label = categories.get(entry.category_id);
  if (label === undefined) {
    const id = typeof entry.category_id === 'number' ? { id: entry.category_id } : {};
    label = intake.undeclared(String(entry.category_id), place, id);
    categories.set(entry.category_id, label);
  }
  const detail = geometry.kind === 'mask' ? { size: [geometry.rle.height, geometry.rle.width] } : (entry.bbox ?? entry.segmentation);
  intake.add(draft, geometry, label, attributesOf(entry, geometry), place, detail);
}

const numbers = (value: Json | undefined): value is number[] => Array.isArray(value) && value.every((v) => typeof v === 'number');
/** What was NaN or Infinity in the file is null by now; as NaN it is found and reported further on. */
const numbersOrNull = (value: Json | undefined): value is (number | null)[] => Array.isArray(value) && value.every((v) => typeof v === 'number' || v === null);

/** Throws RangeError for run lengths that are none; null where there is neither segmentation nor box. */
function geometryOfAnnotation({ segmentation, bbox }: JsonObject): Geometry | null {
  const rle = objectOf(segmentation);
  if (rle !== null) {
    const { size, counts } = rle;
    if (!numbers(size) || size.length !== 2 || (typeof counts !== 'string' && !Array.isArray(counts))) return null;
    return { kind: 'mask', rle: checkedRle(size[1]!, size[0]!, counts) };
  }
  if (Array.isArray(segmentation) && segmentation.length > 0) {
    // Some tools write a single line without the list around it.
    const lines = numbersOrNull(segmentation) ? [segmentation] : segmentation;
    const parts: Part[] = [];
    for (const line of lines) {
      if (!numbersOrNull(line) || line.length % 2 !== 0) return null;
      if (line.length > 0) parts.push({ outer: line.includes(null) ? line.map((v) => v ?? Number.NaN) : (line as Ring), holes: [] });
    }
    if (parts.length > 0) return { kind: 'polygon', parts };
  }
  if (!numbersOrNull(bbox) || bbox.length !== 4) return null;
  const [x, y, width, height] = bbox.map((v) => v ?? Number.NaN) as [number, number, number, number];
  return { kind: 'box', x, y, width, height };
}

function attributesOf(entry: JsonObject, geometry: Geometry): Attributes {
  const attributes: Attributes = {};
  if (entry.iscrowd === 1 || entry.iscrowd === true) attributes.crowd = true;
  if (typeof entry.score === 'number') attributes.score = entry.score;
  if (typeof entry.area === 'number' && entry.area !== areaOf(geometry)) attributes.statedArea = entry.area;
  if (geometry.kind !== 'box' && numbers(entry.bbox) && entry.bbox.length === 4) {
    const [x, y, width, height] = entry.bbox as [number, number, number, number];
    const own = boxOf(geometry);
    if (own === null || own.x !== x || own.y !== y || own.width !== width || own.height !== height) attributes.statedBox = { x, y, width, height };
  }
  const extra = without(entry, ANNOTATION_KEYS) ?? {};
  // Both forms of run lengths are COCO's; a file keeps the one that it had.
  const counts = objectOf(entry.segmentation)?.counts;
  if (Array.isArray(counts)) extra.counts = 'list';
  if (Object.keys(extra).length > 0) attributes.extra = { coco: extra };
  return attributes;
}

// ---------------------------------------------------------------- writing

export interface CocoOptions {
  /** Default annotations.json. */
  name?: string;
  losses?: Losses;
}

/** Writes one COCO file. Ids of images, categories and annotations that came from COCO are kept as long as they are unique. */
export async function* writeCoco(source: LabelSource, options: CocoOptions = {}): AsyncGenerator<WrittenFile> {
  yield { name: options.name ?? 'annotations.json', content: cocoChunks(source, options.losses) };
}

const CHUNK = 2 ** 16;

async function* cocoChunks(source: LabelSource, losses: Losses | undefined): AsyncGenerator<Buffer> {
  const ids = categoryIds(source.classes, losses);
  const categories = source.classes.map((info, i) => ({ ...info.extra?.coco, id: ids[i]!, name: info.name }));
  const { images: _, categories: __, annotations: ___, ...rest } = source.extra?.coco ?? {};
  let text = `${JSON.stringify({ ...rest, categories }).slice(0, -1)},"annotations":[`;
  const images: string[] = [];
  const imageIds = new UniqueIds();
  const annotationIds = new UniqueIds();
  let first = true;
  for await (const picture of source.pictures) {
    const { id: stated, ...extra } = picture.extra?.coco ?? {};
    const id = imageIds.take(stated);
    images.push(JSON.stringify({ ...extra, id, file_name: picture.name, width: picture.width, height: picture.height }));
    for (const shape of picture.shapes) {
      const annotation = annotationOf(shape, id, ids[shape.label]!, annotationIds, losses);
      if (annotation === null) continue;
      text += `${first ? '' : ','}\n${JSON.stringify(annotation)}`;
      first = false;
      if (text.length < CHUNK) continue;
      yield Buffer.from(text);
      text = '';
    }
  }
  text += '\n],"images":[';
  for (const [i, image] of images.entries()) {
    text += `${i === 0 ? '' : ','}\n${image}`;
    if (text.length < CHUNK) continue;
    yield Buffer.from(text);
    text = '';
  }
  yield Buffer.from(`${text}\n]}\n`);
}

/** Kept where they are whole and unique; else 1, 2, … as COCO counts. */
function categoryIds(classes: readonly ClassInfo[], losses: Losses | undefined): number[] {
  const stated = classes.map(({ id }) => id);
  if (stated.every((id) => id !== undefined && Number.isInteger(id)) && new Set(stated).size === stated.length) return stated as number[];
  if (stated.some((id) => id !== undefined)) lose(losses, 'classes');
  return classes.map((_, i) => i + 1);
}

class UniqueIds {
  readonly #taken = new Set<Json>();
  #next = 1;

  take(stated: Json | undefined): Id {
    if (isId(stated) && !this.#taken.has(stated)) {
      this.#taken.add(stated);
      return stated;
    }
    while (this.#taken.has(this.#next)) this.#next += 1;
    this.#taken.add(this.#next);
    return this.#next;
  }
}

function annotationOf(shape: Shape, imageId: Id, categoryId: number, ids: UniqueIds, losses: Losses | undefined): JsonObject | null {
  const { crowd, score, statedArea, statedBox, drawnAs: _, extra, ...others } = shape.attributes ?? {};
  if (Object.keys(others).length > 0 || Object.keys(extra ?? {}).some((format) => format !== 'coco')) lose(losses, 'attributes');
  const box = statedBox ?? boxOf(shape);
  if (shape.kind === 'whole' || box === null) {
    lose(losses, 'shape');
    return null;
  }
  const { id, counts, ...own } = extra?.coco ?? {};
  const annotation: JsonObject = { ...own, id: ids.take(id), image_id: imageId, category_id: categoryId };
  if (shape.kind === 'polygon') {
    if (shape.parts.some(({ holes }) => holes.length > 0)) lose(losses, 'cuts');
    annotation.segmentation = shape.parts.map((part) => (part.holes.length === 0 ? part.outer : joinParts([part])));
  } else if (shape.kind === 'mask') {
    const size = [shape.rle.height, shape.rle.width];
    annotation.segmentation = { size, counts: counts === 'list' ? runsOf(shape.rle) : shape.rle.counts };
  }
  annotation.area = statedArea ?? areaOf(shape);
  annotation.bbox = [box.x, box.y, box.width, box.height];
  annotation.iscrowd = crowd === true ? 1 : 0;
  if (score !== undefined) annotation.score = score;
  return annotation;
}
