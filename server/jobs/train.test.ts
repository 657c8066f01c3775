import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeSafetensors } from '../engine/safetensors.ts';
import { StudioError } from '../errors.ts';
import type { TrainResult } from '../http/schemas.ts';
import { labelFolder } from '../store/label-set.ts';
import { PictureSet } from '../store/pictures.ts';
import { notLearned } from './convergence.ts';
import { pictureSetOf } from './pictures.fixture.ts';
import type { InferOutcome, PredictionLine, TrainSpec } from './protocol.ts';
import { labelledExamples, splitExamples } from './train-data.ts';
import {
  type EndedJob,
  endOf,
  eventsOf,
  killedWhen,
  type RunningJob,
  readJson,
  removeTemporaryFolders,
  runToEnd,
  startJob,
  temporaryFolder,
} from './workers.fixture.ts';

test.after(removeTemporaryFolders);

const CLASSES = ['blue', 'red', 'striped'];

/** Pictures that a network tells apart within a few steps: labels by class, null without one. */
function pictureSet(labels: readonly (number | null)[]): Promise<string> {
  const pictures = labels.map((label, n) => {
    const data = Buffer.alloc(24 * 24 * 3);
    for (let i = 0; i < 24 * 24; i++) {
      const noise = Math.imul(i + n * 577, 2654435761) >>> 27;
      const stripe = Math.floor(i / 48) % 2 === 0 ? 60 : 190;
      data.set([[60, 200, stripe][label ?? 0]! + noise, [60, 60, stripe][label ?? 0]! + noise, [200, 60, stripe][label ?? 0]! + noise], 3 * i);
    }
    return { name: `${n}.png`, side: 24, data, label };
  });
  return pictureSetOf(CLASSES, pictures);
}

const dataset = await pictureSet(Array.from({ length: 44 }, (_, n) => (n < 42 ? n % 3 : null)));

const EPOCHS = 6;
const SPEC: TrainSpec = {
  kind: 'train',
  jobId: 1,
  threads: 2,
  memoryMb: 4096,
  dataset,
  labels: labelFolder(dataset, 1),
  classes: CLASSES,
  algorithm: 'smallnet',
  parameters: { batch_size: 8, epoch: EPOCHS, learning_rate: 0.01, momentum: 0.9, weight_decay: 5e-4, input_size: 32, augment: true },
  split: { training: 70, validation: 15, test: 15, seed: 42, stratify: true },
  about: { experiment: '실험 1' },
};

const resultOf = (job: EndedJob) => readJson<TrainResult>(job.dir, 'out', 'result.json');
const weightsOf = (job: EndedJob) => readFileSync(join(job.dir, 'out', 'weights.safetensors'));
const epochsOf = (job: { dir: string }) => eventsOf(job.dir).flatMap((event) => (event.type === 'epoch' ? [event.row] : []));
/** Waits until the job has told of an epoch. */
const epochEnds = (job: RunningJob, epoch: number) =>
  new Promise<void>((resolve) => job.child.on('message', () => epochsOf(job).some((row) => row.epoch === epoch) && resolve()));

let uninterrupted: EndedJob;

