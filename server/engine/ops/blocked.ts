import type { Value } from '../graph.ts';
import type { Fused, Lowering } from '../lowering.ts';
import { nchwc } from '../lowering.ts';
import type { OnnxAttribute } from '../onnx.ts';

export type Rank4 = readonly [number, number, number, number];

const activations: { readonly [name in NonNullable<Fused['activation']>]: Readonly<Record<string, OnnxAttribute>> } = {
  Relu: { activation: { string: 'Relu' } },
  Relu6: { activation: { string: 'Clip' }, activation_params: { floats: [0, 6] } },
};

/** A convolution on blocked memory with what is fused into it. weight in MLAS's order; bias [o] or ''. */
export function blockedConv(
  lowering: Lowering,
  inputs: readonly [x: string, weight: string, bias: string],
  attributes: Readonly<Record<string, OnnxAttribute>>,
  { sum, activation }: Fused = {},
): string {
  const [x, weight, bias] = inputs;
  const names = sum ? [x, weight, bias, sum] : bias ? [x, weight, bias] : [x, weight];
  return lowering.emit('Conv', names, activation ? { ...attributes, ...activations[activation] } : attributes, nchwc);
}

/** x·scale + shift by channel, with what is fused, in one pass over blocked memory: a depthwise 1×1 convolution. scale, shift: [c]; shift may be ''. */
export function blockedAffine(lowering: Lowering, x: string, scale: string, shift: string, channels: number, fused: Fused = {}): string {
  const weight = lowering.reshape(scale, [channels, 1, 1, 1]);
  return blockedConv(lowering, [x, weight, shift], { kernel_shape: { ints: [1, 1] }, group: { int: channels } }, fused);
}

/** 1 for each of so many channels. */
export function channelOnes(lowering: Lowering, channels: number): string {
  return lowering.constant({ dtype: 'float32', shape: [channels], data: new Float32Array(channels).fill(1) });
}

/** Blocked x with zeros around it. A depthwise 1×1 convolution by ones does it with all threads, which Pad does not. */
export function blockedPad(lowering: Lowering, x: string, channels: number, pads: Rank4): string {
  if (pads.every((pad) => pad === 0)) return x;
  const ones = lowering.constant({ dtype: 'float32', shape: [channels, 1, 1, 1], data: new Float32Array(channels).fill(1) });
  return blockedConv(lowering, [x, ones, ''], { kernel_shape: { ints: [1, 1] }, group: { int: channels }, pads: { ints: pads } });
}

/** Every stride-th pixel of every stride-th row of blocked x, by all threads. */
export function blockedPick(lowering: Lowering, x: string, channels: number, stride: number): string {
  const ones = lowering.constant({ dtype: 'float32', shape: [channels, 1, 1, 1], data: new Float32Array(channels).fill(1) });
  return blockedConv(lowering, [x, ones, ''], { kernel_shape: { ints: [1, 1] }, group: { int: channels }, strides: { ints: [stride, stride] } });
}

/** ONNX's numbers of element types. */
const [floatType, doubleType] = [1, 11];

export function toDouble(lowering: Lowering, name: string): string {
  return lowering.emit('Cast', [name], { to: { int: doubleType } });
}

export function toFloat(lowering: Lowering, name: string): string {
  return lowering.emit('Cast', [name], { to: { int: floatType } });
}

/** A constant in double precision; its value is a float's. */
export function double(lowering: Lowering, value: number): string {
  return lowering.once(`double ${value}`, () => toDouble(lowering, lowering.float(value)));
}

const fewRows = 16384;

/**
 * The mean [c], a double, over pictures and rows of what `rows` gives for each row of each channel, [n·c/B·h, B]. The rounding of the rows is of
 * either sign and goes in the mean; that of a sum of them in floats would not, and all of a channel's values would be moved by it.
 */
