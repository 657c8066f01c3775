/**
 * LabelMe's JSON (github.com/wkentaro/labelme): a file for each picture with imagePath, its size and a list of shapes, each a label, points and a shape_type.
 * A `mask` is a PNG of the box between its two points, both of which belong to it. Shapes of one label with the same group_id are one object.
 *
 * Circles and turned rectangles become polygons and, as long as nobody moves them, are written as what they were. Points and lines have no area and are
 * reported. The picture inside (imageData) is not a label: it is passed over and written as null.
 */
import { StudioError } from '../errors.ts';
import type { Attributes, Geometry, Json, JsonObject, LabelSource, Part, PictureLabels, Ring, Shape } from './annotation.ts';
import { type LabelFile, readText, safePath, shortened, type WrittenFile, WrittenNames, withoutExtension } from './files.ts';
import { settled } from './geometry.ts';
import { type Draft, Intake, type ReadContext, type ReadResult } from './intake.ts';
import { joinParts } from './joining.ts';
import { objectOf, parseJson, without } from './json.ts';
import { decodePng, encodePng } from './png.ts';
import { type Losses, lose, type Place } from './report.ts';
import { decodeInBox, encodeMask } from './rle.ts';

const FILE_KEYS = new Set(['version', 'shapes', 'imagePath', 'imageData', 'imageHeight', 'imageWidth']);
const SHAPE_KEYS = new Set(['label', 'points', 'group_id', 'description', 'shape_type', 'flags', 'mask']);
const VERSION = '5.5.0';
/** What taking away leaves of a fraction, pixels. */
const ROUNDING = 1e-10;
/** Corners of the polygon that stands for a circle: within 0.1 % of its radius. */
const CIRCLE_POINTS = 64;

/** Reads a set of JSON files. Files that cannot be read are reported; throws only where not one can. */
export async function readLabelme(files: readonly LabelFile[], context: ReadContext): Promise<ReadResult> {
  const intake = new Intake('labelme', context);
  let failure: StudioError | null = null;
  let good = 0;
  for (const file of files) {
    if (!/\.json$/i.test(file.name)) {
      intake.report.add('ignored_file', { file: file.name });
      continue;
    }
    try {
      readPicture(parseJson(await readText(file, intake.limits.maxFileBytes), file.name, intake.limits.maxDepth), file.name, intake);
      good += 1;
    } catch (error) {
      if (!(error instanceof StudioError) || error.code === 'label_too_many') throw error;
      intake.report.add('unreadable_file', { file: file.name }, error.message);
      failure ??= error;
    }
  }
  if (good === 0 && failure !== null) throw failure;
  return intake.finish(true);
}

interface Found {
  geometry: Geometry;
  label: string;
  attributes: Attributes;
  place: Place;
}

function readPicture(value: Json, file: string, intake: Intake): void {
  const root = objectOf(value);
  if (root === null || !Array.isArray(root.shapes)) throw new StudioError('label_structure', { file: shortened(file), detail: 'shapes' });
  const place: Place = { file };
  const byFile = withoutExtension(file);
  let name = typeof root.imagePath === 'string' ? root.imagePath : byFile;
  // imagePath is relative to the JSON file; LabelMe on Windows writes it with backslashes.
  const beside = /^([a-zA-Z]:)?[/\\]/.test(name) ? name : file.replace(/[^/]*$/, name);
  if (intake.index !== null) name = [beside, name, byFile].find((path) => typeof intake.index!.find(path) === 'number') ?? name;
  if (intake.has(name)) intake.report.add('duplicate_picture', place, name, name);
  const size = typeof root.imageWidth === 'number' && typeof root.imageHeight === 'number' ? { width: root.imageWidth, height: root.imageHeight } : null;
  const draft = intake.picture(name, size, place);
  if (draft === null) return;
  const extra = without(root, FILE_KEYS) ?? {};
  if (objectOf(extra.flags) !== null && Object.keys(extra.flags as object).length === 0) delete extra.flags;
  if (Object.keys(extra).length > 0) intake.setExtra(draft, extra);
  // Masks need a size; the picture's own may be scaled from the stated one, so the stated one it is.
  const [width, height] = size === null ? [draft.labels.width, draft.labels.height] : [size.width, size.height];
  const found: Found[] = [];
  for (const [i, entry] of root.shapes.entries()) {
    const shape = readShape(entry, { file, item: i + 1 }, width, height, draft, intake);
    if (shape !== null) found.push(shape);
  }
  for (const { geometry, label, attributes, place: at } of grouped(found)) {
    intake.add(draft, geometry, intake.declare({ name: label }, at), attributes, at, label);
  }
}

