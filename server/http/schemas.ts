/**
 * The shapes that cross the wire, once: Fastify validates with them, OpenAPI is made of them, and the browser imports their types.
 * Everything here is plain data; times are ISO 8601 in UTC, sizes are bytes, memory is MiB, durations are seconds.
 */
import { type Static, type TSchema, Type } from 'typebox';
import { Preprocessing } from './preprocess-schemas.ts';
import { TableSummary } from './table-schemas.ts';

export const Id = Type.Integer({ minimum: 1 });
export const Time = Type.String({ format: 'date-time' });
export const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
export const OneOf = <T extends string[]>(...values: readonly [...T]) => Type.Enum(values);
/** A name that a person gives: shown, never used as a path. */
export const Name = Type.String({ minLength: 1, maxLength: 100, pattern: '\\S' });
export const Description = Type.String({ maxLength: 2000 });

export const Locale = OneOf('ko', 'en');
export type Locale = Static<typeof Locale>;

/** What every failed request answers with. `message` is already in the reader's language (Accept-Language or the person's setting). */
export const ErrorReply = Type.Object({
  code: Type.String(),
  message: Type.String(),
  params: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number()])),
  /** For the engineer: which field, which line; absent where there is nothing to add. */
  details: Type.Optional(Type.String()),
});
export type ErrorReply = Static<typeof ErrorReply>;

/** A failure that a person reads: code and parameters of the error catalogue, and its sentence in both languages. */
export const Failure = Type.Object({
  code: Type.String(),
  params: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number()])),
  ko: Type.String(),
  en: Type.String(),
});
export type Failure = Static<typeof Failure>;

export const Sentence = Type.Object({ ko: Type.String(), en: Type.String() });
export type Sentence = Static<typeof Sentence>;

// ---------------------------------------------------------------- people

export const Role = OneOf('admin', 'developer', 'annotator');
export type Role = Static<typeof Role>;