function overRows(lowering: Lowering, rows: string, [n, c, h]: Rank4): string {
  const { block } = lowering.options;
  const mean = (name: string, axes: readonly number[]) => lowering.emit('ReduceMean', [name, lowering.ints(axes)], { keepdims: { int: 0 } });
  const shape = [n, c / block, h, block];
  // Along one axis at a time the runtime is quicker with many values; with few, one operator is.
  if (n * c * h <= fewRows) return lowering.reshape(mean(toDouble(lowering, lowering.reshape(rows, shape)), [0, 2]), [c]);
  const wide = toDouble(lowering, lowering.reshape(rows, [n, c * h]));
  return lowering.reshape(mean(lowering.reshape(n > 1 ? mean(wide, [0]) : wide, shape.slice(1)), [1]), [c]);
}

/** The mean [c], a double, of each channel of blocked pictures [n,c,h,w]. */
export function blockedMean(lowering: Lowering, x: string, shape: Rank4): string {
  const [n, c, h, w] = shape;
  return overRows(lowering, lowering.emit('GlobalAveragePool', [lowering.reshape(x, [1, n * c * h, 1, w])], {}, nchwc), shape);
}

/**
 * `factor` times the mean [c], a double, of the product of two blocked tensors [n,c,h,w] over each channel: a depthwise convolution of one by the
 * other, as if every row of every channel of every picture were a channel of one picture. Nothing large is written, and all threads work on it.
 */
export function blockedMeanProduct(lowering: Lowering, a: string, b: string, shape: Rank4, factor = 1): string {
  const [n, c, h, w] = shape;
  const rows = n * c * h;
  const product = blockedConv(lowering, [lowering.reshape(a, [1, rows, 1, w]), lowering.reshape(b, [rows, 1, 1, w]), ''], {
    kernel_shape: { ints: [1, w] },
    group: { int: rows },
  });
  return lowering.emit('Div', [overRows(lowering, product, shape), double(lowering, w / factor)]);
}

/**
 * [n,a,b,B] to [n,b,a,B]: whole blocks change places. The runtime's reordering of channels that come last does just this, with all threads;
 * Transpose has one.
 */
export function swapBlocks(lowering: Lowering, name: string, [n, a, b]: readonly [number, number, number]): string {
  const { block } = lowering.options;
  if (a === 1 || b === 1) return name;
  return lowering.emit('ReorderInput', [lowering.reshape(name, [n, a, 1, b * block])], { channels_last: { int: 1 } }, nchwc);
}

/** [a,b,length] to [b,a,length]: stretches long enough to be worth a copy each, by all threads. */
export function swapStretches(lowering: Lowering, name: string, [a, b, length]: readonly [number, number, number]): string {
  if (a === 1 || b === 1) return name;
  const order = Array.from({ length: a * b }, (_, index) => (index % a) * b + Math.floor(index / a));
  return lowering.emit('Gather', [lowering.reshape(name, [a * b, length]), lowering.ints(order)], { axis: { int: 0 } });
}

/** The kernel as MLAS's blocked convolution reads it: [o/B,i/B,kh,kw,B(i),B(o)], or [o/B,i,kh,kw,B] where the input is too thin to be blocked. */
export function forwardFilter(lowering: Lowering, w: Value): string {
  const { block } = lowering.options;
  const [o, i, kh, kw] = w.shape as Rank4;
  return lowering.once(`forward filter ${w.id}`, () => {
    const filter = lowering.read(w, 'filter');
    const taps = kh * kw;
    let ordered: string;
    if (i % block !== 0) ordered = swapStretches(lowering, filter, [i, o / block, taps * block]);
    else if (taps === 1) ordered = swapBlocks(lowering, filter, [1, i, o / block]);
    else {
      const lanes = swapBlocks(lowering, filter, [i / block, block, (o / block) * taps]);
      ordered = swapStretches(lowering, lanes, [i / block, o / block, taps * block ** 2]);
    }
    return lowering.reshape(ordered, [o, i, kh, kw]);
  });
}

