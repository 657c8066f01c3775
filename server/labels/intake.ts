/** Where every reader brings what it reads: finds the picture, keeps the list of classes, checks the geometry, and writes down what is worth a look. */
import { StudioError } from '../errors.ts';
import { admit } from './admission.ts';
import type { Attributes, ClassInfo, FormatName, Geometry, JsonObject, LabelSet, PictureLabels, Shape } from './annotation.ts';
import { reshaped, withAttributes } from './annotation.ts';
import { DEFAULT_LIMITS, type LabelLimits } from './files.ts';
import { scaling } from './geometry.ts';
import { type KnownPicture, PictureIndex } from './pictures.ts';
import { type LabelReport, LISTED, type Place, ReportBuilder } from './report.ts';
import { transformGeometry } from './shapes.ts';

export interface ReadContext {
  /** The pictures of the dataset. Without them every picture that a label file names is taken as it is. */
  pictures?: readonly KnownPicture[] | PictureIndex;
  /** Classes that the dataset has already, in their order; others are added behind them and reported. */
  classes?: readonly ClassInfo[];
  limits?: Partial<LabelLimits>;
}

export interface ReadResult {
  labels: LabelSet;
  /** Classes of the dataset that the label files neither list nor use. */
  unspoken: string[];
  report: LabelReport;
}

/** 2 before 10, as everywhere that classes are listed. */
const NATURAL = new Intl.Collator('en', { numeric: true });

/** A picture while its labels come in. */
export interface Draft {
  labels: PictureLabels;
  /** From the size that the label file states to the picture's own. */
  scale: readonly [number, number];
}

export class Intake {
  readonly format: FormatName;
  readonly limits: LabelLimits;
  readonly report = new ReportBuilder();
  readonly index: PictureIndex | null;
  readonly classes: ClassInfo[] = [];
  background: ClassInfo | undefined;
  extra: LabelSet['extra'];
  readonly #byName = new Map<string, number>();
  readonly #spoken = new Set<number>();
  readonly #known: number;
  readonly #pictures = new Map<string, PictureLabels>();
  /** Shapes of a picture by a hash of their geometry, to find doubles. */
  readonly #seen = new Map<PictureLabels, Map<number, Shape>>();

  constructor(format: FormatName, context: ReadContext) {
    this.format = format;
    this.limits = { ...DEFAULT_LIMITS, ...context.limits };
    const { pictures } = context;
    this.index = pictures === undefined ? null : pictures instanceof PictureIndex ? pictures : new PictureIndex(pictures);
    for (const info of context.classes ?? []) this.#append(info);
    this.#known = this.classes.length;
  }

