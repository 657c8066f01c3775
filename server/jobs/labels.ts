/** The job of Label Upload: label files for the pictures of a dataset that is there already. */
import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { StudioError } from '../errors.ts';
import { writeDurably } from '../store/durable.ts';
import { LabelSet } from '../store/label-set.ts';
import { PictureSet } from '../store/pictures.ts';
import type { JobEnd, JobHost } from './job.ts';
import { importLabels } from './label-import.ts';
import { Meter } from './meter.ts';
import type { LabelsSpec } from './protocol.ts';
import { openLabels } from './upload/label-files.ts';

/**
 * Writes out/labels/ (a label set with report.json) and out/labels.json (LabelOutcome). Throws StudioError: label_format_unknown, labels_nothing, those of
 * the reader and, for an archive, those of openUpload.
 */
export async function labels(spec: LabelsSpec, host: JobHost): Promise<JobEnd> {
  await rm(host.out, { recursive: true, force: true });
  await mkdir(host.out, { recursive: true });
  const meter = new Meter(host, 'labels', 1);
  const set = await PictureSet.open(spec.dataset).catch((error: Error) => {
    throw new StudioError('dataset_unreadable', {}, error.message);
  });
  await set.close();
  const before = spec.labels === null ? null : await LabelSet.open(spec.labels);
  await before?.close();
  const { size } = await stat(spec.upload);
  const { found, close } = await openLabels(spec.upload, spec.uploadName, size, spec.problem, spec.limits);
  try {
    host.log('info', `${spec.uploadName}: ${found.format}, ${found.files.length} files`, `${spec.uploadName}: ${found.format}, 파일 ${found.files.length}개`);
    const dir = join(host.out, 'labels');
    const outcome = await importLabels({
      found,
      file: spec.uploadName,
      problem: spec.problem,
      items: set.kept,
      classes: before?.classes ?? [],
      dir,
    });
    if (host.stopping) {
      await rm(host.out, { recursive: true, force: true });
      return 'stopped';
    }
    if (outcome.labelledCount === 0) throw new StudioError('labels_nothing', { file: spec.uploadName });
    meter.advance(1);
    const { labelledCount, classes, labelFindings } = outcome;
    host.log(
      'info',
      `${labelledCount} of ${set.kept.length} pictures labelled, ${classes.length} classes, ${labelFindings} findings`,
      `이미지 ${set.kept.length}장 중 ${labelledCount}장에 라벨, 클래스 ${classes.length}개, 확인할 점 ${labelFindings}개`,
    );
    await writeDurably(join(host.out, 'labels.json'), `${JSON.stringify(outcome)}\n`);
    return 'succeeded';
  } finally {
    await close();
  }
}
