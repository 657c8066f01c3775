/** The job that turns an upload into a picture set. */
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { failureOf, StudioError } from '../errors.ts';
import type { ModelKind } from '../http/schemas.ts';
import { inOrder } from '../learn/ordered.ts';
import { writeDurably } from '../store/durable.ts';
import { labelFolder, writeClassLabels } from '../store/label-set.ts';
import { PictureSetWriter } from '../store/pictures.ts';
import type { JobEnd, JobHost } from './job.ts';
import { Meter } from './meter.ts';
import type { IngestLimits, IngestOutcome, IngestSpec } from './protocol.ts';
import type { Upload, UploadEntry } from './upload/entry.ts';
import { classesOf, isLabelFile, labelsByFolder, matchLabels, parseLabels } from './upload/labels.ts';
import { type CheckedPicture, checkPicture } from './upload/picture.ts';
import { openUpload } from './upload/upload.ts';

/** Rows in each list of the report. */
const LISTED = 1000;
const MAX_LABEL_FILE = 64 * 2 ** 20;

export interface IngestRequest {
  upload: string;
  uploadName?: string;
  labels: string | null;
  labelsName: string | null;
  problem: ModelKind;
  limits: IngestLimits;
  threads: number;
}

export async function ingest(spec: IngestSpec, host: JobHost): Promise<JobEnd> {
  await rm(host.out, { recursive: true, force: true });
  await mkdir(host.out, { recursive: true });
  const outcome = await ingestUpload(spec, host);
  if (outcome !== null) return 'succeeded';
  await rm(host.out, { recursive: true, force: true });
  return 'stopped';
}

/**
 * Writes out/pictures and then out/ingest.json; also the first part of an inference on an upload. null: stopped on the way. Throws StudioError: those
 * of openUpload, parseLabels and matchLabels, no_pictures, no_usable_pictures.
 */
export async function ingestUpload(request: IngestRequest, host: JobHost): Promise<IngestOutcome | null> {
  const upload = await openUpload(request.upload, request.uploadName, request.limits);
  const dir = join(host.out, 'pictures');
  await mkdir(dir);
  const writer = await PictureSetWriter.create(dir);
  try {
    const outcome = await fill(upload, writer, dir, request, host);
    if (outcome !== null) await writeDurably(join(host.out, 'ingest.json'), `${JSON.stringify(outcome)}\n`);
    return outcome;
  } finally {
    await writer.abandon();
    await upload.close();
  }
}

async function fill(upload: Upload, writer: PictureSetWriter, dir: string, request: IngestRequest, host: JobHost): Promise<IngestOutcome | null> {
  const started = performance.now();
  const inside = upload.entries.filter(({ name }) => isLabelFile(name)).sort((a, b) => a.name.split('/').length - b.name.split('/').length)[0];
  const labelFile = await readLabelFile(upload, inside, request);
  // Read before the pictures: a label file with an error in it should not cost the user the time of a whole ingest.
  const rows = labelFile === null ? null : parseLabels(labelFile.bytes);
  const entries = upload.entries.filter(({ name }) => !isLabelFile(name));
  if (entries.length === 0) throw new StudioError('no_pictures');
  host.log('info', `${upload.format}: ${entries.length} files${labelFile === null ? '' : `, label file ${labelFile.name}`}`);

  const report: IngestOutcome['report'] = {
    accepted: 0,
    reduced: 0,
    skipped: 0,
    skippedFiles: [],
    unmatchedLabels: [],
    unmatchedLabelCount: 0,
    duplicateNames: 0,
  };
  const meter = new Meter(host, 'unpack', entries.length);
  const taken = new Map<string, number>();
  /** Index into `entries` of each picture that was kept. */
  const kept: number[] = [];
  let at = 0;
  const checked = inOrder(entries, Math.max(2, request.threads * 2), (entry) => check(upload, entry, request.limits));
  for await (const result of checked) {
    if (host.stopping) return null;
    const entry = entries[at]!;
    if (result instanceof StudioError) {
      report.skipped += 1;
      const { code, ko, en } = failureOf(result);
      if (report.skippedFiles.length < LISTED) report.skippedFiles.push({ name: entry.name, code, ko, en });
      if (report.skipped <= 20) host.log('warning', `skipped ${entry.name}: ${result.message}${result.details === undefined ? '' : ` (${result.details})`}`);
    } else {
      const copies = (taken.get(entry.name) ?? 0) + 1;
      taken.set(entry.name, copies);
      if (copies > 1) report.duplicateNames += 1;
      if (result.reduced) report.reduced += 1;
      await writer.add({ ...result, name: copies === 1 ? entry.name : numbered(entry.name, copies) }, result.encoded);
      kept.push(at);
    }
    at += 1;
    meter.advance(1);
  }
  report.accepted = kept.length;
  if (kept.length === 0) {
    const onlyOthers = report.skippedFiles.every(({ code }) => code === 'picture_unsupported');
    if (onlyOthers && report.skipped <= LISTED)
      throw new StudioError(
        'no_pictures',
        {},
        report.skippedFiles
          .map(({ name }) => name)
          .slice(0, 20)
          .join(', '),
      );
    throw new StudioError('no_usable_pictures', { count: report.skipped, name: report.skippedFiles[0]!.name });
  }

  const names = entries.map(({ name }) => name);
  let labels: (string | null)[];
  if (rows === null) {
    labels = labelsByFolder(kept.map((index) => names[index]!));
  } else {
    // Against all names: a label for a picture that was skipped is not a label for a picture that is not there.
    const matched = matchLabels(rows, names);
    labels = kept.map((index) => matched.labels[index]!);
    report.unmatchedLabelCount = matched.unmatched.length;
    report.unmatchedLabels = matched.unmatched.slice(0, LISTED);
  }
  const classes = classesOf(labels);
  await writer.finish();
  const labelled = classes.names.length > 0 && request.problem === 'classification';
  const written = labelled ? await writeClassLabels(labelFolder(dir, 1), classes.names, classes.indices) : { labelled: 0, classes: [] };
  const outcome: IngestOutcome = {
    labelRevision: labelled ? 1 : null,
    classes: written.classes,
    count: writer.count,
    labelledCount: written.labelled,
    sizeBytes: writer.sizeBytes,
    labelFile: labelFile?.name ?? null,
    report,
  };
  tell(outcome, (performance.now() - started) / 1000, host);
  return outcome;
}

