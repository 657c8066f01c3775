/** The job that trains a classifier on a picture set. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Trainer } from '../engine/trainer.ts';
import { StudioError } from '../errors.ts';
import type { TrainResult } from '../http/schemas.ts';
import { type Batch, evaluationBatches, Pixels, trainingBatches } from '../learn/batches.ts';
import { type ClassificationScore, type ClassificationTally, type ClassificationTask, classification, confusionOf } from '../learn/classification.ts';
import { type Checkpoint, evaluate, runEpochs } from '../learn/loop.ts';
import { complete, endsEarly, rates } from '../learn/recipe.ts';
import { withParticles } from '../particles.ts';
import { PictureSet } from '../store/pictures.ts';
import { checkpointFolder } from './checkpoint.ts';
import { notLearned } from './convergence.ts';
import { crossValidate } from './crossvalidate.ts';
import type { JobEnd, JobHost } from './job.ts';
import { Meter } from './meter.ts';
import type { TrainSpec } from './protocol.ts';
import { labelledExamples, type SplitExamples, splitExamples } from './train-data.ts';
import { writeOut } from './training-output.ts';
import { batchFor, fingerprint, makeTrainer, PIXELS_SHARE } from './training-setup.ts';
import { metered, rounded, watcher } from './training-watcher.ts';

/** Throws StudioError: dataset_unreadable, algorithm_unknown, invalid_input, training_*; see train-data.ts. */
export async function train(spec: TrainSpec, host: JobHost): Promise<JobEnd> {
  const started = performance.now();
  await rm(host.out, { recursive: true, force: true });
  const set = await PictureSet.open(spec.dataset).catch((error: Error) => {
    throw new StudioError('dataset_unreadable', {}, error.message);
  });
  let trainer: Trainer | undefined;
  try {
    if (spec.split.crossValidation !== undefined) return await crossValidate(spec, spec.split.crossValidation, set, host);
    const examples = await labelledExamples(set, spec.labels, spec.classes);
    const data = splitExamples(examples, spec, (n) => set.items[n]!);
    const batch = batchFor(spec, data.training.length, host);
    const { input_size: size } = spec.parameters;
    const count = data.training.length + data.validation.length + data.test.length;
    const pixels = new Pixels(set, size, count, PIXELS_SHARE * spec.memoryMb * 2 ** 20);
    host.log(
      'info',
      `${count} labelled pictures of ${set.items.length}; training ${data.training.length}, validation ${data.validation.length}, test ${data.test.length}`,
      `라벨이 있는 이미지 ${count}장(전체 ${set.items.length}장); Training ${data.training.length}, Validation ${data.validation.length}, Test ${data.test.length}`,
    );
    const counts = spec.classes
      .map((name, label) => `${name}: ${data.training.filter((example) => example.label === label).length}`)
      .slice(0, 50)
      .join(', ');
    host.log('info', `training pictures: ${counts}`, `학습 이미지: ${counts}`);
    trainer = await makeTrainer(spec, batch, data.training, host);
    host.log(
      'info',
      `${spec.algorithm} on ${trainer.device}, ${spec.threads} threads: ${(trainer.parameters / 1e6).toFixed(2)} M parameters, ` +
        `${trainer.gflops.toFixed(3)} GFLOPs at ${size} px; pictures ${pixels.inMemory ? 'kept in memory' : 'decoded in every epoch'}`,
      `${spec.algorithm}, 장치 ${trainer.device}, 스레드 ${spec.threads}개: 파라미터 ${Math.round(trainer.parameters / 1e4).toLocaleString('en')}만 개, ` +
        `${size} px에서 ${trainer.gflops.toFixed(3)} GFLOPs; ${pixels.inMemory ? '이미지를 메모리에 둡니다' : '이미지를 에포크마다 다시 읽습니다'}`,
    );
    const ready = (performance.now() - started) / 1000;
    const recipe = complete(spec.parameters);
    host.log(
      'info',
      `ready after ${ready.toFixed(1)} s; ${recipe.optimizer}, schedule ${recipe.schedule}, learning rate up to ${recipe.learning_rate}`,
      `준비 ${ready.toFixed(1)}초; optimizer ${recipe.optimizer}, schedule ${recipe.schedule}, learning_rate 최대 ${recipe.learning_rate}`,
    );

    const checkpoints = checkpointFolder<ClassificationScore>(
      spec.checkpoint ?? join(host.dir, 'checkpoint'),
      fingerprint(spec, set, examples, batch),
      (reason) =>
        host.log('warning', `the checkpoint cannot be used, the training begins anew: ${reason}`, `체크포인트를 쓸 수 없어 처음부터 학습합니다: ${reason}`),
    );
    const task = classification(trainer);
    const stepsPerEpoch = Math.ceil(data.training.length / batch);
    const { epoch: epochs, augment } = recipe;
    const until = Math.min(spec.until ?? epochs, epochs);
    const seen = await runEpochs<Batch, ClassificationTally, ClassificationScore>({
      task,
      trainer,
      checkpoints,
      epochs: until,
      endsEarly: (history) => endsEarly(recipe, history),
      stepsPerEpoch,
      learningRate: rates(recipe, stepsPerEpoch),
      trainingBatches: (epoch) => trainingBatches(pixels, data.training, { batch, epoch, seed: spec.split.seed, augment }),
      validationBatches: () => evaluationBatches(pixels, data.validation, batch),
      watcher: watcher(spec, host, { stepsPerEpoch, batch, before: 0, trainings: 1 }),
    });
    if (seen === null) {
      host.log('info', 'stopped before the first epoch had ended: there is no model', '첫 에포크가 끝나기 전에 중지되어 모델이 없습니다');
      return 'stopped';
    }
    const early = seen.history.length < epochs && endsEarly(recipe, seen.history);
    const whole = early || seen.history.length === epochs;
    if (early) {
      host.log(
        'info',
        `ended after epoch ${seen.history.length} of ${epochs}: ${recipe.early_stopping_on} has not become better in ${recipe.early_stopping} epochs`,
        withParticles(
          `에포크 ${seen.history.length} / ${epochs}에서 끝냅니다: ${recipe.early_stopping}에포크 동안 ${recipe.early_stopping_on}이(가) 나아지지 않았습니다`,
        ),
      );
    }
    if (!whole && spec.until !== undefined) {
      const reached = seen.history.length >= until;
      host.log(
        'info',
        reached ? `trained up to epoch ${until} of ${epochs}; the checkpoint is kept` : `stopped after epoch ${seen.history.length}`,
        reached ? `에포크 ${until} / ${epochs}까지 학습했습니다. 체크포인트를 보관합니다` : `에포크 ${seen.history.length} 다음에 중지했습니다`,
      );
      return reached ? 'succeeded' : 'stopped';
    }
    trainer.load(await checkpoints.best());
    await finish(spec, host, { trainer, task, pixels, data, batch, seen, early, setUp: ready });
    return whole ? 'succeeded' : 'stopped';
  } finally {
    await trainer?.close();
    await set.close();
  }
}

