/** The shapes on the wire of what goes before and around a training: preflight, AutoML, HPO. See schemas.ts for the conventions. */
import { type Static, Type } from 'typebox';
import { EpochRow, Experiment, Failure, Id, Job, JobState, Nullable, OneOf, Parameters, Score, Sentence, Split, Start, Time, TrainResult } from './schemas.ts';

const PresetName = Type.String({ maxLength: 60 });
const AlgorithmName = Type.String({ maxLength: 60 });

// ---------------------------------------------------------------- data split

/** GET /api/datasets/:id/groups?pattern=: what a group pattern makes of the pictures that have a label. */
export const GroupPreview = Type.Object({
  pictures: Type.Integer(),
  /** Groups of two pictures and more, and how many pictures they hold; the rest are alone. */
  groups: Type.Integer(),
  together: Type.Integer(),
  /** Pictures in the largest group; 0 where there is none. */
  largest: Type.Integer(),
  /** A few of the groups, the largest first, with their first names. */
  examples: Type.Array(Type.Object({ group: Type.String(), pictures: Type.Integer(), names: Type.Array(Type.String()) })),
  /** A few names that the pattern leaves alone. */
  alone: Type.Array(Type.String()),
});
export type GroupPreview = Static<typeof GroupPreview>;
export const GroupQuery = Type.Object({ pattern: Type.String({ maxLength: 100, pattern: '^[^{}]*\\{group\\}[^{}]*$' }) });

// ---------------------------------------------------------------- preflight

/** POST /api/experiments/:id/preflight takes a RunConfig and answers with this; ask GET /api/preflights/:id until `state` is neither pending nor running. */
export const PreflightResult = Type.Object({
  /** MiB that the training needs at its batch_size, the pictures that it keeps included; and what the preset allows. */
  memoryMb: Type.Integer(),
  memoryLimitMb: Type.Integer(),
  /** The same of the GPU's memory; absent without a GPU, and where the driver does not tell what a process uses. */
  gpuMemory: Type.Optional(Type.Object({ memoryMb: Type.Integer(), limitMb: Type.Integer() })),
  fits: Type.Boolean(),
  /** The largest batch_size that fits the preset's memory (the GPU's, too) where the wanted one does not; null where it fits, or where none would. */
  proposedBatchSize: Nullable(Type.Integer()),
  stepSeconds: Type.Number(),
  stepsPerEpoch: Type.Integer(),
  epochSeconds: Type.Number(),
  /** From the start of the training to its end, all folds included. */
  totalSeconds: Type.Number(),
  /** The steps that were timed. The times and the memory at the wanted batch_size are told from these. */
  measured: Type.Array(Type.Object({ batchSize: Type.Integer(), seconds: Type.Number(), memoryMb: Type.Integer() })),
  counts: Type.Object({ training: Type.Integer(), validation: Type.Integer(), test: Type.Integer(), groups: Nullable(Type.Integer()) }),
  /** preflight_… of the error catalogue. None of them hinders the start. */
  warnings: Type.Array(Failure),
});
export type PreflightResult = Static<typeof PreflightResult>;
export const Preflight = Type.Object({
  id: Id,
  experimentId: Id,
  state: JobState,
  failure: Nullable(Failure),
  result: Nullable(PreflightResult),
  /** Where a training with this preset would stand if it were started now. place 1: first; `now`: its share of the box is free. */
  queue: Type.Object({ place: Type.Integer(), now: Type.Boolean(), running: Type.Integer(), ...Sentence.properties }),
});
export type Preflight = Static<typeof Preflight>;

// ---------------------------------------------------------------- AutoML

export const AutomlRequest = Type.Object({
  algorithms: Type.Array(Type.Object({ name: AlgorithmName, parameters: Parameters, start: Type.Optional(Start) }), { minItems: 1, maxItems: 50 }),
  split: Split,
  preset: PresetName,
});
export type AutomlRequest = Static<typeof AutomlRequest>;

