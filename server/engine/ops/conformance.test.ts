import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { gradients } from '../autodiff.ts';
import { channelBlock } from '../channelblock.ts';
import type { Node, Value } from '../graph.ts';
import { Graph } from '../graph.ts';
import { lower, signature } from '../lowering.ts';
import { encodeOnnx } from '../onnx.ts';
import { Random } from '../random.ts';
import type { DType, Shape, TypedArray } from '../tensor.ts';
import { allocate, elements } from '../tensor.ts';
import type { Plain } from './reference.ts';
import { references } from './reference.ts';
import type { Rule } from './rule.ts';
import type { OpAttributes, OpName } from './table.ts';
import { rules } from './table.ts';

// One suite over all operators: every way of lowering each against plain loops, every gradient against central differences.

interface Case<O extends OpName> {
  readonly shapes: readonly Shape[];
  readonly attributes: OpAttributes[O];
  /** Draws the values of input `index`; default: evenly from -1 to 1. */
  readonly draw?: (random: Random, index: number) => number;
  readonly dtypes?: readonly DType[];
  /** Given inputs that depend on others, such as a batch's own statistics. */
  readonly settle?: (inputs: readonly Plain[]) => readonly Plain[];
}

/** What this machine has; the shapes are made for 8. */
const block = await channelBlock();
const none = {};
const positive = (random: Random) => 0.5 + random.uniform();
/** Away from the kinks at which a slope is not defined. */
const offKinks = (random: Random) => (random.uniform() - 0.5 + Math.floor(random.uniform() * 10 - 5)) * 0.9 + 0.013;
const pictures: readonly Shape[] = [
  [2, 3, 4, 5],
  [8, 16, 3, 3],
  [1, 8, 5, 4],
];
const each = <O extends OpName>(attributes: OpAttributes[O], count = 1, draw?: Case<O>['draw']): Case<O>[] =>
  [...pictures, [7], [3, 5]].map((shape) => ({ shapes: Array<Shape>(count).fill(shape), attributes, ...(draw ? { draw } : {}) }));
const broadcasts = <O extends 'add' | 'sub' | 'mul' | 'div'>(draw?: Case<O>['draw']): Case<O>[] =>
  [
    [[2, 3], [3]],
    [[4], []],
    [
      [2, 8, 3, 3],
      [1, 8, 1, 1],
    ],
    [
      [2, 1],
      [2, 3],
    ],
  ].map((shapes) => ({ shapes: shapes as Shape[], attributes: none as OpAttributes[O], ...(draw ? { draw } : {}) }));

