/** The shapes on the wire of preprocessing. See schemas.ts, which builds on this file, for the conventions. */
import { type Static, Type } from 'typebox';
import { Cell, ColumnType } from './table-schemas.ts';

/** `when`: the parameter counts only where the parameter of this name has one of these values. */
const when = Type.Optional(Type.Object({ name: Type.String(), is: Type.Array(Type.String()) }));
/** What a parameter of a method may be. `unit` is a word that the browser translates. */
export const ParameterSpec = Type.Union([
  Type.Object({
    kind: Type.Enum(['integer', 'number']),
    minimum: Type.Number(),
    maximum: Type.Number(),
    default: Type.Number(),
    unit: Type.Optional(Type.Enum(['px', '%', '°'])),
    when,
  }),
  Type.Object({ kind: Type.Enum(['choice']), choices: Type.Array(Type.String()), default: Type.String(), when }),
  Type.Object({ kind: Type.Enum(['boolean']), default: Type.Boolean(), when }),
  /** #rrggbb */
  Type.Object({ kind: Type.Enum(['colour']), default: Type.String(), when }),
  /** Names of a table's columns of these types; empty: all of them but for the target. */
  Type.Object({ kind: Type.Enum(['columns']), types: Type.Array(ColumnType), default: Type.Array(Type.String()), when }),
  /** Name of one column; '': none. */
  Type.Object({ kind: Type.Enum(['column']), types: Type.Array(ColumnType), default: Type.String(), when }),
  Type.Object({ kind: Type.Enum(['text']), maxLength: Type.Integer(), default: Type.String(), when }),
]);
export type ParameterSpec = Static<typeof ParameterSpec>;

/** GET /api/preprocess/methods?type=image: the methods in the order in which a person meets them, and their parameters in that of the form. */
export const PreprocessMethods = Type.Array(
  Type.Object({ name: Type.String(), parameters: Type.Array(Type.Object({ name: Type.String(), spec: ParameterSpec })) }),
);
export type PreprocessMethods = Static<typeof PreprocessMethods>;

export const PreprocessValue = Type.Union([
  Type.Number(),
  Type.String({ maxLength: 500 }),
  Type.Boolean(),
  Type.Array(Type.String({ maxLength: 200 }), { maxItems: 2000 }),
]);
export type PreprocessValue = Static<typeof PreprocessValue>;
/** Parameters that are left out take their defaults. */
export const PreprocessStep = Type.Object({
  method: Type.String({ maxLength: 60 }),
  parameters: Type.Record(Type.String({ maxLength: 60 }), PreprocessValue, { maxProperties: 40 }),
});
export type PreprocessStep = Static<typeof PreprocessStep>;
/** Methods one after another, each on what the one before has made. */
export const Chain = Type.Array(PreprocessStep, { minItems: 1, maxItems: 20 });
export type Chain = Static<typeof Chain>;

/** POST /api/datasets/:id/preprocess answers with the new dataset: the same name, the next version; it is ingesting until its job has ended. */
export const PreprocessRequest = Type.Object({ chain: Chain });
export type PreprocessRequest = Static<typeof PreprocessRequest>;

/** POST /api/datasets/:id/preprocess/preview: what a chain makes of some pictures, at once and without keeping anything. An empty chain shows them as they are. */
export const PreviewRequest = Type.Object({
  chain: Type.Array(PreprocessStep, { maxItems: 20 }),
  /** Places among the pictures that are in the dataset, from 0: not their numbers, which have gaps where some were taken out. */
  pictures: Type.Array(Type.Integer({ minimum: 0 }), { minItems: 1, maxItems: 6 }),
});
export type PreviewRequest = Static<typeof PreviewRequest>;

/** A picture made smaller for looking at. `width`, `height` and the coordinates of `shapes` are those of the real one. */
export const PreviewPicture = Type.Object({
  name: Type.String(),
  /** WebP, base64. */
  image: Type.String(),
  width: Type.Integer(),
  height: Type.Integer(),
  /** Shapes as in a label set (server/labels/annotation.ts); null without labels. */
  shapes: Type.Unsafe<import('../labels/annotation.ts').Shape[] | null>(Type.Unknown()),
});
export type PreviewPicture = Static<typeof PreviewPicture>;
/** In the order of the request. `after` shows the first few where a method makes many of one; `made` counts them, up to 200. */
export const Preview = Type.Array(Type.Object({ n: Type.Integer(), before: PreviewPicture, after: Type.Array(PreviewPicture), made: Type.Integer() }));
export type Preview = Static<typeof Preview>;

/** POST /api/datasets/:id/preprocess/table-preview: what a chain makes of the first rows of a table. An empty chain shows them as they are. */
export const TableLookRequest = Type.Object({ chain: Type.Array(PreprocessStep, { maxItems: 20 }) });
export type TableLookRequest = Static<typeof TableLookRequest>;

/** The first rows, and what the whole is like. `n`: which row of the dataset it was, from 0. */
export const TableSample = Type.Object({
  columns: Type.Array(Type.Object({ name: Type.String(), type: ColumnType, missing: Type.Integer() })),
  rows: Type.Array(Type.Object({ n: Type.Integer(), cells: Type.Array(Cell) })),
  count: Type.Integer(),
});
export type TableSample = Static<typeof TableSample>;

/** What methods learn from the data (a mean, say) is here learnt from `rows` of the `of` rows, evenly spaced; applied to all, it is learnt from all. */
export const TableLook = Type.Object({ before: TableSample, after: TableSample, rows: Type.Integer(), of: Type.Integer() });
export type TableLook = Static<typeof TableLook>;

/** How a dataset was made of another one. `from` may have been deleted since. `whole`: all that was done to its data since they were uploaded, over all versions. */
export const Preprocessing = Type.Object({ from: Type.Object({ id: Type.Integer(), version: Type.Integer() }), chain: Chain, whole: Chain });
export type Preprocessing = Static<typeof Preprocessing>;
