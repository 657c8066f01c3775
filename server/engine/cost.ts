import type { Graph, Value } from './graph.ts';
import { reachable } from './graph.ts';
import type { Parameter } from './model.ts';
import type { Rule } from './ops/rule.ts';
import type { OpName } from './ops/table.ts';
import { rules } from './ops/table.ts';
import { elements } from './tensor.ts';

/** Multiply-adds of the products and convolutions that `roots` depend on. */
export function multiplyAdds(graph: Graph, roots: Iterable<Value>): number {
  let total = 0;
  for (const node of reachable(graph, roots)) total += (rules[node.op] as unknown as Rule<OpName>).multiplyAdds?.(node) ?? 0;
  return total;
}

/** Number of values that training moves. */
export function trainedValues(parameters: readonly Parameter[]): number {
  return parameters.filter(({ trained }) => trained).reduce((total, { shape }) => total + elements(shape), 0);
}
