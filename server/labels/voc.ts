/**
 * Pascal VOC's annotation XML (VOC2012 development kit): a file for each picture with its size and a bounding box for each object. Pixels are counted from
 * 1 and both corners belong to the box, so a box over the whole of a 500 × 375 picture is 1, 1, 500, 375; here that is 0, 0, 500 × 375.
 *
 * Many tools write the same elements with coordinates counted from 0. Where any file of a set has a coordinate below 1, no file of it can be meant as
 * defined, and the whole set is read as plain corners (and that is reported). XML with a DOCTYPE or entities is refused.
 */
import { parseXml, type XmlElement } from '@rgrove/parse-xml';
import { StudioError } from '../errors.ts';
import type { Attributes, Box, JsonObject, LabelSource, PictureLabels, Shape } from './annotation.ts';
import { checkSize, type LabelFile, type LabelLimits, readText, safePath, shortened, type WrittenFile, WrittenNames, withoutExtension } from './files.ts';
import { settled } from './geometry.ts';
import { type Draft, Intake, type ReadContext, type ReadResult } from './intake.ts';
import { type Losses, lose, type Place } from './report.ts';
import { boxOf } from './shapes.ts';

export interface VocContext extends ReadContext {
  /** From 1 with both corners inside, as VOC defines; from 0 as plain corners; default: as the files show. */
  corners?: 'defined' | 'plain';
}

interface VocObject {
  name: string;
  corners: [number, number, number, number];
  attributes: Attributes;
  place: Place;
}

/** What adding and taking away leaves of a fraction, pixels. */
const ROUNDING = 1e-10;

const OBJECT_FIELDS = new Set(['name', 'bndbox', 'difficult', 'truncated', 'occluded', 'pose']);
const PICTURE_FIELDS = new Set(['filename', 'object']);

/** Reads a set of XML files. Files that cannot be read are reported; throws only where not one can. */
export async function readVoc(files: readonly LabelFile[], context: VocContext): Promise<ReadResult> {
  const intake = new Intake('voc', context);
  const read: { draft: Draft; objects: VocObject[] }[] = [];
  let failure: StudioError | null = null;
  let good = 0;
  for (const file of files) {
    if (!/\.xml$/i.test(file.name)) {
      intake.report.add('ignored_file', { file: file.name });
      continue;
    }
    try {
      const picture = await readXml(file, intake);
      good += 1;
      if (picture !== null) read.push(picture);
    } catch (error) {
      if (!(error instanceof StudioError)) throw error;
      intake.report.add('unreadable_file', { file: file.name }, error.message);
      failure ??= error;
    }
  }
  if (good === 0 && failure !== null) throw failure;
  const zero = read.flatMap(({ objects }) => objects).find(({ corners }) => Math.min(...corners) < 1);
  const plain = context.corners === undefined ? zero !== undefined : context.corners === 'plain';
  if (plain && zero !== undefined && context.corners === undefined) intake.report.add('zero_based', zero.place, zero.corners);
  const one = plain ? 0 : 1;
  for (const { draft, objects } of read) {
    for (const { name, corners, attributes, place } of objects) {
      const [x0, y0, x1, y1] = corners;
      // Corners in the wrong order are a negative size, whatever the counting.
      const box = { x: x0 - one, y: y0 - one, width: x1 - x0 + (x1 < x0 ? -one : one), height: y1 - y0 + (y1 < y0 ? -one : one) };
      if (x1 < x0) box.x += one;
      if (y1 < y0) box.y += one;
      for (const side of ['x', 'y', 'width', 'height'] as const) box[side] = settled(box[side], ROUNDING);
      intake.add(draft, { kind: 'box', ...box }, intake.declare({ name }, place), attributes, place, corners);
    }
  }
  return intake.finish(true);
}

