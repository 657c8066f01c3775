/** The job that trains a classifier on a picture set. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeSafetensors } from '../engine/safetensors.ts';
import { createTrainer, type Trainer } from '../engine/trainer.ts';
import { StudioError } from '../errors.ts';
import type { TrainResult } from '../http/schemas.ts';
import { type Batch, evaluationBatches, Pixels, trainingBatches } from '../learn/batches.ts';
import { type ClassificationScore, type ClassificationTally, type ClassificationTask, classification, confusionOf } from '../learn/classification.ts';
import { type Checkpoint, type EpochRecord, evaluate, type LoopOptions, runEpochs } from '../learn/loop.ts';
import { learningRate } from '../learn/schedule.ts';
import { writeDurably } from '../store/durable.ts';
import { PictureSet } from '../store/pictures.ts';
import { architectures, isArchitecture } from '../zoo/architectures.ts';
import { checkpointFolder } from './checkpoint.ts';
import type { JobEnd, JobHost } from './job.ts';
import { Meter } from './meter.ts';
import type { EpochRow, TrainSpec } from './protocol.ts';
import { labelledExamples, type SplitExamples, splitExamples } from './train-data.ts';

/** Of ImageNet's pixels, as torchvision's classifiers are normalised; pretrained weights expect them. */
const MEAN = [0.485, 0.456, 0.406] as const;
const STD = [0.229, 0.224, 0.225] as const;
/** Share of the job's memory that decoded pictures may take. */
export const PIXELS_SHARE = 0.35;
const LOG_SECONDS = 5;

type Options = LoopOptions<Batch, ClassificationTally, ClassificationScore>;

/** Throws StudioError: dataset_unreadable, algorithm_unknown, invalid_input, training_*; see train-data.ts. */
export async function train(spec: TrainSpec, host: JobHost): Promise<JobEnd> {
  const started = performance.now();
  await rm(host.out, { recursive: true, force: true });
  const set = await PictureSet.open(spec.dataset).catch((error: Error) => {
    throw new StudioError('dataset_unreadable', {}, error.message);
  });
  let trainer: Trainer | undefined;
  try {
    const data = splitExamples(labelledExamples(set, spec.classes), spec, (n) => set.items[n]!.name);
    const batch = batchFor(spec, data.training.length, host);
    const { input_size: size } = spec.parameters;
    const count = data.training.length + data.validation.length + data.test.length;
    const pixels = new Pixels(set, size, count, PIXELS_SHARE * spec.memoryMb * 2 ** 20);
    host.log(
      'info',
      `${count} labelled pictures of ${set.items.length}; training ${data.training.length}, validation ${data.validation.length}, test ${data.test.length}`,
    );
    host.log(
      'info',
      spec.classes
        .map((name, label) => `${name}: ${data.training.filter((example) => example.label === label).length}`)
        .slice(0, 50)
        .join(', '),
    );
    trainer = await makeTrainer(spec, batch);
    host.log(
      'info',
      `${spec.algorithm} on ${trainer.device}, ${spec.threads} threads: ${(trainer.parameters / 1e6).toFixed(2)} M parameters, ` +
        `${trainer.gflops.toFixed(3)} GFLOPs at ${size} px; pictures ${pixels.inMemory ? 'kept in memory' : 'decoded in every epoch'}`,
    );
    const ready = (performance.now() - started) / 1000;
    host.log('info', `ready after ${ready.toFixed(1)} s; learning rate rises to ${spec.parameters.learning_rate} and falls to 0 along a cosine`);

    const checkpoints = checkpointFolder<ClassificationScore>(spec.checkpoint ?? join(host.dir, 'checkpoint'), fingerprint(spec, set, batch), (reason) =>
      host.log('warning', `the checkpoint cannot be used, the training begins anew: ${reason}`),
    );
    const task = classification(trainer);
    const stepsPerEpoch = Math.ceil(data.training.length / batch);
    const { epoch: epochs, learning_rate: rate, augment } = spec.parameters;
    const until = Math.min(spec.until ?? epochs, epochs);
    const seen = await runEpochs<Batch, ClassificationTally, ClassificationScore>({
      task,
      trainer,
      checkpoints,
      epochs: until,
      stepsPerEpoch,
      learningRate: (step) => learningRate(rate, step, epochs * stepsPerEpoch),
      trainingBatches: (epoch) => trainingBatches(pixels, data.training, { batch, epoch, seed: spec.split.seed, augment }),
      validationBatches: () => evaluationBatches(pixels, data.validation, batch),
      watcher: watcher(spec, host, { stepsPerEpoch, batch }),
    });
    if (seen === null) {
      host.log('info', 'stopped before the first epoch had ended: there is no model');
      return 'stopped';
    }
    const complete = seen.history.length === epochs;
    if (!complete && spec.until !== undefined) {
      const reached = seen.history.length >= until;
      host.log('info', reached ? `trained up to epoch ${until} of ${epochs}; the checkpoint is kept` : `stopped after epoch ${seen.history.length}`);
      return reached ? 'succeeded' : 'stopped';
    }
    trainer.load({ weights: await checkpoints.best() });
    await finish(spec, host, { trainer, task, pixels, data, batch, seen, setUp: ready });
    return complete ? 'succeeded' : 'stopped';
  } finally {
    await trainer?.close();
    await set.close();
  }
}