const conv = (stride: number, padding: number, dilation = 1, groups = 1) => ({ stride, padding, dilation, groups });
const convolutions: readonly { x: Shape; w: Shape; y: Shape; how: OpAttributes['conv'] }[] = [
  { x: [2, 3, 6, 5], w: [4, 3, 3, 3], y: [2, 4, 6, 5], how: conv(1, 1) },
  { x: [8, 8, 5, 5], w: [16, 8, 3, 3], y: [8, 16, 5, 5], how: conv(1, 1) },
  { x: [8, 16, 6, 6], w: [8, 16, 3, 3], y: [8, 8, 3, 3], how: conv(2, 1) },
  { x: [16, 8, 3, 3], w: [8, 8, 1, 1], y: [16, 8, 3, 3], how: conv(1, 0) },
  { x: [8, 8, 6, 5], w: [16, 8, 1, 1], y: [8, 16, 3, 3], how: conv(2, 0) },
  { x: [8, 24, 5, 3], w: [8, 24, 1, 1], y: [8, 8, 5, 3], how: conv(1, 0) },
  { x: [8, 3, 11, 11], w: [8, 3, 7, 7], y: [8, 8, 6, 6], how: conv(2, 3) },
  { x: [8, 8, 7, 7], w: [8, 8, 3, 3], y: [8, 8, 7, 7], how: conv(1, 2, 2) },
  { x: [2, 4, 5, 5], w: [6, 2, 3, 3], y: [2, 6, 3, 3], how: conv(2, 1, 1, 2) },
  { x: [8, 16, 5, 5], w: [16, 1, 3, 3], y: [8, 16, 5, 5], how: conv(1, 1, 1, 16) },
  { x: [8, 8, 7, 7], w: [8, 1, 5, 5], y: [8, 8, 4, 4], how: conv(2, 2, 1, 8) },
  { x: [3, 8, 2, 2], w: [8, 8, 3, 3], y: [3, 8, 2, 2], how: conv(1, 1) },
  { x: [9, 8, 4, 4], w: [8, 8, 3, 3], y: [9, 8, 4, 4], how: conv(1, 1) },
  { x: [1, 8, 5, 4], w: [8, 8, 3, 3], y: [1, 8, 3, 2], how: conv(2, 1) },
  { x: [2, 8, 7, 6], w: [16, 8, 5, 5], y: [2, 16, 4, 3], how: conv(2, 2) },
  { x: [1, 16, 6, 4], w: [8, 16, 2, 2], y: [1, 8, 3, 2], how: conv(2, 0) },
  { x: [1, 8, 7, 8], w: [8, 8, 3, 3], y: [1, 8, 3, 3], how: conv(3, 1) },
  { x: [2, 8, 1, 3], w: [16, 8, 3, 3], y: [2, 16, 1, 3], how: conv(1, 1) },
  { x: [3, 8, 4, 3], w: [8, 8, 3, 3], y: [3, 8, 6, 5], how: conv(1, 2) },
];
const windows: readonly OpAttributes['maxPool'][] = [
  { kernel: 3, stride: 2, padding: 1 },
  { kernel: 2, stride: 2, padding: 0 },
  { kernel: 3, stride: 1, padding: 1 },
];
const pooled = (shape: Shape, window: OpAttributes['maxPool']) => references.maxPool!([{ shape, data: new Float64Array(elements(shape)) }], window)[0]!.shape;
/** Distinct values far enough apart that no difference step changes which is the largest. */
const distinct = (random: Random) => Math.round(random.uniform() * 1e6) / 1e3;
const labels = (random: Random, index: number) => (index === 0 ? random.integer(4) : 0);
const adaptive = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, decoupled: false };
const momentum = { momentum: 0.9, weightDecay: 5e-4, nesterov: false };
const epsilon = 1e-5;

