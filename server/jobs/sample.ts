/** The job that draws the pictures of the sample project. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { inOrder } from '../learn/ordered.ts';
import { sharp } from '../sharp.ts';
import { writeDurably } from '../store/durable.ts';
import { labelFolder, writeClassLabels } from '../store/label-set.ts';
import { PictureSetWriter } from '../store/pictures.ts';
import type { JobEnd, JobHost } from './job.ts';
import { Meter } from './meter.ts';
import type { IngestOutcome, SampleSpec } from './protocol.ts';
import { drawSurface, SURFACE_CLASSES } from './surface/surface.ts';

const JPEG_QUALITY = 92;

/** Writes out/pictures and out/ingest.json, as `ingest` does of an upload with class folders. */
export async function sample(spec: SampleSpec, host: JobHost): Promise<JobEnd> {
  await rm(host.out, { recursive: true, force: true });
  const dir = join(host.out, 'pictures');
  await mkdir(dir, { recursive: true });
  const writer = await PictureSetWriter.create(dir);
  const wanted = SURFACE_CLASSES.flatMap((kind, label) => Array.from({ length: spec.perClass }, (_, index) => ({ kind, label, index })));
  const meter = new Meter(host, 'generate', wanted.length);
  host.log(
    'info',
    `drawing ${spec.perClass} pictures of each class (${SURFACE_CLASSES.join(', ')}), ${spec.size} × ${spec.size} pixels, seed ${spec.seed}`,
    `클래스마다 ${spec.perClass}장씩 그립니다(${SURFACE_CLASSES.join(', ')}), ${spec.size} × ${spec.size} 픽셀, 시드 ${spec.seed}`,
  );
  try {
    const drawn = inOrder(wanted, spec.threads + 1, async ({ kind, index }) => {
      const raw = { width: spec.size, height: spec.size, channels: 3 } as const;
      const encoded = await sharp(drawSurface(kind, spec.size, spec.seed, index), { raw })
        .jpeg({ quality: JPEG_QUALITY, chromaSubsampling: '4:4:4' })
        .toBuffer();
      return { name: `${kind}/${kind.toLowerCase()}-${String(index + 1).padStart(3, '0')}.jpg`, encoded };
    });
    for await (const { name, encoded } of drawn) {
      if (host.stopping) break;
      await writer.add({ name, width: spec.size, height: spec.size, mime: 'image/jpeg' }, encoded);
      meter.advance(1);
      // Drawing is our own code on this thread: let messages in.
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (host.stopping) {
      await writer.abandon();
      await rm(host.out, { recursive: true, force: true });
      return 'stopped';
    }
    await writer.finish();
  } finally {
    await writer.abandon();
  }
  const labels = wanted.map(({ label }) => label);
  const { classes, labelled } = await writeClassLabels(labelFolder(dir, 1), SURFACE_CLASSES, labels);
  const outcome: IngestOutcome = {
    labelRevision: 1,
    classes,
    count: writer.count,
    labelledCount: labelled,
    sizeBytes: writer.sizeBytes,
    labelFile: null,
    labelFormat: 'sample',
    labelFindings: 0,
    labelFailure: null,
    report: { accepted: writer.count, reduced: 0, skipped: 0, skippedFiles: [], duplicateNames: 0 },
  };
  await writeDurably(join(host.out, 'ingest.json'), `${JSON.stringify(outcome)}\n`);
  host.log(
    'info',
    `${outcome.count} pictures, ${(outcome.sizeBytes / 2 ** 20).toFixed(1)} MiB`,
    `이미지 ${outcome.count}장, ${(outcome.sizeBytes / 2 ** 20).toFixed(1)} MiB`,
  );
  return 'succeeded';
}
