import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openModel } from './inference.ts';
import { lower } from './lowering.ts';
import type { Architecture } from './model.ts';
import { beta, stepRandom } from './noise.ts';
import type { OptimizerOptions } from './optimizers.ts';
import { Random } from './random.ts';
import type { Tensor } from './tensor.ts';
import type { Trainer, TrainerOptions } from './trainer.ts';
import { createTrainer } from './trainer.ts';
import type { Refinements } from './training.ts';
import { trainingProgram } from './training.ts';

/** Two stages and a head, with dropout, stochastic depth and batch norms. */
const staged: Architecture = {
  name: 'staged',
  build(model, images, classes) {
    model.stage();
    let x = model.silu(model.batchNorm('bn1', model.conv('conv1', images, { out: 8, kernel: 3, stride: 2, padding: 1 })));
    model.stage();
    const y = model.relu6(model.batchNorm('bn2', model.conv('conv2', x, { out: 8, kernel: 3, padding: 1, groups: 8 })));
    x = model.add(model.stochasticDepth(y, 0.3), x);
    model.stage();
    return model.linear('fc', model.dropout(model.globalAveragePool(x), 0.4), classes);
  },
};

/** The means of the channels, times a matrix: what training sees is what evaluation sees. */
const linear: Architecture = {
  name: 'linear',
  build(model, images, classes) {
    model.stage();
    return model.linear('fc', model.globalAveragePool(images), classes);
  },
};

const size = 8;
const batch = 4;
const classes = 3;
const sgd = { kind: 'sgd', momentum: 0, weightDecay: 0 } as const;

const random = new Random(5);
const images = Uint8Array.from({ length: batch * size * size * 3 }, (_, index) => random.integer(100) + 50 * (Math.floor(index / 192) % 3));
const labels = Int32Array.of(0, 2, 1, 1);

function made(model: Architecture, more: Partial<TrainerOptions> = {}): Promise<Trainer> {
  const std = [0.2, 0.2, 0.2] as const;
  return createTrainer({ model, classes, size, batch, optimizer: sgd, mean: [0.4, 0.4, 0.4], std, threads: 1, seed: 1, ...more });
}

/** log(softmax) of a row of logits. */
function logSoftmax(row: readonly number[]): number[] {
  const total = Math.log(row.reduce((sum, value) => sum + Math.exp(value), 0));
  return row.map((value) => value - total);
}

const rows = (values: ArrayLike<number>) =>
  Array.from({ length: batch }, (_, row) => Array.from({ length: classes }, (_, column) => values[row * classes + column]!));
const hard = Array.from(labels, (label) => Array.from({ length: classes }, (_, index) => Number(index === label)));
const near = (found: number, expected: number, what: string) =>
  assert.ok(Math.abs(found - expected) < 2e-5 * Math.max(1, Math.abs(expected)), `${what}: ${found} instead of ${expected}`);

test('a training with everything switched on goes on bit-equal from its state', async () => {
  const options: Partial<TrainerOptions> = {
    optimizer: { kind: 'adamw', weightDecay: 0.01 },
    labelSmoothing: 0.1,
    classWeights: [1, 2, 0.5],
    clipNorm: 1,
    averageDecay: 0.9,
    mixup: 0.4,
  };
  const one = await made(staged, options);
  for (let step = 0; step < 3; step++) await one.step(images, labels, 0.01);
  const between = await one.state();
  const rest = [await one.step(images, labels, 0.01), await one.step(images, labels, 0.01)];
  const other = await made(staged, { ...options, seed: 1 });
  await other.step(images, labels, 0.5);
  other.load(between);
  assert.equal([await other.step(images, labels, 0.01), await other.step(images, labels, 0.01)], rest);
  assert.equal(await other.state(), await one.state());
  assert.equal(await other.evaluate(images, labels, batch), await one.evaluate(images, labels, batch));
  await one.close();
  await other.close();
});

