import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { trainedValues } from '../engine/cost.ts';
import { blueprint, initialWeights } from '../engine/model.ts';
import { architectures, describe } from './architectures.ts';

test('costs and sizes are those that torchvision documents', () => {
  const documented = {
    resnet18: [1.81, 11_689_512],
    resnet34: [3.66, 21_797_672],
    resnet50: [4.09, 25_557_032],
    resnet101: [7.8, 44_549_160],
    resnet152: [11.51, 60_192_808],
  } as const;
  for (const [name, [gflops, parameters]] of Object.entries(documented)) {
    const found = describe(name as keyof typeof documented, 1000, 224);
    assert.is(found.parameters, parameters, name);
    assert.ok(Math.abs(found.gflops - gflops) < 0.01, `${name}: ${found.gflops}`);
  }
});

test('parameters bear the names and shapes of a torchvision state_dict', () => {
  const { parameters } = blueprint(architectures.resnet18, 10, 64);
  const shapes = new Map(parameters.map(({ name, shape }) => [name, shape]));
  // 20 convolutions, 20 batch norms of 4 tensors, a linear layer of 2.
  assert.is(shapes.size, 20 + 20 * 4 + 2);
  assert.equal(shapes.get('conv1.weight'), [64, 3, 7, 7]);
  assert.equal(shapes.get('bn1.running_var'), [64]);
  assert.equal(shapes.get('layer1.1.conv2.weight'), [64, 64, 3, 3]);
  assert.equal(shapes.get('layer2.0.downsample.0.weight'), [128, 64, 1, 1]);
  assert.equal(shapes.get('layer2.0.downsample.1.running_mean'), [128]);
  assert.equal(shapes.get('layer4.1.bn2.bias'), [512]);
  assert.equal(shapes.get('fc.weight'), [10, 512]);
  assert.equal(shapes.get('fc.bias'), [10]);
  assert.is(trainedValues(parameters), 11_689_512 - 990 * 513);
  const deep = new Map(blueprint(architectures.resnet50, 10, 64).parameters.map(({ name, shape }) => [name, shape]));
  assert.equal(deep.get('layer4.2.conv3.weight'), [2048, 512, 1, 1]);
  assert.equal(deep.get('layer1.0.downsample.0.weight'), [256, 64, 1, 1]);
});

test('weights are drawn from the distributions that torchvision draws from', () => {
  const { parameters } = blueprint(architectures.resnet18, 10, 64);
  const weights = initialWeights(parameters, 7);
  const deviation = (name: string) => {
    const values = weights.get(name)!.data as Float32Array;
    return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
  };
  // He et al. over the outputs: √(2/(out·kh·kw)).
  assert.ok(Math.abs(deviation('layer3.0.conv2.weight') / Math.sqrt(2 / (256 * 9)) - 1) < 0.01);
  assert.ok(Math.abs(deviation('conv1.weight') / Math.sqrt(2 / (64 * 49)) - 1) < 0.05);
  // Evenly within 1/√in.
  assert.ok(Math.abs(deviation('fc.weight') / (1 / Math.sqrt(512 * 3)) - 1) < 0.05);
  assert.ok((weights.get('fc.weight')!.data as Float32Array).every((value) => Math.abs(value) <= 1 / Math.sqrt(512)));
  assert.ok(weights.get('bn1.weight')!.data.every((value) => value === 1));
  assert.equal(initialWeights(parameters, 7), weights);
});

test.run();
