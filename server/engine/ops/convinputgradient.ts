import type { Lowering } from '../lowering.ts';
import type { Rank4 } from './blocked.ts';
import { backwardFilter, blockedConv, blockedSpread, sideBySide, turned } from './blocked.ts';
import { liesSideBySide, narrow } from './convforward.ts';
import { depthwiseInputGradient, isDepthwise } from './depthwise.ts';
import type { Convolution } from './geometry.ts';
import { convAttributes } from './geometry.ts';
import type { Rule } from './rule.ts';

/** What a stride leaves over: rows (or columns) at the end of the input that no window touches. */
function rest(length: number, output: number, kernel: number, { stride, padding, dilation }: Convolution): number {
  return length - ((output - 1) * stride - 2 * padding + dilation * (kernel - 1) + 1);
}

/** Whether the gradient is itself a convolution of dy with the turned kernel. */
function turns(kernel: Rank4, { stride, groups, padding, dilation }: Convolution): boolean {
  return stride === 1 && groups === 1 && dilation === 1 && kernel[2] === kernel[3] && padding < kernel[2];
}

/** One remainder of the input's rows (or columns) by the stride: the kernel's taps that meet them, turned, and the zeros around dy. */
interface Phase {
  readonly taps: readonly number[];
  readonly before: number;
  readonly after: number;
}

/**
 * The phases of `length` rows of the input, all of the same number of rows. Row a·stride + r meets tap k of output row a + (r + padding - k)/stride.
 * undefined where a phase meets no tap (but in a kernel of one tap, whose only phase is the first) or would need dy to be cut.
 */
function phases(length: number, output: number, kernel: number, { stride, padding }: Convolution): Phase[] | undefined {
  const count = Math.ceil(length / stride);
  const found = Array.from({ length: kernel === 1 && padding === 0 ? 1 : stride }, (_, remainder) => {
    const first = (remainder + padding) % stride;
    const taps = Array.from({ length: Math.ceil(Math.max(0, kernel - first) / stride) }, (_, index) => first + index * stride).toReversed();
    const before = taps.length - 1 - (remainder + padding - first) / stride;
    return { taps, before, after: count + taps.length - 1 - before - output };
  });
  return found.every(({ taps, before, after }) => taps.length > 0 && before >= 0 && after >= 0) ? found : undefined;
}

