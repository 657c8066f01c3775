/**
 * How fast uploads become picture sets. One JSON line: images_per_s of the ingest job on small JPEGs, sharp_images_per_s of the same decoding and nothing
 * else on the same files and threads, and ratio, the first by the second. Files are made on the fly.
 *
 *     ingest [--images 2000] [--size 224] [--threads 2]
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { ingest } from '../../server/jobs/ingest.ts';
import type { JobHost } from '../../server/jobs/job.ts';
import { inOrder } from '../../server/learn/ordered.ts';
import { jpegZip } from './jpegs.ts';

const { values } = parseArgs({
  options: { images: { type: 'string', default: '2000' }, size: { type: 'string', default: '224' }, threads: { type: 'string', default: '2' } },
});
const [images, size, threads] = [Number(values.images), Number(values.size), Number(values.threads)];

const dir = await mkdtemp(join(tmpdir(), 'ai-studio-bench-'));
try {
  const { zip, files } = await jpegZip(images, size);
  await writeFile(join(dir, 'upload'), zip);

  const sharpStarted = performance.now();
  for await (const _ of inOrder(files, threads * 2, (file) => sharp(file, { failOn: 'error' }).raw().toBuffer()));
  const sharpSeconds = (performance.now() - sharpStarted) / 1000;

  const host: JobHost = { dir, out: join(dir, 'out'), stopping: false, journaledEpochs: new Set(), log: () => {}, epoch: () => {}, progress: () => {} };
  const limits = { maxFiles: 1e6, maxUnpackedBytes: 1e12, maxFileBytes: 1e9, maxPixels: 1e8, maxSide: 800 };
  const started = performance.now();
  await ingest(
    { kind: 'ingest', jobId: 0, threads, memoryMb: 4096, upload: join(dir, 'upload'), labels: null, labelsName: null, problem: 'classification', limits },
    host,
  );
  const seconds = (performance.now() - started) / 1000;
  const line = {
    bench: 'ingest',
    images,
    size,
    threads,
    images_per_s: Math.round(images / seconds),
    sharp_images_per_s: Math.round(images / sharpSeconds),
    ratio: Math.round((1000 * sharpSeconds) / seconds) / 1000,
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
} finally {
  await rm(dir, { recursive: true, force: true });
}