test('a training: result, model, weights, progress; and its model labels pictures', async () => {
  uninterrupted = await runToEnd(SPEC);
  assert.is(uninterrupted.end.state, 'succeeded', uninterrupted.log);
  const rows = epochsOf(uninterrupted);
  assert.equal(
    rows.map(({ epoch, of }) => [epoch, of]),
    Array.from({ length: EPOCHS }, (_, i) => [i + 1, EPOCHS]),
  );
  const result = resultOf(uninterrupted);
  const { training, validation, test: tested } = result.evaluation;
  assert.equal([training.count, validation.count, tested!.count, result.epochs, result.classes], [30, 6, 6, EPOCHS, CLASSES]);
  assert.is(
    result.confusion.flat().reduce((a, b) => a + b),
    6,
  );
  const right = result.confusion.reduce((sum, row, label) => sum + row[label]!, 0);
  assert.ok(Math.abs((100 * right) / 6 - tested!.accuracy) < 1e-9);
  // Of the steps themselves: after some dozens of them the running statistics that evaluation uses are still behind.
  assert.ok(rows.at(-1)!.train_accuracy > 60, `it has learned something: ${rows.map((row) => row.train_accuracy)}`);
  const best = Math.max(...rows.map((row) => row.validation_accuracy));
  assert.is(rows[result.bestEpoch - 1]!.validation_accuracy, best);
  assert.ok(Math.abs(validation.accuracy - best) < 1e-3, 'the best weights are the ones that are kept');
  assert.ok(decodeSafetensors(weightsOf(uninterrupted)).tensors.has('classifier.weight'));
  const phases = new Set(uninterrupted.messages.flatMap((message) => (message.type === 'progress' ? [message.progress.phase] : [])));
  assert.ok(phases.has('train') && phases.has('evaluate'));

  const inferred = await runToEnd({
    kind: 'infer',
    jobId: 2,
    threads: 2,
    memoryMb: 4096,
    model: join(uninterrupted.dir, 'out', 'model.onnx'),
    source: { kind: 'dataset', dataset, labels: labelFolder(dataset, 1) },
  });
  assert.is(inferred.end.state, 'succeeded', inferred.log);
  const outcome = readJson<InferOutcome>(inferred.dir, 'out', 'result.json');
  assert.equal([outcome.count, outcome.classes, outcome.perClass.reduce((a, b) => a + b)], [44, CLASSES, 44]);
  const expected = (training.accuracy * 30 + validation.accuracy * 6 + tested!.accuracy * 6) / 42;
  assert.ok(Math.abs(outcome.accuracy! - expected) < 1e-6, 'the model does as well outside as inside');
  const lines = readFileSync(join(inferred.dir, 'out', 'predictions.jsonl'), 'utf8')
    .trim()
    .split('\n');
  const predictions = lines.map((line) => JSON.parse(line) as PredictionLine);
  assert.equal(
    predictions.map(({ n }) => n),
    Array.from({ length: 44 }, (_, n) => n),
  );
  assert.is(predictions[43]!.truth, null);
  assert.ok(predictions.every(({ scores, score, predicted }) => Math.abs(scores.reduce((a, b) => a + b) - 1) < 0.001 && scores[predicted] === score));
});

test('killed in the second epoch and begun again: the same weights bit by bit, epochs without gap or double', async () => {
  const killed = await killedWhen(SPEC, (dir) => epochsOf({ dir }).length > 0);
  const resumed = await runToEnd(SPEC, killed.dir);
  assert.is(resumed.end.state, 'succeeded', resumed.log);
  assert.match(resumed.log, /going on after epoch [1-5] of 6/);
  assert.equal(
    epochsOf(resumed).map(({ epoch }) => epoch),
    Array.from({ length: EPOCHS }, (_, i) => i + 1),
  );
  assert.ok(weightsOf(resumed).equals(weightsOf(uninterrupted)), 'bit-equal');
  const timeless = ({ evaluation, bestEpoch, confusion }: TrainResult) => ({ evaluation, bestEpoch, confusion });
  assert.equal(timeless(resultOf(resumed)), timeless(resultOf(uninterrupted)));
  // Two at most: the last and the best.
  assert.ok(readdirSync(join(resumed.dir, 'checkpoint')).filter((name) => name.endsWith('.safetensors')).length <= 2);
});

test('stopped: after an epoch there is a model, before it there is none', async () => {
  const late = startJob({ ...SPEC, parameters: { ...SPEC.parameters, epoch: 500 } });
  await epochEnds(late, 1);
  late.child.send({ type: 'stop' });
  const stopped = await endOf(late);
  assert.equal([stopped.end.state, stopped.end.failure], ['stopped', null], stopped.log);
  assert.equal(readdirSync(join(late.dir, 'out')).sort(), ['model.onnx', 'result.json', 'weights.safetensors']);
  assert.is(resultOf(stopped).epochs, epochsOf(stopped).length);

  const large = await pictureSet(Array.from({ length: 300 }, (_, n) => n % 3));
  // A larger network, whose first epoch takes a while.
  const early = startJob({ ...SPEC, algorithm: 'resnet18', dataset: large, labels: labelFolder(large, 1) });
  early.child.once('message', () => early.child.send({ type: 'stop' }));
  const none = await endOf(early);
  assert.equal([none.end.state, none.end.failure, epochsOf(none).length], ['stopped', null, 0], none.log);
  assert.not.ok(readdirSync(none.dir).includes('out'));
});

test('what cannot be trained is told before it begins', async () => {
  const code = async (labels: (number | null)[], classes: string[], change: Partial<TrainSpec['split']> = {}) => {
    const dir = await pictureSet(labels);
    const set = await PictureSet.open(dir);
    try {
      splitExamples(await labelledExamples(set, labelFolder(dir, 1), classes), { classes, split: { ...SPEC.split, ...change } });
      return 'none';
    } catch (error) {
      if (error instanceof StudioError) return error.code;
      throw error;
    } finally {
      await set.close();
    }
  };
  assert.is(await code([null, null], []), 'training_no_labels');
  assert.is(await code([0, 0, 0], ['only']), 'training_one_class');
  assert.is(await code([0, 1, 0, 1], ['a', 'b', 'c']), 'training_class_empty');
  assert.is(await code([0, 1, 2], ['a', 'b', 'c']), 'training_too_few_pictures');
  assert.is(await code([0, 1, 1, 0], ['a', 'b']), 'none');
  assert.is(await code([0, 1, 1], ['a', 'b'], { training: 80, validation: 20, test: 0 }), 'none');
});

