/**
 * What the daemon and a worker say to each other. A job is a folder:
 *
 *     JOBDIR/spec.json      what to do (JobSpec), written by the daemon before each launch
 *     JOBDIR/worker.pid     the process that works on it now
 *     JOBDIR/events.jsonl   what has happened (JobEvent a line, seq from 1), appended and fsynced by the worker alone; a torn last line is cut off
 *     JOBDIR/checkpoint/    where the job goes on after a power cut
 *     JOBDIR/out/           what it made; the daemon takes it over only after the `end` event
 *
 * `node dist/server/worker.js JOBDIR` does the job. Started by the daemon it also has an IPC channel: every journaled event is sent there after it
 * is on the disk, progress is only sent there (it is not worth a disk write), and the worker ends at once when the channel closes (the daemon is gone).
 * Stop: the IPC message { type: 'stop' } or SIGTERM; the worker finishes its step, saves what can be used and ends with an `end` event, state 'stopped'.
 */
import type { DeviceName } from '../engine/runtime.ts';
import type { Chain } from '../http/preprocess-schemas.ts';
import type { Dataset, EpochRow, Failure, JobEvent, Parameters, Progress, Split } from '../http/schemas.ts';
import type { NewTable, TableSettings, TableSummary } from '../http/table-schemas.ts';
import type { LabelProblem } from '../labels/problems.ts';
import type { TableLimits } from '../tables/limits.ts';

interface CommonSpec {
  jobId: number;
  /** Threads that the job may use. */
  threads: number;
  memoryMb: number;
  /** DATA/cache: what can be made again at any time; for all jobs. Left out: nothing is kept. */
  cache?: string;
}

/** Limits on untrusted input, from appliance.conf. */
export interface IngestLimits {
  maxFiles: number;
  maxUnpackedBytes: number;
  /** Largest single picture file, bytes. */
  maxFileBytes: number;
  /** Largest picture that is decoded at all, pixels. */
  maxPixels: number;
  /** Long side above which a picture is made smaller (the manual: 800). */
  maxSide: number;
}

/** Unpack an upload, check every picture, write a picture set into OUT (see store/pictures.ts) and out/ingest.json (IngestOutcome). */
export interface IngestSpec extends CommonSpec {
  kind: 'ingest';
  /** The uploaded file: zip, tar, or a single picture, told apart by its content. */
  upload: string;
  /** The uploaded file's own name, shown for a single picture. */
  uploadName?: string;
  /** A label file, or an archive of label files, given on its own. */
  labels: string | null;
  labelsName: string | null;
  /** What the labels are for. */
  problem: LabelProblem;
  limits: IngestLimits;
}

/** Read label files for a dataset's pictures: a label set in out/labels/ and out/labels.json (LabelOutcome, see label-import.ts). */
export interface LabelsSpec extends CommonSpec {
  kind: 'labels';
  /** Folder of the picture set, and of the labels that it has. */
  dataset: string;
  labels: string | null;
  upload: string;
  uploadName: string;
  problem: LabelProblem;
  limits: IngestLimits;
}

/** Draw the pictures of the sample project into a picture set, as `ingest` does. Deterministic for a seed. */
export interface SampleSpec extends CommonSpec {
  kind: 'sample';
  perClass: number;
  size: number;
  seed: number;
}

/** Look at an uploaded table: out/preview.json (TableFindings). */
export interface TablePreviewSpec extends CommonSpec {
  kind: 'table_preview';
  /** The uploaded file: CSV, TSV or XLSX, told apart by its content. */
  upload: string;
  settings: Partial<TableSettings>;
  limits: IngestLimits;
  table: TableLimits;
}

/** Read an uploaded table into out/dataset/table/ (a table set, see store/tables.ts, with statistics and report) and out/table.json (TableOutcome). */
export interface TableSpec extends CommonSpec {
  kind: 'table';
  upload: string;
  settings: TableSettings;
  /** All columns of the file, in its order. */
  columns: NewTable['columns'];
  target: string | null;
  limits: IngestLimits;
  table: TableLimits;
}

