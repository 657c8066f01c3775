import { sameShape } from '../tensor.ts';
import type { Rule } from './rule.ts';
import { ShapeError } from './rule.ts';

export interface MatrixOps {
  /** a·b over the last two axes, each transposed first if asked; the leading axes are equal. */
  matMul: { readonly transposeA: boolean; readonly transposeB: boolean };
}

const swapped = (rank: number) => Array.from({ length: rank }, (_, axis) => (axis < rank - 2 ? axis : 2 * rank - 3 - axis));

export const matrix: { readonly [op in keyof MatrixOps]: Rule<op> } = {
  matMul: {
    shape: ([a, b], { transposeA, transposeB }) => {
      const rank = a!.shape.length;
      if (rank < 2 || b!.shape.length !== rank) throw new ShapeError('two matrices of one rank are needed');
      const [rows, inner] = transposeA ? [a!.shape.at(-1)!, a!.shape.at(-2)!] : [a!.shape.at(-2)!, a!.shape.at(-1)!];
      const [depth, columns] = transposeB ? [b!.shape.at(-1)!, b!.shape.at(-2)!] : [b!.shape.at(-2)!, b!.shape.at(-1)!];
      if (inner !== depth) throw new ShapeError(`the inner dimensions ${inner} and ${depth} differ`);
      if (!sameShape(a!.shape.slice(0, -2), b!.shape.slice(0, -2))) throw new ShapeError('the leading dimensions differ');
      return [{ dtype: a!.dtype, shape: [...a!.shape.slice(0, -2), rows, columns] }];
    },
    lowerings: [
      {
        name: 'MatMul',
        lower: (lowering, { inputs: [a, b], outputs: [y], attributes: { transposeA, transposeB } }) => {
          const operand = (name: string, rank: number, turned: boolean) => (turned ? lowering.transpose(name, swapped(rank)) : name);
          if (a!.shape.length === 2) {
            const attributes = { transA: { int: transposeA ? 1 : 0 }, transB: { int: transposeB ? 1 : 0 } };
            lowering.write(y!, lowering.emit('Gemm', [lowering.read(a!), lowering.read(b!)], attributes));
          } else {
            const rank = a!.shape.length;
            lowering.write(y!, lowering.emit('MatMul', [operand(lowering.read(a!), rank, transposeA), operand(lowering.read(b!), rank, transposeB)]));
          }
        },
      },
    ],
    gradient: (graph, { inputs: [a, b], attributes: { transposeA, transposeB } }, [dy], wanted) => {
      const da = transposeA
        ? () => graph.op('matMul', [b!, dy!], { transposeA: transposeB, transposeB: true })
        : () => graph.op('matMul', [dy!, b!], { transposeA: false, transposeB: !transposeB });
      const db = transposeB
        ? () => graph.op('matMul', [dy!, a!], { transposeA: true, transposeB: transposeA })
        : () => graph.op('matMul', [a!, dy!], { transposeA: !transposeA, transposeB: false });
      return [wanted[0] ? da() : undefined, wanted[1] ? db() : undefined];
    },
    multiplyAdds: ({ inputs: [a], outputs: [y], attributes: { transposeA } }) =>
      y!.shape.reduce((product, dimension) => product * dimension, 1) * a!.shape.at(transposeA ? -2 : -1)!,
  },
};
