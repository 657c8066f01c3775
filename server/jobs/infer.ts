/** The job that labels pictures with a trained model. */
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type InferenceModel, openModel } from '../engine/inference.ts';
import { StudioError } from '../errors.ts';
import { AHEAD, imagesOf, Pixels } from '../learn/batches.ts';
import { largest } from '../learn/classification.ts';
import { inOrder } from '../learn/ordered.ts';
import { writeDurably } from '../store/durable.ts';
import { LabelSet, labelFolder } from '../store/label-set.ts';
import { PictureSet } from '../store/pictures.ts';
import { onDevice } from './device.ts';
import { isShortage } from './failure.ts';
import { ingestUpload } from './ingest.ts';
import type { JobEnd, JobHost } from './job.ts';
import { Meter } from './meter.ts';
import type { InferOutcome, InferSpec, PredictionLine } from './protocol.ts';

/** Throws StudioError: model_unreadable, device_unfit, dataset_unreadable, and those of ingestUpload. A stopped job leaves what it has predicted. */
export async function infer(spec: InferSpec, host: JobHost): Promise<JobEnd> {
  await rm(host.out, { recursive: true, force: true });
  await mkdir(host.out, { recursive: true });
  const { model, classes } = await openClassifier(spec, host);
  try {
    host.log(
      'info',
      `model: ${model.metadata.algorithm ?? 'unknown'} at ${model.size} px, ${classes.length} classes; on ${model.device}, ${spec.threads} threads`,
      `모델: ${model.metadata.algorithm ?? '알 수 없음'}, ${model.size} px, 클래스 ${classes.length}개; ${model.device}, 스레드 ${spec.threads}개`,
    );
    const source = await pictures(spec, host);
    if (source === null) {
      await rm(host.out, { recursive: true, force: true });
      return 'stopped';
    }
    const set = await PictureSet.open(source.dir).catch((error: Error) => {
      throw new StudioError('dataset_unreadable', {}, error.message);
    });
    try {
      return await predict(host, { model, classes, set, labels: await labelsIn(source.labels) });
    } finally {
      await set.close();
    }
  } finally {
    await model.close();
  }
}

/** Throws StudioError model_unreadable, device_unfit, and what says that memory has run out. */
export async function openClassifier(
  spec: Pick<InferSpec, 'model' | 'threads' | 'memoryMb' | 'device' | 'cache'>,
  host: JobHost,
): Promise<{ model: InferenceModel; classes: string[] }> {
  let model: InferenceModel | undefined;
  try {
    model = await onDevice(spec, host, async (place) => {
      const cache = spec.cache && join(spec.cache, 'models');
      const opened = await openModel(spec.model, { threads: spec.threads, memoryBytes: spec.memoryMb * 2 ** 20, cache, ...place });
      // Where the CPU stands in for a GPU that does not serve.
      if (place.device !== 'cpu' && spec.device?.fallback) await rehearse(opened);
      return opened;
    });
    const classes = JSON.parse(model.metadata.classes ?? 'null') as unknown;
    if (!Array.isArray(classes) || classes.length !== model.classes || classes.some((name) => typeof name !== 'string'))
      throw new Error('its classes are not named');
    return { model, classes };
  } catch (error) {
    await model?.close();
    // The model is not to blame for the device, nor for too little memory.
    if (error instanceof StudioError || isShortage(error)) throw error;
    throw new StudioError('model_unreadable', {}, (error as Error).message);
  }
}

/** A GPU takes the memory for what lies between the layers when it first runs: one batch shows whether it has it. Closes the model where it has not. */
async function rehearse(model: InferenceModel): Promise<void> {
  const { batch, size } = model;
  try {
    await model.run(new Uint8Array(batch * size ** 2 * 3), batch);
  } catch (error) {
    await model.close();
    throw error;
  }
}

/** null: stopped on the way. */
async function pictures({ source, threads }: InferSpec, host: JobHost): Promise<{ dir: string; labels: string | null } | null> {
  if (source.kind === 'dataset') return { dir: source.dataset, labels: source.labels };
  const outcome = await ingestUpload({ ...source, labels: null, labelsName: null, problem: 'classification', threads }, host);
  if (outcome === null) return null;
  const dir = join(host.out, 'pictures');
  return { dir, labels: outcome.labelRevision === null ? null : labelFolder(dir, outcome.labelRevision) };
}

