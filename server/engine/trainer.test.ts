import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { channelBlock } from './channelblock.ts';
import { cpu } from './devices/cpu.ts';
import { openModel } from './inference.ts';
import { streamsFor } from './inference-streams.ts';
import { lower } from './lowering.ts';
import type { Architecture } from './model.ts';
import { initialWeights } from './model.ts';
import { decodeOnnx } from './onnx.fixture.ts';
import { Random } from './random.ts';
import type { Tensor } from './tensor.ts';
import type { Trainer } from './trainer.ts';
import { createTrainer } from './trainer.ts';
import { trainingProgram } from './training.ts';

/** A residual net in little: every kind of layer that the large ones have. */
const little: Architecture = {
  name: 'little',
  build(model, images, classes) {
    let x = model.relu(model.batchNorm('bn1', model.conv('conv1', images, { out: 8, kernel: 3, stride: 2, padding: 1 })));
    x = model.maxPool(x, { kernel: 3, stride: 2, padding: 1 });
    let y = model.relu(model.batchNorm('bn2', model.conv('conv2', x, { out: 8, kernel: 3, padding: 1 })));
    y = model.batchNorm('bn3', model.conv('conv3', y, { out: 8, kernel: 3, padding: 1 }));
    x = model.relu(model.add(y, x));
    y = model.batchNorm('bn4', model.conv('conv4', x, { out: 16, kernel: 3, stride: 2, padding: 1 }));
    x = model.relu(model.add(y, model.batchNorm('bn5', model.conv('conv5', x, { out: 16, kernel: 1, stride: 2 }))));
    return model.linear('fc', model.globalAveragePool(x), classes);
  },
};

const size = 16;
const sgd = { kind: 'sgd', momentum: 0.9, weightDecay: 5e-4 } as const;

function trainer(batch: number, more: Partial<Parameters<typeof createTrainer>[0]> = {}): Promise<Trainer> {
  return createTrainer({ model: little, classes: 3, size, batch, optimizer: sgd, mean: [0.5, 0.4, 0.3], std: [0.2, 0.25, 0.3], threads: 1, seed: 1, ...more });
}

/** Pictures whose class is the channel that is bright. */
function pictures(batch: number, seed = 0): { images: Uint8Array; labels: Int32Array } {
  const random = new Random(seed);
  const labels = Int32Array.from({ length: batch }, (_, index) => index % 3);
  const images = Uint8Array.from({ length: batch * size * size * 3 }, (_, index) => {
    const bright = index % 3 === labels[Math.floor(index / (size * size * 3))];
    return random.integer(128) + (bright ? 100 : 0);
  });
  return { images, labels };
}

for (const batch of [8, 6]) {
  test(`the loss falls and the pictures are learnt, ${batch} at a time`, async () => {
    const one = await trainer(batch);
    const { images, labels } = pictures(batch);
    const first = await one.step(images, labels, 0.05);
    assert.ok(Math.abs(first.loss - Math.log(3)) < 1, `the first loss is ${first.loss}`);
    let last = first;
    for (let step = 0; step < 30; step++) last = await one.step(images, labels, 0.05);
    assert.ok(last.loss < 0.1 * first.loss, `from ${first.loss} to ${last.loss}`);
    assert.is(last.correct, batch);
    for (let step = 0; step < 30; step++) await one.step(images, labels, 0);
    const judged = await one.evaluate(images, labels, batch);
    assert.is(judged.correct, batch);
    assert.is(judged.logits.length, batch * 3);
    await one.close();
  });
}

test('from a state training goes on bit-equal', async () => {
  const { images, labels } = pictures(8);
  const one = await trainer(8);
  for (let step = 0; step < 3; step++) await one.step(images, labels, 0.05);
  const state = await one.state();
  const kept = structuredClone(state);
  const on = [await one.step(images, labels, 0.05), await one.step(images, labels, 0.02)];
  assert.equal(state, kept, 'a state is a copy');
  const two = await trainer(8, { seed: 99 });
  two.load(state);
  assert.equal([await two.step(images, labels, 0.05), await two.step(images, labels, 0.02)], on);
  assert.equal(await two.state(), await one.state());
  one.load({ weights: state.weights });
  assert.ok(
    (await one.state()).optimizer.get('fc.weight.momentum')!.data.every((value) => value === 0),
    'without the optimizer it begins anew',
  );
  await one.close();
  await two.close();
});

test('the same seed gives the same run, another seed another one', async () => {
  const { images, labels } = pictures(8);
  const run = async (seed: number) => {
    const one = await trainer(8, { seed });
    const losses = [await one.step(images, labels, 0.05), await one.step(images, labels, 0.05)];
    await one.close();
    return losses;
  };
  assert.equal(await run(4), await run(4));
  assert.not.equal(await run(4), await run(5));
});

test('blocked memory changes nothing but rounding', async () => {
  const program = trainingProgram({ model: little, classes: 3, size, batch: 8, input: { kind: 'normalized' } }, sgd);
  const random = new Random(3);
  const x: Tensor = { dtype: 'float32', shape: [8, 3, size, size], data: Float32Array.from({ length: 8 * 3 * size * size }, () => random.normal()) };
  const inputs = new Map<string, Tensor>([
    ['images', x],
    ['labels', { dtype: 'int32', shape: [8], data: pictures(8).labels }],
    ['rate', { dtype: 'float32', shape: [], data: Float32Array.of(0.05) }],
  ]);
  const results: Map<string, Tensor>[] = [];
  for (const block of [0, await channelBlock()]) {
    const device = await cpu({ threads: 1, block });
    const store = device.store(new Map([...initialWeights(program.parameters, 0), ...program.slots]));
    const executable = await device.compile(program, store);
    await executable.run(inputs);
    results.push(await store.read());
    await executable.close();
  }
  for (const [name, { data }] of results[0]!) {
    const other = results[1]!.get(name)!.data as Float32Array;
    const scale = Math.max(1e-3, ...(data as Float32Array).map(Math.abs));
    (data as Float32Array).forEach((value, index) => {
      assert.ok(Math.abs(value - other[index]!) <= 1e-4 * scale, `${name}[${index}]: ${value} and ${other[index]}`);
    });
  }
});

