/**
 * K-fold cross-validation, as a part of the train job: K trainings, each judged on the fold that the others learn from, one after another with one compiled
 * graph; then the final model. Where a fold has ended is on the disk, so a power cut costs at most the epoch that was running.
 *
 *     checkpoint/fold-K/       checkpoint of a fold's training; its best weights stay there until the end
 *     checkpoint/fold-K.json   what the fold has come to (FoldOutcome)
 *     checkpoint/refit/        checkpoint of the training on all folds
 */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Trainer, TrainerState } from '../engine/trainer.ts';
import type { CrossValidation, CrossValidationResult, Score, TrainResult } from '../http/schemas.ts';
import { type Batch, type Example, evaluationBatches, Pixels, trainingBatches } from '../learn/batches.ts';
import { type ClassificationScore, type ClassificationTally, type ClassificationTask, classification, confusionOf } from '../learn/classification.ts';
import { type Checkpoint, type Checkpoints, evaluate, runEpochs } from '../learn/loop.ts';
import { complete, endsEarly, type Recipe, rates } from '../learn/recipe.ts';
import { writeDurably } from '../store/durable.ts';
import type { PictureSet } from '../store/pictures.ts';
import { checkpointFolder } from './checkpoint.ts';
import { notLearned } from './convergence.ts';
import type { JobEnd, JobHost } from './job.ts';
import { Meter } from './meter.ts';
import type { TrainSpec } from './protocol.ts';
import { type FoldExamples, foldExamples, labelledExamples } from './train-data.ts';
import { writeOut } from './training-output.ts';
import { batchFor, fingerprint, makeTrainer, PIXELS_SHARE } from './training-setup.ts';
import { metered, type Place, rounded, watcher } from './training-watcher.ts';

interface FoldOutcome {
  /** Of everything that it depends on. */
  fingerprint: string;
  fold: number;
  training: Score;
  validation: Score;
  bestEpoch: number;
  epochs: number;
  endedEarly: boolean;
  seconds: number;
  stepSeconds: number;
  pictures: number;
  inferenceImagesPerSecond: number;
  /** confusion[truth][prediction] on the validation part. */
  confusion: number[][];
}

interface Setting {
  spec: TrainSpec;
  recipe: Recipe;
  host: JobHost;
  trainer: Trainer;
  task: ClassificationTask;
  pixels: Pixels;
  batch: number;
  /** Folder of all checkpoints. */
  dir: string;
  fingerprint: string;
  /** Weights to begin each training with. */
  initial: TrainerState['weights'];
}

/** Throws what a training throws. A stopped one keeps the best model of what has been trained. */
export async function crossValidate(spec: TrainSpec, { final }: CrossValidation, set: PictureSet, host: JobHost): Promise<JobEnd> {
  const started = performance.now();
  const examples = await labelledExamples(set, spec.labels, spec.classes);
  const data = foldExamples(examples, spec, (n) => set.items[n]!);
  const { folds, test } = data;
  const batch = batchFor(spec, Math.min(...folds.map(({ training }) => training.length)), host);
  const trainer = await makeTrainer(
    spec,
    batch,
    folds.flatMap(({ validation }) => validation),
    host,
  );
  try {
    const setting: Setting = {
      spec,
      recipe: complete(spec.parameters),
      host,
      trainer,
      task: classification(trainer),
      pixels: new Pixels(set, spec.parameters.input_size, examples.length, PIXELS_SHARE * spec.memoryMb * 2 ** 20),
      batch,
      dir: spec.checkpoint ?? join(host.dir, 'checkpoint'),
      fingerprint: fingerprint(spec, set, examples, batch),
      initial: (await trainer.state()).weights,
    };
    host.log(
      'info',
      `${spec.algorithm} on ${trainer.device}, ${spec.threads} threads: ${folds.length} folds of ${examples.length - test.length} pictures, ${test.length} held out`,
      `${spec.algorithm}, 장치 ${trainer.device}, 스레드 ${spec.threads}개: 이미지 ${examples.length - test.length}장을 폴드 ${folds.length}개로 나누고 ${test.length}장은 Test로 남깁니다`,
    );
    const trainings = folds.length + (final === 'refit' ? 1 : 0);
    const outcomes: FoldOutcome[] = [];
    for (const [index, fold] of folds.entries()) {
      const epochsBefore = outcomes.reduce((sum, { epochs }) => sum + epochs, 0);
      const outcome = await trainFold(setting, fold, { before: index, epochsBefore, trainings, fold: index + 1, folds: folds.length });
      if (outcome === null) break;
      outcomes.push(outcome);
      // One that is stopped as soon as it is launched learns nothing more, but has all folds that were done before.
      if (host.stopping && !isWhole(setting, outcome)) break;
    }
    const refitted = final === 'refit' && !host.stopping ? await refit(setting, data, outcomes, { before: folds.length, trainings, silent: true }) : null;
    if (host.stopping && (outcomes.length === 0 || spec.until !== undefined)) {
      host.log('info', 'stopped before there was a model', '모델이 만들어지기 전에 중지되었습니다');
      return 'stopped';
    }
    await finish(setting, data, outcomes, refitted, started);
    return host.stopping ? 'stopped' : 'succeeded';
  } finally {
    await trainer.close();
  }
}

