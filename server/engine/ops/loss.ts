import type { Rule } from './rule.ts';
import { ShapeError } from './rule.ts';

export interface LossOps {
  /** log(softmax(x)) over the last axis. */
  logSoftmax: Record<never, never>;
  softmax: Record<never, never>;
  /** int32 labels [n] to float32 [n,classes]. A label outside 0..classes-1 gives a row of zeros. */
  oneHot: { readonly classes: number };
}

export const loss: { readonly [op in keyof LossOps]: Rule<op> } = {
  logSoftmax: {
    shape: ([x]) => [x!],
    lowerings: [
      {
        name: 'LogSoftmax',
        applies: (_, { options: { provider } }) => provider !== 'webgpu',
        lower: (lowering, { inputs: [x], outputs: [y] }) => lowering.write(y!, lowering.emit('LogSoftmax', [lowering.read(x!)], { axis: { int: -1 } })),
      },
      {
        // x - max x - log Σ exp(x - max x)
        name: 'ReduceMax, Exp, ReduceSum, Log',
        lower: (lowering, { inputs: [x], outputs: [y] }) => {
          const last = lowering.ints([-1]);
          const keep = { keepdims: { int: 1 } };
          const shifted = lowering.emit('Sub', [lowering.read(x!), lowering.emit('ReduceMax', [lowering.read(x!), last], keep)]);
          const total = lowering.emit('ReduceSum', [lowering.emit('Exp', [shifted]), last], keep);
          lowering.write(y!, lowering.emit('Sub', [shifted, lowering.emit('Log', [total])]));
        },
      },
    ],
    // dx = dy - softmax(x)·Σdy
    gradient: (graph, { outputs: [y] }, [dy]) => {
      const total = graph.op('reduceSum', [dy!], { axes: [y!.shape.length - 1], keepDims: true });
      return [graph.op('sub', [dy!, graph.op('mul', [graph.op('exp', [y!], {}), total], {})], {})];
    },
  },

  softmax: {
    shape: ([x]) => [x!],
    lowerings: [
      {
        name: 'Softmax',
        lower: (lowering, { inputs: [x], outputs: [y] }) => lowering.write(y!, lowering.emit('Softmax', [lowering.read(x!)], { axis: { int: -1 } })),
      },
    ],
    // dx = y·(dy - Σ y·dy)
    gradient: (graph, { outputs: [y] }, [dy]) => {
      const weighted = graph.op('mul', [y!, dy!], {});
      const total = graph.op('reduceSum', [weighted], { axes: [y!.shape.length - 1], keepDims: true });
      return [graph.op('sub', [weighted, graph.op('mul', [y!, total], {})], {})];
    },
  },

  oneHot: {
    shape: ([labels], { classes }) => {
      if (labels!.dtype !== 'int32' || labels!.shape.length !== 1) throw new ShapeError('labels are int32 of rank 1');
      return [{ dtype: 'float32', shape: [labels!.shape[0]!, classes] }];
    },
    lowerings: [
      {
        name: 'Equal',
        lower: (lowering, { inputs: [labels], outputs: [y], attributes: { classes } }) => {
          const column = lowering.reshape(lowering.read(labels!), [labels!.shape[0]!, 1]);
          const range = lowering.constant({ dtype: 'int32', shape: [1, classes], data: Int32Array.from({ length: classes }, (_, index) => index) });
          lowering.write(y!, lowering.emit('Cast', [lowering.emit('Equal', [column, range])], { to: { int: 1 } }));
        },
      },
    ],
  },
};
