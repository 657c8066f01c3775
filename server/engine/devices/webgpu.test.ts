import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { architectures } from '../../zoo/architectures.ts';
import { lower } from '../lowering.ts';
import type { Architecture } from '../model.ts';
import { initialWeights } from '../model.ts';
import { encodeOnnx } from '../onnx.ts';
import { Random } from '../random.ts';
import type { DeviceName } from '../runtime.ts';
import type { Tensor } from '../tensor.ts';
import type { Trainer, TrainerOptions } from '../trainer.ts';
import { createTrainer } from '../trainer.ts';
import { trainingProgram } from '../training.ts';
import './swiftshader.fixture.ts';
import { gpuSession, type WebGpuStore, webgpu } from './webgpu.ts';

const size = 8;
const batch = 4;
const mean = [0.5, 0.4, 0.3] as const;
const std = [0.2, 0.25, 0.3] as const;

/** What the large nets are made of, in little: convolutions with and without stride, depthwise ones, pooling, scaling, joining. */
const tiny: Architecture = {
  name: 'tiny',
  build(model, images, classes) {
    let x = model.relu(model.batchNorm('bn1', model.conv('conv1', images, { out: 4, kernel: 3, padding: 1 })));
    x = model.maxPool(x, { kernel: 3, stride: 2, padding: 1 });
    const y = model.batchNorm('bn2', model.conv('conv2', x, { out: 4, kernel: 3, padding: 1, groups: 4 }));
    x = model.relu(model.add(y, x));
    x = model.batchNorm('bn3', model.conv('conv3', x, { out: 8, kernel: 1, stride: 2 }));
    return model.linear('fc', model.globalAveragePool(x), classes);
  },
};

function trainer(device: DeviceName, more: Partial<TrainerOptions> = {}): Promise<Trainer> {
  const optimizer = { kind: 'sgd', momentum: 0.9, weightDecay: 5e-4 } as const;
  return createTrainer({ model: tiny, classes: 3, size, batch, optimizer, mean, std, threads: 1, seed: 1, device, ...more });
}

const random = new Random(3);
const images = Uint8Array.from({ length: batch * size * size * 3 }, () => random.integer(256));
const labels = Int32Array.of(0, 1, 2, 1);

function near(found: number, expected: number, what: string, relative = 1e-3): void {
  assert.ok(Math.abs(found - expected) <= relative * Math.abs(expected), `${what}: ${found}, on the CPU ${expected}`);
}

for (const [name, more] of Object.entries({
  'with momentum': {},
  'with all refinements': {
    optimizer: { kind: 'adamw', weightDecay: 0.01 },
    labelSmoothing: 0.1,
    classWeights: [1, 2, 1],
    clipNorm: 0.5,
    averageDecay: 0.9,
    mixup: 0.2,
  },
} satisfies Record<string, Partial<TrainerOptions>>)) {
  test(`steps on WebGPU are those of the CPU, ${name}`, async () => {
    const [here, there] = [await trainer('cpu', more), await trainer('webgpu', more)];
    assert.is(there.device, 'webgpu');
    for (let step = 0; step < 4; step++) {
      const [expected, found] = [await here.step(images, labels, 0.05), await there.step(images, labels, 0.05)];
      near(found.loss, expected.loss, `loss of step ${step}`);
      assert.is(found.correct, expected.correct);
    }
    const [expected, found] = [await here.evaluate(images, labels, batch), await there.evaluate(images, labels, batch)];
    near(found.lossSum, expected.lossSum, 'evaluation');
    // A state goes from one device to the other and on from there.
    const state = await there.state();
    here.load(state);
    const again = await there.state();
    assert.equal(again, state);
    there.load(again);
    near((await there.step(images, labels, 0.05)).loss, (await here.step(images, labels, 0.05)).loss, 'after loading');
    await here.close();
    await there.close();
  });
}

test('weights and moments stay on the GPU between steps, and can be read and replaced', async () => {
  const options = { model: tiny, classes: 3, size, batch, input: { kind: 'pixels', mean, std } } as const;
  const program = trainingProgram(options, { kind: 'sgd', momentum: 0.9, weightDecay: 0 });
  const device = webgpu();
  const store = device.store(new Map([...initialWeights(program.parameters, 0), ...program.slots])) as WebGpuStore;
  const training = await device.compile(program, store);
  const inputs = new Map<string, Tensor>([
    ['images', { dtype: 'uint8', shape: [batch, size, size, 3], data: images }],
    ['labels', { dtype: 'int32', shape: [batch], data: labels }],
    ['rate', { dtype: 'float32', shape: [], data: Float32Array.of(0.01) }],
  ]);
  const before = (await store.read()).get('fc.weight')!;
  await training.run(inputs);
  for (const [name, { location }] of await store.ready()) assert.is(location, 'gpu-buffer', name);
  assert.not.equal((await store.read()).get('fc.weight'), before);
  store.write(new Map([['fc.weight', before]]));
  assert.equal((await store.read()).get('fc.weight'), before);
  assert.throws(() => store.write(new Map([['nothing', before]])), /there is no nothing/);
  await store.close();
  await training.close();
});

test('a model of which an operator would fall back to the CPU is refused', async () => {
  const options = { model: tiny, classes: 3, size, batch, input: { kind: 'pixels', mean, std } } as const;
  const program = trainingProgram(options, { kind: 'sgd', momentum: 0.9, weightDecay: 0 });
  const error = await gpuSession(encodeOnnx(lower(program, { block: 0 }).model), {}).then(
    () => null,
    (thrown: Error) => thrown,
  );
  assert.match(error?.message ?? '', /fallback to CPU/);
});

test('every operator of every kind of net has a place on the GPU', async () => {
  for (const name of ['resnet18', 'mobilenet_v3_small', 'smallnet'] as const) {
    const options = { model: architectures[name], classes: 3, size: 32, batch: 2, input: { kind: 'pixels', mean, std } } as const;
    const program = trainingProgram(options, { kind: 'sgd', momentum: 0.9, weightDecay: 0 }, { noise: true });
    const session = await gpuSession(encodeOnnx(lower(program, { block: 0, provider: 'webgpu' }).model), {});
    await session.release();
  }
});

test.run();
