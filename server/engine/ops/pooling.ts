import type { Lowering } from '../lowering.ts';
import { nchwc } from '../lowering.ts';
import { elements, sameShape } from '../tensor.ts';
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
    ],
  },
};
