import type { Rule, ValueType } from './ops/rule.ts';
import { ShapeError } from './ops/rule.ts';
import type { OpAttributes, OpName } from './ops/table.ts';
import { rules } from './ops/table.ts';
import type { DType, Shape, Tensor } from './tensor.ts';

/** An edge of the graph: a tensor of known type and shape. */
export interface Value extends ValueType {
  readonly id: number;
  readonly source: Source;
}

/** Where a value comes from. A state is what outlives a run: weights, buffers, the optimizer's moments. */
export type Source =
  | { readonly kind: 'input'; readonly name: string }
  | { readonly kind: 'state'; readonly name: string }
  | { readonly kind: 'constant'; readonly tensor: Tensor }
  | { readonly kind: 'node'; readonly node: Node; readonly output: number };

export interface Node<O extends OpName = OpName> {
  readonly op: O;
  readonly inputs: readonly Value[];
  readonly attributes: OpAttributes[O];
  readonly outputs: readonly Value[];
}

/** A dataflow graph with static shapes, built in topological order. */
export class Graph {
  readonly nodes: Node[] = [];
  readonly #named = new Map<string, Value>();
  #values = 0;

  input(name: string, dtype: DType, shape: Shape): Value {
    return this.#name('input', name, { dtype, shape });
  }

  state(name: string, dtype: DType, shape: Shape): Value {
    return this.#name('state', name, { dtype, shape });
  }

  constant(tensor: Tensor): Value {
    return this.#value(tensor, { kind: 'constant', tensor });
  }

  scalar(value: number): Value {
    return this.constant({ dtype: 'float32', shape: [], data: Float32Array.of(value) });
  }

  /** Appends a node and returns its outputs. Throws ShapeError where the operator's shape rule refuses the inputs. */
  apply<O extends OpName>(op: O, inputs: readonly Value[], attributes: OpAttributes[O]): readonly Value[] {
    const rule = rules[op] as Rule<O>;
    let types: readonly ValueType[];
    try {
      types = rule.shape(inputs, attributes);
    } catch (error) {
      if (!(error instanceof ShapeError)) throw error;
      throw new ShapeError(`${op}(${inputs.map((input) => `${input.dtype}[${input.shape}]`).join(', ')}): ${error.message}`);
    }
    const outputs: Value[] = [];
    const node: Node<O> = { op, inputs, attributes, outputs };
    types.forEach((type, output) => {
      outputs.push(this.#value(type, { kind: 'node', node: node as unknown as Node, output }));
    });
    this.nodes.push(node as unknown as Node);
    return outputs;
  }

  /** `apply` for the common case: the first output. */
  op<O extends OpName>(op: O, inputs: readonly Value[], attributes: OpAttributes[O]): Value {
    return this.apply(op, inputs, attributes)[0]!;
  }

  #name(kind: 'input' | 'state', name: string, type: ValueType): Value {
    if (this.#named.has(name)) throw new Error(`the graph has a value named ${name} already`);
    const value = this.#value(type, { kind, name });
    this.#named.set(name, value);
    return value;
  }

  #value(type: ValueType, source: Source): Value {
    return { id: this.#values++, dtype: type.dtype, shape: type.shape, source };
  }
}

/** A graph with the values that a run gives back and the states that it replaces. */
export interface Program {
  readonly graph: Graph;
  readonly outputs: ReadonlyMap<string, Value>;
  /** What each named state becomes after the run. */
  readonly updates: ReadonlyMap<string, Value>;
}

/** The nodes that `roots` depend on, in the graph's order. */
export function reachable(graph: Graph, roots: Iterable<Value>): Node[] {
  const needed = new Set<Node>();
  const need = (value: Value) => {
    if (value.source.kind === 'node') needed.add(value.source.node);
  };
  for (const root of roots) need(root);
  const order: Node[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!needed.has(node)) continue;
    order.push(node);
    node.inputs.forEach(need);
  }
  return order.reverse();
}
