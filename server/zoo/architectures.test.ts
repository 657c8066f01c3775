import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cpu } from '../engine/devices/cpu.ts';
import { blueprint, initialWeights } from '../engine/model.ts';
import { Random } from '../engine/random.ts';
import type { Tensor } from '../engine/tensor.ts';
import { float32 } from '../engine/tensor.ts';
import type { ClassifierOptions } from '../engine/training.ts';
import { trainingProgram } from '../engine/training.ts';
import type { ArchitectureName } from './architectures.ts';
import { architectures, describe } from './architectures.ts';

// torchvision's tables: 1e9 multiply-adds of a picture of 224 px (efficientnet_b1: 240, b2: 288, b3: 300), and parameters for 1000 classes.
const documented: { readonly [name in ArchitectureName]: readonly [size: number, gflops: number, parameters: number] } = {
  resnet18: [224, 1.81, 11_689_512],
  resnet34: [224, 3.66, 21_797_672],
  resnet50: [224, 4.09, 25_557_032],
  resnet101: [224, 7.8, 44_549_160],
  resnet152: [224, 11.51, 60_192_808],
  densenet121: [224, 2.83, 7_978_856],
  densenet161: [224, 7.73, 28_681_000],
  densenet169: [224, 3.36, 14_149_480],
  densenet201: [224, 4.29, 20_013_928],
  efficientnet_b0: [224, 0.39, 5_288_548],
  efficientnet_b1: [240, 0.69, 7_794_184],
  efficientnet_b2: [288, 1.09, 9_109_994],
  efficientnet_b3: [300, 1.83, 12_233_232],
  mobilenet_v2: [224, 0.3, 3_504_872],
  mobilenet_v3_small: [224, 0.06, 2_542_856],
  mobilenet_v3_large: [224, 0.22, 5_483_032],
  // Ours, counted by hand: convolutions 864 + 9216 + 18432 + 36864 + 73728 + 147456, norms 896, head 129000.
  smallnet: [64, 0.16, 416_456],
};

for (const name of Object.keys(documented) as ArchitectureName[]) {
  test(`${name} costs what is documented`, () => {
    const [size, gflops, parameters] = documented[name];
    const found = describe(name, 1000, size);
    assert.is(found.parameters, parameters);
    assert.ok(Math.abs(found.gflops - gflops) < 0.01, `${found.gflops}`);
  });
}

test('parameters bear the names of a torchvision state_dict', () => {
  const names = (name: ArchitectureName) => new Map(blueprint(architectures[name], 10, 64).parameters.map((parameter) => [parameter.name, parameter.shape]));
  const expected: readonly (readonly [ArchitectureName, string, readonly number[]])[] = [
    ['densenet121', 'features.conv0.weight', [64, 3, 7, 7]],
    ['densenet121', 'features.denseblock2.denselayer12.conv2.weight', [32, 128, 3, 3]],
    ['densenet121', 'features.transition3.norm.running_mean', [1024]],
    ['densenet161', 'features.norm5.weight', [2208]],
    ['efficientnet_b0', 'features.1.0.block.1.fc1.weight', [8, 32, 1, 1]],
    ['efficientnet_b0', 'features.5.2.block.2.fc2.bias', [672]],
    ['efficientnet_b3', 'classifier.1.weight', [10, 1536]],
    ['mobilenet_v2', 'features.1.conv.1.weight', [16, 32, 1, 1]],
    ['mobilenet_v2', 'features.17.conv.1.0.weight', [960, 1, 3, 3]],
    ['mobilenet_v3_small', 'features.1.block.1.fc1.bias', [8]],
    ['mobilenet_v3_large', 'features.15.block.1.0.weight', [960, 1, 5, 5]],
    ['mobilenet_v3_large', 'classifier.0.weight', [1280, 960]],
  ];
  for (const [architecture, name, shape] of expected) assert.equal(names(architecture).get(name), shape, `${architecture} ${name}`);
});

test('weights are drawn from the distributions that torchvision draws from', () => {
  const deviation = (architecture: ArchitectureName, name: string) => {
    const { parameters } = blueprint(architectures[architecture], 10, 64);
    const values = initialWeights(parameters, 3).get(name)!.data as Float32Array;
    return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
  };
  const near = (found: number, expected: number) => assert.ok(Math.abs(found / expected - 1) < 0.05, `${found} instead of ${expected}`);
  near(deviation('densenet121', 'features.denseblock1.denselayer1.conv2.weight'), Math.sqrt(2 / (128 * 9)));
  near(deviation('mobilenet_v2', 'features.18.0.weight'), Math.sqrt(2 / 1280));
  near(deviation('mobilenet_v2', 'classifier.1.weight'), 0.01);
  near(deviation('efficientnet_b0', 'classifier.1.weight'), 1 / Math.sqrt(3 * 10));
  assert.is(deviation('densenet121', 'classifier.bias'), 0);
});

test('the small network learns pictures by heart', async () => {
  const [batch, size, classes] = [6, 28, 3];
  const options: ClassifierOptions = { model: architectures.smallnet, classes, size, batch, input: { kind: 'normalized' } };
  const program = trainingProgram(options, { kind: 'sgd', momentum: 0.9, weightDecay: 5e-4 });
  const device = await cpu({ threads: 1 });
  const training = await device.compile(program, device.store(new Map([...initialWeights(program.parameters, 0), ...program.slots])));
  const random = new Random(1);
  const inputs = new Map<string, Tensor>([
    [
      'images',
      float32(
        Float32Array.from({ length: batch * 3 * size * size }, () => random.normal()),
        [batch, 3, size, size],
      ),
    ],
    ['labels', { dtype: 'int32', shape: [batch], data: Int32Array.of(0, 1, 2, 2, 1, 0) }],
    ['rate', float32([0.05], [])],
  ]);
  let loss = Number.POSITIVE_INFINITY;
  for (let step = 0; step < 15; step++) loss = (await training.run(inputs)).get('loss')!.data[0] as number;
  assert.ok(loss < 0.05, `${loss}`);
  await training.close();
});

test.run();
