/**
 * Uploads of datasets that could not be made for a reason that passes: they lie where the dataset's pictures would (DATA/datasets/ID) and become them when it is tried
 * again, so that gigabytes need not be sent once more.
 */
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type ErrorCode, failureOf, StudioError } from '../../errors.ts';
import type { Failure } from '../../http/schemas.ts';
import { makeFolder, syncFolder } from '../../store/durable.ts';
import { isThere, sizeOf } from '../../store/size.ts';
import type { Datasets, StoredDataset } from './datasets.ts';

/** What the folder of a job that makes a dataset of an upload was given. */
const INPUTS = ['upload', 'labels', 'request.json'];

/** Failures that say nothing against the upload itself. */
const PASSING: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['disk_full', 'worker_crashed', 'internal']);

export const mayPassLater = (failure: Failure | null): boolean => failure !== null && PASSING.has(failure.code as ErrorCode);

export const hasUpload = (folder: string): Promise<boolean> => isThere(join(folder, 'upload'));

/** Moves a job's inputs, or what of them is still there, into the dataset's folder. Their bytes there. May be called again after a crash. */
async function keepUpload(job: string, folder: string): Promise<number> {
  await makeFolder(folder);
  let bytes = 0;
  for (const name of INPUTS) {
    if (await isThere(join(job, name))) await rename(join(job, name), join(folder, name));
    bytes += (await sizeOf(join(folder, name))) ?? 0;
  }
  await syncFolder(folder);
  await syncFolder(job);
  return bytes;
}

/** A dataset has failed and keeps its upload, which lies in the job's folder `from`, or with the dataset already. First the files, then the record. */
export async function failKept(
  datasets: Datasets,
  { id, failure: before }: Readonly<StoredDataset>,
  from: string,
  failure = before ?? failureOf(new StudioError('disk_full')),
): Promise<void> {
  const folder = datasets.folder(id);
  const sizeBytes = await keepUpload(from, folder);
  const failed = await datasets.amend(id, (dataset) => ({ ...dataset, status: 'failed', failure, sizeBytes }));
  // It was deleted meanwhile.
  if (failed === undefined) await rm(folder, { recursive: true, force: true });
}
