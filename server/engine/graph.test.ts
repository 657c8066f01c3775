import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { gradients } from './autodiff.ts';
import { Graph, reachable } from './graph.ts';
import { ShapeError } from './ops/rule.ts';
import type { OpAttributes, OpName } from './ops/table.ts';
import type { Shape } from './tensor.ts';

function refuses<O extends OpName>(op: O, shapes: readonly Shape[], attributes: OpAttributes[O], reason: RegExp): void {
  const graph = new Graph();
  const inputs = shapes.map((shape, index) => graph.input(`${index}`, 'float32', shape));
  assert.throws(
    () => graph.apply(op, inputs, attributes),
    (error: Error) => error instanceof ShapeError && error.message.startsWith(`${op}(`) && reason.test(error.message),
    `${op} ${shapes.join(' ')}`,
  );
}

const plain = { stride: 1, padding: 0, dilation: 1, groups: 1 };

test('operators refuse shapes that do not fit and say why', () => {
  refuses('add', [[2, 3], [4]], {}, /do not fit each other/);
  refuses('reduceSum', [[2, 3]], { axes: [2], keepDims: false }, /no axes \[2\]/);
  refuses('reshape', [[2, 3]], { shape: [4] }, /another number of values/);
  refuses('transpose', [[2, 3]], { permutation: [0, 0] }, /does not permute/);
  refuses('broadcastTo', [[2, 3]], { shape: [2, 1] }, /does not stretch/);
  refuses(
    'matMul',
    [
      [2, 3],
      [2, 3],
    ],
    { transposeA: false, transposeB: false },
    /inner dimensions 3 and 2/,
  );
  refuses('matMul', [[2], [2, 3]], { transposeA: false, transposeB: false }, /one rank/);
  refuses(
    'conv',
    [
      [1, 3, 8, 8],
      [4, 2, 3, 3],
    ],
    plain,
    /3 channels in/,
  );
  refuses(
    'conv',
    [
      [1, 3, 2, 2],
      [4, 3, 3, 3],
    ],
    plain,
    /does not fit/,
  );
  refuses('conv', [[1, 3, 8, 8], [4, 3, 3, 3], [3]], plain, /bias/);
  refuses('batchNorm', [[1, 3, 1, 1], [3], [3]], { epsilon: 1e-5 }, /more than one value/);
  refuses('batchNorm', [[2, 3, 1, 1], [4], [3]], { epsilon: 1e-5 }, /each of 3 channels/);
  refuses('maxPool', [[1, 1, 1, 1]], { kernel: 3, stride: 2, padding: 0 }, /does not fit/);
  refuses('oneHot', [[3]], { classes: 2 }, /int32/);
  refuses('sgd', [[3], [2], [3], []], { momentum: 0, weightDecay: 0, nesterov: false }, /differ in shape/);
  refuses('reluGradient', [[3], [2]], {}, /differ in shape/);
});

test('types are checked', () => {
  const graph = new Graph();
  assert.throws(() => graph.op('add', [graph.input('a', 'float32', [1]), graph.input('b', 'int32', [1])], {}), /float32 and int32 differ/);
  assert.throws(() => graph.input('a', 'float32', [1]), /named a already/);
});

test('only what the loss depends on is differentiated and kept', () => {
  const graph = new Graph();
  const [x, w, unused] = [graph.input('x', 'float32', [2, 3]), graph.state('w', 'float32', [4, 3]), graph.state('u', 'float32', [1])];
  const y = graph.op('matMul', [x, w], { transposeA: false, transposeB: true });
  const loss = graph.op('reduceSum', [graph.op('relu', [y], {})], { axes: [0, 1], keepDims: false });
  const before = graph.nodes.length;
  const [dw] = gradients(graph, loss, [w]);
  assert.equal(dw!.shape, [4, 3]);
  const products = graph.nodes.slice(before).filter(({ op }) => op === 'matMul');
  assert.is(products.length, 1, 'no gradient of x');
  assert.ok(reachable(graph, [y]).every(({ op }) => op === 'matMul'));
  assert.throws(() => gradients(graph, loss, [unused]), /does not depend/);
  assert.throws(() => gradients(graph, y, [w]), /not a scalar/);
});

test.run();
