import type { Lowered } from '../lowering.ts';
import type { OnnxGraph, OnnxModel, OnnxNode, OnnxValueInfo } from '../onnx.ts';

/** The scalar input that says how many times the loop is gone round. */
export const trips = 'trips';
/** Name of a state as an input and as an output of the loop, and of an input with one entry for each time round. */
export const first = (state: string) => `${state}.first`;
export const last = (state: string) => `${state}.last`;
export const all = (name: string) => `${name}.all`;

const node = (type: string, inputs: readonly string[], outputs: readonly string[], attributes: OnnxNode['attributes'] = {}): OnnxNode => ({
  type,
  domain: '',
  name: outputs[0]!,
  inputs,
  outputs,
  attributes,
});

/**
 * A model of one step as a model of many: ONNX's Loop, which hands the updated states from step to step and takes each step's inputs out of stacks
 * [steps,…]; the outputs are stacks too. Inputs: `trips`, the updated states as `first(NAME)`, other states by their names, `all(NAME)` for
 * everything else; outputs: `last(NAME)` of the states, `all(NAME)` of the outputs.
 */
export function looped({ model, updates }: Lowered, isState: (name: string) => boolean): OnnxModel {
  const { graph } = model;
  const nextOf = new Set(updates.values());
  const carried = [...updates.keys()];
  const types = new Map(graph.inputs.map((input) => [input.name, input]));
  const results = graph.outputs.filter(({ name }) => !nextOf.has(name));
  const updated = new Map(graph.outputs.filter(({ name }) => nextOf.has(name)).map((info) => [info.name, info]));
  /** The state as it comes into a step; one that is written but never read has only the type of its next value. */
  const stateType = (name: string): OnnxValueInfo => ({ ...(types.get(name) ?? updated.get(updates.get(name)!)!), name });
  const stack = ({ name, dtype, shape }: OnnxValueInfo): OnnxValueInfo => ({ name: all(name), dtype, shape: ['steps', ...shape] });
  const stacked = graph.inputs.filter(({ name }) => !isState(name));
  const held = graph.inputs.filter(({ name }) => isState(name) && !updates.has(name));
  const body: OnnxGraph = {
    name: 'step',
    nodes: [
      node('Identity', ['going'], ['goes on']),
      ...stacked.map(({ name }) => node('Gather', [all(name), 'step'], [name], { axis: { int: 0 } })),
      ...graph.nodes,
    ],
    initializers: new Map(),
    inputs: [{ name: 'step', dtype: 'int64', shape: [] }, { name: 'going', dtype: 'bool', shape: [] }, ...carried.map(stateType)],
    outputs: [{ name: 'goes on', dtype: 'bool', shape: [] }, ...carried.map((name) => updated.get(updates.get(name)!)!), ...results],
  };
  const loop = node('Loop', [trips, '', ...carried.map(first)], [...carried.map(last), ...results.map(({ name }) => all(name))], { body: { graph: body } });
  return {
    ...model,
    graph: {
      name: 'steps',
      nodes: [loop],
      // Outside, so that they are brought to the device once and count as constants within.
      initializers: graph.initializers,
      inputs: [
        { name: trips, dtype: 'int64', shape: [] },
        ...carried.map((name) => ({ ...stateType(name), name: first(name) })),
        ...held,
        ...stacked.map(stack),
      ],
      outputs: [...carried.map((name) => ({ ...stateType(name), name: last(name) })), ...results.map(stack)],
    },
  };
}