function checkpointsOf({ dir, host, fingerprint: print }: Setting, name: string): Checkpoints<ClassificationScore> {
  return checkpointFolder<ClassificationScore>(join(dir, name), `${print} ${name}`, (reason) =>
    host.log(
      'warning',
      `the checkpoint of ${name} cannot be used, it is trained anew: ${reason}`,
      `${name}의 체크포인트를 쓸 수 없어 다시 학습합니다: ${reason}`,
    ),
  );
}

interface Parts {
  training: Example[];
  validation: Example[];
}

interface Course {
  checkpoints: Checkpoints<ClassificationScore>;
  task: ClassificationTask;
  place: Place;
  /** Trains for so many of the epochs and does not end early; default all, and as the settings say. */
  epochs?: number;
}

function run(setting: Setting, { training, validation }: Parts, { checkpoints, task, place, epochs }: Course) {
  const { spec, recipe, host, trainer, pixels, batch, initial } = setting;
  const stepsPerEpoch = Math.ceil(training.length / batch);
  // The optimizer begins anew with the weights.
  trainer.load({ weights: initial });
  return runEpochs<Batch, ClassificationTally, ClassificationScore>({
    task,
    trainer,
    checkpoints,
    epochs: epochs ?? recipe.epoch,
    endsEarly: (history) => epochs === undefined && endsEarly(recipe, history),
    stepsPerEpoch,
    learningRate: rates(recipe, stepsPerEpoch),
    trainingBatches: (epoch) => trainingBatches(pixels, training, { batch, epoch, seed: spec.split.seed, augment: recipe.augment }),
    validationBatches: () => evaluationBatches(pixels, validation, batch),
    watcher: watcher(spec, host, { stepsPerEpoch, batch, ...place }),
  });
}

/** null: stopped before its first epoch had ended. */
async function trainFold(setting: Setting, parts: Parts, place: Place & { fold: number }): Promise<FoldOutcome | null> {
  const { spec, host, trainer, task, pixels, batch, dir } = setting;
  const name = `fold-${place.fold}`;
  const file = join(dir, `${name}.json`);
  const known = await readOutcome(file, setting.fingerprint);
  if (known !== null) return known;
  const checkpoints = checkpointsOf(setting, name);
  const seen = await run(setting, parts, { checkpoints, task, place });
  if (seen === null) return null;
  const { recipe } = setting;
  const endedEarly = seen.history.length < recipe.epoch && endsEarly(recipe, seen.history);
  trainer.load(await checkpoints.best());
  const meter = new Meter(host, 'evaluate', parts.training.length + parts.validation.length);
  const training = task.score(await evaluate(task, metered(evaluationBatches(pixels, parts.training, batch), meter)));
  const judging = { seconds: 0, from: performance.now() };
  const { tally, confusion } = await confusionOf(trainer, metered(evaluationBatches(pixels, parts.validation, batch), meter), spec.classes.length);
  judging.seconds = (performance.now() - judging.from) / 1000;
  const validation = task.score(tally);
  const outcome: FoldOutcome = {
    fingerprint: setting.fingerprint,
    fold: place.fold,
    training,
    validation,
    bestEpoch: seen.bestEpoch,
    endedEarly,
    inferenceImagesPerSecond: rounded(validation.count / judging.seconds, 2),
    confusion,
    ...sums(seen),
  };
  host.log(
    'info',
    `${name}: best epoch ${seen.bestEpoch}${endedEarly ? `, ended early after ${seen.history.length}` : ''}, accuracy ${training.accuracy.toFixed(2)} % training, ${validation.accuracy.toFixed(2)} % validation`,
    `${name}: 가장 좋은 에포크 ${seen.bestEpoch}${endedEarly ? `(에포크 ${seen.history.length}에서 조기 종료)` : ''}, 정확도 Training ${training.accuracy.toFixed(2)} %, Validation ${validation.accuracy.toFixed(2)} %`,
  );
  // One that was stopped on the way goes on if the job is ever launched again.
  if (isWhole(setting, outcome)) {
    await mkdir(dir, { recursive: true });
    await writeDurably(file, `${JSON.stringify(outcome)}\n`);
  }
  return outcome;
}

