import type { Shape } from '../tensor.ts';
import { elements } from '../tensor.ts';
import type { OpAttributes, OpName } from './table.ts';

/** What the operators mean, in plain loops over float64: what lowerings and gradients are tested against. */
export interface Plain {
  readonly shape: Shape;
  readonly data: Float64Array;
}

type Reference<O extends OpName> = (inputs: readonly Plain[], attributes: OpAttributes[O]) => readonly Plain[];
type Rank4 = readonly [number, number, number, number];

const filled = (shape: Shape, value: (index: number) => number): Plain => ({
  shape,
  data: Float64Array.from({ length: elements(shape) }, (_, index) => value(index)),
});

/** Row-major coordinates of a flat index. */
function coordinates(index: number, shape: Shape): number[] {
  const place: number[] = [];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    place[axis] = index % shape[axis]!;
    index = Math.floor(index / shape[axis]!);
  }
  return place;
}

/** The value at coordinates, counted from the last axis; axes of length 1 are stretched. */
function at({ shape, data }: Plain, place: readonly number[]): number {
  const lead = place.length - shape.length;
  let index = 0;
  shape.forEach((length, axis) => {
    index = index * length + (length === 1 ? 0 : place[axis + lead]!);
  });
  return data[index]!;
}

const pointwise =
  (value: (...operands: number[]) => number): ((inputs: readonly Plain[]) => Plain[]) =>
  (inputs) => {
    const rank = Math.max(...inputs.map(({ shape }) => shape.length));
    const shape = Array.from({ length: rank }, (_, axis) => Math.max(...inputs.map((input) => input.shape[axis - rank + input.shape.length] ?? 1)));
    return [filled(shape, (index) => value(...inputs.map((input) => at(input, coordinates(index, shape)))))];
  };

function reduce({ shape, data }: Plain, axes: readonly number[], keepDims: boolean, mean: boolean): Plain[] {
  const kept = shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
  const total = filled(kept, () => 0);
  data.forEach((value, index) => {
    const place = coordinates(index, shape).map((position, axis) => (axes.includes(axis) ? 0 : position));
    const flat = place.reduce((sum, position, axis) => sum * kept[axis]! + position, 0);
    total.data[flat]! += value / (mean ? elements(shape) / elements(kept) : 1);
  });
  return [{ shape: keepDims ? kept : shape.filter((_, axis) => !axes.includes(axis)), data: total.data }];
}

/** Visits every product of a convolution by the flat indices of its three tensors. */
function convolve(
  x: Shape,
  w: Shape,
  y: Shape,
  { stride, padding, dilation, groups }: OpAttributes['conv'],
  visit: (x: number, w: number, y: number) => void,
): void {
  const [, c, h, width] = x as Rank4;
  const [, perGroup, kh, kw] = w as Rank4;
  const [n, o, rows, columns] = y as Rank4;
  for (let picture = 0; picture < n; picture++)
    for (let out = 0; out < o; out++)
      for (let row = 0; row < rows; row++)
        for (let column = 0; column < columns; column++)
          for (let channel = 0; channel < perGroup; channel++)
            for (let ky = 0; ky < kh; ky++)
              for (let kx = 0; kx < kw; kx++) {
                const [iy, ix] = [row * stride - padding + ky * dilation, column * stride - padding + kx * dilation];
                if (iy < 0 || ix < 0 || iy >= h || ix >= width) continue;
                const into = Math.floor(out / (o / groups)) * perGroup + channel;
                visit(
                  ((picture * c + into) * h + iy) * width + ix,
                  ((out * perGroup + channel) * kh + ky) * kw + kx,
                  ((picture * o + out) * rows + row) * columns + column,
                );
              }
}

/** For each window of a pooling, the flat index of its largest value, the first of equals. */
function largest(x: Plain, { kernel, stride, padding }: OpAttributes['maxPool']): { shape: Shape; indices: number[] } {
  const [n, c, h, w] = x.shape as Rank4;
  const side = (length: number) => Math.floor((length + 2 * padding - kernel) / stride) + 1;
  const shape = [n, c, side(h), side(w)];
  const indices = Array.from({ length: elements(shape) }, (_, index) => {
    const [picture, channel, row, column] = coordinates(index, shape) as unknown as Rank4;
    let best = -1;
    for (let y = row * stride - padding; y < row * stride - padding + kernel; y++)
      for (let z = column * stride - padding; z < column * stride - padding + kernel; z++) {
        if (y < 0 || z < 0 || y >= h || z >= w) continue;
        const flat = ((picture * c + channel) * h + y) * w + z;
        if (best < 0 || x.data[flat]! > x.data[best]!) best = flat;
      }
    return best;
  });
  return { shape, indices };
}

