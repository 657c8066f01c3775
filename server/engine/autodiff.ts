import type { Graph, Value } from './graph.ts';
import { reachable } from './graph.ts';
import type { Rule } from './ops/rule.ts';
import type { OpName } from './ops/table.ts';
import { rules } from './ops/table.ts';

/**
 * Reverse-mode differentiation: appends to the graph the gradient of a scalar `loss` with respect to each of `targets`.
 * Only nodes that lie between a target and the loss are differentiated (so the first layer's input gradient is never computed).
 * Throws where the loss does not depend on a target by differentiable operators. Griewank & Walther 2008, chapter 3.
 */
export function gradients(graph: Graph, loss: Value, targets: readonly Value[]): Value[] {
  if (loss.shape.length > 0) throw new Error('the loss is not a scalar');
  const between = new Set(targets.map((target) => target.id));
  const path = reachable(graph, [loss]).filter((node) => {
    const depends = node.inputs.some((input) => between.has(input.id));
    if (depends) for (const output of node.outputs) between.add(output.id);
    return depends;
  });
  const adjoints = new Map<number, Value>([[loss.id, graph.scalar(1)]]);
  for (const node of path.toReversed()) {
    const outputs = node.outputs.map((output) => adjoints.get(output.id));
    const rule = rules[node.op] as unknown as Rule<OpName>;
    if (!rule.gradient || outputs.every((output) => output === undefined)) continue;
    const wanted = node.inputs.map((input) => between.has(input.id));
    rule.gradient(graph, node, outputs, wanted).forEach((gradient, index) => {
      const input = node.inputs[index];
      if (!gradient || !input || !wanted[index]) return;
      const before = adjoints.get(input.id);
      adjoints.set(input.id, before ? graph.op('add', [before, gradient], {}) : gradient);
    });
  }
  return targets.map((target) => {
    const adjoint = adjoints.get(target.id);
    if (!adjoint) throw new Error(`the loss does not depend on value ${target.id}`);
    return adjoint;
  });
}
