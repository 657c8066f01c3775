/** The job that makes a dataset of another one: every picture through a chain of methods, labels with them. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { StudioError } from '../errors.ts';
import { inOrder } from '../learn/ordered.ts';
import { generator } from '../learn/random.ts';
import { throughChain } from '../pictures/methods.ts';
import { encodeRaster, type LabelledPicture } from '../pictures/raster.ts';
import { storedPicture } from '../pictures/stored.ts';
import { writeDurably } from '../store/durable.ts';
import { LabelSet, LabelSetWriter, labelFolder } from '../store/label-set.ts';
import { type PictureItem, PictureSet, PictureSetWriter } from '../store/pictures.ts';
import type { JobEnd, JobHost } from './job.ts';
import { Meter } from './meter.ts';
import { type PicturePreprocessSpec, PREPROCESS_SEED, type PreprocessOutcome } from './protocol.ts';

interface Made {
  picture: Omit<LabelledPicture, 'data'>;
  mime: 'image/jpeg' | 'image/png';
  encoded: Buffer;
}

/** Writes out/pictures and out/ingest.json, as `ingest` does. Throws StudioError preprocess_too_many and what the methods throw. */
export async function preprocess(spec: PicturePreprocessSpec, host: JobHost): Promise<JobEnd> {
  await rm(host.out, { recursive: true, force: true });
  const dir = join(host.out, 'pictures');
  await mkdir(dir, { recursive: true });
  const set = await PictureSet.open(spec.dataset);
  const labels = spec.labels === null ? null : await LabelSet.open(spec.labels);
  const writer = await PictureSetWriter.create(dir);
  const labelWriter = labels === null ? null : await LabelSetWriter.create(labelFolder(dir, 1), labels.head);
  const meter = new Meter(host, 'preprocess', set.kept.length);
  const methods = spec.chain.map(({ method }) => method).join(' → ');
  host.log('info', `${set.kept.length} pictures through ${methods}`, `이미지 ${set.kept.length}장 전처리: ${methods}`);
  try {
    let at = 0;
    for await (const made of inOrder(set.kept, spec.threads + 1, (item) => through(set, labels, item, spec))) {
      const source = set.kept[at++]!;
      if (host.stopping) break;
      if (writer.count + made.length > spec.maxPictures) throw new StudioError('preprocess_too_many', { limit: spec.maxPictures });
      const origin = made.length > 1 || source.origin !== undefined ? { origin: source.origin ?? source.n } : {};
      for (const { picture, mime, encoded } of made) {
        const { n } = await writer.add({ ...picture, mime, ...origin }, encoded);
        await addLabels(labelWriter, n, picture);
      }
      meter.advance(1);
    }
    if (host.stopping) {
      await writer.abandon();
      await labelWriter?.abandon();
      await rm(host.out, { recursive: true, force: true });
      return 'stopped';
    }
    if (writer.count === 0) throw new StudioError('preprocess_nothing_left');
    await writer.finish();
    const labelled = await labelWriter?.finish();
    const outcome: PreprocessOutcome = {
      labelRevision: labelled === undefined ? null : 1,
      classes: labelled?.classes ?? [],
      count: writer.count,
      labelledCount: labelled?.labelled ?? 0,
      sizeBytes: writer.sizeBytes,
      labelFile: labelled === undefined ? null : spec.labelFile,
      labelFormat: labelled === undefined ? null : spec.labelFormat,
      labelFindings: 0,
      labelFailure: null,
      report: null,
    };
    await writeDurably(join(host.out, 'ingest.json'), `${JSON.stringify(outcome)}\n`);
    const size = `${(outcome.sizeBytes / 2 ** 20).toFixed(1)} MiB`;
    host.log('info', `${outcome.count} pictures, ${size}`, `이미지 ${outcome.count}장, ${size}`);
    return 'succeeded';
  } finally {
    await writer.abandon();
    await labelWriter?.abandon();
    await set.close();
    await labels?.close();
  }
}

async function through(set: PictureSet, labels: LabelSet | null, { n, mime }: PictureItem, { chain, maxPictures }: PicturePreprocessSpec): Promise<Made[]> {
  const source = await storedPicture(set, labels, n);
  const kept = mime === 'image/jpeg' ? 'image/jpeg' : 'image/png';
  const all: Made[] = [];
  for await (const picture of throughChain(source, chain, generator(PREPROCESS_SEED, n))) {
    const { data: _, ...about } = picture;
    all.push({ picture: about, mime: kept, encoded: await encodeRaster(picture, kept) });
    // One too many is enough to know.
    if (all.length > maxPictures) break;
  }
  return all;
}

async function addLabels(writer: LabelSetWriter | null, n: number, { shapes }: Pick<LabelledPicture, 'shapes'>): Promise<void> {
  if (writer === null || shapes === null) return;
  const [first] = shapes;
  await writer.add(n, first?.kind === 'whole' ? { label: first.label } : { shapes });
}
