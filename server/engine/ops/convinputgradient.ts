import type { Lowering } from '../lowering.ts';
import type { Rank4 } from './blocked.ts';
import { backwardFilter, blockedConv } from './blocked.ts';
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
        const turned = { ...attributes, padding: kernel - 1 - attributes.padding };
        const weight = flipped(lowering, lowering.read(w!), w!.shape as Rank4);
        lowering.write(dx!, lowering.emit('Conv', [lowering.read(dy!), weight], convAttributes(turned, [kernel, kernel])));
      },
    },
    {
      name: 'blocked',
      applies: ({ inputs: [w, dy], outputs: [dx], attributes }, lowering) =>
        turns(w!.shape as Rank4, attributes) && lowering.canBlock(dy!) && lowering.canBlock(dx!),
      lower: (lowering, { inputs: [w, dy], outputs: [dx], attributes }) => {
        const kernel = w!.shape[2]!;
        const turned = convAttributes({ ...attributes, padding: kernel - 1 - attributes.padding }, [kernel, kernel]);
        const inputs = [lowering.read(dy!, 'blocked'), backwardFilter(lowering, w!), ''] as const;
        lowering.defer(dx!, (fused) => blockedConv(lowering, inputs, turned, fused));
      },
    },
    depthwiseInputGradient,
  ],
  prefer: ({ inputs: [, dy], attributes }) => (isDepthwise(dy!.shape[1]!, attributes) ? 'depthwise' : attributes.stride === 1 ? 'blocked' : 'ConvTranspose'),
};

/** [o,i,kh,kw] to [i,o,kh,kw] with the kernel turned by 180°. */
function flipped(lowering: Lowering, weight: string, [o, i, kh, kw]: Rank4): string {
  if (kh * kw === 1) return lowering.transpose(weight, [1, 0, 2, 3]);
  const taps = lowering.ints(Array.from({ length: kh * kw }, (_, tap) => kh * kw - 1 - tap));
  const turned = lowering.emit('Gather', [lowering.reshape(weight, [o, i, kh * kw]), taps], { axis: { int: 2 } });
  return lowering.reshape(lowering.transpose(turned, [1, 0, 2]), [i, o, kh, kw]);
}
