/**
 * The job that looks at a training before it is started: two real steps are timed, of a small batch and of the wanted one (or the largest that there is room
 * for), and what they took of time and memory is reckoned up to the whole training.
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { failureOf, StudioError } from '../errors.ts';
import type { PreflightResult } from '../http/training-schemas.ts';
import { type Batch, type Example, evaluationBatches, Pixels } from '../learn/batches.ts';
import { complete, keptPerWeight } from '../learn/recipe.ts';
import { writeDurably } from '../store/durable.ts';
import { PictureSet } from '../store/pictures.ts';
import type { JobEnd, JobHost } from './job.ts';
import type { PreflightSpec } from './protocol.ts';
import { foldExamples, groupsFor, labelledExamples, splitExamples } from './train-data.ts';
import { makeTrainer, PIXELS_SHARE } from './training-setup.ts';

const SMALL = 2;
/** Fewer pictures of a class than this are worth a word. */
const FEW = 10;
const MOST_WARNED_CLASSES = 5;
/** Share of this job's own memory that the larger of the two batches may take. */
const ROOM = 0.8;
/** Of a limit: what a training's memory may vary by. */
const MARGIN = 0.95;
const MB = 2 ** 20;

interface Measured {
  batchSize: number;
  /** Of a training step, of judging a batch, and of making the trainer with its first step. */
  seconds: number;
  evaluation: number;
  setUp: number;
  memoryMb: number;
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
    const larger = roomFor(spec, small, idle, wanted);
    const large = larger > small.batchSize ? await measure(spec, host, pixels, plan.training, larger) : null;
    if (host.stopping) return 'stopped';
    const decoding = await decodeSeconds(pixels, plan.training);
    const result = reckon(spec, { examples, plan, wanted, small, large, idle, decoding });
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
    host.log(
      'info',
      `batch_size ${batchSize}: ${seconds.toFixed(3)} s a step, ${measured.evaluation.toFixed(3)} s to judge, ${measured.memoryMb} MiB`,
      `batch_size ${batchSize}: 한 단계 ${seconds.toFixed(3)}초, 평가 ${measured.evaluation.toFixed(3)}초, ${measured.memoryMb} MiB`,
    );
    return measured;
  } finally {
    await trainer.close();
  }
}

const since = (from: number) => (performance.now() - from) / 1000;

/** The largest batch up to `wanted` that this job can surely afford: as if all that the small one took grew with the batch. */
function roomFor(spec: PreflightSpec, small: Measured, idle: number, wanted: number): number {
  const perPicture = Math.max(1, (small.memoryMb - idle) / small.batchSize);
  return Math.min(wanted, small.batchSize + Math.max(0, Math.floor((ROOM * spec.memoryMb - small.memoryMb) / perPicture)));
}

interface Findings {
  examples: readonly Example[];
  plan: Plan;
  wanted: number;
  small: Measured;
  large: Measured | null;
  idle: number;
  /** Seconds to read and decode a picture, as fast as the threads can. */
  decoding: number;
}

function reckon(spec: PreflightSpec, { examples, plan, wanted, small, large, idle, decoding }: Findings): PreflightResult {
  const { memoryLimitMb: limit, parameters, split } = spec;
  const { training, validation, test } = plan;
  const top = large ?? small;
  const perPicture = large === null ? (small.memoryMb - idle) / small.batchSize : (large.memoryMb - small.memoryMb) / (large.batchSize - small.batchSize);
  const slope = Math.max(0, perPicture);
  const pictures = training.length + validation.length + test.length;
  const pixelsMb = (pictures * parameters.input_size ** 2 * 3) / MB;
  const kept = pixelsMb <= PIXELS_SHARE * limit;
  // A checkpoint is written from one copy of the weights and of the optimizer's state; beside it folds keep the weights that each of them begins with.
  const copies = 1 + keptPerWeight(complete(parameters)) + (split.crossValidation === undefined ? 0 : 1);
  const besides = (kept ? pixelsMb : 0) + (4 * copies * top.parameters) / MB;
  const memoryAt = (batch: number) => top.memoryMb + slope * (batch - top.batchSize) + besides;
  const needed = Math.ceil(memoryAt(wanted));
  const fits = needed <= limit;
  const most = slope === 0 ? 0 : Math.floor(top.batchSize + (MARGIN * limit - besides - top.memoryMb) / slope);
  const proposed = fits || most < 1 ? null : rounded(Math.min(most, wanted - 1));

  const scale = wanted / top.batchSize;
  const step = kept ? top.seconds * scale : Math.max(top.seconds * scale, decoding * wanted);
  const judging = top.evaluation * scale;
  const stepsPerEpoch = Math.ceil(training.length / wanted);
  const epoch = stepsPerEpoch * step + Math.ceil(validation.length / wanted) * judging;
  const once = top.setUp + (kept ? pictures * decoding : 0) + Math.ceil(pictures / wanted) * judging;
  return {
    memoryMb: needed,
    memoryLimitMb: limit,
    fits,
    proposedBatchSize: proposed === 0 ? null : proposed,
    stepSeconds: step,
    stepsPerEpoch,
    epochSeconds: epoch,
    totalSeconds: plan.trainings * (parameters.epoch * epoch + once),
    measured: [small, ...(large === null ? [] : [large])].map(({ batchSize, seconds, memoryMb: mb }) => ({ batchSize, seconds, memoryMb: mb })),
    counts: { training: training.length, validation: validation.length, test: test.length, groups: plan.groups },
    warnings: warnings(spec, examples, plan, { needed, fits, proposed }).map(failureOf),
  };
}

/** Down to a number that people use for a batch. */
function rounded(batch: number): number {
  if (batch >= 16) return batch - (batch % 8);
  return batch >= 4 ? batch - (batch % 2) : batch;
}

function warnings(
  { classes, parameters, memoryLimitMb: limitMb, split }: PreflightSpec,
  examples: readonly Example[],
  { training, groups }: Plan,
  memory: { needed: number; fits: boolean; proposed: number | null },
): StudioError[] {
  const found: StudioError[] = [];
  if (!memory.fits) {
    const params = { neededMb: memory.needed, limitMb };
    found.push(
      memory.proposed === null || memory.proposed < 1
        ? new StudioError('preflight_memory_none', params)
        : new StudioError('preflight_memory', { ...params, proposed: memory.proposed }),
    );
  }
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

/** Starts the peak anew at what is taken now. Where the system does not allow it, the peak of before counts: too much rather than too little. */
async function forgetPeak(): Promise<void> {
  await writeFile('/proc/self/clear_refs', '5').catch(() => {});
}
