import type { Node } from '../graph.ts';
import type { Rank4 } from './blocked.ts';
import { blockedConv, blockedSpread, turned } from './blocked.ts';
import type { Convolution } from './geometry.ts';
import { convAttributes } from './geometry.ts';
import type { Candidate } from './rule.ts';

/** Gradients of convolutions that filter every channel by itself, on blocked memory. Their forward form is the blocked convolution's own. */

/** Whether every channel has its own single kernel: dy [n,c,h',w'] is that of c groups. */
export function isDepthwise(channels: number, { groups }: Pick<Convolution, 'groups'>): boolean {
  return groups > 1 && groups === channels;
}

/** Zeros to add after the rows of the spread dy so that the turned convolution gives `size` of them. */
function after(size: number, output: number, { stride, padding }: Convolution): number {
  return size - output * stride + padding;
}

export const depthwiseInputGradient: Candidate<'convInputGradient'> = {
  name: 'depthwise',
  applies: ({ inputs: [w, dy], outputs: [dx], attributes }, lowering) => {
    const [, , height, width] = dy!.shape as Rank4;
    const [, , kh, kw] = w!.shape as Rank4;
    const { dilation, padding, size } = attributes;
    const before = Math.min(dilation * (kh - 1), dilation * (kw - 1)) - padding;
    const ends = [after(size[0], height, attributes), after(size[1], width, attributes)];
    return isDepthwise(dy!.shape[1]!, attributes) && w!.shape[1] === 1 && lowering.canBlock(dx!) && before >= 0 && ends.every((end) => end >= 0);
  },
  lower: (lowering, { inputs: [w, dy], outputs: [dx], attributes }) => {
    const shape = dy!.shape as Rank4;
    const [, c, height, width] = shape;
    const [, , kh, kw] = w!.shape as Rank4;
    const { block } = lowering.options;
    const { stride, dilation, padding, size } = attributes;
    const taps = lowering.ints(turned(kh * kw));
    const filter = lowering.reshape(lowering.read(w!, 'filter'), [c / block, kh * kw, block]);
    const kernel = lowering.reshape(lowering.emit('Gather', [filter, taps], { axis: { int: 1 } }), w!.shape);
    const input = blockedSpread(lowering, lowering.read(dy!, 'blocked'), shape, stride);
    const pads = [dilation * (kh - 1) - padding, dilation * (kw - 1) - padding, after(size[0], height, attributes), after(size[1], width, attributes)];
    const how = { ...convAttributes({ ...attributes, stride: 1 }, [kh, kw]), pads: { ints: pads } };
    lowering.defer(dx!, (fused) => blockedConv(lowering, [input, kernel, ''], how, fused));
  },
};

/** What has to be added after the rows of x so that the kernel's gradient has just the kernel's size. */
function rest(length: number, output: number, kernel: number, { stride, padding, dilation }: Node<'convWeightGradient'>['attributes']): number {
  return (kernel - 1) * dilation + (output - 1) * stride + 1 - length - padding;
}

export const depthwiseWeightGradient: Candidate<'convWeightGradient'> = {
  // All channels of all pictures are channels of one picture, which is convolved with dy: stride and dilation change places.
  name: 'depthwise',
  applies: ({ inputs: [x, dy], attributes }, lowering) => {
    const [, c, h, w] = x!.shape as Rank4;
    const [, o, height, width] = dy!.shape as Rank4;
    const [kh, kw] = attributes.kernel;
    return isDepthwise(c, attributes) && o === c && lowering.canBlock(x!) && rest(h, height, kh, attributes) >= 0 && rest(w, width, kw, attributes) >= 0;
  },
  lower: (lowering, { inputs: [x, dy], outputs: [dw], attributes }) => {
    const [n, c, h, w] = x!.shape as Rank4;
    const [, , height, width] = dy!.shape as Rank4;
    const { stride, padding, dilation, kernel } = attributes;
    const { block } = lowering.options;
    const single = lowering.reshape(lowering.read(x!, 'blocked'), [1, n * c, h, w]);
    const filter = lowering.reshape(lowering.read(dy!, 'blocked'), [n * c, 1, height, width]);
    const product = blockedConv(lowering, [single, filter, ''], {
      kernel_shape: { ints: [height, width] },
      strides: { ints: [dilation, dilation] },
      dilations: { ints: [stride, stride] },
      pads: { ints: [padding, padding, rest(h, height, kernel[0], attributes), rest(w, width, kernel[1], attributes)] },
      group: { int: n * c },
    });
    const each = lowering.reshape(product, [n, c / block, kernel[0] * kernel[1], block]);
    const total = n === 1 ? each : lowering.emit('ReduceSum', [each, lowering.ints([0])], { keepdims: { int: 1 } });
    lowering.write(dw!, total, 'filter');
  },
};
