/**
 * The job that looks at a training before it is started: two real steps are timed, of a small batch and of the wanted one (or the largest that there is room
 * for), and what they took of time and memory is reckoned up to the whole training.
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readGpuProcesses } from '../engine/devices/gpus.ts';
import { failureOf, StudioError } from '../errors.ts';
import type { PreflightResult } from '../http/training-schemas.ts';
import { type Batch, type Example, evaluationBatches, Pixels } from '../learn/batches.ts';
import { complete, keptPerWeight } from '../learn/recipe.ts';
import { writeDurably } from '../store/durable.ts';
import { PictureSet } from '../store/pictures.ts';
import type { JobEnd, JobHost } from './job.ts';
import { type MemoryFit, memoryFit } from './preflight-memory.ts';
import type { PreflightSpec } from './protocol.ts';
import { foldExamples, groupsFor, labelledExamples, splitExamples } from './train-data.ts';
import { makeTrainer, PIXELS_SHARE } from './training-setup.ts';

const SMALL = 2;
/** Fewer pictures of a class than this are worth a word. */
const FEW = 10;
const MOST_WARNED_CLASSES = 5;
/** Share of this job's own memory that the larger of the two batches may take. */
const ROOM = 0.8;
const MB = 2 ** 20;

interface Measured {
  batchSize: number;
  /** Of a training step, of judging a batch, and of making the trainer with its first step. */
  seconds: number;
  evaluation: number;
  setUp: number;
  memoryMb: number;
  /** null: not told, or there is no limit to hold it against. */
  gpuMb: number | null;
  parameters: number;
}

/** Throws StudioError as a training would. */
export async function preflight(spec: PreflightSpec, host: JobHost): Promise<JobEnd> {
  await rm(host.out, { recursive: true, force: true });
  const set = await PictureSet.open(spec.dataset).catch((error: Error) => {
    throw new StudioError('dataset_unreadable', {}, error.message);
  });
  try {
    const examples = await labelledExamples(set, spec.labels, spec.classes);
    const plan = planOf(spec, examples, set);
    const wanted = Math.min(spec.parameters.batch_size, plan.training.length);
    const pixels = new Pixels(set, spec.parameters.input_size, 0, -1);
    const idle = await memoryMb();

    const small = await measure(spec, host, pixels, plan.training, Math.min(SMALL, wanted));
    if (host.stopping) return 'stopped';
    // The driver's own, and what it does not give back, now that the trainer is closed.
    const gpuIdle = small.gpuMb === null ? 0 : ((await gpuMemoryMb()) ?? 0);
    const larger = roomFor(spec, small, { idle, gpuIdle }, wanted);
    const large = larger > small.batchSize ? await measure(spec, host, pixels, plan.training, larger) : null;
    if (host.stopping) return 'stopped';
    const decoding = await decodeSeconds(pixels, plan.training);
    const result = reckon(spec, { examples, plan, wanted, small, large, idle, gpuIdle, decoding });
    await mkdir(host.out, { recursive: true });
    await writeDurably(join(host.out, 'preflight.json'), `${JSON.stringify(result)}\n`);
    host.log(
      'info',
      `about ${result.memoryMb} MiB, ${result.epochSeconds.toFixed(1)} s an epoch, ${result.totalSeconds.toFixed(0)} s in all`,
      `메모리 약 ${result.memoryMb} MiB, 에포크마다 ${result.epochSeconds.toFixed(1)}초, 모두 ${result.totalSeconds.toFixed(0)}초`,
    );
    return 'succeeded';
  } finally {
    await set.close();
  }
}

interface Plan {
  training: Example[];
  validation: Example[];
  test: Example[];
  /** Trainings of as many epochs each. */
  trainings: number;
  groups: number | null;
}

function planOf(spec: PreflightSpec, examples: readonly Example[], set: PictureSet): Plan {
  const aboutOf = (n: number) => set.items[n]!;
  const { split } = spec;
  const groups = groupsFor(examples, split.groupPattern, aboutOf)?.count ?? null;
  if (split.crossValidation === undefined) return { ...splitExamples(examples, spec, aboutOf), trainings: 1, groups };
  const { folds, test } = foldExamples(examples, spec, aboutOf);
  return { ...folds[0]!, test, trainings: folds.length + (split.crossValidation.final === 'refit' ? 1 : 0), groups };
}