function readShape(entry: Json, place: Place, width: number, height: number, draft: Draft, intake: Intake): Found | null {
  const shape = objectOf(entry);
  const bad = (kind: 'malformed' | 'unsupported_shape' | 'not_finite', detail: unknown): null => {
    intake.report.shapesRead += 1;
    intake.report.add(kind, place, detail, draft.labels.name);
    return null;
  };
  if (shape === null || typeof shape.label !== 'string' || !Array.isArray(shape.points)) return bad('malformed', entry);
  const points: number[] = [];
  for (const point of shape.points) {
    if (!Array.isArray(point) || point.length !== 2 || !point.every((v) => typeof v === 'number' || v === null)) return bad('malformed', point);
    points.push(...point.map((v) => (v as number | null) ?? Number.NaN));
  }
  const type = typeof shape.shape_type === 'string' ? shape.shape_type : 'polygon';
  const attributes: Attributes = {};
  if (typeof shape.group_id === 'number') attributes.group = shape.group_id;
  if (typeof shape.description === 'string' && shape.description !== '') attributes.description = shape.description;
  const flags = objectOf(shape.flags);
  if (flags !== null && Object.keys(flags).length > 0) {
    attributes.flags = Object.fromEntries(Object.entries(flags).map(([name, value]) => [name, value === true]));
  }
  const extra = without(shape, SHAPE_KEYS);
  if (extra !== undefined) attributes.extra = { labelme: extra };
  let geometry: Geometry;
  switch (type) {
    case 'polygon':
      geometry = { kind: 'polygon', parts: [{ outer: points, holes: [] }] };
      break;
    case 'rectangle': {
      // Either two opposite corners, in any order, or all four.
      if (points.length !== 4 && points.length !== 8) return bad('malformed', shape.points);
      if (!points.every(Number.isFinite)) return bad('not_finite', shape.points);
      const [xs, ys] = [points.filter((_, i) => i % 2 === 0), points.filter((_, i) => i % 2 === 1)];
      const [x, y] = [Math.min(...xs), Math.min(...ys)];
      geometry = { kind: 'box', x, y, width: settled(Math.max(...xs) - x, ROUNDING), height: settled(Math.max(...ys) - y, ROUNDING) };
      break;
    }
    case 'circle':
      if (points.length !== 4) return bad('malformed', shape.points);
      geometry = { kind: 'polygon', parts: [{ outer: circleRing(points), holes: [] }] };
      attributes.drawnAs = { type, points };
      break;
    case 'oriented_rectangle':
      if (points.length !== 8) return bad('malformed', shape.points);
      geometry = { kind: 'polygon', parts: [{ outer: points, holes: [] }] };
      attributes.drawnAs = { type, points };
      break;
    case 'mask': {
      const mask = typeof shape.mask === 'string' ? readMask(shape.mask, points, width, height, intake.limits.maxPixels) : 'no mask';
      if (typeof mask === 'string') return bad('malformed', mask);
      geometry = mask;
      break;
    }
    default:
      return bad('unsupported_shape', type);
  }
  return { geometry, label: shape.label, attributes, place };
}

function circleRing([cx, cy, px, py]: readonly number[]): Ring {
  const radius = Math.hypot(px! - cx!, py! - cy!);
  return Array.from({ length: CIRCLE_POINTS }, (_, i) => {
    const angle = (2 * Math.PI * i) / CIRCLE_POINTS;
    return [cx! + radius * Math.cos(angle), cy! + radius * Math.sin(angle)];
  }).flat();
}

function readMask(base64: string, points: readonly number[], width: number, height: number, maxPixels: number): Geometry | string {
  if (points.length !== 4 || !points.every(Number.isFinite)) return 'points';
  if (!(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0 && width * height <= maxPixels)) return 'imageWidth, imageHeight';
  let png: ReturnType<typeof decodePng>;
  try {
    png = decodePng(Buffer.from(base64, 'base64'), maxPixels);
  } catch (error) {
    return (error as Error).message;
  }
  // The picture of the mask says its extent; of the points only where it begins counts, as later edits may have made them fractions.
  const [x0, y0] = [Math.round(points[0]!), Math.round(points[1]!)];
  const mask = new Uint8Array(width * height);
  for (let y = Math.max(0, -y0); y < png.height && y0 + y < height; y += 1) {
    for (let x = Math.max(0, -x0); x < png.width && x0 + x < width; x += 1) {
      if (png.samples[(y * png.width + x) * png.channels] !== 0) mask[(y0 + y) * width + x0 + x] = 1;
    }
  }
  return { kind: 'mask', rle: encodeMask(mask, width, height) };
}

