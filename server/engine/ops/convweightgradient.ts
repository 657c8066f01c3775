import type { Node, Value } from '../graph.ts';
import type { Lowering } from '../lowering.ts';
import { filterShape, nchwc } from '../lowering.ts';
import type { Rank4 } from './blocked.ts';
import { blockedConv, blockedPad, blockedPick, swapBlocks, swapStretches } from './blocked.ts';
import { depthwiseWeightGradient, isDepthwise } from './depthwise.ts';
import type { Rule } from './rule.ts';

/**
 * dw[o,i] = x[·,i] ⋆ dy[·,o]: a convolution of the transposed tensors, in which pictures become channels and stride and dilation change
 * places. What has to be added at (or, negative, cut off) the end of x so that the result has exactly the kernel's size:
 */
function end(length: number, output: number, kernel: number, { stride, padding, dilation }: Node<'convWeightGradient'>['attributes']): number {
  return (kernel - 1) * dilation + (output - 1) * stride + 1 - length - padding;
}

/** Blocked x [n,c,h,w], of which no pad is negative and the batch has whole blocks, as the input of that convolution: padded, [c,n,h,w] blocked over n. */
function blockedPicturesAsChannels(lowering: Lowering, x: Value, pads: Rank4): string {
  const { block } = lowering.options;
  const [n, c, h, w] = x.shape as Rank4;
  const [rows, columns] = [h + pads[0] + pads[2], w + pads[1] + pads[3]];
  return lowering.once(`pictures as channels ${x.id} ${pads}`, () => {
    const padded = blockedPad(lowering, lowering.read(x, 'blocked'), c, pads);
    // The pictures of a block beside each other, then the channels of a block turned outwards.
    const near = swapBlocks(lowering, padded, [n / block, block, (c / block) * rows * columns]);
    const apart = lowering.reshape(near, [(n * c) / block ** 2, block, rows * columns, block]);
    const turned = lowering.emit('ReorderOutput', [apart], { channels: { int: block }, channels_last: { int: 0 } }, nchwc);
    return lowering.reshape(swapStretches(lowering, turned, [n / block, c, rows * columns * block]), [c, n, rows, columns]);
  });
}

/** x padded (or, where a pad is negative, cut) in plain memory, whichever layout it is at hand in. */
function paddedPlain(lowering: Lowering, x: Value, pads: Rank4): string {
  const [, c, h, w] = x.shape as Rank4;
  const [top, left, bottom, right] = pads;
  const grown = pads.map((pad) => Math.max(0, pad)) as unknown as Rank4;
  return lowering.once(`padded ${x.id} ${pads}`, () => {
    let plain: string;
    if (lowering.layouts(x).includes('blocked')) {
      const padded = blockedPad(lowering, lowering.read(x, 'blocked'), c, grown);
      plain = lowering.emit('ReorderOutput', [padded], { channels: { int: c }, channels_last: { int: 0 } }, nchwc);
    } else {
      plain = lowering.read(x);
      if (grown.some((pad) => pad > 0)) plain = lowering.emit('Pad', [plain, lowering.ints([0, 0, top, left, 0, 0, grown[2], grown[3]])]);
    }
    if (bottom >= 0 && right >= 0) return plain;
    return lowering.emit('Slice', [plain, lowering.ints([0, 0]), lowering.ints([h + top + bottom, w + left + right]), lowering.ints([2, 3])]);
  });
}

/**
 * How a batch is parted so that its pictures can be the channels of a blocked convolution: whole blocks at once where the batch has only
 * whole ones, else parts that are thinner than a block, which the runtime takes unblocked.
 */
function parts(pictures: number, block: number): { start: number; count: number }[] {
  if (pictures % block === 0) return [{ start: 0, count: pictures }];
  const number = Math.ceil(pictures / (block - 1));
  const edge = (part: number) => Math.floor((pictures * part) / number);
  return Array.from({ length: number }, (_, part) => ({ start: edge(part), count: edge(part + 1) - edge(part) }));
}

