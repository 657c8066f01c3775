/** The job that turns an upload into a picture set. */
import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { failureOf, StudioError } from '../errors.ts';
import { classFolders } from '../labels/classification.ts';
import type { Detection } from '../labels/detect.ts';
import type { LabelProblem } from '../labels/problems.ts';
import { inOrder } from '../learn/ordered.ts';
import { withParticles } from '../particles.ts';
import { writeDurably } from '../store/durable.ts';
import { labelFolder } from '../store/label-set.ts';
import { type PictureItem, PictureSetWriter } from '../store/pictures.ts';
import type { JobEnd, JobHost } from './job.ts';
import { importLabels, type LabelRequest } from './label-import.ts';
import { Meter } from './meter.ts';
import type { IngestLimits, IngestOutcome, IngestSpec } from './protocol.ts';
import { PICTURE_NAME } from './upload/content.ts';
import type { Upload, UploadEntry } from './upload/entry.ts';
import { labelsAmong, openLabels } from './upload/label-files.ts';
import { type CheckedPicture, checkPicture, type SampleBits, sampleBits } from './upload/picture.ts';
import { openUpload } from './upload/upload.ts';

/** Rows in each list of the report. */
const LISTED = 1000;
/** Pictures by which it is told how many of their 16 bits a camera uses. */
const LOOKED_AT = 16;

export interface IngestRequest {
  upload: string;
  uploadName?: string;
  labels: string | null;
  labelsName: string | null;
  problem: LabelProblem;
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
 * of openUpload, no_pictures, no_usable_pictures. Labels that cannot be read are no reason to lose the pictures: the outcome says why.
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
  const labels = await findLabels(upload, request);
  try {
    return await fillWith(labels, upload, writer, dir, request, host, started);
  } finally {
    await labels.close();
  }
}

/** What is to be read as labels once all pictures are known. */
interface Labels {
  found: Detection | null;
  /** The name to show. */
  file: string | null;
  /** Why there are none though there should be. */
  failure: StudioError | null;
  /** Entries of the upload that are label files and no pictures. */
  names: ReadonlySet<string>;
  close(): Promise<void>;
}

async function findLabels(upload: Upload, request: IngestRequest): Promise<Labels> {
  const nothing: Labels = { found: null, file: request.labelsName, failure: null, names: new Set(), close: async () => {} };
  try {
    const inside = await labelsAmong(upload, request.problem);
    const names = new Set([...(inside?.files ?? []), ...(inside?.others ?? []).filter(({ name }) => !PICTURE_NAME.test(name))].map(({ name }) => name));
    if (request.labels !== null) {
      const name = request.labelsName ?? 'labels';
      const { size } = await stat(request.labels);
      try {
        const { found, close } = await openLabels(request.labels, name, size, request.problem, request.limits);
        return { found, file: name, failure: null, names, close };
      } catch (error) {
        if (error instanceof StudioError) return { ...nothing, names, failure: error };
        throw error;
      }
    }
    if (inside === null) return nothing;
    const [first] = inside.files;
    return { ...nothing, found: inside, file: inside.files.length === 1 ? first!.name : null, names };
  } catch (error) {
    if (error instanceof StudioError) return { ...nothing, failure: error };
    throw error;
  }
}

