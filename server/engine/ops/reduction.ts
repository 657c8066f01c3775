import type { Value } from '../graph.ts';
import { nchwc } from '../lowering.ts';
import type { Shape } from '../tensor.ts';
import type { Rule } from './rule.ts';
import { ShapeError } from './rule.ts';

export interface ReductionOps {
  reduceSum: { readonly axes: readonly number[]; readonly keepDims: boolean };
  reduceMean: { readonly axes: readonly number[]; readonly keepDims: boolean };
  /** Index of the largest along the last axis, the first of equals; int32. */
  argMax: Record<never, never>;
}

function reduced(shape: Shape, axes: readonly number[], keepDims: boolean): Shape {
  if (axes.some((axis) => !Number.isInteger(axis) || axis < 0 || axis >= shape.length)) throw new ShapeError(`no axes [${axes}] in a rank of ${shape.length}`);
  return shape.flatMap((dimension, axis) => (axes.includes(axis) ? (keepDims ? [1] : []) : [dimension]));
}

function reduce<O extends 'reduceSum' | 'reduceMean'>(op: string): Rule<O> {
  return {
    shape: ([x], { axes, keepDims }) => [{ dtype: x!.dtype, shape: reduced(x!.shape, axes, keepDims) }],
    lowerings: [
      {
        name: op,
        lower: (lowering, { inputs: [x], outputs: [y], attributes: { axes, keepDims } }) => {
          if (op === 'ReduceMean' && axes.join() === '2,3' && lowering.layouts(x!)[0] === 'blocked') {
            const pooled = lowering.emit('GlobalAveragePool', [lowering.read(x!, 'blocked')], {}, nchwc);
            lowering.write(y!, lowering.reshape(pooled, y!.shape));
          } else {
            // The sum of everything is the same in any order; all layouts have as many axes and no filling.
            const layout = axes.length === x!.shape.length ? lowering.layouts(x!)[0]! : 'plain';
            lowering.write(y!, lowering.emit(op, [lowering.read(x!, layout), lowering.ints(axes)], { keepdims: { int: keepDims ? 1 : 0 } }));
          }
        },
      },
    ],
    gradient: (graph, { inputs: [x], attributes: { axes } }, [dy]) => {
      const kept = x!.shape.map((dimension, axis) => (axes.includes(axis) ? 1 : dimension));
      const spread = graph.op('broadcastTo', [graph.op('reshape', [dy!], { shape: kept })], { shape: x!.shape });
      const count = axes.reduce((product, axis) => product * x!.shape[axis]!, 1);
      return [op === 'ReduceMean' ? graph.op('affine', [spread], { scale: 1 / count, shift: 0 }) : spread];
    },
  };
}

export const reduction: { readonly [op in keyof ReductionOps]: Rule<op> } = {
  reduceSum: reduce('ReduceSum'),
  reduceMean: reduce('ReduceMean'),
  argMax: {
    shape: ([x]: readonly Value[]) => {
      if (x!.shape.length === 0) throw new ShapeError('a scalar has no axis');
      return [{ dtype: 'int32', shape: x!.shape.slice(0, -1) }];
    },
    lowerings: [
      {
        name: 'ArgMax',
        applies: (_, { options: { provider } }) => provider !== 'webgpu',
        lower: (lowering, { inputs: [x], outputs: [y] }) => {
          const index = lowering.emit('ArgMax', [lowering.read(x!)], { axis: { int: -1 }, keepdims: { int: 0 } });
          lowering.write(y!, lowering.emit('Cast', [index], { to: { int: 6 } }));
        },
      },
      {
        // Without int64, which WebGPU does not have: the least index among the largest.
        name: 'ReduceMax, ReduceMin',
        lower: (lowering, { inputs: [x], outputs: [y] }) => {
          const name = lowering.read(x!);
          const width = x!.shape.at(-1)!;
          const last = lowering.ints([-1]);
          const rest = lowering.emit('Sub', [name, lowering.emit('ReduceMax', [name, last], { keepdims: { int: 1 } })]);
          const isLess = lowering.emit('Cast', [lowering.emit('Less', [rest, lowering.float(0)])], { to: { int: 1 } });
          const range = lowering.constant({ dtype: 'float32', shape: [width], data: Float32Array.from({ length: width }, (_, index) => index) });
          const index = lowering.emit('Add', [lowering.emit('Mul', [isLess, lowering.float(width)]), range]);
          lowering.write(y!, lowering.emit('Cast', [lowering.emit('ReduceMin', [index, last], { keepdims: { int: 0 } })], { to: { int: 6 } }));
        },
      },
    ],
  },
};
