import { sameShape } from '../tensor.ts';
import type { Rule } from './rule.ts';
import { ShapeError } from './rule.ts';

export interface UpdateOps {
  /**
   * One step of SGD as torch.optim.SGD: (w, g, v, learning rate) to (w', v').
   * d = g + weightDecay·w; v' = momentum·v + d; w' = w - rate·v', with Nesterov w - rate·(d + momentum·v').
   */
  sgd: { readonly momentum: number; readonly weightDecay: number; readonly nesterov: boolean };
}

export const update: { readonly [op in keyof UpdateOps]: Rule<op> } = {
  sgd: {
    shape: ([w, g, v, rate]) => {
      if (!sameShape(w!.shape, g!.shape) || !sameShape(w!.shape, v!.shape)) throw new ShapeError('the weight, its gradient and its momentum differ in shape');
      if (rate!.shape.length > 0) throw new ShapeError('the learning rate is a scalar');
      return [w!, v!];
    },
    lowerings: [
      {
        name: 'passes',
        lower: (lowering, { inputs: [w, g, v, rate], outputs: [nextW, nextV], attributes: { momentum, weightDecay, nesterov } }) => {
          const layout = lowering.layouts(w!)[0]!;
          const weight = lowering.read(w!, layout);
          const add = (a: string, b: string) => lowering.emit('Add', [a, b]);
          const scaled = (a: string, factor: number) => lowering.emit('Mul', [a, lowering.float(factor)]);
          let direction = lowering.read(g!, layout);
          if (weightDecay) direction = add(direction, scaled(weight, weightDecay));
          // Without momentum torch keeps none; ours is then simply the last direction.
          const velocity = momentum ? add(scaled(lowering.read(v!, layout), momentum), direction) : direction;
          const way = nesterov ? add(direction, scaled(velocity, momentum)) : velocity;
          lowering.write(nextW!, lowering.emit('Sub', [weight, lowering.emit('Mul', [way, lowering.read(rate!)])]), layout);
          lowering.write(nextV!, velocity, layout);
        },
      },
    ],
  },
};