test('dropout and stochastic depth depend on the seed and can be switched off', async () => {
  const losses = async (more: Partial<TrainerOptions>) => {
    const trainer = await made(staged, more);
    const { weights } = await (await made(staged)).state();
    trainer.load({ weights });
    const found = [(await trainer.step(images, labels, 0)).loss, (await trainer.step(images, labels, 0)).loss];
    await trainer.close();
    return found;
  };
  const [first, second] = await losses({});
  assert.is.not(first, second);
  assert.is.not((await losses({ seed: 2 }))[0], first);
  const [still, again] = await losses({ dropout: false });
  near(again!, still!, 'without noise');
});

test('label smoothing, class weights and mixup give the loss that is written in the papers', async () => {
  const logits = async (pictures: Uint8Array) => {
    const plain = await made(linear);
    const found = await plain.evaluate(pictures, labels, batch);
    await plain.close();
    return rows(found.logits);
  };
  const loss = async (more: Partial<TrainerOptions>) => {
    const trainer = await made(linear, more);
    const found = await trainer.step(images, labels, 0);
    await trainer.close();
    return found.loss;
  };
  const expected = (log: readonly (readonly number[])[], targets: readonly (readonly number[])[], weights: readonly number[], smoothing: number) => {
    let sum = 0;
    let mass = 0;
    for (let row = 0; row < batch; row++) {
      for (let column = 0; column < classes; column++) {
        const target = targets[row]![column]!;
        mass += weights[column]! * target;
        sum -= weights[column]! * ((1 - smoothing) * target + smoothing / classes) * log[row]![column]!;
      }
    }
    return sum / mass;
  };
  const plain = await logits(images);
  const log = plain.map(logSoftmax);
  near(await loss({ labelSmoothing: 0.1 }), expected(log, hard, [1, 1, 1], 0.1), 'smoothing');
  near(await loss({ classWeights: [1, 2, 0.5] }), expected(log, hard, [1, 2, 0.5], 0), 'weights');
  near(await loss({ classWeights: [1, 2, 0.5], labelSmoothing: 0.1 }), expected(log, hard, [1, 2, 0.5], 0.1), 'both');
  // This net is linear, so mixed pictures give mixed logits.
  const share = beta(stepRandom(1, 0), 0.4);
  const mix = (values: readonly (readonly number[])[]) =>
    values.map((row, index) => row.map((value, column) => share * value + (1 - share) * values[(index + batch - 1) % batch]![column]!));
  near(await loss({ mixup: 0.4 }), expected(mix(plain).map(logSoftmax), mix(hard), [1, 1, 1], 0), 'mixup');
  // torch.nn.functional.cross_entropy(..., weight, label_smoothing) 1.13 on these logits.
  const given = [
    [1, 2, 3],
    [0, -1, 1],
  ].map(logSoftmax);
  const two = (weights: readonly number[]) => {
    let [sum, mass] = [0, 0];
    [0, 2].forEach((label, row) => {
      mass += weights[label]!;
      for (let column = 0; column < 3; column++) sum -= weights[column]! * (0.9 * Number(column === label) + 0.1 / 3) * given[row]![column]!;
    });
    return sum / mass;
  };
  near(two([1, 2, 0.5]), 1.8302507402468462, 'the formula of this test');
  await assertRejects(() => made(linear, { classWeights: [1, 2] }), /2 weights are given for 3 classes/);
});

async function assertRejects(work: () => Promise<unknown>, pattern: RegExp): Promise<void> {
  try {
    await work();
  } catch (error) {
    assert.match((error as Error).message, pattern);
    return;
  }
  assert.unreachable('nothing was thrown');
}

const difference = (a: Tensor, b: Tensor) => Float64Array.from(a.data as Float32Array, (value, index) => value - (b.data[index] as number));