async function readXml(file: LabelFile, intake: Intake): Promise<{ draft: Draft; objects: VocObject[] } | null> {
  checkSize(file, intake.limits.maxXmlBytes);
  const root = parse(await readText(file, intake.limits.maxXmlBytes), file.name, intake.limits);
  const fields = elements(root);
  const size = fields.find(({ name }) => name === 'size');
  const stated = size === undefined ? null : { width: Number(textOf(size, 'width')), height: Number(textOf(size, 'height')) };
  const place: Place = { file: file.name };
  // The file's own name counts where <filename> is missing or, as some tools leave it, has nothing to do with the picture.
  const byFile = withoutExtension(file.name);
  let name = textOf(root, 'filename') ?? byFile;
  if (intake.index !== null && typeof intake.index.find(name) === 'string' && typeof intake.index.find(byFile) === 'number') name = byFile;
  else if (intake.index?.find(name) === 'ambiguous') name = file.name.replace(/[^/]*$/, name);
  if (intake.has(name)) intake.report.add('duplicate_picture', place, name, name);
  const draft = intake.picture(name, stated, place);
  if (draft === null) return null;
  const rest = fields.filter((field) => !PICTURE_FIELDS.has(field.name) && field !== size);
  const depth = size === undefined ? undefined : textOf(size, 'depth');
  const extra: JsonObject = { ...(depth === undefined ? {} : { depth }), ...(rest.length === 0 ? {} : { fields: rest.map(toJson) }) };
  if (Object.keys(extra).length > 0) intake.setExtra(draft, extra);
  const objects: VocObject[] = [];
  for (const [i, object] of fields.filter((field) => field.name === 'object').entries()) {
    const at: Place = { file: file.name, item: i + 1 };
    const found = readObject(object, at);
    if (found !== null) {
      objects.push(found);
      continue;
    }
    intake.report.shapesRead += 1;
    intake.report.add('malformed', at, toJson(object), draft.labels.name);
  }
  return { draft, objects };
}

/** Throws label_xml_entities, label_xml and label_structure. */
function parse(text: string, file: string, limits: LabelLimits): XmlElement {
  const name = shortened(file);
  if (/<!(DOCTYPE|ENTITY)/i.test(text)) throw new StudioError('label_xml_entities', { file: name });
  let depth = 0;
  for (const [tag] of text.matchAll(/<\/?[^!?>][^>]*>/g)) {
    if (tag.startsWith('</')) depth -= 1;
    else if (!tag.endsWith('/>')) depth += 1;
    if (depth > limits.maxDepth) throw new StudioError('label_too_deep', { file: name, limit: limits.maxDepth });
  }
  let root: XmlElement | null;
  try {
    // The declaration may name an encoding that has been decoded already.
    ({ root } = parseXml(text.replace(/^\uFEFF?\s*<\?xml[^>]*\?>/, '')));
  } catch (error) {
    throw new StudioError('label_xml', { file: name, detail: shortened((error as Error).message) });
  }
  if (root?.name !== 'annotation') throw new StudioError('label_structure', { file: name, detail: '<annotation>' });
  return root;
}

function elements(parent: XmlElement): XmlElement[] {
  return parent.children.filter((child): child is XmlElement => child.type === 'element');
}

/** The text of a child element; undefined where there is none or it is empty. */
function textOf(parent: XmlElement, name: string): string | undefined {
  const child = elements(parent).find((element) => element.name === name);
  const text = child?.text.trim();
  return text === undefined || text === '' ? undefined : text;
}

function readObject(object: XmlElement, place: Place): VocObject | null {
  const name = textOf(object, 'name');
  const box = elements(object).find((element) => element.name === 'bndbox');
  if (name === undefined || box === undefined) return null;
  const corners = ['xmin', 'ymin', 'xmax', 'ymax'].map((field) => {
    const text = textOf(box, field);
    return text === undefined ? null : Number(text);
  });
  if (corners.includes(null)) return null;
  const attributes: Attributes = {};
  for (const flag of ['difficult', 'truncated', 'occluded'] as const) {
    const text = textOf(object, flag);
    if (text === undefined) continue;
    attributes[flag] = !/^(0|false|no)$/i.test(text);
  }
  const pose = textOf(object, 'pose');
  if (pose !== undefined) attributes.pose = pose;
  const rest = elements(object).filter((field) => !OBJECT_FIELDS.has(field.name));
  if (rest.length > 0) attributes.extra = { voc: { fields: rest.map(toJson) } };
  return { name, corners: corners as [number, number, number, number], attributes, place };
}

/** An element as { name, text } or { name, children }, attributes under `attributes`. */
function toJson(element: XmlElement): JsonObject {
  const out: JsonObject = { name: element.name };
  if (Object.keys(element.attributes).length > 0) out.attributes = { ...element.attributes };
  const inner = elements(element);
  if (inner.length > 0) out.children = inner.map(toJson);
  else out.text = element.text.trim();
  return out;
}

// ---------------------------------------------------------------- writing

export interface VocOptions {
  /** Whole numbers, as VOC itself has them. Default: fractions are kept, so that nothing is lost. */
  rounded?: boolean;
  losses?: Losses;
}

