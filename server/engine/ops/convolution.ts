import { elements } from '../tensor.ts';
import { forwardForms } from './convforward.ts';
import { inputGradientForms } from './convinputgradient.ts';
import { weightGradientForms } from './convweightgradient.ts';
import type { Convolution } from './geometry.ts';
import { convolved } from './geometry.ts';
import type { Rule } from './rule.ts';
import { ShapeError } from './rule.ts';

export interface ConvolutionOps {
  /** (x [n,c,h,w], w [o,c/groups,kh,kw], bias [o] if any) to [n,o,h',w']. */
  conv: Convolution;
  /** (w, dy) to the gradient of a conv's input, whose height and width are `size`. */
  convInputGradient: Convolution & { readonly size: readonly [number, number] };
  /** (x, dy) to the gradient of a conv's weight, whose kernel is `kernel`. */
  convWeightGradient: Convolution & { readonly kernel: readonly [number, number] };
}

export const convolution: { readonly [op in keyof ConvolutionOps]: Rule<op> } = {
  conv: {
    shape: ([x, w, bias], attributes) => {
      if (x!.shape.length !== 4 || w!.shape.length !== 4) throw new ShapeError('pictures [n,c,h,w] and a kernel [o,c,kh,kw] are needed');
      const [n, c, height, width] = x!.shape as readonly [number, number, number, number];
      const [o, perGroup, kh, kw] = w!.shape as readonly [number, number, number, number];
      const { groups } = attributes;
      if (perGroup * groups !== c || o % groups !== 0)
        throw new ShapeError(`${c} channels in and ${o} out do not fit a kernel for ${perGroup} and ${groups} groups`);
      if (bias && (bias.shape.length !== 1 || bias.shape[0] !== o)) throw new ShapeError(`a bias for each of ${o} channels is needed`);
      return [{ dtype: x!.dtype, shape: [n, o, convolved(height, kh, attributes), convolved(width, kw, attributes)] }];
    },
    ...forwardForms,
    gradient: (graph, { inputs: [x, w, bias], attributes }, [dy], wanted) => [
      wanted[0] ? graph.op('convInputGradient', [w!, dy!], { ...attributes, size: [x!.shape[2]!, x!.shape[3]!] }) : undefined,
      wanted[1] ? graph.op('convWeightGradient', [x!, dy!], { ...attributes, kernel: [w!.shape[2]!, w!.shape[3]!] }) : undefined,
      bias && wanted[2] ? graph.op('reduceSum', [dy!], { axes: [0, 2, 3], keepDims: false }) : undefined,
    ],
    multiplyAdds: ({ inputs: [, w], outputs: [y] }) => elements(w!.shape.slice(1)) * elements(y!.shape),
  },

  convInputGradient: {
    shape: ([w, dy], { groups, size }) => [{ dtype: dy!.dtype, shape: [dy!.shape[0]!, w!.shape[1]! * groups, ...size] }],
    ...inputGradientForms,
    multiplyAdds: ({ inputs: [w, dy] }) => elements(w!.shape.slice(1)) * elements(dy!.shape),
  },

  convWeightGradient: {
    shape: ([x, dy], { groups, kernel }) => [{ dtype: dy!.dtype, shape: [dy!.shape[1]!, x!.shape[1]! / groups, ...kernel] }],
    ...weightGradientForms,
    multiplyAdds: ({ outputs: [dw], inputs: [, dy] }) => elements(dw!.shape.slice(1)) * elements(dy!.shape),
  },
};