const cases: { readonly [op in OpName]?: readonly Case<op>[] } = {
  add: [...each<'add'>(none, 2), ...broadcasts<'add'>()],
  sub: [...each<'sub'>(none, 2), ...broadcasts<'sub'>()],
  mul: [...each<'mul'>(none, 2), ...broadcasts<'mul'>()],
  div: [...each<'div'>(none, 2, positive), ...broadcasts<'div'>(positive)],
  affine: each({ scale: -1.5, shift: 0.25 }),
  relu: each(none, 1, offKinks),
  reluGradient: each(none, 2, (random, index) => (index === 0 ? Math.max(0, random.uniform() - 0.5) : random.uniform() - 0.5)),
  exp: each(none),
  log: each(none, 1, positive),
  sqrt: each(none, 1, positive),
  cast: [
    { shapes: [[2, 3]], attributes: { to: 'float32' }, dtypes: ['uint8'], draw: (random) => random.integer(256) },
    { shapes: [[4]], attributes: { to: 'int32' }, dtypes: ['int64'], draw: (random) => random.integer(9) },
  ],
  equal: [
    { shapes: [[9], [9]], attributes: none, dtypes: ['int32', 'int32'], draw: (random) => random.integer(2) },
    {
      shapes: [
        [3, 1],
        [1, 4],
      ],
      attributes: none,
      dtypes: ['int32', 'int32'],
      draw: (random) => random.integer(3),
    },
  ],
  reduceSum: [
    ...pictures.map((shape) => ({ shapes: [shape], attributes: { axes: [0, 2, 3], keepDims: false } })),
    { shapes: [[3, 4]], attributes: { axes: [1], keepDims: true } },
    { shapes: [[5]], attributes: { axes: [0], keepDims: false } },
  ],
  reduceMean: [
    ...pictures.map((shape) => ({ shapes: [shape], attributes: { axes: [2, 3], keepDims: false } })),
    ...pictures.map((shape) => ({ shapes: [shape], attributes: { axes: [2, 3], keepDims: true } })),
    { shapes: [[3, 4]], attributes: { axes: [0], keepDims: false } },
  ],
  argMax: [
    { shapes: [[4, 5]], attributes: none },
    { shapes: [[3]], attributes: none },
  ],
  reshape: [
    { shapes: [[2, 6]], attributes: { shape: [3, 4] } },
    { shapes: [[2, 8, 3, 3]], attributes: { shape: [2, 72] } },
    { shapes: [[1]], attributes: { shape: [] } },
  ],
  transpose: [
    { shapes: [[2, 3]], attributes: { permutation: [1, 0] } },
    { shapes: [[2, 8, 3, 5]], attributes: { permutation: [0, 2, 3, 1] } },
    { shapes: [[2, 3, 4]], attributes: { permutation: [2, 0, 1] } },
  ],
  broadcastTo: [
    { shapes: [[3, 1]], attributes: { shape: [3, 4] } },
    { shapes: [[8, 1, 1]], attributes: { shape: [2, 8, 3, 3] } },
    { shapes: [[]], attributes: { shape: [5] } },
  ],
  matMul: [false, true].flatMap((transposeA) =>
    [false, true].flatMap((transposeB) =>
      [[], [3]].map((lead) => ({
        shapes: [
          [...lead, ...(transposeA ? [4, 2] : [2, 4])],
          [...lead, ...(transposeB ? [5, 4] : [4, 5])],
        ],
        attributes: { transposeA, transposeB },
      })),
    ),
  ),
  conv: [
    ...convolutions.map(({ x, w, how }) => ({ shapes: [x, w], attributes: how })),
    ...convolutions.map(({ x, w, how }) => ({ shapes: [x, w, [w[0]!]], attributes: how })),
  ],
  convInputGradient: convolutions.map(({ x, w, y, how }) => ({ shapes: [w, y], attributes: { ...how, size: [x[2]!, x[3]!] } })),
  convWeightGradient: convolutions.map(({ x, w, y, how }) => ({ shapes: [x, y], attributes: { ...how, kernel: [w[2]!, w[3]!] } })),
  batchNorm: pictures.map((shape) => ({ shapes: [shape, [shape[1]!], [shape[1]!]], attributes: { epsilon }, draw: (random) => 0.3 + random.uniform() })),
  batchNormGradient: pictures.map((shape) => ({
    shapes: [shape, [shape[1]!], [shape[1]!], [shape[1]!], shape],
    attributes: { epsilon },
    settle: ([x, gamma, , , dy]) => {
      const [, mean, variance] = references.batchNorm!([x!, gamma!, gamma!], { epsilon });
      return [x!, gamma!, mean!, variance!, dy!];
    },
  })),
  batchNormInference: pictures.map((shape) => ({ shapes: [shape, ...Array<Shape>(4).fill([shape[1]!])], attributes: { epsilon }, draw: positive })),
  maxPool: windows.flatMap((window) => pictures.map((shape) => ({ shapes: [shape], attributes: window, draw: distinct }))),
  maxPoolGradient: windows.flatMap((window) =>
    pictures.map((shape) => ({
      shapes: [shape, pooled(shape, window), pooled(shape, window)],
      attributes: window,
      draw: distinct,
      settle: ([x, , dy]: readonly Plain[]) => [x!, references.maxPool!([x!], window)[0]!, dy!],
    })),
  ),
  softmax: [
    { shapes: [[3, 5]], attributes: none },
    { shapes: [[1, 2]], attributes: none },
  ],
  logSoftmax: [
    { shapes: [[3, 5]], attributes: none },
    { shapes: [[4, 2]], attributes: none },
  ],
  oneHot: [
    { shapes: [[5]], attributes: { classes: 4 }, dtypes: ['int32'], draw: labels },
    { shapes: [[3]], attributes: { classes: 2 }, dtypes: ['int32'], draw: labels },
  ],
  sgd: [momentum, { ...momentum, nesterov: true }, { ...momentum, weightDecay: 0 }, { ...momentum, momentum: 0 }].flatMap((attributes) =>
    [[6], [16, 8, 3, 3]].map((shape) => ({ shapes: [shape, shape, shape, []], attributes })),
  ),
  adam: [adaptive, { ...adaptive, weightDecay: 0.1 }, { ...adaptive, weightDecay: 0.1, decoupled: true }].flatMap((attributes) =>
    // Second moments, the learning rate and the corrections are positive.
    [[6], [16, 8, 3, 3]].map((shape) => ({
      shapes: [shape, shape, shape, shape, [], [], []],
      attributes,
      draw: (random: Random, index: number) => (index < 3 ? 2 * random.uniform() - 1 : positive(random)),
    })),
  ),
  sigmoid: each(none),
  silu: each(none),
  relu6: each(none, 1, (random, index) => 2 * offKinks(random) + index),
  hardSigmoid: each(none, 1, offKinks),
  hardSwish: each(none, 1, offKinks),
  averagePool: [2, 3].flatMap((side) => pictures.map((shape) => ({ shapes: [shape], attributes: { side } }))),
  scaleChannels: pictures.map((shape) => ({ shapes: [shape, [shape[0]!, shape[1]!, 1, 1]], attributes: none })),
  channelDot: pictures.map((shape) => ({ shapes: [shape, shape], attributes: none })),
  concat: [
    {
      shapes: [
        [2, 8, 3, 3],
        [2, 16, 3, 3],
      ],
      attributes: { axis: 1 },
    },
    {
      shapes: [
        [2, 3, 2, 2],
        [2, 5, 2, 2],
        [2, 1, 2, 2],
      ],
      attributes: { axis: 1 },
    },
    {
      shapes: [
        [2, 3],
        [1, 3],
      ],
      attributes: { axis: 0 },
    },
  ],
  slice: [
    { shapes: [[2, 24, 3, 3]], attributes: { axis: 1, start: 8, end: 24 } },
    { shapes: [[2, 8, 3, 3]], attributes: { axis: 1, start: 3, end: 5 } },
    { shapes: [[5]], attributes: { axis: 0, start: 0, end: 2 } },
  ],
  pad: [
    { shapes: [[2, 8, 3, 3]], attributes: { axis: 1, before: 8, after: 16 } },
    { shapes: [[2, 8, 3, 3]], attributes: { axis: 2, before: 1, after: 0 } },
    { shapes: [[5]], attributes: { axis: 0, before: 2, after: 3 } },
  ],
  roll: [
    { shapes: [[4, 3]], attributes: none },
    { shapes: [[2, 8, 3, 3]], attributes: none },
  ],
};