/** Of the random choices that methods of preprocessing make: the same for every dataset, so that a preview shows what will be made. */
export const PREPROCESS_SEED = 42;

/** Every picture of a set through a chain of methods, labels with them: a new picture set and out/ingest.json, as `ingest` makes them. */
export interface PicturePreprocessSpec extends CommonSpec {
  kind: 'preprocess';
  type: 'image';
  /** Folder of a picture set. */
  dataset: string;
  /** Folder of its label set; null: not labelled. */
  labels: string | null;
  /** Where those labels come from, as the dataset says it: the result says the same. */
  labelFile: string | null;
  labelFormat: string | null;
  /** Checked, and with all parameters. */
  chain: Chain;
  /** Of the result; more are an error. */
  maxPictures: number;
}

/** A table set through a chain of methods: out/dataset/table/ and out/table.json, as `table` makes them, with chain.json (FittedStep[]) beside. */
export interface TablePreprocessSpec extends CommonSpec {
  kind: 'preprocess';
  type: 'tabular';
  /** Folder of a table set. */
  table: string;
  target: string | null;
  /** Checked, and with all parameters. */
  chain: Chain;
  limits: TableLimits;
}

export type PreprocessSpec = PicturePreprocessSpec | TablePreprocessSpec;

/** What a job computes on, and why, in a sentence for its log; null: nothing else was asked for. */
export interface DeviceOfJob {
  name: DeviceName;
  /** Which of nvidia-smi's GPUs; null: the first. */
  index: number | null;
  /** The CPU is taken where it turns out not to serve. */
  fallback: boolean;
  why: { ko: string; en: string } | null;
}

interface ComputingSpec extends CommonSpec {
  /** Left out: the CPU. */
  device?: DeviceOfJob;
}

export interface TrainSpec extends ComputingSpec {
  kind: 'train';
  /** Folder of a picture set. */
  dataset: string;
  /** Folder of its label set; `classes` are the names of that set's classes. */
  labels: string;
  classes: string[];
  algorithm: string;
  parameters: Parameters;
  split: Split;
  /** A trial of a search: its training ends after this epoch (1..`parameters.epoch`) with its checkpoint kept; only behind the last epoch a model is made. */
  until?: number;
  /** Folder of the checkpoint where it is not JOBDIR/checkpoint: so that a trial's next job goes on from there. */
  checkpoint?: string;
  /** What it begins with instead of random numbers: a file of safetensors under our names. `key` tells it from others. */
  start?: { file: string; name: string; key: string };
  /** Put into the model's metadata. */
  about: Record<string, string>;
}

/** Time two steps of a training and see what it needs: out/preflight.json (PreflightResult). */
export interface PreflightSpec extends ComputingSpec, Pick<TrainSpec, 'dataset' | 'labels' | 'classes' | 'algorithm' | 'parameters' | 'split' | 'start'> {
  kind: 'preflight';
  /** MiB that the training may use. */
  memoryLimitMb: number;
  /** MiB of the GPU's memory; null: it asks for no GPU, or what that has is not known. */
  gpuMemoryLimitMb: number | null;
}

export interface InferSpec extends ComputingSpec {
  kind: 'infer';
  /** model.onnx made by a train job. */
  model: string;
  source: { kind: 'dataset'; dataset: string; labels: string | null } | { kind: 'upload'; upload: string; uploadName?: string; limits: IngestLimits };
}

/**
 * Propose labels for pictures: JOBDIR/numbers.json holds their numbers. `default`: a small model learns from JOBDIR/examples.json (DefaultExamples) first.
 * Writes out/proposals.jsonl (ProposedLine a line) and, last, out/result.json (AnnotateOutcome).
 */
export interface AnnotateSpec extends CommonSpec {
  kind: 'annotate';
  /** Folder of a picture set. */
  dataset: string;
  model: { kind: 'file'; file: string } | { kind: 'default' };
}