/** Some pictures of plain x [n,c,h,w] as the input of that convolution: [c,n,h,w], blocked over n where n has whole blocks. */
function picturesAsChannels(lowering: Lowering, plain: string, [n, c, h, w]: Rank4): string {
  const { block } = lowering.options;
  if (n % block !== 0) return lowering.reshape(swapStretches(lowering, plain, [n, c, h * w]), [c, n, h, w]);
  const turned = lowering.emit('ReorderInput', [lowering.reshape(plain, [1, n, c * h, w])], { channels_last: { int: 0 } }, nchwc);
  return lowering.reshape(swapStretches(lowering, turned, [n / block, c, h * w * block]), [c, n, h, w]);
}

/** Some pictures of blocked dy [n,o,h,w] as its filter: [o/B,n/B,h·w,B(n),B(o)], or [o/B,n,h·w,B] for less than a block of them. */
function picturesAsFilter(lowering: Lowering, blocked: string, [n, o, h, w]: Rank4): string {
  const { block } = lowering.options;
  if (n % block !== 0) return lowering.reshape(swapStretches(lowering, blocked, [n, o / block, h * w * block]), [o, n, h, w]);
  const near = swapBlocks(lowering, blocked, [n / block, block, (o / block) * h * w]);
  return lowering.reshape(swapStretches(lowering, near, [n / block, o / block, h * w * block ** 2]), [o, n, h, w]);
}

/** Every stride-th pixel of every stride-th row of v in blocked memory, and their shape. */
function sampled(lowering: Lowering, v: Value, stride: number): { name: string; shape: Rank4 } {
  const [n, c, h, w] = v.shape as Rank4;
  const name = lowering.once(`sampled ${v.id} ${stride}`, () => {
    const whole = lowering.read(v, 'blocked');
    return stride > 1 ? blockedPick(lowering, whole, c, stride) : whole;
  });
  return { name, shape: [n, c, Math.ceil(h / stride), Math.ceil(w / stride)] };
}

/** The sampled pixels in plain memory. */
function sampledPlain(lowering: Lowering, v: Value, stride: number): string {
  const [, c, h, w] = v.shape as Rank4;
  if (stride === 1) return lowering.read(v);
  if (lowering.layouts(v).includes('blocked'))
    return lowering.emit('ReorderOutput', [sampled(lowering, v, stride).name], { channels: { int: c }, channels_last: { int: 0 } }, nchwc);
  return lowering.emit('Slice', [lowering.read(v), lowering.ints([0, 0]), lowering.ints([h, w]), lowering.ints([2, 3]), lowering.ints([stride, stride])]);
}

/** The sampled pixels as the rows of a matrix [n·h'·w',c]. */
function pixelRows(lowering: Lowering, v: Value, stride: number): string {
  const { name, shape } = sampled(lowering, v, stride);
  const [n, c, h, w] = shape;
  return lowering.once(`pixel rows ${v.id} ${stride}`, () => {
    return lowering.reshape(swapBlocks(lowering, name, [n, c / lowering.options.block, h * w]), [n * h * w, c]);
  });
}

/** The sampled pixels with whole maps of a block of channels beside each other, [c/B,n·h'·w',B]: a kernel 1×1 from pixels to channels. */
function pixelsAsInputs(lowering: Lowering, v: Value, stride: number): string {
  const { block } = lowering.options;
  const { name, shape } = sampled(lowering, v, stride);
  const [n, c, h, w] = shape;
  return lowering.once(`pixels as inputs ${v.id} ${stride}`, () => swapStretches(lowering, name, [n, c / block, h * w * block]));
}

/** The sampled pixels as channels, blocked: [n·h'·w'/B,c,B]. */
function pixelsAsChannels(lowering: Lowering, v: Value, stride: number): string {
  const { block } = lowering.options;
  const [n, c, h, w] = sampled(lowering, v, stride).shape;
  const maps = lowering.reshape(pixelsAsInputs(lowering, v, stride), [1, c, n * h, w]);
  const rows = lowering.emit('ReorderOutput', [maps], { channels: { int: c }, channels_last: { int: 0 } }, nchwc);
  return swapBlocks(lowering, rows, [1, c, (n * h * w) / block]);
}