test('the exported model says what evaluation says', async () => {
  const one = await trainer(8);
  const { images, labels } = pictures(8);
  for (let step = 0; step < 5; step++) await one.step(images, labels, 0.05);
  const { logits, lossSum, correct } = await one.evaluate(images, labels, 8);
  const part = await one.evaluate(images.subarray(0, 5 * size * size * 3), labels.subarray(0, 5), 5);
  assert.equal(
    part.logits.map((value) => Math.fround(value)),
    logits.slice(0, 15),
  );
  const file = await one.exportOnnx({ task: 'classification', classes: '["a","b","c"]' });
  await one.close();
  const { graph } = decodeOnnx(file);
  assert.equal(graph.inputs, [{ name: 'images', dtype: 'float32', shape: ['n', 3, size, size] }]);
  assert.equal(
    graph.outputs.map(({ name, shape }) => [name, shape]),
    [
      ['logits', ['n', 3]],
      ['probabilities', ['n', 3]],
    ],
  );
  const model = await openModel(file, { threads: 1 });
  assert.equal([model.size, model.classes, model.metadata.task], [size, 3, 'classification']);
  for (const count of [8, 3]) {
    const probabilities = await model.run(images, count);
    assert.is(probabilities.length, count * 3);
    let loss = 0;
    for (let picture = 0; picture < count; picture++) {
      const row = logits.subarray(picture * 3, picture * 3 + 3);
      const powers = Array.from(row, Math.exp);
      const total = powers.reduce((sum, power) => sum + power, 0);
      powers.forEach((power, index) => {
        assert.ok(Math.abs(probabilities[picture * 3 + index]! - power / total) < 1e-5);
      });
      loss -= Math.log(powers[labels[picture]!]! / total);
    }
    if (count === 8) assert.ok(Math.abs(loss - lossSum) < 1e-4 && correct <= 8);
  }
  await model.close();
  await judgesTheSameInStreams(file, images);
});

async function judgesTheSameInStreams(file: Uint8Array, images: Uint8Array): Promise<void> {
  const open = (memoryBytes: number) => openModel(file, { threads: 2, memoryBytes });
  const [one, two] = [await open(8 * file.length), await open(1e9)];
  assert.equal([one.streams, two.streams], [1, 2]);
  const batch = (picture: number) => images.subarray(picture * size * size * 3, (picture + 2) * size * size * 3);
  const judged = (model: typeof one) => Promise.all([0, 1, 2, 3, 4, 5, 6].map((picture) => model.run(batch(picture), 2)));
  const [alone, inStreams] = [await judged(one), await judged(two)];
  assert.is(inStreams.length, 7);
  inStreams.forEach((probabilities, at) => {
    assert.equal([...probabilities], [...alone[at]!]);
  });
  await Promise.all([one.close(), two.close()]);
  await openModel(file.subarray(0, file.length - 1), { threads: 2, memoryBytes: 1e9 }).then(
    () => assert.unreachable(),
    (error: Error) => assert.is(error.name, 'OnnxFormatError'),
  );
}

test('a model is parted into as many streams as there is memory for', () => {
  const of = (fileMb: number, size: number, memoryMb: number, prepared?: 'kept' | 'made') =>
    streamsFor(4, { fileBytes: fileMb * 2 ** 20, size, memoryBytes: memoryMb * 2 ** 20, prepared });
  assert.equal([of(223, 224, 1024), of(90, 224, 1024), of(43, 224, 1024), of(1, 64, 1024)], [1, 2, 3, 4], 'resnet152, resnet50, resnet18, smallnet');
  assert.equal([of(43, 224, 8192), of(43, 224, 100), of(1, 1024, 1024)], [4, 1, 2]);
  assert.equal([of(223, 224, 1024, 'kept'), of(90, 224, 1024, 'kept')], [2, 4], 'of prepared ones the weights are mapped');
  assert.equal([of(223, 224, 1024, 'made'), of(90, 224, 1024, 'made')], [1, 3]);
});

test('weights and pictures that do not fit are refused', async () => {
  const one = await trainer(8);
  const { images, labels } = pictures(8);
  let refused = '';
  await one.step(images.subarray(1), labels, 0.1).catch((error: Error) => {
    refused = error.message;
  });
  assert.match(refused, /are not 8 RGB pictures/);
  const { weights } = await one.state();
  const wrong = new Map(weights).set('fc.bias', { dtype: 'float32', shape: [4], data: new Float32Array(4) });
  assert.throws(() => one.load({ weights: wrong }), /fc\.bias is float32 \[3\], what is loaded is float32 \[4\]/);
  weights.delete('conv1.weight');
  assert.throws(() => one.load({ weights }), /conv1\.weight is missing/);
  await one.close();
});

test('an exported graph holds standard operators only', () => {
  const program = trainingProgram({ model: little, classes: 3, size, batch: 8, input: { kind: 'normalized' } }, sgd);
  const { model } = lower(program, { block: 0 });
  assert.equal(Object.keys(model.opsets), ['']);
});

test.run();
