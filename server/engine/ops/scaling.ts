import { sameShape } from '../tensor.ts';
import type { Rule } from './rule.ts';
import { ShapeError } from './rule.ts';

export interface ScalingOps {
  /** (x [n,c,h,w], s [n,c,1,1]) to x·s: the excitation of Hu et al. 2018, equation 4. */
  scaleChannels: Record<never, never>;
  /** (a, b), both [n,c,h,w], to [n,c,1,1]: their inner product over each channel of each picture. */
  channelDot: Record<never, never>;
}

export const scaling: { readonly [op in keyof ScalingOps]: Rule<op> } = {
  scaleChannels: {
    shape: ([x, s]) => {
      if (x!.shape.length !== 4 || !sameShape(s!.shape, [x!.shape[0]!, x!.shape[1]!, 1, 1])) throw new ShapeError('a scale [n,c,1,1] for pictures [n,c,h,w] is needed');
      return [x!];
    },
    lowerings: [
      {
        name: 'Mul',
        lower: (lowering, { inputs: [x, s], outputs: [y] }) => {
          const layout = lowering.layouts(x!)[0] === 'channels' ? 'channels' : 'plain';
          lowering.write(y!, lowering.emit('Mul', [lowering.read(x!, layout), lowering.read(s!, layout)]), layout);
        },
      },
    ],
    gradient: (graph, { inputs: [x, s] }, [dy], wanted) => [
      wanted[0] ? graph.op('scaleChannels', [dy!, s!], {}) : undefined,
      wanted[1] ? graph.op('channelDot', [dy!, x!], {}) : undefined,
    ],
  },

  channelDot: {
    shape: ([a, b]) => {
      if (a!.shape.length !== 4 || !sameShape(a!.shape, b!.shape)) throw new ShapeError('two values [n,c,h,w] of one shape are needed');
      return [{ dtype: a!.dtype, shape: [a!.shape[0]!, a!.shape[1]!, 1, 1] }];
    },
    lowerings: [
      {
        // Row times column: nothing as large as the operands is written.
        name: 'MatMul',
        lower: (lowering, { inputs: [a, b], outputs: [y] }) => {
          const layout = lowering.layouts(a!)[0] === 'channels' ? 'channels' : 'plain';
          const [n, c, h, w] = a!.shape as readonly [number, number, number, number];
          const product = lowering.emit('MatMul', [
            lowering.reshape(lowering.read(a!, layout), [n * c, 1, h * w]),
            lowering.reshape(lowering.read(b!, layout), [n * c, h * w, 1]),
          ]);
          lowering.write(y!, lowering.reshape(product, layout === 'channels' ? [c, n, 1, 1] : [n, c, 1, 1]), layout);
        },
      },
    ],
  },
};
