import type { Graph, Value } from './graph.ts';
import type { Tensor } from './tensor.ts';
import { zeros } from './tensor.ts';

/** torch.optim.SGD. The decay is added to the gradient. */
export interface SgdOptions {
  readonly kind: 'sgd';
  readonly momentum: number;
  readonly weightDecay: number;
  readonly nesterov?: boolean;
}

/** torch.optim.Adam (the decay is added to the gradient) or AdamW (the weight shrinks by rate·decay, apart from the gradient). */
export interface AdamOptions {
  readonly kind: 'adam' | 'adamw';
  /** Default 0.9 and 0.999. */
  readonly betas?: readonly [number, number];
  /** Default 1e-8. */
  readonly epsilon?: number;
  readonly weightDecay: number;
}

export type OptimizerOptions = SgdOptions | AdamOptions;

/** Values that an optimizer keeps, by name. */
export type Kept<T> = ReadonlyMap<string, T>;

/** An update rule: which values it keeps beside each weight and once for all of them, and how it moves them. */
export interface Optimizer {
  /** Initial state beside a weight, by slot. */
  slots(weight: { readonly shape: readonly number[] }): Kept<Tensor>;
  /** Initial state that all weights share. */
  readonly shared: Kept<Tensor>;
  /** What the shared state becomes in this step; the updates of the step are given the new one. */
  advance(graph: Graph, shared: Kept<Value>): Kept<Value>;
  /** Appends the update of one weight; returns its next value and those of its slots. */
  update(graph: Graph, weight: Value, gradient: Value, slots: Kept<Value>, rate: Value, shared: Kept<Value>): { weight: Value; slots: Kept<Value> };
}

function sgd({ momentum, weightDecay, nesterov = false }: SgdOptions): Optimizer {
  return {
    slots: ({ shape }) => new Map([['momentum', zeros('float32', shape)]]),
    shared: new Map(),
    advance: (_, shared) => shared,
    update: (graph, weight, gradient, slots, rate) => {
      const [next, velocity] = graph.apply('sgd', [weight, gradient, slots.get('momentum')!, rate], { momentum, weightDecay, nesterov });
      return { weight: next!, slots: new Map([['momentum', velocity!]]) };
    },
  };
}

function adam({ kind, betas: [beta1, beta2] = [0.9, 0.999], epsilon = 1e-8, weightDecay }: AdamOptions): Optimizer {
  return {
    slots: ({ shape }) =>
      new Map([
        ['mean', zeros('float32', shape)],
        ['square', zeros('float32', shape)],
      ]),
    // 1 - β^t, kept as a number that approaches 1: computed from β^t in float32, it would have lost its digits in the first steps.
    shared: new Map([
      ['correction1', zeros('float32', [])],
      ['correction2', zeros('float32', [])],
    ]),
    advance: (graph, shared) => {
      const next = (name: string, beta: number) => graph.op('affine', [shared.get(name)!], { scale: beta, shift: 1 - beta });
      return new Map([
        ['correction1', next('correction1', beta1)],
        ['correction2', next('correction2', beta2)],
      ]);
    },
    update: (graph, weight, gradient, slots, rate, shared) => {
      const inputs = [weight, gradient, slots.get('mean')!, slots.get('square')!, rate, shared.get('correction1')!, shared.get('correction2')!];
      const [next, mean, square] = graph.apply('adam', inputs, { beta1, beta2, epsilon, weightDecay, decoupled: kind === 'adamw' });
      return {
        weight: next!,
        slots: new Map([
          ['mean', mean!],
          ['square', square!],
        ]),
      };
    },
  };
}

export const optimizers: { readonly [kind in OptimizerOptions['kind']]: (options: Extract<OptimizerOptions, { kind: kind }>) => Optimizer } = {
  sgd,
  adam,
  adamw: adam,
};

export function optimizer(options: OptimizerOptions): Optimizer {
  return (optimizers[options.kind] as (options: OptimizerOptions) => Optimizer)(options);
}
