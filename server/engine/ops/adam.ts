import { sameShape } from '../tensor.ts';
import type { Rule } from './rule.ts';
import { ShapeError } from './rule.ts';

export interface AdamOps {
  /**
   * One step as torch.optim.Adam, or AdamW where the decay is decoupled: (w, g, m, v, learning rate, 1 - β1^t, 1 - β2^t) to (w', m', v').
   * Kingma & Ba 2015, algorithm 1; Loshchilov & Hutter 2019, algorithm 2.
   */
  adam: { readonly beta1: number; readonly beta2: number; readonly epsilon: number; readonly weightDecay: number; readonly decoupled: boolean };
}

export const adam: { readonly [op in keyof AdamOps]: Rule<op> } = {
  adam: {
    shape: ([w, g, m, v, ...scalars]) => {
      if ([g, m, v].some((value) => !sameShape(value!.shape, w!.shape))) throw new ShapeError('the weight, its gradient and its moments differ in shape');
      if (scalars.length !== 3 || scalars.some(({ shape }) => shape.length > 0)) throw new ShapeError('the learning rate and the two corrections are scalars');
      return [w!, m!, v!];
    },
    lowerings: [
      {
        name: 'passes',
        lower: (lowering, { inputs: [w, g, m, v, rate, first, second], outputs: [nextW, nextM, nextV], attributes }) => {
          const { beta1, beta2, epsilon, weightDecay, decoupled } = attributes;
          const emit = (op: string, ...names: string[]) => lowering.emit(op, names);
          const scaled = (name: string, factor: number) => emit('Mul', name, lowering.float(factor));
          // The moments are held as the weight is: in its layout nothing has to be turned round.
          const layout = lowering.layouts(w!)[0]!;
          const speed = lowering.read(rate!);
          let weight = lowering.read(w!, layout);
          let direction = lowering.read(g!, layout);
          if (weightDecay && !decoupled) direction = emit('Add', direction, scaled(weight, weightDecay));
          if (weightDecay && decoupled) {
            const kept = lowering.once(`kept ${rate!.id} ${weightDecay}`, () => emit('Sub', lowering.float(1), scaled(speed, weightDecay)));
            weight = emit('Mul', weight, kept);
          }
          const mean = emit('Add', scaled(lowering.read(m!, layout), beta1), scaled(direction, 1 - beta1));
          const square = emit('Add', scaled(lowering.read(v!, layout), beta2), scaled(emit('Mul', direction, direction), 1 - beta2));
          const root = lowering.once(`root ${second!.id}`, () => emit('Sqrt', lowering.read(second!)));
          const pace = lowering.once(`pace ${rate!.id} ${first!.id}`, () => emit('Div', speed, lowering.read(first!)));
          const spread = emit('Add', emit('Div', emit('Sqrt', square), root), lowering.float(epsilon));
          lowering.write(nextW!, emit('Sub', weight, emit('Mul', emit('Div', mean, spread), pace)), layout);
          lowering.write(nextM!, mean, layout);
          lowering.write(nextV!, square, layout);
        },
      },
    ],
  },
};
