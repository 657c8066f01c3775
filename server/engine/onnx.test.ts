import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { OnnxModel } from './onnx.ts';
import { decodeOnnx, encodeOnnx, OnnxFormatError } from './onnx.ts';
import type { Tensor } from './tensor.ts';

const values: Tensor = { dtype: 'float32', shape: [2, 2], data: Float32Array.of(1, -2.5, 3e-38, Number.POSITIVE_INFINITY) };
const inner = { name: 'body', nodes: [], initializers: new Map(), inputs: [], outputs: [{ name: 'y', dtype: 'bool', shape: [] }] } as const;
const model: OnnxModel = {
  irVersion: 9,
  producer: 'test',
  opsets: { '': 18, 'com.microsoft': 1 },
  metadata: { classes: '["정상","긁힘"]', empty: '' },
  graph: {
    name: 'graph',
    initializers: new Map<string, Tensor>([
      ['w', values],
      ['i', { dtype: 'int64', shape: [3], data: BigInt64Array.of(-1n, 0n, 9007199254740993n) }],
      ['b', { dtype: 'uint8', shape: [0], data: new Uint8Array(0) }],
    ]),
    inputs: [{ name: 'images', dtype: 'float32', shape: ['n', 3, 224, 224] }],
    outputs: [{ name: 'scalar', dtype: 'int32', shape: [] }],
    nodes: [
      {
        type: 'Conv',
        domain: 'com.microsoft',
        name: 'first',
        inputs: ['images', '', 'w'],
        outputs: ['a', 'b2'],
        attributes: {
          pads: { ints: [-1, 0, 5_000_000_000] },
          alpha: { float: 0.5 },
          mode: { string: 'linear' },
          group: { int: -7 },
          betas: { floats: [1, 2] },
          value: { tensor: values },
          body: { graph: inner },
        },
      },
    ],
  },
};

test('a model survives being written and read', () => {
  assert.equal(decodeOnnx(encodeOnnx(model)), model);
});

test('what is no model is refused with a reason', () => {
  const file = encodeOnnx(model);
  assert.throws(
    () => decodeOnnx(new Uint8Array(0)),
    (error: Error) => error instanceof OnnxFormatError && /no graph/.test(error.message),
  );
  assert.throws(
    () => decodeOnnx(new TextEncoder().encode('<!doctype html><p>not found</p>')),
    (error: Error) => error instanceof OnnxFormatError,
  );
  assert.throws(
    () => decodeOnnx(file.subarray(0, file.length >> 1)),
    (error: Error) => error instanceof OnnxFormatError,
  );
});

test('a tensor that does not fill its shape is refused', () => {
  const wrong = { ...model, graph: { ...model.graph, initializers: new Map([['w', { ...values, shape: [2, 3] }]]) } };
  assert.throws(() => decodeOnnx(encodeOnnx(wrong)), /the tensor w of shape \[2,3\] holds 4 values/);
});

test.run();