async function fillWith(
  labels: Labels,
  upload: Upload,
  writer: PictureSetWriter,
  dir: string,
  request: IngestRequest,
  host: JobHost,
  started: number,
): Promise<IngestOutcome | null> {
  const entries = upload.entries.filter(({ name }) => !labels.names.has(name));
  if (entries.length === 0) throw new StudioError('no_pictures');
  host.log(
    'info',
    `${upload.format}: ${entries.length} files${labels.found === null ? '' : `, ${labels.found.files.length} label files (${labels.found.format})`}`,
    `${upload.format}: 파일 ${entries.length}개${labels.found === null ? '' : `, 라벨 파일 ${labels.found.files.length}개(${labels.found.format})`}`,
  );

  const report: IngestOutcome['report'] = {
    accepted: 0,
    reduced: 0,
    skipped: 0,
    skippedFiles: [],
    duplicateNames: 0,
  };
  const meter = new Meter(host, 'unpack', entries.length);
  /** Pictures (n) by the name that they were uploaded under. */
  const taken = new Map<string, number[]>();
  const unusable: string[] = [];
  const items: PictureItem[] = [];
  let at = 0;
  const bitsUsed = once(() => bitsOf(upload, entries, request.limits, host));
  const checked = inOrder(entries, Math.max(2, request.threads * 2), (entry) => check(upload, entry, request.limits, bitsUsed));
  for await (const result of checked) {
    if (host.stopping) return null;
    const entry = entries[at]!;
    if (result instanceof StudioError) {
      report.skipped += 1;
      unusable.push(entry.name);
      const { code, ko, en } = failureOf(result);
      if (report.skippedFiles.length < LISTED) report.skippedFiles.push({ name: entry.name, code, ko, en });
      if (report.skipped <= 20)
        host.log(
          'warning',
          `skipped ${entry.name}: ${result.message}${result.details === undefined ? '' : ` (${result.details})`}`,
          `제외 ${entry.name}: ${ko}`,
        );
    } else {
      const same = taken.get(entry.name) ?? [];
      const copies = same.push(items.length);
      taken.set(entry.name, same);
      if (copies > 1) report.duplicateNames += 1;
      const { original, ...picture } = result;
      if (original !== null) report.reduced += 1;
      const name = copies === 1 ? entry.name : numbered(entry.name, copies);
      items.push(await writer.add({ ...picture, name, ...(original === null ? {} : { original }) }, result.encoded));
    }
    at += 1;
    meter.advance(1);
  }
  report.accepted = items.length;
  if (items.length === 0) {
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

  await writer.finish();
  const copies = new Map([...taken.values()].flatMap(([first, ...others]) => (others.length === 0 ? [] : [[first!, others]])));
  const labelled = await label(labels, { problem: request.problem, items, unusable, copies, dir: labelFolder(dir, 1) }, host);
  const outcome: IngestOutcome = { ...labelled, count: writer.count, sizeBytes: writer.sizeBytes, report };
  tell(outcome, (performance.now() - started) / 1000, host);
  return outcome;
}

const CLASS_FOLDERS: Detection = { format: 'folders', files: [], others: [] };

/** The labels of the files that were found; without any, or where they label nothing, in a classification those of the folders. */
async function label(
  { found, file, failure }: Labels,
  request: Omit<LabelRequest, 'found' | 'file'>,
  host: JobHost,
): Promise<Omit<IngestOutcome, 'count' | 'sizeBytes' | 'report'>> {
  const none = { labelRevision: null, classes: [], labelledCount: 0, labelFile: null, labelFormat: null, labelFindings: 0, labelFailure: null };
  const byFolder = request.problem === 'classification' && classFolders(request.items.map(({ name }) => name)).some((folder) => folder !== null);
  let labelFailure = failure === null ? null : failureOf(failure);
  if (found === null && !byFolder) return { ...none, labelFailure };
  new Meter(host, 'labels', request.items.length);
  for (const from of [found, byFolder ? CLASS_FOLDERS : null]) {
    if (from === null) continue;
    try {
      const outcome = await importLabels({ ...request, found: from, file: from === found ? file : null });
      // A file that labels nothing does not take the place of the folders.
      if (outcome.labelledCount > 0 || !byFolder) return { labelRevision: 1, ...outcome, labelFailure };
      if (from === found) throw new StudioError('labels_nothing', { file: file ?? from.files[0]?.name ?? '' });
    } catch (error) {
      if (!(error instanceof StudioError)) throw error;
      labelFailure ??= failureOf(error);
      const { ko, en } = failureOf(error);
      host.log('warning', `the labels cannot be read: ${en}`, `라벨을 읽을 수 없습니다: ${ko}`);
    }
    await rm(request.dir, { recursive: true, force: true });
  }
  return { ...none, labelFailure };
}

/**
 * How many bits the 16-bit pictures of an upload use: one answer for all of them, so that a dark one stays darker than a bright one. By some of them, evenly
 * spaced.
 */
async function bitsOf(upload: Upload, entries: readonly UploadEntry[], limits: IngestLimits, host: JobHost): Promise<SampleBits> {
  const step = Math.max(1, entries.length / LOOKED_AT);
  let used: SampleBits | null = null;
  for (let at = 0; at < entries.length && used !== 16; at += step) {
    const entry = entries[Math.floor(at)]!;
    if (entry.bytes > limits.maxFileBytes) continue;
    // What cannot be read is told of when its turn comes.
    const bits = await upload.read(entry).then(
      (file) => sampleBits(file, limits),
      () => null,
    );
    if (bits !== null && bits > (used ?? 0)) used = bits;
  }
  if (used === null || used === 16) return 16;
  const white = 2 ** used - 1;
  host.log(
    'info',
    `the 16-bit pictures use ${used} bits: ${white} becomes white`,
    withParticles(`16비트 이미지가 ${used}비트만 사용하므로 값 ${white}을(를) 흰색으로 바꿉니다`),
  );
  return used;
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => (result ??= work());
}

async function check(upload: Upload, entry: UploadEntry, limits: IngestLimits, bitsUsed: () => Promise<SampleBits>): Promise<CheckedPicture | StudioError> {
  try {
    if (entry.bytes > limits.maxFileBytes) throw new StudioError('picture_file_too_large', { limitMb: Math.floor(limits.maxFileBytes / 2 ** 20) });
    return await checkPicture(await upload.read(entry), limits, bitsUsed);
  } catch (error) {
    // The archive as a whole went over its limit: nothing of it is kept.
    if (error instanceof StudioError && error.code !== 'archive_too_large') return error;
    throw error;
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
    `이미지 ${report.accepted}장 저장(${report.reduced}장은 크기를 줄임), ${report.skipped}장 제외, 라벨 ${outcome.labelledCount}장; ` +
      `${(outcome.sizeBytes / 2 ** 20).toFixed(1)} MiB, ${seconds.toFixed(1)}초(초당 ${Math.round(report.accepted / seconds)}장)`,
  );
  for (const { name, count } of outcome.classes.slice(0, 50)) host.log('info', `class ${name}: ${count}`, `클래스 ${name}: ${count}장`);
  if (outcome.labelFindings > 0)
    host.log('warning', `${outcome.labelFindings} findings in the label files`, `라벨 파일에서 확인할 점 ${outcome.labelFindings}개를 찾았습니다`);
  if (report.duplicateNames > 0)
    host.log(
      'warning',
      `${report.duplicateNames} files have a name that another file has; they were numbered`,
      `이름이 같은 파일 ${report.duplicateNames}개에 번호를 붙였습니다`,
    );
}