async function labelsIn(dir: string | null): Promise<LabelSet | null> {
  if (dir === null) return null;
  const labels = await LabelSet.open(dir).catch((error: Error) => {
    throw new StudioError('dataset_unreadable', {}, error.message);
  });
  await labels.close();
  return labels;
}

/**
 * Probabilities [count*classes] of batch after batch of the pictures, in their order. Where a single stream has all cores, pictures are not decoded while the
 * batch before is judged: each would take the cores from the other.
 */
export function judge(model: InferenceModel, pixels: Pixels, numbers: readonly number[]): AsyncGenerator<Float32Array> {
  const { device, streams, batch } = model;
  const ahead = streams > 1 ? streams + 1 : device === 'cpu' ? 1 : AHEAD;
  return inOrder(parted(numbers, batch, streams), ahead, async (part) => model.run(await imagesOf(pixels, part), part.length));
}

/** Parts of at most `most`, all as large as each other and as many for one stream as for the other, so that none is idle at the end. */
function parted(numbers: readonly number[], most: number, streams: number): (readonly number[])[] {
  const parts = Math.min(numbers.length, streams * Math.ceil(numbers.length / (streams * most)));
  const start = (part: number) => Math.floor((part * numbers.length) / parts);
  return Array.from({ length: parts }, (_, part) => numbers.slice(start(part), start(part + 1)));
}

interface Prepared {
  model: InferenceModel;
  classes: string[];
  set: PictureSet;
  labels: LabelSet | null;
}

async function predict(host: JobHost, { model, classes, set, labels }: Prepared): Promise<JobEnd> {
  const truths = (labels?.classes ?? []).map(({ name }) => (classes.includes(name) ? classes.indexOf(name) : null));
  const meter = new Meter(host, 'infer', set.kept.length);
  const started = performance.now();
  const perClass = classes.map(() => 0);
  let count = 0;
  let judged = 0;
  let right = 0;
  const file = await open(join(host.out, 'predictions.jsonl'), 'wx');
  try {
    const pixels = new Pixels(set, model.size, Number.POSITIVE_INFINITY, 0);
    const numbers = set.kept.map(({ n }) => n);
    for await (const probabilities of judge(model, pixels, numbers)) {
      const filled = probabilities.length / classes.length;
      const lines: string[] = [];
      for (let at = 0; at < filled; at++, count++) {
        const { n, name } = set.kept[count]!;
        const label = labels?.labelOf(n) ?? null;
        const predicted = largest(probabilities, at * classes.length, classes.length);
        const scores = Array.from(probabilities.subarray(at * classes.length, (at + 1) * classes.length), (score) => Math.round(score * 1e4) / 1e4);
        const truth = label === null ? null : (truths[label] ?? null);
        perClass[predicted]! += 1;
        if (truth !== null) judged += 1;
        if (truth === predicted) right += 1;
        lines.push(`${JSON.stringify({ n, name, predicted, score: scores[predicted]!, scores, truth } satisfies PredictionLine)}\n`);
      }
      await file.appendFile(lines.join(''));
      meter.advance(filled);
      if (host.stopping) break;
    }
    await file.sync();
  } finally {
    await file.close();
  }
  const seconds = (performance.now() - started) / 1000;
  const outcome: InferOutcome = {
    classes,
    count,
    perClass,
    judged,
    accuracy: judged === 0 ? null : (100 * right) / judged,
    imagesPerSecond: Math.round((count / seconds) * 100) / 100,
  };
  await writeDurably(join(host.out, 'result.json'), `${JSON.stringify(outcome)}\n`);
  host.log(
    'info',
    `${count} pictures in ${seconds.toFixed(1)} s (${outcome.imagesPerSecond} pictures/s)${outcome.accuracy === null ? '' : `; ${right} of ${judged} labelled ones right (${outcome.accuracy.toFixed(2)} %)`}`,
    `이미지 ${count}장, ${seconds.toFixed(1)}초(초당 ${outcome.imagesPerSecond}장)${outcome.accuracy === null ? '' : `; 라벨이 있는 ${judged}장 중 ${right}장 맞음(${outcome.accuracy.toFixed(2)} %)`}`,
  );
  return count < set.kept.length ? 'stopped' : 'succeeded';
}