async function check(upload: Upload, entry: UploadEntry, limits: IngestLimits): Promise<CheckedPicture | StudioError> {
  try {
    if (entry.bytes > limits.maxFileBytes) throw new StudioError('picture_file_too_large', { limitMb: Math.floor(limits.maxFileBytes / 2 ** 20) });
    return await checkPicture(await upload.read(entry), limits);
  } catch (error) {
    // The archive as a whole went over its limit: nothing of it is kept.
    if (error instanceof StudioError && error.code !== 'archive_too_large') return error;
    throw error;
  }
}

async function readLabelFile(upload: Upload, inside: UploadEntry | undefined, request: IngestRequest): Promise<{ name: string; bytes: Buffer } | null> {
  if (request.labels !== null) return { name: request.labelsName ?? 'labels.csv', bytes: await readFile(request.labels) };
  if (inside === undefined) return null;
  if (inside.bytes > MAX_LABEL_FILE) throw new StudioError('labels_unreadable', {}, `${inside.bytes} bytes`);
  try {
    return { name: inside.name, bytes: await upload.read(inside) };
  } catch (error) {
    throw new StudioError('labels_unreadable', {}, error instanceof StudioError ? (error.details ?? error.message) : String(error));
  }
}

/** `a.png` → `a (2).png`. */
function numbered(name: string, copy: number): string {
  const dot = name.lastIndexOf('.');
  return dot > name.lastIndexOf('/') + 1 ? `${name.slice(0, dot)} (${copy})${name.slice(dot)}` : `${name} (${copy})`;
}

function tell(outcome: IngestOutcome, seconds: number, host: JobHost): void {
  const { report } = outcome;
  host.log(
    'info',
    `${report.accepted} pictures kept (${report.reduced} made smaller), ${report.skipped} skipped, ${outcome.labelledCount} labelled; ` +
      `${(outcome.sizeBytes / 2 ** 20).toFixed(1)} MiB in ${seconds.toFixed(1)} s (${Math.round(report.accepted / seconds)} pictures/s)`,
  );
  for (const { name, count } of outcome.classes.slice(0, 50)) host.log('info', `class ${name}: ${count}`);
  if (report.unmatchedLabelCount > 0)
    host.log('warning', `${report.unmatchedLabelCount} labels for pictures that are not there, for instance ${report.unmatchedLabels[0]}`);
  if (report.duplicateNames > 0) host.log('warning', `${report.duplicateNames} files have a name that another file has; they were numbered`);
}