function drawn<O extends OpName>({ shapes, draw, settle }: Case<O>, random: Random): Plain[] {
  const inputs = shapes.map((shape, index) => ({
    shape,
    // Rounded to float32, so that both sides begin with the same values.
    data: Float64Array.from({ length: elements(shape) }, () => Math.fround(draw ? draw(random, index) : 2 * random.uniform() - 1)),
  }));
  return settle ? settle(inputs).map(({ shape, data }) => ({ shape, data: data.map(Math.fround) })) : inputs;
}

function asArray({ data }: Plain, dtype: DType): TypedArray {
  const array = allocate(dtype, data.length);
  if (array instanceof BigInt64Array) array.set(Array.from(data, BigInt));
  else array.set(data);
  return array;
}

interface Built {
  readonly graph: Graph;
  readonly inputs: readonly Value[];
  readonly operands: readonly Value[];
  readonly outputs: readonly Value[];
}

/** The operator on inputs; `relaid` brings pictures into blocked memory first, by a batch norm that changes nothing. */
function built<O extends OpName>(op: O, { shapes, dtypes, attributes }: Case<O>, relaid: boolean): Built {
  const graph = new Graph();
  const inputs = shapes.map((shape, index) => graph.input(`input${index}`, dtypes?.[index] ?? 'float32', shape));
  const operands = inputs.map((input) => {
    if (!relaid || block === 0 || input.shape.length !== 4 || input.shape[1]! % block) return input;
    const constant = (value: number) => graph.constant({ dtype: 'float32', shape: [input.shape[1]!], data: new Float32Array(input.shape[1]!).fill(value) });
    return graph.op('batchNormInference', [input, constant(1), constant(0), constant(0), constant(1)], { epsilon: 0 });
  });
  return { graph, inputs, operands, outputs: graph.apply(op, operands, attributes) };
}