async function measure(spec: PreflightSpec, host: JobHost, pixels: Pixels, examples: readonly Example[], batchSize: number): Promise<Measured> {
  await forgetPeak();
  const from = performance.now();
  const trainer = await makeTrainer({ ...spec, kind: 'train', about: {} }, batchSize, examples, host);
  try {
    const chosen = Array.from({ length: batchSize }, (_, i) => examples[i % examples.length]!);
    let batch: Batch | undefined;
    for await (const made of evaluationBatches(pixels, chosen, batchSize)) batch = made;
    const { images, labels } = batch!;
    // Where one is slow because it is the first of its kind, the second tells.
    await trainer.step(images, labels, 1e-6);
    const setUp = since(from);
    const stepFrom = performance.now();
    await trainer.step(images, labels, 1e-6);
    const seconds = since(stepFrom);
    await trainer.evaluate(images, labels, batchSize);
    const evaluationFrom = performance.now();
    await trainer.evaluate(images, labels, batchSize);
    const measured = { batchSize, seconds, setUp, evaluation: since(evaluationFrom), memoryMb: await memoryMb(), parameters: trainer.parameters };
    const gpuMb = spec.gpuMemoryLimitMb === null ? null : await gpuMemoryMb();
    host.log(
      'info',
      `batch_size ${batchSize}: ${seconds.toFixed(3)} s a step, ${measured.evaluation.toFixed(3)} s to judge, ${measured.memoryMb} MiB${gpuMb === null ? '' : `, GPU ${gpuMb} MiB`}`,
      `batch_size ${batchSize}: 한 단계 ${seconds.toFixed(3)}초, 평가 ${measured.evaluation.toFixed(3)}초, ${measured.memoryMb} MiB${gpuMb === null ? '' : `, GPU ${gpuMb} MiB`}`,
    );
    return { ...measured, gpuMb };
  } finally {
    await trainer.close();
  }
}

const since = (from: number) => (performance.now() - from) / 1000;

/** The largest batch up to `wanted` that this job can surely afford: as if all that the small one took grew with the batch. */
function roomFor(spec: PreflightSpec, small: Measured, { idle, gpuIdle }: Pick<Findings, 'idle' | 'gpuIdle'>, wanted: number): number {
  const { memoryMb: limit, gpuMemoryLimitMb: gpuLimit } = spec;
  const room = (taken: number, perPicture: number, of: number) => Math.max(0, Math.floor((ROOM * of - taken) / Math.max(1, perPicture)));
  const more = room(small.memoryMb, (small.memoryMb - idle) / small.batchSize, limit);
  const moreOfGpu = small.gpuMb === null || gpuLimit === null ? more : room(small.gpuMb, (small.gpuMb - gpuIdle) / small.batchSize, gpuLimit);
  return Math.min(wanted, small.batchSize + Math.min(more, moreOfGpu));
}

interface Findings {
  examples: readonly Example[];
  plan: Plan;
  wanted: number;
  small: Measured;
  large: Measured | null;
  /** MiB without any batch. */
  idle: number;
  gpuIdle: number;
  /** Seconds to read and decode a picture, as fast as the threads can. */
  decoding: number;
}