/** A line of the leaderboard, the best first; those without a model stand at the end with null. */
export const LeaderboardRow = Type.Object({
  experiment: Experiment,
  validation: Nullable(Score),
  test: Nullable(Score),
  /** Of model.onnx. */
  sizeBytes: Nullable(Type.Integer()),
  parametersM: Nullable(Type.Number()),
  gflops: Nullable(Type.Number()),
  inferenceImagesPerSecond: Nullable(Type.Number()),
  trainingSeconds: Nullable(Type.Number()),
});
export type LeaderboardRow = Static<typeof LeaderboardRow>;
/** GET /api/experiments/:id/automl, for any experiment of the group. `recommended` is null while one is going on, and where none has a model. */
export const Leaderboard = Type.Object({
  automlGroup: Id,
  complete: Type.Boolean(),
  rows: Type.Array(LeaderboardRow),
  recommended: Nullable(Type.Object({ experimentId: Id, reasons: Type.Array(Sentence) })),
});
export type Leaderboard = Static<typeof Leaderboard>;

// ---------------------------------------------------------------- HPO

export const SamplerName = OneOf('tpe', 'sobol', 'random', 'grid');
export const StoppingName = OneOf('none', 'median', 'asha');
/** validation_…: of the epoch whose weights are kept; test_… is known when the trial has ended. Accuracies in percent, losses in nats. */
export const HpoMetric = OneOf('validation_accuracy', 'validation_loss', 'train_accuracy', 'train_loss', 'test_accuracy', 'test_loss');
export type HpoMetric = Static<typeof HpoMetric>;
/** Those that are known after each epoch, so that they can be searched for. */
export const HpoObjectiveMetric = OneOf('validation_accuracy', 'validation_loss', 'train_accuracy', 'train_loss');
export type HpoObjectiveMetric = Static<typeof HpoObjectiveMetric>;

const ParameterValue = Type.Union([Type.Number(), Type.String({ maxLength: 60 }), Type.Boolean()]);
/** A range (of numbers; `log`: as many trials between 0.001 and 0.01 as between 0.01 and 0.1) or a list of choices. */
export const SearchRange = Type.Union([
  Type.Object({ low: Type.Number(), high: Type.Number(), log: Type.Optional(Type.Boolean()), step: Type.Optional(Type.Integer({ minimum: 1 })) }),
  Type.Object({ choices: Type.Array(ParameterValue, { minItems: 1, maxItems: 100 }) }),
]);
export type SearchRange = Static<typeof SearchRange>;

/** GET /api/hpo: what the HPO form needs to know. */
export const HpoOptions = Type.Object({
  /** The parameters that can be searched, what is allowed and what the form starts with; `checked`: searched where the user says nothing. */
  parameters: Type.Array(
    Type.Object({
      name: Type.String(),
      kind: OneOf('int', 'float', 'categorical'),
      minimum: Nullable(Type.Number()),
      maximum: Nullable(Type.Number()),
      suggestion: SearchRange,
      checked: Type.Boolean(),
    }),
  ),
  /** From appliance.conf. */
  limits: Type.Object({ maxTrialCount: Type.Integer(), parallelTrialCount: Type.Integer(), maxFailedTrialCount: Type.Integer() }),
  defaults: Type.Object({ maxTrialCount: Type.Integer(), parallelTrialCount: Type.Integer(), maxFailedTrialCount: Type.Integer() }),
  samplers: Type.Array(SamplerName),
  stopping: Type.Array(StoppingName),
  objectiveMetrics: Type.Array(HpoObjectiveMetric),
  metrics: Type.Array(HpoMetric),
});
export type HpoOptions = Static<typeof HpoOptions>;

export const HpoRequest = Type.Object({
  split: Split,
  algorithm: AlgorithmName,
  /** The values of the parameters that are not searched; the first trial also takes those of the searched ones, where their ranges hold them. */
  parameters: Parameters,
  /** What every trial begins with; left out: random numbers. */
  start: Type.Optional(Start),
  /** By the name of the parameter, at least one; not `epoch`. */
  search: Type.Record(Type.String({ maxLength: 60 }), SearchRange),
  settings: Type.Object({
    maxTrialCount: Type.Integer({ minimum: 1 }),
    parallelTrialCount: Type.Integer({ minimum: 1 }),
    maxFailedTrialCount: Type.Integer({ minimum: 1 }),
  }),
  sampler: SamplerName,
  stopping: StoppingName,
  objective: Type.Object({ metric: HpoObjectiveMetric, type: OneOf('maximize', 'minimize'), goal: Nullable(Type.Number()) }),
  additionalMetrics: Type.Array(HpoMetric, { maxItems: 6 }),
  preset: PresetName,
});
export type HpoRequest = Static<typeof HpoRequest>;