async function evaluated({ graph, inputs }: Built, outputs: readonly Value[], values: readonly Plain[], plan: ReadonlyMap<string, string>): Promise<Plain[]> {
  const named = new Map(outputs.map((output, index) => [`output${index}`, output]));
  const { model } = lower({ graph, outputs: named, updates: new Map() }, { block, plan });
  const session = await InferenceSession.create(encodeOnnx(model), { logSeverityLevel: 3, intraOpNumThreads: 1 });
  const feeds: Record<string, OrtTensor> = {};
  inputs.forEach(({ dtype, shape }, index) => {
    if (session.inputNames.includes(`input${index}`))
      feeds[`input${index}`] = new OrtTensor(dtype as 'float32', asArray(values[index]!, dtype) as Float32Array, shape);
  });
  const results = await session.run(feeds);
  await session.release();
  return outputs.map((_, index) => {
    const { dims, data } = results[`output${index}`]!;
    return { shape: dims, data: Float64Array.from(data as unknown as ArrayLike<number>, Number) };
  });
}

function assertClose(found: Plain, expected: Plain, tolerance: number, what: string): void {
  assert.equal([...found.shape], [...expected.shape], `${what}: shape`);
  const scale = Math.max(1e-3, ...expected.data.map(Math.abs));
  found.data.forEach((value, index) => {
    const difference = Math.abs(value - expected.data[index]!);
    if (!(difference <= tolerance * scale)) assert.unreachable(`${what}: element ${index} is ${value}, expected ${expected.data[index]}`);
  });
}

const relayPlan = (graph: Graph, own: Node, name: string) =>
  new Map([
    ...graph.nodes.filter((node) => node !== own && node.op === 'batchNormInference').map((node) => [signature(node), 'blocked'] as const),
    [signature(own), name] as const,
  ]);

for (const op of Object.keys(rules) as OpName[]) {
  const rule = rules[op] as unknown as Rule<OpName>;
  const given = (cases[op] ?? []) as readonly Case<OpName>[];
  const reference = references[op] as unknown as ((inputs: readonly Plain[], attributes: unknown) => readonly Plain[]) | undefined;

  for (const candidate of rule.lowerings) {
    if (!reference) continue;
    test(`${op} as ${candidate.name} gives what plain loops give`, async () => {
      let tried = 0;
      for (const [index, one] of given.entries()) {
        const values = drawn(one, new Random(index));
        const expected = reference(values, one.attributes);
        for (const relaid of [false, true]) {
          const program = built(op, one, relaid);
          const node = program.graph.nodes.at(-1)!;
          if (
            candidate.applies &&
            !candidate.applies(node as never, { options: { block }, canBlock: (value: Value) => block > 0 && value.shape[1]! % block === 0 } as never)
          )
            continue;
          const found = await evaluated(program, program.outputs, values, relayPlan(program.graph, node, candidate.name));
          found.forEach((output, position) => {
            assertClose(output, expected[position]!, 2e-5, `${op} case ${index}${relaid ? ' blocked' : ''} output ${position}`);
          });
          tried++;
        }
      }
      if (block === 8 || candidate.name !== 'blocked') assert.ok(tried > 0, 'no case that this lowering applies to');
    });
  }

  if (rule.gradient && reference) {
    test(`${op}'s gradient agrees with central differences`, async () => {
      assert.ok(given.length >= 2, 'several shapes');
      for (const [index, one] of given.entries()) {
        const random = new Random(100 + index);
        const values = drawn(one, random);
        const program = built(op, one, false);
        const { graph } = program;
        const [y] = program.outputs;
        const weights = Float64Array.from({ length: elements(y!.shape) }, () => Math.fround(random.uniform() - 0.5));
        const weighted = graph.op('mul', [y!, graph.constant({ dtype: 'float32', shape: y!.shape, data: Float32Array.from(weights) })], {});
        const loss = graph.op('reduceSum', [weighted], { axes: y!.shape.map((_, axis) => axis), keepDims: false });
        const found = await evaluated(program, gradients(graph, loss, program.inputs), values, new Map());
        const lossAt = (at: readonly Plain[]) => reference(at, one.attributes)[0]!.data.reduce((sum, value, place) => sum + value * weights[place]!, 0);
        values.forEach((input, position) => {
          const scale = Math.max(1e-2, ...found[position]!.data.map(Math.abs));
          // A sample of the elements of what is large: a difference costs two evaluations.
          const stride = Math.max(1, Math.floor(input.data.length / 12));
          for (let element = 0; element < input.data.length; element += stride) {
            const moved = (by: number) =>
              values.map((value, other) => (other === position ? { ...value, data: value.data.map((v, place) => (place === element ? v + by : v)) } : value));
            const step = 1e-4;
            const slope = (lossAt(moved(step)) - lossAt(moved(-step))) / (2 * step);
            const difference = Math.abs(found[position]!.data[element]! - slope);
            if (!(difference <= 1e-3 * scale))
              assert.unreachable(`case ${index}, input ${position}, element ${element}: ${found[position]!.data[element]}, difference quotient ${slope}`);
          }
        });
      }
    });
  }
}

