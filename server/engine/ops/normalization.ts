import type { Node, Value } from '../graph.ts';
import type { Lowering } from '../lowering.ts';
import { elements, sameShape } from '../tensor.ts';
import type { Rank4 } from './blocked.ts';
import { blockedAffine, blockedMean, blockedMeanProduct, channelOnes, double, toDouble, toFloat } from './blocked.ts';
import type { Rule } from './rule.ts';
import { ShapeError } from './rule.ts';

export interface NormalizationOps {
  /** (x, gamma, beta) to (y, mean, variance): normalised by the batch's own statistics; the variance is the biased one. Ioffe & Szegedy 2015. */
  batchNorm: { readonly epsilon: number };
  /** (x, gamma, mean, variance, dy) to (dx, dgamma, dbeta). */
  batchNormGradient: { readonly epsilon: number };
  /** (x, gamma, beta, mean, variance) to y, by given statistics. */
  batchNormInference: { readonly epsilon: number };
}

function checkChannels(x: Value, rest: readonly Value[]): void {
  if (x.shape.length !== 4) throw new ShapeError('pictures [n,c,h,w] are needed');
  for (const value of rest) if (!sameShape(value.shape, [x.shape[1]!])) throw new ShapeError(`one value for each of ${x.shape[1]} channels is needed`);
}

function isBlocked(lowering: Lowering, x: Value): boolean {
  return lowering.canBlock(x) && lowering.layouts(x)[0] === 'blocked';
}

/** Values a channel below which the variance is taken in two passes, so that it does not cancel. */
const fewValues = 2048;

/** E[x²] - E[x]², both [c]; 0 where rounding makes less of it: the values of a channel may be nearly the same and far from 0. */
function spreadOf(lowering: Lowering, meanSquare: string, average: string): string {
  return lowering.emit('Relu', [lowering.emit('Sub', [meanSquare, lowering.emit('Mul', [average, average])])]);
}

/** A double of it; WebGPU has none and stays with floats. */
function precise(lowering: Lowering, name: string): string {
  return lowering.options.provider === 'webgpu' ? name : toDouble(lowering, name);
}

/** A float of what `precise` has begun. */
function single(lowering: Lowering, name: string): string {
  return lowering.options.provider === 'webgpu' ? name : toFloat(lowering, name);
}

/** The mean [c] over pictures and rows of what `op` makes of each row of plain pictures [n,c,h,w]. The runtime adds long rows one by one. */
function plainMean(lowering: Lowering, op: 'ReduceMean' | 'ReduceSumSquare', name: string): string {
  const rows = precise(lowering, lowering.emit(op, [name, lowering.ints([3])], { keepdims: { int: 0 } }));
  return lowering.emit('ReduceMean', [rows, lowering.ints([0, 2])], { keepdims: { int: 0 } });
}

/** The blocked values whose channels, one after the other, are x's; undefined where x was not joined of such. */
function joined(lowering: Lowering, { source }: Value): readonly Value[] | undefined {
  if (source.kind !== 'node' || source.node.op !== 'concat') return undefined;
  const { inputs, attributes } = source.node as Node<'concat'>;
  return attributes.axis === 1 && inputs.every((part) => isBlocked(lowering, part)) ? inputs : undefined;
}

/** A statistic [c], a double, of each channel of x: that of its parts, which others may have asked for, where it was joined of some. */
function ofChannels(lowering: Lowering, x: Value, name: string, emit: () => string): string {
  return lowering.once(`${name} ${x.id}`, () => {
    const parts = joined(lowering, x);
    if (!parts) return emit();
    const statistic = name === 'average' ? blockedAverage : blockedVariance;
    return lowering.emit(
      'Concat',
      parts.map((part) => statistic(lowering, part)),
      { axis: { int: 0 } },
    );
  });
}

/** The mean [c], a double, of each channel of x in blocked memory. */
function blockedAverage(lowering: Lowering, x: Value): string {
  return ofChannels(lowering, x, 'average', () => blockedMean(lowering, lowering.read(x, 'blocked'), x.shape as Rank4));
}

/** The same as floats. */
function roundedAverage(lowering: Lowering, x: Value): string {
  return lowering.once(`rounded average ${x.id}`, () => toFloat(lowering, blockedAverage(lowering, x)));
}

/** x less the mean of its channel, blocked. */
function centred(lowering: Lowering, x: Value): string {
  const c = x.shape[1]!;
  return lowering.once(`centred ${x.id}`, () => {
    return blockedAffine(lowering, lowering.read(x, 'blocked'), channelOnes(lowering, c), lowering.emit('Neg', [roundedAverage(lowering, x)]), c);
  });
}

/** The biased variance [c], a double, of each channel of x in blocked memory. */
function blockedVariance(lowering: Lowering, x: Value): string {
  const shape = x.shape as Rank4;
  const [n, , h, w] = shape;
  return ofChannels(lowering, x, 'variance', () => {
    const base = n * h * w < fewValues ? centred(lowering, x) : lowering.read(x, 'blocked');
    const meanSquare = blockedMeanProduct(lowering, base, base, shape);
    if (n * h * w < fewValues) return meanSquare;
    return spreadOf(lowering, meanSquare, blockedAverage(lowering, x));
  });
}