const isWhole = ({ recipe }: Setting, { endedEarly, epochs }: FoldOutcome) => endedEarly || epochs === recipe.epoch;

function sums({ history }: Checkpoint<ClassificationScore>) {
  return {
    epochs: history.length,
    seconds: history.reduce((sum, { seconds }) => sum + seconds, 0),
    stepSeconds: history.reduce((sum, { stepSeconds }) => sum + stepSeconds, 0),
    pictures: history.reduce((sum, { training }) => sum + training.count, 0),
  };
}

/** The training score is of the last epoch while it ran. */
type Refitted = ReturnType<typeof sums> & Pick<FoldOutcome, 'training'>;

async function readOutcome(file: string, print: string): Promise<FoldOutcome | null> {
  try {
    const outcome = JSON.parse(await readFile(file, 'utf8')) as FoldOutcome;
    return outcome.fingerprint === print ? outcome : null;
  } catch {
    return null;
  }
}

/**
 * On all folds together, with nothing to validate on: the last epoch is taken, where the learning rate has come down; with early stopping the one that was
 * the best of the folds in the mean. null: stopped on the way.
 */
async function refit(setting: Setting, { folds }: FoldExamples, outcomes: readonly FoldOutcome[], place: Place): Promise<Refitted | null> {
  const { host, task, trainer, recipe } = setting;
  const nothing: ClassificationScore = { accuracy: 0, loss: 0, count: 0 };
  const blind: ClassificationTask = { ...task, score: (tally) => (tally.count === 0 ? nothing : task.score(tally)), better: () => true };
  const training = folds.flatMap(({ validation }) => validation).sort((a, b) => a.n - b.n);
  host.log(
    'info',
    `the final model learns from all ${training.length} pictures of the folds`,
    `최종 모델은 모든 폴드의 이미지 ${training.length}장으로 학습합니다`,
  );
  const checkpoints = checkpointsOf(setting, 'refit');
  const epochs = recipe.early_stopping > 0 ? Math.max(1, Math.round(meanOf(outcomes.map(({ bestEpoch }) => bestEpoch)))) : recipe.epoch;
  const seen = await run(setting, { training, validation: [] }, { checkpoints, task: blind, place, epochs });
  if (seen === null || seen.history.length < epochs) return null;
  trainer.load(await checkpoints.best());
  return { training: seen.history.at(-1)!.training, ...sums(seen) };
}