export const inputGradientForms: Pick<Rule<'convInputGradient'>, 'lowerings' | 'prefer'> = {
  lowerings: [
    {
      name: 'ConvTranspose',
      lower: (lowering, { inputs: [w, dy], outputs: [dx], attributes }) => {
        const [, , kh, kw] = w!.shape as Rank4;
        const [, , height, width] = dy!.shape as Rank4;
        const left = [rest(attributes.size[0], height, kh, attributes), rest(attributes.size[1], width, kw, attributes)];
        const name = lowering.emit('ConvTranspose', [lowering.read(dy!), lowering.read(w!)], {
          ...convAttributes(attributes, [kh, kw]),
          output_padding: { ints: left },
        });
        lowering.write(dx!, name);
      },
    },
    {
      name: 'Conv',
      applies: ({ inputs: [w], attributes }) => turns(w!.shape as Rank4, attributes),
      lower: (lowering, { inputs: [w, dy], outputs: [dx], attributes }) => {
        const kernel = w!.shape[2]!;
        const how = { ...attributes, padding: kernel - 1 - attributes.padding };
        const weight = flipped(lowering, lowering.read(w!), w!.shape as Rank4);
        lowering.write(dx!, lowering.emit('Conv', [lowering.read(dy!), weight], convAttributes(how, [kernel, kernel])));
      },
    },
    {
      name: 'blocked',
      applies: ({ inputs: [w, dy], outputs: [dx], attributes }, lowering) =>
        turns(w!.shape as Rank4, attributes) && lowering.canBlock(dy!) && lowering.canBlock(dx!),
      lower: (lowering, { inputs: [w, dy], outputs: [dx], attributes }) => {
        const kernel = w!.shape[2]!;
        const how = convAttributes({ ...attributes, padding: kernel - 1 - attributes.padding }, [kernel, kernel]);
        const inputs = [lowering.read(dy!, 'blocked'), backwardFilter(lowering, w!, turned(kernel), turned(kernel)), ''] as const;
        lowering.defer(dx!, (fused) => blockedConv(lowering, inputs, how, fused));
      },
    },
    {
      name: 'side by side',
      applies: ({ inputs: [w, dy], outputs: [dx], attributes }, lowering) => {
        const padding = w!.shape[2]! - 1 - attributes.padding;
        return lowering.canBlock(dy!) && lowering.canBlock(dx!) && liesSideBySide(w!.shape as Rank4, { ...attributes, padding });
      },
      lower: (lowering, { inputs: [w, dy], outputs: [dx], attributes }) => {
        const [, i, kernel] = w!.shape as Rank4;
        const filter = backwardFilter(lowering, w!, turned(kernel), turned(kernel));
        const product = sideBySide(lowering, lowering.read(dy!, 'blocked'), dy!.shape as Rank4, filter, [i, kernel, kernel - 1 - attributes.padding]);
        lowering.write(dx!, product, 'blocked');
      },
    },
    {
      // The pixels of dx whose row and column leave the same remainders by the stride are a convolution of dy with every stride-th tap of the kernel.
      name: 'phases',
      applies: ({ inputs: [w, dy], outputs: [dx], attributes }, lowering) => {
        const [, , kh, kw] = w!.shape as Rank4;
        const [, , height, width] = dy!.shape as Rank4;
        const [rows, columns] = [phases(attributes.size[0], height, kh, attributes), phases(attributes.size[1], width, kw, attributes)];
        const { groups, dilation, stride } = attributes;
        return groups === 1 && dilation === 1 && stride > 1 && lowering.canBlock(dy!) && lowering.canBlock(dx!) && rows !== undefined && columns !== undefined;
      },
      lower: (lowering, { inputs: [w, dy], outputs: [dx], attributes }) => {
        const [, i, kh, kw] = w!.shape as Rank4;
        const [n, , height, width] = dy!.shape as Rank4;
        const { stride, size } = attributes;
        const { block } = lowering.options;
        const rows = phases(size[0], height, kh, attributes)!;
        const columns = phases(size[1], width, kw, attributes)!;
        const input = lowering.read(dy!, 'blocked');
        const part = (row: Phase, column: Phase) =>
          blockedConv(lowering, [input, backwardFilter(lowering, w!, row.taps, column.taps), ''], {
            kernel_shape: { ints: [row.taps.length, column.taps.length] },
            pads: { ints: [row.before, column.before, row.after, column.after] },
          });
        const [high, wide] = [Math.ceil(size[0] / stride), Math.ceil(size[1] / stride)];
        let whole: string;
        if (kh * kw === 1) whole = blockedSpread(lowering, part(rows[0]!, columns[0]!), [n, i, high, wide], stride);
        else {
          const woven = rows.map((row) => {
            const parts = columns.map((column) => lowering.reshape(part(row, column), [((n * i) / block) * high, wide, block]));
            return lowering.reshape(lowering.emit('Concat', parts, { axis: { int: 2 } }), [((n * i) / block) * high, wide * stride * block]);
          });
          whole = lowering.emit('Concat', woven, { axis: { int: 1 } });
        }
        const map = lowering.reshape(whole, [(n * i) / block, high * stride, wide * stride * block]);
        const cut =
          high * stride === size[0] && wide * stride === size[1]
            ? map
            : lowering.emit('Slice', [map, lowering.ints([0, 0]), lowering.ints([size[0], size[1] * block]), lowering.ints([1, 2])]);
        lowering.write(dx!, lowering.reshape(cut, [n, i, ...size]), 'blocked');
      },
    },
    depthwiseInputGradient,
  ],
  prefer: ({ inputs: [, dy], attributes }) => {
    if (isDepthwise(dy!.shape[1]!, attributes)) return 'depthwise';
    if (attributes.stride > 1) return 'phases';
    return dy!.shape[3]! <= narrow ? 'side by side' : 'blocked';
  },
};

/** [o,i,kh,kw] to [i,o,kh,kw] with the kernel turned by 180°. */
function flipped(lowering: Lowering, weight: string, [o, i, kh, kw]: Rank4): string {
  if (kh * kw === 1) return lowering.transpose(weight, [1, 0, 2, 3]);
  const taps = lowering.ints(turned(kh * kw));
  const flat = lowering.emit('Gather', [lowering.reshape(weight, [o, i, kh * kw]), taps], { axis: { int: 2 } });
  return lowering.reshape(lowering.transpose(flat, [1, 0, 2]), [i, o, kh, kw]);
}