/**
 * The kernel for the input's gradient: turned by 180°, outputs and inputs exchanged: [i/B,o/B,kh,kw,B(o),B(i)]. `rows` and `columns` say which
 * of the kernel's are in it, and in which order.
 */
export function backwardFilter(lowering: Lowering, w: Value, rows: readonly number[], columns: readonly number[]): string {
  const { block } = lowering.options;
  const [o, i, kh, kw] = w.shape as Rank4;
  const taps = rows.flatMap((row) => columns.map((column) => row * kw + column));
  // Bringing the input's channels innermost is just what ReorderInput does, with all threads.
  let filter = lowering.once(`backward filter ${w.id}`, () => {
    const planes = lowering.reshape(lowering.read(w, 'filter'), [i / block, block, (o / block) * kh * kw, block]);
    return lowering.emit('ReorderInput', [planes], { channels_last: { int: 0 } }, nchwc);
  });
  if (kh * kw > 1) {
    const squares = lowering.reshape(filter, [(i * o) / block ** 2, kh * kw, block ** 2]);
    filter = lowering.emit('Gather', [squares, lowering.ints(taps)], { axis: { int: 1 } });
  }
  return lowering.reshape(filter, [i, o, rows.length, columns.length]);
}

/** 'length - 1' down to 0. */
export const turned = (length: number): number[] => Array.from({ length }, (_, index) => length - 1 - index);

/**
 * Blocked x with stride - 1 zeros behind each of its values, [n,c,h·stride,w·stride]: every value is repeated over its square, then all but the
 * first are multiplied by zero. Repeating and multiplying is quicker than copying blocks and zeros one by one.
 */
export function blockedSpread(lowering: Lowering, x: string, [n, c, h, w]: Rank4, stride: number): string {
  if (stride === 1) return x;
  const { block } = lowering.options;
  const [rows, columns] = [h * stride, w * stride];
  const mask = new Float32Array(rows * columns * block);
  for (let row = 0; row < rows; row += stride) {
    for (let column = 0; column < columns; column += stride) mask.fill(1, (row * columns + column) * block, (row * columns + column + 1) * block);
  }
  const repeated = lowering.emit('Upsample', [x], { scales: { ints: [1, 1, stride, stride] }, mode: { string: 'nearest' } }, nchwc);
  const maps = lowering.reshape(repeated, [(n * c) / block, mask.length]);
  const zeroed = lowering.emit('Mul', [maps, lowering.constant({ dtype: 'float32', shape: [mask.length], data: mask })]);
  return lowering.reshape(zeroed, [n, c, rows, columns]);
}

/**
 * A convolution with stride 1 of a batch of small pictures [n,c,h,w], laid side by side as one wide picture with `padding` columns of zeros
 * between them: the kernel is then read once for a row of all pictures, and the rows are long enough for the runtime's fast path.
 */
export function sideBySide(
  lowering: Lowering,
  x: string,
  [n, c, h, w]: Rank4,
  weight: string,
  [o, kernel, padding]: readonly [number, number, number],
): string {
  const { block } = lowering.options;
  const pitch = w + padding;
  const [height, width] = [h + 2 * padding - kernel + 1, w + 2 * padding - kernel + 1];
  const apart = lowering.reshape(blockedPad(lowering, x, c, [0, 0, 0, padding]), [n, c / block, h, pitch * block]);
  const wide = lowering.reshape(lowering.transpose(apart, [1, 2, 0, 3]), [1, c, h, n * pitch]);
  const product = blockedConv(lowering, [wide, weight, ''], {
    kernel_shape: { ints: [kernel, kernel] },
    pads: { ints: [padding, padding, padding, kernel - 1 - padding] },
  });
  let rows = lowering.reshape(product, [o / block, height, n, pitch * block]);
  if (width < pitch) rows = lowering.emit('Slice', [rows, lowering.ints([0]), lowering.ints([width * block]), lowering.ints([3])]);
  return lowering.reshape(lowering.transpose(rows, [2, 0, 1, 3]), [n, o, height, width]);
}
