/**
 * The canonical form of labels, which every format is read into and written from. Plain data that JSON can carry.
 *
 * Coordinates are pixels of the upright picture, continuous: (0, 0) is the upper left corner of the upper left pixel, whose centre is (0.5, 0.5), and
 * (width, height) is the lower right corner of the picture. A pixel belongs to a region when its centre lies inside.
 */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** A closed line x0, y0, x1, y1, …; the first point is not repeated at the end. */
export type Ring = number[];

/** A connected region: what lies inside the outer ring and in none of the holes. */
export interface Part {
  outer: Ring;
  holes: Ring[];
}

/** A binary mask as COCO's compressed run lengths, column by column (see rle.ts). A string is what takes the least memory. */
export interface Rle {
  width: number;
  height: number;
  counts: string;
}

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export type Geometry =
  | ({ kind: 'box' } & Box)
  /** The union of its parts: one object may be seen in several pieces. */
  | { kind: 'polygon'; parts: Part[] }
  | { kind: 'mask'; rle: Rle }
  /** The picture as a whole: classification. */
  | { kind: 'whole' };

/** What formats say of a shape besides where it is. All optional: an absent field is one that the file did not have. */
export interface Attributes {
  /** COCO iscrowd: a group that was not taken apart. */
  crowd?: boolean;
  difficult?: boolean;
  truncated?: boolean;
  occluded?: boolean;
  pose?: string;
  /** LabelMe group_id: shapes with the same one belong together. */
  group?: number;
  /** Confidence of a model, 0 to 1. */
  score?: number;
  description?: string;
  flags?: Record<string, boolean>;
  /** Area and box as a file states them, where they are not those of the geometry. They go when the geometry changes: see `reshaped`. */
  statedArea?: number;
  statedBox?: Box;
  /** LabelMe circles and turned rectangles have no form of their own here: the points that the polygon was made of. Goes when the geometry changes. */
  drawnAs?: { type: string; points: number[] };
  /** Fields that only one format knows, under its name, to be written again into that format. */
  extra?: { [format in FormatName]?: JsonObject };
}

export type Shape = Geometry & {
  /** Index into the classes of the set. */
  label: number;
  attributes?: Attributes;
};

export interface ClassInfo {
  name: string;
  /** As tables of masks and the annotation screen have it. */
  colour?: [number, number, number];
  /** The number that its file gave it: COCO category id, YOLO index, value of a mask's pixels. */
  id?: number;
  /** Pixels that count for nothing (VOC's 255 around objects): a region of this class is left out of loss and metrics. */
  ignore?: boolean;
  extra?: { [format in FormatName]?: JsonObject };
}

/** A picture with no shapes is labelled "nothing here"; a picture that is not labelled has no entry at all. */
export interface PictureLabels {
  /** As the dataset names the picture; where there is no dataset, as the label file does. Never a path to open. */
  name: string;
  /** 0 where nobody knows (a label file without sizes, and no dataset). */
  width: number;
  height: number;
  shapes: Shape[];
  extra?: { [format in FormatName]?: JsonObject };
}

export interface LabelSet {
  classes: ClassInfo[];
  pictures: PictureLabels[];
  /** What pixels without any label are called in masks; not one of the classes. */
  background?: ClassInfo;
  extra?: { [format in FormatName]?: JsonObject };
}

/** What a writer needs: as a LabelSet, but the pictures may come one after another from the disk. */
export interface LabelSource extends Omit<LabelSet, 'pictures'> {
  pictures: Iterable<PictureLabels> | AsyncIterable<PictureLabels>;
}

export const FORMAT_NAMES = ['coco', 'yolo', 'voc', 'labelme', 'masks', 'csv', 'json', 'folders'] as const;
/** The last three are forms of classification labels: a table, a JSON file, a folder for each class. */
export type FormatName = (typeof FORMAT_NAMES)[number];

/** The geometry alone, without label and attributes. */
export function geometryOf(shape: Shape): Geometry {
  switch (shape.kind) {
    case 'box':
      return { kind: 'box', x: shape.x, y: shape.y, width: shape.width, height: shape.height };
    case 'polygon':
      return { kind: 'polygon', parts: shape.parts };
    case 'mask':
      return { kind: 'mask', rle: shape.rle };
    case 'whole':
      return { kind: 'whole' };
  }
}

/** The shape with another geometry: label and attributes stay, but for those that spoke of the old geometry. Whoever edits a shape uses this. */
export function reshaped(shape: Shape, geometry: Geometry): Shape {
  if (shape.attributes === undefined) return { ...geometry, label: shape.label };
  const { statedArea, statedBox, drawnAs, ...attributes } = shape.attributes;
  return withAttributes({ ...geometry, label: shape.label }, attributes);
}

/** Sets attributes unless there are none, so that equal shapes are equal in JSON too. */
export function withAttributes(shape: Shape, attributes: Attributes): Shape {
  return Object.keys(attributes).length === 0 ? shape : { ...shape, attributes };
}

/** A polygon of one ring. */
export function ringPolygon(outer: Ring): Geometry {
  return { kind: 'polygon', parts: [{ outer, holes: [] }] };
}