test('clipping shortens the step to the norm that is allowed', async () => {
  const change = async (more: Partial<TrainerOptions>, rate = 1) => {
    const trainer = await made(linear, more);
    const before = (await trainer.state()).weights;
    await trainer.step(images, labels, rate);
    const after = (await trainer.state()).weights;
    await trainer.close();
    return [...difference(after.get('fc.weight')!, before.get('fc.weight')!), ...difference(after.get('fc.bias')!, before.get('fc.bias')!)];
  };
  const norm = (values: readonly number[]) => Math.hypot(...values);
  const free = await change({});
  near(norm(await change({ clipNorm: norm(free) / 2 })), norm(free) / 2, 'clipped');
  near(norm(await change({ clipNorm: norm(free) * 2 })), norm(free), 'not clipped');
  // As where gradients explode: a millionth of the norm is allowed, and the rate makes of it what can be measured in a weight.
  near(norm(await change({ clipNorm: norm(free) / 1e6 }, 1e6)), norm(free), 'clipped to a millionth');
});

test('optimizers, clipping and averages work on kernels as they are held', () => {
  const turned = (optimizer: OptimizerOptions, refinements: Refinements) => {
    const input = { kind: 'pixels', mean: [0.5, 0.5, 0.5], std: [0.2, 0.2, 0.2] } as const;
    const program = trainingProgram({ model: staged, classes, size, batch, input }, optimizer, refinements);
    const { nodes } = lower(program, { block: 8, filterStates: true }).model.graph;
    return nodes.filter(({ type }) => type === 'Transpose').length;
  };
  const least = turned(sgd, {});
  for (const kind of ['adam', 'adamw'] as const) assert.is(turned({ kind, weightDecay: 0.01 }, { clipNorm: 1, average: true }), least, kind);
  assert.is(turned({ ...sgd, momentum: 0.9 }, { clipNorm: 1, average: true }), least, 'sgd');
});

test('the average is what is evaluated and exported', async () => {
  const decay = 0.7;
  const trainer = await made(linear, { averageDecay: decay });
  let average = (await trainer.state()).weights.get('fc.weight')!.data as Float32Array;
  for (let step = 0; step < 30; step++) {
    await trainer.step(images, labels, 0.3);
    const now = (await trainer.state()).weights.get('fc.weight')!.data as Float32Array;
    const share = Math.min(decay, (1 + step) / (10 + step));
    average = average.map((value, index) => share * value + (1 - share) * now[index]!);
  }
  const state = await trainer.state();
  average.forEach((value, index) => {
    near(state.optimizer.get('fc.weight.average')!.data[index] as number, value, 'average');
  });
  const plain = await made(linear);
  plain.load({
    weights: new Map([
      ['fc.weight', { dtype: 'float32', shape: [3, 3], data: average }],
      ['fc.bias', state.optimizer.get('fc.bias.average')!],
    ]),
  });
  const found = await trainer.evaluate(images, labels, batch);
  const expected = await plain.evaluate(images, labels, batch);
  found.logits.forEach((value, index) => {
    near(value, expected.logits[index]!, 'logit');
  });
  const file = await openModel(await trainer.exportOnnx({}), { threads: 1 });
  const probabilities = await file.run(images, batch);
  rows(expected.logits)
    .flatMap((row) => logSoftmax(row).map(Math.exp))
    .forEach((value, index) => {
      near(probabilities[index]!, value, 'probability');
    });
  await file.close();
  await plain.close();
  await trainer.close();
});

test('frozen stages keep weights and statistics', async () => {
  const trainer = await made(staged, { frozenStages: 1 });
  const before = (await trainer.state()).weights;
  for (let step = 0; step < 2; step++) await trainer.step(images, labels, 0.1);
  const after = (await trainer.state()).weights;
  for (const [name, tensor] of before) {
    const moved = difference(after.get(name)!, tensor).some((value) => value !== 0);
    assert.is(moved, !/^(conv1|bn1)\./.test(name), name);
  }
  await trainer.close();
  await assertRejects(() => made(staged, { frozenStages: 3 }), /leave nothing to train/);
});

test.run();
