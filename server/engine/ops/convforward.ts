import type { Rank4 } from './blocked.ts';
import { blockedConv, forwardFilter, sideBySide } from './blocked.ts';
import type { Convolution } from './geometry.ts';
import { convAttributes } from './geometry.ts';
import type { Rule } from './rule.ts';

/** Pictures of at most this width are convolved faster side by side. */
export const narrow = 3;

/** Whether a convolution's pictures can lie side by side: it moves by one pixel and sees beyond the edges, but not over the next picture. */
export function liesSideBySide([, , kh, kw]: Rank4, { stride, padding, dilation, groups }: Convolution): boolean {
  return stride === 1 && groups === 1 && dilation === 1 && kh === kw && kh > 1 && padding > 0 && padding < kh;
}

export const forwardForms: Pick<Rule<'conv'>, 'lowerings' | 'prefer'> = {
  lowerings: [
    {
      name: 'Conv',
      lower: (lowering, { inputs, outputs: [y], attributes }) => {
        const [, , kh, kw] = inputs[1]!.shape as Rank4;
        const names = inputs.map((input) => lowering.read(input));
        lowering.write(y!, lowering.emit('Conv', names, convAttributes(attributes, [kh, kw])));
      },
    },
    {
      name: 'blocked',
      applies: ({ inputs: [x, w], outputs: [y], attributes: { groups } }, lowering) => {
        const { block } = lowering.options;
        const [, c] = x!.shape as Rank4;
        const depthwise = groups === c && w!.shape[0] === c;
        return lowering.canBlock(y!) && (lowering.canBlock(x!) || (c < block && groups === 1)) && (groups === 1 || depthwise);
      },
      lower: (lowering, { inputs: [x, w, bias], outputs: [y], attributes }) => {
        const [, , kh, kw] = w!.shape as Rank4;
        const input = lowering.read(x!, lowering.canBlock(x!) ? 'blocked' : 'plain');
        const weight = attributes.groups > 1 ? lowering.reshape(lowering.read(w!, 'filter'), w!.shape) : forwardFilter(lowering, w!);
        const names = [input, weight, bias ? lowering.read(bias) : ''] as const;
        lowering.defer(y!, (fused) => blockedConv(lowering, names, convAttributes(attributes, [kh, kw]), fused));
      },
    },
    {
      name: 'side by side',
      applies: ({ inputs: [x, w, bias], outputs: [y], attributes }, lowering) =>
        !bias && lowering.canBlock(x!) && lowering.canBlock(y!) && liesSideBySide(w!.shape as Rank4, attributes),
      lower: (lowering, { inputs: [x, w], outputs: [y], attributes }) => {
        const [o, , kernel] = w!.shape as Rank4;
        const input = lowering.read(x!, 'blocked');
        lowering.write(y!, sideBySide(lowering, input, x!.shape as Rank4, forwardFilter(lowering, w!), [o, kernel, attributes.padding]), 'blocked');
      },
    },
  ],
  prefer: ({ inputs: [x] }) => (x!.shape[3]! <= narrow ? 'side by side' : 'blocked'),
};
