import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { TrainResult } from '../http/schemas.ts';
import { labelFolder } from '../store/label-set.ts';
import { meanAndSpread } from './crossvalidate.ts';
import { pictureSetOf, plain } from './pictures.fixture.ts';
import type { TrainSpec } from './protocol.ts';
import { foldExamples } from './train-data.ts';
import { type EndedJob, endOf, eventsOf, killedWhen, readJson, removeTemporaryFolders, runToEnd, startJob } from './workers.fixture.ts';

test.after(removeTemporaryFolders);

/** Red and blue ones in turn, two of each part. */
const dataset = await pictureSetOf(
  ['red', 'blue'],
  Array.from({ length: 30 }, (_, n) => {
    const green = (n * 37) % 120;
    return { name: `part${n >> 2}_${n}.png`, side: 16, data: n % 2 === 0 ? plain(16, 210, green, 30) : plain(16, 30, green, 210), label: n % 2 };
  }),
);

const SPEC: TrainSpec = {
  kind: 'train',
  jobId: 1,
  threads: 1,
  memoryMb: 4096,
  dataset,
  labels: labelFolder(dataset, 1),
  classes: ['red', 'blue'],
  algorithm: 'smallnet',
  parameters: { batch_size: 8, epoch: 2, learning_rate: 0.02, momentum: 0.9, weight_decay: 5e-4, input_size: 16, augment: true },
  split: { training: 60, validation: 20, test: 20, seed: 42, stratify: true, crossValidation: { folds: 3, final: 'best' } },
  about: {},
};

const rowsOf = (dir: string) => eventsOf(dir).flatMap((event) => (event.type === 'epoch' ? [event.row] : []));
const resultOf = (job: EndedJob) => readJson<TrainResult>(job.dir, 'out', 'result.json');
const weightsOf = (job: EndedJob) => readFileSync(join(job.dir, 'out', 'weights.safetensors'));
const NUMBERED = [1, 2, 3, 4, 5, 6].map((epoch) => [epoch, 6, Math.ceil(epoch / 2), ((epoch - 1) % 2) + 1]);

test('folds: every picture is judged once, groups stay together, the test part is nobody’s', () => {
  const examples = Array.from({ length: 30 }, (_, n) => ({ n, label: n % 2 }));
  const split = { ...SPEC.split, groupPattern: '{group}_*', crossValidation: { folds: 4, final: 'best' as const } };
  const part = (n: number) => `part${n >> 2}`;
  const { folds, test: held } = foldExamples(examples, { split, classes: SPEC.classes }, (n) => ({ name: `${part(n)}_${n}.png` }));
  const judged = [...held, ...folds.flatMap(({ validation }) => validation)].map(({ n }) => n);
  assert.equal(
    judged.sort((a, b) => a - b),
    examples.map(({ n }) => n),
  );
  for (const { training, validation } of folds) {
    assert.is(training.length + validation.length + held.length, 30);
    const seen = new Set(training.map(({ n }) => part(n)));
    assert.not.ok([...validation, ...held].some(({ n }) => seen.has(part(n))));
  }
  assert.equal(meanAndSpread([1, 2, 3].map((accuracy) => ({ accuracy, loss: 4, count: 1 }))), {
    mean: { accuracy: 2, loss: 4 },
    spread: { accuracy: 1, loss: 0 },
  });
});

let uninterrupted: EndedJob;

test('K models, their mean and spread, and the best fold’s model', async () => {
  uninterrupted = await runToEnd(SPEC);
  assert.is(uninterrupted.end.state, 'succeeded', uninterrupted.log);
  assert.equal(
    rowsOf(uninterrupted.dir).map(({ epoch, of, fold, foldEpoch }) => [epoch, of, fold, foldEpoch]),
    NUMBERED,
  );
  const { evaluation, crossValidation, epochs, confusion } = resultOf(uninterrupted);
  const { folds, mean, final, bestFold } = crossValidation!;
  assert.equal([folds.length, epochs, final, evaluation.validation.count, evaluation.test!.count], [3, 6, 'best', 24, 6]);
  assert.ok(Math.abs(folds.reduce((sum, { validation }) => sum + validation.accuracy, 0) / 3 - mean.accuracy) < 1e-9);
  assert.is(folds[bestFold - 1]!.validation.accuracy, Math.max(...folds.map(({ validation }) => validation.accuracy)));
  assert.is(
    confusion.flat().reduce((a, b) => a + b),
    6,
  );
});

test('killed in the second fold: the same weights bit by bit, epochs without gap or double', async () => {
  const killed = await killedWhen(SPEC, (dir) => rowsOf(dir).some(({ fold }) => fold === 2));
  const resumed = await runToEnd(SPEC, killed.dir);
  assert.equal(
    rowsOf(resumed.dir).map(({ epoch, of, fold, foldEpoch }) => [epoch, of, fold, foldEpoch]),
    NUMBERED,
  );
  assert.ok(weightsOf(resumed).equals(weightsOf(uninterrupted)));
  assert.equal(resultOf(resumed).crossValidation, resultOf(uninterrupted).crossValidation);
});

test('a refit learns from all folds; without a test part each picture is in the confusion once', async () => {
  const split: TrainSpec['split'] = { ...SPEC.split, training: 90, validation: 10, test: 0, crossValidation: { folds: 2, final: 'refit' } };
  const job = await runToEnd({ ...SPEC, split });
  assert.is(job.end.state, 'succeeded', job.log);
  const result = resultOf(job);
  assert.equal([result.crossValidation!.final, result.epochs, result.evaluation.test, result.bestEpoch], ['refit', 6, null, 2]);
  assert.is(rowsOf(job.dir).length, 4);
  assert.is(
    result.confusion.flat().reduce((a, b) => a + b),
    30,
  );
  assert.match(job.log, /learns from all 30 pictures/);
});

test('stopped in the first fold there is its model, and it is said that it is one fold', async () => {
  const job = startJob({ ...SPEC, parameters: { ...SPEC.parameters, epoch: 500 } });
  await new Promise<void>((done) => job.child.on('message', () => rowsOf(job.dir).length > 0 && done()));
  job.child.send({ type: 'stop' });
  const stopped = await endOf(job);
  assert.is(stopped.end.state, 'stopped', stopped.log);
  assert.is(resultOf(stopped).crossValidation!.folds.length, 1);
});

test('killed in the second fold and stopped as soon as it is launched again, it has both folds', async () => {
  // So many epochs that some are left.
  const spec: TrainSpec = { ...SPEC, parameters: { ...SPEC.parameters, epoch: 15 } };
  const killed = await killedWhen(spec, (dir) => rowsOf(dir).some(({ fold }) => fold === 2));
  const job = startJob(spec, killed.dir);
  job.child.send({ type: 'stop' });
  const stopped = await endOf(job);
  assert.is(stopped.end.state, 'stopped', stopped.log);
  assert.ok(resultOf(stopped).crossValidation!.folds.length >= 2);
});

test.run();