function batchFor(spec: TrainSpec, pictures: number, host: JobHost): number {
  const wanted = spec.parameters.batch_size;
  if (wanted > pictures) host.log('warning', `batch_size ${wanted} is more than the ${pictures} training pictures; ${pictures} is used`);
  if (wanted === 1) host.log('warning', 'batch_size 1: batch normalisation has little to go by; 8 or more is better');
  return Math.min(wanted, pictures);
}

export async function makeTrainer(spec: TrainSpec, batch: number): Promise<Trainer> {
  const { algorithm, parameters, classes, threads, split } = spec;
  if (!isArchitecture(algorithm)) throw new StudioError('algorithm_unknown', { name: algorithm });
  try {
    return await createTrainer({
      model: architectures[algorithm],
      classes: classes.length,
      size: parameters.input_size,
      batch,
      optimizer: { kind: 'sgd', momentum: parameters.momentum, weightDecay: parameters.weight_decay },
      mean: MEAN,
      std: STD,
      threads,
      seed: split.seed,
    });
  } catch (error) {
    if ((error as Error).name === 'ShapeError')
      throw new StudioError('invalid_input', { field: `input_size ${parameters.input_size}` }, (error as Error).message);
    throw error;
  }
}

/** Of everything that the weights depend on, but for the device and the number of threads (which change the last bits only). */
function fingerprint(spec: TrainSpec, set: PictureSet, batch: number): string {
  const { classes, algorithm, parameters, split } = spec;
  const hash = createHash('sha256').update(JSON.stringify({ classes, algorithm, parameters, split, batch }));
  for (const { sha256, label } of set.items) hash.update(`${sha256} ${label}\n`);
  return hash.digest('hex');
}

function rowOf(record: EpochRecord<ClassificationScore>, epochs: number): EpochRow {
  return {
    epoch: record.epoch,
    of: epochs,
    seconds: rounded(record.seconds, 3),
    train_accuracy: rounded(record.training.accuracy, 4),
    train_loss: rounded(record.training.loss, 6),
    validation_accuracy: rounded(record.validation.accuracy, 4),
    validation_loss: rounded(record.validation.loss, 6),
  };
}

const rounded = (value: number, digits: number) => Number(value.toFixed(digits));

function watcher(spec: TrainSpec, host: JobHost, { stepsPerEpoch, batch }: { stepsPerEpoch: number; batch: number }): Options['watcher'] {
  const epochs = spec.parameters.epoch;
  const perEpoch = stepsPerEpoch * batch;
  let meter = new Meter(host, 'train', epochs * perEpoch, { window: 600 });
  let logged = performance.now();
  let since = { epoch: 0, correct: 0, lossSum: 0, count: 0 };
  return {
    get stopping() {
      return host.stopping;
    },
    resumed(history) {
      host.log('info', `going on after epoch ${history.length} of ${epochs}`);
      meter = new Meter(host, 'train', epochs * perEpoch, { done: history.length * perEpoch, window: 600 });
      for (const record of history) if (!host.journaledEpochs.has(record.epoch)) host.epoch(rowOf(record, epochs));
    },
    stepped(epoch, step, tally) {
      meter.advance(batch);
      if (since.epoch !== epoch) since = { epoch, correct: 0, lossSum: 0, count: 0 };
      since = { epoch, correct: since.correct + tally.correct, lossSum: since.lossSum + tally.lossSum, count: since.count + tally.count };
      if (performance.now() - logged < LOG_SECONDS * 1000 || step === stepsPerEpoch) return;
      logged = performance.now();
      const rate = meter.rate === null ? '' : `, ${meter.rate.toFixed(1)} pictures/s`;
      host.log(
        'info',
        `epoch ${epoch}, step ${step}/${stepsPerEpoch}: loss ${(since.lossSum / since.count).toFixed(4)}, accuracy ${percent(since.correct / since.count)}${rate}`,
      );
    },
    ended(record, best) {
      const row = rowOf(record, epochs);
      if (!host.journaledEpochs.has(record.epoch)) host.epoch(row);
      logged = performance.now();
      host.log(
        'info',
        `epoch ${row.epoch}/${epochs}: train loss ${row.train_loss.toFixed(4)}, accuracy ${row.train_accuracy.toFixed(2)} %; ` +
          `validation loss ${row.validation_loss.toFixed(4)}, accuracy ${row.validation_accuracy.toFixed(2)} %${best ? ' (best so far)' : ''}; ` +
          `${row.seconds.toFixed(1)} s, ${(record.training.count / record.stepSeconds).toFixed(1)} pictures/s`,
      );
    },
    diverged: (epoch) => new StudioError('training_diverged', { epoch }),
  };
}

