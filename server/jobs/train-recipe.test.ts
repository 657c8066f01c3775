import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeSafetensors } from '../engine/safetensors.ts';
import type { TrainResult } from '../http/schemas.ts';
import { labelFolder } from '../store/label-set.ts';
import { pictureSetOf, plain } from './pictures.fixture.ts';
import type { TrainSpec } from './protocol.ts';
import { type EndedJob, eventsOf, killedWhen, readJson, removeTemporaryFolders, runToEnd } from './workers.fixture.ts';

test.after(removeTemporaryFolders);

/** Twice as many red ones as blue ones. */
const dataset = await pictureSetOf(
  ['red', 'blue'],
  Array.from({ length: 36 }, (_, n) => {
    const green = (n * 37) % 160;
    const blue = n % 3 === 0;
    return { name: `${n}.png`, side: 16, data: blue ? plain(16, 100, green, 140) : plain(16, 140, green, 100), label: blue ? 1 : 0 };
  }),
);
const EPOCHS = 40;
/** Accuracy on a handful of pictures can become better a few times only, so early stopping surely comes before the last epoch. */
const SPEC: TrainSpec = {
  kind: 'train',
  jobId: 1,
  threads: 1,
  memoryMb: 4096,
  dataset,
  labels: labelFolder(dataset, 1),
  classes: ['red', 'blue'],
  algorithm: 'smallnet',
  parameters: {
    batch_size: 8,
    epoch: EPOCHS,
    learning_rate: 0.01,
    momentum: 0.9,
    weight_decay: 0.01,
    input_size: 16,
    augment: true,
    optimizer: 'adamw',
    schedule: 'step',
    label_smoothing: 0.1,
    class_weights: 'balanced',
    mixup: 0.4,
    gradient_clip: 1,
    ema: 0.9,
    early_stopping: 2,
    early_stopping_on: 'validation_accuracy',
    freeze_stages: 1,
  },
  split: { training: 60, validation: 20, test: 20, seed: 3, stratify: true },
  about: {},
};

const rowsOf = (dir: string) => eventsOf(dir).flatMap((event) => (event.type === 'epoch' ? [event.row] : []));
const resultOf = (job: EndedJob) => readJson<TrainResult>(job.dir, 'out', 'result.json');
const fileOf = (job: EndedJob, ...path: string[]) => readFileSync(join(job.dir, ...path));
const timeless = ({ evaluation, bestEpoch, epochs, confusion, crossValidation }: TrainResult) => ({
  evaluation,
  bestEpoch,
  epochs,
  confusion,
  crossValidation,
});

/** Killed when it has told of an epoch, and begun again. */
async function killedAndResumed(spec: TrainSpec, epoch: number): Promise<EndedJob> {
  const { dir } = await killedWhen(spec, (path) => rowsOf(path).some((row) => row.epoch === epoch));
  return runToEnd(spec, dir);
}

let whole: EndedJob;

test('early stopping ends a training with its best model; the averages are what is judged and kept', async () => {
  whole = await runToEnd(SPEC);
  assert.is(whole.end.state, 'succeeded', whole.log);
  const rows = rowsOf(whole.dir);
  const result = resultOf(whole);
  assert.ok(rows.length < EPOCHS, `${rows.length} epochs`);
  const accuracies = rows.map(({ validation_accuracy }) => validation_accuracy);
  assert.is(accuracies.indexOf(Math.max(...accuracies)), rows.length - 3, 'two epochs after the best accuracy');
  assert.equal([result.epochs, result.endedEarly], [rows.length, true]);
  assert.ok(Math.abs(result.evaluation.validation.accuracy - rows[result.bestEpoch - 1]!.validation_accuracy) < 1e-3);
  assert.ok(Math.abs(result.evaluation.validation.loss - rows[result.bestEpoch - 1]!.validation_loss) < 1e-5, 'judged by the same weights as in its epoch');
  const { tensors: kept } = decodeSafetensors(fileOf(whole, 'out', 'weights.safetensors'));
  const { tensors: state } = decodeSafetensors(fileOf(whole, 'checkpoint', `epoch-${result.bestEpoch}.safetensors`));
  assert.equal(kept.get('classifier.weight')!.data, state.get('optimizer/classifier.weight.average')!.data);
  assert.not.equal(kept.get('classifier.weight')!.data, state.get('classifier.weight')!.data);
});

test('AdamW, averages, mixup, dropout and early stopping: killed and begun again, the same bits', async () => {
  const resumed = await killedAndResumed(SPEC, 2);
  assert.is(resumed.end.state, 'succeeded', resumed.log);
  assert.match(resumed.log, /going on after epoch \d+ of 40/);
  assert.equal(
    rowsOf(resumed.dir).map(({ epoch, validation_loss, train_loss }) => [epoch, validation_loss, train_loss]),
    rowsOf(whole.dir).map(({ epoch, validation_loss, train_loss }) => [epoch, validation_loss, train_loss]),
  );
  assert.ok(fileOf(resumed, 'out', 'weights.safetensors').equals(fileOf(whole, 'out', 'weights.safetensors')));
  assert.equal(timeless(resultOf(resumed)), timeless(resultOf(whole)));
});

test('folds end early on their own, and are numbered through; a refit trains as long as the folds’ best in the mean', async () => {
  const spec: TrainSpec = { ...SPEC, split: { ...SPEC.split, crossValidation: { folds: 2, final: 'refit' } } };
  const job = await runToEnd(spec);
  assert.is(job.end.state, 'succeeded', job.log);
  const rows = rowsOf(job.dir);
  assert.equal(
    rows.map(({ epoch }) => epoch),
    rows.map((_, index) => index + 1),
  );
  const result = resultOf(job);
  const folds = result.crossValidation!.folds;
  const mean = Math.round((folds[0]!.bestEpoch + folds[1]!.bestEpoch) / 2);
  assert.equal([result.endedEarly, result.bestEpoch, result.epochs], [true, mean, rows.length + mean]);
  assert.ok(readdirSync(join(job.dir, 'checkpoint')).includes('fold-1.json'));
  const second = rows.find(({ fold }) => fold === 2)!.epoch;
  const resumed = await killedAndResumed(spec, second);
  assert.equal(
    rowsOf(resumed.dir).map(({ epoch, fold, foldEpoch }) => [epoch, fold, foldEpoch]),
    rows.map(({ epoch, fold, foldEpoch }) => [epoch, fold, foldEpoch]),
  );
  assert.ok(fileOf(resumed, 'out', 'weights.safetensors').equals(fileOf(job, 'out', 'weights.safetensors')));
  assert.equal(timeless(resultOf(resumed)), timeless(result));
});

test('a part of a training that early stopping has ended makes a model at once', async () => {
  const job = await runToEnd({ ...SPEC, until: 30 });
  assert.is(job.end.state, 'succeeded', job.log);
  assert.equal(timeless(resultOf(job)), timeless(resultOf(whole)));
});

test.run();
