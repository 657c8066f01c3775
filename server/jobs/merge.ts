/** The job of Complete: what people have labelled becomes a label set of the dataset; pictures marked to delete are left out of it. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Shape } from '../labels/annotation.ts';
import { amendPicture, type PictureAmendment, type PictureLine } from '../store/annotated-pictures.ts';
import { writeDurably } from '../store/durable.ts';
import { type LabelSetHead, LabelSetWriter, type PictureLabel } from '../store/label-set.ts';
import { readNewest } from '../store/numbered-log.ts';
import type { JobEnd, JobHost } from './job.ts';
import { Meter } from './meter.ts';
import type { MergeOutcome, MergeSpec } from './protocol.ts';

/** A stopped merge leaves nothing. */
export async function merge({ log, count, problem, classes }: MergeSpec, host: JobHost): Promise<JobEnd> {
  await rm(host.out, { recursive: true, force: true });
  const indexOf = new Map(classes.flatMap(({ ids }, index) => ids.map((id) => [id, index] as const)));
  const labelOf = (line: PictureLine): PictureLabel | null => {
    if (problem === 'classification') {
      const label = line.label === undefined ? undefined : indexOf.get(line.label);
      return label === undefined ? null : { label };
    }
    // Shapes of classes that were deleted with their shapes have no index.
    const shapes = (line.shapes ?? []).flatMap(({ id: _, ...shape }) => {
      const label = indexOf.get(shape.label);
      return label === undefined ? [] : [{ ...shape, label } as Shape];
    });
    return { shapes };
  };

  const head: LabelSetHead = { problem, classes: classes.map(({ name, colour }) => ({ name, colour })) };
  const excluded: number[] = [];
  const meter = new Meter(host, 'merge', count);
  const writer = await LabelSetWriter.create(join(host.out, 'labels'), head);
  try {
    for await (const line of readNewest<PictureLine, PictureAmendment>(log, amendPicture)) {
      if (host.stopping) {
        await writer.abandon();
        await rm(host.out, { recursive: true, force: true });
        return 'stopped';
      }
      if (line.state === 'delete') excluded.push(line.n);
      const label = line.state === 'done' ? labelOf(line) : null;
      if (label !== null) await writer.add(line.n, label);
      meter.advance(1);
    }
    const made = await writer.finish();
    const outcome: MergeOutcome = { ...made, excluded };
    await writeDurably(join(host.out, 'merge.json'), `${JSON.stringify(outcome)}\n`);
    host.log(
      'info',
      `${made.labelled} of ${count} pictures labelled, ${excluded.length} left out; ${classes.length} classes`,
      `이미지 ${count}장 중 ${made.labelled}장에 라벨이 있고 ${excluded.length}장은 제외했습니다; 라벨 ${classes.length}개`,
    );
  } finally {
    await writer.abandon();
  }
  return 'succeeded';
}