  #append(info: ClassInfo): number {
    if (this.classes.length >= this.limits.maxClasses) throw new StudioError('label_too_many', { limit: this.limits.maxClasses });
    this.classes.push(info);
    this.#byName.set(info.name, this.classes.length - 1);
    return this.classes.length - 1;
  }

  /**
   * A class that the label file lists or that its format names freely. Index of the class with this name, added where there is none; where the dataset has
   * classes of its own, an added one is reported.
   */
  declare(info: ClassInfo, place: Place): number {
    const known = this.#byName.get(info.name);
    if (known !== undefined) {
      this.#spoken.add(known);
      this.classes[known] = { ...info, ...this.classes[known]! };
      return known;
    }
    if (this.#known > 0) this.report.add('unknown_class', place, info.name);
    return this.#append(info);
  }

  /** A class that is used though its own file does not list it. */
  undeclared(name: string, place: Place, info: Partial<ClassInfo> = {}): number {
    const known = this.#byName.get(name);
    this.report.add('unknown_class', place, name);
    return known ?? this.#append({ ...info, name });
  }

  /**
   * The picture that a file means; null (and reported) where there is none. `size` as the file states it, where it does; `shares`: its coordinates are shares
   * of the sides, whatever the size.
   */
  picture(name: string, size: { width: number; height: number } | 'shares' | null, place: Place): Draft | null {
    const stated =
      size !== null && size !== 'shares' && size.width > 0 && size.height > 0 && Number.isFinite(size.width) && Number.isFinite(size.height) ? size : null;
    if (this.index === null) {
      let labels = this.#pictures.get(name);
      if (labels === undefined) {
        labels = { name, width: stated?.width ?? 0, height: stated?.height ?? 0, shapes: [] };
        this.#pictures.set(name, labels);
      }
      return { labels, scale: [1, 1] };
    }
    const found = this.index.find(name);
    if (typeof found === 'string') {
      this.report.add(found === 'missing' ? 'missing_picture' : 'ambiguous_picture', place, name);
      return null;
    }
    const picture = this.index.pictures[found]!;
    if (picture.unusable === true) return null;
    // In class folders another folder is what the labels say.
    if (this.format !== 'folders' && this.index.isElsewhere(name, found)) this.report.add('name_only', place, name, picture.name);
    let labels = this.#pictures.get(picture.name);
    if (labels === undefined) {
      labels = { name: picture.name, width: picture.width, height: picture.height, shapes: [] };
      this.#pictures.set(picture.name, labels);
    }
    const { original = picture } = picture;
    const meant = stated ?? (size === 'shares' ? picture : original);
    if (meant.width === picture.width && meant.height === picture.height) return { labels, scale: [1, 1] };
    const scale = [picture.width / meant.width, picture.height / meant.height] as const;
    if (stated === null || (stated.width === original.width && stated.height === original.height)) return { labels, scale };
    // Sizes are rounded to whole pixels, so the scales of a reduced picture differ a little.
    const alike = Math.abs(stated.width * scale[1] - picture.width) <= 1 || Math.abs(stated.height * scale[0] - picture.height) <= 1;
    const detail = `${stated.width} × ${stated.height} → ${picture.width} × ${picture.height}`;
    this.report.add(alike ? 'size_differs' : 'shape_differs', place, detail, picture.name);
    return { labels, scale: alike ? scale : [1, 1] };
  }

  /** Whether a picture has been opened before: a file that lists one twice says so with this. */
  has(name: string): boolean {
    if (this.index === null) return this.#pictures.has(name);
    const found = this.index.find(name);
    return typeof found === 'number' && this.#pictures.has(this.index.pictures[found]!.name);
  }

  /** Adds a shape to a picture, checked; what is wrong with it is reported with `detail` (the value as the file has it). */
  add(draft: Draft, geometry: Geometry, label: number, attributes: Attributes, place: Place, detail: unknown = ''): void {
    const { labels, scale } = draft;
    this.report.shapesRead += 1;
    let shape = withAttributes({ ...geometry, label }, attributes);
    if ((scale[0] !== 1 || scale[1] !== 1) && geometry.kind !== 'whole' && finite(geometry)) {
      const placement = { matrix: scaling(scale[0], scale[1]), width: labels.width, height: labels.height };
      shape = reshaped(shape, transformGeometry(geometry, placement));
    }
    const { geometry: admitted, findings } = admit(shape, labels.width, labels.height, this.limits.maxPoints);
    for (const kind of findings) this.report.add(kind, place, detail, labels.name);
    if (admitted === null) return;
    if (admitted !== (shape as Geometry)) shape = admittedShape(shape, admitted, findings.length > 0);
    if (this.#isDouble(labels, shape)) {
      this.report.add('duplicate_shape', place, detail, labels.name);
      return;
    }
    if (this.report.shapesKept >= this.limits.maxShapes) throw new StudioError('label_too_many', { limit: this.limits.maxShapes });
    this.report.shapesKept += 1;
    labels.shapes.push(shape);
  }

  #isDouble(labels: PictureLabels, shape: Shape): boolean {
    let seen = this.#seen.get(labels);
    if (seen === undefined) {
      seen = new Map();
      this.#seen.set(labels, seen);
    }
    const hash = hashOf(shape);
    const other = seen.get(hash);
    if (other === undefined) {
      seen.set(hash, shape);
      return false;
    }
    return other.label === shape.label && JSON.stringify({ ...other, attributes: null }) === JSON.stringify({ ...shape, attributes: null });
  }

  /** Sets what a file says of a picture and only its format knows. */
  setExtra(draft: Draft, extra: JsonObject | undefined): void {
    if (extra !== undefined) draft.labels.extra = { ...draft.labels.extra, [this.format]: extra };
  }

  /** The result. `sorted`: the classes have no order of their own in this format and are put in that of their names (those of the dataset stay first). */
  finish(sorted = false): ReadResult {
    this.#seen.clear();
    const pictures = [...this.#pictures.values()];
    let { classes } = this;
    if (sorted) {
      const order = classes.map((_, i) => i);
      order.splice(this.#known, order.length, ...order.slice(this.#known).sort((a, b) => NATURAL.compare(classes[a]!.name, classes[b]!.name)));
      const position = new Map(order.map((from, to) => [from, to]));
      classes = order.map((i) => classes[i]!);
      for (const { shapes } of pictures) for (const shape of shapes) shape.label = position.get(shape.label)!;
    }
    const unlabelled = { count: 0, first: [] as string[] };
    for (const { name } of this.index?.pictures ?? []) {
      if (this.#pictures.has(name)) continue;
      unlabelled.count += 1;
      if (unlabelled.first.length < LISTED) unlabelled.first.push(name);
    }
    const labels: LabelSet = { classes, pictures };
    if (this.background !== undefined) labels.background = this.background;
    if (this.extra !== undefined) labels.extra = this.extra;
    for (const { shapes } of pictures) for (const { label } of shapes) if (label < this.#known) this.#spoken.add(label);
    const unspoken = classes.slice(0, this.#known).flatMap(({ name }, label) => (this.#spoken.has(label) ? [] : [name]));
    return { labels, unspoken, report: this.report.report(this.format, pictures.length, unlabelled) };
  }
}

/** What spoke of the geometry stays only where nothing was found: a line whose cuts were taken out is the same region as before. */
function admittedShape(shape: Shape, geometry: Geometry, altered: boolean): Shape {
  if (altered) return reshaped(shape, geometry);
  return withAttributes({ ...geometry, label: shape.label }, shape.attributes ?? {});
}

function finite(geometry: Geometry): boolean {
  if (geometry.kind === 'box') return [geometry.x, geometry.y, geometry.width, geometry.height].every(Number.isFinite);
  if (geometry.kind === 'polygon') return geometry.parts.every(({ outer, holes }) => [outer, ...holes].every((ring) => ring.every(Number.isFinite)));
  return true;
}

function hashOf(shape: Shape): number {
  let hash = 17 + shape.label;
  const mix = (value: number): void => {
    hash = (Math.imul(hash, 31) + Math.floor(value * 4096)) | 0;
  };
  if (shape.kind === 'box') for (const value of [shape.x, shape.y, shape.width, shape.height]) mix(value);
  else if (shape.kind === 'polygon') for (const { outer, holes } of shape.parts) for (const ring of [outer, ...holes]) ring.forEach(mix);
  else if (shape.kind === 'mask') for (let i = 0; i < shape.rle.counts.length; i += 1) mix(shape.rle.counts.charCodeAt(i));
  return hash;
}
