import type { Graph, Value } from '../graph.ts';
import type { Fused, Lowering } from '../lowering.ts';
import { sameShape } from '../tensor.ts';
import { fusedActivation, meetingLayout } from './elementwise.ts';
import type { Rule } from './rule.ts';
import { ShapeError } from './rule.ts';

type None = Record<never, never>;

export interface ActivationOps {
  /** 1/(1 + e^-x). */
  sigmoid: None;
  /** min(max(x, 0), 6). Howard et al. 2017. */
  relu6: None;
  /** (y = relu6(x), dy): dy where 0 < y < 6, else 0. */
  relu6Gradient: None;
  /** x·sigmoid(x), also called swish. Ramachandran et al. 2017. */
  silu: None;
  /** (x, y = silu(x), dy): dy·(σ + y·(1 - σ)) with σ = sigmoid(x). */
  siluGradient: None;
  /** min(max(x/6 + 1/2, 0), 1). Howard et al. 2019. */
  hardSigmoid: None;
  /** (y = hardSigmoid(x), dy): dy/6 where 0 < y < 1, else 0. */
  hardSigmoidGradient: None;
  /** x·hardSigmoid(x). Howard et al. 2019. */
  hardSwish: None;
  /** (x, dy): dy·(x/3 + 1/2) where |x| < 3, dy to the right of that and 0 to the left. */
  hardSwishGradient: None;
}

/** So steep that the clamp to 0..1 makes a step of it: 1 for every float above `edge`, 0 at it and below; with a falling sign the other way round. */
function step(lowering: Lowering, name: string, edge: number, sign: 1 | -1): string {
  // At zero any slope will do; at another edge the product must be exact, and one unit in the last place of 6 must still reach 1.
  const slope = edge === 0 ? 3e38 : 2 ** 24;
  return lowering.emit('HardSigmoid', [name], { alpha: { float: sign * slope }, beta: { float: -sign * slope * edge } });
}

const hardSigmoid = (lowering: Lowering, name: string) => lowering.emit('HardSigmoid', [name], { alpha: { float: 1 / 6 }, beta: { float: 0.5 } });

/** An operator of one value that is written as `lower` says, in whatever layout its operands are. */
function pointwise<O extends keyof ActivationOps>(
  name: string,
  lower: (lowering: Lowering, operands: readonly string[], key: string) => string,
  gradient?: (graph: Graph, x: Value, y: Value, dy: Value) => Value,
  fusedAs?: Fused['activation'],
): Rule<O> {
  return {
    shape: (inputs) => {
      if (inputs.some(({ shape }) => !sameShape(shape, inputs[0]!.shape))) throw new ShapeError('the operands differ in shape');
      return [inputs[0]!];
    },
    lowerings: [
      {
        name,
        lower: (lowering, { inputs, outputs }) => {
          if (fusedActivation(lowering, { inputs, outputs }, fusedAs)) return;
          const [y] = outputs;
          // The gradient of the output is the last operand; where it lies, the others follow.
          const layout = meetingLayout(lowering, inputs.toReversed(), y!.shape);
          const operands = inputs.map((input) => lowering.read(input, layout));
          lowering.write(y!, lower(lowering, operands, `${inputs[0]!.id} ${layout}`), layout);
        },
      },
    ],
    ...(gradient ? { gradient: (graph, { inputs: [x], outputs: [y] }, [dy]) => [gradient(graph, x!, y!, dy!)] } : {}),
  };
}

export const activation: { readonly [op in keyof ActivationOps]: Rule<op> } = {
  sigmoid: pointwise(
    'Sigmoid',
    (lowering, [x]) => lowering.emit('Sigmoid', [x!]),
    // σ' = σ·(1 - σ)
    (graph, _, y, dy) => graph.op('mul', [dy, graph.op('mul', [y, graph.op('affine', [y], { scale: -1, shift: 1 })], {})], {}),
  ),

  relu6: pointwise(
    'Clip',
    (lowering, [x]) => lowering.emit('Clip', [x!, lowering.float(0), lowering.float(6)]),
    (graph, _, y, dy) => graph.op('relu6Gradient', [y, dy], {}),
    'Relu6',
  ),

  relu6Gradient: pointwise('HardSigmoid', (lowering, [y, dy]) =>
    lowering.emit('Mul', [lowering.emit('Mul', [dy!, step(lowering, y!, 0, 1)]), step(lowering, y!, 6, -1)]),
  ),

  silu: pointwise(
    'Sigmoid, Mul',
    (lowering, [x], key) => lowering.emit('Mul', [x!, lowering.once(`sigmoid ${key}`, () => lowering.emit('Sigmoid', [x!]))]),
    (graph, x, y, dy) => graph.op('siluGradient', [x, y, dy], {}),
  ),

  siluGradient: pointwise('Sigmoid', (lowering, [x, y, dy], key) => {
    const sigmoid = lowering.once(`sigmoid ${key}`, () => lowering.emit('Sigmoid', [x!]));
    const slope = lowering.emit('Add', [lowering.emit('Sub', [y!, lowering.emit('Mul', [y!, sigmoid])]), sigmoid]);
    return lowering.emit('Mul', [dy!, slope]);
  }),

  hardSigmoid: pointwise(
    'HardSigmoid',
    (lowering, [x]) => hardSigmoid(lowering, x!),
    (graph, _, y, dy) => graph.op('hardSigmoidGradient', [y, dy], {}),
  ),

  hardSigmoidGradient: pointwise('HardSigmoid', (lowering, [y, dy]) => {
    const inside = lowering.emit('Mul', [step(lowering, y!, 0, 1), step(lowering, y!, 1, -1)]);
    return lowering.emit('Mul', [dy!, lowering.emit('Mul', [inside, lowering.float(1 / 6)])]);
  }),

  hardSwish: pointwise(
    'HardSigmoid, Mul',
    (lowering, [x]) => lowering.emit('Mul', [x!, hardSigmoid(lowering, x!)]),
    (graph, x, _, dy) => graph.op('hardSwishGradient', [x, dy], {}),
  ),

  // Inside, s = x/6 + 1/2 is neither 0 nor 1 and the slope is 2s - 1/2 = s + (s - 1/2); outside, it is s itself.
  hardSwishGradient: pointwise('HardSigmoid', (lowering, [x, dy]) => {
    const s = hardSigmoid(lowering, x!);
    const inside = lowering.emit('Mul', [step(lowering, s, 0, 1), step(lowering, s, 1, -1)]);
    const slope = lowering.emit('Add', [s, lowering.emit('Mul', [inside, lowering.emit('Sub', [s, lowering.float(0.5)])])]);
    return lowering.emit('Mul', [dy!, slope]);
  }),
};