/** `outcomes` are of one fold at least. */
async function finish(
  setting: Setting,
  { folds, test }: FoldExamples,
  outcomes: readonly FoldOutcome[],
  refitted: Refitted | null,
  started: number,
): Promise<void> {
  const { spec, host, trainer, task, pixels, batch } = setting;
  const best = outcomes.reduce((a, b) => (task.better(b.validation, a.validation) ? b : a));
  if (refitted === null) trainer.load(await loaded(checkpointsOf(setting, `fold-${best.fold}`)));
  const meter = new Meter(host, 'evaluate', test.length);
  const held = test.length === 0 ? null : await confusionOf(trainer, metered(evaluationBatches(pixels, test, batch), meter), spec.classes.length);
  const crossValidation: CrossValidationResult = {
    folds: outcomes.map(({ fold, training, validation, bestEpoch }) => ({ fold, training, validation, bestEpoch })),
    ...meanAndSpread(outcomes.map(({ validation }) => validation)),
    final: refitted === null ? 'best' : 'refit',
    bestFold: best.fold,
  };
  const all = [...outcomes, ...(refitted === null ? [] : [refitted])];
  const sum = (field: 'epochs' | 'seconds' | 'stepSeconds' | 'pictures') => all.reduce((total, outcome) => total + outcome[field], 0);
  // Without a test part every picture was judged once, by the fold that had not seen it.
  const confusion =
    held?.confusion ?? spec.classes.map((_, truth) => spec.classes.map((__, made) => outcomes.reduce((n, { confusion: of }) => n + of[truth]![made]!, 0)));
  const warning = notLearned(
    refitted?.training ?? best.training,
    folds.flatMap(({ validation }) => validation.map(({ label }) => label)),
    refitted === null && held === null ? best.confusion : confusion,
  );
  const result: TrainResult = {
    evaluation: {
      training: meanScore(outcomes.map(({ training }) => training)),
      validation: meanScore(outcomes.map(({ validation }) => validation)),
      test: held === null ? null : task.score(held.tally),
    },
    bestEpoch: refitted === null ? best.bestEpoch : refitted.epochs,
    epochs: sum('epochs'),
    ...(outcomes.some(({ endedEarly }) => endedEarly) ? { endedEarly: true } : {}),
    seconds: rounded(Math.max(sum('seconds'), (performance.now() - started) / 1000), 1),
    imagesPerSecond: rounded(sum('pictures') / sum('stepSeconds'), 2),
    inferenceImagesPerSecond: best.inferenceImagesPerSecond,
    gflops: trainer.gflops,
    parameters: trainer.parameters,
    device: trainer.device,
    ...(warning === null ? {} : { warning }),
    crossValidation,
    classes: spec.classes,
    confusion,
  };
  const { mean, spread } = crossValidation;
  host.log(
    'info',
    `${outcomes.length} folds: validation accuracy ${mean.accuracy.toFixed(2)} % ± ${spread.accuracy.toFixed(2)}; the final model is ${refitted === null ? `that of fold ${best.fold}` : 'trained on all folds'}`,
    `폴드 ${outcomes.length}개: Validation 정확도 ${mean.accuracy.toFixed(2)} % ± ${spread.accuracy.toFixed(2)}; 최종 모델은 ${refitted === null ? `폴드 ${best.fold}의 모델` : '모든 폴드로 다시 학습한 모델'}입니다`,
  );
  if (warning !== null) host.log('warning', warning.en, warning.ko);
  await writeOut(spec, host, trainer, result, {
    folds: folds.length,
    pictures: folds.reduce((n, { validation }) => n + validation.length, 0),
    test: test.length,
  });
}

/** A checkpoint tells its best weights only after it was looked at. */
async function loaded(checkpoints: Checkpoints<ClassificationScore>) {
  await checkpoints.load();
  return checkpoints.best();
}

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

const meanScore = (scores: readonly Score[]): Score => ({
  accuracy: meanOf(scores.map(({ accuracy }) => accuracy)),
  loss: meanOf(scores.map(({ loss }) => loss)),
  count: scores.reduce((sum, { count }) => sum + count, 0),
});

/** Sample standard deviation; 0 of a single fold. */
export function meanAndSpread(scores: readonly Score[]): Pick<CrossValidationResult, 'mean' | 'spread'> {
  const of = (field: 'accuracy' | 'loss') => {
    const values = scores.map((score) => score[field]);
    const mean = meanOf(values);
    const spread = values.length < 2 ? 0 : Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
    return { mean, spread };
  };
  const [accuracy, loss] = [of('accuracy'), of('loss')];
  return { mean: { accuracy: accuracy.mean, loss: loss.mean }, spread: { accuracy: accuracy.spread, loss: loss.spread } };
}
