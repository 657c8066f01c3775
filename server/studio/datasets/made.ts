/** What a job has left in its folder of a dataset that it made. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { IngestOutcome, PreprocessOutcome, TableOutcome } from '../../jobs/protocol.ts';
import type { StoredDataset } from './datasets.ts';

export interface MadeDataset {
  /** Is to be DATA/datasets/ID. */
  folder: string;
  /** What the record then says. */
  record: Pick<StoredDataset, 'classes' | 'count' | 'labelRevision' | 'labelledCount' | 'sizeBytes' | 'labelFile' | 'report' | 'table'> &
    Partial<Pick<StoredDataset, 'labelFormat' | 'labelFindings' | 'labelFailure'>>;
}

export async function madePictures(dir: string): Promise<MadeDataset> {
  const record = JSON.parse(await readFile(join(dir, 'out/ingest.json'), 'utf8')) as IngestOutcome | PreprocessOutcome;
  return { folder: join(dir, 'out/pictures'), record };
}

export async function madeTable(dir: string): Promise<MadeDataset> {
  const { count, labelledCount, classes, sizeBytes, summary } = JSON.parse(await readFile(join(dir, 'out/table.json'), 'utf8')) as TableOutcome;
  return {
    folder: join(dir, 'out/dataset'),
    record: { count, labelledCount, classes, sizeBytes, table: summary, labelRevision: null, labelFile: null, report: null },
  };
}
