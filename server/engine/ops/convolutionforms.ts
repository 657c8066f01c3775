import type { Node } from '../graph.ts';
import type { Lowering } from '../lowering.ts';
import { convAttributes } from './geometry.ts';
import type { Rule } from './rule.ts';

type Forms<O extends 'conv' | 'convInputGradient' | 'convWeightGradient'> = Pick<Rule<O>, 'lowerings' | 'prefer'>;
type Rank4 = readonly [number, number, number, number];

export const forwardForms: Forms<'conv'> = {
  lowerings: [
    {
      name: 'Conv',
      lower: (lowering, { inputs, outputs: [y], attributes }) => {
        const [, , kh, kw] = inputs[1]!.shape as Rank4;
        const names = inputs.map((input) => lowering.read(input));
        lowering.write(y!, lowering.emit('Conv', names, convAttributes(attributes, [kh, kw])));
      },
    },
  ],
};

/** What a stride leaves over: rows (or columns) at the end of the input that no window touches. */
function rest(length: number, output: number, kernel: number, { stride, padding, dilation }: Node<'conv'>['attributes']): number {
  return length - ((output - 1) * stride - 2 * padding + dilation * (kernel - 1) + 1);
}

export const inputGradientForms: Forms<'convInputGradient'> = {
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
      name: 'Conv of the flipped kernel',
      applies: ({ attributes: { stride, groups, padding, dilation }, inputs: [w] }) =>
        stride === 1 && groups === 1 && dilation === 1 && w!.shape[2] === w!.shape[3] && padding < w!.shape[2]!,
      lower: (lowering, { inputs: [w, dy], outputs: [dx], attributes }) => {
        const kernel = w!.shape[2]!;
        const turned = { ...attributes, padding: kernel - 1 - attributes.padding };
        lowering.write(
          dx!,
          lowering.emit('Conv', [lowering.read(dy!), flipped(lowering, lowering.read(w!), w!.shape as Rank4)], convAttributes(turned, [kernel, kernel])),
        );
      },
    },
  ],
  prefer: ({ attributes: { stride } }) => (stride === 1 ? 'Conv of the flipped kernel' : 'ConvTranspose'),
};

/** [o,i,kh,kw] to [i,o,kh,kw] with the kernel turned by 180°. */
export function flipped(lowering: Lowering, weight: string, [o, i, kh, kw]: Rank4): string {
  if (kh * kw === 1) return lowering.transpose(weight, [1, 0, 2, 3]);
  const turned = lowering.emit('Slice', [
    lowering.reshape(weight, [o, i, kh * kw]),
    lowering.ints([-1]),
    lowering.ints([-kh * kw - 1]),
    lowering.ints([2]),
    lowering.ints([-1]),
  ]);
  return lowering.reshape(lowering.transpose(turned, [1, 0, 2]), [i, o, kh, kw]);
}

export const weightGradientForms: Forms<'convWeightGradient'> = {
  lowerings: [
    {
      // dw[o,i] = x[·,i] ⋆ dy[·,o]: a convolution of the transposed tensors, in which stride and dilation change places.
      name: 'Conv of the transposed',
      lower: (lowering, { inputs: [x, dy], outputs: [dw], attributes: { stride, padding, dilation, groups, kernel } }) => {
        const [n, c, h, w] = x!.shape as Rank4;
        const [, , height, width] = dy!.shape as Rank4;
        const [kh, kw] = kernel;
        const perGroup = c / groups;
        // Pictures become channels: [c/g, g·n, h, w] convolved in g groups with [o, n, h', w'].
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
        // Rows that the stride left over give results beyond the kernel, which are cut off.
        const end = (length: number, output: number, side: number) => Math.max(0, (side - 1) * dilation + (output - 1) * stride + 1 - length - padding);
        const product = lowering.emit('Conv', [input, filter], {
          kernel_shape: { ints: [height, width] },
          strides: { ints: [dilation, dilation] },
          dilations: { ints: [stride, stride] },
          pads: { ints: [padding, padding, end(h, height, kh), end(w, width, kw)] },
          group: { int: groups },
        });
        const cut = lowering.emit('Slice', [product, lowering.ints([0, 0]), lowering.ints([kh, kw]), lowering.ints([2, 3])]);
        lowering.write(dw!, lowering.transpose(cut, [1, 0, 2, 3]));
      },
    },
  ],
};