/** Writes Annotations/NAME.xml for every picture, counted from 1 as VOC defines. Only boxes: other shapes become the boxes around them. */
export async function* writeVoc(source: LabelSource, options: VocOptions = {}): AsyncGenerator<WrittenFile> {
  const files = new WrittenNames();
  for await (const picture of source.pictures) {
    const name = files.unique(`Annotations/${withoutExtension(safePath(picture.name))}`, '.xml');
    yield { name, content: Buffer.from(xmlOf(picture, source, options)) };
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: XML has no way to say these
const UNSAYABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

const escaped = (text: string): string =>
  text.replace(UNSAYABLE, '\ufffd').replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const line = (indent: number, name: string, text: string): string => `${'\t'.repeat(indent)}<${name}>${escaped(text)}</${name}>\n`;

function xmlOf(picture: PictureLabels, source: LabelSource, { rounded, losses }: VocOptions): string {
  const extra = picture.extra?.voc ?? {};
  let text = '<annotation>\n';
  const fields = Array.isArray(extra.fields) ? extra.fields : [];
  // <folder> comes first by custom, the rest after the size.
  for (const field of fields) if (isField(field) && field.name === 'folder') text += fieldXml(field, 1);
  text += line(1, 'filename', picture.name);
  for (const field of fields) if (isField(field) && field.name === 'source') text += fieldXml(field, 1);
  text += `\t<size>\n${line(2, 'width', String(picture.width))}${line(2, 'height', String(picture.height))}${line(2, 'depth', String(extra.depth ?? 3))}\t</size>\n`;
  for (const field of fields) if (isField(field) && field.name !== 'folder' && field.name !== 'source') text += fieldXml(field, 1);
  for (const shape of picture.shapes) text += objectXml(shape, source.classes[shape.label]!.name, rounded === true, losses);
  return `${text}</annotation>\n`;
}

function objectXml(shape: Shape, name: string, rounded: boolean, losses: Losses | undefined): string {
  const { difficult, truncated, occluded, pose, extra, drawnAs: _, statedArea: __, statedBox: ___, ...others } = shape.attributes ?? {};
  if (Object.keys(others).length > 0 || Object.keys(extra ?? {}).some((format) => format !== 'voc')) lose(losses, 'attributes');
  const box = boxOf(shape);
  if (shape.kind === 'whole' || box === null) {
    lose(losses, 'shape');
    return '';
  }
  if (shape.kind !== 'box') lose(losses, 'box_from_polygon');
  let text = `\t<object>\n${line(2, 'name', name)}`;
  if (pose !== undefined) text += line(2, 'pose', pose);
  for (const [flag, value] of Object.entries({ truncated, difficult, occluded })) if (value !== undefined) text += line(2, flag, value ? '1' : '0');
  text += boxXml(box, rounded, losses);
  const fields = extra?.voc?.fields;
  if (Array.isArray(fields)) for (const field of fields) if (isField(field)) text += fieldXml(field, 2);
  return `${text}\t</object>\n`;
}

function boxXml({ x, y, width, height }: Box, rounded: boolean, losses: Losses | undefined): string {
  let corners = [x + 1, y + 1, x + width, y + height];
  if (rounded) {
    const whole = corners.map(Math.round);
    if (whole.some((value, i) => value !== corners[i])) lose(losses, 'rounded');
    corners = whole;
  }
  const [x0, y0, x1, y1] = corners.map((value) => String(settled(value, ROUNDING)));
  return `\t\t<bndbox>\n${line(3, 'xmin', x0!)}${line(3, 'ymin', y0!)}${line(3, 'xmax', x1!)}${line(3, 'ymax', y1!)}\t\t</bndbox>\n`;
}

const XML_NAME = /^[\p{L}_][\p{L}\p{N}._-]*$/u;

function isField(value: unknown): value is { name: string; text?: string; children?: unknown[]; attributes?: Record<string, string> } {
  return typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string' && XML_NAME.test(value.name);
}

function fieldXml(field: { name: string; text?: string; children?: unknown[]; attributes?: Record<string, string> }, indent: number): string {
  const attributes = Object.entries(field.attributes ?? {})
    .filter(([name]) => XML_NAME.test(name))
    .map(([name, value]) => ` ${name}="${escaped(value)}"`)
    .join('');
  const tabs = '\t'.repeat(indent);
  const inner = (field.children ?? []).filter(isField);
  if (inner.length > 0) return `${tabs}<${field.name}${attributes}>\n${inner.map((child) => fieldXml(child, indent + 1)).join('')}${tabs}</${field.name}>\n`;
  return `${tabs}<${field.name}${attributes}>${escaped(field.text ?? '')}</${field.name}>\n`;
}