export const weightGradientForms: Pick<Rule<'convWeightGradient'>, 'lowerings' | 'prefer'> = {
  lowerings: [
    {
      name: 'Conv',
      lower: (lowering, { inputs: [x, dy], outputs: [dw], attributes }) => {
        const { stride, padding, dilation, groups, kernel } = attributes;
        const [n, c, h, w] = x!.shape as Rank4;
        const [, , height, width] = dy!.shape as Rank4;
        const [kh, kw] = kernel;
        const perGroup = c / groups;
        // Within groups: [c/g, g·n, h, w] convolved in g groups with [o, n, h', w'].
        const input =
          groups === 1
            ? lowering.transpose(lowering.read(x!), [1, 0, 2, 3])
            : lowering.reshape(lowering.transpose(lowering.reshape(lowering.read(x!), [n, groups, perGroup, h, w]), [2, 1, 0, 3, 4]), [
                perGroup,
                groups * n,
                h,
                w,
              ]);
        const filter = lowering.transpose(lowering.read(dy!), [1, 0, 2, 3]);
        const product = lowering.emit('Conv', [input, filter], {
          kernel_shape: { ints: [height, width] },
          strides: { ints: [dilation, dilation] },
          dilations: { ints: [stride, stride] },
          pads: { ints: [padding, padding, Math.max(0, end(h, height, kh, attributes)), Math.max(0, end(w, width, kw, attributes))] },
          group: { int: groups },
        });
        const cut = lowering.emit('Slice', [product, lowering.ints([0, 0]), lowering.ints([kh, kw]), lowering.ints([2, 3])]);
        lowering.write(dw!, lowering.transpose(cut, [1, 0, 2, 3]));
      },
    },
    {
      // One picture after another x by dyᵀ, which needs no im2col; the pictures' products are added up.
      name: 'MatMul',
      applies: ({ attributes: { stride, padding, groups, kernel } }) => kernel[0] * kernel[1] === 1 && padding === 0 && groups === 1 && stride >= 1,
      lower: (lowering, { inputs: [x, dy], outputs: [dw], attributes: { stride } }) => {
        const [n, c] = x!.shape as Rank4;
        const [, o, height, width] = dy!.shape as Rank4;
        const input = sampledPlain(lowering, x!, stride);
        const [rows, steep] = [lowering.reshape(input, [n, c, height * width]), lowering.reshape(lowering.read(dy!), [n, o, height * width])];
        const sum = (product: string) => lowering.emit('ReduceSum', [product, lowering.ints([0])], { keepdims: { int: 0 } });
        const { block } = lowering.options;
        // [c,o] is the filter as it is held.
        if (filterShape(dw!.shape, block)) {
          const products = lowering.emit('MatMul', [rows, lowering.transpose(steep, [0, 2, 1])]);
          lowering.write(dw!, lowering.reshape(sum(products), [c, o / block, 1, block]), 'filter');
        } else {
          const products = lowering.emit('MatMul', [steep, lowering.transpose(rows, [0, 2, 1])]);
          lowering.write(dw!, lowering.reshape(sum(products), dw!.shape));
        }
      },
    },
    {
      name: 'blocked',
      applies: ({ inputs: [, dy], attributes: { groups } }, lowering) => groups === 1 && lowering.canBlock(dy!),
      lower: (lowering, { inputs: [x, dy], outputs: [dw], attributes }) => {
        const { stride, padding, dilation, kernel } = attributes;
        const [n, c, h, w] = x!.shape as Rank4;
        const [, o, height, width] = dy!.shape as Rank4;
        const { block } = lowering.options;
        const pads = [padding, padding, end(h, height, kernel[0], attributes), end(w, width, kernel[1], attributes)] as const;
        const [rows, columns] = [h + padding + pads[2], w + padding + pads[3]];
        const blocked = lowering.read(dy!, 'blocked');
        const some = (name: string, start: number, count: number) =>
          count === n ? name : lowering.emit('Slice', [name, lowering.ints([start]), lowering.ints([start + count]), lowering.ints([0])]);
        const how = { kernel_shape: { ints: [height, width] }, strides: { ints: [dilation, dilation] }, dilations: { ints: [stride, stride] } };
        const turnsBlocked = n % block === 0 && pads.every((pad) => pad >= 0) && lowering.layouts(x!).includes('blocked');
        const plain = turnsBlocked ? '' : paddedPlain(lowering, x!, pads);
        let product = '';
        for (const { start, count } of parts(n, block)) {
          const input = turnsBlocked
            ? blockedPicturesAsChannels(lowering, x!, pads)
            : picturesAsChannels(lowering, some(plain, start, count), [count, c, rows, columns]);
          const filter = picturesAsFilter(lowering, some(blocked, start, count), [count, o, height, width]);
          product = blockedConv(lowering, [input, filter, ''], how, product ? { sum: product } : {});
        }
        lowering.write(dw!, lowering.reshape(product, [c, o / block, kernel[0] * kernel[1], block]), 'filter');
      },
    },
    {
      // With the channels last, x and dy are matrices with a row for every pixel, and xᵀ·dy is the filter as it is held: one product for the whole batch.
      name: 'Gemm',
      applies: ({ inputs: [x, dy], attributes: { padding, groups, kernel } }, lowering) =>
        kernel[0] * kernel[1] === 1 && padding === 0 && groups === 1 && lowering.canBlock(x!) && lowering.canBlock(dy!),
      lower: (lowering, { inputs: [x, dy], outputs: [dw], attributes: { stride } }) => {
        const [, c] = x!.shape as Rank4;
        const [, o] = dy!.shape as Rank4;
        const product = lowering.emit('Gemm', [pixelRows(lowering, x!, stride), pixelRows(lowering, dy!, 1)], { transA: { int: 1 } });
        lowering.write(dw!, lowering.reshape(product, [c, o / lowering.options.block, 1, lowering.options.block]), 'filter');
      },
    },
    {
      // A convolution 1×1 in which pixels are the input's channels, one tensor's channels the picture's pixels and the other's, of which there are more, the outputs.
      name: 'pixels',
      applies: ({ inputs: [x, dy], attributes: { padding, groups, kernel } }, lowering) => {
        const [n, , height, width] = dy!.shape as Rank4;
        const whole = (n * height * width) % lowering.options.block === 0;
        return kernel[0] * kernel[1] === 1 && padding === 0 && groups === 1 && lowering.canBlock(x!) && lowering.canBlock(dy!) && whole;
      },
      lower: (lowering, { inputs: [x, dy], outputs: [dw], attributes: { stride } }) => {
        const { block } = lowering.options;
        const [, c] = x!.shape as Rank4;
        const [n, o, height, width] = dy!.shape as Rank4;
        const pixels = n * height * width;
        const step = (v: Value) => (v === x ? stride : 1);
        const product = (few: Value, many: Value) => {
          const picture = lowering.reshape(pixelsAsChannels(lowering, few, step(few)), [1, pixels, few.shape[1]!, 1]);
          const kernel = lowering.reshape(pixelsAsInputs(lowering, many, step(many)), [many.shape[1]!, pixels, 1, 1]);
          return blockedConv(lowering, [picture, kernel, ''], { kernel_shape: { ints: [1, 1] } });
        };
        const filter =
          o >= c
            ? swapBlocks(lowering, product(x!, dy!), [1, o / block, c])
            : lowering.emit('ReorderOutput', [product(dy!, x!)], { channels: { int: c }, channels_last: { int: 0 } }, nchwc);
        lowering.write(dw!, lowering.reshape(filter, [c, o / block, 1, block]), 'filter');
      },
    },
    depthwiseWeightGradient,
  ],
  prefer: ({ inputs: [, dy], attributes: { groups, kernel } }, { options: { block } }) => {
    const [n, o, height, width] = dy!.shape as Rank4;
    if (isDepthwise(o, { groups })) return 'depthwise';
    if (kernel[0] * kernel[1] > 1) return 'blocked';
    if (height * width <= 256 && (n * height * width) % block === 0) return 'pixels';
    return height * width <= 64 ? 'Gemm' : 'MatMul';
  },
};
