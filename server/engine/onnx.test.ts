import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeOnnx } from './onnx.fixture.ts';
import type { OnnxModel } from './onnx.ts';
import { encodeOnnx, OnnxFormatError, readInterface } from './onnx.ts';
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

test('what a model takes and gives is read without the rest', () => {
  const { metadata, graph } = model;
  const dir = mkdtempSync(join(tmpdir(), 'ai-studio-test-'));
  const path = join(dir, 'model.onnx');
  writeFileSync(path, encodeOnnx(model));
  for (const source of [path, encodeOnnx(model)]) assert.equal(readInterface(source), { inputs: graph.inputs, outputs: graph.outputs, metadata });
  rmSync(dir, { recursive: true });
  assert.throws(
    () => readInterface(path),
    (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
  );
});

test('what is no model is refused with a reason', () => {
  const file = encodeOnnx(model);
  for (const decode of [decodeOnnx, readInterface]) refusesNoModel(decode, file);
});

function refusesNoModel(decode: (file: Uint8Array) => unknown, file: Uint8Array): void {
  assert.throws(
    () => decode(new Uint8Array(0)),
    (error: Error) => error instanceof OnnxFormatError && /no graph/.test(error.message),
  );
  assert.throws(
    () => decode(new TextEncoder().encode('<!doctype html><p>not found</p>')),
    (error: Error) => error instanceof OnnxFormatError,
  );
  for (const length of [1, file.length >> 2, file.length >> 1]) {
    assert.throws(
      () => decode(file.subarray(0, length)),
      (error: Error) => error instanceof OnnxFormatError,
      `${length} of ${file.length} bytes`,
    );
  }
}

test('a tensor that does not fill its shape is refused', () => {
  const wrong = { ...model, graph: { ...model.graph, initializers: new Map([['w', { ...values, shape: [2, 3] }]]) } };
  assert.throws(() => decodeOnnx(encodeOnnx(wrong)), /the tensor w of shape \[2,3\] holds 4 values/);
});

test.run();
