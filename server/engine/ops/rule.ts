import type { Graph, Node, Value } from '../graph.ts';
import type { Lowering } from '../lowering.ts';
import type { DType, Shape } from '../tensor.ts';
import type { OpAttributes, OpName } from './table.ts';

/** An operator was given inputs that it cannot take. */
export class ShapeError extends Error {
  override name = 'ShapeError';
}

export interface ValueType {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** Everything the engine knows of one operator. */
export interface Rule<O extends OpName> {
  /** Types of the outputs. Throws ShapeError with a sentence on what is wrong. */
  shape(inputs: readonly Value[], attributes: OpAttributes[O]): readonly ValueType[];
  /** Ways to write the node in ONNX, the safe one first; all compute the same. */
  readonly lowerings: readonly Candidate<O>[];
  /** The candidate that a rule of thumb takes where nothing was measured. Default: the first. */
  prefer?(node: Node<O>, lowering: Lowering): string;
  /**
   * Gradients of the loss with respect to each input, given those of the outputs (undefined where the loss does not depend on an output).
   * Left out, or undefined for an input: no gradient flows there. `wanted[i]` is false where the caller will not use input i's gradient.
   */
  gradient?(graph: Graph, node: Node<O>, outputs: readonly (Value | undefined)[], wanted: readonly boolean[]): readonly (Value | undefined)[];
  /** Multiply-adds of one evaluation; default 0, as is usual for all but products. */
  multiplyAdds?(node: Node<O>): number;
}

export interface Candidate<O extends OpName> {
  readonly name: string;
  /** Whether this form can write this node; default yes. */
  applies?(node: Node<O>, lowering: Lowering): boolean;
  lower(lowering: Lowering, node: Node<O>): void;
}
