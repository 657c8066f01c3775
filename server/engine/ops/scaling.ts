import { sameShape } from '../tensor.ts';
import type { Rank4 } from './blocked.ts';
import { blockedAffine, blockedConv } from './blocked.ts';
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
      if (x!.shape.length !== 4 || !sameShape(s!.shape, [x!.shape[0]!, x!.shape[1]!, 1, 1]))
        throw new ShapeError('a scale [n,c,1,1] for pictures [n,c,h,w] is needed');
      return [x!];
    },
    lowerings: [
      {
        name: 'Mul',
        lower: (lowering, { inputs: [x, s], outputs: [y] }) => lowering.write(y!, lowering.emit('Mul', [lowering.read(x!), lowering.read(s!)])),
      },
      {
        name: 'blocked',
        applies: ({ inputs: [x] }, lowering) => lowering.canBlock(x!),
        lower: (lowering, { inputs: [x, s], outputs: [y] }) => {
          const [n, c, h, w] = x!.shape as Rank4;
          // Every channel of every picture is one of n·c channels of a single picture.
          const single = lowering.reshape(lowering.read(x!, 'blocked'), [1, n * c, h, w]);
          const scaled = blockedAffine(lowering, single, lowering.read(s!), '', n * c);
          lowering.write(y!, lowering.reshape(scaled, [n, c, h, w]), 'blocked');
        },
      },
    ],
    prefer: ({ inputs: [x] }, lowering) => (lowering.layouts(x!)[0] === 'blocked' ? 'blocked' : 'Mul'),
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
          const [n, c, h, w] = a!.shape as readonly [number, number, number, number];
          const product = lowering.emit('MatMul', [
            lowering.reshape(lowering.read(a!), [n * c, 1, h * w]),
            lowering.reshape(lowering.read(b!), [n * c, h * w, 1]),
          ]);
          lowering.write(y!, lowering.reshape(product, [n, c, 1, 1]));
        },
      },
      {
        // A depthwise convolution of a by b, whose kernel is as large as the picture.
        name: 'blocked',
        applies: ({ inputs: [a] }, lowering) => lowering.canBlock(a!),
        lower: (lowering, { inputs: [a, b], outputs: [y] }) => {
          const [n, c, h, w] = a!.shape as Rank4;
          const single = lowering.reshape(lowering.read(a!, 'blocked'), [1, n * c, h, w]);
          const filter = lowering.reshape(lowering.read(b!, 'blocked'), [n * c, 1, h, w]);
          const product = blockedConv(lowering, [single, filter, ''], { kernel_shape: { ints: [h, w] }, group: { int: n * c } });
          // With one value a channel, blocked and plain are the same.
          lowering.write(y!, lowering.reshape(product, [n, c, 1, 1]));
        },
      },
    ],
    prefer: ({ inputs: [a, b] }, lowering) => (lowering.layouts(a!)[0] === 'blocked' && lowering.layouts(b!)[0] === 'blocked' ? 'blocked' : 'MatMul'),
  },
};
