import type { Value } from '../graph.ts';
import type { Fused, Lowering } from '../lowering.ts';
import { nchwc } from '../lowering.ts';
import type { OnnxAttribute } from '../onnx.ts';

export type Rank4 = readonly [number, number, number, number];

/** A convolution on blocked memory with what is fused into it. weight in MLAS's order; bias [o] or ''. */
export function blockedConv(
  lowering: Lowering,
  inputs: readonly [x: string, weight: string, bias: string],
  attributes: Readonly<Record<string, OnnxAttribute>>,
  { sum, activation }: Fused = {},
): string {
  const [x, weight, bias] = inputs;
  const names = sum ? [x, weight, bias, sum] : bias ? [x, weight, bias] : [x, weight];
  return lowering.emit('Conv', names, activation ? { ...attributes, activation: { string: activation } } : attributes, nchwc);
}

/** x·scale + shift by channel, with what is fused, in one pass over blocked memory: a depthwise 1×1 convolution. scale, shift: [c]; shift may be ''. */
export function blockedAffine(lowering: Lowering, x: string, scale: string, shift: string, channels: number, fused: Fused = {}): string {
  const weight = lowering.reshape(scale, [channels, 1, 1, 1]);
  return blockedConv(lowering, [x, weight, shift], { kernel_shape: { ints: [1, 1] }, group: { int: channels } }, fused);
}

/** Blocked x with zeros around it. A depthwise 1×1 convolution by ones does it with all threads, which Pad does not. */
export function blockedPad(lowering: Lowering, x: string, channels: number, pads: Rank4): string {
  if (pads.every((pad) => pad === 0)) return x;
  const ones = lowering.constant({ dtype: 'float32', shape: [channels, 1, 1, 1], data: new Float32Array(channels).fill(1) });
  return blockedConv(lowering, [x, ones, ''], { kernel_shape: { ints: [1, 1] }, group: { int: channels }, pads: { ints: pads } });
}

/** Sums [c] of what `rows` gives for each row of each channel, [n·c/B·h, B]. Rows are summed apart, so that no chain of additions gets long. */
function overRows(lowering: Lowering, rows: string, [n, c, h]: Rank4): string {
  const { block } = lowering.options;
  const sum = lowering.emit('ReduceSum', [lowering.reshape(rows, [n, c / block, h, block]), lowering.ints([0, 2])], { keepdims: { int: 0 } });
  return lowering.reshape(sum, [c]);
}

/** The sum [c] of each channel of blocked pictures [n,c,h,w]. */
export function blockedSum(lowering: Lowering, x: string, shape: Rank4): string {
  const [n, c, h, w] = shape;
  const means = lowering.emit('GlobalAveragePool', [lowering.reshape(x, [1, n * c * h, 1, w])], {}, nchwc);
  return lowering.emit('Mul', [overRows(lowering, means, shape), lowering.float(w)]);
}

/**
 * The inner product [c] of each channel of two blocked tensors [n,c,h,w]: a depthwise convolution of one by the other, as if every row of
 * every channel of every picture were a channel of one picture. Nothing large is written, and all threads work on it.
 */
export function blockedDot(lowering: Lowering, a: string, b: string, shape: Rank4): string {
  const [n, c, h, w] = shape;
  const rows = n * c * h;
  const product = blockedConv(lowering, [lowering.reshape(a, [1, rows, 1, w]), lowering.reshape(b, [rows, 1, 1, w]), ''], {
    kernel_shape: { ints: [1, w] },
    group: { int: rows },
  });
  return overRows(lowering, product, shape);
}

/** The kernel as MLAS's blocked convolution reads it: [o/B,i/B,kh,kw,B(i),B(o)], or [o/B,i,kh,kw,B] where the input is too thin to be blocked. */
export function forwardFilter(lowering: Lowering, w: Value): string {
  const { block } = lowering.options;
  const [o, i, kh, kw] = w.shape as Rank4;
  return lowering.once(`forward filter ${w.id}`, () => {
    const filter = lowering.read(w, 'filter');
    const turned =
      i % block === 0
        ? lowering.transpose(lowering.reshape(filter, [i / block, block, o / block, kh * kw, block]), [2, 0, 3, 1, 4])
        : lowering.transpose(lowering.reshape(filter, [i, o / block, kh * kw, block]), [1, 0, 2, 3]);
    return lowering.reshape(turned, [o, i, kh, kw]);
  });
}

/** The kernel for the input's gradient: turned by 180°, outputs and inputs exchanged: [i/B,o/B,kh,kw,B(o),B(i)]. */
export function backwardFilter(lowering: Lowering, w: Value): string {
  const { block } = lowering.options;
  const [o, i, kh, kw] = w.shape as Rank4;
  const taps = kh * kw;
  let filter = lowering.read(w, 'filter');
  if (taps > 1) {
    const order = lowering.ints(Array.from({ length: taps }, (_, tap) => taps - 1 - tap));
    filter = lowering.emit('Gather', [lowering.reshape(filter, [(i * o) / block, taps, block]), order], { axis: { int: 1 } });
  }
  // Bringing the input's channels innermost is just what ReorderInput does, with all threads.
  const planes = lowering.reshape(filter, [i / block, block, (o / block) * taps, block]);
  return lowering.reshape(lowering.emit('ReorderInput', [planes], { channels_last: { int: 0 } }, nchwc), [i, o, kh, kw]);
}