test('a training that learns nothing comes to its end, and says so in its result and its log', async () => {
  const { learning_rate: _, ...rest } = SPEC.parameters;
  const job = await runToEnd({ ...SPEC, parameters: { ...rest, learning_rate: 10, epoch: 2 } });
  assert.is(job.end.state, 'succeeded', job.log);
  const { warning } = resultOf(job);
  assert.ok(warning, job.log);
  assert.match(warning!.en, 'learning_rate');
  assert.match(warning!.ko, 'learning_rate');
  const told = eventsOf(job.dir).filter((event) => event.type === 'log' && event.level === 'warning');
  assert.equal(
    told.map((event) => event.type === 'log' && [event.text, event.ko]),
    [[warning!.en, warning!.ko]],
  );
});

test('it has learned nothing where the loss is far above that of guessing, or where it is right about as often as the largest class is there', () => {
  const labelsOf = (...counts: number[]) => counts.flatMap((count, label) => new Array<number>(count).fill(label));
  const says = (labels: number[], accuracy: number, loss: number, confusion: number[][]) =>
    notLearned({ accuracy, loss }, labels, confusion)?.en.slice(0, 23) ?? null;
  // Each row is the pictures of one class: right ones and those that were taken for the other.
  const judged = (first: [right: number, wrong: number], second: [right: number, wrong: number]) => [first, [second[1], second[0]]];
  const [FAR, HARDLY] = ['The training did not co', 'The model hardly tells '];
  const uneven = labelsOf(90, 10);
  assert.is(says(uneven, 98, 0.1, judged([17, 1], [2, 0])), null);
  assert.is(says(uneven, 60, 8e7, judged([17, 1], [2, 0])), FAR);
  assert.is(says(uneven, 90, 0.4, judged([18, 0], [0, 2])), HARDLY);
  assert.is(says(uneven, 99, 0.1, judged([18, 0], [0, 2])), null, 'it has learned the pictures that it was shown');
  assert.is(says(uneven, 85, 0.4, judged([15, 3], [2, 0])), null, 'right more seldom than one that names the largest class, but it tells them apart');
  const even = labelsOf(50, 50);
  assert.is(says(even, 55, 0.7, judged([11, 9], [10, 10])), HARDLY, 'it guesses');
  assert.is(says(even, 75, 0.6, judged([11, 9], [10, 10])), null);
  const rare = labelsOf(397, 3);
  assert.is(says(rare, 100, 0.01, judged([40, 0], [0, 0])), null, 'it has learned all three, and none is left to judge it by');
  assert.is(says(rare, 100, 0.01, judged([40, 0], [0, 1])), null);
  assert.is(says(rare, 99.25, 0.05, judged([40, 0], [0, 0])), HARDLY);
  assert.is(says(rare, 96, 0.05, judged([38, 2], [0, 0])), null, 'a balanced training: what is left does not say');
});

test('failures have their own reasons', async () => {
  const fails = async (change: Partial<TrainSpec>) => {
    const job = await runToEnd({ ...SPEC, ...change });
    return [job.end.state, job.end.failure?.code];
  };
  const wild = { ...SPEC.parameters, learning_rate: 10, momentum: 0.9999, epoch: 30, batch_size: 1000 };
  const empty = temporaryFolder();
  mkdirSync(join(empty, 'x'));
  assert.equal(await fails({ parameters: wild, memoryMb: 100 }), ['failed', 'out_of_memory_batch']);
  assert.equal(await fails({ algorithm: 'resnet9000' }), ['failed', 'algorithm_unknown']);
  const start = { key: 'model 1', name: 'smallnet', file: join(uninterrupted.dir, 'out', 'weights.safetensors') };
  const small = { ...SPEC.parameters, input_size: 24 };
  assert.equal(await fails({ algorithm: 'densenet121', parameters: small, start }), ['failed', 'input_size_too_small']);
  assert.equal(await fails({ algorithm: 'resnet18', parameters: { ...SPEC.parameters, batch_size: 1 } }), ['failed', 'batch_of_one']);
  assert.equal(await fails({ dataset: empty }), ['failed', 'dataset_unreadable']);
});

test.run();
