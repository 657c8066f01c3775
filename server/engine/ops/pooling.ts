import type { Lowering } from '../lowering.ts';
import { nchwc } from '../lowering.ts';
import type { Shape } from '../tensor.ts';
import { elements, sameShape } from '../tensor.ts';
import type { Rank4 } from './blocked.ts';
import type { Window } from './geometry.ts';
import { slid, windowAttributes } from './geometry.ts';
import type { Rule } from './rule.ts';
import { ShapeError } from './rule.ts';

export interface PoolingOps {
  maxPool: Window;
  /** (x, y = maxPool(x), dy): dy given to the largest of each window. */
  maxPoolGradient: Window;
}

export const pooling: { readonly [op in keyof PoolingOps]: Rule<op> } = {
  maxPool: {
    shape: ([x], window) => {
      if (x!.shape.length !== 4) throw new ShapeError('pictures [n,c,h,w] are needed');
      const [n, c, h, w] = x!.shape as readonly [number, number, number, number];
      return [{ dtype: x!.dtype, shape: [n, c, slid(h, window), slid(w, window)] }];
    },
    lowerings: [
      {
        name: 'MaxPool',
        lower: (lowering, { inputs: [x], outputs: [y], attributes }) =>
          lowering.write(y!, lowering.emit('MaxPool', [lowering.read(x!)], windowAttributes(attributes))),
      },
      {
        name: 'blocked',
        applies: ({ inputs: [x] }, lowering) => lowering.canBlock(x!),
        lower: (lowering, { inputs: [x], outputs: [y], attributes }) =>
          lowering.write(y!, lowering.emit('MaxPool', [lowering.read(x!, 'blocked')], windowAttributes(attributes), nchwc), 'blocked'),
      },
    ],
    prefer: ({ inputs: [x] }, lowering) => (lowering.layouts(x!)[0] === 'blocked' ? 'blocked' : 'MaxPool'),
    gradient: (graph, { inputs: [x], outputs: [y], attributes }, [dy]) => [graph.op('maxPoolGradient', [x!, y!, dy!], attributes)],
  },

  maxPoolGradient: {
    shape: ([x, y, dy]) => {
      if (!sameShape(y!.shape, dy!.shape)) throw new ShapeError('the output and its gradient differ in shape');
      return [x!];
    },
    lowerings: [
      {
        name: 'indices',
        applies: (_, { options: { provider } }) => provider !== 'webgpu',
        lower: (lowering: Lowering, { inputs: [x, , dy], outputs: [dx], attributes }) => {
          const [, indices] = lowering.emitMany('MaxPool', [lowering.read(x!)], 2, windowAttributes(attributes));
          const size = elements(x!.shape);
          const zeros = lowering.emit('ConstantOfShape', [lowering.ints([size])], {
            value: { tensor: { dtype: 'float32', shape: [1], data: new Float32Array(1) } },
          });
          const flat = (name: string) => lowering.reshape(name, [-1]);
          const scattered = lowering.emit('ScatterElements', [zeros, flat(indices!), flat(lowering.read(dy!))], {
            axis: { int: 0 },
            reduction: { string: 'add' },
          });
          lowering.write(dx!, lowering.reshape(scattered, x!.shape));
        },
      },
      {
        // Without indices, which WebGPU's MaxPool does not give, and without additions to one place from several threads: a convolution whose kernels are
        // each a single 1 lays a window's values out as channels; those equal to the largest are found, all but the first are dropped, and the
        // same convolution turned round puts their share of dy back.
        name: 'windows',
        lower: (lowering: Lowering, { inputs: [x, y, dy], outputs: [dx], attributes }) => {
          const [n, c, h, w] = x!.shape as Rank4;
          const [, , rows, columns] = y!.shape as Rank4;
          const { kernel, stride, padding } = attributes;
          const taps = kernel ** 2;
          const where = windowAttributes(attributes);
          const picture = (name: string, height: number, width: number) => lowering.reshape(name, [n * c, 1, height, width]);
          const floats = (shape: Shape, at: (index: number) => number) =>
            lowering.constant({ dtype: 'float32', shape, data: Float32Array.from({ length: elements(shape) }, (_, index) => at(index)) });
          const places = floats([taps, 1, kernel, kernel], (index) => (index % taps === Math.floor(index / taps) ? 1 : 0));
          const values = lowering.emit('Conv', [picture(lowering.read(x!), h, w), places], where);
          const largest = lowering.emit('Equal', [values, picture(lowering.read(y!), rows, columns)]);
          let isLargest = lowering.emit('Cast', [largest], { to: { int: 1 } });
          if (padding > 0) {
            const inside = floats([taps, rows, columns], (index) => {
              const tap = Math.floor(index / (rows * columns));
              const row = Math.floor((index % (rows * columns)) / columns) * stride - padding + Math.floor(tap / kernel);
              const column = (index % columns) * stride - padding + (tap % kernel);
              return row >= 0 && row < h && column >= 0 && column < w ? 1 : 0;
            });
            isLargest = lowering.emit('Mul', [isLargest, inside]);
          }
          const before = floats([taps, taps, 1, 1], (index) => (index % taps < Math.floor(index / taps) ? 1 : 0));
          const earlier = lowering.emit('Conv', [isLargest, before], { kernel_shape: { ints: [1, 1] } });
          const first = lowering.emit('Relu', [lowering.emit('Sub', [isLargest, earlier])]);
          const shares = lowering.emit('Mul', [first, picture(lowering.read(dy!), rows, columns)]);
          const rest = (length: number, windows: number) => length - ((windows - 1) * stride + kernel - 2 * padding);
          const spread = lowering.emit('ConvTranspose', [shares, places], {
            ...where,
            output_padding: { ints: [rest(h, rows), rest(w, columns)] },
          });
          lowering.write(dx!, lowering.reshape(spread, x!.shape));
        },
      },
    ],
  },
};