const UserId = Type.String({ minLength: 2, maxLength: 40, pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$' });
const Password = Type.String({ minLength: 8, maxLength: 200 });

export const User = Type.Object({
  id: Id,
  userId: UserId,
  name: Name,
  role: Role,
  groupIds: Type.Array(Id),
  locale: Locale,
  disabled: Type.Boolean(),
  createdAt: Time,
});
export type User = Static<typeof User>;

export const SetupState = Type.Object({ needed: Type.Boolean() });
export type SetupState = Static<typeof SetupState>;
export const SetupRequest = Type.Object({ code: Type.String({ maxLength: 40 }), userId: UserId, name: Name, password: Password, locale: Locale });
export type SetupRequest = Static<typeof SetupRequest>;
export const SignInRequest = Type.Object({ userId: Type.String({ maxLength: 40 }), password: Type.String({ maxLength: 200 }) });
export type SignInRequest = Static<typeof SignInRequest>;
/** Who I am. `csrfToken` goes into the header `x-csrf-token` of every request that is not GET or HEAD. */
export const Session = Type.Object({ user: User, csrfToken: Type.String(), groups: Type.Array(Type.Object({ id: Id, name: Name })), version: Type.String() });
export type Session = Static<typeof Session>;

export const NewUser = Type.Object({ userId: UserId, name: Name, password: Password, role: Role, groupIds: Type.Array(Id), locale: Type.Optional(Locale) });
export type NewUser = Static<typeof NewUser>;
export const UserChange = Type.Partial(
  Type.Object({
    name: Name,
    password: Password,
    currentPassword: Type.String({ maxLength: 200 }),
    role: Role,
    groupIds: Type.Array(Id),
    locale: Locale,
    disabled: Type.Boolean(),
  }),
);
export type UserChange = Static<typeof UserChange>;

export const Group = Type.Object({
  id: Id,
  name: Name,
  description: Description,
  status: OneOf('using', 'ended'),
  startDate: Type.String({ format: 'date' }),
  endDate: Nullable(Type.String({ format: 'date' })),
  /** disabled: cannot sign in, so nothing is given to them. */
  members: Type.Array(Type.Object({ id: Id, userId: UserId, name: Name, role: Role, disabled: Type.Boolean() })),
});
export type Group = Static<typeof Group>;
export const NewGroup = Type.Object({ name: Name, description: Description, endDate: Type.Optional(Nullable(Type.String({ format: 'date' }))) });
export type NewGroup = Static<typeof NewGroup>;

// ---------------------------------------------------------------- projects

export const DataType = OneOf('image', 'tabular');
export type DataType = Static<typeof DataType>;
/** What is to be found out. Of pictures the first four, of tables classification and the last three. */
export const ModelKind = OneOf(
  'classification',
  'detection',
  'instance_segmentation',
  'semantic_segmentation',
  'regression',
  'clustering',
  'dimension_reduction',
);
export type ModelKind = Static<typeof ModelKind>;
export const ProjectStatus = OneOf('ready', 'working', 'completed');
export type ProjectStatus = Static<typeof ProjectStatus>;

export const Project = Type.Object({
  id: Id,
  name: Name,
  description: Description,
  groupId: Id,
  groupName: Name,
  ownerId: Id,
  ownerName: Type.String(),
  type: DataType,
  model: ModelKind,
  status: ProjectStatus,
  sample: Type.Boolean(),
  /** What the reader may do here: colleagues of the group may look, the owner and admins may change. */
  editable: Type.Boolean(),
  createdAt: Time,
  updatedAt: Nullable(Time),
});
export type Project = Static<typeof Project>;
export const NewProject = Type.Object({ name: Name, groupId: Id, description: Description, type: DataType, model: ModelKind });
export type NewProject = Static<typeof NewProject>;
export const ProjectChange = Type.Partial(Type.Object({ name: Name, description: Description, status: OneOf('working', 'completed') }));
export type ProjectChange = Static<typeof ProjectChange>;

// ---------------------------------------------------------------- datasets

export const IngestReport = Type.Object({
  accepted: Type.Integer(),
  /** Pictures whose long side was over the limit and which were made smaller. */
  reduced: Type.Integer(),
  skipped: Type.Integer(),
  /** The first 1,000 of those, each with the reason: a code of the error catalogue and the sentence in both languages. */
  skippedFiles: Type.Array(Type.Object({ name: Type.String(), code: Type.String(), ko: Type.String(), en: Type.String() })),
  duplicateNames: Type.Integer(),
});
export type IngestReport = Static<typeof IngestReport>;

/** `count`: pictures; `shapes`: of all pictures, absent in a classification; `colour`: red, green, blue (0..255), where its file gave it one. */
export const ClassCount = Type.Object({
  name: Type.String(),
  colour: Type.Optional(Type.Tuple([Type.Integer(), Type.Integer(), Type.Integer()])),
  count: Type.Integer(),
  shapes: Type.Optional(Type.Integer()),
});
/** failed: it could not be made for a reason that passes; its upload is kept. Where the upload itself is at fault nothing stays of a dataset. */
export const DatasetStatus = OneOf('ingesting', 'ready', 'failed');
export const Dataset = Type.Object({
  id: Id,
  projectId: Id,
  name: Name,
  version: Type.Integer(),
  description: Description,
  type: DataType,
  /** What its labels are for: the model of the project that it was made in. */
  problem: ModelKind,
  visibility: OneOf('private', 'shared'),
  status: DatasetStatus,
  /** Why it has failed. */
  failure: Nullable(Failure),
  jobId: Nullable(Id),
  /** Where it has failed, of its upload. */
  sizeBytes: Type.Integer(),
  count: Type.Integer(),
  labelledCount: Type.Integer(),
  /** Which set of labels it has now, from 1; null without labels. Each change of labels is a new one, and a training keeps that which it has used. */
  labelRevision: Nullable(Type.Integer()),
  classes: Type.Array(ClassCount),
  /** The label file or archive; null where the labels came from no single file, and where there are none. */
  labelFile: Nullable(Type.String()),
  /**
   * As server/labels names formats (`folders`: those of the upload); `annotation`: made by people here; `sample`: drawn with the pictures; null without labels,
   * and for class folders in records of before they were named.
   */
  labelFormat: Nullable(Type.String()),
  /** How many things are worth a look in GET /api/datasets/:id/labels/report. */
  labelFindings: Type.Integer(),
  /** Why the label files of its upload could not be read, or those of the last Label Upload. */
  labelFailure: Nullable(Failure),
  /** The job of a Label Upload that is going on. */
  labelJobId: Nullable(Id),
  report: Nullable(IngestReport),
  /** Of a table; its rows are the `count`, `labelledCount` those that have a target. */
  table: Type.Optional(TableSummary),
  /** How it was made of another dataset; null where it was uploaded or drawn. */
  preprocessing: Nullable(Preprocessing),
  /** null where Export to Experiment is possible; else why not, as a code of the error catalogue. */
  exportBlockedBy: Nullable(Type.String()),
  createdAt: Time,
  createdBy: Type.String(),
});
export type Dataset = Static<typeof Dataset>;
/** GET /api/projects/:id/trash: a dataset that was deleted and can be restored until `endsAt`. `sizeBytes` are free when it is gone for good. */
export const TrashedDataset = Type.Object({
  id: Id,
  name: Name,
  version: Type.Integer(),
  type: DataType,
  count: Type.Integer(),
  sizeBytes: Type.Integer(),
  trashedAt: Time,
  trashedBy: Type.String(),
  endsAt: Time,
});
export type TrashedDataset = Static<typeof TrashedDataset>;
/** `uploadId` is the last part of the address that the tus upload at /api/uploads was given. */
export const NewDataset = Type.Object({
  name: Name,
  description: Description,
  visibility: OneOf('private', 'shared'),
  uploadId: Type.String({ pattern: '^[a-f0-9]{32}$' }),
  labelUploadId: Type.Optional(Type.String({ pattern: '^[a-f0-9]{32}$' })),
});
export type NewDataset = Static<typeof NewDataset>;
export const DatasetChange = Type.Partial(Type.Object({ name: Name, description: Description, visibility: OneOf('private', 'shared') }));
export type DatasetChange = Static<typeof DatasetChange>;

/** One picture of a dataset. `label` is the index into the dataset's classes. Picture: /api/datasets/ID/pictures/N, small: /api/datasets/ID/thumbnails/N */
export const PictureRow = Type.Object({
  n: Type.Integer(),
  name: Type.String(),
  width: Type.Integer(),
  height: Type.Integer(),
  bytes: Type.Integer(),
  label: Nullable(Type.Integer()),
  /** Where labels are shapes: how many of each class (none: labelled "nothing here"); null where it is not labelled. */
  counts: Type.Optional(Nullable(Type.Array(Type.Object({ label: Type.Integer(), shapes: Type.Integer() })))),
});
export type PictureRow = Static<typeof PictureRow>;
export const PicturePage = Type.Object({ total: Type.Integer(), rows: Type.Array(PictureRow) });
export type PicturePage = Static<typeof PicturePage>;
export const PictureQuery = Type.Object({
  offset: Type.Integer({ minimum: 0, default: 0 }),
  limit: Type.Integer({ minimum: 1, maximum: 500, default: 60 }),
  /** Index of a class; -1: without a label. */
  label: Type.Optional(Type.Integer({ minimum: -1 })),
  search: Type.Optional(Type.String({ maxLength: 200 })),
});
export type PictureQuery = Static<typeof PictureQuery>;
/** GET /api/datasets/:id/duplicates: pictures that are the same to the last byte. `extra`: how many could go; `conflicts`: groups with different labels. */
export const Duplicates = Type.Object({
  groups: Type.Integer(),
  extra: Type.Integer(),
  conflicts: Type.Integer(),
  rows: Type.Array(
    Type.Object({
      labelsDiffer: Type.Boolean(),
      /** The first 20 of `count`. */
      pictures: Type.Array(PictureRow),
      count: Type.Integer(),
    }),
  ),
});
export type Duplicates = Static<typeof Duplicates>;
export const DuplicateQuery = Type.Object({
  offset: Type.Integer({ minimum: 0, default: 0 }),
  limit: Type.Integer({ minimum: 1, maximum: 100, default: 20 }),
});
export type DuplicateQuery = Static<typeof DuplicateQuery>;

// ---------------------------------------------------------------- experiments

export const ExperimentStatus = OneOf('draft', 'pending', 'running', 'succeeded', 'aborted', 'failed', 'published');
export type ExperimentStatus = Static<typeof ExperimentStatus>;

/**
 * K models, each judged on the part that the others learn from. The test share is held out of all of them; the training and validation shares of the
 * split are not looked at. `final`: the model that is kept is the fold's with the best validation score, or one trained anew on all folds together.
 */
export const CrossValidation = Type.Object({ folds: Type.Integer({ minimum: 2, maximum: 20 }), final: OneOf('best', 'refit') });
export type CrossValidation = Static<typeof CrossValidation>;

/** Shares in percent; they add up to 100. */
export const Split = Type.Object({
  training: Type.Integer({ minimum: 1, maximum: 98 }),
  validation: Type.Integer({ minimum: 1, maximum: 98 }),
  test: Type.Integer({ minimum: 0, maximum: 98 }),
  seed: Type.Integer({ minimum: 0, maximum: 2147483647 }),
  stratify: Type.Boolean(),
  crossValidation: Type.Optional(CrossValidation),
  /**
   * Keeps pictures together that belong together: `{group}` stands in the file's name for what they share, `*` for anything. With `{group}_*` the
   * pictures A17_1.png and A17_2.png are in the same part. A name that does not match is alone.
   */
  groupPattern: Type.Optional(Type.String({ maxLength: 100, pattern: '^[^{}]*\\{group\\}[^{}]*$' })),
});
export type Split = Static<typeof Split>;

/** How a training goes. What is optional may be left out and is then as server/learn/recipe.ts has it, so that settings of before a parameter was there go on. */
export const Parameters = Type.Object({
  batch_size: Type.Integer({ minimum: 1, maximum: 1024 }),
  epoch: Type.Integer({ minimum: 1, maximum: 10000 }),
  learning_rate: Type.Number({ exclusiveMinimum: 0, maximum: 10 }),
  /** Of Adam and AdamW: β1. */
  momentum: Type.Number({ minimum: 0, maximum: 0.9999 }),
  weight_decay: Type.Number({ minimum: 0, maximum: 1 }),
  /** Side of the square that a picture is brought to, in pixels. */
  input_size: Type.Integer({ minimum: 16, maximum: 800 }),
  /** Random flips, shifts and brightness at each epoch. */
  augment: Type.Boolean(),
  optimizer: Type.Optional(OneOf('sgd', 'adam', 'adamw')),
  /** Of SGD. */
  nesterov: Type.Optional(Type.Boolean()),
  /** Of Adam and AdamW. */
  adam_beta2: Type.Optional(Type.Number({ minimum: 0.5, maximum: 0.99999 })),
  adam_epsilon: Type.Optional(Type.Number({ minimum: 1e-12, maximum: 0.1 })),
  /** How the learning rate goes over the training. */
  schedule: Type.Optional(OneOf('cosine', 'constant', 'step', 'one_cycle')),
  /** Of cosine: where it ends, as a share of learning_rate. */
  cosine_floor: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
  /** Of step: after so many epochs the rate is multiplied by step_factor. */
  step_epochs: Type.Optional(Type.Integer({ minimum: 1, maximum: 10000 })),
  step_factor: Type.Optional(Type.Number({ minimum: 0.001, maximum: 1 })),
  /** Of one_cycle: the share of the training in which the rate rises, and what learning_rate is divided by at the start, and that again at the end. */
  cycle_rise: Type.Optional(Type.Number({ minimum: 0.05, maximum: 0.95 })),
  cycle_divisor: Type.Optional(Type.Number({ minimum: 1, maximum: 1e6 })),
  cycle_final_divisor: Type.Optional(Type.Number({ minimum: 1, maximum: 1e8 })),
  /** Percent of the training in which the rate rises evenly to what the schedule says. Not of one_cycle, which has its own rise. */
  warmup: Type.Optional(Type.Number({ minimum: 0, maximum: 50 })),
  label_smoothing: Type.Optional(Type.Number({ minimum: 0, maximum: 0.5 })),
  /** balanced: a class counts the more, the fewer pictures it has. */
  class_weights: Type.Optional(OneOf('none', 'balanced')),
  /** Parameter of the beta distribution of the shares in which two pictures are mixed; 0: none are. */
  mixup: Type.Optional(Type.Number({ minimum: 0, maximum: 4 })),
  /** Largest norm of all gradients together; 0: any. */
  gradient_clip: Type.Optional(Type.Number({ minimum: 0, maximum: 1000 })),
  /** Decay of the moving average of the weights that is judged and kept instead of them; 0: none. */
  ema: Type.Optional(Type.Number({ minimum: 0, maximum: 0.99999 })),
  /** Whether the architecture's dropout and stochastic depth are at work. */
  dropout: Type.Optional(Type.Boolean()),
  /** Ends the training after so many epochs in which `early_stopping_on` has not become better; 0: never. */
  early_stopping: Type.Optional(Type.Integer({ minimum: 0, maximum: 1000 })),
  early_stopping_on: Type.Optional(OneOf('validation_loss', 'validation_accuracy')),
  /** So many of the architecture's first stages keep the weights that they begin with. */
  freeze_stages: Type.Optional(Type.Integer({ minimum: 0, maximum: 20 })),
});
export type Parameters = Static<typeof Parameters>;

/** weights: pretrained ones; model: a version of the repository. Of the same algorithm; where the numbers of classes differ the head begins anew. */
export const StartKind = OneOf('weights', 'model');
export const Start = Type.Object({
  kind: StartKind,
  id: Id,
  /** As it was called when the training was started; the daemon fills it in. */
  name: Type.Optional(Type.String({ maxLength: 200 })),
});
export type Start = Static<typeof Start>;

export const RunConfig = Type.Object({
  split: Split,
  algorithm: Type.String({ maxLength: 60 }),
  parameters: Parameters,
  /** What the training begins with; left out: random numbers. */
  start: Type.Optional(Start),
  preset: Type.String({ maxLength: 60 }),
});
export type RunConfig = Static<typeof RunConfig>;

/** accuracy in percent (0..100), loss in nats. */
export const Score = Type.Object({ accuracy: Type.Number(), loss: Type.Number(), count: Type.Integer() });
export type Score = Static<typeof Score>;

/** Scores of each fold, their mean and their sample standard deviation. */
export const CrossValidationResult = Type.Object({
  folds: Type.Array(Type.Object({ fold: Type.Integer(), training: Score, validation: Score, bestEpoch: Type.Integer() })),
  mean: Type.Object({ accuracy: Type.Number(), loss: Type.Number() }),
  spread: Type.Object({ accuracy: Type.Number(), loss: Type.Number() }),
  final: OneOf('best', 'refit'),
  /** The fold with the best validation score. */
  bestFold: Type.Integer(),
});
export type CrossValidationResult = Static<typeof CrossValidationResult>;

/**
 * With cross-validation `evaluation.training` and `.validation` are means over the folds, `.test` is the final model's, `epochs` counts those of all folds
 * and `bestEpoch` is the one of the final model within its own training.
 */
export const TrainResult = Type.Object({
  evaluation: Type.Object({ training: Score, validation: Score, test: Nullable(Score) }),
  bestEpoch: Type.Integer(),
  epochs: Type.Integer(),
  /** Whether early stopping ended it (with cross-validation: one of its trainings) before its last epoch. */
  endedEarly: Type.Optional(Type.Boolean()),
  seconds: Type.Number(),
  imagesPerSecond: Type.Number(),
  /** Pictures a second that the model judges, without reading and decoding them; absent in results of before it was measured. */
  inferenceImagesPerSecond: Type.Optional(Type.Number()),
  gflops: Type.Number(),
  parameters: Type.Integer(),
  device: Type.String(),
  /** Where it came to its end but has learned nothing: what is seen of that, and what to do. */
  warning: Type.Optional(Sentence),
  crossValidation: Type.Optional(CrossValidationResult),
  classes: Type.Array(Type.String()),
  /** confusion[truth][prediction], counts on the test split (validation where there is no test split). */
  confusion: Type.Array(Type.Array(Type.Integer())),
});
export type TrainResult = Static<typeof TrainResult>;

/**
 * One ended epoch. Accuracies in percent. With cross-validation the epochs of all folds are numbered through, `of` counts all that are still to be expected, and `fold` (from 1)
 * and `foldEpoch` (from 1) say where one belongs; a refit on all folds has no validation part and so no rows.
 */
export const EpochRow = Type.Object({
  epoch: Type.Integer(),
  of: Type.Integer(),
  seconds: Type.Number(),
  train_accuracy: Type.Number(),
  train_loss: Type.Number(),
  validation_accuracy: Type.Number(),
  validation_loss: Type.Number(),
  fold: Type.Optional(Type.Integer()),
  foldEpoch: Type.Optional(Type.Integer()),
});
export type EpochRow = Static<typeof EpochRow>;

export const JobState = OneOf('pending', 'running', 'succeeded', 'stopped', 'failed');
export type JobState = Static<typeof JobState>;
export const Progress = Type.Object({
  /** What is going on, in a word that the browser translates: unpack, labels, prepare, train, evaluate, export, infer, generate. */
  phase: Type.String(),
  done: Type.Integer(),
  total: Type.Integer(),
  /** Things a second (pictures), where it is known. */
  rate: Nullable(Type.Number()),
  remainingSeconds: Nullable(Type.Number()),
});
export type Progress = Static<typeof Progress>;
/**
 * `trial`: a training of an HPO. `preflight`: two steps of a training, timed before it is started. `annotate`: a model proposes labels. `merge`: the parts of
 * an annotation task become labels of the dataset.
 */
export const JobKind = OneOf(
  'ingest',
  'sample',
  'labels',
  'table_preview',
  'table',
  'preprocess',
  'train',
  'trial',
  'preflight',
  'infer',
  'annotate',
  'merge',
  'weights',
);
export type JobKind = Static<typeof JobKind>;
export const Job = Type.Object({
  id: Id,
  kind: JobKind,
  title: Type.String(),
  projectId: Id,
  projectName: Type.String(),
  ownerId: Id,
  ownerName: Type.String(),
  /** What the job is for: the dataset, experiment (of a train, trial or preflight), inference or annotation task with this id. */
  subjectId: Id,
  state: JobState,
  resources: Type.Object({ preset: Nullable(Type.String()), cores: Type.Number(), memoryMb: Type.Integer(), gpu: Nullable(Type.String()) }),
  progress: Nullable(Progress),
  /** Place in the queue (1 = next) and what it waits for, while pending. */
  waiting: Nullable(Type.Object({ place: Type.Integer(), ko: Type.String(), en: Type.String() })),
  failure: Nullable(Failure),
  createdAt: Time,
  startedAt: Nullable(Time),
  finishedAt: Nullable(Time),
});
export type Job = Static<typeof Job>;

/** What the buttons and the More menu of an experiment offer; the daemon refuses everything else. */
export const ExperimentAction = OneOf('run', 'hpo', 'automl', 'rename', 'stop', 'infer', 'template', 'register', 'delete');
export type ExperimentAction = Static<typeof ExperimentAction>;

/** The state of a search in a line; GET /api/experiments/:id/hpo has the trials. Sent with each change of the experiment, an epoch of a trial included. */
export const HpoSummary = Type.Object({
  maxTrialCount: Type.Integer(),
  /** Trials so far, and how many of them have ended. */
  trials: Type.Integer(),
  ended: Type.Integer(),
  failed: Type.Integer(),
  metric: Type.String(),
  best: Nullable(Type.Number()),
  goalMet: Type.Boolean(),
  /** Number of the trial that stands for the search; null before Submit. */
  submitted: Nullable(Type.Integer()),
});
export type HpoSummary = Static<typeof HpoSummary>;

export const Experiment = Type.Object({
  id: Id,
  projectId: Id,
  projectName: Type.String(),
  /** Empty while a draft. */
  name: Type.String(),
  mode: Nullable(OneOf('run', 'hpo', 'automl')),
  datasetId: Id,
  datasetName: Type.String(),
  datasetVersion: Type.Integer(),
  status: ExperimentStatus,
  config: Nullable(RunConfig),
  jobId: Nullable(Id),
  failure: Nullable(Failure),
  /** There is a model to infer with. */
  usable: Type.Boolean(),
  editable: Type.Boolean(),
  /** What it can be asked now, whoever the reader is; see `editable` for whether this reader may. */
  actions: Type.Array(ExperimentAction),
  hpo: Nullable(HpoSummary),
  /** The same number in all experiments of one AutoML start: the id of its first. */
  automlGroup: Nullable(Id),
  /** Name of the template that it was started from. */
  templateName: Nullable(Type.String()),
  ownerName: Type.String(),
  createdAt: Time,
  startedAt: Nullable(Time),
  finishedAt: Nullable(Time),
  /** Seconds that it has run. */
  runSeconds: Type.Number(),
});
export type Experiment = Static<typeof Experiment>;
export const ExperimentDetails = Type.Object({ experiment: Experiment, job: Nullable(Job), epochs: Type.Array(EpochRow), result: Nullable(TrainResult) });
export type ExperimentDetails = Static<typeof ExperimentDetails>;
export const NewExperiment = Type.Object({ datasetId: Id });
export type NewExperiment = Static<typeof NewExperiment>;
export const ExperimentChange = Type.Object({ name: Name });
export type ExperimentChange = Static<typeof ExperimentChange>;

/** gflops: multiply-adds of one forward pass of one picture at `size`, ×10⁹ (as torchvision counts). parametersM: millions. */
export const Algorithm = Type.Object({
  name: Type.String(),
  gflops: Type.Number(),
  parametersM: Type.Number(),
  resourceNeed: OneOf('low', 'medium', 'high'),
  size: Type.Integer(),
  /** Complete: nothing is left out. */
  defaults: Type.Required(Parameters),
  /** Stages from the first layers on that can be frozen: all but the head. */
  freezable: Type.Integer(),
  /** AutoML chooses it where the user says nothing: it suits the number of pictures and the box. */
  suggested: Type.Boolean(),
});
export type Algorithm = Static<typeof Algorithm>;
export const AlgorithmQuery = Type.Object({
  classes: Type.Integer({ minimum: 2, maximum: 10000, default: 10 }),
  size: Type.Integer({ minimum: 16, maximum: 800, default: 224 }),
  /** How many there are to learn from: the defaults suit that. */
  pictures: Type.Optional(Type.Integer({ minimum: 0 })),
});

export const Preset = Type.Object({
  name: Type.String(),
  gpu: Nullable(Type.String()),
  gpuMemoryMb: Type.Integer(),
  cores: Type.Number(),
  memoryMb: Type.Integer(),
  fits: Type.Boolean(),
  /** It fits, but its GPU, which was there before, is missing now: what is queued with it waits. */
  gpuMissing: Type.Boolean(),
});
export type Preset = Static<typeof Preset>;

// ---------------------------------------------------------------- inference

export const InferenceSource = Type.Union([
  Type.Object({ kind: Type.Literal('upload'), uploadId: Type.String({ pattern: '^[a-f0-9]{32}$' }) }),
  Type.Object({ kind: Type.Literal('dataset'), datasetId: Id }),
]);
export const NewInference = Type.Object({ experimentId: Id, source: InferenceSource });
export type NewInference = Static<typeof NewInference>;
export const Inference = Type.Object({
  id: Id,
  projectId: Id,
  experimentId: Id,
  experimentName: Type.String(),
  sourceName: Type.String(),
  state: JobState,
  jobId: Id,
  classes: Type.Array(Type.String()),
  count: Type.Integer(),
  /** How many were predicted as each class, in the order of `classes`. */
  perClass: Type.Array(Type.Integer()),
  /** Percent of the labelled pictures that were predicted right; null where the data has no labels. */
  accuracy: Nullable(Type.Number()),
  /** How many pictures that is: those with a label which the model knows. */
  judged: Type.Optional(Type.Integer()),
  report: Nullable(IngestReport),
  failure: Nullable(Failure),
  createdAt: Time,
  finishedAt: Nullable(Time),
});
export type Inference = Static<typeof Inference>;
/** caption: `Class(Score)_filename`. Picture: /api/inferences/ID/pictures/N, small: /api/inferences/ID/thumbnails/N */
export const Prediction = Type.Object({
  n: Type.Integer(),
  name: Type.String(),
  predicted: Type.Integer(),
  score: Type.Number(),
  caption: Type.String(),
  truth: Nullable(Type.Integer()),
  /** The likeliest classes, the first one first. */
  top: Type.Array(Type.Object({ class: Type.Integer(), score: Type.Number() })),
});
export type Prediction = Static<typeof Prediction>;
export const PredictionPage = Type.Object({ total: Type.Integer(), rows: Type.Array(Prediction) });
export type PredictionPage = Static<typeof PredictionPage>;
export const PredictionQuery = Type.Object({
  offset: Type.Integer({ minimum: 0, default: 0 }),
  limit: Type.Integer({ minimum: 1, maximum: 500, default: 60 }),
  predicted: Type.Optional(Type.Integer({ minimum: 0 })),
  wrong: Type.Optional(Type.Boolean()),
  search: Type.Optional(Type.String({ maxLength: 200 })),
  sort: Type.Optional(OneOf('name', 'score')),
  descending: Type.Optional(Type.Boolean()),
});
export type PredictionQuery = Static<typeof PredictionQuery>;

// ---------------------------------------------------------------- monitor, notifications, events

export const Gpu = Type.Object({
  name: Type.String(),
  memoryMb: Type.Integer(),
  usedMb: Type.Integer(),
  utilization: Type.Number(),
  temperature: Nullable(Type.Number()),
});
export type Gpu = Static<typeof Gpu>;
export const Monitor = Type.Object({
  cpu: Type.Object({ model: Type.String(), cores: Type.Integer(), load: Type.Number() }),
  memory: Type.Object({ totalBytes: Type.Integer(), usedBytes: Type.Integer() }),
  disk: Type.Object({ totalBytes: Type.Integer(), freeBytes: Type.Integer() }),
  gpus: Type.Array(Gpu),
  /** Why no GPU is used, in plain words, where there is none. */
  gpuNote: Nullable(Sentence),
  uptimeSeconds: Type.Number(),
  version: Type.String(),
});
export type Monitor = Static<typeof Monitor>;

export const Notification = Type.Object({
  id: Id,
  at: Time,
  level: OneOf('info', 'success', 'error'),
  ko: Type.String(),
  en: Type.String(),
  /** Address within the studio that it leads to. */
  link: Nullable(Type.String()),
  read: Type.Boolean(),
});
export type Notification = Static<typeof Notification>;

/** Journaled by the worker, numbered from 1 in each job. `text` of a log line is in English; `ko` says the same in Korean. */
export const JobEvent = Type.Union([
  Type.Object({
    seq: Type.Integer(),
    at: Time,
    type: Type.Literal('log'),
    level: OneOf('info', 'warning', 'error'),
    text: Type.String(),
    ko: Type.Optional(Type.String()),
  }),
  Type.Object({ seq: Type.Integer(), at: Time, type: Type.Literal('epoch'), row: EpochRow }),
  Type.Object({ seq: Type.Integer(), at: Time, type: Type.Literal('end'), state: OneOf('succeeded', 'stopped', 'failed'), failure: Nullable(Failure) }),
]);
export type JobEvent = Static<typeof JobEvent>;
