/** The shapes on the wire of what a group keeps of its experiments: templates and the models of the repository. See schemas.ts for the conventions. */
import { type Static, Type } from 'typebox';
import { Chain } from './preprocess-schemas.ts';
import { DataType, Description, EpochRow, Failure, Id, ModelKind, Name, Nullable, Preset, RunConfig, Time, TrainResult } from './schemas.ts';

// ---------------------------------------------------------------- templates

export const Template = Type.Object({
  id: Id,
  name: Name,
  groupId: Id,
  groupName: Type.String(),
  /** The problem that it is for. */
  type: DataType,
  model: ModelKind,
  /** Where it was saved from, as it was called then. */
  experimentName: Type.String(),
  datasetName: Type.String(),
  algorithm: Type.String(),
  /** What its data were preprocessed with, from the first of their versions on; null: nothing. In template mode data are preprocessed with this alone. */
  chain: Nullable(Chain),
  ownerId: Id,
  ownerName: Type.String(),
  /** May the reader delete it? */
  editable: Type.Boolean(),
  /** Why it cannot be used in the project that was asked for (?projectId=); null where it can, or where none was asked for. */
  misfit: Nullable(Failure),
  createdAt: Time,
});
export type Template = Static<typeof Template>;
export const TemplateDetails = Type.Object({
  template: Template,
  config: RunConfig,
  epochs: Type.Array(EpochRow),
  result: Nullable(TrainResult),
  /** Of model.onnx when it was saved. */
  modelBytes: Nullable(Type.Integer()),
  /** null where appliance.conf does not have it any more. */
  preset: Nullable(Preset),
});
export type TemplateDetails = Static<typeof TemplateDetails>;
/** POST /api/experiments/:id/template */
export const NewTemplate = Type.Object({ name: Name });
export type NewTemplate = Static<typeof NewTemplate>;
/** POST /api/experiments/:id/run-template */
export const RunTemplate = Type.Object({ templateId: Id });
export type RunTemplate = Static<typeof RunTemplate>;

// ---------------------------------------------------------------- models

/** A model of the repository: a name under which a group keeps versions. */
export const ModelEntry = Type.Object({
  id: Id,
  name: Name,
  groupId: Id,
  groupName: Type.String(),
  type: DataType,
  model: ModelKind,
  /** With more versions than `maxVersions` the oldest are deleted, where `autoDelete` is on; where it is off, all are kept. */
  autoDelete: Type.Boolean(),
  maxVersions: Type.Integer({ minimum: 1, maximum: 1000 }),
  versions: Type.Integer(),
  latestVersion: Nullable(Type.Integer()),
  /** Numbers of deleted versions are not given again. */
  nextVersion: Type.Integer(),
  ownerName: Type.String(),
  /** May the reader change and delete it? */
  editable: Type.Boolean(),
  createdAt: Time,
  updatedAt: Time,
});
export type ModelEntry = Static<typeof ModelEntry>;

export const ModelVersion = Type.Object({
  id: Id,
  modelId: Id,
  version: Type.Integer(),
  developerName: Type.String(),
  experimentId: Id,
  experimentName: Type.String(),
  datasetName: Type.String(),
  algorithm: Type.String(),
  description: Description,
  tags: Type.Array(Type.String({ minLength: 1, maxLength: 40 }), { maxItems: 20 }),
  sizeBytes: Type.Integer(),
  result: TrainResult,
  parameters: RunConfig.properties.parameters,
  createdAt: Time,
  updatedAt: Time,
});
export type ModelVersion = Static<typeof ModelVersion>;

/** What was done with a version, the newest last. */
export const ModelLogRow = Type.Object({ index: Type.Integer(), at: Time, ko: Type.String(), en: Type.String(), modifier: Type.String() });
export type ModelLogRow = Static<typeof ModelLogRow>;

/** GET /api/models/:id; the newest version first. */
export const ModelDetails = Type.Object({ model: ModelEntry, versions: Type.Array(ModelVersion) });
export type ModelDetails = Static<typeof ModelDetails>;
/** GET /api/model-versions/:id. Files: /api/model-versions/:id/model.onnx and /api/model-versions/:id/weights.safetensors */
export const ModelVersionDetails = Type.Object({ model: ModelEntry, version: ModelVersion, log: Type.Array(ModelLogRow) });
export type ModelVersionDetails = Static<typeof ModelVersionDetails>;

/** POST /api/experiments/:id/register: a new model by its name, or the next version of one of the group. */
export const RegisterRequest = Type.Union([Type.Object({ name: Name }), Type.Object({ modelId: Id })]);
export type RegisterRequest = Static<typeof RegisterRequest>;
export const ModelChange = Type.Partial(Type.Object({ name: Name, autoDelete: Type.Boolean(), maxVersions: ModelEntry.properties.maxVersions }));
export type ModelChange = Static<typeof ModelChange>;
export const ModelVersionChange = Type.Partial(Type.Object({ description: Description, tags: ModelVersion.properties.tags }));
export type ModelVersionChange = Static<typeof ModelVersionChange>;