const percent = (share: number) => `${(100 * share).toFixed(2)} %`;

interface Trained {
  trainer: Trainer;
  task: ClassificationTask;
  pixels: Pixels;
  data: SplitExamples;
  batch: number;
  seen: Checkpoint<ClassificationScore>;
  /** Seconds before the first step. */
  setUp: number;
}

/** Judges the best weights on every part and writes out/. */
async function finish(spec: TrainSpec, host: JobHost, { trainer, task, pixels, data, batch, seen, setUp }: Trained): Promise<void> {
  const started = performance.now();
  const meter = new Meter(host, 'evaluate', data.training.length + data.validation.length + data.test.length);
  const speed = { pictures: 0, seconds: 0 };
  const judging: ClassificationTask = {
    ...task,
    evaluate: async (pictures) => {
      const from = performance.now();
      const tally = await task.evaluate(pictures);
      speed.seconds += (performance.now() - from) / 1000;
      speed.pictures += pictures.count;
      return tally;
    },
  };
  const judge = async (part: keyof SplitExamples): Promise<ClassificationScore> =>
    task.score(await evaluate(judging, metered(evaluationBatches(pixels, data[part], batch), meter)));
  const training = await judge('training');
  const judged = data.test.length > 0 ? 'test' : 'validation';
  const { tally, confusion } = await confusionOf(trainer, metered(evaluationBatches(pixels, data[judged], batch), meter), spec.classes.length);
  const test = judged === 'test' ? task.score(tally) : null;
  const validation = judged === 'test' ? await judge('validation') : task.score(tally);

  const stepSeconds = seen.history.reduce((sum, { stepSeconds: seconds }) => sum + seconds, 0);
  const pictures = seen.history.reduce((sum, { training: { count } }) => sum + count, 0);
  const evaluation = { training, validation, test };
  await mkdir(host.out, { recursive: true });
  host.progress({ phase: 'export', done: 0, total: 1, rate: null, remainingSeconds: null });
  await writeDurably(join(host.out, 'weights.safetensors'), encodeSafetensors(trainer.state().weights));
  await writeDurably(join(host.out, 'model.onnx'), trainer.exportOnnx(await metadata(spec, data, evaluation, seen.bestEpoch)));
  const result: TrainResult = {
    evaluation,
    bestEpoch: seen.bestEpoch,
    epochs: seen.history.length,
    seconds: rounded(setUp + seen.history.reduce((sum, { seconds }) => sum + seconds, 0) + (performance.now() - started) / 1000, 1),
    imagesPerSecond: rounded(pictures / stepSeconds, 2),
    inferenceImagesPerSecond: rounded(speed.pictures / speed.seconds, 2),
    gflops: trainer.gflops,
    parameters: trainer.parameters,
    device: trainer.device,
    classes: spec.classes,
    confusion,
  };
  await writeDurably(join(host.out, 'result.json'), `${JSON.stringify(result)}\n`);
  host.log(
    'info',
    `best epoch ${seen.bestEpoch}: accuracy ${training.accuracy.toFixed(2)} % training, ${validation.accuracy.toFixed(2)} % validation, ` +
      `${test === null ? 'no test part' : `${test.accuracy.toFixed(2)} % test`}; ${result.imagesPerSecond} pictures/s while training, ${result.seconds} s in all`,
  );
}

async function* metered(batches: AsyncIterable<Batch>, meter: Meter): AsyncGenerator<Batch> {
  for await (const batch of batches) {
    yield batch;
    meter.advance(batch.count);
  }
}

/** What a model tells of itself, all as text; lists as JSON. */
async function metadata(spec: TrainSpec, data: SplitExamples, evaluation: TrainResult['evaluation'], bestEpoch: number): Promise<Record<string, string>> {
  const { version } = JSON.parse(await readFile(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string };
  return {
    ...spec.about,
    task: 'classification',
    classes: JSON.stringify(spec.classes),
    input_size: String(spec.parameters.input_size),
    input: 'images: float32 RGB [n,3,height,width], 0..255; normalisation is inside',
    resize: 'stretch',
    algorithm: spec.algorithm,
    parameters: JSON.stringify(spec.parameters),
    split: JSON.stringify({ ...spec.split, counts: { training: data.training.length, validation: data.validation.length, test: data.test.length } }),
    evaluation: JSON.stringify(evaluation),
    best_epoch: String(bestEpoch),
    ai_studio_version: version,
    created: new Date().toISOString(),
  };
}
