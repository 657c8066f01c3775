import type { Shape } from '../tensor.ts';
import { elements, sameShape } from '../tensor.ts';
import { broadcast, sumTo } from './elementwise.ts';
import type { Rule } from './rule.ts';
import { ShapeError } from './rule.ts';

export interface ShapingOps {
  reshape: { readonly shape: Shape };
  /** Output axis i is input axis permutation[i]. */
  transpose: { readonly permutation: readonly number[] };
  broadcastTo: { readonly shape: Shape };
}

export const shaping: { readonly [op in keyof ShapingOps]: Rule<op> } = {
  reshape: {
    shape: ([x], { shape }) => {
      if (elements(shape) !== elements(x!.shape)) throw new ShapeError(`[${shape}] holds another number of values`);
      return [{ dtype: x!.dtype, shape }];
    },
    lowerings: [{ name: 'Reshape', lower: (lowering, { inputs: [x], outputs: [y] }) => lowering.write(y!, lowering.reshape(lowering.read(x!), y!.shape)) }],
    gradient: (graph, { inputs: [x] }, [dy]) => [graph.op('reshape', [dy!], { shape: x!.shape })],
  },

  transpose: {
    shape: ([x], { permutation }) => {
      if (
        !sameShape(
          permutation.toSorted(),
          x!.shape.map((_, axis) => axis),
        )
      )
        throw new ShapeError(`[${permutation}] does not permute the axes`);
      return [{ dtype: x!.dtype, shape: permutation.map((axis) => x!.shape[axis]!) }];
    },
    lowerings: [
      {
        name: 'Transpose',
        lower: (lowering, { inputs: [x], outputs: [y], attributes: { permutation } }) => lowering.write(y!, lowering.transpose(lowering.read(x!), permutation)),
      },
    ],
    gradient: (graph, { attributes: { permutation } }, [dy]) => [
      graph.op('transpose', [dy!], { permutation: permutation.map((_, axis) => permutation.indexOf(axis)) }),
    ],
  },

  broadcastTo: {
    shape: ([x], { shape }) => {
      if (!sameShape(broadcast(x!.shape, shape), shape)) throw new ShapeError(`it does not stretch to [${shape}]`);
      return [{ dtype: x!.dtype, shape }];
    },
    lowerings: [
      {
        name: 'Expand',
        lower: (lowering, { inputs: [x], outputs: [y], attributes: { shape } }) =>
          lowering.write(y!, lowering.emit('Expand', [lowering.read(x!), lowering.ints(shape)])),
      },
    ],
    gradient: (graph, { inputs: [x] }, [dy]) => [sumTo(graph, dy!, x!.shape)],
  },
};
