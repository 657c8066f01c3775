/**
 * What a training job loses to everything that is not the step itself. One JSON line: job_images_per_s of the training loop on JPEGs of the wanted
 * size (read, decoded, augmented; first with every picture decoded in each epoch, the worst case), step_images_per_s of the bare step on ready pixels by the
 * same trainer in turn with it, and ratio, the first by the second. Steps are measured alternately, so that a busy machine disturbs both alike.
 *
 *     job [--arch resnet18] [--size 224] [--batch 8] [--images 96] [--threads 2] [--rounds 3] [--source 224]
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createTrainer } from '../../server/engine/trainer.ts';
import { ingest } from '../../server/jobs/ingest.ts';
import type { JobHost } from '../../server/jobs/job.ts';
import { labelledExamples } from '../../server/jobs/train-data.ts';
import { type Batch, Pixels, trainingBatches } from '../../server/learn/batches.ts';
import { classification } from '../../server/learn/classification.ts';
import { labelFolder } from '../../server/store/label-set.ts';
import { PictureSet } from '../../server/store/pictures.ts';
import { architectures, isArchitecture } from '../../server/zoo/architectures.ts';
import { jpegZip } from './jpegs.ts';

const { values } = parseArgs({
  options: {
    arch: { type: 'string', default: 'resnet18' },
    size: { type: 'string', default: '224' },
    source: { type: 'string', default: '224' },
    batch: { type: 'string', default: '8' },
    images: { type: 'string', default: '96' },
    threads: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '3' },
  },
});
const [size, source, batch, images, threads, rounds] = [values.size, values.source, values.batch, values.images, values.threads, values.rounds].map(Number) as [
  number,
  number,
  number,
  number,
  number,
  number,
];
const { arch } = values;
if (!isArchitecture(arch)) throw new Error(`no architecture ${arch}`);

const dir = await mkdtemp(join(tmpdir(), 'ai-studio-bench-'));
try {
  await writeFile(join(dir, 'upload'), (await jpegZip(images, source)).zip);
  const host: JobHost = { dir, out: join(dir, 'out'), stopping: false, journaledEpochs: new Set(), log: () => {}, epoch: () => {}, progress: () => {} };
  const limits = { maxFiles: 1e6, maxUnpackedBytes: 1e12, maxFileBytes: 1e9, maxPixels: 1e8, maxSide: 800 };
  await ingest(
    { kind: 'ingest', jobId: 0, threads, memoryMb: 4096, upload: join(dir, 'upload'), labels: null, labelsName: null, problem: 'classification', limits },
    host,
  );
  const set = await PictureSet.open(join(dir, 'out', 'pictures'));
  const trainer = await createTrainer({
    model: architectures[arch],
    classes: 2,
    size,
    batch,
    optimizer: { kind: 'sgd', momentum: 0.9, weightDecay: 5e-4 },
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
    threads,
    seed: 1,
  });
  const task = classification(trainer);
  const examples = await labelledExamples(set, labelFolder(join(dir, 'out', 'pictures'), 1), ['a', 'b']);
  // No memory for decoded pictures: each epoch decodes all of them.
  const pixels = new Pixels(set, size, images, 0);
  const ready: Batch = { images: new Uint8Array(batch * size * size * 3).map((_, i) => (i * 7) & 255), labels: new Int32Array(batch), count: batch };
  const steps = Math.ceil(images / batch);
  for (let warm = 0; warm < 2; warm++) await task.steps([ready], [1e-4]);
  let job = 0;
  let bare = 0;
  for (let round = 0; round < rounds; round++) {
    const bareStarted = performance.now();
    for (let step = 0; step < steps; step++) await task.steps([ready], [1e-4]);
    bare += performance.now() - bareStarted;
    const jobStarted = performance.now();
    for await (const next of trainingBatches(pixels, examples, { batch, epoch: round, seed: 1, augment: true })) await task.steps([next], [1e-4]);
    job += performance.now() - jobStarted;
  }
  await trainer.close();
  await set.close();
  const line = {
    bench: 'job',
    arch,
    batch,
    size,
    source,
    threads,
    job_images_per_s: Math.round((100 * rounds * steps * batch * 1000) / job) / 100,
    step_images_per_s: Math.round((100 * rounds * steps * batch * 1000) / bare) / 100,
    ratio: Math.round((1000 * bare) / job) / 1000,
    max_rss_mib: Math.round(process.resourceUsage().maxRSS / 1024),
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
} finally {
  await rm(dir, { recursive: true, force: true });
}
