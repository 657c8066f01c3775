import type { Graph, Node, Value } from '../graph.ts';
import type { Fused, Layout, Lowering } from '../lowering.ts';
import type { OnnxAttribute } from '../onnx.ts';
import type { DType, Shape } from '../tensor.ts';
import { sameShape } from '../tensor.ts';
import { blockedAffine, channelOnes } from './blocked.ts';
import type { Rule } from './rule.ts';
import { ShapeError } from './rule.ts';

export interface ElementwiseOps {
  add: None;
  sub: None;
  mul: None;
  div: None;
  /** x·scale + shift with constants. */
  affine: { readonly scale: number; readonly shift: number };
  relu: None;
  /** (y = relu(x), dy): dy where y > 0, else 0. */
  reluGradient: None;
  exp: None;
  log: None;
  sqrt: None;
  cast: { readonly to: DType };
  /** 1 where equal, as bool. */
  equal: None;
}

type None = Record<never, never>;
type Binary = 'add' | 'sub' | 'mul' | 'div' | 'equal' | 'reluGradient';

/** The numpy rule: aligned from the right, a dimension of 1 stretches. Throws ShapeError. */
export function broadcast(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const left = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    if (left !== right && left !== 1 && right !== 1) throw new ShapeError(`the shapes [${a}] and [${b}] do not fit each other`);
    return Math.max(left, right) === 1 || left === right ? left : left === 1 ? right : left;
  });
}

/** Undoes broadcasting: sums `value` over the axes along which `shape` was stretched. */
export function sumTo(graph: Graph, value: Value, shape: Shape): Value {
  if (sameShape(value.shape, shape)) return value;
  const lead = value.shape.length - shape.length;
  const axes = value.shape.map((_, axis) => axis).filter((axis) => axis < lead || (shape[axis - lead] === 1 && value.shape[axis] !== 1));
  const summed = axes.length ? graph.op('reduceSum', [value], { axes, keepDims: true }) : value;
  return sameShape(summed.shape, shape) ? summed : graph.op('reshape', [summed], { shape });
}

const isScalar = ({ shape }: Value) => shape.length === 0;

/** The layout in which operands of an elementwise operator meet at the least cost. Scalars meet with any: they are read plain. */
export function meetingLayout(lowering: Lowering, operands: readonly Value[], output: Shape): Layout {
  if (output.length !== 4) return 'plain';
  const inputs = operands.filter((input) => !isScalar(input));
  const full = inputs.filter((input) => sameShape(input.shape, output));
  if (full.length === 0 || inputs.some((input) => input.shape.length !== 4)) return 'plain';
  const held = full.map((input) => lowering.layouts(input));
  const shared = held[0]!.find((layout) => held.every((layouts) => layouts.includes(layout)));
  const layout = shared ?? held[0]![0]!;
  return layout === 'blocked' && full.length < inputs.length ? 'plain' : layout;
}

function binary<O extends Binary>(op: string, dtype: (inputs: readonly Value[]) => DType, gradient: Rule<O>['gradient']): Rule<O> {
  return {
    shape: ([a, b]) => {
      if (a!.dtype !== b!.dtype) throw new ShapeError(`the types ${a!.dtype} and ${b!.dtype} differ`);
      return [{ dtype: dtype([a!, b!]), shape: broadcast(a!.shape, b!.shape) }];
    },
    lowerings: [{ name: op, lower: (lowering, node) => elementwiseNode(lowering, node as Node, op) }],
    ...(gradient ? { gradient } : {}),
  };
}

/** Fuses an activation into its operand where that was deferred. Returns whether it was. */
export function fusedActivation(lowering: Lowering, { inputs: [x], outputs: [y] }: Pick<Node, 'inputs' | 'outputs'>, activation: Fused['activation']): boolean {
  const emit = activation && lowering.fusable(x!);
  if (emit) lowering.write(y!, emit({ activation }), 'blocked');
  return emit !== undefined;
}

/** Where an operand was deferred, the sum or the relu is fused into it. Returns whether it was. */
function fused(lowering: Lowering, node: Node): boolean {
  const { op, inputs, outputs } = node;
  const output = outputs[0]!;
  if (op === 'relu') return fusedActivation(lowering, node, 'Relu');
  if (op !== 'add' || !inputs.every((input) => sameShape(input.shape, output.shape))) return false;
  const index = inputs.findIndex((input) => lowering.fusable(input));
  if (index < 0) return false;
  const emit = lowering.fusable(inputs[index]!)!;
  const other = inputs[1 - index]!;
  const sum = lowering.read(other, 'blocked');
  if (lowering.lastReaders.get(other.id) === node) lowering.deferSum(output, emit, sum);
  else {
    // What is read again later is not added to where it lies; before the runtime copies it, with one thread, it is added to the deferred one.
    const first = emit({});
    const c = output.shape[1]!;
    lowering.deferSum(output, (how) => blockedAffine(lowering, sum, channelOnes(lowering, c), '', c, how), first);
  }
  return true;
}

function elementwiseNode(lowering: Lowering, node: Node, op: string, attributes: Readonly<Record<string, OnnxAttribute>> = {}): void {
  if (fused(lowering, node)) return;
  const output = node.outputs[0]!;
  const layout = meetingLayout(lowering, node.inputs, output.shape);
  const names = node.inputs.map((input) => lowering.read(input, isScalar(input) ? 'plain' : layout));
  lowering.write(output, lowering.emit(op, names, attributes), layout);
}

