/**
 * What the inference job loses to everything that is not the model. One JSON line: job_images_per_s of the job from JPEGs to its result file,
 * session_images_per_s of the bare ONNX Runtime session on ready batches of the same size in turn with it, and ratio, the first by the second;
 * cpu_ratio is the same by CPU time, which a busy machine disturbs less. With --vs-peer also PyTorch's forward pass on such batches (evaluation mode), in
 * turn too, and forward_ratio, its time by the bare session's.
 *
 *     infer [--arch resnet18] [--size 224] [--source 224] [--images 480] [--threads 2] [--rounds 5] [--vs-peer] [--peer PATH of torch_train.py]
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { createTrainer } from '../../server/engine/trainer.ts';
import { infer } from '../../server/jobs/infer.ts';
import { ingest } from '../../server/jobs/ingest.ts';
import type { JobHost } from '../../server/jobs/job.ts';
import { labelFolder } from '../../server/store/label-set.ts';
import { architectures, isArchitecture } from '../../server/zoo/architectures.ts';
import { jpegZip } from './jpegs.ts';

const { values } = parseArgs({
  options: {
    arch: { type: 'string', default: 'resnet18' },
    size: { type: 'string', default: '224' },
    source: { type: 'string', default: '224' },
    images: { type: 'string', default: '480' },
    threads: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '5' },
    'vs-peer': { type: 'boolean', default: false },
    peer: { type: 'string' },
  },
});
const { arch } = values;
if (!isArchitecture(arch)) throw new Error(`no architecture ${arch}`);
const [size, source, images, threads, rounds] = [values.size, values.source, values.images, values.threads, values.rounds].map(Number) as [
  number,
  number,
  number,
  number,
  number,
];
const peer = values['vs-peer']
  ? [values.peer, '../shared/peers/torch_train.py'].map((place) => place && resolve(place)).find((place) => place && existsSync(place))
  : '';
if (peer === undefined) throw new Error('the peer is not there: give --peer PATH of torch_train.py');

const median = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!;
const round = (value: number) => Math.round(value * 1000) / 1000;

/** Wall and CPU milliseconds a picture. */
async function timed(count: number, work: () => Promise<unknown>): Promise<{ wall: number; cpu: number }> {
  const [started, before] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(before);
  return { wall: (performance.now() - started) / count, cpu: (user + system) / 1000 / count };
}

const dir = await mkdtemp(join(tmpdir(), 'ai-studio-bench-'));
try {
  await writeFile(join(dir, 'upload'), (await jpegZip(images, source)).zip);
  const host = (out: string): JobHost => ({
    dir,
    out: join(dir, out),
    stopping: false,
    journaledEpochs: new Set(),
    log: () => {},
    epoch: () => {},
    progress: () => {},
  });
  const limits = { maxFiles: 1e6, maxUnpackedBytes: 1e12, maxFileBytes: 1e9, maxPixels: 1e8, maxSide: 800 };
  const common = { jobId: 0, threads, memoryMb: 4096, cache: join(dir, 'cache') };
  await ingest({ kind: 'ingest', ...common, upload: join(dir, 'upload'), labels: null, labelsName: null, problem: 'classification', limits }, host('set'));
  const trainer = await createTrainer({
    model: architectures[arch],
    classes: 10,
    size,
    batch: 1,
    optimizer: { kind: 'sgd', momentum: 0, weightDecay: 0 },
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
    threads,
    seed: 0,
  });
  const file = await trainer.exportOnnx({ classes: JSON.stringify(Array.from({ length: 10 }, (_, index) => `class ${index}`)), algorithm: arch });
  await trainer.close();
  const model = join(dir, 'model.onnx');
  await writeFile(model, file);

  const batch = Math.max(1, Math.min(64, Math.floor(1e6 / size ** 2)));
  const session = await InferenceSession.create(file, { intraOpNumThreads: threads, interOpNumThreads: 1 });
  const ready = new Tensor('float32', new Float32Array(batch * 3 * size * size).fill(127), [batch, 3, size, size]);
  const passes = Math.ceil(images / batch);
  await session.run({ images: ready });
  const bare: { wall: number; cpu: number }[] = [];
  const job: { wall: number; cpu: number }[] = [];
  const theirs: number[] = [];
  const dataset = join(dir, 'set', 'pictures');
  for (let turn = 0; turn < rounds; turn++) {
    bare.push(
      await timed(passes * batch, async () => {
        for (let pass = 0; pass < passes; pass++) await session.run({ images: ready }, ['probabilities']);
      }),
    );
    job.push(
      await timed(images, () =>
        infer({ kind: 'infer', ...common, model, source: { kind: 'dataset', dataset, labels: labelFolder(dataset, 1) } }, host(`infer${turn}`)),
      ),
    );
    if (peer) {
      const given = { arch, batch, size, threads, steps: 3 };
      const { stdout } = await promisify(execFile)('/usr/bin/python3', [
        peer,
        ...Object.entries(given).flatMap(([name, value]) => [`--${name}`, String(value)]),
      ]);
      theirs.push((JSON.parse(stdout) as { forward_ms: number }).forward_ms / batch);
    }
  }
  await session.release();
  const line = {
    bench: 'infer',
    arch,
    size,
    source,
    batch,
    threads,
    job_images_per_s: round(1000 / median(job.map(({ wall }) => wall))),
    session_images_per_s: round(1000 / median(bare.map(({ wall }) => wall))),
    ratio: round(median(bare.map(({ wall }, turn) => wall / job[turn]!.wall))),
    cpu_ratio: round(median(bare.map(({ cpu }, turn) => cpu / job[turn]!.cpu))),
    ...(peer ? { peer_images_per_s: round(1000 / median(theirs)), forward_ratio: round(median(bare.map(({ wall }, turn) => theirs[turn]! / wall))) } : {}),
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
} finally {
  await rm(dir, { recursive: true, force: true });
}