test('channels that hardly vary, far from zero, are normalised to numbers', async () => {
  const shape = [2, 16, 40, 40];
  const random = new Random(1);
  const channelOf = (index: number) => Math.floor(index / 1600) % 16;
  const x = { shape, data: Float64Array.from({ length: elements(shape) }, (_, index) => Math.fround(100 + channelOf(index) / 7 + 1e-3 * random.uniform())) };
  const ones = { shape: [16], data: new Float64Array(16).fill(1) };
  for (const name of block > 0 ? ['statistics', 'blocked'] : ['statistics']) {
    const program = built('batchNorm', { shapes: [shape, [16], [16]], attributes: { epsilon } }, false);
    const { graph, outputs, inputs } = program;
    const plan = new Map([[signature(graph.nodes.at(-1)!), name]]);
    const square = graph.op('mul', [outputs[0]!, outputs[0]!], {});
    const loss = graph.op('reduceSum', [square], { axes: [0, 1, 2, 3], keepDims: false });
    const found = await evaluated(program, [...outputs, ...gradients(graph, loss, inputs)], [x, ones, ones], plan);
    assert.ok(
      found.every(({ data }) => data.every(Number.isFinite)),
      name,
    );
    assert.ok(
      found[2]!.data.every((value) => value >= 0),
      `${name}: the variance`,
    );
  }
});

test("a channel's mean and variance are right to the last place: what rounds in them moves all of its values", async () => {
  // Many values, then few; the variance of the one is taken in a pass, that of the other in two.
  for (const shape of [
    [4, 16, 56, 56],
    [4, 16, 14, 14],
  ]) {
    const random = new Random(2);
    const x = { shape, data: Float64Array.from({ length: elements(shape) }, () => Math.fround(1.5 + random.normal())) };
    const ones = { shape: [16], data: new Float64Array(16).fill(1) };
    const program = built('batchNorm', { shapes: [shape, [16], [16]], attributes: { epsilon } }, false);
    const [, ...expected] = references.batchNorm!([x, ones, ones], { epsilon });
    for (const name of block > 0 ? ['statistics', 'blocked'] : ['statistics']) {
      const plan = new Map([[signature(program.graph.nodes.at(-1)!), name]]);
      const [, ...found] = await evaluated(program, program.outputs, [x, ones, ones], plan);
      found.forEach(({ data }, index) => {
        const exact = expected[index]!.data;
        const squares = Array.from(data, (value, channel) => (value / exact[channel]! - 1) ** 2);
        const error = Math.sqrt(squares.reduce((sum, square) => sum + square) / squares.length) * 2 ** 24;
        assert.ok(error < 1, `${name}, ${index === 0 ? 'mean' : 'variance'} of [${shape}]: ${error} half units in the last place`);
      });
    }
  }
});

test('operators without cases of their own are the gradients of others', () => {
  const without = Object.keys(rules).filter((op) => !(op in cases));
  assert.equal(
    without.filter((op) => !op.endsWith('Gradient')),
    [],
  );
});

test.run();