/** Polygons of one label and group that differ in nothing else are the pieces of one object. */
function grouped(found: readonly Found[]): Found[] {
  const out: Found[] = [];
  const groups = new Map<string, Found & { geometry: { kind: 'polygon'; parts: Part[] } }>();
  for (const shape of found) {
    const { geometry, label, attributes } = shape;
    if (geometry.kind !== 'polygon' || attributes.group === undefined || attributes.drawnAs !== undefined) {
      out.push(shape);
      continue;
    }
    const key = JSON.stringify([label, attributes]);
    const first = groups.get(key);
    if (first !== undefined) {
      first.geometry.parts.push(...geometry.parts);
      continue;
    }
    const entry = { ...shape, geometry: { kind: 'polygon' as const, parts: [...geometry.parts] } };
    groups.set(key, entry);
    out.push(entry);
  }
  return out;
}

// ---------------------------------------------------------------- writing

export interface LabelmeOptions {
  losses?: Losses;
}

/** Writes NAME.json for every picture, to lie beside it. Pieces of an object become polygons with one group_id; holes are reached over cuts. */
export async function* writeLabelme(source: LabelSource, { losses }: LabelmeOptions = {}): AsyncGenerator<WrittenFile> {
  const files = new WrittenNames();
  for await (const picture of source.pictures) {
    const name = files.unique(withoutExtension(safePath(picture.name)), '.json');
    yield { name, content: Buffer.from(`${JSON.stringify(await fileOf(picture, source, losses), null, 2)}\n`) };
  }
}

async function fileOf(picture: PictureLabels, source: LabelSource, losses: Losses | undefined): Promise<JsonObject> {
  const { flags = {}, ...extra } = picture.extra?.labelme ?? {};
  let nextGroup = 1;
  for (const { attributes } of picture.shapes) nextGroup = Math.max(nextGroup, (attributes?.group ?? 0) + 1);
  const shapes: Json[] = [];
  for (const shape of picture.shapes) {
    const { group, description, flags: shapeFlags, drawnAs, extra: shapeExtra, statedArea: _, statedBox: __, ...others } = shape.attributes ?? {};
    if (Object.keys(others).length > 0 || Object.keys(shapeExtra ?? {}).some((format) => format !== 'labelme')) lose(losses, 'attributes');
    const forms = await formsOf(shape, drawnAs, losses);
    if (forms.length === 0) lose(losses, 'shape');
    const groupId = group ?? (forms.length > 1 ? nextGroup++ : null);
    for (const form of forms) {
      shapes.push({
        ...shapeExtra?.labelme,
        label: source.classes[shape.label]!.name,
        points: form.points,
        group_id: groupId,
        description: description ?? '',
        shape_type: form.type,
        flags: shapeFlags ?? {},
        mask: form.mask ?? null,
      });
    }
  }
  // The JSON lies beside its picture, so its path is the last segment.
  const imagePath = picture.name.replaceAll('\\', '/').split('/').at(-1)!;
  return { ...extra, version: VERSION, flags, shapes, imagePath, imageData: null, imageHeight: picture.height, imageWidth: picture.width };
}

const pairs = (ring: Ring): number[][] => Array.from({ length: ring.length / 2 }, (_, i) => [ring[2 * i]!, ring[2 * i + 1]!]);

interface Form {
  type: string;
  points: number[][];
  mask?: string;
}

async function formsOf(shape: Shape, drawnAs: Attributes['drawnAs'], losses: Losses | undefined): Promise<Form[]> {
  switch (shape.kind) {
    case 'box':
      return [
        {
          type: 'rectangle',
          points: [
            [shape.x, shape.y],
            [shape.x + shape.width, shape.y + shape.height],
          ],
        },
      ];
    case 'polygon':
      if (drawnAs !== undefined) return [{ type: drawnAs.type, points: pairs(drawnAs.points) }];
      return shape.parts.map((part) => {
        if (part.holes.length > 0) lose(losses, 'cuts');
        return { type: 'polygon', points: pairs(part.holes.length === 0 ? part.outer : joinParts([part])) };
      });
    case 'mask': {
      const decoded = decodeInBox(shape.rle);
      if (decoded === null) return [];
      const { box, mask } = decoded;
      return [
        {
          type: 'mask',
          points: [
            [box.x, box.y],
            [box.x + box.width - 1, box.y + box.height - 1],
          ],
          mask: (await encodePng(mask, box.width, box.height, 1)).toString('base64'),
        },
      ];
    }
    case 'whole':
      return [];
  }
}