function reckon(spec: PreflightSpec, { examples, plan, wanted, small, large, idle, gpuIdle, decoding }: Findings): PreflightResult {
  const { memoryLimitMb: limit, parameters, split } = spec;
  const { training, validation, test } = plan;
  const top = large ?? small;
  const pictures = training.length + validation.length + test.length;
  const pixelsMb = (pictures * parameters.input_size ** 2 * 3) / MB;
  const kept = pixelsMb <= PIXELS_SHARE * limit;
  // A checkpoint is written from one copy of the weights and of the optimizer's state; beside it folds keep the weights that each of them begins with.
  const copies = 1 + keptPerWeight(complete(parameters)) + (split.crossValidation === undefined ? 0 : 1);
  const besides = (kept ? pixelsMb : 0) + (4 * copies * top.parameters) / MB;
  const ofBox = memoryFit(taken(small, small.memoryMb), large === null ? null : taken(large, large.memoryMb), { idle, besides, limit, wanted });
  const ofGpu = gpuFit(spec, small, large, gpuIdle, wanted);
  const lacking = [ofBox, ...(ofGpu === null ? [] : [ofGpu])].filter(({ fits }) => !fits);
  // Of both the smaller batch; none where one of them has room for none.
  const proposed = lacking.some((one) => one.proposed === null) ? null : Math.min(...lacking.map((one) => one.proposed!));

  const scale = wanted / top.batchSize;
  const step = kept ? top.seconds * scale : Math.max(top.seconds * scale, decoding * wanted);
  const judging = top.evaluation * scale;
  const stepsPerEpoch = Math.ceil(training.length / wanted);
  const epoch = stepsPerEpoch * step + Math.ceil(validation.length / wanted) * judging;
  const once = top.setUp + (kept ? pictures * decoding : 0) + Math.ceil(pictures / wanted) * judging;
  return {
    memoryMb: ofBox.needed,
    memoryLimitMb: limit,
    ...(ofGpu === null ? {} : { gpuMemory: { memoryMb: ofGpu.needed, limitMb: ofGpu.limit } }),
    fits: lacking.length === 0,
    proposedBatchSize: lacking.length === 0 ? null : proposed,
    stepSeconds: step,
    stepsPerEpoch,
    epochSeconds: epoch,
    totalSeconds: plan.trainings * (parameters.epoch * epoch + once),
    measured: [small, ...(large === null ? [] : [large])].map(({ batchSize, seconds, memoryMb: mb }) => ({ batchSize, seconds, memoryMb: mb })),
    counts: { training: training.length, validation: validation.length, test: test.length, groups: plan.groups },
    warnings: [
      ...shortage(ofBox, 'preflight_memory'),
      ...(ofGpu === null ? [] : shortage(ofGpu, 'preflight_gpu_memory')),
      ...warnings(spec, examples, plan),
    ].map(failureOf),
  };
}

const taken = ({ batchSize }: Measured, mb: number) => ({ batchSize, mb });

/** null: there is nothing to compare, or the steps were not both trained on the GPU. */
function gpuFit({ gpuMemoryLimitMb: limit }: PreflightSpec, small: Measured, large: Measured | null, idle: number, wanted: number): MemoryFit | null {
  const [first, second] = [small.gpuMb, large === null ? null : large.gpuMb];
  if (limit === null || first === null || (large !== null && second === null)) return null;
  return memoryFit(taken(small, first), large === null || second === null ? null : taken(large, second), { idle, besides: 0, limit, wanted });
}

function shortage({ needed: neededMb, limit: limitMb, fits, proposed }: MemoryFit, code: 'preflight_memory' | 'preflight_gpu_memory'): StudioError[] {
  if (fits) return [];
  return [proposed === null ? new StudioError(`${code}_none`, { neededMb, limitMb }) : new StudioError(code, { neededMb, limitMb, proposed })];
}

function warnings({ classes, parameters, split }: PreflightSpec, examples: readonly Example[], { training, groups }: Plan): StudioError[] {
  const found: StudioError[] = [];
  const counts = classes.map(() => 0);
  for (const { label } of examples) counts[label]! += 1;
  const few = classes.map((name, label) => ({ name, count: counts[label]! })).filter(({ count }) => count < FEW);
  for (const { name, count } of few.sort((a, b) => a.count - b.count).slice(0, MOST_WARNED_CLASSES)) {
    found.push(new StudioError('preflight_small_class', { name, count }));
  }
  const { batch_size: batch } = parameters;
  if (batch > training.length) found.push(new StudioError('preflight_batch_over_set', { batch, count: training.length }));
  if (groups === 0) found.push(new StudioError('preflight_no_groups', { pattern: split.groupPattern ?? '' }));
  return found;
}

const DECODED = 24;

async function decodeSeconds(pixels: Pixels, examples: readonly Example[]): Promise<number> {
  const some = examples.slice(0, DECODED);
  const from = performance.now();
  await Promise.all(some.map(({ n }) => pixels.of(n)));
  return since(from) / some.length;
}

/** The most that this process has taken since forgetPeak(), in MiB; where the system does not tell, what it takes now. */
async function memoryMb(): Promise<number> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  return Math.ceil(peak === undefined ? process.memoryUsage.rss() / MB : Number(peak) / 1024);
}

/** What this process has of the GPU's memory, in MiB; null where the driver does not tell. What is computed on it keeps its memory until the trainer is closed. */
async function gpuMemoryMb(): Promise<number | null> {
  return (await readGpuProcesses())?.get(process.pid) ?? null;
}

/** Starts the peak anew at what is taken now. Where the system does not allow it, the peak of before counts: too much rather than too little. */
async function forgetPeak(): Promise<void> {
  await writeFile('/proc/self/clear_refs', '5').catch(() => {});
}