const channelOf = (index: number, shape: Shape) => Math.floor(index / (shape[2]! * shape[3]!)) % shape[1]!;

function channelMeans(x: Plain, value: (index: number) => number): Float64Array {
  const means = new Float64Array(x.shape[1]!);
  x.data.forEach((_, index) => {
    means[channelOf(index, x.shape)]! += value(index) / (x.data.length / means.length);
  });
  return means;
}

const byLastAxis = (x: Plain, row: (values: Float64Array) => ArrayLike<number>): Plain => {
  const width = x.shape.at(-1)!;
  const data = new Float64Array(x.data.length);
  for (let start = 0; start < data.length; start += width) data.set(row(x.data.subarray(start, start + width)), start);
  return { shape: x.shape, data };
};

function softmax(values: Float64Array): Float64Array {
  const powers = values.map((value) => Math.exp(value - Math.max(...values)));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

const transposed = (x: Plain): Plain => {
  const shape = [...x.shape.slice(0, -2), x.shape.at(-1)!, x.shape.at(-2)!];
  return filled(shape, (index) => {
    const place = coordinates(index, shape);
    return at(x, [...place.slice(0, -2), place.at(-1)!, place.at(-2)!]);
  });
};

export const references: { readonly [op in OpName]?: Reference<op> } = {
  add: pointwise((a, b) => a! + b!),
  sub: pointwise((a, b) => a! - b!),
  mul: pointwise((a, b) => a! * b!),
  div: pointwise((a, b) => a! / b!),
  equal: pointwise((a, b) => (a === b ? 1 : 0)),
  affine: ([x], { scale, shift }) => [filled(x!.shape, (index) => x!.data[index]! * scale + shift)],
  relu: pointwise((x) => Math.max(0, x!)),
  reluGradient: pointwise((y, dy) => (y! > 0 ? dy! : 0)),
  exp: pointwise((x) => Math.exp(x!)),
  log: pointwise((x) => Math.log(x!)),
  sqrt: pointwise((x) => Math.sqrt(x!)),
  cast: ([x]) => [x!],

  reduceSum: ([x], { axes, keepDims }) => reduce(x!, axes, keepDims, false),
  reduceMean: ([x], { axes, keepDims }) => reduce(x!, axes, keepDims, true),
  argMax: ([x]) => {
    const width = x!.shape.at(-1)!;
    return [
      filled(x!.shape.slice(0, -1), (row) => {
        const values = x!.data.subarray(row * width, (row + 1) * width);
        return values.indexOf(Math.max(...values));
      }),
    ];
  },

  reshape: ([x], { shape }) => [{ shape, data: x!.data }],
  broadcastTo: ([x], { shape }) => [filled(shape, (index) => at(x!, coordinates(index, shape)))],
  transpose: ([x], { permutation }) => {
    const shape = permutation.map((axis) => x!.shape[axis]!);
    return [
      filled(shape, (index) => {
        const place: number[] = [];
        coordinates(index, shape).forEach((position, axis) => {
          place[permutation[axis]!] = position;
        });
        return at(x!, place);
      }),
    ];
  },

  matMul: ([left, right], { transposeA, transposeB }) => {
    const [a, b] = [transposeA ? transposed(left!) : left!, transposeB ? transposed(right!) : right!];
    const shape = [...a.shape.slice(0, -1), b.shape.at(-1)!];
    return [
      filled(shape, (index) => {
        const place = coordinates(index, shape);
        let sum = 0;
        for (let inner = 0; inner < a.shape.at(-1)!; inner++)
          sum += at(a, [...place.slice(0, -1), inner]) * at(b, [...place.slice(0, -2), inner, place.at(-1)!]);
        return sum;
      }),
    ];
  },

  conv: ([x, w, bias], attributes) => {
    const reach = (w!.shape[2]! - 1) * attributes.dilation + 1;
    const wide = (w!.shape[3]! - 1) * attributes.dilation + 1;
    const side = (length: number, span: number) => Math.floor((length + 2 * attributes.padding - span) / attributes.stride) + 1;
    const shape = [x!.shape[0]!, w!.shape[0]!, side(x!.shape[2]!, reach), side(x!.shape[3]!, wide)];
    const y = filled(shape, (index) => bias?.data[channelOf(index, shape)] ?? 0);
    convolve(x!.shape, w!.shape, shape, attributes, (from, by, to) => {
      y.data[to]! += x!.data[from]! * w!.data[by]!;
    });
    return [y];
  },
  convInputGradient: ([w, dy], attributes) => {
    const dx = filled([dy!.shape[0]!, w!.shape[1]! * attributes.groups, ...attributes.size], () => 0);
    convolve(dx.shape, w!.shape, dy!.shape, attributes, (from, by, to) => {
      dx.data[from]! += dy!.data[to]! * w!.data[by]!;
    });
    return [dx];
  },
  convWeightGradient: ([x, dy], attributes) => {
    const dw = filled([dy!.shape[1]!, x!.shape[1]! / attributes.groups, ...attributes.kernel], () => 0);
    convolve(x!.shape, dw.shape, dy!.shape, attributes, (from, by, to) => {
      dw.data[by]! += dy!.data[to]! * x!.data[from]!;
    });
    return [dw];
  },

  batchNorm: ([x, gamma, beta], { epsilon }) => {
    const { shape, data } = x!;
    const mean = channelMeans(x!, (index) => data[index]!);
    const variance = channelMeans(x!, (index) => (data[index]! - mean[channelOf(index, shape)]!) ** 2);
    const y = filled(shape, (index) => {
      const c = channelOf(index, shape);
      return ((data[index]! - mean[c]!) / Math.sqrt(variance[c]! + epsilon)) * gamma!.data[c]! + beta!.data[c]!;
    });
    return [y, { shape: [mean.length], data: mean }, { shape: [mean.length], data: variance }];
  },
  // The textbook form of the gradient, for statistics that are the batch's own.
  batchNormGradient: ([x, gamma, mean, variance, dy], { epsilon }) => {
    const { shape } = x!;
    const scale = variance!.data.map((value) => 1 / Math.sqrt(value + epsilon));
    const normal = (index: number) => (x!.data[index]! - mean!.data[channelOf(index, shape)]!) * scale[channelOf(index, shape)]!;
    const sums = channelMeans(x!, (index) => dy!.data[index]!);
    const products = channelMeans(x!, (index) => dy!.data[index]! * normal(index));
    const count = x!.data.length / sums.length;
    const dx = filled(shape, (index) => {
      const c = channelOf(index, shape);
      return gamma!.data[c]! * scale[c]! * (dy!.data[index]! - sums[c]! - normal(index) * products[c]!);
    });
    const total = (means: Float64Array): Plain => ({ shape: [means.length], data: means.map((value) => value * count) });
    return [dx, total(products), total(sums)];
  },
  batchNormInference: ([x, gamma, beta, mean, variance], { epsilon }) => [
    filled(x!.shape, (index) => {
      const c = channelOf(index, x!.shape);
      return ((x!.data[index]! - mean!.data[c]!) / Math.sqrt(variance!.data[c]! + epsilon)) * gamma!.data[c]! + beta!.data[c]!;
    }),
  ],

  maxPool: ([x], window) => {
    const { shape, indices } = largest(x!, window);
    return [filled(shape, (index) => x!.data[indices[index]!]!)];
  },
  maxPoolGradient: ([x, , dy], window) => {
    const dx = filled(x!.shape, () => 0);
    largest(x!, window).indices.forEach((flat, index) => {
      dx.data[flat]! += dy!.data[index]!;
    });
    return [dx];
  },

  softmax: ([x]) => [byLastAxis(x!, softmax)],
  logSoftmax: ([x]) => [byLastAxis(x!, (values) => softmax(values).map(Math.log))],
  oneHot: ([labels], { classes }) => [filled([labels!.shape[0]!, classes], (index) => (labels!.data[Math.floor(index / classes)] === index % classes ? 1 : 0))],

  sgd: ([w, g, v, rate], { momentum, weightDecay, nesterov }) => {
    const direction = filled(w!.shape, (index) => g!.data[index]! + weightDecay * w!.data[index]!);
    const velocity = filled(w!.shape, (index) => momentum * v!.data[index]! + direction.data[index]!);
    const way = (index: number) => (nesterov ? direction.data[index]! + momentum * velocity.data[index]! : velocity.data[index]!);
    return [filled(w!.shape, (index) => w!.data[index]! - rate!.data[0]! * way(index)), velocity];
  },

  adam: ([w, g, m, v, rate, first, second], { beta1, beta2, epsilon, weightDecay, decoupled }) => {
    const speed = rate!.data[0]!;
    const kept = decoupled ? 1 - speed * weightDecay : 1;
    const direction = filled(w!.shape, (index) => g!.data[index]! + (decoupled ? 0 : weightDecay * w!.data[index]!));
    const mean = filled(w!.shape, (index) => beta1 * m!.data[index]! + (1 - beta1) * direction.data[index]!);
    const square = filled(w!.shape, (index) => beta2 * v!.data[index]! + (1 - beta2) * direction.data[index]! ** 2);
    const way = (index: number) => mean.data[index]! / first!.data[0]! / (Math.sqrt(square.data[index]! / second!.data[0]!) + epsilon);
    return [filled(w!.shape, (index) => kept * w!.data[index]! - speed * way(index)), mean, square];
  },

  sigmoid: pointwise((x) => 1 / (1 + Math.exp(-x!))),
  silu: pointwise((x) => x! / (1 + Math.exp(-x!))),
  relu6: pointwise((x) => Math.min(6, Math.max(0, x!))),
  hardSigmoid: pointwise((x) => Math.min(1, Math.max(0, x! / 6 + 0.5))),
  hardSwish: pointwise((x) => x! * Math.min(1, Math.max(0, x! / 6 + 0.5))),

  averagePool: ([x], { side }) => {
    const [n, c, h, w] = x!.shape as Rank4;
    const shape = [n, c, Math.floor(h / side), Math.floor(w / side)];
    return [
      filled(shape, (index) => {
        const [picture, channel, row, column] = coordinates(index, shape) as unknown as Rank4;
        let sum = 0;
        for (let y = 0; y < side; y++) for (let z = 0; z < side; z++) sum += at(x!, [picture, channel, row * side + y, column * side + z]);
        return sum / side ** 2;
      }),
    ];
  },
  scaleChannels: pointwise((x, s) => x! * s!),
  channelDot: ([a, b]) => reduce(pointwise((p, q) => p! * q!)([a!, b!])[0]!, [2, 3], true, false),
  concat: (inputs, { axis }) => {
    const shape = inputs[0]!.shape.map((length, index) => (index === axis ? inputs.reduce((sum, input) => sum + input.shape[axis]!, 0) : length));
    return [
      filled(shape, (index) => {
        const place = coordinates(index, shape);
        const input = inputs.find(({ shape: part }) => {
          if (place[axis]! < part[axis]!) return true;
          place[axis]! -= part[axis]!;
          return false;
        });
        return at(input!, place);
      }),
    ];
  },
  slice: ([x], { axis, start, end }) => {
    const shape = x!.shape.map((length, index) => (index === axis ? end - start : length));
    return [
      filled(shape, (index) =>
        at(
          x!,
          coordinates(index, shape).map((position, along) => (along === axis ? position + start : position)),
        ),
      ),
    ];
  },
  pad: ([x], { axis, before, after }) => {
    const shape = x!.shape.map((length, index) => (index === axis ? before + length + after : length));
    return [
      filled(shape, (index) => {
        const place = coordinates(index, shape);
        place[axis]! -= before;
        return place[axis]! < 0 || place[axis]! >= x!.shape[axis]! ? 0 : x!.data[place.reduce((sum, position, along) => sum * x!.shape[along]! + position, 0)]!;
      }),
    ];
  },
  roll: ([x]) => {
    const row = x!.data.length / x!.shape[0]!;
    return [filled(x!.shape, (index) => x!.data[(index - row + x!.data.length) % x!.data.length]!)];
  },
};
