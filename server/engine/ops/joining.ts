import type { Value } from '../graph.ts';
import type { Layout, Lowering } from '../lowering.ts';
import type { Shape } from '../tensor.ts';
import type { Rule } from './rule.ts';
import { ShapeError } from './rule.ts';

export interface JoiningOps {
  /** Values that differ only along `axis`, one after the other. */
  concat: { readonly axis: number };
  /** What lies from `start` up to but without `end` along `axis`. */
  slice: { readonly axis: number; readonly start: number; readonly end: number };
  /** Zeros before and after along `axis`: the gradient of a slice. */
  pad: { readonly axis: number; readonly before: number; readonly after: number };
  /** Row i of the result is row i - 1 of the batch, the first one is the last: each picture beside its neighbour. */
  roll: Record<never, never>;
}

const replaced = (shape: Shape, axis: number, length: number) => shape.map((dimension, index) => (index === axis ? length : dimension));

function checkAxis(shape: Shape, axis: number): void {
  if (!Number.isInteger(axis) || axis < 0 || axis >= shape.length) throw new ShapeError(`there is no axis ${axis} in a rank of ${shape.length}`);
}

/** Whether pieces that begin and end at `edges` along the axis are whole also in blocked memory, where whole channel blocks follow each other. */
function wholeBlocks(lowering: Lowering, axis: number, edges: readonly number[]): boolean {
  const { block } = lowering.options;
  return block > 0 && (axis === 0 || (axis === 1 && edges.every((edge) => edge % block === 0)));
}

/** The layout to cut or pad a value in. */
function pieceLayout(lowering: Lowering, x: Value, axis: number, edges: readonly number[]): Layout {
  const layout = lowering.layouts(x)[0]!;
  return layout === 'blocked' && !wholeBlocks(lowering, axis, edges) ? 'plain' : layout;
}

function sliced(lowering: Lowering, x: Value, layout: Layout, { axis, start, end }: JoiningOps['slice']): string {
  return lowering.emit('Slice', [lowering.read(x, layout), lowering.ints([start]), lowering.ints([end]), lowering.ints([axis])]);
}

/** Channels of blocked x from `start`, by all threads, which Slice does not do. */
function blockedChannels(lowering: Lowering, x: Value, start: number, end: number): string {
  const { block } = lowering.options;
  const [n, c, h, w] = x.shape as readonly [number, number, number, number];
  const blocks = lowering.ints(Array.from({ length: (end - start) / block }, (_, index) => start / block + index));
  const maps = lowering.reshape(lowering.read(x, 'blocked'), [n, c / block, h * w * block]);
  return lowering.reshape(lowering.emit('Gather', [maps, blocks], { axis: { int: 1 } }), [n, end - start, h, w]);
}

export const joining: { readonly [op in keyof JoiningOps]: Rule<op> } = {
  concat: {
    shape: (inputs, { axis }) => {
      const [first] = inputs;
      checkAxis(first!.shape, axis);
      for (const { shape, dtype } of inputs) {
        const fits = shape.length === first!.shape.length && shape.every((dimension, index) => index === axis || dimension === first!.shape[index]);
        if (!fits || dtype !== first!.dtype) throw new ShapeError(`[${shape}] does not continue [${first!.shape}] along axis ${axis}`);
      }
      const length = inputs.reduce((total, { shape }) => total + shape[axis]!, 0);
      return [{ dtype: first!.dtype, shape: replaced(first!.shape, axis, length) }];
    },
    lowerings: [
      {
        name: 'Concat',
        lower: (lowering, { inputs, outputs: [y], attributes: { axis } }) => {
          const canBlock = inputs.every((input) => lowering.canBlock(input)) && (axis === 1 || wholeBlocks(lowering, axis, []));
          const layout = canBlock && lowering.layouts(inputs[0]!)[0] === 'blocked' ? 'blocked' : 'plain';
          const names = inputs.map((input) => lowering.read(input, layout));
          lowering.write(y!, lowering.emit('Concat', names, { axis: { int: axis } }), layout);
        },
      },
    ],
    gradient: (graph, { inputs, attributes: { axis } }, [dy], wanted) => {
      let start = 0;
      return inputs.map((input, index) => {
        const end = start + input.shape[axis]!;
        const part = wanted[index] ? graph.op('slice', [dy!], { axis, start, end }) : undefined;
        start = end;
        return part;
      });
    },
  },

  slice: {
    shape: ([x], { axis, start, end }) => {
      checkAxis(x!.shape, axis);
      if (start < 0 || end > x!.shape[axis]! || start >= end) throw new ShapeError(`${start} to ${end} does not lie within ${x!.shape[axis]}`);
      return [{ dtype: x!.dtype, shape: replaced(x!.shape, axis, end - start) }];
    },
    lowerings: [
      {
        name: 'Slice',
        lower: (lowering, { inputs: [x], outputs: [y], attributes }) => {
          const { axis, start, end } = attributes;
          const layout = pieceLayout(lowering, x!, axis, [start, end]);
          lowering.write(y!, layout === 'blocked' && axis === 1 ? blockedChannels(lowering, x!, start, end) : sliced(lowering, x!, layout, attributes), layout);
        },
      },
    ],
    gradient: (graph, { inputs: [x], attributes: { axis, start, end } }, [dy]) => [
      graph.op('pad', [dy!], { axis, before: start, after: x!.shape[axis]! - end }),
    ],
  },

  pad: {
    shape: ([x], { axis, before, after }) => {
      checkAxis(x!.shape, axis);
      return [{ dtype: x!.dtype, shape: replaced(x!.shape, axis, before + x!.shape[axis]! + after) }];
    },
    lowerings: [
      {
        name: 'Pad',
        lower: (lowering, { inputs: [x], outputs: [y], attributes: { axis, before, after } }) => {
          const layout = pieceLayout(lowering, x!, axis, [before, after]);
          const rank = x!.shape.length;
          const pads = Array.from({ length: 2 * rank }, (_, index) => (index === axis ? before : index === rank + axis ? after : 0));
          lowering.write(y!, lowering.emit('Pad', [lowering.read(x!, layout), lowering.ints(pads)]), layout);
        },
      },
    ],
    gradient: (graph, { inputs: [x], attributes: { axis, before } }, [dy]) => [
      graph.op('slice', [dy!], { axis, start: before, end: before + x!.shape[axis]! }),
    ],
  },

  roll: {
    shape: ([x]) => {
      checkAxis(x!.shape, 0);
      return [x!];
    },
    lowerings: [
      {
        name: 'Gather',
        lower: (lowering, { inputs: [x], outputs: [y] }) => {
          const rows = x!.shape[0]!;
          const order = lowering.ints(Array.from({ length: rows }, (_, row) => (row + rows - 1) % rows));
          lowering.write(y!, lowering.emit('Gather', [lowering.read(x!), order], { axis: { int: 0 } }));
        },
      },
    ],
  },
};