interface Trained {
  trainer: Trainer;
  task: ClassificationTask;
  pixels: Pixels;
  data: SplitExamples;
  batch: number;
  seen: Checkpoint<ClassificationScore>;
  /** Early stopping has ended it. */
  early: boolean;
  /** Seconds before the first step. */
  setUp: number;
}

/** Judges the best weights on every part and writes out/. */
async function finish(spec: TrainSpec, host: JobHost, { trainer, task, pixels, data, batch, seen, early, setUp }: Trained): Promise<void> {
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
  const warning = notLearned(
    training,
    data.training.map(({ label }) => label),
    confusion,
  );
  const result: TrainResult = {
    evaluation,
    bestEpoch: seen.bestEpoch,
    epochs: seen.history.length,
    ...(early ? { endedEarly: true } : {}),
    seconds: rounded(setUp + seen.history.reduce((sum, { seconds }) => sum + seconds, 0) + (performance.now() - started) / 1000, 1),
    imagesPerSecond: rounded(pictures / stepSeconds, 2),
    inferenceImagesPerSecond: rounded(speed.pictures / speed.seconds, 2),
    gflops: trainer.gflops,
    parameters: trainer.parameters,
    device: trainer.device,
    ...(warning === null ? {} : { warning }),
    classes: spec.classes,
    confusion,
  };
  await writeOut(spec, host, trainer, result, { training: data.training.length, validation: data.validation.length, test: data.test.length });
  host.log(
    'info',
    `best epoch ${seen.bestEpoch}: accuracy ${training.accuracy.toFixed(2)} % training, ${validation.accuracy.toFixed(2)} % validation, ` +
      `${test === null ? 'no test part' : `${test.accuracy.toFixed(2)} % test`}; ${result.imagesPerSecond} pictures/s while training, ${result.seconds} s in all`,
    `가장 좋은 에포크 ${seen.bestEpoch}: 정확도 Training ${training.accuracy.toFixed(2)} %, Validation ${validation.accuracy.toFixed(2)} %, ` +
      `${test === null ? 'Test 없음' : `Test ${test.accuracy.toFixed(2)} %`}; 학습 속도 초당 ${result.imagesPerSecond}장, 모두 ${result.seconds}초`,
  );
  if (warning !== null) host.log('warning', warning.en, warning.ko);
}
