import { nchwc } from '../lowering.ts';
import { blockedAffine, blockedPad } from './blocked.ts';
import type { Rule } from './rule.ts';
import { ShapeError } from './rule.ts';

export interface AveragePoolingOps {
  /** Means of windows of `side`·`side` that touch and do not overlap. Rows and columns that fill no window are left out. */
  averagePool: { readonly side: number };
  /** dy to the gradient of the input, whose height and width are `size`: every value spread over its window. */
  averagePoolGradient: { readonly side: number; readonly size: readonly [number, number] };
}

type Rank4 = readonly [number, number, number, number];

export const averagePooling: { readonly [op in keyof AveragePoolingOps]: Rule<op> } = {
  averagePool: {
    shape: ([x], { side }) => {
      if (x!.shape.length !== 4) throw new ShapeError('pictures [n,c,h,w] are needed');
      const [n, c, h, w] = x!.shape as Rank4;
      if (h < side || w < side) throw new ShapeError(`a window of ${side} does not fit into ${h}×${w}`);
      return [{ dtype: x!.dtype, shape: [n, c, Math.floor(h / side), Math.floor(w / side)] }];
    },
    lowerings: [
      {
        name: 'AveragePool',
        lower: (lowering, { inputs: [x], outputs: [y], attributes: { side } }) => {
          const window = { kernel_shape: { ints: [side, side] }, strides: { ints: [side, side] } };
          lowering.write(y!, lowering.emit('AveragePool', [lowering.read(x!)], window));
        },
      },
      {
        name: 'blocked',
        applies: ({ inputs: [x] }, lowering) => lowering.canBlock(x!),
        lower: (lowering, { inputs: [x], outputs: [y], attributes: { side } }) => {
          const window = { kernel_shape: { ints: [side, side] }, strides: { ints: [side, side] } };
          lowering.write(y!, lowering.emit('AveragePool', [lowering.read(x!, 'blocked')], window, nchwc), 'blocked');
        },
      },
    ],
    prefer: ({ inputs: [x] }, lowering) => (lowering.layouts(x!)[0] === 'blocked' ? 'blocked' : 'AveragePool'),
    gradient: (graph, { inputs: [x], attributes: { side } }, [dy]) => [graph.op('averagePoolGradient', [dy!], { side, size: [x!.shape[2]!, x!.shape[3]!] })],
  },

  averagePoolGradient: {
    shape: ([dy], { size }) => [{ dtype: dy!.dtype, shape: [dy!.shape[0]!, dy!.shape[1]!, ...size] }],
    lowerings: [
      {
        // Columns are spread by a product with a matrix of 0 and 1/side², rows by writing each one several times.
        name: 'MatMul, Concat',
        lower: (lowering, { inputs: [dy], outputs: [dx], attributes: { side, size } }) => {
          const [n, c, h, w] = dy!.shape as Rank4;
          const [height, width] = size;
          const spread = new Float32Array(w * width);
          for (let column = 0; column < w * side; column++) spread[Math.floor(column / side) * width + column] = 1 / side ** 2;
          const matrix = lowering.constant({ dtype: 'float32', shape: [w, width], data: spread });
          const rows = lowering.emit('MatMul', [lowering.reshape(lowering.read(dy!), [n * c * h, w]), matrix]);
          const apart = lowering.reshape(rows, [n * c, h, width]);
          let tall = lowering.reshape(lowering.emit('Concat', Array<string>(side).fill(apart), { axis: { int: 2 } }), [n * c, h * side, width]);
          if (height > h * side) tall = lowering.emit('Pad', [tall, lowering.ints([0, 0, 0, 0, height - h * side, 0])]);
          lowering.write(dx!, lowering.reshape(tall, [n, c, height, width]));
        },
      },
      {
        name: 'blocked',
        applies: ({ inputs: [dy] }, lowering) => lowering.canBlock(dy!),
        lower: (lowering, { inputs: [dy], outputs: [dx], attributes: { side, size } }) => {
          const [, c, h, w] = dy!.shape as Rank4;
          const share = lowering.constant({ dtype: 'float32', shape: [c], data: new Float32Array(c).fill(1 / side ** 2) });
          const shared = blockedAffine(lowering, lowering.read(dy!, 'blocked'), share, '', c);
          const spread = lowering.emit('Upsample', [shared], { scales: { ints: [1, 1, side, side] }, mode: { string: 'nearest' } }, nchwc);
          lowering.write(dx!, blockedPad(lowering, spread, c, [0, 0, size[0] - h * side, size[1] - w * side]), 'blocked');
        },
      },
    ],
    prefer: ({ inputs: [dy] }, lowering) => (lowering.layouts(dy!)[0] === 'blocked' ? 'blocked' : 'MatMul, Concat'),
  },
};
