/** The shapes on the wire of the labels of a dataset: upload, report, download, statistics. See schemas.ts for the conventions. */
import { type Static, Type } from 'typebox';
import type { Shape } from '../labels/annotation.ts';
import { Nullable, OneOf } from './schemas.ts';

const Sentence = { ko: Type.String(), en: Type.String() };
const UploadId = Type.String({ pattern: '^[a-f0-9]{32}$' });

/** POST /api/datasets/:id/labels: a label file, or a zip or tar of label files, that gives the dataset labels or replaces those that it has. */
export const LabelUpload = Type.Object({ uploadId: UploadId });
export type LabelUpload = Static<typeof LabelUpload>;

/** Where to look, and what the file has there. `row`: line of a text file, `item`: position in a list, both from 1; `id`: the entry's own. */
export const LabelFinding = Type.Object({
  file: Type.String(),
  row: Type.Optional(Type.Integer()),
  item: Type.Optional(Type.Integer()),
  id: Type.Optional(Type.String()),
  picture: Nullable(Type.String()),
  detail: Type.String(),
});
export type LabelFinding = Static<typeof LabelFinding>;

/** GET /api/datasets/:id/labels/report: what became of the label files; null where the labels came from none. */
export const LabelReport = Type.Object({
  format: Type.String(),
  /** The file or archive that was uploaded. */
  file: Nullable(Type.String()),
  /** Pictures that the label files speak of. */
  matched: Type.Integer(),
  /** Pictures without labels, and the first 100 of them. */
  unlabelled: Type.Object({ count: Type.Integer(), first: Type.Array(Type.String()) }),
  /** Labels in the files, and how many of them are in the dataset. */
  shapesRead: Type.Integer(),
  shapesKept: Type.Integer(),
  /** Kinds of findings with their number and the first 100 of each. skipped: not in the dataset; changed: there, but not as the file has it; kept: as it is. */
  findings: Type.Array(
    Type.Object({
      kind: Type.String(),
      effect: OneOf('skipped', 'changed', 'kept'),
      ...Sentence,
      count: Type.Integer(),
      first: Type.Array(LabelFinding),
    }),
  ),
});
export type LabelReport = Static<typeof LabelReport>;

/** GET /api/datasets/:id/formats: what Download Dataset offers, and what each format loses of these labels. */
export const DownloadFormat = Type.Object({
  format: Type.String(),
  losses: Type.Array(Type.Object({ loss: Type.String(), count: Type.Integer(), ...Sentence })),
});
export type DownloadFormat = Static<typeof DownloadFormat>;
/** GET /api/datasets/:id/download: a zip of the pictures and, in this format, their labels. */
export const DownloadQuery = Type.Object({ format: OneOf('coco', 'yolo', 'voc', 'labelme', 'masks', 'csv', 'json', 'folders') });

/** GET /api/datasets/:id/shapes/:n, where labels are shapes: those of a picture in its pixels; null where it has no labels. */
export interface PictureShapes {
  shapes: Shape[] | null;
}

/** `from` (inclusive) to `to` (exclusive, but for the last). */
const Bins = Type.Array(Type.Object({ from: Type.Number(), to: Type.Number(), count: Type.Integer() }));
/** GET /api/datasets/:id/statistics. Sides in pixels, sizes in bytes; `shapes`: how many pictures have so many shapes, where labels are shapes. */
export const DatasetStatistics = Type.Object({ longSide: Bins, bytes: Bins, shapes: Nullable(Bins) });
export type DatasetStatistics = Static<typeof DatasetStatistics>;