/** draft: waits for resources. paused: trained as far as the stopping rule wants for now. pruned: ended early by the stopping rule. */
export const TrialState = OneOf('draft', 'running', 'paused', 'succeeded', 'pruned', 'failed', 'aborted');
export const TrialRow = Type.Object({
  /** From 0. */
  trial: Type.Integer(),
  /** hpo-YYYYMMDD-HHMMSS-xxxxxxxx */
  name: Type.String(),
  state: TrialState,
  /** The searched parameters alone. */
  parameters: Type.Record(Type.String(), ParameterValue),
  /** The objective: of the kept weights when it has succeeded, of the last epoch before. */
  value: Nullable(Type.Number()),
  /** The last that is known of each metric. */
  metrics: Type.Record(Type.String(), Nullable(Type.Number())),
  epoch: Type.Integer(),
  epochs: Type.Integer(),
  meetsGoal: Type.Boolean(),
  /** Submit is possible with this trial now. */
  canSubmit: Type.Boolean(),
  submitted: Type.Boolean(),
  /** Its training now, or its last one: log and events are there. null while it has none. */
  jobId: Nullable(Id),
  failure: Nullable(Failure),
  createdAt: Time,
  startedAt: Nullable(Time),
  finishedAt: Nullable(Time),
});
export type TrialRow = Static<typeof TrialRow>;

/** GET /api/experiments/:id/hpo. `canSubmit`: the Submit button is live. */
export const Hpo = Type.Object({
  experiment: Experiment,
  config: HpoRequest,
  trials: Type.Array(TrialRow),
  best: Nullable(Type.Integer()),
  canSubmit: Type.Boolean(),
  /** The search has stopped proposing trials and nothing runs any more: only Submit or Stop are left. */
  settled: Type.Boolean(),
});
export type Hpo = Static<typeof Hpo>;

/** GET /api/experiments/:id/hpo/trials/:trial */
export const TrialDetails = Type.Object({
  trial: TrialRow,
  parameters: Parameters,
  job: Nullable(Job),
  epochs: Type.Array(EpochRow),
  result: Nullable(TrainResult),
});
export type TrialDetails = Static<typeof TrialDetails>;

/** POST /api/experiments/:id/hpo/submit */
export const SubmitRequest = Type.Object({ trial: Type.Integer({ minimum: 0 }) });
export type SubmitRequest = Static<typeof SubmitRequest>;

const AxisFields = {
  name: Type.String(),
  log: Type.Boolean(),
  /** Values with their places on the axis, 0..1. */
  marks: Type.Array(Type.Object({ at: Type.Number(), value: ParameterValue })),
};
/** GET /api/experiments/:id/hpo/pictures. `final` is false for a value of a trial that did not come to its end. */
export const HpoPictures = Type.Object({
  history: Type.Array(
    Type.Object({ trial: Type.Integer(), state: TrialState, value: Nullable(Type.Number()), final: Type.Boolean(), best: Nullable(Type.Number()) }),
  ),
  parallel: Type.Object({
    axes: Type.Array(Type.Object(AxisFields)),
    lines: Type.Array(Type.Object({ trial: Type.Integer(), places: Type.Array(Type.Number()), value: Type.Number(), final: Type.Boolean() })),
  }),
  slices: Type.Array(
    Type.Object({
      ...AxisFields,
      points: Type.Array(Type.Object({ trial: Type.Integer(), at: Type.Number(), parameter: ParameterValue, value: Type.Number(), final: Type.Boolean() })),
    }),
  ),
  /** The share (0..1) of the differences between the trials that each parameter explains, the greatest first; empty with fewer than four finished trials. */
  importance: Type.Array(Type.Object({ name: Type.String(), share: Type.Number() })),
});
export type HpoPictures = Static<typeof HpoPictures>;