/** The coefficients [c] of dx = a·dy + b·x + k. */
function slopes(
  lowering: Lowering,
  { scale, gain, sum, gamma, mean, count }: { scale: string; gain: string; sum: string; gamma: string; mean: string; count: number },
): { a: string; b: string; k: string } {
  const mul = (...names: [string, string]) => lowering.emit('Mul', names);
  const perValue = lowering.float(-1 / count);
  const a = mul(gamma, scale);
  const b = mul(mul(mul(a, scale), gain), perValue);
  return { a, b, k: lowering.emit('Sub', [mul(mul(a, sum), perValue), mul(b, mean)]) };
}

export const normalization: { readonly [op in keyof NormalizationOps]: Rule<op> } = {
  batchNorm: {
    shape: ([x, gamma, beta]) => {
      checkChannels(x!, [gamma!, beta!]);
      if (elements(x!.shape) === x!.shape[1]) throw new ShapeError('a batch needs more than one value a channel');
      const statistics = { dtype: x!.dtype, shape: [x!.shape[1]!] };
      return [x!, statistics, statistics];
    },
    lowerings: [
      {
        name: 'statistics',
        lower: (lowering, { inputs: [x, gamma, beta], outputs: [y, mean, variance], attributes: { epsilon } }) => {
          const [n, c, h, w] = x!.shape as Rank4;
          const input = lowering.read(x!);
          const average = plainMean(lowering, 'ReduceMean', input);
          const level = single(lowering, average);
          const squares = (name: string) => lowering.emit('Div', [plainMean(lowering, 'ReduceSumSquare', name), precise(lowering, lowering.float(w))]);
          const few = n * h * w < fewValues;
          const spread = few ? squares(lowering.emit('Sub', [input, lowering.reshape(level, [c, 1, 1])])) : spreadOf(lowering, squares(input), average);
          const variation = single(lowering, spread);
          const rows = lowering.reshape(input, [n, c, h * w]);
          const scaled = lowering.emit('BatchNormalization', [rows, lowering.read(gamma!), lowering.read(beta!), level, variation], {
            epsilon: { float: epsilon },
          });
          lowering.write(y!, lowering.reshape(scaled, x!.shape));
          lowering.write(mean!, level);
          lowering.write(variance!, variation);
        },
      },
      {
        // On blocked memory scaling is a convolution, into which the residual's sum and the relu are fused.
        name: 'blocked',
        applies: ({ inputs: [x] }, lowering) => lowering.canBlock(x!),
        lower: (lowering, { inputs: [x, gamma, beta], outputs: [y, mean, variance], attributes: { epsilon } }) => {
          const emit = (op: string, ...names: string[]) => lowering.emit(op, names);
          const [n, c, h, w] = x!.shape as Rank4;
          const average = blockedAverage(lowering, x!);
          const spread = blockedVariance(lowering, x!);
          const few = n * h * w < fewValues;
          // What was centred for the variance is at hand for scaling too, which then does not cancel either.
          const base = few ? centred(lowering, x!) : lowering.read(x!, 'blocked');
          const deviation = emit('Sqrt', emit('Add', spread, double(lowering, epsilon)));
          const scale = emit('Div', lowering.read(gamma!), toFloat(lowering, deviation));
          // The mean is taken away as it was scaled, by the rounded scale: what rounds here moves the whole channel.
          const level = () => toFloat(lowering, emit('Mul', average, toDouble(lowering, scale)));
          const shift = few ? lowering.read(beta!) : emit('Sub', lowering.read(beta!), level());
          lowering.defer(y!, (fused) => blockedAffine(lowering, base, scale, shift, c, fused));
          lowering.write(mean!, roundedAverage(lowering, x!));
          lowering.write(variance!, toFloat(lowering, spread));
        },
      },
    ],
    prefer: ({ inputs: [x] }, lowering) => (isBlocked(lowering, x!) ? 'blocked' : 'statistics'),
    gradient: (graph, { inputs: [x, gamma], outputs: [, mean, variance], attributes }, [dy]) =>
      graph.apply('batchNormGradient', [x!, gamma!, mean!, variance!, dy!], attributes),
  },

  batchNormGradient: {
    shape: ([x, gamma, mean, variance, dy]) => {
      checkChannels(x!, [gamma!, mean!, variance!]);
      if (!sameShape(x!.shape, dy!.shape)) throw new ShapeError('the input and the gradient differ in shape');
      return [x!, gamma!, gamma!];
    },
    lowerings: [
      {
        // With s = 1/√(variance + ε): dbeta = Σdy, dgamma = s·(Σ dy·x - mean·Σdy), dx = gamma·s·(dy - dbeta/m - (x - mean)·s·dgamma/m)
        name: 'affine',
        lower: (lowering, { inputs: [x, gamma, mean, variance, dy], outputs: [dx, dgamma, dbeta], attributes: { epsilon } }) => {
          const emit = (op: string, ...names: string[]) => lowering.emit(op, names);
          const wide = (name: string) => lowering.reshape(name, [c, 1]);
          const [n, c, h, w] = x!.shape as Rank4;
          const count = n * h * w;
          const rows = lowering.reshape(lowering.read(x!), [n, c, h * w]);
          const steep = lowering.reshape(lowering.read(dy!), [n, c, h * w]);
          const axes = lowering.ints([0, 2]);
          const scale = emit('Reciprocal', emit('Sqrt', emit('Add', lowering.read(variance!), lowering.float(epsilon))));
          const sum = lowering.emit('ReduceSum', [steep, axes], { keepdims: { int: 0 } });
          const products = lowering.emit('MatMul', [lowering.reshape(steep, [n, c, 1, h * w]), lowering.reshape(rows, [n, c, h * w, 1])]);
          const dot = lowering.emit('ReduceSum', [lowering.reshape(products, [n, c]), lowering.ints([0])], { keepdims: { int: 0 } });
          const centred = emit('Sub', dot, emit('Mul', lowering.read(mean!), sum));
          const gain = emit('Mul', centred, scale);
          const { a, b, k } = slopes(lowering, { scale, gain, sum, gamma: lowering.read(gamma!), mean: lowering.read(mean!), count });
          const slope = emit('Add', emit('Mul', rows, wide(b)), wide(k));
          const total = emit('Add', emit('Mul', steep, wide(a)), slope);
          lowering.write(dx!, lowering.reshape(total, x!.shape));
          lowering.write(dgamma!, gain);
          lowering.write(dbeta!, sum);
        },
      },
      {
        name: 'blocked',
        applies: ({ inputs: [x] }, lowering) => lowering.canBlock(x!),
        lower: (lowering, { inputs: [x, gamma, mean, variance, dy], outputs: [dx, dgamma, dbeta], attributes: { epsilon } }) => {
          const emit = (op: string, ...names: string[]) => lowering.emit(op, names);
          const shape = x!.shape as Rank4;
          const [n, c, h, w] = shape;
          const count = n * h * w;
          const input = lowering.read(x!, 'blocked');
          const steep = lowering.read(dy!, 'blocked');
          const scale = emit('Reciprocal', emit('Sqrt', emit('Add', lowering.read(variance!), lowering.float(epsilon))));
          const sum = emit('Mul', toFloat(lowering, blockedMean(lowering, steep, shape)), lowering.float(count));
          const dot = toFloat(lowering, blockedMeanProduct(lowering, steep, input, shape, count));
          const gain = emit('Mul', emit('Sub', dot, emit('Mul', lowering.read(mean!), sum)), scale);
          const { a, b, k } = slopes(lowering, { scale, gain, sum, gamma: lowering.read(gamma!), mean: lowering.read(mean!), count });
          lowering.defer(dx!, ({ sum: other, activation }) => {
            const inner = blockedAffine(lowering, input, b, k, c, other ? { sum: other } : {});
            return blockedAffine(lowering, steep, a, '', c, { sum: inner, ...(activation ? { activation } : {}) });
          });
          lowering.write(dgamma!, gain);
          lowering.write(dbeta!, sum);
        },
      },
    ],
    prefer: ({ inputs: [x, , , , dy] }, lowering) => (isBlocked(lowering, x!) || isBlocked(lowering, dy!) ? 'blocked' : 'affine'),
  },

  batchNormInference: {
    shape: ([x, ...statistics]) => {
      checkChannels(x!, statistics);
      return [x!];
    },
    lowerings: [
      {
        name: 'BatchNormalization',
        lower: (lowering, { inputs, outputs: [y], attributes: { epsilon } }) =>
          lowering.write(
            y!,
            lowering.emit(
              'BatchNormalization',
              inputs.map((input) => lowering.read(input)),
              { epsilon: { float: epsilon } },
            ),
          ),
      },
      {
        name: 'blocked',
        applies: ({ inputs: [x] }, lowering) => lowering.canBlock(x!),
        lower: (lowering, { inputs: [x, gamma, beta, mean, variance], outputs: [y], attributes: { epsilon } }) => {
          const emit = (op: string, ...names: string[]) => lowering.emit(op, names);
          const scale = emit('Div', lowering.read(gamma!), emit('Sqrt', emit('Add', lowering.read(variance!), lowering.float(epsilon))));
          const shift = emit('Sub', lowering.read(beta!), emit('Mul', lowering.read(mean!), scale));
          const input = lowering.read(x!, 'blocked');
          lowering.defer(y!, (fused) => blockedAffine(lowering, input, scale, shift, x!.shape[1]!, fused));
        },
      },
    ],
    prefer: ({ inputs: [x] }, lowering) => (isBlocked(lowering, x!) ? 'blocked' : 'BatchNormalization'),
  },
};
