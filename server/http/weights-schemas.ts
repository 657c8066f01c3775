/** The shapes on the wire of pretrained weights. See schemas.ts for the conventions. */
import { type Static, Type } from 'typebox';
import { Failure, Id, Name, Nullable, OneOf, StartKind, Time } from './schemas.ts';

const Names = Type.Object({ count: Type.Integer(), first: Type.Array(Type.String()) });

/** What a file holds, held against the architecture that it fits best. `total`: tensors of the architecture. */
export const WeightsReport = Type.Object({
  format: OneOf('safetensors', 'torch', 'onnx'),
  architecture: Type.String(),
  /** That its head tells apart; null where there is no head that can be used. */
  classes: Nullable(Type.Integer()),
  total: Type.Integer(),
  matched: Type.Integer(),
  /** Of these, how many the file calls otherwise; the first 200 of them. */
  renamed: Type.Object({ count: Type.Integer(), first: Type.Array(Type.Object({ from: Type.String(), to: Type.String() })) }),
  /** Not in the file: a training begins with random numbers there. The first 200 names. */
  missing: Names,
  /** In the file and of no use. */
  unexpected: Names,
  /** Of another shape than the architecture's. */
  misshapen: Type.Array(Type.Object({ name: Type.String(), expected: Type.Array(Type.Integer()), found: Type.Array(Type.Integer()) })),
});
export type WeightsReport = Static<typeof WeightsReport>;

export const Weights = Type.Object({
  id: Id,
  name: Name,
  sourceName: Type.String(),
  state: OneOf('reading', 'ready', 'failed'),
  report: Nullable(WeightsReport),
  failure: Nullable(Failure),
  /** As they are kept. */
  sizeBytes: Type.Integer(),
  ownerName: Type.String(),
  createdAt: Time,
});
export type Weights = Static<typeof Weights>;

/** A file that lies in DATA/weights. */
export const DroppedWeights = Type.Object({ file: Type.String(), sizeBytes: Type.Integer(), changedAt: Time });
export type DroppedWeights = Static<typeof DroppedWeights>;

/** GET /api/weights. `dropped` is empty for those who are not administrators. */
export const WeightsList = Type.Object({ weights: Type.Array(Weights), dropped: Type.Array(DroppedWeights), folder: Nullable(Type.String()) });
export type WeightsList = Static<typeof WeightsList>;

/** POST /api/weights: a finished upload, or a file that lies in DATA/weights. */
export const NewWeights = Type.Union([
  Type.Object({ name: Name, uploadId: Type.String({ pattern: '^[a-f0-9]{32}$' }) }),
  Type.Object({ name: Name, file: Type.String({ minLength: 1, maxLength: 255 }) }),
]);
export type NewWeights = Static<typeof NewWeights>;

/** GET /api/starts: what a training can begin with, in a project. */
export const StartOption = Type.Object({
  kind: StartKind,
  id: Id,
  name: Type.String(),
  architecture: Type.String(),
  classes: Nullable(Type.Integer()),
});
export type StartOption = Static<typeof StartOption>;
