import type { Rank4 } from './blocked.ts';
import { blockedConv, forwardFilter } from './blocked.ts';
import { convAttributes } from './geometry.ts';
import type { Rule } from './rule.ts';

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
  ],
  prefer: () => 'blocked',
};