function unary<O extends 'exp' | 'log' | 'sqrt' | 'relu'>(op: string, gradient: (graph: Graph, x: Value, y: Value, dy: Value) => Value): Rule<O> {
  return {
    shape: ([x]) => [x!],
    lowerings: [{ name: op, lower: (lowering, node) => elementwiseNode(lowering, node as unknown as Node, op) }],
    gradient: (graph, node, [dy]) => [gradient(graph, node.inputs[0]!, node.outputs[0]!, dy!)],
  };
}

const first = (inputs: readonly Value[]) => inputs[0]!.dtype;

export const elementwise: { readonly [op in keyof ElementwiseOps]: Rule<op> } = {
  add: binary('Add', first, (graph, { inputs: [a, b] }, [dy]) => [sumTo(graph, dy!, a!.shape), sumTo(graph, dy!, b!.shape)]),

  sub: binary('Sub', first, (graph, { inputs: [a, b] }, [dy], wanted) => [
    sumTo(graph, dy!, a!.shape),
    wanted[1] ? graph.op('affine', [sumTo(graph, dy!, b!.shape)], { scale: -1, shift: 0 }) : undefined,
  ]),

  mul: binary('Mul', first, (graph, { inputs: [a, b] }, [dy], wanted) => [
    wanted[0] ? sumTo(graph, graph.op('mul', [dy!, b!], {}), a!.shape) : undefined,
    wanted[1] ? sumTo(graph, graph.op('mul', [dy!, a!], {}), b!.shape) : undefined,
  ]),

  div: binary('Div', first, (graph, { inputs: [a, b], outputs: [y] }, [dy], wanted) => {
    const da = graph.op('div', [dy!, b!], {});
    const db = wanted[1] ? graph.op('affine', [sumTo(graph, graph.op('mul', [da, y!], {}), b!.shape)], { scale: -1, shift: 0 }) : undefined;
    return [sumTo(graph, da, a!.shape), db];
  }),

  equal: binary('Equal', () => 'bool', undefined),

  affine: {
    shape: ([x]) => [x!],
    lowerings: [
      {
        name: 'Mul, Add',
        lower: (lowering, { inputs: [x], outputs: [y], attributes: { scale, shift } }) => {
          const layout = lowering.layouts(x!)[0]!;
          let name = lowering.read(x!, layout);
          if (scale !== 1) name = lowering.emit('Mul', [name, lowering.float(scale)]);
          if (shift !== 0) name = lowering.emit('Add', [name, lowering.float(shift)]);
          lowering.write(y!, name, layout);
        },
      },
    ],
    gradient: (graph, { attributes: { scale } }, [dy]) => [graph.op('affine', [dy!], { scale, shift: 0 })],
  },

  relu: unary('Relu', (graph, _, y, dy) => graph.op('reluGradient', [y, dy], {})),

  reluGradient: {
    shape: ([y, dy]) => {
      if (!sameShape(y!.shape, dy!.shape)) throw new ShapeError('the output and its gradient differ in shape');
      return [y!];
    },
    lowerings: [
      {
        // One pass for the mask: a hard sigmoid so steep that every positive float is 1 and zero stays 0.
        name: 'HardSigmoid',
        lower: (lowering, { inputs: [y, dy], outputs: [dx] }) => {
          const layout = meetingLayout(lowering, [y!, dy!], dx!.shape);
          const mask = lowering.once(`mask ${y!.id} ${layout}`, () =>
            lowering.emit('HardSigmoid', [lowering.read(y!, layout)], { alpha: { float: 3e38 }, beta: { float: 0 } }),
          );
          lowering.write(dx!, lowering.emit('Mul', [lowering.read(dy!, layout), mask]), layout);
        },
      },
      {
        name: 'Greater',
        lower: (lowering, { inputs: [y, dy], outputs: [dx] }) => {
          const layout = meetingLayout(lowering, [y!, dy!], dx!.shape);
          const mask = lowering.once(`greater ${y!.id} ${layout}`, () =>
            lowering.emit('Cast', [lowering.emit('Greater', [lowering.read(y!, layout), lowering.float(0)])], { to: { int: 1 } }),
          );
          lowering.write(dx!, lowering.emit('Mul', [lowering.read(dy!, layout), mask]), layout);
        },
      },
    ],
  },

  exp: unary('Exp', (graph, _, y, dy) => graph.op('mul', [dy, y], {})),
  log: unary('Log', (graph, x, _, dy) => graph.op('div', [dy, x], {})),
  sqrt: unary('Sqrt', (graph, _, y, dy) => graph.op('affine', [graph.op('div', [dy, y], {})], { scale: 0.5, shift: 0 })),

  cast: {
    shape: ([x], { to }) => [{ dtype: to, shape: x!.shape }],
    lowerings: [
      {
        name: 'Cast',
        lower: (lowering, { inputs: [x], outputs: [y], attributes: { to } }) => {
          const layout = lowering.layouts(x!)[0]!;
          lowering.write(y!, lowering.emit('Cast', [lowering.read(x!, layout)], { to: { int: onnxType[to] } }), layout);
        },
      },
    ],
  },
};

const onnxType: { readonly [dtype in DType]: number } = { float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9, float16: 10 };
