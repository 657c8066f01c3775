/**
 * The Default model of annotation: it needs no download, because it learns from the labels that people have made so far in the very same task. A small
 * network at a small size, ready in a minute or two: good enough to propose, and to say what it is not sure of.
 */
import { type InferenceModel, openModel } from '../engine/inference.ts';
import { createTrainer, type TrainerState } from '../engine/trainer.ts';
import { type Batch, type Example, evaluationBatches, Pixels, trainingBatches } from '../learn/batches.ts';
import { type ClassificationScore, type ClassificationTally, classification } from '../learn/classification.ts';
import { type Checkpoint, type Checkpoints, runEpochs } from '../learn/loop.ts';
import { complete, rates, trainerOptions } from '../learn/recipe.ts';
import { splitByRatio } from '../learn/split.ts';
import type { PictureSet } from '../store/pictures.ts';
import { architectures } from '../zoo/architectures.ts';
import type { JobHost } from './job.ts';
import { Meter } from './meter.ts';
import type { AnnotateSpec, DefaultExamples } from './protocol.ts';
import { MEAN, PIXELS_SHARE, STD } from './training-setup.ts';

const SIZE = 64;
const BATCH = 16;
const RATE = 0.02;
/** Steps in all: many epochs of few pictures, few of many. */
const STEPS = 800;
const EPOCHS = { least: 4, most: 30 };
/** Fewer labels are all learned from; nothing is held out to judge by. */
const HELD_OUT_FROM = 40;
/** Labels beyond this, evenly chosen, would make it slow and hardly better. */
const MOST_EXAMPLES = 4000;
const SEED = 7;

/** The trained model with its accuracy on held-out labels (percent; null: none were held out). Null: stopped on the way. */
export async function learnDefault(
  spec: AnnotateSpec,
  { classes, examples }: DefaultExamples,
  set: PictureSet,
  host: JobHost,
): Promise<{ model: InferenceModel; accuracy: number | null } | null> {
  const chosen = examples.filter((_, i) => Math.floor((i * MOST_EXAMPLES) / examples.length) !== Math.floor(((i - 1) * MOST_EXAMPLES) / examples.length));
  const { training, validation, heldOut } = parts(examples.length > MOST_EXAMPLES ? chosen : examples);
  const batch = Math.min(BATCH, training.length);
  const stepsPerEpoch = Math.ceil(training.length / batch);
  const epochs = Math.max(EPOCHS.least, Math.min(EPOCHS.most, Math.round(STEPS / stepsPerEpoch)));
  // People often begin with one class: the rarer ones must count as much.
  const recipe = complete({
    ...{ batch_size: batch, epoch: epochs, learning_rate: RATE, momentum: 0.9, weight_decay: 5e-4, input_size: SIZE, augment: true },
    class_weights: 'balanced',
  });
  const counts = classes.map((_, index) => training.filter(({ label }) => label === index).length);
  const trainer = await createTrainer({
    model: architectures.smallnet,
    classes: classes.length,
    size: SIZE,
    batch,
    ...trainerOptions(recipe, counts),
    mean: MEAN,
    std: STD,
    threads: spec.threads,
    seed: SEED,
  });
  try {
    const pixels = new Pixels(set, SIZE, training.length + validation.length, PIXELS_SHARE * spec.memoryMb * 2 ** 20);
    const meter = new Meter(host, 'train', epochs * training.length);
    const checkpoints = inMemory();
    const seen = await runEpochs<Batch, ClassificationTally, ClassificationScore>({
      task: classification(trainer),
      trainer,
      checkpoints,
      epochs,
      stepsPerEpoch,
      learningRate: rates(recipe, stepsPerEpoch),
      trainingBatches: (epoch) => trainingBatches(pixels, training, { batch, epoch, seed: SEED, augment: true }),
      validationBatches: () => evaluationBatches(pixels, validation, batch),
      watcher: {
        get stopping() {
          return host.stopping;
        },
        resumed: () => {},
        stepped: (_epoch, _step, { count }) => meter.advance(count),
        ended: () => {},
        diverged: (epoch) => new Error(`the loss is no number in epoch ${epoch}`),
      },
    });
    if (seen === null || host.stopping) return null;
    trainer.load(await checkpoints.best());
    const { accuracy } = seen.history[seen.bestEpoch - 1]!.validation;
    host.log(
      'info',
      `learned from ${training.length} labels of ${classes.length} classes in ${epochs} epochs; ${accuracy.toFixed(1)} % of ${validation.length} right`,
      `클래스 ${classes.length}개, 라벨 ${training.length}개로 ${epochs} 에포크 학습했습니다; ${validation.length}개 중 ${accuracy.toFixed(1)} % 맞음`,
    );
    const file = await trainer.exportOnnx({ classes: JSON.stringify(classes) });
    const model = await openModel(file, { threads: spec.threads, memoryBytes: spec.memoryMb * 2 ** 20 });
    return { model, accuracy: heldOut ? accuracy : null };
  } finally {
    await trainer.close();
  }
}

function parts(examples: readonly Example[]): { training: Example[]; validation: Example[]; heldOut: boolean } {
  if (examples.length < HELD_OUT_FROM) return { training: [...examples], validation: [...examples], heldOut: false };
  const labels = examples.map(({ label }) => label);
  const split = splitByRatio(labels, { training: 80, validation: 20, test: 0 }, { seed: SEED, stratify: true });
  const pick = (indexes: readonly number[]) => indexes.map((index) => examples[index]!);
  return { training: pick(split.training), validation: pick(split.validation), heldOut: true };
}

/** A job that is launched again learns again: it takes a minute, and the labels may have changed. */
function inMemory(): Checkpoints<ClassificationScore> {
  let best: TrainerState = { weights: new Map(), optimizer: new Map() };
  return {
    load: async () => null,
    save: async ({ history, bestEpoch }: Checkpoint<ClassificationScore>, state) => {
      if (bestEpoch === history.length) best = state;
    },
    best: async () => best,
  };
}