export interface DefaultExamples {
  classes: string[];
  examples: { n: number; label: number }[];
}

/** `label`: index into the outcome's classes. `uncertainty`: entropy of the scores over its maximum, 0 to 1. */
export interface ProposedLine {
  n: number;
  label: number;
  score: number;
  uncertainty: number;
}

export interface AnnotateOutcome {
  classes: string[];
  count: number;
  /** Percent of held-out labels that the default model got right; null where there were too few to hold any out, and for other models. */
  accuracy: number | null;
}

/** Merge what people have labelled (a NumberedLog of PictureLine, see studio/annotation/task-labels.ts) into out/labels, a label set, and out/merge.json. */
export interface MergeSpec extends CommonSpec {
  kind: 'merge';
  /** Folder of the log. */
  log: string;
  count: number;
  problem: LabelProblem;
  /** Of the label set, in its order; the numbers that stand for each in the log. */
  classes: { name: string; colour: [number, number, number]; ids: number[] }[];
}

export interface MergeOutcome {
  labelled: number;
  classes: Dataset['classes'];
  /** Pictures that are taken out of the dataset. */
  excluded: number[];
}

/** Read a file of weights that somebody brought: what fits into out/weights.safetensors under our names, and out/weights.json (WeightsReport). */
export interface WeightsSpec extends CommonSpec {
  kind: 'weights';
  file: string;
}

export type JobSpec =
  | IngestSpec
  | LabelsSpec
  | SampleSpec
  | TablePreviewSpec
  | TableSpec
  | PreprocessSpec
  | TrainSpec
  | PreflightSpec
  | InferSpec
  | AnnotateSpec
  | MergeSpec
  | WeightsSpec;

/** out/ingest.json; the picture set itself lies in out/pictures/, its labels in out/pictures/labels/1/ where `labelRevision` is 1. */
export interface IngestOutcome {
  labelRevision: 1 | null;
  classes: Dataset['classes'];
  count: number;
  labelledCount: number;
  sizeBytes: number;
  labelFile: string | null;
  labelFormat: string | null;
  labelFindings: number;
  labelFailure: Failure | null;
  report: import('../http/schemas.ts').IngestReport;
}

/** out/table.json; the table set lies in out/dataset/table/, with statistics.jsonl, associations.json, report.json and settings.json in it. */
export interface TableOutcome {
  count: number;
  /** Rows with a target. */
  labelledCount: number;
  /** Of a categorical target. */
  classes: { name: string; count: number }[];
  sizeBytes: number;
  summary: TableSummary;
}

/** out/ingest.json of `preprocess`: nothing was uploaded, so there is nothing to report. */
export interface PreprocessOutcome extends Omit<IngestOutcome, 'report'> {
  report: null;
}

/**
 * out/result.json of `train` is a TrainResult (none where it ended before its last epoch by `until`), with out/model.onnx and out/weights.safetensors beside it.
 * out/result.json of `infer` is an InferOutcome, with out/predictions.jsonl (PredictionLine a line, in the order of the pictures) beside it,
 * and out/pictures/ (a picture set) and out/ingest.json where the source was an upload.
 */
export interface InferOutcome {
  classes: string[];
  count: number;
  perClass: number[];
  accuracy: number | null;
  /** How many have a label that the model knows: what accuracy is taken on. */
  judged: number;
  imagesPerSecond: number;
}

export interface PredictionLine {
  n: number;
  name: string;
  predicted: number;
  score: number;
  /** Of every class, rounded to 1e-4. */
  scores: number[];
  /** Index into the model's classes; null where the picture has no label (or one the model does not know). */
  truth: number | null;
}

/** From the worker to the daemon. */
export type WorkerMessage = { type: 'event'; event: JobEvent } | { type: 'progress'; progress: Progress };
/** From the daemon to the worker. */
export type DaemonMessage = { type: 'stop' };

export type { EpochRow, Failure, JobEvent, Progress };
