import type { Graph, Value } from './graph.ts';
import type { Tensor } from './tensor.ts';
import { zeros } from './tensor.ts';

export interface SgdOptions {
  readonly kind: 'sgd';
  readonly momentum: number;
  readonly weightDecay: number;
  readonly nesterov?: boolean;
}

export type OptimizerOptions = SgdOptions;

/** An update rule: which values it keeps beside each weight, and how it moves them. */
export interface Optimizer {
  /** Initial state beside a weight, by slot. */
  slots(weight: { readonly shape: readonly number[] }): ReadonlyMap<string, Tensor>;
  /** Appends the update of one weight; returns its next value and those of its slots. */
  update(graph: Graph, weight: Value, gradient: Value, slots: ReadonlyMap<string, Value>, rate: Value): { weight: Value; slots: ReadonlyMap<string, Value> };
}

export const optimizers: { readonly [kind in OptimizerOptions['kind']]: (options: Extract<OptimizerOptions, { kind: kind }>) => Optimizer } = {
  sgd: ({ momentum, weightDecay, nesterov = false }) => ({
    slots: ({ shape }) => new Map([['momentum', zeros('float32', shape)]]),
    update: (graph, weight, gradient, slots, rate) => {
      const [next, velocity] = graph.apply('sgd', [weight, gradient, slots.get('momentum')!, rate], { momentum, weightDecay, nesterov });
      return { weight: next!, slots: new Map([['momentum', velocity!]]) };
    },
  }),
};

export function optimizer(options: OptimizerOptions): Optimizer {
  return optimizers[options.kind](options);
}
